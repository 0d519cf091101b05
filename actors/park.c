/* SPDX-License-Identifier: MIT */
/* Edges, and the search for circles. P1 to P3: park.h. */
#include "actors/park.h"

#include "actors/deadlock.h"
#include "base/callback.h"
#include "base/memory.h"

static pthread_mutex_t park_lock = PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP; /* the last in the order of room.h, R3 */
static uint64_t searches;

bool troupei_park_is_possible(const struct actor_worker *sender)
{
	return sender != NULL && sender->running != NULL && !troupei_in_callback();
}

static unsigned park_class(void)
{
	return troupei_block_class(sizeof(struct park));
}

/* ---------------------------------------------------------------------------------------------- the graph: park_lock -- */

static void hang(struct park *park)
{
	struct extra *extra = park->from->extra;

	park->previous = NULL;
	park->next = extra->parks;
	if (park->next != NULL)
		park->next->previous = park;
	troupei_store_relaxed_ptr(&extra->parks, park);
}

static void take_off(struct park *park)
{
	if (park->next != NULL)
		park->next->previous = park->previous;
	if (park->previous != NULL)
		park->previous->next = park->next;
	else
		troupei_store_relaxed_ptr(&park->from->extra->parks, park->next);
}

static struct park *edge_between(const struct cell *from, const struct cell *to)
{
	struct park *park = from->extra->parks;

	while (park != NULL && park->to != to)
		park = park->next;
	return park;
}

/* All whose room this one waits for, and who have not been met, are to be looked at. By P1 both ends of an edge live, so their extras
 * are there. */
static void look_further(const struct cell *cell, struct park **list)
{
	struct park *park = cell->extra != NULL ? cell->extra->parks : NULL;

	for (; park != NULL; park = park->next)
		if (park->seen != searches) {
			park->seen = searches;
			park->search = *list;
			*list = park;
		}
}

/* Does a path lead from @p at to @p goal? Each waits for all of its edges, so one path is enough for a circle. */
static bool leads_to(const struct cell *at, const struct cell *goal)
{
	struct park *list = NULL;

	searches++;
	for (;;) {
		if (at == goal)
			return true;
		look_further(at, &list);
		if (list == NULL)
			return false;
		at = list->to;
		list = list->search;
	}
}

/* ------------------------------------------------------------------------------------------------------------- parking -- */

/* It is about to end: what it still has to do is to come to its end. */
static bool is_leaving(const struct cell *cell)
{
	return (cell->flags & (FLAG_STOPPING | FLAG_ENDING | FLAG_CLOSED)) != 0;
}

/* Write this edge down where asks look for circles too. False: it closes one. */
static bool is_written(struct cell *cell, const struct park *park)
{
	troupe_ref to = { park->request.extension.word };

	return !troupei_wait_room(park->request.who, to, park->kind, troupei_deadlock_is_deaf(cell));
}

static bool closes_circle(struct park *park)
{
	struct cell *from = park->from;

	pthread_mutex_lock(&park_lock);
	bool circle = leads_to(park->to, from);
	if (!circle)
		hang(park);
	pthread_mutex_unlock(&park_lock);
	return circle;
}

static troupe_status park_new(struct actor_worker *sender, struct cell *to, struct room *room, pthread_mutex_t *lock,
                              int32_t kind)
{
	struct cell *from = sender->running;
	struct park *park = troupei_cell_extra(from) != NULL ? troupei_block_take(park_class()) : NULL;

	if (park == NULL)
		return TROUPE_ENOMEM;
	*park = (struct park){ .from = from, .to = to, .kind = kind };
	troupei_room_request_init(&park->request, SORT_CREDIT, sender->me.ref, troupei_ref_of(to));
	if (closes_circle(park)) {
		troupei_block_give(park, park_class());
		troupei_count_own_64(&sender->tally.credited, 1);
		return TROUPE_OK;
	}
	troupei_room_add(room, lock, &park->request);
	from->flags |= FLAG_HOLD;
	sender->after |= AFTER_HOLD;
	troupei_count_own_64(&sender->tally.parked, 1);
	return TROUPE_OK;
}

/* Only its own turn adds edges, and whoever takes this one off holds the lock of the receiver, as the caller does. */
static bool is_parked(const struct cell *from, const struct cell *to)
{
	if (!(from->flags & FLAG_HOLD) || from->extra == NULL)
		return false;
	pthread_mutex_lock(&park_lock);
	bool parked = edge_between(from, to) != NULL;
	pthread_mutex_unlock(&park_lock);
	return parked;
}

bool troupei_park_is_waiting(const struct actor_worker *sender, const struct cell *to)
{
	return sender != NULL && sender->running != NULL && !(sender->after & AFTER_HOLD) && is_parked(sender->running, to);
}

troupe_status troupei_park(struct actor_worker *sender, struct cell *to, struct room *room, pthread_mutex_t *lock, int32_t kind)
{
	if (is_leaving(sender->running)) {
		troupei_count_own_64(&sender->tally.credited, 1);
		return TROUPE_OK;
	}
	return is_parked(sender->running, to) ? TROUPE_OK : park_new(sender, to, room, lock, kind);
}

void troupei_park_granted(struct room_request *request)
{
	pthread_mutex_lock(&park_lock);
	take_off((struct park *)request);
	pthread_mutex_unlock(&park_lock);
	troupei_wait_granted(request->who, (troupe_ref){ request->extension.word });
}

static struct park *first_of(const struct cell *cell)
{
	pthread_mutex_lock(&park_lock);
	struct park *park = cell->extra->parks;
	pthread_mutex_unlock(&park_lock);
	return park;
}

/* Its receiver may grant it in this moment: then it is a message on its way here, and no edge any more. */
static void forget(struct park *park)
{
	struct room_request *request = &park->request;

	pthread_mutex_lock(request->lock);
	bool taken = request->taken;
	if (!taken) {
		troupei_room_remove(request);
		troupei_park_granted(request);
	}
	pthread_mutex_unlock(request->lock);
	if (!taken)
		troupei_block_give(park, park_class());
}

/* What is written down is an edge: its receiver, which may grant it in this moment, does not while the lock is held. Else the table
 * would go on saying that it waits, and a circle might be believed that is none. */
static bool is_written_still(struct cell *cell, struct park *park)
{
	pthread_mutex_lock(park->request.lock);
	bool taken = park->request.taken, written = !taken && is_written(cell, park);
	pthread_mutex_unlock(park->request.lock);
	if (!taken && !written)
		forget(park); /* the circle has come about since it was parked, or while something else was waited for */
	return written;
}

/* Is it parked still? It awaits no answer: that would come first. */
static bool lasts(struct cell *cell)
{
	struct park *park;

	while ((park = first_of(cell)) != NULL)
		if (is_written_still(cell, park))
			return true;
	troupei_wait_end(troupei_ref_of(cell));
	return false;
}

/* A courier has left unread what its child wants next: courier.h, P7. */
static void let_read(struct cell *cell)
{
	if (cell->extra->courier != NULL)
		troupei_or_full_8(&cell->signals, SIGNAL_LOOK);
}

bool troupei_park_rests(struct cell *cell)
{
	if (!troupei_park_is_parked(cell) || lasts(cell))
		return true;
	cell->flags &= (uint8_t)~FLAG_HOLD;
	let_read(cell);
	return false;
}

void troupei_park_credited(struct cell *cell, struct envelope *envelope)
{
	troupei_room_discard(envelope);
	if (cell->extra->hold != 0 || troupei_park_is_parked(cell))
		return; /* what it waits for next is written down when it rests: K1 in deadlock.h */
	cell->flags &= (uint8_t)~FLAG_HOLD;
	troupei_wait_end(troupei_ref_of(cell));
	let_read(cell);
}

void troupei_park_forget(struct cell *cell)
{
	struct park *park;

	/* So the end of an await takes no lock, and in the child of a fork, where nobody parks, the lock may be one that a thread of the
	 * parent held for ever. */
	if (!troupei_park_is_parked(cell))
		return;
	while ((park = first_of(cell)) != NULL)
		forget(park); /* none but this turn frees it, or whom the mailbox refuses, which is open */
	troupei_wait_end(troupei_ref_of(cell));
	let_read(cell);
}
