/* SPDX-License-Identifier: MIT */
/* The gate: two threads from outside go in and out of a system while it is flushed, then ends and is freed, and another one
 * takes its number. Code: actors/gate.c, with what it includes. (G1 to G3)
 *
 * Must hold: nobody inside sees the system freed; who was inside before a flush is out after it, or sees what was written
 * before. */
#include "actors/gate.c"

#include "../interleave.h"

enum { ENTRANTS = 2, TIMES = 2, ID = 1 };

static struct troupei_system *the_system;
static uint32_t *old_thing; /* until the flush */
static uint32_t is_replaced;

static void use(struct troupei_system *system)
{
	EXPECT(system->turn_ticks_max == 42);
	if (troupei_load_relaxed_32(&is_replaced) == 0)
		EXPECT(*old_thing == 42);
}

static void entrant(void *unused)
{
	struct gate_pass pass;

	(void)unused;
	for (int i = 0; i < TIMES; i++) {
		struct troupei_system *system = troupei_gate_enter(ID, &pass);
		if (system == NULL)
			continue;
		use(system);
		troupei_gate_leave(&pass);
	}
}

static void closer(void *unused)
{
	struct troupei_system *next = arena_take(sizeof *next, 64);

	(void)unused;
	troupei_store_relaxed_32(&is_replaced, 1);
	troupei_gate_flush(ID);
	arena_free(old_thing, sizeof *old_thing);
	troupei_gate_close(ID);
	arena_free(the_system, sizeof *the_system);
	next->turn_ticks_max = 42;
	troupei_gate_open(ID, next);
	troupei_gate_close(ID);
	arena_free(next, sizeof *next);
	troupei_gate_release(ID);
}

static void begin(void)
{
	memset(&gates[ID], 0, sizeof gates[ID]);
	pthread_mutex_init(&gates_lock, NULL);
	the_system = arena_take(sizeof *the_system, 64);
	old_thing = arena_take(sizeof *old_thing, 16);
	the_system->turn_ticks_max = 42;
	*old_thing = 42;
	is_replaced = 0;
	EXPECT(troupei_gate_reserve() == ID);
	troupei_gate_open(ID, the_system);
	name_memory(&gates[ID].inside[0], 8, "inside[0]");
	name_memory(&gates[ID].inside[1], 8, "inside[1]");
	name_memory(&gates[ID].epoch, 4, "epoch");
	name_memory(&gates[ID].system, 8, "gate.system");
	name_memory(the_system, sizeof *the_system, "the system");
	NAME(is_replaced);
	thread_start("entrant 0", entrant, NULL);
	thread_start("entrant 1", entrant, NULL);
	thread_start("closer", closer, NULL);
}

static void end(void)
{
	EXPECT(gates[ID].inside[0] == 0 && gates[ID].inside[1] == 0);
	EXPECT(troupei_gate_reserve() == ID);
}

const struct scenario scenario = { "gate", begin, end };
