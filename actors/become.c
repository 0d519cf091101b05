/* SPDX-License-Identifier: MIT */
/* Changing how an actor handles messages, and what it had set aside till then. */
#include "actors/system.h"
#include "base/memory.h"

/* Remember the function in force. */
static bool push(struct extra *extra, troupe_receive *receive)
{
	if (extra->become_count == extra->become_capacity) {
		uint32_t capacity = extra->become_capacity > 0 ? extra->become_capacity * 2u : 4;
		troupe_receive **become = capacity <= UINT16_MAX
		                                  ? troupei_reallocate(extra->become,
		                                                       extra->become_capacity * sizeof *become,
		                                                       capacity * sizeof *become)
		                                  : NULL;
		if (become == NULL)
			return false;
		extra->become = become;
		extra->become_capacity = (uint16_t)capacity;
	}
	extra->become[extra->become_count++] = receive;
	return true;
}

troupe_status troupe_become(troupe_actor *me, troupe_receive *receive)
{
	if (me == NULL || receive == NULL)
		return TROUPE_EINVAL;
	struct actor_worker *worker = troupei_me_worker(me);
	struct cell *cell = worker->running;
	struct extra *extra = troupei_cell_extra(cell);
	if (extra == NULL || !push(extra, cell->flags & FLAG_BECOME ? extra->receive : cell->behaviour->receive))
		return TROUPE_ENOMEM;
	extra->receive = receive;
	cell->flags |= FLAG_BECOME;
	worker->after |= AFTER_BECOME;
	return TROUPE_OK;
}

troupe_status troupe_unbecome(troupe_actor *me)
{
	if (me == NULL)
		return TROUPE_EINVAL;
	struct actor_worker *worker = troupei_me_worker(me);
	struct extra *extra = worker->running->extra;
	if (extra == NULL || extra->become_count == 0)
		return TROUPE_ENOENT;
	extra->receive = extra->become[--extra->become_count];
	if (extra->become_count == 0)
		worker->running->flags &= (uint8_t)~FLAG_BECOME;
	worker->after |= AFTER_BECOME;
	return TROUPE_OK;
}

static size_t deferred_count(const struct extra *extra)
{
	size_t count = 0;

	if (extra == NULL || extra->deferred == NULL)
		return 0;
	for (const struct envelope *e = extra->deferred->next;; e = e->next) {
		count++;
		if (e == extra->deferred)
			return count;
	}
}

bool troupe_undefer_one(troupe_actor *me)
{
	struct actor_worker *worker = me != NULL ? troupei_me_worker(me) : NULL;
	struct extra *extra = worker != NULL ? worker->running->extra : NULL;

	if (extra == NULL || extra->deferred == NULL)
		return false;
	if (!(worker->after & AFTER_UNDEFER_ONE))
		worker->undefer_count = 0;
	else if (deferred_count(extra) <= worker->undefer_count)
		return false; /* all of them come already */
	worker->undefer_count++;
	worker->after |= AFTER_UNDEFER_ONE;
	return true;
}

size_t troupe_undefer(troupe_actor *me)
{
	struct actor_worker *worker = me != NULL ? troupei_me_worker(me) : NULL;
	struct extra *extra = worker != NULL ? worker->running->extra : NULL;
	size_t count = deferred_count(extra);

	if (count > 0)
		worker->after |= AFTER_UNDEFER;
	return count;
}
