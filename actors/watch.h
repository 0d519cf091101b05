/* SPDX-License-Identifier: MIT */
/* watch: monitors and links. One record each, which holds the message that it becomes, so that an actor's end needs no memory to
 * tell whom it concerns; and nobody is told twice, or after he wanted it no more.
 *
 *   W1  A record hangs at the point of the actor that it is about (a link: at both), or is on its way (its message is queued, or
 *       about to be), or is with the turn of the actor that it tells. Who takes it off the point of one that ends, with the
 *       lock held, sends it: that is one thread, and so each monitor tells one end once, and each link one of its two ends.
 *   W2  Taken back while it hangs, a record is freed. Taken back on its way, a monitor is marked by its owner, and a link leaves
 *       the list of news; it is freed when its message is reached. So after troupe_unmonitor or troupe_unlink nothing comes.
 *   W3  Nothing is sent to the actor that is watched, and nothing written in its memory but a signal: it is not woken, may be busy
 *       for as long as it likes, and may live in another system.
 *   W4  An actor's own monitors go before its mailbox is closed. So whoever finds that it takes no message any more holds the
 *       record alone, once he has had the lock. */
#ifndef TROUPEI_ACTORS_WATCH_H
#define TROUPEI_ACTORS_WATCH_H

#include "actors/system.h"
#include "actors/watch_point.h"

/* nodes[0]: of a monitor, the actor that is monitored; of a link, one of the two. nodes[1]: of a monitor, who monitors: it hangs
 * nowhere; of a link, the other. */
struct watch {
	struct envelope envelope;            /* SORT_DOWN or SORT_LINKED; embedded */
	struct envelope_extension extension; /* on its way. word: who has ended; kind: why */
	struct watch_node nodes[2];
	uint64_t token;
	uint64_t id;    /* of a monitor */
	uint8_t to;     /* on its way: the side that is told */
	bool cancelled; /* W2, of a monitor; the owner's */
	bool lives;     /* it is a struct lives_watch */
};

static_assert(sizeof(struct watch) <= 128, "one block");

/* A monitor that is told of restarts too: lives.c.
 *   W5  The news of a restart goes while the record hangs, in a second message, of which one at most is on its way. With it on its
 *       way the record is not freed: by who takes the monitor back, or reaches its end, but by who reaches the news. `told` and
 *       `over` are written with the point's lock held. */
struct lives_watch {
	struct watch watch;
	struct envelope envelope;            /* SORT_RESTARTED; embedded */
	struct envelope_extension extension;
	bool told; /* the news is on its way */
	bool over; /* the record is not needed but for that */
};

/* What a message of this sort says when it is reached. */
struct watch_news {
	int32_t kind; /* TROUPE_DOWN, TROUPE_LINKED, TROUPE_RESTARTED */
	troupe_ref about;
	troupe_status why;
	uint64_t token;
};

/* What a spawn is asked for: links and monitors from birth. */
struct watch_birth {
	struct actor_worker *by; /* runs the actor that spawns */
	bool link, monitor;
	uint64_t token;
	uint64_t id; /* of the monitor */
};

/* --------------------------------------------------------------------------------------- the actor that is watched -- */

/* It has ended for good: tell all whom it concerns. Its generation has moved on, and its slot is not used again yet. */
void troupei_watch_ended(struct actor_worker *worker, troupe_ref who, troupe_status why);

/* A life of the running actor has ended, and it begins another with the same reference: its links fire and go, monitors of it stay.
 * (Its own monitors: troupei_monitor_forget_all.) */
void troupei_watch_life_ended(struct actor_worker *worker, struct cell *cell, troupe_status why);

/* Another life of the running actor has begun: tell who monitors its lives. lives.c */
void troupei_watch_restarted(struct actor_worker *worker, struct cell *cell, troupe_status why);

/* Before anybody can reach it: link and monitor it. TROUPE_ENOMEM: neither. */
troupe_status troupei_watch_birth(struct watch_birth *birth, troupe_ref child);
/* It was not born after all. */
void troupei_watch_unborn(const struct watch_birth *birth, troupe_ref child);

/* ---------------------------------------------------------------------------------------- the actor that is told -- */

/* It reaches the message. False: taken back, and nothing is to be said. The record is freed. */
bool troupei_watch_reached(struct cell *cell, struct envelope *envelope, struct watch_news *out);

/* The message ended elsewhere: free the record. */
void troupei_watch_discard(struct envelope *envelope);

/* The same for the news of a restart: lives.c. */
bool troupei_lives_reached(struct envelope *envelope, struct watch_news *out);
void troupei_lives_discard(struct envelope *envelope);

/* monitor.c: TROUPE_ENOMEM. */
troupe_status troupei_monitor_make(struct actor_worker *worker, troupe_ref other, uint64_t token, uint64_t *id);
troupe_status troupei_monitor_make_lives(struct actor_worker *worker, troupe_ref other, uint64_t token, uint64_t *id);
/* TROUPE_ENOENT. */
troupe_status troupei_monitor_cancel(struct cell *owner, uint64_t id);
/* The owner ends, or its life does. */
void troupei_monitor_forget_all(struct cell *owner);

/* link.c: TROUPE_ENOMEM. */
troupe_status troupei_link_make(struct actor_worker *worker, troupe_ref other);
/* TROUPE_ENOENT. */
troupe_status troupei_link_cancel(troupe_ref me, troupe_ref other);

/* ----------------------------------------------------------------------------------------------- records: watch.c -- */

/* One that hangs nowhere; NULL: no memory. */
struct watch *troupei_watch_new(enum envelope_sort sort, troupe_ref first, troupe_ref second);
void troupei_watch_free(struct watch *watch);

/* The same of a monitor of lives. */
struct watch *troupei_lives_new(troupe_ref other, troupe_ref me);
/* Lock of its point held, and it hangs nowhere: is news of a restart on its way, which frees it (W5)? */
bool troupei_lives_keep(struct watch *watch);

static inline struct watch *troupei_watch_of_node(struct watch_node *node)
{
	return (struct watch *)((char *)(node - node->side) - offsetof(struct watch, nodes));
}

/* What it will say, and to which side. */
void troupei_watch_say(struct watch *watch, unsigned to, troupe_status why);

/* Send it: it has been taken off the point of who has ended. No lock held. */
void troupei_watch_bring(struct actor_worker *worker, struct watch *watch);

/* May the running actor link, or monitor, that one? TROUPE_EINVAL, TROUPE_ECLOSED. */
troupe_status troupei_watch_may(const troupe_actor *me, troupe_ref other);

#endif
