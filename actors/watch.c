/* SPDX-License-Identifier: MIT */
/* Telling of ends. W1 to W4: watch.h. */
#include "actors/watch.h"

#include <string.h>

#include "actors/id_table.h"
#include "actors/post.h"

static struct watch *watch_of(struct envelope *envelope)
{
	return (struct watch *)((char *)envelope - offsetof(struct watch, envelope));
}

/* --------------------------------------------------------------------------------------------------------- records -- */

static struct watch *new_of(size_t size, enum envelope_sort sort, troupe_ref first, troupe_ref second)
{
	struct watch *watch = troupei_points_ready() ? troupei_block_take(troupei_block_class(size)) : NULL;

	if (watch == NULL)
		return NULL;
	memset(watch, 0, size);
	watch->envelope.size = (uint8_t)sort;
	watch->envelope.flags = ENVELOPE_EMBEDDED | ENVELOPE_EXTENDED | ENVELOPE_CONTROL;
	watch->nodes[0].of = first;
	watch->nodes[1].of = second;
	watch->nodes[1].side = 1;
	return watch;
}

struct watch *troupei_watch_new(enum envelope_sort sort, troupe_ref first, troupe_ref second)
{
	return new_of(sizeof(struct watch), sort, first, second);
}

struct watch *troupei_lives_new(troupe_ref other, troupe_ref me)
{
	struct watch *watch = new_of(sizeof(struct lives_watch), SORT_DOWN, other, me);

	if (watch != NULL)
		watch->lives = true;
	return watch;
}

void troupei_watch_free(struct watch *watch)
{
	troupei_block_give(watch, troupei_block_class(watch->lives ? sizeof(struct lives_watch) : sizeof *watch));
}

void troupei_watch_say(struct watch *watch, unsigned to, troupe_status why)
{
	watch->to = (uint8_t)to;
	watch->extension = (struct envelope_extension){ .kind = why, .word = watch->nodes[!to].of.bits_private };
}

void troupei_watch_bring(struct actor_worker *worker, struct watch *watch)
{
	if (troupei_post(worker->system, worker, watch->nodes[watch->to].of, &watch->envelope) != TROUPE_OK)
		troupei_watch_discard(&watch->envelope); /* it ends, and hears of nothing any more */
}

/* With the locks held nobody else is about to take it off the list of news, or to mark it as cancelled: W4. */
void troupei_watch_discard(struct envelope *envelope)
{
	struct watch *watch = watch_of(envelope);
	troupe_ref one = watch->nodes[0].of, other = watch->nodes[1].of;

	troupei_points_lock(one, other);
	troupei_point_take_off(&watch->nodes[0]);
	troupei_point_take_off(&watch->nodes[1]);
	bool kept = troupei_lives_keep(watch);
	troupei_points_unlock(one, other);
	if (!kept)
		troupei_watch_free(watch);
}

static bool link_reached(const struct cell *cell, struct watch *watch)
{
	struct watch_node *mine = &watch->nodes[watch->to];

	troupei_point_lock(mine->of);
	bool live = mine->list == WATCH_NEWS;
	troupei_point_take_off(mine);
	troupei_point_unlock(mine->of);
	return live && !(cell->flags & FLAG_CLOSED);
}

static bool keep_lives(struct watch *watch)
{
	troupe_ref of = watch->nodes[0].of;

	troupei_point_lock(of);
	bool kept = troupei_lives_keep(watch);
	troupei_point_unlock(of);
	return kept;
}

bool troupei_watch_reached(struct cell *cell, struct envelope *envelope, struct watch_news *out)
{
	if (troupei_envelope_sort(envelope) == SORT_RESTARTED)
		return troupei_lives_reached(envelope, out);
	struct watch *watch = watch_of(envelope);
	bool link = troupei_envelope_sort(envelope) == SORT_LINKED, live = link ? link_reached(cell, watch) : !watch->cancelled;

	if (live && !link)
		troupei_id_remove(cell->extra->monitors, (uint32_t)watch->id);
	*out = (struct watch_news){ .kind = link ? TROUPE_LINKED : TROUPE_DOWN,
		                    .about.bits_private = watch->extension.word,
		                    .why = (troupe_status)watch->extension.kind,
		                    .token = watch->token };
	if (!watch->lives || !keep_lives(watch))
		troupei_watch_free(watch);
	return live;
}

/* ------------------------------------------------------------------------------------------------------------ ends -- */

/* To whom the first link of @p who leads; false: there is none. */
static bool find_partner(troupe_ref who, troupe_ref *partner)
{
	troupei_point_lock(who);
	struct watch_node *node = troupei_point_first(who, WATCH_LINKS);
	if (node != NULL)
		*partner = troupei_watch_of_node(node)->nodes[!node->side].of;
	troupei_point_unlock(who);
	return node != NULL;
}

/* Cut the first link of @p who, if it still leads there: it is news for the partner. NULL: another one is the first now. */
static struct watch *cut_first(troupe_ref who, troupe_ref partner, troupe_status why)
{
	troupei_points_lock(who, partner);
	struct watch_node *node = troupei_point_first(who, WATCH_LINKS);
	struct watch *watch = node != NULL ? troupei_watch_of_node(node) : NULL;
	struct watch_node *theirs = watch != NULL ? &watch->nodes[!node->side] : NULL;
	if (theirs != NULL && troupe_ref_equal(theirs->of, partner)) {
		troupei_point_take_off(node);
		troupei_point_take_off(theirs);
		troupei_point_hang(theirs, WATCH_NEWS);
		troupei_watch_say(watch, theirs->side, why);
	} else {
		watch = NULL;
	}
	troupei_points_unlock(who, partner);
	return watch;
}

/* A link of @p who, cut; NULL: there is none. Both points are needed, and the partner is known only from the link: look, lock both,
 * and look again. */
static struct watch *cut_link(troupe_ref who, troupe_status why)
{
	struct watch *watch = NULL;
	troupe_ref partner;

	while (watch == NULL && find_partner(who, &partner))
		watch = cut_first(who, partner, why);
	return watch;
}

static struct watch *take_monitor(troupe_ref who, troupe_status why)
{
	troupei_point_lock(who);
	struct watch_node *node = troupei_point_first(who, WATCH_MONITORS);
	struct watch *watch = node != NULL ? troupei_watch_of_node(node) : NULL;
	if (watch != NULL) {
		troupei_point_take_off(node);
		troupei_watch_say(watch, 1, why);
	}
	troupei_point_unlock(who);
	return watch;
}

/* What is on its way to it is news to nobody (W2), and not to who has the slot next. */
static void drop_news(troupe_ref who)
{
	struct watch_node *node;

	troupei_point_lock(who);
	while ((node = troupei_point_first(who, WATCH_NEWS)) != NULL)
		troupei_point_take_off(node);
	troupei_point_unlock(who);
}

static void end_links(struct actor_worker *worker, troupe_ref who, troupe_status why)
{
	struct envelope *told = NULL, *next;
	struct watch *watch;

	/* All are cut before any is told: who hears of it and links again links to the next life. */
	while ((watch = cut_link(who, why)) != NULL) {
		watch->envelope.next = told;
		told = &watch->envelope;
	}
	drop_news(who); /* no link stands any more that the other one could cut */
	for (; told != NULL; told = next) {
		next = told->next;
		troupei_watch_bring(worker, watch_of(told));
	}
}

void troupei_watch_ended(struct actor_worker *worker, troupe_ref who, troupe_status why)
{
	struct watch *watch;

	if (!troupei_points_exist()) /* a thread waits */
		return;
	end_links(worker, who, why);
	while ((watch = take_monitor(who, why)) != NULL)
		troupei_watch_bring(worker, watch);
}

void troupei_watch_life_ended(struct actor_worker *worker, struct cell *cell, troupe_status why)
{
	if (!(troupei_load_acquire_8(&cell->signals) & SIGNAL_WATCHED) || !troupei_points_exist())
		return;
	end_links(worker, troupei_ref_of(cell), why);
}

/* ---------------------------------------------------------------------------------------------------------- births -- */

troupe_status troupei_watch_birth(struct watch_birth *birth, troupe_ref child)
{
	troupe_status status = birth->link ? troupei_link_make(birth->by, child) : TROUPE_OK;

	if (status != TROUPE_OK || !birth->monitor)
		return status;
	status = troupei_monitor_make(birth->by, child, birth->token, &birth->id);
	if (status != TROUPE_OK && birth->link)
		troupe_ignore(troupei_link_cancel(birth->by->me.ref, child));
	return status;
}

void troupei_watch_unborn(const struct watch_birth *birth, troupe_ref child)
{
	if (birth->link)
		troupe_ignore(troupei_link_cancel(birth->by->me.ref, child));
	if (birth->monitor)
		troupe_ignore(troupei_monitor_cancel(birth->by->running, birth->id));
}

troupe_status troupei_watch_may(const troupe_actor *me, troupe_ref other)
{
	if (me == NULL || troupei_ref_is_address(other) || troupe_ref_equal(me->ref, other))
		return TROUPE_EINVAL;
	return troupei_me_worker(me)->running->flags & FLAG_CLOSED ? TROUPE_ECLOSED : TROUPE_OK;
}
