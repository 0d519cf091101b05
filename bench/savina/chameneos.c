/* SPDX-License-Identifier: MIT */
/* Chameneos: K creatures ask a mall for somebody to meet; both take a new colour; after N meetings the mall sends them home,
 * and they say how often they met somebody. Of the two that meet, the first to have come is told about the second, takes the
 * complement of the colours, and tells the second to do the same. */
#include "bench.h"

enum colour { BLUE, RED, YELLOW };

enum { CREATURE_MEET = 1, CREATURE_CHANGE, CREATURE_GO_HOME };
struct change {
	uint64_t colour;
};
struct meet;
typedef union creature {
	troupe_ref ref;
	const void *data;
	const struct meet *CREATURE_MEET;
	const struct change *CREATURE_CHANGE;
	const troupe_nothing *CREATURE_GO_HOME;
} creature;
struct meet {
	creature from;
	uint64_t colour;
};

enum { MALL_START = 1, MALL_MEET, MALL_MEETINGS };
typedef union mall {
	troupe_ref ref;
	const void *data;
	const troupe_nothing *MALL_START;
	const struct meet *MALL_MEET;
	const struct bench_value *MALL_MEETINGS;
} mall;

struct creature_state {
	mall mall;
	uint64_t colour;
	uint64_t meetings;
};

static void ask_to_meet(troupe_actor *me)
{
	struct creature_state *self = me->state;

	bench_must(troupe_send(self->mall, MALL_MEET, .from = { me->ref }, .colour = self->colour));
}

static troupe_verdict creature_init(troupe_actor *me)
{
	ask_to_meet(me);
	return TROUPE_HANDLED;
}

static uint64_t complement(uint64_t a, uint64_t b)
{
	return a == b ? a : (BLUE + RED + YELLOW) - a - b;
}

static troupe_verdict creature_receive(troupe_actor *me, const troupe_message *m)
{
	struct creature_state *self = me->state;
	creature in = { .data = m->data };

	switch (m->kind) {
	case CREATURE_MEET:
		self->colour = complement(self->colour, in.CREATURE_MEET->colour);
		bench_must(troupe_send(in.CREATURE_MEET->from, CREATURE_CHANGE, .colour = self->colour));
		break;
	case CREATURE_CHANGE:
		self->colour = in.CREATURE_CHANGE->colour;
		break;
	case CREATURE_GO_HOME:
		bench_must(troupe_send(self->mall, MALL_MEETINGS, .value = self->meetings));
		troupe_exit(me, TROUPE_OK);
		return TROUPE_HANDLED;
	default:
		return TROUPE_UNKNOWN;
	}
	self->meetings++;
	ask_to_meet(me);
	return TROUPE_HANDLED;
}

static const troupe_behaviour living = {
	.name = "chameneo", .init = creature_init, .receive = creature_receive, .state_size = sizeof(struct creature_state),
};

struct mall_state {
	bench_main main;
	uint64_t creatures;
	uint64_t left; /* meetings */
	creature waiting; /* null: nobody */
	uint64_t home, meetings;
};

static void meet(struct mall_state *self, const struct meet *second)
{
	if (self->left == 0) {
		bench_must(troupe_send(second->from, CREATURE_GO_HOME, 0));
	} else if (troupe_ref_is_null(self->waiting.ref)) {
		self->waiting = second->from;
	} else {
		self->left--;
		bench_must(troupe_send(self->waiting, CREATURE_MEET, .from = second->from, .colour = second->colour));
		self->waiting = (creature){ .data = NULL };
	}
}

static troupe_verdict mall_receive(troupe_actor *me, const troupe_message *m)
{
	struct mall_state *self = me->state;
	mall in = { .data = m->data };

	switch (m->kind) {
	case MALL_START:
		for (uint64_t i = 0; i < self->creatures; i++)
			bench_must(troupe_spawn(me->system, &living,
			                        &(struct creature_state){ .mall = { me->ref }, .colour = i % 3 }, NULL));
		return TROUPE_HANDLED;
	case MALL_MEET:
		meet(self, in.MALL_MEET);
		return TROUPE_HANDLED;
	case MALL_MEETINGS:
		self->meetings += in.MALL_MEETINGS->value;
		if (++self->home == self->creatures)
			bench_must(troupe_send(self->main, BENCH_DONE, .value = self->meetings));
		return TROUPE_HANDLED;
	}
	return TROUPE_UNKNOWN;
}

static const troupe_behaviour pairing = {
	.name = "mall", .receive = mall_receive, .state_size = sizeof(struct mall_state),
};

static void run(bench *b)
{
	mall only;

	bench_begin(b);
	troupe_must(troupe_spawn(b->system, &pairing,
	                         &(struct mall_state){ .main = b->main, .creatures = b->k, .left = b->n }, &only.ref));
	troupe_must(troupe_send(only, MALL_START, 0));
	bench_expect(b, 4 * b->n, bench_end(b, BENCH_DONE), 2 * b->n);
}

const bench_workload bench_chameneos = {
	.name = "chameneos",
	.what = "K creatures meet N times through one mall",
	.n = 1000000,
	.k = 100, .k_min = 2,
	.run = run,
};
