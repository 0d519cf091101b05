/* SPDX-License-Identifier: MIT */
/* Recursive matrix multiplication: C = A B for N by N numbers. A product of large blocks is cut into eight products of their
 * quarters, sent on to K workers; a small one is computed.
 *
 * The pattern: who owns what. Two of the eight add to the same quarter of C. No lock guards it: each block of C has one worker
 * as its owner, and whatever is to be added to it is sent there. A and B are only read, by all. Messages carry places, never
 * numbers.
 *
 * The suite gives priorities: large products first, so that everybody has work soon. Mailboxes have none here, and none are
 * needed: first in, first out comes to the same, as large products are sent before the small ones that they are cut into.
 * Where order does matter, an actor keeps what it has to do in its own state, sorted: see nqueenk.c and astar.c. */
#include <stdlib.h>

#include "bench.h"
#include "gather.h"

enum { SIZE_SMALL = 128 }; /* a block of 16,384 numbers is computed, not cut */

struct product {
	uint32_t row, column; /* of the block of C */
	uint32_t inner;       /* column of the block of A, row of the block of B */
	uint32_t size;        /* of all three */
};

enum { WORKER_PRODUCT = 1 };
typedef union worker {
	troupe_ref ref;
	const void *data;
	const struct product *WORKER_PRODUCT;
} worker;

/* What all workers know; complete when the first message is sent, and only read from then on. */
struct job {
	const double *a, *b;
	double *c; /* each block is its owner's */
	uint64_t n;
	gatherer gatherer;
	uint64_t count;
	worker workers[];
};

struct worker_state {
	const struct job *job;
};

static worker owner_of(const struct job *job, uint32_t row, uint32_t column)
{
	uint64_t blocks = (job->n + SIZE_SMALL - 1) / SIZE_SMALL;

	return job->workers[(row / SIZE_SMALL * blocks + column / SIZE_SMALL) % job->count];
}

static void cut(const struct job *job, struct product whole)
{
	uint32_t half = whole.size / 2;

	for (uint32_t i = 0; i < 8; i++) {
		struct product part = { .row = whole.row + (i & 4 ? half : 0), .column = whole.column + (i & 2 ? half : 0),
		                        .inner = whole.inner + (i & 1 ? half : 0), .size = half };
		bench_must(troupe_send_struct(owner_of(job, part.row, part.column), WORKER_PRODUCT, &part));
	}
}

static void multiply(const struct job *job, struct product p)
{
	for (uint64_t i = p.row; i < p.row + p.size; i++)
		for (uint64_t k = p.inner; k < p.inner + p.size; k++) {
			double factor = job->a[i * job->n + k];
			const double *from = job->b + k * job->n + p.column;
			double *to = job->c + i * job->n + p.column;

			for (uint64_t j = 0; j < p.size; j++)
				to[j] += factor * from[j];
		}
}

static troupe_verdict worker_receive(troupe_actor *me, const troupe_message *m)
{
	const struct worker_state *self = me->state;
	worker in = { .data = m->data };

	if (m->kind != WORKER_PRODUCT)
		return TROUPE_UNKNOWN;
	struct product p = *in.WORKER_PRODUCT;
	if (p.size > SIZE_SMALL) {
		cut(self->job, p);
	} else {
		multiply(self->job, p);
		bench_must(troupe_send(self->job->gatherer, GATHERER_DONE, .value = 1));
	}
	return TROUPE_HANDLED;
}

static const troupe_behaviour working = {
	.name = "worker", .receive = worker_receive, .state_size = sizeof(struct worker_state),
};

/* A[i][j] and B[i][j] are i + j. Then C[i][j] is the sum of (i + k)(k + j) over all k below N, exactly: below 2^53 for all N that
 * are allowed. How many are. (With the suite's numbers, i and j, a wrong block of A or B in the right row and column would not
 * be seen.) */
static uint64_t count_right(const struct job *job)
{
	uint64_t right = 0, n = job->n, sum = n * (n - 1) / 2, squares = sum * (2 * n - 1) / 3;

	for (uint64_t i = 0; i < n; i++)
		for (uint64_t j = 0; j < n; j++)
			right += job->c[i * n + j] == (double)(n * i * j + (i + j) * sum + squares);
	return right;
}

static const char *refuse(uint64_t n, uint64_t k)
{
	(void)k;
	return n & (n - 1) ? "recmatmul: --n is a power of two" : NULL;
}

static void run(bench *b)
{
	uint64_t n = b->n, cuts = 0, products = 1;
	double *a = bench_alloc(n * n, sizeof *a), *factors = bench_alloc(n * n, sizeof *factors);
	double *c = bench_alloc(n * n, sizeof *c);
	struct job *job = bench_alloc(1, sizeof *job + b->k * sizeof *job->workers);

	for (uint64_t i = 0; i < n * n; i++)
		a[i] = factors[i] = (double)(i / n + i % n);
	for (uint64_t size = n; size > SIZE_SMALL; size /= 2, products *= 8)
		cuts += products;
	bench_begin(b);
	*job = (struct job){ a, factors, c, n, gatherer_spawn(b, products), b->k };
	for (uint64_t i = 0; i < b->k; i++)
		troupe_must(troupe_spawn(b->system, &working, &(struct worker_state){ job }, &job->workers[i].ref));
	troupe_must(troupe_send(job->workers[0], WORKER_PRODUCT, .size = (uint32_t)n));
	bench_end(b, BENCH_DONE);
	bench_expect(b, 2 * products + cuts, count_right(job), n * n);
	free(job);
	free(c);
	free(factors);
	free(a);
}

const bench_workload bench_recmatmul = {
	.name = "recmatmul",
	.what = "two matrices of N by N multiplied, K workers",
	.n = 1024, .n_max = 8192,
	.k = 20, .k_max = 1000000,
	.run = run, .refuse = refuse,
};
