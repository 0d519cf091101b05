/* SPDX-License-Identifier: MIT */
/* A round and what it consists of: worlds (systems), parts (scenarios at work), and plain threads. */
#ifndef STRESS_ROUND_H
#define STRESS_ROUND_H

#include <pthread.h>

#include "books.h"

#define WORLDS_MAX  3u
#define PARTS_MAX   6u
#define THREADS_MAX 6u

struct family;
struct part;
struct round;
struct thread;

/* How a round ends. */
enum mode {
	MODE_QUIET,   /* everything comes to its end, every actor is told to end; then there must be no actor left */
	MODE_SETTLED, /* what is queued is handled, then troupe_finish */
	MODE_MIDWAY,  /* troupe_finish while messages fly and threads send */
	MODE_ABRUPT   /* the same, with so little time that actors may have to be killed */
};

/* A system, and what its hooks have counted. */
struct world {
	struct round *round;
	troupe_system system;
	troupe_ledger ledger;
	troupe_status finished;     /* what troupe_finish gave */
	int64_t within_ns;
	_Atomic uint64_t letters;   /* shown to the dead letter hook */
	_Atomic uint64_t full_letters; /* of bounded mailboxes: TROUPE_EFULL, TROUPE_ETIMEOUT */
	_Atomic uint64_t refused;  /* sends of the tool */
	_Atomic uint64_t deadlocks_seen, deadlocks_lost; /* TROUPE_EDEADLOCK; questions open when a life ended */
	_Atomic uint64_t log_lines;
	_Atomic bool finishing;     /* troupe_finish is about to be called, or was */
	_Atomic uint64_t crashes_made, crashes_logged; /* by contained actors */
	_Atomic uint64_t processes_logged; /* that died */
	uint32_t blocking_max;
	_Atomic uint32_t blocking_now; /* handlers that block */
	bool started;
};

/* Whoever sends: in the state of each actor, and one for each plain thread. One thread at a time. */
struct sender {
	struct part *part;
	struct world *world; /* where it lives; NULL: a plain thread */
	struct numbers numbers;
	struct dice dice;
};

/* A plain thread of a part. */
struct thread {
	struct part *part;
	struct sender sender;
	uint32_t index; /* in its part, from 0 */
	bool late;      /* goes on while the systems are ended: may use references, not systems */
	pthread_t id;
	void (*run)(struct thread *thread);
};

/* Kinds of traffic. The functions run on the main thread, in this order. */
struct scenario {
	const char *name;
	const char *about;
	void (*build)(struct part *part);   /* make the actors */
	void (*start)(struct part *part);   /* send the first messages, start threads; NULL: nothing */
	void (*close)(struct part *part);   /* threads that are not late have been joined; close what answers to systems; or NULL */
	void (*stop)(struct part *part);    /* quiet rounds: tell every actor to end; NULL: stop those in refs */
	void (*check)(struct part *part);   /* the systems have ended; NULL: nothing to check */
	void (*discard)(struct part *part); /* free what build made */
	void (*letter)(struct part *part, const troupe_dead_letter *letter); /* a parcel, in the hook; or NULL */
	const struct family *family;        /* of a cast; NULL: none, or a mixture */
	bool takes_refusals;                /* its actors may find no room */
};

/* A scenario at work. */
struct part {
	const struct scenario *scenario;
	struct round *round;
	unsigned id;
	bool bounded;            /* a send may be refused: TROUPE_EFULL */
	bool spread;             /* its actors live in all worlds, not in one */
	unsigned home;           /* that one */
	uint64_t seed;           /* of the dice of its actors and threads */
	struct dice dice;        /* the main thread's alone */
	struct sender outside;   /* likewise */
	uint32_t actors;         /* how many it shall have, about */
	uint32_t budget;         /* how many messages, about */
	troupe_ref *refs;        /* [actors_count]; written before the first message is sent */
	uint32_t refs_count;
	_Atomic uint64_t *turns; /* [indices]: how often each actor's handlers ran */
	uint32_t indices;
	_Atomic int64_t pending; /* pieces of work that must come to an end by themselves */
	struct thread threads[THREADS_MAX];
	unsigned threads_count;
	void *own;               /* the scenario's */
};

struct round {
	uint64_t seed;
	struct dice dice;
	enum mode mode;
	struct world worlds[WORLDS_MAX];
	unsigned worlds_count;
	struct part parts[PARTS_MAX];
	unsigned parts_count;
	uint64_t memory_max;         /* of each world, to be reached; 0: none such */
	_Atomic bool closing;        /* make no more work, come to an end */
	_Atomic bool over;           /* all systems have ended */
	_Atomic uint64_t spawned;    /* spawns that said OK */
	_Atomic uint64_t terminated; /* actors whose terminate ran */
	_Atomic uint64_t unborn;     /* actors whose init failed */
	_Atomic uint64_t handbacks;  /* TROUPE_RETURNED that handlers saw */
	_Atomic uint64_t late_letters, late_questions; /* TROUPE_ETIMEOUT: dead letters; questions without a limit of time */
};

extern const struct scenario *const scenarios[];
extern const unsigned scenarios_count;

/** One round, from start to check. */
void round_run(uint64_t seed);

static inline bool round_closing(const struct round *round)
{
	return atomic_load_explicit(&round->closing, memory_order_relaxed);
}

/* ---------------------------------------------------------------------------------------------------------- world -- */

bool world_start(struct world *world, struct round *round);

/** Ask for the end of all worlds and wait for it; in any order, perhaps all at once. */
void worlds_finish(struct round *round);

/** Is the ledger in balance, and is it what the hooks saw? */
void worlds_check(struct round *round);

/** A question that had no limit of time was answered TROUPE_ETIMEOUT: has one waited in a bounded mailbox for too long? */
bool world_late_question(struct round *round);

/** Wait for the work that ends by itself. False: it does not. */
bool worlds_pending(struct round *round);

/** Wait until nothing is queued in any world, nor held back. */
void worlds_settle(struct round *round);

/** Wait until no actor is left. */
void worlds_deserted(struct round *round);

/** Print what a round that hangs is doing. */
void worlds_describe(void);

/* ----------------------------------------------------------------------------------------------------------- part -- */

void part_init(struct part *part, struct round *round, unsigned id, const struct scenario *scenario);

/** Room for the books of actors 0 to @p indices - 1. */
void part_indices(struct part *part, uint32_t indices);

/** Room for @p count references. */
void part_refs(struct part *part, uint32_t count);

/** Where actor @p i lives. */
struct world *part_world(struct part *part, uint32_t i);

/** Start a plain thread; a late one only in rounds that end in the middle. It counts as pending until it returns. */
void part_thread(struct part *part, bool late, void (*run)(struct thread *thread));

/** Join the threads that are, or are not, late. */
void part_join(struct part *part, bool late);

/** Tell the actors in refs to end. */
void part_stop(struct part *part);

void part_discard(struct part *part);

static inline void part_pending(struct part *part, int64_t more)
{
	atomic_fetch_add_explicit(&part->pending, more, memory_order_relaxed);
}

#endif
