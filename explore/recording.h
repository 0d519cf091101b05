/* SPDX-License-Identifier: MIT */
/* recording: a file that base/record.h wrote, read again. What a crash left half written ends a log; what is no recording is refused. */
#ifndef TROUPEI_EXPLORE_RECORDING_H
#define TROUPEI_EXPLORE_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/record.h"

/* What a thread did next. */
enum step_sort {
	STEP_END,     /* of its log */
	STEP_MESSAGE, /* it handled the message with this stamp */
	STEP_NEWS,    /* this actor handled a message without one: value is its sort, argument which */
	STEP_INIT,    /* this actor began */
	STEP_SIGNALS, /* this actor obeyed these signals */
	STEP_ENDED,   /* this actor, which drained, ended */
	STEP_AFTER,   /* what follows comes after so many entries (argument) of the log of value, and stamp in the last of them */
	STEP_CALL,    /* in the midst of the last of these: a call was refused (value, argument), */
	STEP_CLOCK,   /*   the time was read (time_ns) */
};

struct recorded_step {
	enum step_sort sort;
	uint32_t stamp; /* of the message, or of the actor's birth */
	uint32_t value, argument;
	int64_t time_ns;
};

/* One thread's. */
struct recorded_log {
	uint32_t who;
	enum record_thread thread;
	const struct record_entry **segments; /* each without its head */
	size_t *lengths;                      /* entries that are written in it */
	size_t segment_count;
	size_t segment, at;                   /* the entry that is next */
	uint32_t in_run;                      /* stamps of it that have been taken */
	uint64_t taken;                       /* messages */
	uint32_t passed;                      /* entries */
	uint32_t time_ms;                     /* since the beginning, when it was said last */
};

struct recording {
	const struct record_header *header;
	size_t size;
	struct recorded_log *logs;
	uint32_t count;
};

enum recording_fault { RECORDING_FINE, RECORDING_NO_FILE, RECORDING_FOREIGN, RECORDING_OTHER_VERSION, RECORDING_DAMAGED, RECORDING_NO_MEMORY };

enum recording_fault troupei_recording_open(struct recording *recording, const char *path);
void troupei_recording_close(struct recording *recording);
const char *troupei_recording_fault(enum recording_fault fault);

/* What is next, without taking it. */
struct recorded_step troupei_recorded_peek(struct recorded_log *log);
void troupei_recorded_take(struct recorded_log *log);

/* NULL: there is none. */
struct recorded_log *troupei_recording_log(const struct recording *recording, uint32_t who);

/* Has it come so far? What STEP_AFTER says. */
bool troupei_recorded_has_passed(struct recorded_log *log, uint32_t entries, uint32_t next);

/* Messages in all logs. */
uint64_t troupei_recording_messages(const struct recording *recording);

#endif
