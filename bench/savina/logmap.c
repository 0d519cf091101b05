/* SPDX-License-Identifier: MIT */
/* Logistic map: K series x' = r x (1 - x) of N terms each. Each series is an actor that has the term; each rate r is one that
 * can compute the next. A master tells all series to go on, N times, and then asks for the last terms.
 *
 * What it shows: to await an answer. The series asks for its next term with `hold`: all that the master has sent meanwhile stays
 * in the queue, in its order, until the answer has come. No state machine, no stash, no thread that blocks.
 *
 * What is checked: the last terms, against the same series computed by a loop. They are the same to the last bit: it does not
 * matter who computes first. */
#include "bench.h"

#define RATE_FIRST 3.46
#define RATE_STEP  0.0025 /* also that of the first terms: series i begins with i times this */
enum { SERIES_MAX = 200 };

struct term {
	double term;
};
enum { NEXT_TERM = 1 };
typedef union next_reply {
	troupe_ref ref;
	const struct term *NEXT_TERM;
} next_reply;
struct next {
	next_reply reply;
	double term;
};
enum { RATE_NEXT = 1 };
typedef union rate {
	troupe_ref ref;
	const void *data;
	const struct next *RATE_NEXT;
} rate;

enum { SERIES_GO_ON = 1, SERIES_TELL };
typedef union series {
	troupe_ref ref;
	const troupe_nothing *SERIES_GO_ON;
	const troupe_nothing *SERIES_TELL;
} series;

enum { MASTER_START = 1, MASTER_TERM };
typedef union master {
	troupe_ref ref;
	const void *data;
	const troupe_nothing *MASTER_START;
	const struct term *MASTER_TERM;
} master;

static double next_term(double r, double x)
{
	return r * x * (1 - x);
}

static double rate_of(uint64_t number)
{
	return RATE_FIRST + (double)number * RATE_STEP;
}

static double first_of(uint64_t number)
{
	return (double)number * RATE_STEP;
}

/* A term as a whole number, so that a sum of terms is the same in whatever order they come. */
static uint64_t whole(double x)
{
	return (uint64_t)(x * 1e15);
}

static troupe_verdict rate_receive(troupe_actor *me, const troupe_message *m)
{
	const double *r = me->state;
	rate in = { .data = m->data };

	if (m->kind != RATE_NEXT)
		return TROUPE_UNKNOWN;
	bench_must(troupe_send(in.RATE_NEXT->reply, NEXT_TERM, .term = next_term(*r, in.RATE_NEXT->term)));
	return TROUPE_HANDLED;
}

static const troupe_behaviour rating = {
	.name = "rate", .receive = rate_receive, .state_size = sizeof(double),
};

struct series_state {
	master master;
	rate rate;
	double term;
};

static troupe_verdict computed(troupe_actor *me, const troupe_message *m)
{
	struct series_state *self = me->state;
	const struct term *answer = m->data;

	if (m->kind != NEXT_TERM)
		return TROUPE_UNKNOWN;
	self->term = answer->term;
	return TROUPE_HANDLED;
}

static troupe_verdict series_receive(troupe_actor *me, const troupe_message *m)
{
	struct series_state *self = me->state;
	troupe_ref address;

	switch (m->kind) {
	case SERIES_GO_ON:
		bench_must(troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .hold = true, .then = computed), &address));
		bench_must(troupe_ask(self->rate, RATE_NEXT, address, .term = self->term));
		return TROUPE_HANDLED;
	case SERIES_TELL:
		bench_must(troupe_send(self->master, MASTER_TERM, .term = self->term));
		troupe_exit(me, TROUPE_OK);
		return TROUPE_HANDLED;
	}
	return TROUPE_UNKNOWN;
}

static const troupe_behaviour going_on = {
	.name = "series", .receive = series_receive, .state_size = sizeof(struct series_state),
};

struct master_state {
	bench_main main;
	uint64_t terms, count; /* terms of each series, series */
	uint64_t told, sum;
};

static void drive(troupe_actor *me)
{
	struct master_state *self = me->state;
	struct series_state initial = { .master = { me->ref } };
	series all[SERIES_MAX];

	for (uint64_t i = 0; i < self->count; i++) {
		double r = rate_of(i);
		bench_must(troupe_spawn(me->system, &rating, &r, &initial.rate.ref));
		initial.term = first_of(i);
		bench_must(troupe_spawn(me->system, &going_on, &initial, &all[i].ref));
	}
	for (uint64_t n = 0; n < self->terms; n++)
		for (uint64_t i = 0; i < self->count; i++)
			bench_must(troupe_send(all[i], SERIES_GO_ON, 0));
	for (uint64_t i = 0; i < self->count; i++)
		bench_must(troupe_send(all[i], SERIES_TELL, 0));
}

static troupe_verdict master_receive(troupe_actor *me, const troupe_message *m)
{
	struct master_state *self = me->state;
	master in = { .data = m->data };

	switch (m->kind) {
	case MASTER_START:
		drive(me);
		return TROUPE_HANDLED;
	case MASTER_TERM:
		self->sum += whole(in.MASTER_TERM->term);
		if (++self->told == self->count)
			bench_must(troupe_send(self->main, BENCH_DONE, .value = self->sum));
		return TROUPE_HANDLED;
	}
	return TROUPE_UNKNOWN;
}

static const troupe_behaviour mastering = {
	.name = "master", .receive = master_receive, .state_size = sizeof(struct master_state),
};

static uint64_t sum_by_loop(uint64_t terms, uint64_t count)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < count; i++) {
		double x = first_of(i);
		for (uint64_t n = 0; n < terms; n++)
			x = next_term(rate_of(i), x);
		sum += whole(x);
	}
	return sum;
}

static void run(bench *b)
{
	master only;

	bench_begin(b);
	troupe_must(troupe_spawn(b->system, &mastering,
	                         &(struct master_state){ .main = b->main, .terms = b->n, .count = b->k }, &only.ref));
	troupe_must(troupe_send(only, MASTER_START, 0));
	bench_expect(b, 3 * b->k * b->n, bench_end(b, BENCH_DONE), sum_by_loop(b->n, b->k));
}

const bench_workload bench_logmap = {
	.name = "logmap",
	.what = "K series of N terms; each term is asked of another actor and awaited",
	.n = 25000, .k = 10, .k_min = 1, .k_max = SERIES_MAX,
	.run = run,
};
