/* SPDX-License-Identifier: MIT */
/* Running actors that may block. B1 to B4: blocking.h. */
#include "actors/blocking.h"

#include <setjmp.h>
#include <string.h>
#include <unistd.h>

#include "actors/contain.h"
#include "actors/flood.h"
#include "actors/shelter.h"
#include "actors/turn.h"
#include "base/check.h"
#include "base/memory.h"

#define IDLE_NS INT64_C(5000000000) /* a thread that had nothing to do for so long ends */

struct blocking_worker {
	struct actor_worker worker;
	struct blocking_worker *next_all, *next_free;
};

static struct troupei_system *system_of(const struct crew *crew)
{
	return (struct troupei_system *)((uintptr_t)crew - offsetof(struct troupei_system, blocking.crew));
}

/* ---------------------------------------------------------------------------------------------------------- workers -- */

/* Zeroed but for what a thread apart never uses, ring and floods: most of its pages are never touched. */
static void worker_init(struct troupei_system *system, struct actor_worker *worker, uint32_t number)
{
	char *bytes = (char *)worker;

	memset(bytes, 0, offsetof(struct actor_worker, base.buffer));
	memset(bytes + offsetof(struct actor_worker, system), 0,
	       offsetof(struct actor_worker, floods) - offsetof(struct actor_worker, system));
	worker->base.scheduler = &system->scheduler;
	worker->base.index = number % system->scheduler.regular_count; /* in whose wheel its timers are */
	worker->system = system;
	worker->system_id = system->id;
	troupei_flood_set(worker, false);
	worker->apart = true;
	worker->me.system.private_ = system;
}

static struct blocking_worker *worker_new(struct troupei_system *system)
{
	struct blocking *blocking = &system->blocking;
	struct blocking_worker *own = troupei_allocate_aligned(sizeof *own);

	if (own == NULL)
		return NULL;
	worker_init(system, &own->worker, blocking->made++);
	own->next_all = blocking->all;
	/* ALL.store, release, pairs with troupei_blocking_next (acquire): who sees it sees its zeroes. */
	troupei_store_release_ptr(&blocking->all, own);
	return own;
}

/* The thread ends, or was never made: what it handles signals on is another's next. */
static void drop(struct crew *crew, void *own)
{
	struct blocking_worker *worker = own;

	troupei_store_relaxed_32(&worker->worker.base.tid, 0);
	troupei_shelter_leave(&worker->worker);
	worker->next_free = system_of(crew)->blocking.free;
	system_of(crew)->blocking.free = worker;
}

static void *make(struct crew *crew)
{
	struct troupei_system *system = system_of(crew);
	struct blocking_worker *own = system->blocking.free;

	if (own == NULL)
		own = worker_new(system);
	else
		system->blocking.free = own->next_free;
	if (own == NULL || troupei_load_relaxed_8(&system->contains) == 0 || troupei_shelter_make(&own->worker))
		return own;
	drop(crew, own);
	return NULL;
}

bool troupei_blocking_contain(struct troupei_system *system)
{
	bool made = true;

	pthread_mutex_lock(&system->blocking.crew.lock);
	for (struct blocking_worker *at = system->blocking.all; made && at != NULL; at = at->next_all)
		made = troupei_shelter_make(&at->worker);
	/* CONTAINS.store, release, pairs with the load of who is about to make a contained actor. With the lock held, so that a
	 * thread is made either before this, and has got its shelter here, or after it. */
	if (made)
		troupei_store_release_8(&system->contains, 1);
	pthread_mutex_unlock(&system->blocking.crew.lock);
	return made;
}

const struct actor_worker *troupei_blocking_next(const struct troupei_system *system, const struct actor_worker *at)
{
	const struct blocking_worker *next = at != NULL ? ((const struct blocking_worker *)at)->next_all
	                                                : troupei_load_acquire_ptr(&system->blocking.all);

	return next != NULL ? &next->worker : NULL;
}

/* ------------------------------------------------------------------------------------------------------------ turns -- */

static void *take(struct crew *crew)
{
	struct blocking *blocking = &system_of(crew)->blocking;
	struct cell *cell = blocking->first;

	if (cell != NULL)
		blocking->first = cell->extra->next_blocking;
	return cell;
}

/* A handler may leave its turn by a jump, as on any worker: contain.h. */
static void __attribute__((noinline)) run_turn(struct worker *worker, struct cell *cell)
{
	if (sigsetjmp(worker->top, 0) == 0)
		troupei_turn_run(worker, &cell->runnable);
	else
		troupei_contain_escaped(worker);
}

static void work(struct crew *crew, void *thing, void *own)
{
	struct blocking_worker *mine = own;
	struct cell *cell = thing;

	if (mine->worker.base.tid == 0)
		troupei_store_relaxed_32(&mine->worker.base.tid, (uint32_t)gettid());
	troupei_worker_current = &mine->worker.base;
	run_turn(&mine->worker.base, cell);
	troupei_worker_current = NULL;
	troupei_scheduler_apart_end(&system_of(crew)->scheduler); /* B3 */
}

void troupei_blocking_hand_over(struct troupei_system *system, struct cell *cell)
{
	struct blocking *blocking = &system->blocking;

	troupei_scheduler_apart_begin(&system->scheduler); /* B3 */
	pthread_mutex_lock(&blocking->crew.lock);
	cell->extra->next_blocking = NULL;
	if (blocking->first == NULL)
		blocking->first = cell;
	else
		blocking->last->extra->next_blocking = cell;
	blocking->last = cell;
	bool there_is_one = troupei_crew_call(&blocking->crew);
	pthread_mutex_unlock(&blocking->crew.lock);
	TROUPEI_ASSERT(there_is_one); /* B4 */
}

bool troupei_blocking_begin(struct actor_worker *worker, struct cell *cell)
{
	if (!worker->apart) {
		troupei_blocking_hand_over(worker->system, cell);
		return false;
	}
	worker->publish_at = 0; /* B2: after each send; see push in send.c */
	return true;
}

void troupei_blocking_publish(struct actor_worker *worker)
{
	struct runnable *woken = worker->base.lifo;

	worker->base.lifo = NULL;
	if (woken != NULL)
		troupei_scheduler_inject(&worker->system->scheduler, woken);
}

void troupei_blocking_arm(struct actor_worker *worker, struct timer_entry *entry)
{
	struct scheduler *scheduler = &worker->system->scheduler;

	troupei_timers_arm(&scheduler->workers[worker->base.index]->timers, entry);
	troupei_scheduler_timer_armed(scheduler);
}

/* ------------------------------------------------------------------------------------------------- beginning and end -- */

static const struct crew_hooks hooks = { .take = take, .work = work, .make = make, .drop = drop };

void troupei_blocking_init(struct troupei_system *system, uint32_t threads_max)
{
	troupei_crew_init(&system->blocking.crew, &hooks);
	system->blocking.threads_max = threads_max > 0 ? threads_max : BLOCKING_THREADS_DEFAULT;
}

void troupei_blocking_fini(struct troupei_system *system)
{
	struct blocking_worker *own = system->blocking.all, *next;

	for (; own != NULL; own = next) {
		next = own->next_all;
		troupei_shelter_free(&own->worker);
		troupei_deallocate_aligned(own);
	}
	troupei_crew_fini(&system->blocking.crew);
}

troupe_status troupei_blocking_open(struct troupei_system *system)
{
	struct blocking *blocking = &system->blocking;

	pthread_mutex_lock(&blocking->crew.lock);
	bool open = troupei_crew_open(&blocking->crew, 1, blocking->threads_max, IDLE_NS);
	pthread_mutex_unlock(&blocking->crew.lock);
	return open ? TROUPE_OK : TROUPE_ETHREAD;
}

void troupei_blocking_stop(struct troupei_system *system)
{
	pthread_mutex_lock(&system->blocking.crew.lock);
	troupei_crew_stop(&system->blocking.crew, INT64_MAX);
	pthread_mutex_unlock(&system->blocking.crew.lock);
}
