/* SPDX-License-Identifier: MIT */
/* Reading a recording. */
#include "explore/recording.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEAD = sizeof(struct record_segment) / sizeof(struct record_entry) };

const char *troupei_recording_fault(enum recording_fault fault)
{
	static const char *const words[] = {
		[RECORDING_FINE] = "it is fine",
		[RECORDING_NO_FILE] = "it cannot be read",
		[RECORDING_FOREIGN] = "it is no recording",
		[RECORDING_OTHER_VERSION] = "it was recorded by another version of Troupe",
		[RECORDING_DAMAGED] = "it is damaged",
		[RECORDING_NO_MEMORY] = "there is no memory for it",
	};

	return words[fault];
}

/* ------------------------------------------------------------------------------------------------------------ the file -- */

static size_t count_entries(const struct record_entry *entries, size_t room)
{
	size_t count = 0;

	while (count < room && (entries[count].first | entries[count].next) != 0)
		count++;
	return count;
}

static struct recorded_log *log_of(struct recording *recording, const struct record_segment *segment)
{
	for (uint32_t i = 0; i < recording->count; i++)
		if (recording->logs[i].who == segment->who)
			return &recording->logs[i];
	struct recorded_log *log = &recording->logs[recording->count++];
	*log = (struct recorded_log){ .who = segment->who, .thread = (enum record_thread)segment->thread };
	return log;
}

/* A log's segments lie in the file in the order in which they were begun. */
static enum recording_fault add_segment(struct recording *recording, const struct record_segment *segment, size_t bytes)
{
	struct recorded_log *log = segment->who < RECORD_WHO_MAX ? log_of(recording, segment) : NULL;

	if (log == NULL || segment->sequence != log->segment_count)
		return RECORDING_DAMAGED;
	const struct record_entry **segments = realloc(log->segments, (log->segment_count + 1) * sizeof(*segments));
	log->segments = segments != NULL ? segments : log->segments;
	size_t *lengths = realloc(log->lengths, (log->segment_count + 1) * sizeof *lengths);
	log->lengths = lengths != NULL ? lengths : log->lengths;
	if (segments == NULL || lengths == NULL)
		return RECORDING_NO_MEMORY;
	segments[log->segment_count] = (const struct record_entry *)segment + HEAD;
	lengths[log->segment_count] = count_entries(segments[log->segment_count], bytes / sizeof(struct record_entry) - HEAD);
	log->segment_count++;
	return RECORDING_FINE;
}

/* One without a head was about to be begun when the process ended. */
static enum recording_fault read_segments(struct recording *recording)
{
	const struct record_header *header = recording->header;

	for (size_t at = header->header_size; at + sizeof(struct record_segment) <= recording->size; at += header->segment_size) {
		const struct record_segment *segment = (const struct record_segment *)((const char *)header + at);
		size_t left = recording->size - at;
		if (segment->magic == 0)
			continue;
		if (segment->magic != RECORD_SEGMENT_MAGIC)
			return RECORDING_DAMAGED;
		enum recording_fault fault = add_segment(recording, segment, left < header->segment_size ? left : header->segment_size);
		if (fault != RECORDING_FINE)
			return fault;
	}
	return recording->count > 0 && recording->logs[0].who == 0 ? RECORDING_FINE : RECORDING_DAMAGED;
}

static enum recording_fault check_header(const struct recording *recording)
{
	const struct record_header *header = recording->header;

	if (recording->size < sizeof *header || memcmp(header->magic, RECORD_MAGIC, sizeof header->magic) != 0)
		return RECORDING_FOREIGN;
	if (header->version != RECORD_VERSION || header->header_size != RECORD_HEADER_SIZE || header->segment_size != RECORD_SEGMENT_SIZE)
		return RECORDING_OTHER_VERSION;
	if (recording->size < RECORD_HEADER_SIZE || header->words_size > RECORD_HEADER_SIZE - sizeof *header ||
	    header->state < RECORD_GOES_ON || header->state > RECORD_BROKE_OFF ||
	    memchr(header->program, 0, sizeof header->program) == NULL || memchr(header->folder, 0, sizeof header->folder) == NULL ||
	    memchr(header->why, 0, sizeof header->why) == NULL)
		return RECORDING_DAMAGED;
	return RECORDING_FINE;
}

static enum recording_fault map(struct recording *recording, const char *path)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;

	if (file < 0)
		return RECORDING_NO_FILE;
	bool regular = fstat(file, &status) == 0 && S_ISREG(status.st_mode);
	if (regular && status.st_size > 0)
		recording->header = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
	close(file);
	if (!regular || recording->header == MAP_FAILED) {
		recording->header = NULL;
		return RECORDING_NO_FILE;
	}
	recording->size = (size_t)status.st_size;
	return recording->header != NULL ? check_header(recording) : RECORDING_FOREIGN;
}

enum recording_fault troupei_recording_open(struct recording *recording, const char *path)
{
	*recording = (struct recording){ .header = NULL };
	enum recording_fault fault = map(recording, path);
	if (fault == RECORDING_FINE) {
		recording->logs = calloc(RECORD_WHO_MAX, sizeof *recording->logs);
		fault = recording->logs != NULL ? read_segments(recording) : RECORDING_NO_MEMORY;
	}
	if (fault != RECORDING_FINE)
		troupei_recording_close(recording);
	return fault;
}

void troupei_recording_close(struct recording *recording)
{
	for (uint32_t i = 0; i < recording->count; i++) {
		free(recording->logs[i].segments);
		free(recording->logs[i].lengths);
	}
	free(recording->logs);
	if (recording->header != NULL)
		munmap((void *)(uintptr_t)recording->header, recording->size);
	*recording = (struct recording){ .header = NULL };
}

/* ------------------------------------------------------------------------------------------------------------- steps -- */

/* The entry that is next; NULL: there is none. */
static const struct record_entry *entry(struct recorded_log *log)
{
	while (log->segment < log->segment_count && log->at == log->lengths[log->segment]) {
		log->segment++;
		log->at = 0;
	}
	return log->segment < log->segment_count ? &log->segments[log->segment][log->at] : NULL;
}

/* Of two entries the second; NULL: it was not written any more. */
static const struct record_entry *second(struct recorded_log *log, enum record_sort sort)
{
	struct recorded_log ahead = *log;

	ahead.at++;
	const struct record_entry *found = entry(&ahead);
	return found != NULL && (sort == 0 || troupei_record_sort(found) == (uint32_t)sort) ? found : NULL;
}

static struct recorded_step about_actor(struct recorded_log *log, uint32_t birth)
{
	const struct record_entry *what = second(log, 0);
	uint32_t sort = what != NULL ? troupei_record_sort(what) : 0;
	struct recorded_step step = { .stamp = birth };

	if (sort == RECORD_INIT)
		step.sort = STEP_INIT;
	else if (sort == RECORD_SIGNALS)
		step.sort = STEP_SIGNALS;
	else if (sort == RECORD_ENDED)
		step.sort = STEP_ENDED;
	else if (sort == RECORD_NEWS)
		step.sort = STEP_NEWS;
	else
		return step;
	step.value = troupei_record_value(what);
	step.argument = what->next;
	return step;
}

static struct recorded_step clock(struct recorded_log *log, uint32_t lower)
{
	const struct record_entry *upper = second(log, RECORD_CLOCK_UPPER);

	if (upper == NULL)
		return (struct recorded_step){ .sort = STEP_END };
	return (struct recorded_step){ .sort = STEP_CLOCK, .time_ns = (int64_t)((uint64_t)upper->next << 32 | lower) };
}

struct recorded_step troupei_recorded_peek(struct recorded_log *log)
{
	const struct record_entry *next;

	while ((next = entry(log)) != NULL && troupei_record_sort(next) == RECORD_TIME) {
		log->time_ms = next->next;
		log->at++;
		log->passed++;
	}
	if (next == NULL)
		return (struct recorded_step){ .sort = STEP_END };
	switch (troupei_record_sort(next)) {
	case 0:
		if (next->first == 0 || ((next->first ^ next->next) & RECORD_WHO) != 0)
			return (struct recorded_step){ .sort = STEP_END }; /* half written */
		return (struct recorded_step){ .sort = STEP_MESSAGE, .stamp = next->first + log->in_run * RECORD_STEP };
	case RECORD_ACTOR:
		return about_actor(log, next->next);
	case RECORD_AFTER: {
		const struct record_entry *how_far = second(log, RECORD_AFTER_NEXT);
		return (struct recorded_step){ .sort = how_far != NULL ? STEP_AFTER : STEP_END, .value = troupei_record_value(next),
			                       .argument = next->next, .stamp = how_far != NULL ? how_far->next : 0 };
	}
	case RECORD_CLOCK:
		return clock(log, next->next);
	case RECORD_REFUSED:
		return (struct recorded_step){ .sort = STEP_CALL, .value = troupei_record_value(next), .argument = next->next };
	default:
		return (struct recorded_step){ .sort = STEP_END }; /* nothing that was ever written */
	}
}

void troupei_recorded_take(struct recorded_log *log)
{
	struct recorded_step step = troupei_recorded_peek(log);
	const struct record_entry *next = entry(log);

	if (step.sort == STEP_END)
		return;
	log->taken += step.sort == STEP_MESSAGE || step.sort == STEP_NEWS;
	if (step.sort == STEP_MESSAGE && step.stamp + RECORD_STEP != next->next) {
		log->in_run++;
		return;
	}
	log->in_run = 0;
	log->at++;
	log->passed++;
	if (step.sort != STEP_MESSAGE && step.sort != STEP_CALL) {
		entry(log);
		log->at++;
		log->passed++;
	}
}

bool troupei_recorded_has_passed(struct recorded_log *log, uint32_t entries, uint32_t next)
{
	troupei_recorded_peek(log); /* past what says only the time */
	if (log->passed >= entries || log->passed + 1 < entries)
		return log->passed >= entries;
	const struct record_entry *last = entry(log);
	return last == NULL || (troupei_record_sort(last) == 0 && (int32_t)(last->first + log->in_run * RECORD_STEP - next) >= 0);
}

static uint64_t messages_of(const struct recorded_log *log)
{
	uint64_t count = 0;

	for (size_t i = 0; i < log->segment_count; i++)
		for (size_t j = 0; j < log->lengths[i]; j++) {
			const struct record_entry *at = &log->segments[i][j];
			uint32_t sort = troupei_record_sort(at);
			count += sort == 0 ? (at->next - at->first) / RECORD_STEP : sort == RECORD_NEWS;
		}
	return count;
}

struct recorded_log *troupei_recording_log(const struct recording *recording, uint32_t who)
{
	for (uint32_t i = 0; i < recording->count; i++)
		if (recording->logs[i].who == who)
			return &recording->logs[i];
	return NULL;
}

uint64_t troupei_recording_messages(const struct recording *recording)
{
	uint64_t count = 0;

	for (uint32_t i = 0; i < recording->count; i++)
		count += messages_of(&recording->logs[i]);
	return count;
}
