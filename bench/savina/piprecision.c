/* SPDX-License-Identifier: MIT */
/* Pi to N decimal places, with GMP: the terms of Bailey, Borwein and Plouffe's series, computed by K workers. The master asks
 * for one term more for each that it gets, and for no more when one is too small to matter.
 *
 * The pattern: a payload that owns something. A term is a number of GMP's, which has memory of its own, so the payload is made
 * with a function that frees it. It is moved, not copied: the worker's pointer is gone when it has been sent, and wherever the
 * payload ends, in the master's handler or among the dead letters, the number is freed, once. */
#include "bench.h"

#if __has_include(<gmp.h>)
#include <gmp.h>
#include <stdlib.h>

#include "machin.h"

enum { TERMS_AHEAD = 10 }; /* that a worker has been asked for and has not sent */

struct term {
	uint64_t worker;
	mpz_t value; /* times 2 to the power of `bits` of the job */
};

enum { MASTER_TERM = 1 };
typedef union master {
	troupe_ref ref;
	const void *data;
	const struct term *MASTER_TERM;
} master;

struct request {
	uint64_t k; /* which term */
};

enum { WORKER_REQUEST = 1 };
typedef union worker {
	troupe_ref ref;
	const void *data;
	const struct request *WORKER_REQUEST;
} worker;

struct worker_state {
	master master;
	uint64_t index;
	uint64_t bits;
};

static void term_release(void *payload)
{
	mpz_clear(((struct term *)payload)->value);
}

static struct term *term_new(uint64_t sender, uint64_t bits)
{
	struct term *term = troupe_new(sizeof *term, term_release);

	if (!term)
		troupe_must(TROUPE_ENOMEM);
	term->worker = sender;
	mpz_init2(term->value, bits + 8); /* it need not grow then */
	return term;
}

/* (4 / (8k+1) - 2 / (8k+4) - 1 / (8k+5) - 1 / (8k+6)) / 16^k, times 2^bits */
static void compute(mpz_t term, uint64_t k, uint64_t bits)
{
	static const uint64_t numerators[] = { 4, 2, 1, 1 }, places[] = { 1, 4, 5, 6 };
	mpz_t fraction;

	mpz_init2(fraction, bits + 8);
	for (int i = 0; i < 4; i++) {
		mpz_set_ui(fraction, numerators[i]);
		mpz_mul_2exp(fraction, fraction, bits);
		mpz_tdiv_q_ui(fraction, fraction, 8 * k + places[i]);
		(i == 0 ? mpz_add : mpz_sub)(term, term, fraction);
	}
	mpz_tdiv_q_2exp(term, term, 4 * k);
	mpz_clear(fraction);
}

static troupe_verdict worker_receive(troupe_actor *me, const troupe_message *m)
{
	const struct worker_state *self = me->state;
	worker in = { .data = m->data };

	if (m->kind != WORKER_REQUEST)
		return TROUPE_UNKNOWN;
	struct term *term = term_new(self->index, self->bits);
	compute(term->value, in.WORKER_REQUEST->k, self->bits);
	bench_must(troupe_move(self->master, MASTER_TERM, &term));
	return TROUPE_HANDLED;
}

static const troupe_behaviour working = {
	.name = "worker", .receive = worker_receive, .state_size = sizeof(struct worker_state),
};

struct master_state {
	bench_main main;
	uint64_t bits, count;
	worker *workers;
	uint64_t asked, received, needed; /* terms; needed: above 0 */
	bool enough;                      /* one was 0, and all later ones are */
	mpz_t *pi;                        /* the main thread's, who reads it when we are done */
};

static void ask_for_one(struct master_state *self, uint64_t index)
{
	bench_must(troupe_send(self->workers[index], WORKER_REQUEST, .k = self->asked++));
}

static troupe_verdict master_init(troupe_actor *me)
{
	struct master_state *self = me->state;
	struct worker_state initial = { .master = { me->ref }, .bits = self->bits };

	self->workers = bench_alloc(self->count, sizeof *self->workers);
	for (; initial.index < self->count; initial.index++)
		bench_must(troupe_spawn(me->system, &working, &initial, &self->workers[initial.index].ref));
	for (uint64_t i = 0; i < TERMS_AHEAD * self->count; i++)
		ask_for_one(self, i % self->count);
	return TROUPE_HANDLED;
}

/* Whole numbers are added: in whatever order they come, the sum is the same. */
static void add_term(struct master_state *self, const struct term *term)
{
	mpz_add(*self->pi, *self->pi, term->value);
	self->received++;
	if (mpz_sgn(term->value) > 0)
		self->needed++;
	else
		self->enough = true;
	if (!self->enough)
		ask_for_one(self, term->worker);
	else if (self->received == self->asked)
		bench_must(troupe_send(self->main, BENCH_DONE, .value = self->needed));
}

static troupe_verdict master_receive(troupe_actor *me, const troupe_message *m)
{
	master in = { .data = m->data };

	if (m->kind != MASTER_TERM)
		return TROUPE_UNKNOWN;
	add_term(me->state, in.MASTER_TERM);
	return TROUPE_HANDLED;
}

static void master_terminate(troupe_actor *me, troupe_status why)
{
	struct master_state *self = me->state;

	(void)why;
	free(self->workers);
}

static const troupe_behaviour mastering = {
	.name = "master", .init = master_init, .receive = master_receive, .terminate = master_terminate,
	.state_size = sizeof(struct master_state),
};

static void run(bench *b)
{
	uint64_t bits = b->n * 10 / 3 + 64; /* more than N log2(10), and some for what is rounded off */
	mpz_t pi;

	mpz_init(pi);
	bench_begin(b);
	struct master_state initial = { .main = b->main, .bits = bits, .count = b->k, .pi = &pi };
	troupe_must(troupe_spawn(b->system, &mastering, &initial, NULL));
	uint64_t terms = bench_end(b, BENCH_DONE);
	bench_expect(b, 2 * terms, machin_places(pi, b->n, bits), b->n);
	mpz_clear(pi);
}

const bench_workload bench_piprecision = {
	.name = "piprecision",
	.what = "pi to N decimal places, K workers",
	.n = 5000, .n_max = 1000000,
	.k = 20, .k_max = 10000,
	.run = run,
};

#else

static const char *refuse(uint64_t n, uint64_t k)
{
	(void)n, (void)k;
	return "piprecision is left out: this program was built without GMP (libgmp-dev)";
}

const bench_workload bench_piprecision = {
	.name = "piprecision", .what = "left out: built without GMP (libgmp-dev)", .n = 5000, .k = 20,
	.refuse = refuse,
};

#endif
