/* SPDX-License-Identifier: MIT */
/* Blockers: how long does an unrelated question take beside 64 actors that each block for 10 ms a message, and begin again at once?
 * Asked by an actor, and by a plain thread; beside nothing, beside the 64, and, to tell what is Troupe's from what is the
 * operating system's, beside 64 plain threads that sleep as long. Rounds of the three take turns, so that all meet the same machine.
 * The verdict is on medians of the rounds: beside the 64 actors the p99 of an actor's question must not more than double, nor that of
 * a thread's question be more than twice what it is beside 64 sleeping threads. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "troupe.h"

enum { BLOCKERS = 64, BLOCK_MS = 10, ROUNDS_MAX = 64, ROUNDS_DEFAULT = 5, QUESTIONS_MAX = 1 << 16, PAUSE_US = 200 };

enum beside { NOTHING, ACTORS, THREADS, BESIDES };
enum asker { ACTOR, THREAD, ASKERS };

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * TROUPE_S + now.tv_nsec;
}

static void nap(int64_t ns)
{
	nanosleep(&(struct timespec){ .tv_sec = ns / TROUPE_S, .tv_nsec = ns % TROUPE_S }, NULL);
}

/* -------------------------------------------------------------------------------------------------------- blockers -- */

enum { BLOCK = 1 };

static atomic_bool blocking;

static troupe_verdict block(troupe_actor *me, const troupe_message *m)
{
	(void)m;
	if (!atomic_load(&blocking))
		return TROUPE_HANDLED;
	nap(BLOCK_MS * TROUPE_MS);
	return troupe_done(me, troupe_send_bytes(me->ref, BLOCK, NULL, 0));
}

static const troupe_behaviour blocker = { .name = "blocker", .receive = block, .blocks = 1 };

static void *sleep_again_and_again(void *unused)
{
	while (atomic_load(&blocking))
		nap(BLOCK_MS * TROUPE_MS);
	return unused;
}

/* --------------------------------------------------------------------------------------------------------- questions -- */

enum { ECHO = 1 };
enum { ECHOED = 1 };

typedef union echo_reply {
	troupe_ref ref;
	const troupe_nothing *ECHOED;
} echo_reply;
struct question {
	echo_reply reply;
};
typedef union echo {
	troupe_ref ref;
	const void *data;
	const struct question *ECHO;
} echo;

static troupe_verdict answer(troupe_actor *me, const troupe_message *m)
{
	return troupe_done(me, troupe_send(((echo){ .data = m->data }).ECHO->reply, ECHOED, 0));
}

static const troupe_behaviour echoing = { .name = "echo", .receive = answer };

/* One round's. */
struct times {
	int64_t ns[QUESTIONS_MAX];
	uint32_t count;
	int64_t until_ns;
};

static void ask_in_thread(echo server, struct times *times)
{
	while (now_ns() < times->until_ns && times->count < QUESTIONS_MAX) {
		troupe_nothing got;
		int64_t asked = now_ns();
		troupe_must(troupe_call(server, ECHO, ECHOED, &got, 0, 0));
		times->ns[times->count++] = now_ns() - asked;
		nap(PAUSE_US * TROUPE_US);
	}
}

enum { ASK = 1 };

struct asker_state {
	echo server;
	struct times *times;
	troupe_ref done;
	int64_t asked_ns;
};

static troupe_verdict on_echo(troupe_actor *me, const troupe_message *m)
{
	struct asker_state *self = me->state;

	if (m->kind != ECHOED)
		return troupe_fail(me, m->why);
	self->times->ns[self->times->count++] = now_ns() - self->asked_ns;
	if (now_ns() < self->times->until_ns && self->times->count < QUESTIONS_MAX)
		return troupe_done(me, troupe_after(me, PAUSE_US * TROUPE_US, ASK, 0, NULL));
	troupe_exit(me, TROUPE_OK);
	return troupe_done(me, troupe_send_bytes(self->done, ECHOED, NULL, 0));
}

static troupe_verdict ask(troupe_actor *me, const troupe_message *m)
{
	struct asker_state *self = me->state;

	(void)m;
	self->asked_ns = now_ns();
	return troupe_done(me, troupe_ask_then(me, self->server, ECHO, on_echo, 0, 0));
}

static const troupe_behaviour asking = { .name = "asker", .receive = ask, .state_size = sizeof(struct asker_state) };

static void ask_in_actor(troupe_system system, echo server, struct times *times)
{
	struct asker_state initial = { .server = server, .times = times };
	troupe_future done;
	troupe_ref asker;

	troupe_must(troupe_future_open(system, NULL, &done));
	initial.done = done.ref;
	troupe_must(troupe_spawn(system, &asking, &initial, &asker));
	troupe_must(troupe_send_bytes(asker, ASK, NULL, 0));
	troupe_must(troupe_next(done, ECHOED, NULL, 0));
	troupe_future_close(done);
}

/* ------------------------------------------------------------------------------------------------------------ rounds -- */

struct stand {
	troupe_system system;
	echo server;
	troupe_ref blockers[BLOCKERS];
	pthread_t sleepers[BLOCKERS];
	struct times times;
};

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double quantile(const double *values, uint32_t count, double share)
{
	double sorted[QUESTIONS_MAX];

	memcpy(sorted, values, count * sizeof *sorted);
	qsort(sorted, count, sizeof *sorted, compare);
	return count > 0 ? sorted[(uint32_t)(share * count)] : 0;
}

static void begin(struct stand *stand, enum beside beside)
{
	atomic_store(&blocking, true);
	for (int i = 0; i < BLOCKERS; i++)
		if (beside == ACTORS)
			troupe_must(troupe_send_bytes(stand->blockers[i], BLOCK, NULL, 0));
		else if (beside == THREADS && pthread_create(&stand->sleepers[i], NULL, sleep_again_and_again, NULL) != 0)
			abort();
}

static void end(struct stand *stand, enum beside beside)
{
	atomic_store(&blocking, false);
	for (int i = 0; beside == THREADS && i < BLOCKERS; i++)
		pthread_join(stand->sleepers[i], NULL);
	troupe_must(troupe_settle(stand->system, 0));
}

/* The p99, in microseconds. */
static double run(struct stand *stand, enum beside beside, enum asker asker, double seconds)
{
	static double us[QUESTIONS_MAX];
	struct times *times = &stand->times;

	begin(stand, beside);
	times->count = 0;
	times->until_ns = now_ns() + (int64_t)(seconds * 1e9);
	if (asker == ACTOR)
		ask_in_actor(stand->system, stand->server, times);
	else
		ask_in_thread(stand->server, times);
	end(stand, beside);
	for (uint32_t i = 0; i < times->count; i++)
		us[i] = (double)times->ns[i] / 1e3;
	return quantile(us, times->count, 0.99);
}

static bool judge(double p99[ASKERS][BESIDES][ROUNDS_MAX], uint32_t rounds)
{
	double median[ASKERS][BESIDES];

	for (int asker = 0; asker < ASKERS; asker++)
		for (int beside = 0; beside < BESIDES; beside++)
			median[asker][beside] = quantile(p99[asker][beside], rounds, 0.5);
	printf("median %16.1f %8.1f %8.1f %19.1f %8.1f %8.1f\n", median[ACTOR][NOTHING], median[ACTOR][ACTORS],
	       median[ACTOR][THREADS], median[THREAD][NOTHING], median[THREAD][ACTORS], median[THREAD][THREADS]);
	double of_actor = median[ACTOR][ACTORS] / median[ACTOR][NOTHING];
	double of_thread = median[THREAD][ACTORS] / median[THREAD][THREADS];
	printf("asked by an actor: %.2f times that beside nothing (at most 2)\n", of_actor);
	printf("asked by a thread: %.2f times that beside sleeping threads (at most 2)\n", of_thread);
	return of_actor <= 2 && of_thread <= 2;
}

int main(int count, char **arguments)
{
	static struct stand stand;
	static double p99[ASKERS][BESIDES][ROUNDS_MAX];
	long rounds = count > 1 ? strtol(arguments[1], NULL, 10) : ROUNDS_DEFAULT;
	double seconds = count > 2 ? strtod(arguments[2], NULL) : 1;

	if (rounds < 1 || rounds > ROUNDS_MAX || seconds <= 0) {
		fprintf(stderr, "usage: troupe-blockers [rounds (1 to 64; default 5) [seconds of each part (default 1)]]\n");
		return 2;
	}
	troupe_must(troupe_start(TROUPE_OPTIONS(troupe_options, .blocking_max = BLOCKERS), &stand.system));
	troupe_must(troupe_spawn(stand.system, &echoing, NULL, &stand.server.ref));
	for (int i = 0; i < BLOCKERS; i++)
		troupe_must(troupe_spawn(stand.system, &blocker, NULL, &stand.blockers[i]));
	printf("p99, us; asked by an actor                            asked by a thread\n");
	printf("round beside: nothing   actors  threads   beside: nothing   actors  threads\n");
	for (long i = 0; i < rounds; i++) {
		for (int asker = 0; asker < ASKERS; asker++)
			for (int beside = 0; beside < BESIDES; beside++)
				p99[asker][beside][i] = run(&stand, (enum beside)beside, (enum asker)asker, seconds);
		printf("%6ld %16.1f %8.1f %8.1f %19.1f %8.1f %8.1f\n", i + 1, p99[ACTOR][NOTHING][i], p99[ACTOR][ACTORS][i],
		       p99[ACTOR][THREADS][i], p99[THREAD][NOTHING][i], p99[THREAD][ACTORS][i], p99[THREAD][THREADS][i]);
		fflush(stdout);
	}
	bool good = judge(p99, (uint32_t)rounds);
	troupe_must(troupe_finish(stand.system, 0));
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
