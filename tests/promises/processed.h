/* SPDX-License-Identifier: MIT */
/* A player that runs here or in a process of its own, and a sink here that remembers what it is told: what the two processes
 * share is messages alone. */
#ifndef TROUPE_TESTS_PROMISES_PROCESSED_H
#define TROUPE_TESTS_PROMISES_PROCESSED_H

#include <dirent.h>
#include <errno.h>
#include <unistd.h>

#include "fixture.h"
#include "support/faults.h"

enum {
	ECHO = 1, ADD, TWICE, PUT_OFF, RESUME, BECOME_OTHER, UNBECOME, TELL_STATE, TELL_PID, TELL_REF, TELL_PPID, SUM_UP,
	SEND_BACK, MOVE_BACK, START_TIMER, FIND_SINK, NAME_YOURSELF, SEND_FROM, FORWARD, TAKE_AND_MOVE, EXIT_WITH, FAIL_WITH,
	FAIL_NOW, TRY_THE_IMPOSSIBLE, CRASH, HANG, TICK, QUIT_PROCESS, OPEN_FILES,
	NOTE_AND_HANG
};
enum { NOTE = 500, NOTES_MAX = 20000 };

struct number {
	int64_t n;
};

typedef union noted {
	troupe_ref ref;
	const struct number *NOTE;
} noted;

/* ------------------------------------------------------------------------------------------------------------ sink -- */

struct sink_log {
	unsigned count;
	atomic_uint seen;
	bool in_order; /* every number is its place */
	int64_t numbers[NOTES_MAX], last_sum;
	troupe_ref last_sender;
};

static inline troupe_verdict sink_receive(troupe_actor *me, const troupe_message *m)
{
	struct sink_log *log = *(struct sink_log **)me->state;
	const struct number *in = m->data;
	const unsigned char *bytes = m->data;
	int64_t n = m->size == sizeof *in ? in->n : (int64_t)m->size;

	CHECK(log->count < NOTES_MAX);
	log->in_order = (log->count == 0 || log->in_order) && n == log->count;
	log->numbers[log->count++] = n;
	log->last_sender = m->sender;
	log->last_sum = 0;
	for (uint32_t i = 0; i < m->size && m->size > sizeof *in; i++)
		log->last_sum += bytes[i];
	atomic_fetch_add(&log->seen, 1);
	return TROUPE_HANDLED;
}

static const troupe_behaviour sinking = { .name = "sink", .receive = sink_receive, .state_size = sizeof(struct sink_log *) };

static inline troupe_ref sink_spawn(struct fixture *f, struct sink_log *log)
{
	troupe_ref ref;

	*log = (struct sink_log){ 0 };
	CHECK_OK(troupe_spawn(f->system, &sinking, &log, &ref));
	return ref;
}

/* ---------------------------------------------------------------------------------------------------------- player -- */

struct player {
	noted sink;
	int64_t sum;
	int64_t init_fails;
	char rest[100]; /* larger than what lies in a cell */
};

static inline void release_nothing(void *payload)
{
	(void)payload;
}

static inline troupe_verdict note(troupe_actor *me, int64_t n)
{
	const struct player *self = me->state;

	return troupe_done(me, troupe_send(self->sink, NOTE, .n = n));
}

static inline troupe_verdict player_receive(troupe_actor *me, const troupe_message *m);

static inline troupe_verdict player_receive_otherwise(troupe_actor *me, const troupe_message *m)
{
	const struct number *in = m->data;

	if (m->kind == UNBECOME)
		return troupe_done(me, troupe_unbecome(me));
	return m->kind == ECHO ? note(me, in->n + 1000) : player_receive(me, m);
}

static inline void try_the_impossible(troupe_actor *me)
{
	troupe_ref ref;
	troupe_future future;
	troupe_system system;
	troupe_pool pool;
	static const troupe_behaviour other = { .receive = player_receive };

	note(me, troupe_spawn(me->system, &other, NULL, &ref));
	note(me, troupe_spawn_child(me, &other, NULL, &ref));
	note(me, troupe_future_open(me->system, NULL, &future));
	note(me, troupe_start(NULL, &system));
	note(me, troupe_group_open(me->system, NULL, NULL, &ref));
	note(me, troupe_pool_open(TROUPE_OPTIONS(troupe_pool_options, .threads_max = 1), &pool));
	note(me, troupe_supervise(me->system, NULL, &(troupe_supervisor){ 0 }, &ref));
}

static inline troupe_verdict fail_deeply(troupe_actor *me, int64_t why)
{
	if (why != 0)
		troupe_fail_now(me, (troupe_status)why);
	return TROUPE_HANDLED;
}

static inline troupe_verdict sum_up(troupe_actor *me, const troupe_message *m)
{
	const unsigned char *bytes = m->data;
	int64_t sum = 0;

	for (uint32_t i = 0; i < m->size; i++)
		sum += bytes[i];
	return note(me, sum);
}

static inline troupe_verdict move_back(troupe_actor *me, int64_t n)
{
	const struct player *self = me->state;
	struct number *bound = troupe_new(sizeof *bound, release_nothing), *free_one = troupe_new(sizeof *free_one, NULL);

	note(me, troupe_send_moved(self->sink.ref, NOTE, bound));
	troupe_free(bound);
	free_one->n = n;
	return troupe_done(me, troupe_send_moved(self->sink.ref, NOTE, free_one));
}

static inline int count_files(void)
{
	int count = 0;
	DIR *files = opendir("/proc/self/fd");

	while (readdir(files) != NULL)
		count++;
	closedir(files);
	return count - 3; /* ".", "..", and the folder itself */
}

static inline troupe_verdict player_more(troupe_actor *me, const troupe_message *m, int64_t n)
{
	struct player *self = me->state;
	troupe_ref ref = { 0 };
	void *taken;

	switch (m->kind) {
	case START_TIMER:
		return troupe_done(me, troupe_after(me, TROUPE_MS, TICK, (uint64_t)n, NULL));
	case TICK:
		return note(me, (int64_t)m->token);
	case FIND_SINK:
		troupe_ignore(troupe_find(me->system, "sink", &ref));
		return note(me, (int64_t)ref.bits_private);
	case NAME_YOURSELF:
		return note(me, troupe_name(me->ref, "player"));
	case SEND_FROM:
		return troupe_done(me, troupe_send_from(me, self->sink, NOTE, .n = n));
	case FORWARD:
		return troupe_done(me, troupe_forward(me, m, self->sink.ref));
	case TAKE_AND_MOVE:
		taken = troupe_take(me, m);
		return troupe_done(me, troupe_send_moved(self->sink.ref, NOTE, taken));
	case EXIT_WITH:
		troupe_exit(me, (troupe_status)n);
		return TROUPE_HANDLED;
	case FAIL_WITH:
		return troupe_fail(me, (troupe_status)n);
	case FAIL_NOW:
		return fail_deeply(me, n);
	case TRY_THE_IMPOSSIBLE:
		try_the_impossible(me);
		return TROUPE_HANDLED;
	case CRASH:
		fault_make((enum fault)n);
		return TROUPE_HANDLED;
	case NOTE_AND_HANG:
		note(me, n);
		/* fall through */
	case HANG:
		for (;;)
			pause();
	case QUIT_PROCESS:
		_exit((int)n);
	case OPEN_FILES:
		return note(me, count_files());
	default:
		return TROUPE_UNKNOWN;
	}
}

static inline troupe_verdict player_receive(troupe_actor *me, const troupe_message *m)
{
	struct player *self = me->state;
	int64_t n = m->data != NULL && m->size >= sizeof(struct number) ? ((const struct number *)m->data)->n : 0;

	switch (m->kind) {
	case ECHO:
		return note(me, n);
	case ADD:
		self->sum += n;
		return TROUPE_HANDLED;
	case TWICE:
		note(me, n);
		return troupe_done(me, troupe_send_bytes(me->ref, ECHO, &(struct number){ n + 100 }, sizeof(struct number)));
	case PUT_OFF:
		if (self->sum < 100)
			return TROUPE_DEFERRED;
		return note(me, n);
	case RESUME:
		self->sum += 100;
		troupe_undefer(me);
		return TROUPE_HANDLED;
	case BECOME_OTHER:
		return troupe_done(me, troupe_become(me, player_receive_otherwise));
	case TELL_STATE:
		return note(me, self->sum);
	case TELL_PID:
		return note(me, getpid());
	case TELL_PPID:
		return note(me, getppid());
	case TELL_REF:
		return note(me, (int64_t)me->ref.bits_private);
	case SUM_UP:
		return sum_up(me, m);
	case SEND_BACK:
		return troupe_done(me, troupe_send_bytes(self->sink.ref, NOTE, m->data, m->size));
	case MOVE_BACK:
		return move_back(me, n);
	default:
		return player_more(me, m, n);
	}
}

static inline troupe_verdict player_begin(troupe_actor *me)
{
	struct player *self = me->state;

	return self->init_fails ? troupe_fail(me, TROUPE_EUSER) : TROUPE_HANDLED;
}

static inline void player_terminate(troupe_actor *me, troupe_status why)
{
	note(me, 1000000 + why);
}

#define PLAYER(how)                                                                                                        \
	{                                                                                                                  \
		.name = "player", .receive = player_receive, .init = player_begin, .terminate = player_terminate,          \
		.state_size = sizeof(struct player), .isolation = (how)                                                    \
	}
static const troupe_behaviour player_of[] = { [TROUPE_TOGETHER] = PLAYER(TROUPE_TOGETHER),
	                                      [TROUPE_PROCESS] = PLAYER(TROUPE_PROCESS) };

static inline troupe_ref player_spawn(struct fixture *f, troupe_isolation isolation, troupe_ref sink_ref, int64_t sum)
{
	troupe_ref ref;

	CHECK_OK(troupe_spawn(f->system, &player_of[isolation], &(struct player){ .sink = { sink_ref }, .sum = sum }, &ref));
	return ref;
}

static inline void say(troupe_ref player, int32_t kind, int64_t n)
{
	CHECK_OK(troupe_send_bytes(player, kind, &(struct number){ n }, sizeof(struct number)));
}

/* --------------------------------------------------------------------------------------------------- who hears of ends -- */

struct end_watcher {
	troupe_ref whom;
	troupe_status *why;
	atomic_int *told;
};

static atomic_int end_watcher_ready, end_watcher_told;

static inline troupe_verdict end_watcher_begin(troupe_actor *me)
{
	const struct end_watcher *self = me->state;

	CHECK_OK(troupe_monitor(me, self->whom, 1, NULL));
	atomic_store(&end_watcher_ready, 1);
	return TROUPE_HANDLED;
}

static inline troupe_verdict end_watcher_receive(troupe_actor *me, const troupe_message *m)
{
	const struct end_watcher *self = me->state;

	if (m->kind == TROUPE_DOWN) {
		*self->why = m->why;
		atomic_store(&end_watcher_told, 1);
		troupe_exit(me, TROUPE_OK);
	}
	return TROUPE_HANDLED;
}

static const troupe_behaviour watching_ends = { .name = "watcher", .init = end_watcher_begin, .receive = end_watcher_receive,
	                                        .state_size = sizeof(struct end_watcher) };

/* It monitors already when this returns. */
static inline troupe_ref end_watcher_spawn(struct fixture *f, troupe_ref whom, troupe_status *why)
{
	troupe_ref ref;

	atomic_store(&end_watcher_ready, 0);
	atomic_store(&end_watcher_told, 0);
	CHECK_OK(troupe_spawn(f->system, &watching_ends, &(struct end_watcher){ .whom = whom, .why = why }, &ref));
	await_flag(&end_watcher_ready);
	return ref;
}

static inline void await_end_watcher(struct fixture *f, troupe_ref watcher)
{
	(void)f, (void)watcher;
	await_flag(&end_watcher_told);
}

#endif
