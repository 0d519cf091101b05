/* SPDX-License-Identifier: MIT */
/* Groups: routers, pools and topics.
 *
 * A GROUP is a reference, typed as its members are, that passes on what it is sent: troupe_send, troupe_ask and the rest take
 * it as they take an actor's, and it may be stopped, waited for and named as one. A TOPIC is a group with a name that passes on
 * to all; a POOL is one that made its members itself. A member is in until it leaves or ends: who has ended is passed over, and
 * a message that was meant for it goes to another.
 *
 * Order: what one sender sends through one group to one member arrives in that order. What it sends there without the group
 * afterwards may come earlier. The books: a message is handled by the group, which sends it on, and handled again by who
 * gets it; each copy of one that goes to all is a message. What comes to a group without members is a dead letter (ENOENT).
 *
 * SCATTER AND GATHER: a question to a group that passes on to all is one question for each member, asked with the same
 * address. What the address expects says how they are gathered, and `within_ns` when they are late:
 *
 *     the first answer   troupe_ask_then, or troupe_expect without answers
 *     k of them          .answers = k, .questions = 1            (one troupe_ask, however many members it goes to)
 *     all of them        .answers = TROUPE_ANSWERS_ALL           (closes with one TROUPE_UNANSWERED: TROUPE_OK)
 *
 * Answers that come after that are dead letters (ECLOSED). */
#ifndef TROUPE_GROUP_H
#define TROUPE_GROUP_H

#include "ask.h"

TROUPE_EXTERN_C_BEGIN

/* Whom a message goes to. */
typedef enum troupe_routing {
	TROUPE_BY_TURNS = 0, /* one after the other */
	TROUPE_AT_RANDOM,
	TROUPE_TO_LEAST,     /* by turns, but one that is idle goes before one that is not, and one with nothing new waiting
	                        before one with something; 8 of them are looked at. How much waits is not looked at */
	TROUPE_BY_KEY,       /* equal keys go to the same member; of n members one that joins or leaves moves 1/n of the keys */
	TROUPE_TO_ALL        /* a copy to each. A payload that was moved or shared is shared by all: troupe_take gives NULL */
} troupe_routing;

typedef struct troupe_group_options {
	uint32_t struct_size;   /* see TROUPE_OPTIONS */
	troupe_routing routing; /* default: TROUPE_BY_TURNS */
	uint64_t (*key)(const troupe_message *m); /* TROUPE_BY_KEY alone: of a message; any thread, must not send nor block */
} troupe_group_options;

/** Open a group without members. It is nobody's child: troupe_stop ends it; its members live on.
 *  @param name     found by troupe_find. A group of that name that is open, with the same options, is opened again: the same
 *                  reference comes out. NULL: none
 *  @param options  NULL: by turns
 *  @retval TROUPE_EINVAL  a routing that is not known; a key without TROUPE_BY_KEY, or that without a key; struct_size; a name
 *                         that is empty or too long
 *  @retval TROUPE_EEXIST  the name is another actor's, or a group's with other options
 *  @retval TROUPE_ENOMEM  @retval TROUPE_ELIMIT  @retval TROUPE_ECLOSED  as for troupe_spawn */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_group_open(troupe_system system, const char *name,
                                                            const troupe_group_options *options, troupe_ref *out);

/** Open a pool: a group that begins by making @p count members. They are its children: told to end, and ended, before it is.
 *  They are made before its first message is passed on; if there is no room or memory for them then, the group ends for that
 *  reason, with a line in the log.
 *  @param behaviour  of each; must outlive the pool. What one with TROUPE_HAND_BACK leaves behind goes to another member,
 *                    unless it was sent with troupe_send_from
 *  @param initial    state_size bytes, copied, the same for each; NULL: zeros
 *  @retval TROUPE_EINVAL  also: count is 0; @p behaviour as for troupe_spawn.  Others as troupe_group_open */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_group_spawn(troupe_system system, const troupe_group_options *options,
                                                             const troupe_behaviour *behaviour, const void *initial,
                                                             uint32_t count, troupe_ref *out);

/** Make an actor a member, until it leaves or ends; one that is a member stays one. When this has returned, whatever is sent to
 *  the group from then on may reach it; it may also get what was sent before and is not passed on yet. A group may be a member
 *  of another, but not of itself, through others neither: messages would go round for ever.
 *  @retval TROUPE_EINVAL  @p group is no group, the member itself, or in it; @p member is a reply address, or of another system
 *  @retval TROUPE_EGONE   one of them has ended   @retval TROUPE_ENOMEM */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_join(troupe_ref group, troupe_ref member);

/** The member leaves. What is on its way to it, it still gets.
 *  @retval TROUPE_EINVAL  @p group is no group   @retval TROUPE_EGONE  it has ended
 *  @retval TROUPE_ENOENT  @p member is none of its members, or has ended */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_leave(troupe_ref group, troupe_ref member);

/** Who is in it and alive, at this moment, in the order in which they joined.
 *  @param members  room for @p room references; NULL when that is 0
 *  @param count    how many there are, be there room for them or not
 *  @retval TROUPE_EINVAL  @p group is no group   @retval TROUPE_EGONE  it has ended */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_group_members(troupe_ref group, troupe_ref *members, size_t room,
                                                               size_t *count);

TROUPE_EXTERN_C_END
#endif
