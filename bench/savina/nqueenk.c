/* SPDX-License-Identifier: MIT */
/* N queens, the first K solutions: a master has boards that are to be filled further, and hands them to 20 workers. A worker
 * extends a board by one row and gives the legal ones back, or, from ROWS_MASTER rows on, finds all solutions below it.
 *
 * The pattern: work is asked for, not pushed. The suite sorts mailboxes by priority, for those boards first that are filled
 * furthest: they lead to solutions soonest, and fewest boards wait. In Troupe a mailbox is first in, first out, and what is in
 * a mailbox is given away: nobody can reorder it or take it back. So the master keeps the boards in its own state, in the order
 * that it likes, and hands one out when a worker says that it is ready. The priority is exact, the work balances itself, and
 * when K solutions are there the master forgets the rest, and is done when all are ready. */
#include <stdlib.h>

#include "bench.h"

enum { WORKERS = 20, ROWS_MASTER = 4, BOARDS_MAX = 15 * 14 * 13 * 12 /* with so many rows */ };
enum { QUEENS_MIN = 4, QUEENS_MAX = 15 };
struct board {
	int8_t queens[QUEENS_MAX]; /* the column of each row's */
	int8_t rows;               /* that are filled */
};

enum { MASTER_READY = 1, MASTER_BOARD, MASTER_SOLUTION };
typedef union master {
	troupe_ref ref;
	const void *data;
	const struct bench_value *MASTER_READY; /* which worker is */
	const struct board *MASTER_BOARD;
	const struct board *MASTER_SOLUTION;
} master;

enum { WORKER_BOARD = 1 };
typedef union worker {
	troupe_ref ref;
	const void *data;
	const struct board *WORKER_BOARD;
} worker;

/* Is the last of these rows not attacked by those before it? */
static bool legal(const struct board *board)
{
	int row = board->rows - 1, last = board->queens[row];

	for (int i = 0; i < row; i++) {
		int apart = board->queens[i] - last;
		if (apart == 0 || apart == row - i || apart == i - row)
			return false;
	}
	return true;
}

struct worker_state {
	master master;
	uint32_t index, size;
};

static void find_all(const struct worker_state *self, struct board *board)
{
	int8_t row = board->rows;

	if (row == (int8_t)self->size) {
		bench_must(troupe_send_struct(self->master, MASTER_SOLUTION, board));
		return;
	}
	board->rows++;
	for (int8_t column = 0; column < (int8_t)self->size; column++) {
		board->queens[row] = column;
		if (!legal(board))
			continue;
		if (row < ROWS_MASTER)
			bench_must(troupe_send_struct(self->master, MASTER_BOARD, board));
		else
			find_all(self, board);
	}
	board->rows = row;
}

static troupe_verdict worker_receive(troupe_actor *me, const troupe_message *m)
{
	const struct worker_state *self = me->state;
	worker in = { .data = m->data };

	if (m->kind != WORKER_BOARD)
		return TROUPE_UNKNOWN;
	struct board board = *in.WORKER_BOARD;
	find_all(self, &board);
	/* Comes after what find_all sent: when it is handled, the master has that. */
	bench_must(troupe_send(self->master, MASTER_READY, .value = self->index));
	return TROUPE_HANDLED;
}

static const troupe_behaviour working = {
	.name = "worker", .receive = worker_receive, .state_size = sizeof(struct worker_state),
};

struct outcome {
	uint64_t boards, solutions;
};

struct master_state {
	bench_main main;
	uint32_t size;
	uint64_t limit;
	worker workers[WORKERS];
	uint32_t ready[WORKERS]; /* indexes of who waits for a board */
	uint32_t ready_count;
	struct board *waiting[ROWS_MASTER + 1]; /* boards by how many rows are filled: the most are the most urgent */
	uint32_t waiting_count[ROWS_MASTER + 1];
	struct outcome *outcome; /* the main thread's, who reads it when we are done */
};

/* Boards to workers, for as long as there are both. */
static void hand_out(struct master_state *self)
{
	for (int rows = ROWS_MASTER; rows >= 0 && self->outcome->solutions < self->limit; rows--)
		while (self->waiting_count[rows] > 0 && self->ready_count > 0) {
			const struct board *board = &self->waiting[rows][--self->waiting_count[rows]];
			worker one = self->workers[self->ready[--self->ready_count]];

			bench_must(troupe_send_struct(one, WORKER_BOARD, board));
			self->outcome->boards++;
		}
	if (self->ready_count == WORKERS)
		bench_must(troupe_send(self->main, BENCH_DONE, .value = self->outcome->solutions));
}

static void count_solution(struct master_state *self, struct board board)
{
	bool right = board.rows == (int8_t)self->size;

	for (; right && board.rows > 0; board.rows--)
		right = legal(&board);
	if (right && self->outcome->solutions < self->limit)
		self->outcome->solutions++;
}

static troupe_verdict master_init(troupe_actor *me)
{
	struct master_state *self = me->state;
	struct worker_state initial = { .master = { me->ref }, .size = self->size };

	for (; initial.index < WORKERS; initial.index++) {
		bench_must(troupe_spawn(me->system, &working, &initial, &self->workers[initial.index].ref));
		self->ready[self->ready_count++] = initial.index;
	}
	self->waiting_count[0] = 1; /* the empty board */
	hand_out(self);
	return TROUPE_HANDLED;
}

static troupe_verdict master_receive(troupe_actor *me, const troupe_message *m)
{
	struct master_state *self = me->state;
	master in = { .data = m->data };

	switch (m->kind) {
	case MASTER_READY:
		self->ready[self->ready_count++] = (uint32_t)in.MASTER_READY->value;
		hand_out(self);
		return TROUPE_HANDLED;
	case MASTER_BOARD:
		self->waiting[in.MASTER_BOARD->rows][self->waiting_count[in.MASTER_BOARD->rows]++] = *in.MASTER_BOARD;
		hand_out(self);
		return TROUPE_HANDLED;
	case MASTER_SOLUTION:
		count_solution(self, *in.MASTER_SOLUTION);
		return TROUPE_HANDLED;
	}
	return TROUPE_UNKNOWN;
}

static const troupe_behaviour mastering = {
	.name = "master", .init = master_init, .receive = master_receive,
	.state_size = sizeof(struct master_state),
};

static void run(bench *b)
{
	static const uint64_t all[] = { 2, 10, 4, 40, 92, 352, 724, 2680, 14200, 73712, 365596, 2279184 };
	struct outcome outcome = { 0 };

	bench_begin(b);
	struct master_state initial = { .main = b->main, .size = (uint32_t)b->n, .limit = b->k, .outcome = &outcome };
	for (int rows = 0; rows <= ROWS_MASTER; rows++)
		initial.waiting[rows] = bench_alloc(BOARDS_MAX, sizeof(struct board));
	troupe_must(troupe_spawn(b->system, &mastering, &initial, NULL));
	bench_end(b, BENCH_DONE);
	for (int rows = 0; rows <= ROWS_MASTER; rows++)
		free(initial.waiting[rows]);
	bench_expect(b, 3 * outcome.boards + outcome.solutions, outcome.solutions,
	             b->k < all[b->n - QUEENS_MIN] ? b->k : all[b->n - QUEENS_MIN]);
}

const bench_workload bench_nqueenk = {
	.name = "nqueenk",
	.what = "N queens, the first K solutions, the fullest boards first",
	.n = 12, .n_min = QUEENS_MIN, .n_max = QUEENS_MAX,
	.k = 1500000,
	.run = run,
};
