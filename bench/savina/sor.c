/* SPDX-License-Identifier: MIT */
/* Successive over-relaxation: a grid of N by N points, in strips of K rows. 100 times each point is drawn towards the mean of its
 * four neighbours: first the points that would be red on a chequerboard, then the black ones.
 *
 * The pattern: neighbours that exchange their borders. A strip is an actor, and nobody else sees its points. It sends its first
 * rows up and its last rows down, copies, moved, and goes on when it has those of its neighbours. Two neighbours are at most one
 * exchange apart; rows that come early are deferred. There is no barrier. With DEPTH rows of each neighbour a strip gets on for
 * DEPTH halves of a step: it computes some of the neighbours' points too, and has four times as much to do for a message.
 *
 * A point for an actor, as in the suite, would be some 50 ns of messages for 3 ns of arithmetic: actors are for parts that are
 * worth a message. For the same reason N is the largest of the suite's ten sizes: the smallest, 20, is 0.1 ms of work in all. */
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "gather.h"

enum { HALVES = 200, DEPTH = 4 };
#define OMEGA 1.25

struct rows {
	uint32_t half;   /* after which half of a step; 0: before the first */
	uint32_t below;  /* 1: they lie below who gets them */
	double points[]; /* DEPTH rows */
};
struct neighbours {
	troupe_ref above, below; /* null: the edge of the grid */
};

enum { STRIP_NEIGHBOURS = 1, STRIP_ROWS };
typedef union strip {
	troupe_ref ref;
	const void *data;
	const struct neighbours *STRIP_NEIGHBOURS;
	const struct rows *STRIP_ROWS;
} strip;

struct strip_state {
	struct neighbours neighbours;
	gatherer gatherer;
	uint32_t n, width;    /* of the grid: points in a row, and with a zero at either end */
	uint32_t first, rows; /* which of its rows are ours; it has rows 1 to n */
	uint32_t half;        /* halves done */
	uint32_t missing;     /* messages of neighbours, to go on */
	double *points;       /* our rows, after DEPTH rows of the neighbour above and before DEPTH of that below, or zeros */
	double *result;       /* where they go in the end */
};

/* One half of a step for these rows; `shift` rows of the grid, or two more or less, lie before the first of points. */
static void relax(double *points, uint32_t width, uint32_t from, uint32_t end, uint32_t shift, uint32_t half)
{
	for (uint32_t i = from; i < end; i++) {
		double *row = points + (size_t)i * width, *above = row - width, *below = row + width;

		for (uint32_t j = 1 + (i + shift + half) % 2; j < width - 1; j += 2)
			row[j] = OMEGA / 4 * (above[j] + below[j] + row[j - 1] + row[j + 1]) + (1 - OMEGA) * row[j];
	}
}

/* To a neighbour, if there is one; then one message is to come from there, too. */
static void send_rows(struct strip_state *self, troupe_ref to, uint32_t row, uint32_t below)
{
	size_t size = (size_t)DEPTH * self->width * sizeof(double);

	if (troupe_ref_is_null(to))
		return;
	struct rows *copy = troupe_new(sizeof *copy + size, NULL);
	if (!copy)
		bench_must(TROUPE_ENOMEM);
	copy->half = self->half;
	copy->below = below;
	memcpy(copy->points, self->points + (size_t)row * self->width, size);
	bench_must(troupe_move((strip){ to }, STRIP_ROWS, &copy));
	self->missing++;
}

static void send_borders(struct strip_state *self)
{
	send_rows(self, self->neighbours.above, DEPTH, 1);
	send_rows(self, self->neighbours.below, self->rows, 0);
}

/* DEPTH halves of a step: of the neighbours' rows one less each time, and none beyond the edge of the grid. */
static void relax_all(struct strip_state *self)
{
	uint32_t before = self->first - 1, after = self->n - before - self->rows;

	for (uint32_t margin = DEPTH; margin-- > 0; self->half++)
		relax(self->points, self->width, DEPTH - (margin < before ? margin : before),
		      DEPTH + self->rows + (margin < after ? margin : after), self->first + DEPTH, self->half);
}

static void go_on(troupe_actor *me)
{
	struct strip_state *self = me->state;

	while (self->missing == 0 && self->half < HALVES) {
		relax_all(self);
		if (self->half < HALVES)
			send_borders(self);
		troupe_undefer(me);
	}
	if (self->missing > 0)
		return;
	memcpy(self->result, self->points + DEPTH * self->width, (size_t)self->rows * self->width * sizeof(double));
	bench_must(troupe_send(self->gatherer, GATHERER_DONE, .value = 1));
	troupe_exit(me, TROUPE_OK);
}

static troupe_verdict strip_receive(troupe_actor *me, const troupe_message *m)
{
	struct strip_state *self = me->state;
	strip in = { .data = m->data };

	if (m->kind == STRIP_NEIGHBOURS) {
		self->neighbours = *in.STRIP_NEIGHBOURS;
		send_borders(self);
		troupe_undefer(me);
	} else if (m->kind != STRIP_ROWS) {
		return TROUPE_UNKNOWN;
	} else if (in.STRIP_ROWS->half != self->half || self->missing == 0) {
		return TROUPE_DEFERRED; /* early: of the next exchange, or before we know our neighbours */
	} else {
		memcpy(self->points + (in.STRIP_ROWS->below ? (size_t)(DEPTH + self->rows) * self->width : 0),
		       in.STRIP_ROWS->points, (size_t)DEPTH * self->width * sizeof(double));
		self->missing--;
	}
	go_on(me);
	return TROUPE_HANDLED;
}

static void strip_terminate(troupe_actor *me, troupe_status why)
{
	struct strip_state *self = me->state;

	(void)why;
	free(self->points);
}

static const troupe_behaviour strip_behaving = {
	.name = "strip", .receive = strip_receive, .terminate = strip_terminate, .state_size = sizeof(struct strip_state),
};

static strip spawn_strip(const bench *b, gatherer last, const double *grid, double *result, uint32_t first)
{
	uint32_t n = (uint32_t)b->n, width = n + 2, rows = (uint32_t)b->k;
	double *points = bench_alloc((size_t)(rows + 2 * DEPTH) * width, sizeof *points);
	struct strip_state initial = { .gatherer = last, .n = n, .width = width, .first = first, .rows = rows, .points = points,
	                               .result = result + (size_t)first * width };
	strip one;

	memcpy(points + DEPTH * width, grid + (size_t)first * width, (size_t)rows * width * sizeof *points);
	troupe_must(troupe_spawn(b->system, &strip_behaving, &initial, &one.ref));
	return one;
}

static const char *refuse(uint64_t n, uint64_t k)
{
	return n % k ? "sor: --n is a multiple of --k" : NULL;
}

static void run(bench *b)
{
	uint32_t n = (uint32_t)b->n, strips = n / (uint32_t)b->k, random = 10101010;
	size_t width = n + 2, count = width * width;
	double *grid = bench_alloc(count, sizeof *grid), *result = bench_alloc(count, sizeof *result);
	strip *all = bench_alloc(strips + 2, sizeof *all); /* the first and the last stay null */

	for (size_t i = 0; i < (size_t)n * n; i++)
		grid[(i / n + 1) * width + i % n + 1] = bench_random(&random) / 16777216.0;
	bench_begin(b);
	gatherer last = gatherer_spawn(b, strips);
	for (uint32_t i = 0; i < strips; i++)
		all[i + 1] = spawn_strip(b, last, grid, result, 1 + i * (uint32_t)b->k);
	for (uint32_t i = 1; i <= strips; i++)
		troupe_must(troupe_send(all[i], STRIP_NEIGHBOURS, .above = all[i - 1].ref, .below = all[i + 1].ref));
	bench_end(b, BENCH_DONE);

	for (uint32_t half = 0; half < HALVES; half++)
		relax(grid, n + 2, 1, n + 1, 0, half); /* the same by one thread: the same values, to the last bit */
	double sum = 0;
	for (size_t i = 0; i < count; i++)
		sum += grid[i];
	uint64_t wanted = (uint64_t)(sum * 1e6), differ = memcmp(grid, result, count * sizeof *grid) != 0;
	bench_expect(b, (uint64_t)(strips - 1) * 2 * (HALVES / DEPTH) + strips, wanted + differ, wanted);
	free(all);
	free(result);
	free(grid);
}

const bench_workload bench_sor = {
	.name = "sor",
	.what = "N by N points, 100 steps of over-relaxation, strips of K rows",
	.n = 400, .n_max = 20000,
	.k = 20, .k_min = DEPTH,
	.run = run, .refuse = refuse,
};
