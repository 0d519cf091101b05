/* SPDX-License-Identifier: MIT */
/* A system under test that remembers its dead letters and log lines; its end checks the ledger against them. And an actor
 * that does whatever the test tells it to, so that a test reads from top to bottom. */
#ifndef TROUPE_TESTS_PROMISES_FIXTURE_H
#define TROUPE_TESTS_PROMISES_FIXTURE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "support/testing.h"
#include "troupe.h"

#define LIMIT (30 * TROUPE_S) /* generous: no test depends on speed */

enum { LETTERS_MAX = 512, LINES_MAX = 64 };

struct letter {
	troupe_ref to;
	int32_t kind;
	troupe_status why;
	uint32_t size;
	char to_name[32], kind_name[32];
};

struct fixture {
	troupe_system system;
	troupe_ledger ledger; /* the final one */
	pthread_mutex_t lock;
	uint64_t letter_count; /* all; the first LETTERS_MAX are kept */
	unsigned line_count;
	struct letter letters[LETTERS_MAX];
	char lines[LINES_MAX][256];
};

static inline void fixture_dead_letter(void *context, const troupe_dead_letter *letter)
{
	struct fixture *f = context;

	pthread_mutex_lock(&f->lock);
	if (f->letter_count < LETTERS_MAX) {
		struct letter *kept = &f->letters[f->letter_count];
		*kept = (struct letter){ letter->to, letter->kind, letter->why, letter->size, "", "" };
		snprintf(kept->to_name, sizeof kept->to_name, "%s", letter->to_name);
		snprintf(kept->kind_name, sizeof kept->kind_name, "%s", letter->kind_name);
	}
	f->letter_count++;
	pthread_mutex_unlock(&f->lock);
}

static inline void fixture_log(void *context, const char *line)
{
	struct fixture *f = context;

	pthread_mutex_lock(&f->lock);
	if (f->line_count < LINES_MAX)
		snprintf(f->lines[f->line_count], sizeof f->lines[0], "%s", line);
	f->line_count++;
	pthread_mutex_unlock(&f->lock);
}

static inline troupe_options fixture_options(struct fixture *f, uint32_t workers)
{
	memset(f, 0, sizeof *f);
	pthread_mutex_init(&f->lock, NULL);
	return (troupe_options){ .struct_size = sizeof(troupe_options), .workers = workers, .context = f,
		                 .dead_letter = fixture_dead_letter, .log = fixture_log, .ledger = &f->ledger };
}

static inline void fixture_start(struct fixture *f, uint32_t workers)
{
	troupe_options options = fixture_options(f, workers);

	CHECK_OK(troupe_start(&options, &f->system));
}

static inline void fixture_check_ledger(const struct fixture *f)
{
	CHECK_EQ(f->ledger.handled + f->ledger.dead + f->ledger.returned, f->ledger.sent);
	CHECK_EQ(f->ledger.queued, 0);
	CHECK_EQ(f->letter_count, f->ledger.dead);
}

/* It ends in order, and its books are right. */
static inline void fixture_finish(struct fixture *f)
{
	CHECK_OK(troupe_finish(f->system, LIMIT));
	fixture_check_ledger(f);
}

static inline void fixture_settle(struct fixture *f)
{
	CHECK_OK(troupe_settle(f->system, LIMIT));
}

/* How many letters there were of this kind with this reason. */
static inline unsigned fixture_letters(struct fixture *f, int32_t kind, troupe_status why)
{
	unsigned count = 0;

	pthread_mutex_lock(&f->lock);
	for (uint64_t i = 0; i < f->letter_count && i < LETTERS_MAX; i++)
		count += f->letters[i].kind == kind && f->letters[i].why == why;
	pthread_mutex_unlock(&f->lock);
	return count;
}

/* Is there a log line with these words? */
static inline bool fixture_logged(struct fixture *f, const char *words)
{
	bool found = false;

	pthread_mutex_lock(&f->lock);
	for (unsigned i = 0; i < f->line_count && i < LINES_MAX; i++)
		found = found || strstr(f->lines[i], words) != NULL;
	pthread_mutex_unlock(&f->lock);
	return found;
}

static inline void sleep_ns(int64_t ns)
{
	nanosleep(&(struct timespec){ .tv_sec = (time_t)(ns / TROUPE_S), .tv_nsec = (long)(ns % TROUPE_S) }, NULL);
}

/* Wait until a flag that somebody else sets. */
static inline void await_flag(atomic_int *flag)
{
	for (int64_t waited = 0; atomic_load(flag) == 0; waited += TROUPE_MS / 4) {
		CHECK(waited < LIMIT);
		sleep_ns(TROUPE_MS / 4);
	}
}

/* ------------------------------------------------------------------------------------------------------------ doers -- */

enum { DO = 1000 };

struct task {
	troupe_verdict (*run)(troupe_actor *me, void *argument);
	void *argument;
};

typedef union doer {
	troupe_ref ref;
	const void *data;
	const struct task *DO;
} doer;

static inline troupe_verdict do_task(troupe_actor *me, const troupe_message *m)
{
	const struct task *task = m->data;

	return task->run(me, task->argument);
}

static inline troupe_verdict doer_receive(troupe_actor *me, const troupe_message *m)
{
	return m->kind == DO ? do_task(me, m) : TROUPE_UNKNOWN;
}

static const troupe_behaviour doer_behaviour = { .name = "doer", .receive = doer_receive };

static inline doer doer_spawn(struct fixture *f)
{
	doer d;

	CHECK_OK(troupe_spawn(f->system, &doer_behaviour, NULL, &d.ref));
	return d;
}

static inline void tell(troupe_ref to, troupe_verdict (*run)(troupe_actor *me, void *argument), void *argument)
{
	CHECK_OK(troupe_send((doer){ to }, DO, .run = run, .argument = argument));
}

/* The same, and all that follows from it. */
static inline void perform(struct fixture *f, troupe_ref to, troupe_verdict (*run)(troupe_actor *me, void *argument),
                           void *argument)
{
	tell(to, run, argument);
	fixture_settle(f);
}

static inline troupe_verdict do_nothing(troupe_actor *me, void *argument)
{
	(void)me, (void)argument;
	return TROUPE_HANDLED;
}

/* Counts itself: that an actor lives and handles. */
static inline troupe_verdict do_count(troupe_actor *me, void *count)
{
	(void)me;
	atomic_fetch_add((atomic_int *)count, 1);
	return TROUPE_HANDLED;
}

/* A message that lets its actor wait, so that the test can fill its queue: barrier_raise returns when it waits. */
struct barrier {
	atomic_int reached, open;
};

static inline troupe_verdict do_wait(troupe_actor *me, void *barrier)
{
	(void)me;
	atomic_store(&((struct barrier *)barrier)->reached, 1);
	await_flag(&((struct barrier *)barrier)->open);
	return TROUPE_HANDLED;
}

static inline void barrier_raise(struct barrier *barrier, troupe_ref actor)
{
	*barrier = (struct barrier){ 0 };
	tell(actor, do_wait, barrier);
	await_flag(&barrier->reached);
}

static inline void barrier_open(struct barrier *barrier)
{
	atomic_store(&barrier->open, 1);
}

static inline void check_handles(struct fixture *f, troupe_ref actor)
{
	atomic_int count = 0;

	perform(f, actor, do_count, &count);
	CHECK_EQ(count, 1);
}

#endif
