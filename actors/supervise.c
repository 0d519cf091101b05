/* SPDX-License-Identifier: MIT */
/* Making trees of supervisors, and changing them while they run. */
#include <string.h>

#include "actors/bounds.h"
#include "actors/post.h"
#include "actors/remote.h"
#include "actors/route.h"
#include "actors/spawn.h"
#include "actors/supervisor.h"
#include "base/memory.h"
#include "base/threads.h"

/* ------------------------------------------------------------------------------------------------------ what is allowed -- */

static bool is_last(const troupe_child_spec *spec)
{
	return spec->behaviour == NULL && spec->supervisor == NULL;
}

static bool tree_is_valid(const troupe_supervisor *tree, unsigned depth);

static bool spec_is_valid(const troupe_child_spec *spec, unsigned depth)
{
	if ((spec->behaviour == NULL) == (spec->supervisor == NULL))
		return false;
	if ((unsigned)spec->restart > TROUPE_TEMPORARY || (unsigned)spec->queue > TROUPE_QUEUE_HAND_BACK)
		return false;
	if (spec->stop_within_ns < TROUPE_AT_ONCE || (spec->significant && spec->restart == TROUPE_PERMANENT))
		return false;
	if (!troupei_is_zero(spec->reserved, sizeof spec->reserved) || !troupei_is_zero(spec->reserved_small, sizeof spec->reserved_small))
		return false;
	return spec->supervisor != NULL ? tree_is_valid(spec->supervisor, depth + 1)
	                                : troupei_behaviour_is_valid(spec->behaviour);
}

static bool names_differ(const troupe_child_spec *children)
{
	for (const troupe_child_spec *one = children; !is_last(one); one++)
		for (const troupe_child_spec *other = children; other != one; other++)
			if (one->name != NULL && other->name != NULL && strcmp(one->name, other->name) == 0)
				return false;
	return true;
}

static bool tree_is_valid(const troupe_supervisor *tree, unsigned depth)
{
	if (depth > SUPERVISOR_DEPTH_MAX || (unsigned)tree->strategy > TROUPE_REST_FOR_ONE ||
	    (unsigned)tree->auto_shutdown > TROUPE_ALL_SIGNIFICANT)
		return false;
	if (tree->within_ns < 0 || tree->back_off_ns < 0 || tree->back_off_ns_max < 0 ||
	    (tree->restarts_max == 0) != (tree->within_ns == 0))
		return false;
	if (tree->reserved_small != 0 || !troupei_is_zero(tree->reserved, sizeof tree->reserved))
		return false;
	for (const troupe_child_spec *spec = tree->children; spec != NULL && !is_last(spec); spec++)
		if (!spec_is_valid(spec, depth))
			return false;
	return tree->children == NULL || names_differ(tree->children);
}

/* ----------------------------------------------------------------------------------------------------------- making -- */

/* Who makes it, and where. */
struct maker {
	struct troupei_system *system;
	struct actor_worker *worker;
};

static troupe_status make_children(const struct maker *maker, struct supervision *supervision);

static void unmake_cell(const struct maker *maker, struct cell *cell)
{
	troupei_cell_extra_free(cell);
	troupei_cell_retire(cell);
	troupei_cell_give(maker->system, maker->worker, cell);
}

/* An actor with an extra, not open yet, that waits for its first life. */
static troupe_status make_cell(const struct maker *maker, const troupe_behaviour *behaviour, struct cell **out)
{
	struct cell *cell;
	troupe_status status = troupei_behaviour_prepare(maker->system, &behaviour);

	if (status == TROUPE_OK)
		status = troupei_cell_take(maker->system, maker->worker, &cell);
	if (status != TROUPE_OK)
		return status;
	troupei_cell_born(cell, behaviour, FLAG_ENDING);
	*out = cell;
	if (troupei_cell_extra(cell) != NULL && troupei_bounds_birth(maker->system, cell, behaviour->bounds))
		return TROUPE_OK;
	unmake_cell(maker, cell);
	return TROUPE_ENOMEM;
}

static void unmake_child(const struct maker *maker, struct supervised *record);

/* All children of it, and theirs; itself too. Nobody has been told of them yet. */
static void unmake(const struct maker *maker, struct cell *cell)
{
	struct supervision *supervision = troupei_supervision_of(cell);
	struct supervised *record;

	while ((record = supervision->first) != NULL) {
		troupei_supervision_remove(supervision, record);
		unmake_child(maker, record);
	}
	troupei_supervisor_ended(cell);
	unmake_cell(maker, cell);
}

static void unmake_child(const struct maker *maker, struct supervised *record)
{
	if (troupei_supervisor_is(record->link.child))
		unmake(maker, record->link.child);
	else
		unmake_cell(maker, record->link.child);
	troupei_supervised_free(record);
}

/* A supervisor with its children; nobody's child itself. */
static troupe_status make_supervisor(const struct maker *maker, const troupe_supervisor *tree, struct cell **out)
{
	struct supervision *supervision = troupei_allocate(sizeof *supervision);
	troupe_status status = supervision != NULL ? make_cell(maker, &troupei_supervisor_behaviour, out) : TROUPE_ENOMEM;

	if (status != TROUPE_OK) {
		troupei_deallocate(supervision, sizeof *supervision);
		return status;
	}
	troupei_supervision_init(supervision, tree);
	supervision->ref = troupei_ref_of(*out);
	memcpy((*out)->state, &supervision, sizeof supervision);
	status = make_children(maker, supervision);
	if (status != TROUPE_OK)
		unmake(maker, *out);
	return status;
}

static void fill_record(struct supervised *record, struct supervision *supervision, const troupe_child_spec *spec,
                        struct cell *cell)
{
	memset(record, 0, sizeof *record);
	record->link.supervised = true;
	record->link.child = cell;
	record->link.envelope.size = SORT_CHILD_ENDED;
	record->order.size = SORT_LIFE;
	record->link.envelope.flags = record->order.flags = ENVELOPE_EMBEDDED | ENVELOPE_EXTENDED | ENVELOPE_CONTROL;
	record->spec = *spec;
	record->ref = troupei_ref_of(cell);
	record->between = true;
	cell->extra->link = &record->link;
	cell->extra->parent = supervision->ref;
}

static troupe_status make_child(const struct maker *maker, struct supervision *supervision, const troupe_child_spec *spec,
                                struct supervised **out)
{
	struct supervised *record = troupei_block_take(troupei_block_class(sizeof *record));
	troupe_status status = TROUPE_ENOMEM;
	struct cell *cell;

	if (record != NULL)
		status = spec->supervisor != NULL ? make_supervisor(maker, spec->supervisor, &cell)
		                                  : make_cell(maker, spec->behaviour, &cell);
	if (status == TROUPE_OK)
		fill_record(*out = record, supervision, spec, cell);
	else if (record != NULL)
		troupei_block_give(record, troupei_block_class(sizeof *record));
	return status;
}

static troupe_status make_children(const struct maker *maker, struct supervision *supervision)
{
	const troupe_child_spec *spec = supervision->tree->children;
	struct supervised *record;

	for (; spec != NULL && !is_last(spec); spec++) {
		troupe_status status = make_child(maker, supervision, spec, &record);
		if (status != TROUPE_OK)
			return status;
		troupei_supervision_append(supervision, record);
	}
	return TROUPE_OK;
}

/* From here on they can be reached. The top is not opened here. */
static void open_children(const struct maker *maker, const struct supervision *supervision)
{
	for (struct supervised *record = supervision->first; record != NULL; record = record->next) {
		struct cell *cell = record->link.child;
		troupei_tally(maker->system, maker->worker, spawned);
		if (troupei_is_noted())
			troupei_note_spawned(cell);
		if (troupei_supervisor_is(cell))
			open_children(maker, troupei_supervision_of(cell));
		/* OPEN.store, release: as in spawn.c. */
		troupei_store_release_ptr(&cell->mailbox.head, MAILBOX_IDLE);
	}
}

static troupe_status start_tree(const struct maker *maker, struct actor_worker *parent, const troupe_supervisor *tree,
                                troupe_ref *out)
{
	struct cell *top;
	troupe_status status = make_supervisor(maker, tree, &top);

	if (status != TROUPE_OK)
		return status;
	if (parent != NULL && !troupei_child_link_make(parent, top)) {
		unmake(maker, top);
		return TROUPE_ENOMEM;
	}
	troupe_ref ref = troupei_ref_of(top);
	top->flags = FLAG_INIT;
	if (troupei_is_noted())
		troupei_note_spawned(top);
	open_children(maker, troupei_supervision_of(top));
	troupei_tally(maker->system, maker->worker, spawned);
	troupei_store_release_ptr(&top->mailbox.head, NULL);
	troupei_schedule(maker->system, maker->worker, top);
	if (out != NULL)
		*out = ref;
	return TROUPE_OK;
}

troupe_status troupe_supervise(troupe_system handle, troupe_actor *me, const troupe_supervisor *tree, troupe_ref *out)
{
	struct troupei_system *system = handle.private_;
	struct entrance entrance;

	if (system == NULL || tree == NULL || !tree_is_valid(tree, 1) || (me != NULL && me->system.private_ != system))
		return TROUPE_EINVAL;
	if (troupei_is_remote())
		return TROUPE_EREMOTE;
	if (me != NULL && (troupei_me_worker(me)->running->flags & (FLAG_ENDING | FLAG_CLOSED)))
		return TROUPE_ECLOSED;
	if (!troupei_system_enter(system, &entrance))
		return TROUPE_ECLOSED;
	const struct maker maker = { system, troupei_worker_of(system) };
	troupe_status status = start_tree(&maker, me != NULL ? troupei_me_worker(me) : NULL, tree, out);
	troupei_system_leave(&entrance);
	return status;
}

/* ----------------------------------------------------------------------------------------------- while it runs -- */

/* The supervision of a living supervisor, with the lock held; NULL: @p status says why not, and the lock is not held. */
static struct supervision *lock_supervision(troupe_ref ref, struct cell **cell, troupe_status *status)
{
	*status = troupe_ref_is_null(ref) || troupei_ref_is_address(ref) ? TROUPE_EINVAL : TROUPE_EGONE;
	if (*status == TROUPE_EINVAL)
		return NULL;
	pthread_mutex_lock(&troupei_supervisor_lock);
	*cell = troupei_ref_cell(ref);
	if (*cell != NULL && troupei_supervisor_is(*cell)) {
		struct supervision *supervision = troupei_supervision_of(*cell); /* it stays: W3 */
		if (troupe_ref_equal(supervision->ref, ref))
			return supervision;
		*cell = NULL;
	}
	if (*cell != NULL && troupei_load_relaxed_ptr(&(*cell)->behaviour) == &troupei_supervisor_ended_behaviour)
		*cell = NULL;
	*status = *cell != NULL ? TROUPE_EINVAL : TROUPE_EGONE;
	pthread_mutex_unlock(&troupei_supervisor_lock);
	return NULL;
}

static struct supervised *find_name(const struct supervision *supervision, const char *name)
{
	struct supervised *record = supervision->first;

	while (record != NULL && (record->spec.name == NULL || record->gone || strcmp(record->spec.name, name) != 0))
		record = record->next;
	return record;
}

troupe_status troupe_child(troupe_ref supervisor, const char *name, troupe_ref *out)
{
	struct cell *cell;
	troupe_status status;

	if (name == NULL || out == NULL)
		return TROUPE_EINVAL;
	if (troupei_is_remote())
		return TROUPE_EREMOTE;
	struct supervision *supervision = lock_supervision(supervisor, &cell, &status);
	if (supervision == NULL)
		return status;
	const struct supervised *record = find_name(supervision, name);
	if (record != NULL)
		*out = record->ref;
	pthread_mutex_unlock(&troupei_supervisor_lock);
	return record != NULL ? TROUPE_OK : TROUPE_ENOENT;
}

/* An added child's initial state is its record's. False: no memory. */
static bool copy_initial(struct supervised *record)
{
	size_t size = record->spec.behaviour != NULL ? record->spec.behaviour->state_size : 0;
	void *copy = record->spec.initial != NULL && size > 0 ? troupei_allocate(size) : NULL;

	if (record->spec.initial != NULL && size > 0 && copy == NULL) {
		record->spec.initial = NULL;
		return false;
	}
	if (copy != NULL)
		memcpy(copy, record->spec.initial, size);
	record->spec.initial = copy;
	record->added = true;
	return true;
}

/* The lock is held: the list is told, and the supervisor looks. */
static void add(const struct maker *maker, struct supervision *supervision, struct cell *cell, struct supervised *record)
{
	const struct supervision only = { .first = record };

	troupei_supervision_append(supervision, record);
	open_children(maker, &only);
	troupei_signal(maker->system, maker->worker, cell, SIGNAL_LOOK);
}

static troupe_status add_child(const struct maker *maker, troupe_ref supervisor, const troupe_child_spec *spec, troupe_ref *out)
{
	struct supervision stand_in = { .ref = supervisor }, *supervision;
	struct supervised *record;
	struct cell *cell;
	troupe_status status = make_child(maker, &stand_in, spec, &record);

	if (status != TROUPE_OK)
		return status;
	status = copy_initial(record) ? TROUPE_OK : TROUPE_ENOMEM;
	if (status == TROUPE_OK && (supervision = lock_supervision(supervisor, &cell, &status)) != NULL) {
		status = supervision->ending ? TROUPE_ECLOSED : TROUPE_OK;
		if (spec->name != NULL && find_name(supervision, spec->name) != NULL)
			status = TROUPE_EEXIST;
		if (status == TROUPE_OK) {
			if (out != NULL)
				*out = record->ref;
			add(maker, supervision, cell, record);
		}
		pthread_mutex_unlock(&troupei_supervisor_lock);
	}
	if (status != TROUPE_OK)
		unmake_child(maker, record);
	return status;
}

/* The system of a living supervisor, entered. NULL: @p status says why not. */
static struct troupei_system *enter(troupe_ref supervisor, struct gate_pass *pass, troupe_status *status)
{
	struct cell *cell;

	if (lock_supervision(supervisor, &cell, status) == NULL)
		return NULL;
	pthread_mutex_unlock(&troupei_supervisor_lock);
	struct troupei_system *system = troupei_gate_enter_for(supervisor, cell, pass);
	*status = system != NULL ? TROUPE_OK : TROUPE_EGONE;
	return system;
}

troupe_status troupe_add_child(troupe_ref supervisor, const troupe_child_spec *spec, troupe_ref *out)
{
	struct gate_pass pass;
	troupe_status status;

	if (spec == NULL || !spec_is_valid(spec, 1))
		return TROUPE_EINVAL;
	if (troupei_is_remote())
		return TROUPE_EREMOTE;
	struct troupei_system *system = enter(supervisor, &pass, &status);
	if (system == NULL)
		return status;
	const struct maker maker = { system, troupei_worker_of(system) };
	if (troupei_system_phase(system) >= (maker.worker != NULL ? PHASE_STOPPING : PHASE_CLOSING))
		status = TROUPE_ECLOSED;
	else
		status = add_child(&maker, supervisor, spec, out);
	troupei_gate_leave(&pass);
	return status;
}

/* The lock is held. */
static troupe_status remove_child(struct troupei_system *system, struct supervision *supervision, struct cell *cell,
                                  troupe_ref child)
{
	struct supervised *record = supervision->first;

	while (record != NULL && (record->gone || !troupe_ref_equal(record->ref, child)))
		record = record->next;
	if (record == NULL)
		return TROUPE_ENOENT;
	if (supervision->ending)
		return TROUPE_ECLOSED;
	record->gone = record->off = true;
	troupei_signal(system, troupei_worker_of(system), cell, SIGNAL_LOOK);
	return TROUPE_OK;
}

troupe_status troupe_remove_child(troupe_ref supervisor, troupe_ref child)
{
	struct cell *cell = troupei_ref_cell(supervisor);
	struct gate_pass pass;
	troupe_status status;

	if (troupei_is_remote())
		return TROUPE_EREMOTE;
	struct troupei_system *system = cell != NULL ? troupei_gate_enter_for(supervisor, cell, &pass) : NULL;
	struct supervision *supervision = lock_supervision(supervisor, &cell, &status);

	if (supervision != NULL) { /* it lives, and so does its system, which is entered */
		status = system != NULL ? remove_child(system, supervision, cell, child) : TROUPE_EGONE;
		pthread_mutex_unlock(&troupei_supervisor_lock);
	}
	if (system != NULL)
		troupei_gate_leave(&pass);
	return status;
}
