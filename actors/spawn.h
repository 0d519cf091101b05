/* SPDX-License-Identifier: MIT */
/* spawn: how anything gets into a system, and the cells it takes and gives back. */
#ifndef TROUPEI_ACTORS_SPAWN_H
#define TROUPEI_ACTORS_SPAWN_H

#include "actors/system.h"
#include "base/threads.h"

struct entrance {
	bool gate; /* passed one */
	struct gate_pass pass;
};

/* On the way into a system that the caller has a handle to: a worker of it is inside already, others pass the gate. False: it
 * takes nothing more, do not leave. */
bool troupei_system_enter(struct troupei_system *system, struct entrance *entrance);
void troupei_system_leave(const struct entrance *entrance);

/* A free cell, within the limit of the system: TROUPE_ENOMEM, TROUPE_ELIMIT. */
troupe_status troupei_cell_take(struct troupei_system *system, struct actor_worker *worker, struct cell **out);

/* Give it back: its references are stale from now on. */
void troupei_cell_give(struct troupei_system *system, struct actor_worker *worker, struct cell *cell);

/* May an actor be made from it? NULL may not. */
bool troupei_behaviour_is_valid(const troupe_behaviour *behaviour);

/* What it needs of the system, before an actor is made from it: threads that may block, stacks for signals, a behaviour that
 * goes to a child process; the one that the cell is to have comes back. TROUPE_ENOMEM, TROUPE_ETHREAD. */
troupe_status troupei_behaviour_prepare(struct troupei_system *system, const troupe_behaviour **behaviour);

/* How it is kept apart. A simulation is one process: there an actor that would have had one of its own is contained. */
static inline troupe_isolation troupei_isolation(const troupe_behaviour *behaviour)
{
	return behaviour->isolation == TROUPE_PROCESS && troupei_is_simulated() ? TROUPE_CONTAINED : behaviour->isolation;
}

/* The signals that are set for its whole life. */
static inline uint8_t troupei_signals_at_birth(const troupe_behaviour *behaviour)
{
	return (uint8_t)((behaviour->blocks ? SIGNAL_BLOCKS : 0) |
	                 (troupei_isolation(behaviour) == TROUPE_CONTAINED ? SIGNAL_CONTAINED : 0));
}

/* A cell that was just taken begins as an actor with nothing but a behaviour. */
static inline void troupei_cell_born(struct cell *cell, const troupe_behaviour *behaviour, uint8_t flags)
{
	cell->mailbox.tail = NULL;
	troupei_store_relaxed_ptr(&cell->behaviour, (void *)(uintptr_t)behaviour); /* ask.h, A2: one who is late may look */
	cell->extra = NULL;
	troupei_store_relaxed_8(&cell->signals, troupei_signals_at_birth(behaviour));
	troupei_store_relaxed_8(&cell->flags, flags); /* likewise */
	cell->runnable.fresh = 1;
}

/* The parent's record of its child, which has an extra. False: no memory. */
bool troupei_child_link_make(struct actor_worker *parent, struct cell *child);

#endif
