/* SPDX-License-Identifier: MIT */
/* Futures, and the blocking call that stands on them. */
#include "actors/future.h"

#include <string.h>
#include <time.h>

#include "actors/dead_letter.h"
#include "actors/deadlock.h"
#include "actors/remote.h"
#include "actors/spawn.h"
#include "base/memory.h"

/* A thread that waits for the first of several futures; on its stack. */
struct future_watcher {
	pthread_mutex_t lock; /* taken with a future's held, never the other way round */
	pthread_cond_t changed;
	bool called;
};

/* That it watches one of them, which it holds a reference to. */
struct future_watch {
	struct future_watch *next;
	struct future_watcher *watcher;
	struct future *future;
	pthread_mutex_t *lock; /* the future's */
};

enum { LOCKS = 64 };
static struct {
	pthread_mutex_t lock;
} __attribute__((aligned(TROUPEI_CACHE_LINE))) locks[LOCKS];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void locks_init(void)
{
	for (unsigned i = 0; i < LOCKS; i++)
		pthread_mutex_init(&locks[i].lock, NULL);
}

pthread_mutex_t *troupei_future_lock(const struct ask *ask)
{
	pthread_once(&once, locks_init);
	pthread_mutex_t *lock = &locks[troupei_slot_of((const struct cell *)ask) % LOCKS].lock;
	pthread_mutex_lock(lock);
	return lock;
}

static struct future *future_new(struct troupei_system *system, int64_t within_ns)
{
	struct future *future = troupei_allocate(sizeof *future);

	if (future == NULL)
		return NULL;
	memset(future, 0, sizeof *future);
	troupei_cond_init(&future->changed);
	future->system = system;
	future->deadline_ns = troupei_deadline_in(within_ns);
	future->references = 1;
	return future;
}

/* With the lock held: something has come, or nothing more will. */
static void future_signal(struct future *future)
{
	troupei_cond_broadcast(&future->changed);
	for (struct future_watch *watch = future->watches; watch != NULL; watch = watch->next) {
		struct future_watcher *watcher = watch->watcher;
		pthread_mutex_lock(&watcher->lock);
		watcher->called = true;
		troupei_cond_signal(&watcher->changed);
		pthread_mutex_unlock(&watcher->lock);
	}
}

void troupei_future_drop(struct future *future)
{
	if (--future->references > 0)
		return;
	pthread_cond_destroy(&future->changed);
	troupei_deallocate(future, sizeof *future);
}

void troupei_future_put(struct ask *ask, struct envelope *envelope, bool last)
{
	struct future *future = ask->of.future;
	bool answer = troupei_envelope_sort(envelope) == SORT_ANSWER;

	if (troupei_ask_is_for_all(ask)) {
		if (!answer)
			future->failed = (troupe_status)troupei_envelope_kind(envelope);
		if (last)
			future->closed = future->failed != TROUPE_OK ? future->failed : TROUPE_ECLOSED;
	} else if (last)
		future->closed = !answer                            ? (troupe_status)troupei_envelope_kind(envelope)
		                 : troupei_ask_answers_missing(ask) ? TROUPE_EUNANSWERED
		                                                    : TROUPE_ECLOSED;
	if (answer) {
		troupei_tally(future->system, troupei_worker_of(future->system), sent);
		troupei_list_append(&future->answers, envelope);
	} else {
		troupei_envelope_free(envelope);
	}
	future_signal(future);
}

void troupei_future_look_at_time(struct ask *ask, uint32_t generation)
{
	/* Whoever ends it takes its generation under the same lock: as long as that is current, the rest is the future's. */
	bool current = troupei_load_relaxed_32(&ask->generation) == generation;
	struct future *future = current && (troupei_ask_owner(ask) & ASK_FUTURE) ? ask->of.future : NULL;

	if (future == NULL || future->deadline_ns == INT64_MAX || troupei_clock_ns() < future->deadline_ns)
		return;
	if (troupei_ask_close(ask) && future->closed == TROUPE_OK)
		future->closed = TROUPE_ETIMEOUT;
}

/* An answer that nobody wants: it was counted as sent when it came. */
static void bury(struct troupei_system *system, struct ask *ask, uint32_t generation, struct envelope *envelope,
                 troupe_status why)
{
	envelope->generation = generation;
	troupei_envelope_bury(system, troupei_worker_of(system), (struct cell *)ask, envelope, why);
}

/* With the lock held: nothing more comes, and the slot's reference goes. What was not taken is returned: a circular list. */
static struct envelope *detach(struct ask *ask, troupe_status why)
{
	struct future *future = ask->of.future;
	struct envelope *left = future->answers;

	troupei_ask_close(ask);
	ask->of.future = NULL;
	future->answers = NULL;
	troupei_future_disarm(future);
	if (future->closed == TROUPE_OK)
		future->closed = why;
	future_signal(future);
	troupei_future_drop(future);
	return left;
}

/* What was not taken is buried without the lock, since the hook for dead letters may send. */
void troupei_future_close_locked(struct troupei_system *system, struct ask *ask, pthread_mutex_t *lock)
{
	uint32_t generation = ask->generation;
	struct envelope *left = detach(ask, TROUPE_ECLOSED), *envelope;

	troupei_ask_retire(ask);
	pthread_mutex_unlock(lock);
	while ((envelope = troupei_list_pop(&left)) != NULL)
		bury(system, ask, generation, envelope, TROUPE_ECLOSED);
	troupei_cell_give(system, troupei_worker_of(system), (struct cell *)ask);
}

void troupei_future_abandon(struct troupei_system *system, struct ask *ask)
{
	pthread_mutex_t *lock = troupei_future_lock(ask);

	bool open = troupei_cell_is_proxy((struct cell *)ask) && (troupei_ask_owner(ask) & ASK_FUTURE) && ask->of.future != NULL;
	if (open && ask->of.future->then != NULL) {
		if (troupei_ask_close(ask) && ask->of.future->closed == TROUPE_OK)
			ask->of.future->closed = ask->of.future->failed = TROUPE_ECLOSED;
		troupei_future_serve(ask, ask->generation, lock);
	} else if (open)
		troupei_future_close_locked(system, ask, lock);
	else
		pthread_mutex_unlock(lock);
}

static troupe_status future_open(struct troupei_system *system, struct actor_worker *worker,
                                 const troupe_expectation *options, troupe_future *out)
{
	struct future *future = future_new(system, options->within_ns);
	struct ask *ask;

	if (future == NULL)
		return TROUPE_ENOMEM;
	troupe_status status = troupei_ask_make(system, worker, options, &ask);
	if (status != TROUPE_OK) {
		troupei_future_drop(future);
		return status;
	}
	struct actor_worker *opener = troupei_deadlock_blocker();
	if (opener != NULL && troupei_ask_is_single(ask))
		troupei_wait_open(ask, opener->me.ref);
	ask->of.future = future;
	troupei_ask_mark(ask, ASK_FUTURE);
	out->ref = troupei_address_of(ask);
	troupei_ask_publish(ask);
	return TROUPE_OK;
}

troupe_status troupe_future_open(troupe_system system, const troupe_expectation *options, troupe_future *out)
{
	troupe_expectation own;
	struct entrance entrance;

	if (system.private_ == NULL || out == NULL || !troupei_options_read(&own, sizeof own, options))
		return TROUPE_EINVAL;
	if (own.hold || own.then != NULL)
		return TROUPE_EINVAL;
	if (troupei_is_remote())
		return TROUPE_EREMOTE;
	if (!troupei_system_enter(system.private_, &entrance))
		return TROUPE_ECLOSED;
	troupe_status status = future_open(system.private_, troupei_worker_of(system.private_), &own, out);
	troupei_system_leave(&entrance);
	return status;
}

struct ask *troupei_future_find(troupe_future future, pthread_mutex_t **lock)
{
	struct ask *ask = troupei_address_ask(future.ref);

	if (ask == NULL)
		return NULL;
	*lock = troupei_future_lock(ask);
	/* Slots of futures are freed with the lock held: what is seen now stays. */
	if (troupei_address_ask(future.ref) == ask && (troupei_ask_owner(ask) & ASK_FUTURE) && ask->of.future != NULL)
		return ask;
	pthread_mutex_unlock(*lock);
	return NULL;
}

/* Until there is an answer, an end, or no time left. With the lock held, and a reference. */
static void wait_for_change(struct future *future, pthread_mutex_t *lock)
{
	while (future->answers == NULL && future->closed == TROUPE_OK &&
	       troupei_cond_wait(&future->changed, lock, future->deadline_ns))
		;
}

/* An actor waits. True: for itself, by way of others: nothing will change, and the future is closed. */
static bool wait_in_actor(struct actor_worker *worker, struct ask *ask, struct future *future, pthread_mutex_t *lock,
                          struct wait_circle *circle)
{
	if (troupei_deadlock_block(worker, ask, circle)) {
		future->closed = TROUPE_EDEADLOCK;
		troupei_ask_close(ask);
		return true;
	}
	wait_for_change(future, lock);
	troupei_deadlock_end_block(worker);
	return false;
}

/* The next answer, or NULL and why there is none. With the lock held, which is given up meanwhile. */
static struct envelope *next_answer(struct ask *ask, struct future *future, pthread_mutex_t *lock,
                                    struct wait_circle *circle, troupe_status *why)
{
	struct actor_worker *waiter = troupei_ask_owner(ask) & ASK_WAITED ? troupei_deadlock_blocker() : NULL;

	future->references++;
	circle->count = 0;
	if (waiter == NULL || future->answers != NULL || future->closed != TROUPE_OK)
		wait_for_change(future, lock);
	else if (!wait_in_actor(waiter, ask, future, lock, circle))
		circle->count = 0;
	struct envelope *envelope = troupei_list_pop(&future->answers);
	if (envelope == NULL && future->closed == TROUPE_OK) { /* from now on answers are late */
		future->closed = TROUPE_ETIMEOUT;
		troupei_ask_close(ask); /* not closed: so the slot is still this future's */
	}
	*why = future->closed;
	return envelope;
}

/* Counted with the lock held: while the slot is the future's, the system is there. One that does not fit is a dead letter. */
static troupe_status read_answer(struct future *future, struct ask *ask, pthread_mutex_t *lock, struct envelope *envelope,
                                 int32_t kind, void *answer, size_t size)
{
	struct troupei_system *system = future->system;
	bool fits = troupei_envelope_kind(envelope) == kind && troupei_envelope_size(envelope) == size;
	uint32_t generation = ask->generation;
	struct gate_pass pass;

	if (fits)
		troupei_count_relaxed_64(&system->outside.handled, 1);
	else
		troupei_gate_enter(system->id, &pass); /* it is open: a system's futures are closed before its gate */
	troupei_future_drop(future);
	pthread_mutex_unlock(lock);
	if (!fits) {
		bury(system, ask, generation, envelope, TROUPE_EANSWER);
		troupei_gate_leave(&pass);
		return TROUPE_EANSWER;
	}
	if (size > 0)
		memcpy(answer, troupei_envelope_data(envelope), size);
	troupei_envelope_free(envelope);
	return TROUPE_OK;
}

troupe_status troupe_next(troupe_future handle, int32_t kind, void *answer, size_t size)
{
	pthread_mutex_t *lock;
	troupe_status why;
	struct wait_circle circle;

	if (answer == NULL && size > 0)
		return TROUPE_EINVAL;
	if (troupei_must_not_block())
		return TROUPE_ECONTEXT;
	struct ask *ask = troupei_future_find(handle, &lock);
	if (ask == NULL)
		return TROUPE_ECLOSED;
	struct future *future = ask->of.future;
	if (future->then != NULL) {
		pthread_mutex_unlock(lock);
		return TROUPE_EINVAL;
	}
	struct envelope *envelope = next_answer(ask, future, lock, &circle, &why);
	if (envelope != NULL)
		return read_answer(future, ask, lock, envelope, kind, answer, size);
	troupei_future_drop(future);
	pthread_mutex_unlock(lock);
	if (circle.count > 0) /* in a handler: the system is there */
		troupei_deadlock_report(troupei_actor_worker()->system, troupei_actor_worker(), &circle);
	return why;
}

/* With the lock held. */
static bool is_ready(const struct future *future)
{
	return future->answers != NULL || future->closed != TROUPE_OK || troupei_clock_ns() >= future->deadline_ns;
}

bool troupe_future_ready(troupe_future handle)
{
	pthread_mutex_t *lock;
	struct ask *ask = troupei_future_find(handle, &lock);

	if (ask == NULL)
		return true; /* troupe_next would say TROUPE_ECLOSED at once */
	bool ready = is_ready(ask->of.future);
	pthread_mutex_unlock(lock);
	return ready;
}

/* ---------------------------------------------------------------------------------------------------- several at once -- */

/* Watch one. False: it is ready, or not open, which is ready too. */
static bool watch_begin(struct future_watch *watch, struct future_watcher *watcher, troupe_future handle, int64_t *deadline_ns)
{
	pthread_mutex_t *lock;
	struct ask *ask = troupei_future_find(handle, &lock);
	struct future *future = ask != NULL ? ask->of.future : NULL;

	if (future == NULL)
		return false;
	bool ready = is_ready(future);
	if (!ready) {
		*watch = (struct future_watch){ future->watches, watcher, future, lock };
		future->watches = watch;
		future->references++;
		if (future->deadline_ns < *deadline_ns)
			*deadline_ns = future->deadline_ns;
	}
	pthread_mutex_unlock(lock);
	return !ready;
}

static void watch_end(struct future_watch *watch)
{
	struct future_watch **link = &watch->future->watches;

	pthread_mutex_lock(watch->lock);
	while (*link != watch)
		link = &(*link)->next;
	*link = watch->next;
	troupei_future_drop(watch->future);
	pthread_mutex_unlock(watch->lock);
}

/* Watch all until one is ready; which, or @p n: no time is left. */
static size_t first_ready(const troupe_future *futures, size_t n, int64_t deadline_ns, struct future_watch *watches)
{
	struct future_watcher watcher = { .called = false };
	size_t watched = 0, ready = n;
	int64_t next_ns = deadline_ns;

	pthread_mutex_init(&watcher.lock, NULL);
	troupei_cond_init(&watcher.changed);
	while (watched < n && watch_begin(&watches[watched], &watcher, futures[watched], &next_ns))
		watched++;
	if (watched == n) {
		pthread_mutex_lock(&watcher.lock);
		while (!watcher.called && troupei_cond_wait(&watcher.changed, &watcher.lock, next_ns))
			;
		pthread_mutex_unlock(&watcher.lock);
	}
	for (size_t i = 0; i < watched; i++)
		watch_end(&watches[i]);
	for (size_t i = 0; i < n && ready == n; i++)
		if (troupe_future_ready(futures[i]))
			ready = i;
	pthread_cond_destroy(&watcher.changed);
	pthread_mutex_destroy(&watcher.lock);
	return ready;
}

troupe_status troupe_future_first(const troupe_future *futures, size_t n, int64_t within_ns, size_t *which)
{
	int64_t deadline = troupei_deadline_in(within_ns);

	if (futures == NULL || n == 0 || n > SIZE_MAX / sizeof(struct future_watch) || which == NULL || within_ns < 0)
		return TROUPE_EINVAL;
	if (troupei_must_not_block())
		return TROUPE_ECONTEXT;
	struct future_watch *watches = troupei_allocate(n * sizeof *watches);
	size_t ready = n;
	if (watches == NULL)
		return TROUPE_ENOMEM;
	do
		ready = first_ready(futures, n, deadline, watches);
	while (ready == n && troupei_clock_ns() < deadline);
	troupei_deallocate(watches, n * sizeof *watches);
	if (ready == n)
		return TROUPE_ETIMEOUT;
	*which = ready;
	return TROUPE_OK;
}

/* Those that are ready leave the array. How many are left. */
static size_t drop_ready(troupe_future *futures, size_t n)
{
	size_t left = 0;

	for (size_t i = 0; i < n; i++)
		if (!troupe_future_ready(futures[i]))
			futures[left++] = futures[i];
	return left;
}

static troupe_status wait_for_some(troupe_future *futures, size_t n, size_t k, int64_t deadline, struct future_watch *watches)
{
	size_t left = drop_ready(futures, n);

	while (n - left < k) {
		if (first_ready(futures, left, deadline, watches) == left && troupei_clock_ns() >= deadline)
			return TROUPE_ETIMEOUT;
		left = drop_ready(futures, left);
	}
	return TROUPE_OK;
}

troupe_status troupe_future_some(const troupe_future *futures, size_t n, size_t k, int64_t within_ns)
{
	int64_t deadline = troupei_deadline_in(within_ns);

	if (futures == NULL || k == 0 || k > n || n > SIZE_MAX / sizeof(struct future_watch) || within_ns < 0)
		return TROUPE_EINVAL;
	if (troupei_must_not_block())
		return TROUPE_ECONTEXT;
	troupe_future *own = troupei_allocate(n * sizeof *own);
	struct future_watch *watches = own != NULL ? troupei_allocate(n * sizeof *watches) : NULL;
	troupe_status status = TROUPE_ENOMEM;
	if (watches != NULL) {
		memcpy(own, futures, n * sizeof *own);
		status = wait_for_some(own, n, k, deadline, watches);
	}
	troupei_deallocate(watches, n * sizeof *watches);
	troupei_deallocate(own, n * sizeof *own);
	return status;
}

void troupe_future_close(troupe_future handle)
{
	pthread_mutex_t *lock;
	struct ask *ask = troupei_address_ask(handle.ref);
	struct gate_pass pass;
	struct troupei_system *system = ask != NULL ? troupei_gate_enter(troupei_load_relaxed_8(&ask->system), &pass) : NULL;

	if (system == NULL)
		return;
	ask = troupei_future_find(handle, &lock);
	if (ask != NULL)
		troupei_future_close_locked(system, ask, lock);
	troupei_gate_leave(&pass);
}

troupe_status troupe_call_bytes(troupe_ref to, int32_t kind, const void *data, size_t size, size_t reply_offset,
                                int32_t answer_kind, void *answer, size_t answer_size, int64_t within_ns)
{
	struct cell *cell = troupei_ref_cell(to);
	troupe_future future = { { 0 } };

	if (within_ns < 0 || (answer == NULL && answer_size > 0))
		return TROUPE_EINVAL;
	if (troupei_must_not_block())
		return TROUPE_ECONTEXT;
	if (cell == NULL)
		return TROUPE_EGONE;
	struct gate_pass pass;
	struct troupei_system *system = troupei_gate_enter_for(to, cell, &pass);
	if (system == NULL)
		return TROUPE_EGONE;
	enum system_phase first_closed = troupei_worker_of(system) != NULL ? PHASE_STOPPING : PHASE_CLOSING;
	troupe_status status = troupei_system_phase(system) < first_closed
	                               ? future_open(system, NULL, TROUPE_OPTIONS(troupe_expectation, .within_ns = within_ns), &future)
	                               : TROUPE_ECLOSED;
	if (status == TROUPE_OK)
		status = troupe_ask_bytes(to, kind, data, size, reply_offset, future.ref);
	troupei_gate_leave(&pass);
	if (status == TROUPE_OK)
		status = troupe_next(future, answer_kind, answer, answer_size);
	troupe_future_close(future);
	return status;
}
