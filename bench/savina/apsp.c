/* SPDX-License-Identifier: MIT */
/* All-pairs shortest path: Floyd and Warshall's, on a graph of N nodes cut into blocks of K by K distances, an actor each.
 *
 * There is a round for each block on the diagonal, the pivot. It works out the ways inside itself, then the blocks of its row
 * and column the ways that begin or end there, then all others the ways that pass through. An actor goes on as soon as it has
 * what it needs from its row and its column: there is no barrier, and some are rounds ahead of others.
 *
 * Two patterns. Blocks are shared, not copied: one frozen payload goes to all of a row or column. And what comes too early is
 * deferred: a block of a later round is refused with TROUPE_DEFERRED, and delivered again when its round has begun. */
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "gather.h"

struct block {
	uint32_t row, column, round;
	int32_t ways[]; /* size by size */
};

enum { CELL_START = 1, CELL_BLOCK };
typedef union cell {
	troupe_ref ref;
	const void *data;
	const troupe_nothing *CELL_START;
	const struct block *CELL_BLOCK;
} cell;

/* Complete when the first message is sent, and only read from then on. */
struct grid {
	gatherer gatherer;
	int32_t *result; /* the whole matrix: each cell writes its own block, when it is done */
	uint32_t side;   /* in blocks */
	uint32_t size;   /* of a block */
	cell cells[];    /* side by side */
};

struct cell_state {
	const struct grid *grid;
	struct block *own;         /* a payload of ours; its round is the one we are in */
	const struct block *left;  /* the block of our row that this round needs; a reference of ours */
	const struct block *above; /* the block of our column, likewise */
};

/* Shorten ways by going first along those of a, then along those of b. */
static void shorten(int32_t *ways, const int32_t *a, const int32_t *b, uint32_t n)
{
	for (uint32_t k = 0; k < n; k++)
		for (uint32_t i = 0; i < n; i++)
			for (uint32_t j = 0; j < n; j++) {
				int32_t through = a[i * n + k] + b[k * n + j];
				ways[i * n + j] = through < ways[i * n + j] ? through : ways[i * n + j];
			}
}

static struct block *new_block(uint32_t size)
{
	struct block *block = troupe_new(sizeof *block + (size_t)size * size * sizeof *block->ways, NULL);

	if (!block)
		troupe_must(TROUPE_ENOMEM);
	return block;
}

/* To all others of our column, if our row is the pivot's, and to all of our row, if our column is. */
static void share(const struct cell_state *self)
{
	const struct grid *grid = self->grid;
	uint32_t row = self->own->row, column = self->own->column, round = self->own->round;
	struct block *copy = new_block(grid->size);
	memcpy(copy, self->own, sizeof *copy + (size_t)grid->size * grid->size * sizeof *copy->ways);
	const struct block *frozen = troupe_freeze(copy);
	for (uint32_t i = 0; i < grid->side; i++) {
		if (row == round && i != row)
			bench_must(troupe_share(grid->cells[i * grid->side + column], CELL_BLOCK, frozen));
		if (column == round && i != column)
			bench_must(troupe_share(grid->cells[row * grid->side + i], CELL_BLOCK, frozen));
	}
	troupe_release(frozen);
}

static void end_round(struct cell_state *self)
{
	struct block *own = self->own;

	shorten(own->ways, self->left ? self->left->ways : own->ways, self->above ? self->above->ways : own->ways,
	        self->grid->size);
	if (own->row == own->round || own->column == own->round)
		share(self);
	troupe_release(self->left);
	troupe_release(self->above);
	self->left = self->above = NULL;
	own->round++;
}

static void finish(troupe_actor *me)
{
	const struct cell_state *self = me->state;
	const struct grid *grid = self->grid;
	size_t size = grid->size, n = size * grid->side;
	int32_t *to = grid->result + self->own->row * size * n + self->own->column * size;

	for (size_t i = 0; i < size; i++)
		memcpy(to + i * n, self->own->ways + i * size, size * sizeof *to);
	troupe_free(self->own);
	bench_must(troupe_send(grid->gatherer, GATHERER_DONE, .value = 1));
	troupe_exit(me, TROUPE_OK);
}

static void go_on(troupe_actor *me)
{
	struct cell_state *self = me->state;
	const struct block *own = self->own;

	/* The pivot's row waits for nothing from its own column, and the pivot's column for nothing from its row. */
	while (own->round < self->grid->side && (self->left || own->column == own->round) &&
	       (self->above || own->row == own->round)) {
		end_round(self);
		troupe_undefer(me);
	}
	if (own->round == self->grid->side)
		finish(me);
}

static troupe_verdict cell_receive(troupe_actor *me, const troupe_message *m)
{
	struct cell_state *self = me->state;
	cell in = { .data = m->data };

	if (m->kind == CELL_BLOCK) {
		if (in.CELL_BLOCK->round != self->own->round)
			return TROUPE_DEFERRED;
		troupe_retain(in.CELL_BLOCK);
		*(in.CELL_BLOCK->row == self->own->row ? &self->left : &self->above) = in.CELL_BLOCK;
	} else if (m->kind != CELL_START) {
		return TROUPE_UNKNOWN;
	}
	go_on(me);
	return TROUPE_HANDLED;
}

static const troupe_behaviour cell_behaving = {
	.name = "cell", .receive = cell_receive, .state_size = sizeof(struct cell_state),
};

static void spawn_cell(const bench *b, struct grid *grid, const int32_t *graph, uint32_t row, uint32_t column)
{
	struct block *own = new_block(grid->size);
	const int32_t *from = graph + row * b->k * b->n + column * b->k;

	own->row = row;
	own->column = column;
	for (uint64_t i = 0; i < b->k; i++)
		memcpy(own->ways + i * b->k, from + i * b->n, b->k * sizeof *from);
	troupe_must(troupe_spawn(b->system, &cell_behaving, &(struct cell_state){ .grid = grid, .own = own },
	                         &grid->cells[row * grid->side + column].ref));
}

static const char *refuse(uint64_t n, uint64_t k)
{
	return n % k ? "apsp: --n is a multiple of --k" : NULL;
}

static void run(bench *b)
{
	uint32_t n = (uint32_t)b->n, side = (uint32_t)(b->n / b->k), random = n;
	uint64_t sum = 0, cells = (uint64_t)side * side;
	int32_t *wanted = bench_alloc((size_t)n * n, sizeof *wanted), *got = bench_alloc((size_t)n * n, sizeof *got);
	struct grid *grid = bench_alloc(1, sizeof *grid + (size_t)side * side * sizeof *grid->cells);

	for (uint32_t i = 0; i < n; i++)
		for (uint32_t j = 0; j < i; j++)
			wanted[i * n + j] = wanted[j * n + i] = (int32_t)(bench_random(&random) % 100) + 1;
	bench_begin(b);
	*grid = (struct grid){ gatherer_spawn(b, cells), got, side, (uint32_t)b->k };
	for (uint32_t i = 0; i < cells; i++)
		spawn_cell(b, grid, wanted, i / side, i % side);
	troupe_must(troupe_send(grid->cells[0], CELL_START, 0));
	bench_end(b, BENCH_DONE);

	shorten(wanted, wanted, wanted, n);
	for (uint32_t i = 0; i < n * n; i++)
		sum += (uint64_t)wanted[i];
	bench_expect(b, 2 * cells * (side - 1) + cells, sum + (memcmp(wanted, got, (size_t)n * n * sizeof *got) != 0), sum);
	free(grid);
	free(got);
	free(wanted);
}

const bench_workload bench_apsp = {
	.name = "apsp",
	.what = "all shortest paths of N nodes, an actor for each block of K by K",
	.n = 300, .n_max = 10000,
	.k = 50,
	.run = run, .refuse = refuse,
};
