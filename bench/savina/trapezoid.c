/* SPDX-License-Identifier: MIT */
/* Trapezoid: the area below a curve, cut into N slices. A master gives each of K workers a run of them, and adds up.
 *
 * The pattern: scatter and gather. A share of the work is a message, and so is its result; nothing is shared, so nothing is
 * locked. The results come in any order, but a sum of doubles depends on its order: the master puts each in its place and adds
 * when it has all. So the area is the same to the last bit, whoever was faster and however many threads there were. */
#include <stdlib.h>

#include "bench.h"

#define LEFT  1.0
#define RIGHT 5.0

struct area {
	uint64_t share; /* whose it is */
	double area;
};

enum { MASTER_START = 1, MASTER_AREA };
typedef union master {
	troupe_ref ref;
	const void *data;
	const troupe_nothing *MASTER_START;
	const struct area *MASTER_AREA;
} master;

struct share {
	uint64_t index;
	uint64_t first, end; /* slices first to end - 1 */
	double width;        /* of a slice */
	master master;
};

enum { WORKER_SHARE = 1 };
typedef union worker {
	troupe_ref ref;
	const void *data;
	const struct share *WORKER_SHARE;
} worker;

/* Below it, no formula gives the area. */
static double curve(double x)
{
	return sin(x * x * x - 1) / (x + 1) * sqrt(1 + exp(sqrt(2 * x)));
}

static troupe_verdict worker_receive(troupe_actor *me, const troupe_message *m)
{
	worker in = { .data = m->data };
	double area = 0;

	if (m->kind != WORKER_SHARE)
		return TROUPE_UNKNOWN;
	const struct share *share = in.WORKER_SHARE;
	double left = curve(LEFT + (double)share->first * share->width);
	for (uint64_t i = share->first; i < share->end; i++) {
		double right = curve(LEFT + (double)(i + 1) * share->width);
		area += 0.5 * (left + right) * share->width;
		left = right;
	}
	bench_must(troupe_send(share->master, MASTER_AREA, .share = share->index, .area = area));
	troupe_exit(me, TROUPE_OK);
	return TROUPE_HANDLED;
}

static const troupe_behaviour working = {
	.name = "worker", .receive = worker_receive,
};

struct master_state {
	bench_main main;
	uint64_t slices, shares, missing;
	double *areas; /* one for each share */
	double *sum;   /* where the result goes */
};

static void scatter(troupe_actor *me)
{
	struct master_state *self = me->state;
	double width = (RIGHT - LEFT) / (double)self->slices;

	self->areas = bench_alloc(self->shares, sizeof *self->areas);
	self->missing = self->shares;
	for (uint64_t i = 0; i < self->shares; i++) {
		worker one;

		bench_must(troupe_spawn(me->system, &working, NULL, &one.ref));
		bench_must(troupe_send(one, WORKER_SHARE, .index = i, .first = self->slices * i / self->shares,
		                       .end = self->slices * (i + 1) / self->shares, .width = width,
		                       .master = { me->ref }));
	}
}

static void gather(struct master_state *self, const struct area *area)
{
	self->areas[area->share] = area->area;
	if (--self->missing > 0)
		return;
	for (uint64_t i = 0; i < self->shares; i++)
		*self->sum += self->areas[i];
	bench_must(troupe_send(self->main, BENCH_DONE, .value = self->shares));
}

static troupe_verdict master_receive(troupe_actor *me, const troupe_message *m)
{
	master in = { .data = m->data };

	switch (m->kind) {
	case MASTER_START:
		scatter(me);
		return TROUPE_HANDLED;
	case MASTER_AREA:
		gather(me->state, in.MASTER_AREA);
		return TROUPE_HANDLED;
	}
	return TROUPE_UNKNOWN;
}

static void master_terminate(troupe_actor *me, troupe_status why)
{
	struct master_state *self = me->state;

	(void)why;
	free(self->areas);
}

static const troupe_behaviour mastering = {
	.name = "master", .receive = master_receive, .terminate = master_terminate,
	.state_size = sizeof(struct master_state),
};

/* The same area by another rule, Simpson's, whose error is below 1e-10 here. */
static double by_simpson(void)
{
	enum { PIECES = 1 << 17 };
	double width = (RIGHT - LEFT) / PIECES, sum = curve(LEFT) + curve(RIGHT);

	for (int i = 1; i < PIECES; i++)
		sum += (i % 2 ? 4 : 2) * curve(LEFT + i * width);
	return sum * width / 3;
}

/* How far from the area N trapezoids may be: (b - a) h^2 / 12 times the largest second derivative, which is below 6,000. */
static double error_max(uint64_t slices)
{
	double width = (RIGHT - LEFT) / (double)slices;

	return (RIGHT - LEFT) * width * width / 12 * 6000 + 1e-9;
}

static uint64_t billionths(double area)
{
	return (uint64_t)llround(fabs(area) * 1e9);
}

static void run(bench *b)
{
	double sum = 0;
	master only;

	bench_begin(b);
	troupe_must(troupe_spawn(b->system, &mastering,
	                         &(struct master_state){ .main = b->main, .slices = b->n, .shares = b->k, .sum = &sum },
	                         &only.ref));
	troupe_must(troupe_send(only, MASTER_START, 0));
	bench_end(b, BENCH_DONE);

	double area = by_simpson();
	bench_expect(b, 2 * b->k, billionths(sum), billionths(fabs(sum - area) < error_max(b->n) ? sum : area));
}

const bench_workload bench_trapezoid = {
	.name = "trapezoid",
	.what = "the area below a curve, N slices, K workers",
	.n = 10000000,
	.k = 100, .k_max = 1000000,
	.run = run,
};
