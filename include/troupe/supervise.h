/* SPDX-License-Identifier: MIT */
/* Supervisors: actors that begin other actors, and begin them again when they fail. */
#ifndef TROUPE_SUPERVISE_H
#define TROUPE_SUPERVISE_H

#include "actor.h"

TROUPE_EXTERN_C_BEGIN

/* A child of a supervisor lives more than once, and stays the same actor: references, names, memberships of groups, monitors of it
 * and queued messages go on from one life to the next. Its state begins as at the spawn, init runs again, and what the last life
 * had open is gone: timers, becomings, reply addresses, monitors and links that it had, and children (those end for good);
 * questions that it kept are told (TROUPE_EGONE). Between two lives none of its functions runs: messages wait. */

/* When a child begins another life. */
typedef enum troupe_restart {
	TROUPE_PERMANENT = 0, /* whenever a life has ended */
	TROUPE_TRANSIENT,     /* when it failed; a normal end (TROUPE_OK) is for good */
	TROUPE_TEMPORARY      /* never: any end is for good, and the supervisor forgets it */
} troupe_restart;

/* Who else begins again when one child does. */
typedef enum troupe_strategy {
	TROUPE_ONE_FOR_ONE = 0,
	TROUPE_ONE_FOR_ALL,  /* all: the others' lives are ended, last first, then all begin, first first */
	TROUPE_REST_FOR_ONE  /* those that stand behind it */
} troupe_strategy;

/* What becomes of messages that wait when a life ends. (The one that it failed on is a dead letter.) */
typedef enum troupe_queue {
	TROUPE_QUEUE_KEEP = 0, /* the next life handles them */
	TROUPE_QUEUE_DROP,     /* dead letters */
	TROUPE_QUEUE_HAND_BACK /* to who sent them (troupe_send_from), as TROUPE_RETURNED; else dead letters */
} troupe_queue;

/* Does the end of significant children end their supervisor? An end is one for good. */
typedef enum troupe_auto_shutdown {
	TROUPE_NEVER = 0,
	TROUPE_ANY_SIGNIFICANT, /* the first */
	TROUPE_ALL_SIGNIFICANT  /* the last */
} troupe_auto_shutdown;

#define TROUPE_UNLIMITED UINT32_MAX /* restarts_max */
#define TROUPE_AT_ONCE   (-1)       /* stop_within_ns: killed without being asked to stop */

/* One child. */
typedef struct troupe_child_spec {
	const char *name;                           /* for troupe_child; no two alike; NULL: it has none */
	const troupe_behaviour *behaviour;          /* what the child is, or */
	const struct troupe_supervisor *supervisor; /* a supervisor with children of its own; one of the two */
	const void *initial;                        /* the state of each life begins as a copy of it; must outlive the tree; NULL: zeros */
	troupe_restart restart;
	troupe_queue queue;
	int64_t stop_within_ns;                     /* after that it is killed; default: 5 s, supervisors no limit */
	bool significant;                           /* see troupe_auto_shutdown; not of permanent children */
	uint8_t reserved_small[7];                  /* 0 */
	uint64_t reserved[4];                       /* 0 */
} troupe_child_spec;

/* A supervisor. Usually `static const`; must outlive its tree. */
typedef struct troupe_supervisor {
	const char *name;                  /* in reports; default: "supervisor" */
	const troupe_child_spec *children; /* ended by one without behaviour and supervisor; begun in this order, each after the init
	                                      of the one before it; ended backwards; NULL: none yet */
	troupe_strategy strategy;
	troupe_auto_shutdown auto_shutdown;
	uint32_t restarts_max;             /* within within_ns; one more, and it ends its children and itself (TROUPE_ERESTARTS), so
	                                      that its own supervisor may begin it again; default, when both are 0: 3 in 5 s */
	uint32_t reserved_small;           /* 0 */
	int64_t within_ns;
	int64_t back_off_ns;               /* wait before the second restart in a row of a child (its life was shorter than within_ns),
	                                      then doubled each time, give or take a quarter by chance; default: no wait */
	int64_t back_off_ns_max;           /* default: 30 s */
	uint64_t reserved[4];              /* 0 */
} troupe_supervisor;

/** Start a tree of supervisors and children. Every actor in it can be found and sent to when this returns; they begin in order.
 *  @param me   the actor whose child the tree becomes; NULL: nobody's, from any thread
 *  @param out  the top supervisor: troupe_stop ends the tree in order; may be NULL
 *  @retval TROUPE_EINVAL  no behaviour and no supervisor, or both; two children of one name; an enum out of range; a time below 0
 *                         (but TROUPE_AT_ONCE); restarts_max 0 with within_ns above 0, or the reverse; a significant child that
 *                         is permanent; reserved not 0; deeper than 16 supervisors
 *  @retval TROUPE_ENOMEM  @retval TROUPE_ELIMIT  @retval TROUPE_ECLOSED  @retval TROUPE_ETHREAD  as troupe_spawn; nothing was
 *          started */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_supervise(troupe_system system, troupe_actor *me,
                                                           const troupe_supervisor *tree, troupe_ref *out);

/** Add a child while the supervisor runs: it begins soon, and is the last. Any thread.
 *  @param spec  copied, but what it points to is not: the same rules. A child that is added is forgotten when its supervisor ends
 *               a life, and its initial state is copied now
 *  @retval TROUPE_EINVAL  as troupe_supervise; not a supervisor   @retval TROUPE_EEXIST  the name is taken
 *  @retval TROUPE_EGONE   the supervisor has ended   @retval TROUPE_ECLOSED  it is ending, or the system is
 *  @retval TROUPE_ENOMEM  @retval TROUPE_ELIMIT */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_add_child(troupe_ref supervisor, const troupe_child_spec *spec,
                                                           troupe_ref *out);

/** End a child for good, in order (stop_within_ns); its supervisor forgets it. Not blocking. Any thread. (troupe_stop and
 *  troupe_kill end its life; whether there is another one, its restart says.)
 *  @retval TROUPE_EINVAL  not a supervisor   @retval TROUPE_ENOENT  not a child of it
 *  @retval TROUPE_EGONE   the supervisor has ended   @retval TROUPE_ECLOSED  it is ending all of them */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_remove_child(troupe_ref supervisor, troupe_ref child);

/** Find a child by the name in its spec; of one's own siblings: troupe_child(troupe_parent(me), "vault", &self->vault.ref).
 *  Any thread. @retval TROUPE_EINVAL  not a supervisor, no name  @retval TROUPE_ENOENT  no such child
 *  @retval TROUPE_EGONE  the supervisor has ended */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_child(troupe_ref supervisor, const char *name, troupe_ref *out);

/** How many lives @p me had before this one. @param last  how the last one ended; may be NULL; TROUPE_OK if this is the first */
TROUPE_API uint32_t troupe_lives(const troupe_actor *me, troupe_status *last);

TROUPE_EXTERN_C_END
#endif
