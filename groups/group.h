/* SPDX-License-Identifier: MIT */
/* group: an actor whose handler is the library's own and passes messages on.
 *
 *   troupe_join, troupe_leave ----> joined, version        any thread, with the lock of the group's reference held
 *                                      | copied when the version has changed
 *   a message ----> receive ----> seen: chosen from        the worker that runs the group, without a lock
 *
 *   G1  A message that is sent after a join has returned finds the member: join counts `version` up before it returns, the
 *       send's push and the group's take hand that on (mailbox.h), and receive compares versions before it chooses.
 *   G2  Passing on and leaving take no memory but the copies of a message to all: whoever makes `joined` larger makes `fresh`
 *       as large, which the router puts in the place of `seen`.
 *   G3  A member that has ended is taken out when it is found: by who would choose it, and by a join that would make `joined`
 *       larger. So the dead are fewer than the living ever were, and nobody needs to be told of an end.
 *   G4  A group has two owners, who opens it and its actor, and is freed by the second that lets go. It is in the table from
 *       when the first has put it there until its actor ends.
 *   G5  No group leads back to itself through its members: messages would go round for ever. */
#ifndef TROUPEI_GROUPS_GROUP_H
#define TROUPEI_GROUPS_GROUP_H

#include "actors/system.h"
#include "groups/members.h"

struct pool; /* pool.c: what to make members of */

struct group {
	/* with the lock held */
	struct group *next;     /* in the table */
	struct members joined;
	struct members fresh;   /* G2; no room: `seen` is large enough */
	bool listed, ended;     /* G4 */
	uint32_t owners;
	uint32_t version;       /* written with the lock held; the router reads it without */

	/* set before it is known to anybody else */
	troupe_ref ref;
	uint8_t system;
	troupe_routing routing;
	uint64_t (*key)(const troupe_message *m);
	struct pool *pool;

	/* the worker that runs it */
	struct members seen;
	uint32_t seen_version;
	uint32_t turn;
};

/* The group with its lock held; NULL: this is no group, or it has ended, and nothing is locked. Any thread. */
struct group *troupei_group_lock(troupe_ref ref);
/* The same for who has the group in hand, in the table or not. */
void troupei_group_lock_own(troupe_ref ref);
void troupei_group_unlock(troupe_ref ref);

struct group *troupei_group_new(troupe_system system, const troupe_group_options *options); /* NULL: no memory */
void troupei_group_free(struct group *group);

/* Who opens it lets go: with a reference it is in the table from now on, unless it has ended already. */
void troupei_group_publish(struct group *group, troupe_ref ref);

/* Its actor ends. */
void troupei_group_end(struct group *group, troupe_ref ref);

/* nest.c: is this one a group? No lock held. */
bool troupei_group_is(troupe_ref ref);
/* G5. @p member, a group, may become a member of @p group until troupei_group_nest_end, which is to be called in any case.
 * TROUPE_EINVAL: that would close a circle; TROUPE_ENOMEM: nobody knows. No lock of a group held. */
troupe_status troupei_group_nest_begin(troupe_ref group, troupe_ref member);
void troupei_group_nest_end(void);

/* With the lock held: codes as troupe_join. */
troupe_status troupei_group_add(struct group *group, troupe_ref member);

/* A member has ended: for who knows it earlier than the group finds out. Nothing happens when it is none. Any thread. */
void troupei_group_forget(troupe_ref group, troupe_ref member);

/* The router looks at who is in it now. */
void troupei_group_refresh(struct group *group, troupe_ref ref);

/* The same when it has found a dead one: all the dead are taken out. */
void troupei_group_bury(struct group *group, troupe_ref ref);

/* The router: whom the message goes to: a place in `seen`, which is not empty. @p random: the state of its random numbers. */
uint32_t troupei_group_choose(struct group *group, uint64_t key, uint64_t *random);

/* receive.c: the handler. */
troupe_verdict troupei_group_receive(troupe_actor *me, const troupe_message *m);

/* open.c */
bool troupei_group_options_read(troupe_group_options *own, const troupe_group_options *given);
/* @p pool is the group's on success. Codes as troupe_spawn. */
troupe_status troupei_group_make(troupe_system system, const troupe_group_options *options, struct pool *pool,
                                 troupe_ref *out);

/* pool.c */
troupe_verdict troupei_pool_init(troupe_actor *me);
void troupei_pool_free(struct pool *pool); /* NULL is allowed */

#endif
