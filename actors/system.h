/* SPDX-License-Identifier: MIT */
/* system: what the actors of one system share, and what each of its workers knows. */
#ifndef TROUPEI_ACTORS_SYSTEM_H
#define TROUPEI_ACTORS_SYSTEM_H

#include "actors/registry.h"
#include "actors/slots.h"
#include "base/crew.h"
#include "base/record.h"
#include "processes/keeper.h"
#include "scheduler/scheduler.h"
#include "troupe.h"

/* How far the end has come: see shutdown.c. Only grows. */
enum system_phase {
	PHASE_RUNNING,
	PHASE_CLOSING,  /* nothing more from outside; what is queued is handled */
	PHASE_STOPPING, /* every actor is told to end; no more spawning */
	PHASE_KILLING,  /* the rest are killed */
};

/* What a handler has asked for, to be done when it has returned. */
enum {
	AFTER_EXIT = 1,
	AFTER_UNDEFER = 2,   /* the deferred messages come next */
	AFTER_BECOME = 4,    /* another receive function from the next message on */
	AFTER_TAKEN = 8,     /* the payload has gone: to the handler */
	AFTER_FORWARDED = 16, /* the envelope has gone: to another actor */
	AFTER_HOLD = 32,      /* it awaits an answer now */
	AFTER_WHY = 64,       /* troupe_fail was called */
	AFTER_UNDEFER_ONE = 128, /* the oldest deferred messages come next: so many as undefer_count says */
	AFTER_LOOK = 256,     /* it sent itself a control message */
};

/* Messages, counted where they are sent or come to their end. One writer each; read by anybody. */
struct tally {
	uint64_t sent, handled, dead, returned;
	uint64_t spawned, ended;
	uint64_t restarted; /* lives of supervised actors after a life that failed */
	uint64_t crashes; /* contained */
	uint64_t refused, dropped; /* by bounds, or the ceiling; those dropped are dead too */
	uint64_t parked, credited; /* sends that parked their actor; those that would have closed a circle */
	uint64_t deadlocks; /* found */
};

/* An actor that a worker sends to while it does not get to run: flood.h. */
struct flood_entry {
	struct cell *cell;
	struct envelope *last; /* that the worker pushed to it: only compared, never followed */
	struct chunk *chunk;   /* the worker may append to; NULL: none */
	uint32_t streak;       /* messages of one kind and size in a row with nobody else's between */
	int16_t kind;          /* of these */
	uint8_t size;
	uint8_t class;         /* of the next chunk */
	bool listed;           /* in worker.flooded: rest comes by */
};

enum { FLOOD_ENTRIES = 1024 };

enum { SENDS_BEFORE_PUBLISH = 128 }; /* more than a turn of messages with one send each */

/* Which of an actor's functions runs: to know how to go on when it is left by a jump. */
enum part { PART_RECEIVE, PART_INIT, PART_TERMINATE, PART_TERMINATE_LIFE };

/* Words of a worker that differ from one call of a handler to the next: stall.h. */
struct stall_sign {
	const struct cell *running; /* NULL: none */
	const void *data;
	uint64_t handled, turns, kind;
};

/* What the watchdog knows of a worker. */
struct watched {
	struct stall_sign sign;
	int64_t for_ns; /* it has been seen like this */
	bool told;      /* it took too long, and was reported */
	bool exposed;   /* and gave away what only it could reach */
};

/* A worker, and what it knows of the actor that it runs. */
struct actor_worker {
	struct worker base;
	struct troupei_system *system __attribute__((aligned(TROUPEI_CACHE_LINE)));
	uint8_t system_id;
	bool apart;                /* none of the scheduler's: its thread may block. See blocking.h */
	struct cell *running;
	struct envelope *current;  /* the message being handled; NULL: none, or one without an envelope */
	const struct chunk *chunk; /* that the message being handled lies in; else NULL */
	uint64_t question;         /* its reply address while nobody has cared for it; 0: none, or cared for */
	uint64_t publish_at;       /* tally.sent at which it publishes next: F4 in worker.h */
	uint32_t sends_to;         /* system_id; no system's while flooding: the hot path of send.c looks for both at once */
	bool peeked;               /* the message being handled lies in the mailbox still: T2 in turn.c */
	uint32_t records_to;       /* in a process that is recorded what sends_to is else; UINT32_MAX: it is not */
	bool flooding;             /* it has published in this turn: an actor that sends and sends. See flood.h */
	uint32_t after;            /* AFTER_... */
	uint32_t undefer_count;    /* of AFTER_UNDEFER_ONE */
	troupe_status why;         /* of AFTER_EXIT, and of TROUPE_FAILED */
	troupe_actor me;           /* what the handler is given */
	troupe_message message;    /* likewise */
	struct slot_cache slots;
	struct recorder recorder;  /* base/record.h */
	uint8_t mark;              /* in a recording: in runnable.fresh of those it ran last */
	uint32_t flooded_count;
	uint64_t flooding_since;   /* ticks */
	uint16_t chunk_from;       /* the first message of the chunk that this turn handled */
	uint8_t part;              /* enum part */
	troupe_status ended_by;    /* PART_TERMINATE: what it was told */
	struct shelter *shelter;   /* shelter.h; NULL: nothing to contain yet */
	struct watched watched;    /* the watchdog's */
	struct tally tally __attribute__((aligned(TROUPEI_CACHE_LINE)));
	struct flood_entry floods[FLOOD_ENTRIES] __attribute__((aligned(TROUPEI_CACHE_LINE)));
	uint16_t flooded[FLOOD_ENTRIES]; /* the entries that have a chunk */
};

/* Who waits for room, in order: room.h. */
struct room {
	struct room_request *first, *last;
};

/* ceiling.h */
struct ceiling {
	uint64_t max; /* 0: none */
	uint64_t used __attribute__((aligned(TROUPEI_CACHE_LINE)));
	uint32_t waited_for;
	struct room room;
};

struct waiter; /* wait.c */
struct blocking_worker; /* blocking.c */

/* The threads of actors that may block: blocking.h. */
struct blocking {
	struct crew crew;
	struct cell *first, *last;    /* the queue, linked by extra->next_blocking; with the crew's lock held */
	struct blocking_worker *all;  /* ever made; grows only */
	struct blocking_worker *free; /* with the crew's lock held */
	uint32_t threads_max;
	uint32_t made;
};

/* watchdog.h */
struct watchdog {
	pthread_t thread;
	bool started;          /* with wait_lock held */
	bool never;            /* time is a test's */
	uint32_t stop;
	int64_t limit_ns;      /* of behaviours without their own; 0: none */
	uint64_t limit_min_ns; /* of all */
	uint64_t stalls;
};

struct troupei_system {
	struct scheduler scheduler;
	struct slot_pool slots;
	struct registry *registry;
	uint32_t phase;           /* enum system_phase */
	uint8_t id;
	bool counts_actors;       /* actors_max is set */
	uint64_t actors_max;
	uint64_t actors_alive;    /* counts_actors: spawned and not ended, reply addresses too */
	uint64_t turn_ticks_max;
	void (*dead_letter)(void *context, const troupe_dead_letter *letter);
	void (*log)(void *context, const char *line);
	void *context;
	troupe_ledger *ledger;
	struct tally outside __attribute__((aligned(TROUPEI_CACHE_LINE))); /* of threads that are none of the workers: shared */
	struct blocking blocking;
	struct watchdog watchdog;
	struct keeper keeper;     /* courier.h, like these two */
	struct courier_behaviour *courier_behaviours;
	pthread_mutex_t courier_lock;
	pthread_mutex_t wait_lock;
	struct waiter *waiters;
	pthread_cond_t quit_signal;
	bool quit;
	uint8_t contains;         /* shelter.h: the workers have them */
	uint64_t crashes_max;     /* more than these within so long are one too many */
	int64_t crashes_within_ns;
	void (*ended)(struct troupei_system *system); /* another room wants to know; NULL: none. The gate is closed */
	uint64_t crashes_since_ns, crashes_since; /* when that time began, and how many since */
	struct ceiling ceiling;
};

/* In a child process: the same system, at the same place, with nobody in it and one worker, this thread, which runs turns itself.
 * False: no memory. */
bool troupei_system_reborn(struct troupei_system *system);

/* The worker that this thread is; NULL: none. */
static inline struct actor_worker *troupei_actor_worker(void)
{
	return (struct actor_worker *)troupei_worker_current;
}

/* The worker that this thread is, if it is one of this system's. */
static inline struct actor_worker *troupei_worker_of(const struct troupei_system *system)
{
	struct actor_worker *worker = troupei_actor_worker();

	return worker != NULL && worker->system == system ? worker : NULL;
}

/* Would a wait on this thread keep a worker from its work? */
static inline bool troupei_must_not_block(void)
{
	const struct actor_worker *worker = troupei_actor_worker();

	return worker != NULL && !worker->apart;
}

/* The worker that runs the actor that @p me is. */
static inline struct actor_worker *troupei_me_worker(const troupe_actor *me)
{
	return (struct actor_worker *)((char *)(uintptr_t)me - offsetof(struct actor_worker, me));
}

/* The worker has published (F4 in worker.h). The next time is after so many sends, or, while its handler takes too long
 * (watchdog.h), after the next one. */
static inline void troupei_published(struct actor_worker *worker)
{
	bool kept = troupei_load_relaxed_8(&worker->base.kept) != 0;

	worker->publish_at = kept ? 0 : worker->tally.sent + SENDS_BEFORE_PUBLISH;
}

/* Count in the worker's tally, or in the shared one. */
#define troupei_tally(system_, worker_, column)                                                \
	((worker_) != NULL ? troupei_count_own_64(&(worker_)->tally.column, 1)                 \
	                   : troupei_count_relaxed_64(&(system_)->outside.column, 1))

/* It was counted too early. */
#define troupei_tally_back(system_, worker_, column)                                                        \
	((worker_) != NULL ? troupei_count_own_64(&(worker_)->tally.column, (uint64_t)-1)                   \
	                   : troupei_count_relaxed_64(&(system_)->outside.column, (uint64_t)-1))

struct tally troupei_tally_sum(struct troupei_system *system);

/* ------------------------------------------------------------------------------------------------------------ gates --
 * A thread from outside passes a gate on its way into a system, so that the system is not freed under it. Gates are
 * type-stable: one for each system number, for ever. */

struct gate_pass {
	uint8_t id, count;
};

/* The system with this number, and it stays until gate_leave; NULL: there is none, do not leave. */
struct troupei_system *troupei_gate_enter(uint8_t id, struct gate_pass *pass);
void troupei_gate_leave(const struct gate_pass *pass);

/* The system of the actor at @p cell, which @p ref was found to reach; NULL: it has ended meanwhile, do not leave. */
struct troupei_system *troupei_gate_enter_for(troupe_ref ref, struct cell *cell, struct gate_pass *pass);

/* A number for a new system; 0: all are taken. Then nobody enters until open. */
uint8_t troupei_gate_reserve(void);
void troupei_gate_open(uint8_t id, struct troupei_system *system);
/* Nobody enters any more, and all who were inside have left when it returns. */
void troupei_gate_close(uint8_t id);
/* The number is free again. */
void troupei_gate_release(uint8_t id);
/* In a child process: nobody is inside anywhere, and this is the one system. */
void troupei_gates_reborn(uint8_t id, struct troupei_system *system);
/* Wait until nobody is inside at some moment from now on: who enters later sees what was written before. */
void troupei_gate_flush(uint8_t id);

/* ---------------------------------------------------------------------------------------------------- small helpers -- */

static inline enum system_phase troupei_system_phase(const struct troupei_system *system)
{
	return (enum system_phase)troupei_load_acquire_32(&system->phase);
}

/* A line to the log hook, or stderr. */
void troupei_log(struct troupei_system *system, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The behaviour's name. */
static inline const char *troupei_behaviour_name(const troupe_behaviour *behaviour)
{
	return behaviour->name != NULL ? behaviour->name : "actor";
}

/* Its name for a kind; "": not known. */
const char *troupei_kind_name(const troupe_behaviour *behaviour, int32_t kind);

/* The cell was woken: let a worker run it. @p worker: of this system, or NULL. */
static inline void troupei_schedule(struct troupei_system *system, struct actor_worker *worker, struct cell *cell)
{
	if (troupei_likely(worker != NULL && !worker->apart))
		troupei_worker_submit(&worker->base, &cell->runnable);
	else
		troupei_scheduler_inject(&system->scheduler, &cell->runnable);
}

/* Set a signal and wake the actor for it; the caller knows that the cell is that actor's. */
void troupei_signal(struct troupei_system *system, struct actor_worker *worker, struct cell *cell, uint8_t signal);

/* Read an options struct of any known or later size into @p own, which is zeroed first; @p size is its whole size.
 * False: it asks for something that this library does not know. */
bool troupei_options_read(void *own, size_t size, const void *given);

/* Are all of these bytes 0, as what is reserved must be? */
bool troupei_is_zero(const void *bytes, size_t size);

#endif
