/* SPDX-License-Identifier: MIT */
/* Sieve of Eratosthenes: the odd numbers below N go through a chain of filters, each with up to K primes. A number that none of
 * a filter's primes divides goes on to the next; after the last filter it is a prime, and the last filter keeps it, or, when it
 * is full, makes the next filter with it.
 *
 * What it shows: a pipeline that grows while it runs. Who has found that a further stage is needed makes it; no other needs to
 * know. The end of the numbers travels behind the last one, so that each filter ends when all has passed it.
 *
 * What is checked: the number of primes, against a sieve that is a loop. */
#include <stdlib.h>

#include "bench.h"

struct number {
	uint32_t number;
};
enum { FILTER_NUMBER = 1, FILTER_END };
typedef union filter {
	troupe_ref ref;
	const void *data;
	const struct number *FILTER_NUMBER;
	const struct bench_value *FILTER_END; /* how many primes the filters before it have */
} filter;

struct filter_state {
	bench_main main;
	filter next; /* null: this is the last one */
	uint32_t capacity, count;
	uint32_t first;
	uint32_t *primes;
};

static troupe_verdict filter_init(troupe_actor *me)
{
	struct filter_state *self = me->state;

	self->primes = bench_alloc(self->capacity, sizeof *self->primes);
	self->primes[0] = self->first;
	self->count = 1;
	return TROUPE_HANDLED;
}

static troupe_verdict filter_receive(troupe_actor *me, const troupe_message *m);

static void filter_terminate(troupe_actor *me, troupe_status why)
{
	struct filter_state *self = me->state;

	(void)why;
	free(self->primes);
}

static const troupe_behaviour filtering = {
	.name = "filter", .init = filter_init, .receive = filter_receive, .terminate = filter_terminate,
	.state_size = sizeof(struct filter_state),
};

static bool passes(const struct filter_state *self, uint32_t number)
{
	for (uint32_t i = 0; i < self->count; i++)
		if (number % self->primes[i] == 0)
			return false;
	return true;
}

static void keep_prime(troupe_actor *me, uint32_t prime)
{
	struct filter_state *self = me->state;
	struct filter_state initial = { .main = self->main, .capacity = self->capacity, .first = prime };

	if (self->count < self->capacity)
		self->primes[self->count++] = prime;
	else
		bench_must(troupe_spawn(me->system, &filtering, &initial, &self->next.ref));
}

static void end(troupe_actor *me, uint64_t primes_before)
{
	struct filter_state *self = me->state;
	uint64_t primes = primes_before + self->count;

	if (troupe_ref_is_null(self->next.ref))
		bench_must(troupe_send(self->main, BENCH_DONE, .value = primes));
	else
		bench_must(troupe_send(self->next, FILTER_END, .value = primes));
	troupe_exit(me, TROUPE_OK);
}

static troupe_verdict filter_receive(troupe_actor *me, const troupe_message *m)
{
	struct filter_state *self = me->state;
	filter in = { .data = m->data };

	switch (m->kind) {
	case FILTER_NUMBER:
		if (!passes(self, in.FILTER_NUMBER->number))
			return TROUPE_HANDLED;
		if (troupe_ref_is_null(self->next.ref))
			keep_prime(me, in.FILTER_NUMBER->number);
		else
			bench_must(troupe_send_struct(self->next, FILTER_NUMBER, in.FILTER_NUMBER));
		return TROUPE_HANDLED;
	case FILTER_END:
		end(me, in.FILTER_END->value);
		return TROUPE_HANDLED;
	}
	return TROUPE_UNKNOWN;
}

enum { SOURCE_START = 1 };
typedef union source {
	troupe_ref ref;
	const troupe_nothing *SOURCE_START;
} source;

struct source_state {
	filter first;
	uint32_t limit;
};

static troupe_verdict source_receive(troupe_actor *me, const troupe_message *m)
{
	struct source_state *self = me->state;

	if (m->kind != SOURCE_START)
		return TROUPE_UNKNOWN;
	for (uint32_t i = 3; i < self->limit; i += 2)
		bench_must(troupe_send(self->first, FILTER_NUMBER, .number = i));
	bench_must(troupe_send(self->first, FILTER_END, .value = 0));
	troupe_exit(me, TROUPE_OK);
	return TROUPE_HANDLED;
}

static const troupe_behaviour sourcing = {
	.name = "source", .receive = source_receive, .state_size = sizeof(struct source_state),
};

/* How many primes there are below the limit, and how many numbers are sent: an odd one goes to the filters up to that of the
 * prime that stops it. That is its least divisor; for a prime, whoever was the last filter when it came. */
static uint64_t primes_by_loop(uint64_t limit, uint64_t per_filter, uint64_t *sent)
{
	uint32_t *rank = bench_alloc(limit, sizeof *rank); /* that of the least divisor, from 1; 0: none yet */
	uint64_t primes = 1;

	*sent = 0;
	for (uint64_t i = 3; i < limit; i += 2) {
		if (rank[i] == 0) {
			for (uint64_t multiple = i * i; multiple < limit; multiple += 2 * i)
				if (rank[multiple] == 0)
					rank[multiple] = (uint32_t)primes + 1;
			*sent += (primes++ - 1) / per_filter + 1;
		} else {
			*sent += (rank[i] - 1) / per_filter + 1;
		}
	}
	free(rank);
	return primes;
}

static void run(bench *b)
{
	struct filter_state initial = { .capacity = (uint32_t)b->k, .first = 2 };
	struct source_state numbers = { .limit = (uint32_t)b->n };
	source only;
	uint64_t sent, primes = primes_by_loop(b->n, b->k, &sent);

	bench_begin(b);
	initial.main = b->main;
	troupe_must(troupe_spawn(b->system, &filtering, &initial, &numbers.first.ref));
	troupe_must(troupe_spawn(b->system, &sourcing, &numbers, &only.ref));
	troupe_must(troupe_send(only, SOURCE_START, 0));
	bench_expect(b, sent, bench_end(b, BENCH_DONE), primes);
}

const bench_workload bench_sieve = {
	.name = "sieve",
	.what = "the primes below N, by a chain of filters of K primes each",
	.n = 100000, .n_min = 3, .n_max = 100000000,
	.k = 1000, .k_min = 1,
	.run = run,
};
