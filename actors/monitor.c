/* SPDX-License-Identifier: MIT */
/* Monitors: one actor is told of another's end. W1 to W4: watch.h. */
#include "actors/id_table.h"
#include "actors/remote.h"
#include "actors/watch.h"

/* Hang it at the point of who is to be monitored. False: gone. */
static bool hang(struct watch *watch)
{
	struct watch_node *node = &watch->nodes[0];

	troupei_point_lock(node->of);
	bool open = troupei_point_is_open(node->of);
	if (open)
		troupei_point_hang(node, WATCH_MONITORS);
	troupei_point_unlock(node->of);
	return open;
}

/* Consumes the record; NULL: there was no memory for it. */
static troupe_status monitor(struct actor_worker *worker, struct watch *watch, uint64_t token, uint64_t *id)
{
	struct extra *extra = troupei_cell_extra(worker->running);

	if (extra == NULL && watch != NULL)
		troupei_watch_free(watch);
	if (extra == NULL || watch == NULL)
		return TROUPE_ENOMEM;
	watch->token = token;
	if (!troupei_id_add(&extra->monitors, watch, &watch->id)) {
		troupei_watch_free(watch);
		return TROUPE_ENOMEM;
	}
	*id = watch->id; /* now: once it hangs, it is the other's to send */
	if (!hang(watch)) {
		troupei_watch_say(watch, 1, TROUPE_EGONE);
		troupei_watch_bring(worker, watch);
	}
	return TROUPE_OK;
}

troupe_status troupei_monitor_make(struct actor_worker *worker, troupe_ref other, uint64_t token, uint64_t *id)
{
	return monitor(worker, troupei_watch_new(SORT_DOWN, other, worker->me.ref), token, id);
}

troupe_status troupei_monitor_make_lives(struct actor_worker *worker, troupe_ref other, uint64_t token, uint64_t *id)
{
	return monitor(worker, troupei_lives_new(other, worker->me.ref), token, id);
}

static void cancel(struct watch *watch)
{
	struct watch_node *node = &watch->nodes[0];
	troupe_ref of = node->of;

	troupei_point_lock(of);
	bool hangs = node->list != WATCH_NOWHERE;
	troupei_point_take_off(node);
	watch->cancelled = true; /* W2; with the lock, so that who must free it does so after this */
	bool free = hangs && !troupei_lives_keep(watch);
	troupei_point_unlock(of);
	if (free)
		troupei_watch_free(watch);
}

troupe_status troupei_monitor_cancel(struct cell *owner, uint64_t id)
{
	struct watch *watch = owner->extra != NULL ? troupei_id_find(owner->extra->monitors, id) : NULL;

	if (watch == NULL)
		return TROUPE_ENOENT;
	troupei_id_remove(owner->extra->monitors, (uint32_t)id);
	cancel(watch);
	return TROUPE_OK;
}

void troupei_monitor_forget_all(struct cell *owner)
{
	struct id_table *table = owner->extra != NULL ? owner->extra->monitors : NULL;

	if (table == NULL)
		return;
	for (uint32_t i = 0; i < table->capacity; i++)
		if (table->entries[i].item != NULL)
			cancel(table->entries[i].item);
	troupei_id_table_free(table);
	owner->extra->monitors = NULL;
}

/* ----------------------------------------------------------------------------------------------------- public face -- */

troupe_status troupe_monitor(troupe_actor *me, troupe_ref other, uint64_t token, troupe_monitor_id *out)
{
	troupe_status status = troupei_watch_may(me, other);
	uint64_t id = 0;

	if (troupei_is_remote() && status == TROUPE_OK) {
		status = troupei_remote_call(CALL_MONITOR, other, NULL, token, &id);
		if (status == TROUPE_OK && out != NULL)
			out->bits_private = id; /* mixed already */
		return status;
	}
	troupei_point(troupei_ref_cell(other));
	if (status == TROUPE_OK)
		status = troupei_monitor_make(troupei_me_worker(me), other, token, &id);
	if (status == TROUPE_OK && out != NULL)
		out->bits_private = troupei_id_mix(me->ref, troupe_lives(me, NULL), id);
	return status;
}

troupe_status troupe_monitor_lives(troupe_actor *me, troupe_ref other, uint64_t token, troupe_monitor_id *out)
{
	troupe_status status = troupei_is_remote() ? TROUPE_EREMOTE : troupei_watch_may(me, other);
	uint64_t id;

	if (status == TROUPE_OK)
		status = troupei_monitor_make_lives(troupei_me_worker(me), other, token, &id);
	if (status == TROUPE_OK && out != NULL)
		out->bits_private = troupei_id_mix(me->ref, troupe_lives(me, NULL), id);
	return status;
}

troupe_status troupe_unmonitor(troupe_actor *me, troupe_monitor_id monitor)
{
	if (me == NULL)
		return TROUPE_EINVAL;
	if (troupei_is_remote())
		return troupei_remote_call(CALL_UNMONITOR, (troupe_ref){ 0 }, NULL, 0, &monitor.bits_private);
	return troupei_monitor_cancel(troupei_me_worker(me)->running,
	                              troupei_id_mix(me->ref, troupe_lives(me, NULL), monitor.bits_private));
}
