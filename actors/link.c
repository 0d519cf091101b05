/* SPDX-License-Identifier: MIT */
/* Links: two actors that end together. W1 to W4: watch.h. */
#include "actors/remote.h"
#include "actors/watch.h"

static troupe_ref other_of(struct watch_node *node)
{
	return troupei_watch_of_node(node)->nodes[!node->side].of;
}

/* The link that stands between the two; NULL: none. One of them may have ended, and not have come to cut it yet. Both lists
 * are walked side by side, and the shorter one decides: an actor with a hundred thousand links does not pay for them when it
 * links to one that has few. Both points locked. */
static struct watch *find_standing(troupe_ref one, troupe_ref other)
{
	struct watch_node *a, *b;

	if (troupei_ref_slot(other) >= troupei_slot_limit) /* forged */
		return NULL;
	a = troupei_point_first(one, WATCH_LINKS);
	b = troupei_point_first(other, WATCH_LINKS);
	for (; a != NULL && b != NULL; a = troupei_point_next(a), b = troupei_point_next(b)) {
		if (troupe_ref_equal(a->of, one) && troupe_ref_equal(other_of(a), other))
			return troupei_watch_of_node(a);
		if (troupe_ref_equal(b->of, other) && troupe_ref_equal(other_of(b), one))
			return troupei_watch_of_node(b);
	}
	return NULL;
}

/* News on its way to @p me that the other has ended; NULL: none. My point locked. */
static struct watch_node *find_news(troupe_ref me, troupe_ref other)
{
	struct watch_node *node = troupei_point_first(me, WATCH_NEWS);

	while (node != NULL && !troupe_ref_equal(other_of(node), other))
		node = troupei_point_next(node);
	return node;
}

/* With both points locked: what is to be done with a new link? */
enum link_made { LINK_KNOWN, LINK_STANDS, LINK_TO_NOBODY };

static enum link_made make(struct watch *fresh, troupe_ref me, troupe_ref other)
{
	bool lives = troupei_point_is_open(other);

	if (find_standing(me, other) != NULL || (!lives && find_news(me, other) != NULL))
		return LINK_KNOWN;
	if (fresh == NULL)
		return lives ? LINK_STANDS : LINK_TO_NOBODY;
	troupei_point_is_open(me); /* it is: so that we look at the end */
	troupei_point_hang(&fresh->nodes[0], lives ? WATCH_LINKS : WATCH_NEWS);
	if (lives)
		troupei_point_hang(&fresh->nodes[1], WATCH_LINKS);
	else
		troupei_watch_say(fresh, 0, TROUPE_EGONE);
	return lives ? LINK_STANDS : LINK_TO_NOBODY;
}

troupe_status troupei_link_make(struct actor_worker *worker, troupe_ref other)
{
	troupe_ref me = worker->me.ref;

	if (!troupei_points_ready())
		return TROUPE_ENOMEM;
	struct watch *fresh = troupei_watch_new(SORT_LINKED, me, other);
	troupei_points_lock(me, other);
	enum link_made made = make(fresh, me, other);
	troupei_points_unlock(me, other);
	if (made == LINK_KNOWN) {
		if (fresh != NULL)
			troupei_watch_free(fresh);
		return TROUPE_OK; /* without memory too */
	}
	if (fresh == NULL)
		return TROUPE_ENOMEM;
	if (made == LINK_TO_NOBODY)
		troupei_watch_bring(worker, fresh);
	return TROUPE_OK;
}

troupe_status troupei_link_cancel(troupe_ref me, troupe_ref other)
{
	struct watch_node *news;
	bool found = false;

	if (!troupei_points_ready())
		return TROUPE_ENOENT;
	troupei_points_lock(me, other);
	struct watch *standing = find_standing(me, other);
	if (standing != NULL) {
		troupei_point_take_off(&standing->nodes[0]);
		troupei_point_take_off(&standing->nodes[1]);
	}
	while ((news = find_news(me, other)) != NULL) { /* more than one: of several lives */
		troupei_point_take_off(news);
		found = true;
	}
	troupei_points_unlock(me, other);
	if (standing != NULL)
		troupei_watch_free(standing);
	return standing != NULL || found ? TROUPE_OK : TROUPE_ENOENT;
}

/* ----------------------------------------------------------------------------------------------------- public face -- */

troupe_status troupe_link(troupe_actor *me, troupe_ref other)
{
	troupe_status status = troupei_watch_may(me, other);

	if (troupei_is_remote() && status == TROUPE_OK)
		return troupei_remote_call(CALL_LINK, other, NULL, 0, NULL);
	troupei_point(troupei_ref_cell(other));
	return status == TROUPE_OK ? troupei_link_make(troupei_me_worker(me), other) : status;
}

troupe_status troupe_unlink(troupe_actor *me, troupe_ref other)
{
	if (me == NULL || troupei_ref_is_address(other))
		return TROUPE_EINVAL;
	if (troupei_is_remote())
		return troupei_remote_call(CALL_UNLINK, other, NULL, 0, NULL);
	return troupei_link_cancel(me->ref, other);
}
