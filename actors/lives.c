/* SPDX-License-Identifier: MIT */
/* Monitors of lives: told of each restart, and of the end for good. W5: watch.h. */
#include "actors/post.h"
#include "actors/watch.h"

static struct lives_watch *lives_of(struct envelope *envelope)
{
	return (struct lives_watch *)((char *)envelope - offsetof(struct lives_watch, envelope));
}

bool troupei_lives_keep(struct watch *watch)
{
	struct lives_watch *lives = (struct lives_watch *)watch;

	if (!watch->lives || !lives->told)
		return false;
	lives->over = true;
	return true;
}

/* The news is over: handled, or nobody's. */
static void done(struct lives_watch *lives)
{
	troupe_ref of = lives->watch.nodes[0].of;

	troupei_point_lock(of);
	lives->told = false;
	bool over = lives->over;
	troupei_point_unlock(of);
	if (over)
		troupei_watch_free(&lives->watch);
}

bool troupei_lives_reached(struct envelope *envelope, struct watch_news *out)
{
	struct lives_watch *lives = lives_of(envelope);
	bool live = !lives->watch.cancelled;

	*out = (struct watch_news){ .kind = TROUPE_RESTARTED, .about.bits_private = lives->extension.word,
		                    .why = (troupe_status)lives->extension.kind, .token = lives->watch.token };
	done(lives);
	return live;
}

void troupei_lives_discard(struct envelope *envelope)
{
	done(lives_of(envelope));
}

/* The lock is held: put the news of all who want it on @p told, but of those that have not handled the last one yet. */
static void say_all(troupe_ref who, troupe_status why, struct envelope **told)
{
	struct watch_node *node = troupei_point_first(who, WATCH_MONITORS);

	for (; node != NULL; node = troupei_point_next(node)) {
		struct lives_watch *lives = (struct lives_watch *)troupei_watch_of_node(node);
		if (!lives->watch.lives || lives->told)
			continue;
		lives->told = true;
		lives->envelope.size = SORT_RESTARTED;
		lives->envelope.flags = ENVELOPE_EMBEDDED | ENVELOPE_EXTENDED | ENVELOPE_CONTROL;
		lives->extension = (struct envelope_extension){ .kind = why, .word = who.bits_private };
		lives->envelope.next = *told;
		*told = &lives->envelope;
	}
}

void troupei_watch_restarted(struct actor_worker *worker, struct cell *cell, troupe_status why)
{
	troupe_ref who = troupei_ref_of(cell);
	struct envelope *told = NULL, *next;

	if (!(troupei_load_acquire_8(&cell->signals) & SIGNAL_WATCHED) || !troupei_points_exist())
		return;
	troupei_point_lock(who);
	say_all(who, why, &told);
	troupei_point_unlock(who);
	for (; told != NULL; told = next) { /* each stays until its news is reached */
		next = told->next;
		if (troupei_post(worker->system, worker, lives_of(told)->watch.nodes[1].of, told) != TROUPE_OK)
			troupei_lives_discard(told); /* it ends, and hears of nothing any more */
	}
}
