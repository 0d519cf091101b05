/* SPDX-License-Identifier: MIT */
/* Making actors. */
#include "actors/spawn.h"

#include <string.h>

#include "actors/blocking.h"
#include "actors/bounds.h"
#include "actors/courier.h"
#include "actors/crash.h"
#include "actors/id_table.h"
#include "actors/lifecycle.h"
#include "actors/names.h"
#include "actors/record.h"
#include "actors/remote.h"
#include "actors/watch.h"
#include "actors/watchdog.h"
#include "base/check.h"
#include "base/memory.h"

bool troupei_system_enter(struct troupei_system *system, struct entrance *entrance)
{
	entrance->gate = troupei_worker_of(system) == NULL;
	if (!entrance->gate)
		return troupei_system_phase(system) < PHASE_STOPPING;
	if (troupei_gate_enter(system->id, &entrance->pass) == NULL)
		return false;
	if (troupei_system_phase(system) == PHASE_RUNNING)
		return true;
	troupei_gate_leave(&entrance->pass);
	return false;
}

void troupei_system_leave(const struct entrance *entrance)
{
	if (entrance->gate)
		troupei_gate_leave(&entrance->pass);
}

/* Queueing must never fail: there is room for every cell before it can be queued. */
static bool reserve(void *system, uint64_t cells)
{
	return troupei_scheduler_reserve(&((struct troupei_system *)system)->scheduler, cells);
}

static bool count_in(struct troupei_system *system)
{
	if (!system->counts_actors || troupei_add_full_64(&system->actors_alive, 1) < system->actors_max)
		return true;
	troupei_add_full_64(&system->actors_alive, (uint64_t)-1);
	return false;
}

static void count_out(struct troupei_system *system)
{
	if (system->counts_actors)
		troupei_add_full_64(&system->actors_alive, (uint64_t)-1);
}

troupe_status troupei_cell_take(struct troupei_system *system, struct actor_worker *worker, struct cell **out)
{
	if (troupei_unlikely(!count_in(system)))
		return TROUPE_ELIMIT;
	*out = troupei_slot_take(&system->slots, worker != NULL ? &worker->slots : NULL, reserve, system);
	if (troupei_likely(*out != NULL))
		return TROUPE_OK;
	count_out(system);
	return TROUPE_ENOMEM;
}

void troupei_cell_give(struct troupei_system *system, struct actor_worker *worker, struct cell *cell)
{
	troupei_slot_give(&system->slots, worker != NULL ? &worker->slots : NULL, cell);
	count_out(system);
}

bool troupei_behaviour_is_valid(const troupe_behaviour *behaviour)
{
	if (behaviour == NULL || behaviour->receive == NULL || behaviour->state_size > TROUPE_MESSAGE_SIZE_MAX)
		return false;
	if ((unsigned)behaviour->leftovers > TROUPE_DRAIN || (unsigned)behaviour->isolation > TROUPE_PROCESS ||
	    behaviour->traps > 1 || behaviour->blocks > 1)
		return false;
	if (behaviour->handler_ns_max < -1)
		return false;
	if (behaviour->isolation == TROUPE_PROCESS &&
	    (behaviour->blocks || behaviour->leftovers == TROUPE_DRAIN || behaviour->handler_ns_max > 0))
		return false; /* the child has one thread; its end is waited for when the mailbox is closed already */
	return troupei_bounds_are_valid(behaviour->bounds) && behaviour->reserved_small == 0 &&
	       troupei_is_zero(behaviour->reserved, sizeof behaviour->reserved);
}

troupe_status troupei_behaviour_prepare(struct troupei_system *system, const troupe_behaviour **given)
{
	const troupe_behaviour *behaviour = *given;

	if (troupei_unlikely(behaviour->blocks))
		troupei_record_cannot("an actor that may block");
	if (troupei_isolation(behaviour) == TROUPE_PROCESS)
		troupei_record_cannot("an actor in a process of its own");
	if (troupei_isolation(behaviour) == TROUPE_PROCESS)
		return (*given = troupei_courier_behaviour(system, behaviour)) != NULL ? TROUPE_OK : TROUPE_ENOMEM;
	if (troupei_unlikely(troupei_isolation(behaviour) == TROUPE_CONTAINED) && !troupei_crash_prepare(system))
		return TROUPE_ENOMEM;
	if (troupei_unlikely(behaviour->handler_ns_max > 0) &&
	    troupei_watchdog_cover(system, behaviour->handler_ns_max) != TROUPE_OK)
		return TROUPE_ETHREAD;
	return behaviour->blocks ? troupei_blocking_open(system) : TROUPE_OK;
}

bool troupei_child_link_make(struct actor_worker *parent, struct cell *child)
{
	struct extra *extra = troupei_cell_extra(parent->running);
	struct child_link *link = extra != NULL ? troupei_block_take(troupei_block_class(sizeof *link)) : NULL;

	if (link == NULL)
		return false;
	memset(link, 0, sizeof *link);
	link->envelope.size = SORT_CHILD_ENDED;
	link->envelope.flags = ENVELOPE_EMBEDDED | ENVELOPE_EXTENDED | ENVELOPE_CONTROL;
	link->child = child;
	link->next = extra->children;
	if (link->next != NULL)
		link->next->previous = link;
	extra->children = link;
	child->extra->link = link;
	child->extra->parent = parent->me.ref;
	return true;
}

/* Everything but what makes it reachable. */
static bool fill(struct troupei_system *system, struct cell *cell, const troupe_behaviour *behaviour, const void *initial,
                 bool child, const troupe_bounds *limits)
{
	troupei_cell_born(cell, behaviour, behaviour->init != NULL ? FLAG_INIT : 0);
	if (!troupei_cell_state_make(cell, initial) || !troupei_bounds_birth(system, cell, limits))
		return false;
	/* Who drains remembers between turns why it ends, who blocks has its place in a queue there: made now, since neither
	 * ending nor queueing must need memory. */
	return (!child && behaviour->leftovers != TROUPE_DRAIN && !behaviour->blocks) || troupei_cell_extra(cell) != NULL;
}

/* From here on it can be reached. An init makes it run at once; else it waits for its first message. */
static void open_mailbox(struct troupei_system *system, struct actor_worker *worker, struct cell *cell)
{
	bool runs = (cell->flags & FLAG_INIT) != 0;

	/* OPEN.store, release, pairs with the first PUSH.cas: a sender that found the reference sees a whole actor. */
	troupei_store_release_ptr(&cell->mailbox.head, runs ? NULL : MAILBOX_IDLE);
	if (runs)
		troupei_schedule(system, worker, cell);
}

/* The same for one that is found by its name before the spawn returns: who finds it may send, but nobody runs it, until it is
 * known that the name was free. */
static troupe_status open_named(struct troupei_system *system, struct actor_worker *worker, struct cell *cell,
                                troupe_ref ref, const char *name)
{
	troupei_store_release_ptr(&cell->mailbox.head, NULL);
	troupe_status status = troupei_name_new(system, cell, ref, name);
	if (status != TROUPE_OK) {
		troupei_mailbox_close(&cell->mailbox); /* empty: nobody has the reference */
		return status;
	}
	if ((cell->flags & FLAG_INIT) || !troupei_mailbox_idle(&cell->mailbox))
		troupei_schedule(system, worker, cell);
	return TROUPE_OK;
}

static void undo(struct troupei_system *system, struct actor_worker *worker, struct actor_worker *parent, struct cell *cell)
{
	struct child_link *link = cell->extra != NULL ? cell->extra->link : NULL;

	if (link != NULL)
		troupei_child_unlink(parent->running->extra, link);
	troupei_cell_state_free(cell);
	troupei_cell_extra_free(cell);
	troupei_cell_retire(cell);
	troupei_cell_give(system, worker, cell);
}

static troupe_status spawn(struct troupei_system *system, struct actor_worker *worker, struct actor_worker *parent,
                           const troupe_behaviour *behaviour, const void *initial, const troupe_spawn_options *options,
                           struct watch_birth *birth, troupe_ref *out)
{
	const char *name = options != NULL ? options->name : NULL;
	const troupe_bounds *limits = options != NULL && options->bounds != NULL ? options->bounds : behaviour->bounds;
	struct cell *cell;
	troupe_status status = troupei_behaviour_prepare(system, &behaviour);

	if (status == TROUPE_OK)
		status = troupei_cell_take(system, worker, &cell);
	if (status != TROUPE_OK)
		return status;
	troupe_ref ref = troupei_ref_of(cell);
	if (!fill(system, cell, behaviour, initial, parent != NULL, limits) || (parent != NULL && !troupei_child_link_make(parent, cell)))
		status = TROUPE_ENOMEM;
	if (status == TROUPE_OK && troupei_isolation(behaviour) == TROUPE_PROCESS)
		status = troupei_courier_begin(system, cell);
	if (status == TROUPE_OK && birth != NULL)
		status = troupei_watch_birth(birth, ref);
	if (status != TROUPE_OK) {
		undo(system, worker, parent, cell);
		return status;
	}
	troupei_tally(system, worker, spawned);
	if (troupei_is_noted())
		troupei_note_spawned(cell);
	if (name == NULL)
		open_mailbox(system, worker, cell);
	else if ((status = open_named(system, worker, cell, ref, name)) != TROUPE_OK) {
		troupei_tally(system, worker, ended);
		if (birth != NULL)
			troupei_watch_unborn(birth, ref);
		undo(system, worker, parent, cell);
	}
	if (status == TROUPE_OK && out != NULL)
		*out = ref;
	return status;
}

troupe_status troupe_spawn(troupe_system handle, const troupe_behaviour *behaviour, const void *initial, troupe_ref *out)
{
	struct troupei_system *system = handle.private_;
	struct entrance entrance;

	if (system == NULL || !troupei_behaviour_is_valid(behaviour))
		return TROUPE_EINVAL;
	if (troupei_is_remote())
		return TROUPE_EREMOTE;
	troupei_point(NULL);
	if (!troupei_system_enter(system, &entrance))
		return TROUPE_ECLOSED;
	troupe_status status = spawn(system, troupei_worker_of(system), NULL, behaviour, initial, NULL, NULL, out);
	troupei_system_leave(&entrance);
	return status;
}

/* What is said about the actor that spawns holds together. */
static troupe_status parentage_is_valid(const struct troupei_system *system, const troupe_actor *me,
                                        const troupe_spawn_options *options)
{
	bool watches = options->link || options->monitor;

	if (options->link > 1 || options->monitor > 1 || options->reserved_small != 0 || options->reserved != 0 ||
	    !troupei_bounds_are_valid(options->bounds))
		return TROUPE_EINVAL;
	if ((options->child || watches) && me == NULL)
		return TROUPE_EINVAL;
	if (options->child && me->system.private_ != system)
		return TROUPE_EINVAL;
	uint8_t flags = me != NULL ? troupei_me_worker(me)->running->flags : 0;
	if ((options->child && (flags & (FLAG_ENDING | FLAG_CLOSED))) || (watches && (flags & FLAG_CLOSED)))
		return TROUPE_ECLOSED;
	return TROUPE_OK;
}

troupe_status troupe_spawn_with(troupe_system handle, troupe_actor *me, const troupe_behaviour *behaviour,
                                const void *initial, const troupe_spawn_options *options, troupe_ref *out)
{
	struct troupei_system *system = handle.private_;
	troupe_spawn_options own;
	struct entrance entrance;

	if (system == NULL || !troupei_behaviour_is_valid(behaviour) || !troupei_options_read(&own, sizeof own, options))
		return TROUPE_EINVAL;
	if (troupei_is_remote())
		return TROUPE_EREMOTE;
	troupe_status status = parentage_is_valid(system, me, &own);
	if (status != TROUPE_OK)
		return status;
	troupei_point(NULL);
	if (!troupei_system_enter(system, &entrance))
		return TROUPE_ECLOSED;
	struct actor_worker *by = me != NULL ? troupei_me_worker(me) : NULL;
	struct watch_birth birth = { .by = by, .link = own.link, .monitor = own.monitor, .token = own.token };
	status = spawn(system, troupei_worker_of(system), own.child ? by : NULL, behaviour, initial, &own,
	               own.link || own.monitor ? &birth : NULL, out);
	if (status == TROUPE_OK && own.monitor && own.monitor_id != NULL)
		own.monitor_id->bits_private = troupei_id_mix(me->ref, troupe_lives(me, NULL), birth.id);
	troupei_system_leave(&entrance);
	return status;
}

troupe_status troupe_spawn_child(troupe_actor *me, const troupe_behaviour *behaviour, const void *initial, troupe_ref *out)
{
	if (me == NULL)
		return TROUPE_EINVAL;
	return troupe_spawn_with(me->system, me, behaviour, initial, TROUPE_OPTIONS(troupe_spawn_options, .child = true), out);
}

troupe_ref troupe_parent(const troupe_actor *me)
{
	const struct extra *extra = me != NULL ? troupei_me_worker(me)->running->extra : NULL;

	return extra != NULL ? extra->parent : (troupe_ref){ 0 };
}
