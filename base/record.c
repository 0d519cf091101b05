/* SPDX-License-Identifier: MIT */
/* Writing down a run. P1 to P3: record.h. */
#include "base/record.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"

#define LIMIT_DEFAULT (UINT64_C(1) << 30)

bool troupei_record_on;
__thread struct recorder troupei_record_thread;

static struct record_entry nothing = { RECORD_WHO, RECORD_NEVER };

static struct {
	pthread_mutex_t lock;
	int file;
	uint64_t size, limit;
	struct record_header *header;
	void (*told)(const char *why);
	int64_t began_ns;
	uint32_t broke_off;
} record = { .lock = PTHREAD_MUTEX_INITIALIZER, .file = -1 };

/* ---------------------------------------------------------------------------------------------------------- the file -- */

/* Bytes of the file that exist from now on, mapped; NULL: errno says why not. With the lock held. */
static void *extend(size_t size)
{
	int error = record.size + size > record.limit ? EFBIG : posix_fallocate(record.file, (off_t)record.size, (off_t)size);

	if (error != 0) {
		errno = error;
		return NULL;
	}
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, record.file, (off_t)record.size);
	if (memory == MAP_FAILED)
		return NULL;
	record.size += size;
	return memory;
}

void troupei_record_break(const char *why)
{
	if (!troupei_record_on || troupei_add_full_32(&record.broke_off, 1) != 0)
		return;
	snprintf(record.header->why, sizeof record.header->why, "%s", why);
	troupei_store_release_32(&record.header->state, RECORD_BROKE_OFF); /* read when this process is gone */
	if (record.told != NULL)
		record.told(why);
}

static bool is_over(void)
{
	return troupei_load_relaxed_32(&record.broke_off) != 0;
}

static void break_by_error(int error)
{
	char words[RECORD_WORDS];

	snprintf(words, sizeof words, "%s", error == EFBIG ? "the limit of its size is reached" : strerror(error));
	troupei_record_break(words);
}

/* What /proc says of this program: where it lies, where it was called, and how. */
static bool describe(struct record_header *header)
{
	struct stat program;
	size_t room = RECORD_HEADER_SIZE - sizeof *header;
	ssize_t length = readlink("/proc/self/exe", header->program, sizeof header->program - 1);
	int command = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);

	if (length < 0 || stat(header->program, &program) != 0 || getcwd(header->folder, sizeof header->folder) == NULL || command < 0) {
		if (command >= 0)
			close(command);
		return false;
	}
	header->program_size = program.st_size;
	header->program_changed_ns = (int64_t)program.st_mtim.tv_sec * 1000000000 + program.st_mtim.tv_nsec;
	length = read(command, header->command, room);
	close(command);
	header->words_size = length > 0 ? (uint32_t)length : 0;
	if (length < 0 || (size_t)length == room)
		errno = E2BIG;
	return length >= 0 && (size_t)length < room;
}

static bool write_header(void)
{
	struct record_header *header = extend(RECORD_HEADER_SIZE);

	if (header == NULL || !describe(header))
		return false;
	memcpy(header->magic, RECORD_MAGIC, sizeof header->magic);
	header->version = RECORD_VERSION;
	header->header_size = RECORD_HEADER_SIZE;
	header->segment_size = RECORD_SEGMENT_SIZE;
	header->state = RECORD_GOES_ON;
	header->pid = (int32_t)getpid();
	header->began_ns = record.began_ns;
	record.header = header;
	return true;
}

static void end_in_order(void)
{
	if (record.header != NULL && record.header->pid == (int32_t)getpid() && !is_over())
		record.header->state = RECORD_IN_ORDER;
}

static void give_up(const char *path)
{
	int error = errno;

	close(record.file);
	unlink(path);
	record.file = -1;
	record.size = 0;
	errno = error;
}

enum record_start troupei_record_begin(const char *path, uint64_t limit, void (*told)(const char *why))
{
	static bool called;

	if (!troupei_memory_leave_room())
		return RECORD_TOO_LATE;
	record.file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (record.file < 0)
		return RECORD_NO_FILE;
	record.size = 0;
	record.limit = limit > 0 ? limit : LIMIT_DEFAULT;
	record.began_ns = troupei_clock_ns();
	record.told = told;
	if (!write_header()) {
		give_up(path);
		return RECORD_NO_FILE;
	}
	if (!called && atexit(end_in_order) != 0) {
		give_up(path);
		return RECORD_NO_MEMORY;
	}
	called = true;
	troupei_record_on = true;
	troupei_record_open(&troupei_record_thread, RECORD_MAIN);
	return RECORD_STARTED;
}

void troupei_record_forget(void)
{
	if (record.header != NULL)
		munmap(record.header, RECORD_HEADER_SIZE);
	if (record.file >= 0)
		close(record.file);
	record.header = NULL;
	record.file = -1;
	record.broke_off = 0;
	troupei_record_on = false;
	troupei_record_thread = (struct recorder){ .run = &nothing };
}

/* --------------------------------------------------------------------------------------------------------- the logs -- */

static bool next_segment(struct recorder *recorder, enum record_thread thread)
{
	pthread_mutex_lock(&record.lock);
	struct record_segment *segment = is_over() ? NULL : extend(RECORD_SEGMENT_SIZE);
	int error = errno;
	pthread_mutex_unlock(&record.lock);

	if (recorder->end != NULL) { /* it stays mapped: others may look at it still, in troupei_record_after */
		struct record_entry *old = recorder->end - RECORD_SEGMENT_SIZE / sizeof *recorder->end;
		thread = (enum record_thread)((struct record_segment *)old)->thread;
		madvise(old, RECORD_SEGMENT_SIZE, MADV_DONTNEED);
	}
	recorder->run = &nothing;
	recorder->end = NULL;
	if (segment == NULL) {
		if (!is_over())
			break_by_error(error);
		return false;
	}
	segment->sequence = recorder->sequence++;
	segment->who = recorder->who;
	segment->thread = (uint16_t)thread;
	segment->magic = RECORD_SEGMENT_MAGIC;
	recorder->end = (struct record_entry *)segment + RECORD_SEGMENT_SIZE / sizeof *recorder->end;
	troupei_store_relaxed_ptr(&recorder->newest, (struct record_entry *)segment + 1);
	return true;
}

void troupei_record_open(struct recorder *recorder, enum record_thread thread)
{
	*recorder = (struct recorder){ .run = &nothing, .is_open = true };
	pthread_mutex_lock(&record.lock);
	uint32_t who = record.header->threads;
	if (who < RECORD_WHO_MAX)
		record.header->threads++;
	pthread_mutex_unlock(&record.lock);
	recorder->who = (uint8_t)who;
	recorder->stamp = who;
	if (who == RECORD_WHO_MAX)
		troupei_record_break("there are more threads than it can tell apart");
	else
		next_segment(recorder, thread);
}

/* NULL: it is over. In this order: killed in between, it leaves an entry that says nothing. */
static struct record_entry *append(struct recorder *recorder, uint32_t first, uint32_t next)
{
	recorder->run = &nothing;
	if (recorder->end == NULL || (recorder->newest + 1 == recorder->end && !next_segment(recorder, RECORD_WORKER)))
		return NULL;
	/* P4: odd, then the rest, then even. Release pairs with the acquires of troupei_record_after: who sees the same even
	 * number twice has seen this entry whole. */
	troupei_store_release_32(&recorder->version, recorder->version + 1);
	troupei_fence_full(); /* P4: odd before anything else is seen to change */
	struct record_entry *entry = recorder->newest + 1;
	troupei_store_relaxed_32(&entry->next, next);
	troupei_store_relaxed_32(&entry->first, first);
	troupei_store_relaxed_ptr(&recorder->newest, entry);
	troupei_store_release_32(&recorder->version, recorder->version + 1);
	return entry;
}

void troupei_record_run(struct recorder *recorder, uint32_t stamp)
{
	struct record_entry *entry = append(recorder, stamp, stamp + RECORD_STEP);

	if (entry != NULL)
		recorder->run = entry;
}

void troupei_record_add(struct recorder *recorder, enum record_sort sort, uint32_t value, uint32_t argument)
{
	append(recorder, RECORD_WHO | (uint32_t)sort << 8 | value << 16, argument);
}

void troupei_record_after(struct recorder *recorder, const struct recorder *other)
{
	uint32_t version, next;

	if (troupei_load_acquire_32(&other->version) < 2)
		return; /* nothing yet, or ever */
	do {
		version = troupei_load_acquire_32(&other->version);
		const struct record_entry *newest = troupei_load_relaxed_ptr(&other->newest);
		next = troupei_load_relaxed_32(&newest->next);
		troupei_fence_full(); /* P4 */
	} while ((version & 1) != 0 || troupei_load_relaxed_32(&other->version) != version);
	troupei_record_add(recorder, RECORD_AFTER, other->who, version / 2);
	troupei_record_add(recorder, RECORD_AFTER_NEXT, 0, next);
}

void troupei_record_time(struct recorder *recorder)
{
	if (recorder->end != NULL)
		troupei_record_add(recorder, RECORD_TIME, 0, (uint32_t)((troupei_clock_ns() - record.began_ns) / 1000000));
}
