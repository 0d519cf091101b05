/* SPDX-License-Identifier: MIT */
/* DRAFT, NOT PART OF THE LIBRARY: nothing here is implemented, installed or promised. It shows that fault tolerance can be
 * added to the headers of 0.1 and break no program. Where a struct grows, the draft repeats it as NAME_next, members of
 * today first; the #defines at the end give it its real name, so that the samples beside this file read as they will. */
#ifndef TROUPE_NEXT_H
#define TROUPE_NEXT_H

#include "troupe.h"
TROUPE_EXTERN_C_BEGIN

/* status.h: more rows at the end of TROUPE_STATUS_LIST. */
enum {
	TROUPE_EDEADLOCK = -18, /* nobody in this circle can answer: each waits for the next */
	TROUPE_ERESTARTS = -20, /* restarted too often: its supervisor gave up */
	TROUPE_ESTALLED = -21,  /* a handler took longer than it may */
	TROUPE_EREMOTE = -22    /* not possible in, or for, an actor that has a process of its own */
};

/* message.h: more of enum troupe_kind_own. Each comes only to who has asked for it. */
enum troupe_kind_next {
	TROUPE_LINKED = -1,    /* to who traps: about, linked to you, ended; why */
	TROUPE_DOWN = -2,      /* about, which you monitor, ended for good; token, why (EGONE: before you asked) */
	TROUPE_RESTARTED = -4, /* about, which you monitor, begins another life; token, why the last one ended */
	TROUPE_ROOM = -5       /* about, which refused you, has room; token */
};
/* ------------------------------------------------------------------------------------------------ what an actor is -- */
typedef enum troupe_overflow {
	TROUPE_REFUSE = 0,  /* the send is TROUPE_EFULL: nothing happened, nothing is counted but counters.refused */
	TROUPE_DROP_NEWEST, /* the send is TROUPE_OK, the message a dead letter (EFULL) */
	TROUPE_DROP_OLDEST, /* the send is TROUPE_OK, the first in the queue a dead letter (EFULL) */
	TROUPE_PARK         /* the send is TROUPE_OK, and its sender handles only control messages from the end of its handler
	                       until it has credit again. Plain threads: as TROUPE_REFUSE */
} troupe_overflow;

/* Bounds of a mailbox. Answers, timers and Troupe's own messages are never refused and do not count. 0: no limit. */
typedef struct troupe_bounds {
	uint32_t messages_max;
	troupe_overflow overflow;
	uint64_t bytes_max;
	int64_t delay_ns_max; /* older ones are dead letters (ETIMEOUT) when their turn comes; full while the oldest is older */
	uint64_t reserved[5]; /* 0 */
} troupe_bounds;
enum { TROUPE_PROCESS = TROUPE_CONTAINED + 1 }; /* of troupe_isolation: it runs in a child process. Payloads are copied: no
                                                    pointers */

typedef struct troupe_behaviour_next { /* actor.h: out of reserved[8] */
	const char *name; troupe_receive *receive;
	troupe_verdict (*init)(troupe_actor *me); /* first thing in EACH life: after a restart too, the state as at the spawn */
	void (*terminate)(troupe_actor *me, troupe_status why); /* last thing in each life, but not after ECRASHED */
	size_t state_size; const troupe_kind *kinds;
	troupe_fate leftovers; /* at the end for good: a restart keeps the queue, but for the message that failed */
	uint32_t turn_messages_max;
	const troupe_bounds *bounds;   /* default: none */
	troupe_isolation isolation;
	uint8_t blocks;                /* 1: handlers may block, and call what blocks: they run on threads apart from workers */
	uint8_t traps;                 /* 1: the end of a linked actor is a message TROUPE_LINKED, not an end by ELINKED */
	uint16_t reserved_small;       /* 0 */
	int64_t handler_ns_max;        /* then the watchdog reports it, and a process is ended (ESTALLED); default: the system's */
	uint64_t reserved[5];          /* 0 */
} troupe_behaviour_next;
_Static_assert(sizeof(troupe_behaviour_next) == sizeof(troupe_behaviour), "it fits");
_Static_assert(offsetof(troupe_behaviour_next, bounds) == offsetof(troupe_behaviour, reserved_bounds), "and moves nothing");
/* ------------------------------------------------------------------------------------------------------ supervision -- */
typedef enum troupe_restart { TROUPE_RESTART_DEFAULT = 0, TROUPE_ALWAYS, TROUPE_ON_FAILURE, TROUPE_NEVER } troupe_restart;
typedef enum troupe_strategy { TROUPE_ONE_FOR_ONE = 0, TROUPE_ONE_FOR_ALL, TROUPE_REST_FOR_ONE } troupe_strategy;
typedef enum troupe_routing { TROUPE_BY_TURNS = 0, TROUPE_TO_LEAST, TROUPE_BY_KEY, TROUPE_TO_ALL } troupe_routing;

/* A child, in a table that { 0 } ends. A restarted actor is the same actor in another life: same reference, names, queue,
 * monitors and groups; fresh state; its timers, children, reply addresses and becomings are gone, as at an end. */
typedef struct troupe_child_spec {
	const char *name;                           /* for troupe_child; copied by nobody; not NULL */
	const troupe_behaviour_next *behaviour;     /* this, or */
	const struct troupe_supervisor *supervisor; /* a subtree */
	const void *initial;                        /* of each life; must outlive the tree */
	troupe_restart restart;                     /* default: TROUPE_ALWAYS */
	uint32_t copies;                            /* default: 1. More: the name finds a group of them all */
	troupe_routing routing;                     /* of that group */
	uint32_t reserved_small;
	int64_t stop_within_ns;                     /* then it is killed; default: 5 s */
	uint64_t reserved[4];                       /* 0 */
} troupe_child_spec;
typedef struct troupe_supervisor {
	const char *name;
	const troupe_child_spec *children; /* started in this order, each after the init of the one before; ended backwards */
	troupe_strategy strategy;
	uint32_t restarts_max;             /* in within_ns, else it ends by TROUPE_ERESTARTS: its own parent's turn; default: 3 */
	int64_t within_ns;                 /* default: 5 s */
	int64_t back_off_ns;               /* before the second restart in a row, then doubled, give or take chance; default: none */
	int64_t back_off_ns_max;           /* default: 30 s */
	uint64_t reserved[4];              /* 0 */
} troupe_supervisor;

/** Start a tree. All of its references exist when it returns. @p me NULL: it is nobody's child. Codes as troupe_spawn. */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_supervise(troupe_system system, troupe_actor *me,
                                                           const troupe_supervisor *tree, troupe_ref *out);
/** Find a child; a sibling in init: troupe_child(troupe_parent(me), "vault", &self->vault.ref). @retval TROUPE_ENOENT */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_child(troupe_ref supervisor, const char *name, troupe_ref *out);
/** troupe_stop for good: its supervisor does not restart it, and forgets it. Codes as troupe_stop. */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_dismiss(troupe_ref child);
/** How many lives @p me had before this one; @p last: how the last one ended; may be NULL. */
TROUPE_API uint32_t troupe_lives(const troupe_actor *me, troupe_status *last);
typedef struct troupe_spawn_options_next { /* actor.h: after name */
	uint32_t struct_size; bool child; const char *name;
	troupe_ref under;            /* a supervisor whose child it becomes (not with child); default: none */
	troupe_ref joins;            /* a group; default: none */
	troupe_restart restart;      /* with under; default: TROUPE_ON_FAILURE */
	uint8_t link, monitor;       /* 1: with @p me, from birth */
	uint16_t reserved_small;
	uint64_t token;              /* of the monitor */
	const troupe_bounds *bounds; /* default: the behaviour's */
} troupe_spawn_options_next;

typedef struct troupe_monitor_id { uint64_t bits_private; } troupe_monitor_id;
/** Either's end by failure, a life's too, ends the other (TROUPE_ELINKED), or is told it (traps); a normal end is told only.
 *  Who has ended already counts as having failed by TROUPE_EGONE. @retval TROUPE_ENOMEM */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_link(troupe_actor *me, troupe_ref other);
TROUPE_API TROUPE_NODISCARD troupe_status troupe_unlink(troupe_actor *me, troupe_ref other); /* @retval TROUPE_ENOENT */
/** Be told its restarts, and its end once; at once if it is gone. @p out may be NULL. @retval TROUPE_ENOMEM */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_monitor(troupe_actor *me, troupe_ref other, uint64_t token,
                                                         troupe_monitor_id *out);
/** No news of it comes after this, not even what was queued. @retval TROUPE_ENOENT */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_unmonitor(troupe_actor *me, troupe_monitor_id monitor);
/* ---------------------------------------------------------------------------------------- overload, groups, answers -- */
/** After TROUPE_EFULL: one TROUPE_ROOM when @p to has room, or has ended. @retval TROUPE_ENOMEM */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_await_room(troupe_actor *me, troupe_ref to, uint64_t token);
/** The same for threads. Blocking: up to @p within_ns (0: no limit). @retval TROUPE_ETIMEOUT  @retval TROUPE_ECONTEXT */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_wait_room(troupe_ref to, int64_t within_ns);
typedef struct troupe_actor_numbers {
	uint64_t queued, queued_bytes, handled, refused, dropped, lives;
	int64_t delay_ns, delay_ns_max; /* of the message handled last; the longest */
	uint64_t reserved[8];           /* 0 */
} troupe_actor_numbers;
/** Counted from the first call on, or from birth where there are bounds. @retval TROUPE_EGONE */
TROUPE_API troupe_status troupe_actor_read(troupe_ref actor, troupe_actor_numbers *out);
typedef struct troupe_group_options {
	uint32_t struct_size; troupe_routing routing;
	uint64_t (*key)(const troupe_message *m); /* TROUPE_BY_KEY: equal keys go to the same member */
} troupe_group_options;

/** A group, router or topic: a reference, typed as its members are, that passes on what it is sent. A question to all is one
 *  for each. Ended by troupe_stop. @param name  found by troupe_find; an open group of that name is opened again; NULL: none */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_group_open(troupe_system system, const char *name,
                                                            const troupe_group_options *options, troupe_ref *out);
/** Until it leaves or ends. @retval TROUPE_EEXIST @retval TROUPE_EGONE @retval TROUPE_ENOMEM */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_join(troupe_ref group, troupe_ref member);
TROUPE_API TROUPE_NODISCARD troupe_status troupe_leave(troupe_ref group, troupe_ref member); /* @retval TROUPE_ENOENT */

/* ask.h: troupe_expectation.answers = UINT32_MAX: from all that were asked, however many that is; it closes by one
 * TROUPE_UNANSWERED (TROUPE_OK: they all did). All, any and k of n are expectations already. What is missing: */
/** The first of several futures to be ready. Blocking: up to @p within_ns (0: no limit). Codes as troupe_wait_room. */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_future_first(const troupe_future *futures, size_t n, int64_t within_ns,
                                                              size_t *which);
/** An address that gives each outcome to @p then, which answers @p to: chains. @retval TROUPE_ENOMEM */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_map(
        troupe_ref to, void (*then)(troupe_ref to, const troupe_message *outcome), troupe_ref *out);
/** When the asker gives up (troupe_now), whoever passed the question on; INT64_MAX: never, or no question. */
TROUPE_API int64_t troupe_deadline(const troupe_actor *me, const troupe_message *m);
/* -------------------------------------------------------------------------------------------------------- diagnosis -- */
typedef struct troupe_step { troupe_ref who; const char *name; int32_t kind; const char *kind_name; } troupe_step;
typedef struct troupe_trouble { /* valid during the hook */
	troupe_status why;               /* EDEADLOCK, ECRASHED, ESTALLED, ERESTARTS, EFAILED */
	uint32_t steps;                  /* EDEADLOCK: each asks the next with kind, the last the first; else 1: who handled what */
	const troupe_step *step;
	const char *text;                /* the same in words */
} troupe_trouble;

typedef struct troupe_options_next { /* system.h: after seed */
	uint32_t struct_size, workers; uint64_t actors_max; int64_t turn_ns_max;
	void (*dead_letter)(void *context, const troupe_dead_letter *letter);
	void (*log)(void *context, const char *line);
	void *context; troupe_ledger *ledger; uint64_t seed;
	uint32_t blocking_max;       /* threads for behaviours that block; default: 64 */
	uint32_t reserved_small;
	int64_t handler_ns_max;      /* watchdog; default: 1 s; it only reports */
	int64_t deadlock_ns;         /* a circle so old is broken: one question is UNANSWERED (EDEADLOCK); default: 100 ms */
	void (*trouble)(void *context, const troupe_trouble *trouble); /* as dead_letter; default: text to log */
} troupe_options_next;

/** Write what everyone is doing: trees, queues, who waits for whom, who runs for how long. Any thread; stops nobody. */
TROUPE_API troupe_status troupe_system_report(troupe_system system, void (*line)(void *context, const char *line),
                                              void *context);

TROUPE_API TROUPE_NODISCARD troupe_status troupe_start_next(const troupe_options_next *, troupe_system *);
TROUPE_API TROUPE_NODISCARD troupe_status troupe_spawn_next(troupe_system, const troupe_behaviour_next *, const void *, troupe_ref *);
TROUPE_API TROUPE_NODISCARD troupe_status troupe_spawn_with_next(troupe_system, troupe_actor *, const troupe_behaviour_next *,
                                                                 const void *, const troupe_spawn_options_next *, troupe_ref *);
#define troupe_behaviour     troupe_behaviour_next /* scaffolding: gone when the structs have grown */
#define troupe_spawn_options troupe_spawn_options_next
#define troupe_options       troupe_options_next
#define troupe_start         troupe_start_next
#define troupe_spawn         troupe_spawn_next
#define troupe_spawn_with    troupe_spawn_with_next
TROUPE_EXTERN_C_END
#endif
