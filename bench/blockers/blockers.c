/* SPDX-License-Identifier: MIT */
/* Blockers: 64 actors, each blocking for 10 ms a message and beginning again at once; how long does an unrelated question take
 * meanwhile from a plain thread? Rounds without and with them alternate, so that both meet the same machine;
 * the verdict is on the medians of the rounds: the p99 of a plain thread's questions must not more than double. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "troupe.h"

enum { BLOCKERS = 64, BLOCK_MS = 10, ROUNDS_DEFAULT = 7, QUESTIONS_MAX = 1 << 18 };

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
static atomic_ulong blocked;

static troupe_verdict block(troupe_actor *me, const troupe_message *m)
{
	(void)m;
	if (!atomic_load(&blocking))
		return TROUPE_HANDLED;
	nap(BLOCK_MS * TROUPE_MS);
	atomic_fetch_add(&blocked, 1);
	return troupe_done(me, troupe_send_bytes(me->ref, BLOCK, NULL, 0));
}

static const troupe_behaviour blocker = { .name = "blocker", .receive = block, .blocks = 1 };

/* --------------------------------------------------------------------------------------------------------- questions -- */

enum { ECHO = 1, ECHOED = 1 };

struct echo {
	troupe_ref reply;
	uint64_t number;
};
struct echoed {
	uint64_t number;
};

static troupe_verdict answer(troupe_actor *me, const troupe_message *m)
{
	const struct echo *echo = m->data;

	return troupe_done(me, troupe_send_bytes(echo->reply, ECHOED, &(struct echoed){ echo->number }, sizeof(struct echoed)));
}

static const troupe_behaviour echoing = { .name = "echo", .receive = answer };

struct round {
	uint32_t count;
	double p50, p99, blocked_per_second;
};

static int compare(const void *a, const void *b)
{
	int64_t x, y;

	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	return (x > y) - (x < y);
}

/* Questions of this thread, one every 200 us, for so long. */
static struct round ask_for(troupe_ref server, int64_t *times, int64_t span_ns)
{
	int64_t begin = now_ns();
	uint32_t count = 0;

	while (now_ns() - begin < span_ns && count < QUESTIONS_MAX) {
		struct echoed got = { 0 };
		int64_t asked = now_ns();
		troupe_must(troupe_call_bytes(server, ECHO, &(struct echo){ .number = count }, sizeof(struct echo),
		                              offsetof(struct echo, reply), ECHOED, &got, sizeof got, 0));
		times[count] = now_ns() - asked;
		if (got.number != count++)
			abort();
		nap(200 * TROUPE_US);
	}
	qsort(times, count, sizeof *times, compare);
	return (struct round){ .count = count, .p50 = (double)times[count / 2] / 1e3, .p99 = (double)times[count / 100 * 99] / 1e3 };
}

static struct round run(troupe_system system, troupe_ref server, const troupe_ref *blockers, int64_t *times, double seconds)
{
	unsigned long before = atomic_load(&blocked);

	atomic_store(&blocking, blockers != NULL);
	for (int i = 0; blockers != NULL && i < BLOCKERS; i++)
		troupe_must(troupe_send_bytes(blockers[i], BLOCK, NULL, 0));
	struct round round = ask_for(server, times, (int64_t)(seconds * 1e9));
	round.blocked_per_second = (double)(atomic_load(&blocked) - before) / seconds;
	atomic_store(&blocking, false);
	troupe_must(troupe_settle(system, 0));
	return round;
}

static double median(struct round *rounds, long count, double (*of)(const struct round *))
{
	double values[64];

	for (long i = 0; i < count; i++) {
		long at = i;
		for (double value = of(&rounds[i]); at > 0 && values[at - 1] > value; at--)
			values[at] = values[at - 1];
		values[at] = of(&rounds[i]);
	}
	return values[count / 2];
}

static double p50_of(const struct round *round)
{
	return round->p50;
}

static double p99_of(const struct round *round)
{
	return round->p99;
}

int main(int count, char **arguments)
{
	long rounds = count > 1 ? strtol(arguments[1], NULL, 10) : ROUNDS_DEFAULT;
	double seconds = count > 2 ? strtod(arguments[2], NULL) : 2;
	struct round without[64], with[64];
	troupe_ref blockers[BLOCKERS], server;
	troupe_system system;
	int64_t *times = malloc(QUESTIONS_MAX * sizeof *times);

	if (rounds < 1 || rounds > 64 || seconds <= 0 || times == NULL) {
		fprintf(stderr, "usage: troupe-blockers [rounds (1 to 64; default 7) [seconds of each (default 2)]]\n");
		return 2;
	}
	troupe_must(troupe_start(TROUPE_OPTIONS(troupe_options, .blocking_max = BLOCKERS), &system));
	troupe_must(troupe_spawn(system, &echoing, NULL, &server));
	for (int i = 0; i < BLOCKERS; i++)
		troupe_must(troupe_spawn(system, &blocker, NULL, &blockers[i]));
	printf("round   without: p50 us   p99 us   with: p50 us   p99 us   blocked/s\n");
	for (long i = 0; i < rounds; i++) {
		without[i] = run(system, server, NULL, times, seconds);
		with[i] = run(system, server, blockers, times, seconds);
		printf("%5ld %17.1f %8.1f %14.1f %8.1f %11.0f\n", i + 1, without[i].p50, without[i].p99, with[i].p50, with[i].p99,
		       with[i].blocked_per_second);
		fflush(stdout);
	}
	double plain = median(without, rounds, p99_of), beside = median(with, rounds, p99_of);
	printf("median %17.1f %8.1f %14.1f %8.1f\n", median(without, rounds, p50_of), plain, median(with, rounds, p50_of), beside);
	printf("p99 with / without: %.2f (at most 2)\n", beside / plain);
	troupe_must(troupe_finish(system, 0));
	free(times);
	return beside <= 2 * plain ? EXIT_SUCCESS : EXIT_FAILURE;
}
