/* SPDX-License-Identifier: MIT */
/* record: what each thread writes down of a run, a few bytes a message, into a file that outlives a crash.
 *
 * Each message that is sent gets a stamp: which thread sent it, and the number of that thread's stamps so far. Who handles it writes the stamp
 * down before the handler runs. That is all that a replay needs: it runs the same handlers again, so the same thread's
 * stamps fall on the same messages, and who sent what to whom follows from that.
 *
 *   P1  A log has one writer, its thread; it lies in a shared mapping of the file, so what was written is there when the process is gone.
 *   P2  An entry is a run of stamps that follow each other, first to next - 1, or something else (enum record_sort). The
 *       file is zero where nothing was written, and no entry is zero: so a log ends by itself.
 *   P3  A file's pages are there before they are mapped (posix_fallocate): no write to them can fail. When there is no room for
 *       more, or the limit is reached, the recording ends, and says so in the file and to the caller's log.
 *   P4  Another thread may look how far a log has come: what it read is whole if the version was the same even number before and
 *       after. If it were lied to it would write a wrong place down, and a replay would wait there, and say so. */
#ifndef TROUPEI_BASE_RECORD_H
#define TROUPEI_BASE_RECORD_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/atomics.h"

/* A stamp: number * RECORD_STEP + who. */
enum { RECORD_STEP = 0x100, RECORD_WHO = 0xff, RECORD_WHO_MAX = 0xfe /* of threads */ };
#define RECORD_NEVER RECORD_WHO /* no message's stamp */

struct record_entry {
	uint32_t first, next;
};

/* entry.first: RECORD_WHO | sort << 8 | value << 16; entry.next: an argument. */
enum record_sort {
	RECORD_ACTOR = 1,   /* the next entry is about this one; argument: the stamp of its birth */
	RECORD_INIT,        /* it begins */
	RECORD_SIGNALS,     /* it obeys these; value */
	RECORD_ENDED,       /* it has ended */
	RECORD_NEWS,        /* it handles a message that has no stamp; value: its sort; argument: which, as far as that is known */
	RECORD_REFUSED,     /* a send was refused; value: the status; argument: the last stamp that was given */
	RECORD_CLOCK,       /* the time was read; argument: its lower half; the next entry has the upper one */
	RECORD_CLOCK_UPPER,
	RECORD_AFTER,       /* what follows comes after these entries of another log: value, whose; argument: how many; the next entry says of the
	                       last of them, if it is a run, how far that had come */
	RECORD_AFTER_NEXT,
	RECORD_TIME,        /* nothing happened, but this many ms have gone by since the beginning; argument */
};

/* Who records. */
struct recorder {
	struct record_entry *run;   /* that the next stamp may lengthen; never NULL */
	struct record_entry *newest;
	uint32_t stamp;             /* the last that was given */
	bool is_open;
	uint8_t who;
	uint32_t sequence;          /* of its segments */
	struct record_entry *end;   /* of the segment */
	uint32_t version;           /* entries, times two; odd while one is being appended */
};

enum record_state { RECORD_GOES_ON = 1, RECORD_IN_ORDER, RECORD_BROKE_OFF };

enum {
	RECORD_HEADER_SIZE = 64 << 10,
	RECORD_SEGMENT_SIZE = 256 << 10,
	RECORD_WORDS = 128,
	RECORD_VERSION = 1,
};
#define RECORD_MAGIC "troupe recording"

/* The beginning of the file. */
struct record_header {
	char magic[16];
	uint32_t version, header_size, segment_size, state; /* enum record_state */
	int64_t program_size, program_changed_ns;           /* of the program's file */
	int64_t began_ns;                                   /* CLOCK_MONOTONIC */
	int32_t pid;
	uint32_t threads;                                   /* that have a log */
	uint32_t words_size;                                /* of command, bytes */
	uint32_t spare;
	char why[RECORD_WORDS];                             /* RECORD_BROKE_OFF */
	char program[4096], folder[4096];                   /* absolute */
	char command[];                                     /* arguments, each with its zero; up to the end of the header */
};

enum record_thread { RECORD_MAIN, RECORD_WORKER, RECORD_OTHER };

/* The beginning of each segment: as large as two entries. */
struct record_segment {
	uint32_t magic, sequence; /* in its log */
	uint16_t who, thread;     /* enum record_thread */
	uint32_t spare;
};
#define RECORD_SEGMENT_MAGIC 0x6d676573u

static_assert(sizeof(struct record_segment) == 2 * sizeof(struct record_entry), "entries follow");

/* Is this process recorded? Set once, before the first message. */
extern bool troupei_record_on TROUPEI_HIDDEN;

static inline bool troupei_is_recorded(void)
{
	return troupei_unlikely(troupei_record_on);
}

/* Of a thread that is no worker. */
extern __thread struct recorder troupei_record_thread TROUPEI_HIDDEN;

enum record_start { RECORD_STARTED, RECORD_NO_FILE, RECORD_NO_MEMORY, RECORD_TOO_LATE };

/* This process is recorded from now on, to @p path (at most so many bytes; 0: 1 GB); this thread is its first. @p told is called when
 * the recording breaks off; any thread. RECORD_NO_FILE: errno says why. RECORD_TOO_LATE: message memory is in use already. Once. */
enum record_start troupei_record_begin(const char *path, uint64_t limit, void (*told)(const char *why));

/* A log for a thread. What it cannot write (the file is full) it does not. */
void troupei_record_open(struct recorder *recorder, enum record_thread thread);

/* The recording ends here, for this reason: what comes now cannot be replayed. Any thread; the first reason stays. */
void troupei_record_break(const char *why);

/* Tests: as if never begun, but for the file. */
void troupei_record_forget(void);

/* A new run of stamps begins. */
void troupei_record_run(struct recorder *recorder, uint32_t stamp) __attribute__((cold));

void troupei_record_add(struct recorder *recorder, enum record_sort sort, uint32_t value, uint32_t argument);

/* What follows comes after all that another thread has written down by now. Any thread but the other one; the other's memory stays. */
void troupei_record_after(struct recorder *recorder, const struct recorder *other);

/* How long it has been, if that is more than when it was said last. */
void troupei_record_time(struct recorder *recorder);

/* Of the next message that this thread sends. */
static inline uint32_t troupei_record_next(struct recorder *recorder)
{
	return recorder->stamp += RECORD_STEP;
}

/* The message with this stamp is about to be handled. */
static inline void troupei_record_handled(struct recorder *recorder, uint32_t stamp)
{
	struct record_entry *run = recorder->run;

	if (troupei_likely(run->next == stamp))
		troupei_store_relaxed_32(&run->next, stamp + RECORD_STEP); /* one writer; others glance: troupei_record_after */
	else
		troupei_record_run(recorder, stamp);
}

static inline uint32_t troupei_record_sort(const struct record_entry *entry)
{
	return (entry->first & RECORD_WHO) == RECORD_WHO ? entry->first >> 8 & 0xff : 0;
}

static inline uint32_t troupei_record_value(const struct record_entry *entry)
{
	return entry->first >> 16;
}

#endif
