/* SPDX-License-Identifier: MIT */
/* Cells that are taken on two workers and given back on a third, while a sender has stale references. Code: actors/slots.c,
 * mailbox/mailbox.h; chunks of 4 cells, lists of 1. (C1, C2, C4)
 *
 * Must hold: a cell is one actor's at a time; a message that was not refused is seen by the one owner that the mailbox had
 * then, and handled only by the actor it was sent to. */
#include <string.h>

#include "../interleave.h"
#include "actors/slots.h"

enum { PARENTS = 2, LIVES = 3, MESSAGES = 4, FORGED = 2, CELLS = 64 };

struct message {
	struct envelope envelope;
	int word;
	int seen, refused; /* books */
};

static struct slot_pool pool;
static struct slot_cache caches[PARENTS + 1];
static struct handover ended;
static int taken[CELLS]; /* books: is somebody's */
static uint64_t published;    /* the reference of the actor born last */
static struct message messages[MESSAGES];

static bool reserve(void *unused, uint64_t cells)
{
	(void)unused;
	(void)cells;
	return true;
}

/* Everything pushed before it was closed: for this life, or for an earlier one in the same cell (C2). */
static void end_actor(struct cell *cell, uint32_t generation)
{
	struct envelope *envelope;

	troupei_mailbox_close(&cell->mailbox);
	while ((envelope = troupei_list_pop(&cell->mailbox.tail)) != NULL) {
		struct message *message = (struct message *)envelope;
		EXPECT(message->word == 42);
		EXPECT(message->seen == 0);
		EXPECT(envelope->generation <= generation);
		message->seen = 1;
	}
}

/* Actors are born here, and end on the reaper: so cells come back by way of the pool. */
static void parent(void *at)
{
	struct slot_cache *cache = at;

	for (int life = 0; life < LIVES; life++) {
		struct cell *cell = troupei_slot_take(&pool, cache, reserve, NULL);
		EXPECT(cell != NULL);
		EXPECT(book_add(&taken[troupei_slot_of(cell)], 1) == 1);
		EXPECT(cell->generation & 1);
		memset(cell->state, 7, sizeof cell->state);
		troupei_store_release_ptr(&cell->mailbox.head, NULL); /* as spawn.c: queued to run */
		troupei_store_release_64(&published, troupei_ref_of(cell).bits_private);
		handover_put(&ended, cell);
	}
}

static void reaper(void *at)
{
	struct slot_cache *cache = at;

	for (int life = 0; life < PARENTS * LIVES; life++) {
		struct cell *cell = handover_take(&ended);
		EXPECT(cell->state[3] == 7);
		end_actor(cell, cell->generation);
		troupei_cell_retire(cell);
		book_add(&taken[troupei_slot_of(cell)], -1);
		troupei_slot_give(&pool, cache, cell);
	}
}

/* To whom it knows; and, by a reference that it made up, to who has not been born yet. */
static troupe_ref receiver(int i)
{
	if (i < FORGED)
		return troupei_ref(1, 1);
	return (troupe_ref){ troupei_load_acquire_64(&published) };
}

static void sender(void *unused)
{
	(void)unused;
	for (int i = 0; i < MESSAGES; i++) {
		troupe_ref to = receiver(i);
		struct cell *cell = troupei_ref_cell(to);
		messages[i].word = 42;
		messages[i].envelope.generation = troupei_ref_generation(to);
		if (cell == NULL || troupei_mailbox_push(&cell->mailbox, &messages[i].envelope) == MAILBOX_REFUSED)
			messages[i].refused = 1;
	}
}

static void begin(void)
{
	troupei_cells = NULL;
	EXPECT(troupei_slots_init());
	EXPECT(troupei_slots_reborn(CELLS - 1, 1)); /* nobody's chunk of an earlier schedule */
	troupei_slot_pool_init(&pool, 1);
	memset(caches, 0, sizeof caches);
	memset(&ended, 0, sizeof ended);
	memset(taken, 0, sizeof taken);
	memset(messages, 0, sizeof messages);
	published = 0;
	NAME(published);
	NAME(pool.lock);
	NAME(pool.chains);
	for (int i = 0; i < 8; i++) {
		name_memory(&troupei_cells[i], sizeof troupei_cells[i], "cell %d", i);
		name_memory(&troupei_cells[i].mailbox.head, 8, "cell %d head", i);
		name_memory(&troupei_cells[i].generation, 4, "cell %d generation", i);
	}
	name_value((uintptr_t)MAILBOX_CLOSED, "CLOSED");
	thread_start("parent 0", parent, &caches[0]);
	thread_start("parent 1", parent, &caches[1]);
	thread_start("reaper", reaper, &caches[PARENTS]);
	thread_start("sender", sender, NULL);
}

static void end(void)
{
	for (int i = 0; i < MESSAGES; i++)
		EXPECT(messages[i].seen + messages[i].refused == 1);
}

const struct scenario scenario = { "slots", begin, end };
