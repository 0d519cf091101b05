/* SPDX-License-Identifier: MIT */
/* threads: all that the library wants of threads, in one place. In production these are the C library's, one predicted branch away.
 * A simulation (explore/) puts its own in before any system starts: threads become fibers of one thread, which change over
 * nowhere but in a wait, at a point, or when one ends. So no lock is ever contended there, and none is wrapped here. */
#ifndef TROUPEI_BASE_THREADS_H
#define TROUPEI_BASE_THREADS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/atomics.h"

struct worker;
struct runnable;

struct thread_seam {
	uint32_t workers; /* of each system, whatever its options say */
	int (*create)(pthread_t *thread, void *(*run)(void *argument), void *argument); /* an error number, 0: made */
	bool (*join)(pthread_t thread, int64_t deadline_ns);                            /* false: it has not ended by then */
	bool (*wait)(const void *on, pthread_mutex_t *lock, int64_t deadline_ns);       /* false: time is over; lock may be NULL */
	void (*wake)(const void *on, bool all);
	void (*point)(const void *about); /* others may go on first */
	int64_t (*now_ns)(void);
	void (*stack)(uintptr_t *low, size_t *guard);
	/* The scheduler's choice: what can run, of which scheduler; who is to run, or NULL: nothing can; is any left? */
	void (*turn)(struct worker *worker, struct runnable *runnable);
	void (*offer)(const void *scheduler, void *runnable);
	void *(*take)(const void *scheduler);
	void (*close)(const void *scheduler); /* it is about to be freed */
	bool (*has_offers)(const void *scheduler);
	/* What happens to actors and messages, as it happens; cells and envelopes. */
	void (*spawned)(const void *cell);
	void (*ended)(const void *cell, int32_t why);
	void (*sent)(const void *envelope, const void *to);
	bool (*handles)(const void *envelope, const void *cell); /* false: its handler is to fail at once instead */
	void (*handled)(const void *envelope, const void *cell, bool deferred); /* the envelope may be gone by now */
	/* What the library itself takes for wrong, or may be asked to. */
	void (*dead)(const void *envelope, const void *to, int32_t kind, int32_t why); /* envelope NULL: the send was refused */
	void (*circle)(const void *circle);   /* of waits */
	void (*gives_up)(const void *cell);   /* what it still awaits, for it is told to end */
	void (*broken)(const char *words);
	void (*gave_up)(void);                /* by troupe_must, which is about to abort */
	/* A replay of a recording knows more; else NULL. */
	void (*unsent)(const void *envelope);          /* the push was refused */
	int32_t (*dictates)(void);                     /* what became of the send that begins here; 0: it was done */
	int32_t (*refused)(int32_t why);               /* here it is refused: what the caller is told */
	int64_t (*clock)(int64_t now_ns);                 /* what a handler was told */
	bool (*picks)(const void *cell);                  /* the actor's next message is first in its list now; false: it is not to have one */
	bool (*drains)(const void *cell); /* it may end now that its mailbox is empty */
	uint8_t (*obeys)(const void *cell, uint8_t signals); /* of these, which now */
};

/* NULL: production. Set while there is one thread and no system. */
extern const struct thread_seam *troupei_thread_seam TROUPEI_HIDDEN;

/* Somebody wants to know of messages: a simulation, or a recording (actors/record.h). Set as the other one is. */
extern bool troupei_noted TROUPEI_HIDDEN;

static inline bool troupei_is_noted(void)
{
	return troupei_unlikely(troupei_noted);
}

static inline bool troupei_is_simulated(void)
{
	return troupei_unlikely(troupei_thread_seam != NULL);
}

/* What comes now is seen by others, or depends on them: in a simulation they may come first. @p about: the cell it is done to, or
 * NULL. Never with a lock held, or between two steps that belong together. */
#define troupei_point(about) (troupei_is_simulated() ? troupei_point_now(about) : (void)0)

/* Out of the way of who is in production. */
void troupei_point_now(const void *about) __attribute__((cold));

/* As pthread_create: 0, or an error number. */
int troupei_thread_create(pthread_t *thread, void *(*run)(void *argument), void *argument);

/* Wait for its end until @p deadline_ns of CLOCK_MONOTONIC (INT64_MAX: no limit). False: it has not ended. */
bool troupei_thread_join(pthread_t thread, int64_t deadline_ns);

/* Sleep for a moment: what is waited for has nothing to wake anybody with. */
void troupei_thread_nap(int64_t ns);

/* The lowest address of the stack of the thread that calls, and how much below it nobody can reach; 0: not known. */
void troupei_thread_stack(uintptr_t *low, size_t *guard);

/* A jump has landed here, from deeper on this stack: the address sanitizer is told, who knows the stacks of threads alone. */
void troupei_thread_landed(void);

/* A condition variable that is timed by CLOCK_MONOTONIC. */
void troupei_cond_init(pthread_cond_t *cond);

/* Wait for it until @p deadline_ns (INT64_MAX: no limit). False: it has come. */
bool troupei_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t deadline_ns);

void troupei_cond_signal(pthread_cond_t *cond);
void troupei_cond_broadcast(pthread_cond_t *cond);

#endif
