/* SPDX-License-Identifier: MIT */
/* N queens: a master hands boards to K workers in turn. A worker extends a board by one row and gives each legal one back, or
 * from THRESHOLD rows on counts all the solutions below it. */
#include <stdlib.h>

#include "bench.h"

enum { THRESHOLD = 4, QUEENS_MIN = 4, QUEENS_MAX = 14 };
struct board {
	int8_t queens[15]; /* the column of each row's */
	int8_t rows;       /* that are filled */
};
struct work {
	struct board board;
};

enum { MASTER_START = 1, MASTER_BOARD, MASTER_RESULT };
typedef union master {
	troupe_ref ref;
	const void *data;
	const troupe_nothing *MASTER_START;
	const struct work *MASTER_BOARD;
	const struct bench_value *MASTER_RESULT; /* solutions below a board */
} master;

enum { WORKER_BOARD = 1 };
typedef union worker {
	troupe_ref ref;
	const void *data;
	const struct work *WORKER_BOARD;
} worker;

/* Is the last of these rows not attacked by those before it? */
static bool legal(const int8_t *queens, int rows)
{
	int last = queens[rows - 1];

	for (int i = 0; i < rows - 1; i++) {
		int distance = rows - 1 - i;
		if (queens[i] == last || queens[i] - last == distance || last - queens[i] == distance)
			return false;
	}
	return true;
}

static uint64_t count_solutions(int8_t *queens, int rows, int size)
{
	uint64_t solutions = 0;

	if (rows == size)
		return 1;
	for (int column = 0; column < size; column++) {
		queens[rows] = (int8_t)column;
		if (legal(queens, rows + 1))
			solutions += count_solutions(queens, rows + 1, size);
	}
	return solutions;
}

struct worker_state {
	master master;
	uint64_t size;
};

static void extend(const struct worker_state *self, struct board board)
{
	int row = board.rows++;

	for (int column = 0; column < (int)self->size; column++) {
		board.queens[row] = (int8_t)column;
		if (legal(board.queens, board.rows))
			bench_must(troupe_send(self->master, MASTER_BOARD, .board = board));
	}
}

static troupe_verdict worker_receive(troupe_actor *me, const troupe_message *m)
{
	struct worker_state *self = me->state;
	worker in = { .data = m->data };
	uint64_t solutions = 0;

	if (m->kind != WORKER_BOARD)
		return TROUPE_UNKNOWN;
	struct board board = in.WORKER_BOARD->board;
	if (board.rows >= THRESHOLD)
		solutions = count_solutions(board.queens, board.rows, (int)self->size);
	else
		extend(self, board);
	bench_must(troupe_send(self->master, MASTER_RESULT, .value = solutions));
	return TROUPE_HANDLED;
}

static const troupe_behaviour working = {
	.name = "worker", .receive = worker_receive, .state_size = sizeof(struct worker_state),
};

struct master_state {
	bench_main main;
	uint64_t size, count;
	worker *workers;
	uint64_t next, boards_out, solutions;
};

static void hand_out(struct master_state *self, const struct board *board)
{
	bench_must(troupe_send(self->workers[self->next], WORKER_BOARD, .board = *board));
	self->next = self->next + 1 == self->count ? 0 : self->next + 1;
	self->boards_out++;
}

static void start(troupe_actor *me)
{
	struct master_state *self = me->state;
	struct worker_state initial = { .master = { me->ref }, .size = self->size };

	self->workers = bench_alloc(self->count, sizeof *self->workers);
	for (uint64_t i = 0; i < self->count; i++)
		bench_must(troupe_spawn(me->system, &working, &initial, &self->workers[i].ref));
	hand_out(self, &(struct board){ .rows = 0 });
}

static troupe_verdict master_receive(troupe_actor *me, const troupe_message *m)
{
	struct master_state *self = me->state;
	master in = { .data = m->data };

	switch (m->kind) {
	case MASTER_START:
		start(me);
		return TROUPE_HANDLED;
	case MASTER_BOARD:
		hand_out(self, &in.MASTER_BOARD->board);
		return TROUPE_HANDLED;
	case MASTER_RESULT:
		self->solutions += in.MASTER_RESULT->value;
		if (--self->boards_out == 0)
			bench_must(troupe_send(self->main, BENCH_DONE, .value = self->solutions));
		return TROUPE_HANDLED;
	}
	return TROUPE_UNKNOWN;
}

static void master_terminate(troupe_actor *me, troupe_status why)
{
	struct master_state *self = me->state;

	(void)why;
	free(self->workers);
}

static const troupe_behaviour mastering = {
	.name = "master", .receive = master_receive, .terminate = master_terminate,
	.state_size = sizeof(struct master_state),
};

/* How many boards are handed out, the empty one too: a board is one that has at most THRESHOLD rows. */
static uint64_t count_boards(int8_t *queens, int rows, int size)
{
	uint64_t boards = 1;

	for (int column = 0; column < size && rows < THRESHOLD; column++) {
		queens[rows] = (int8_t)column;
		if (legal(queens, rows + 1))
			boards += count_boards(queens, rows + 1, size);
	}
	return boards;
}

static void run(bench *b)
{
	static const uint64_t wanted[] = { 2, 10, 4, 40, 92, 352, 724, 2680, 14200, 73712, 365596 };
	struct board empty = { .rows = 0 };
	uint64_t boards = count_boards(empty.queens, 0, (int)b->n);
	master only;

	bench_begin(b);
	troupe_must(troupe_spawn(b->system, &mastering,
	                         &(struct master_state){ .main = b->main, .size = b->n, .count = b->k }, &only.ref));
	troupe_must(troupe_send(only, MASTER_START, 0));
	bench_expect(b, 3 * boards, bench_end(b, BENCH_DONE), wanted[b->n - QUEENS_MIN]);
}

const bench_workload bench_nqueens = {
	.name = "nqueens",
	.what = "N queens, all solutions, K workers",
	.n = 12, .n_min = QUEENS_MIN, .n_max = QUEENS_MAX,
	.k = 20, .k_min = 1,
	.run = run,
};
