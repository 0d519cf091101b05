/* SPDX-License-Identifier: MIT */
/* Plain threads that wait for the end of an actor. */
#include "actors/ask.h"
#include "actors/lifecycle.h"
#include "actors/shutdown.h"

/* On the stack of the thread that waits, in a list of its system; with the system's wait_lock held. */
struct waiter {
	struct waiter *next;
	troupe_ref ref;
	troupe_status why;
	bool ended;
	pthread_cond_t changed;
};

void troupei_wait_notify(struct troupei_system *system, troupe_ref ref, troupe_status why)
{
	pthread_mutex_lock(&system->wait_lock);
	for (struct waiter *waiter = system->waiters; waiter != NULL; waiter = waiter->next)
		if (troupe_ref_equal(waiter->ref, ref)) {
			waiter->why = why;
			waiter->ended = true;
			troupei_cond_signal(&waiter->changed);
		}
	pthread_mutex_unlock(&system->wait_lock);
}

static void unlink_waiter(struct troupei_system *system, struct waiter *waiter)
{
	struct waiter **link = &system->waiters;

	while (*link != waiter)
		link = &(*link)->next;
	*link = waiter->next;
}

/* Until it has ended, or no time is left. With the lock held. */
static void wait_until(struct troupei_system *system, struct waiter *waiter, int64_t deadline_ns)
{
	while (!waiter->ended && troupei_cond_wait(&waiter->changed, &system->wait_lock, deadline_ns))
		;
}

/* WATCH.or pairs with END.generation (lifecycle.c): either the end sees the signal and tells the waiter, which is in the list by
 * then, or the generation has moved on when we look. */
static bool enlist(struct troupei_system *system, struct waiter *waiter, struct cell *cell)
{
	pthread_mutex_lock(&system->wait_lock);
	waiter->next = system->waiters;
	system->waiters = waiter;
	troupei_or_full_8(&cell->signals, SIGNAL_WATCHED);
	bool lives = troupei_ref_cell(waiter->ref) == cell;
	if (!lives) {
		unlink_waiter(system, waiter);
		pthread_mutex_unlock(&system->wait_lock);
	}
	return lives;
}

static troupe_status wait_end(struct troupei_system *system, const struct gate_pass *pass, struct cell *cell,
                              troupe_ref actor, int64_t deadline_ns, troupe_status *why)
{
	struct waiter waiter = { .ref = actor, .why = TROUPE_EGONE };

	troupei_cond_init(&waiter.changed);
	bool ended = true, enlisted = enlist(system, &waiter, cell);
	troupei_gate_leave(pass); /* a system is not freed under its waiters: it need not be held open for so long */
	if (enlisted) {
		wait_until(system, &waiter, deadline_ns);
		ended = waiter.ended;
		unlink_waiter(system, &waiter);
		if (system->waiters == NULL)
			troupei_cond_broadcast(&system->quit_signal);
		pthread_mutex_unlock(&system->wait_lock);
	}
	pthread_cond_destroy(&waiter.changed);
	if (ended && why != NULL)
		*why = waiter.why;
	return ended ? TROUPE_OK : TROUPE_ETIMEOUT;
}

void troupei_wait_for_waiters(struct troupei_system *system)
{
	pthread_mutex_lock(&system->wait_lock);
	while (system->waiters != NULL)
		troupei_cond_wait(&system->quit_signal, &system->wait_lock, INT64_MAX);
	pthread_mutex_unlock(&system->wait_lock);
}

uint32_t troupei_wait_count(struct troupei_system *system)
{
	uint32_t count = 0;

	pthread_mutex_lock(&system->wait_lock);
	for (const struct waiter *waiter = system->waiters; waiter != NULL; waiter = waiter->next)
		count++;
	pthread_mutex_unlock(&system->wait_lock);
	return count;
}

/* An actor that may block would wait for its own end for ever. */
static bool is_self(troupe_ref actor)
{
	const struct actor_worker *worker = troupei_actor_worker();

	return worker != NULL && troupe_ref_equal(worker->me.ref, actor);
}

troupe_status troupe_wait_end(troupe_ref actor, int64_t within_ns, troupe_status *why)
{
	struct cell *cell = troupei_ref_cell(actor);
	struct troupei_system *system;

	if (cell != NULL && troupei_cell_is_proxy(cell))
		cell = NULL; /* an address in disguise */
	if (within_ns < 0 || troupei_ref_is_address(actor))
		return TROUPE_EINVAL;
	if (troupei_must_not_block() || is_self(actor))
		return TROUPE_ECONTEXT;
	struct gate_pass pass;
	if (cell == NULL || (system = troupei_gate_enter_for(actor, cell, &pass)) == NULL) {
		if (why != NULL)
			*why = TROUPE_EGONE;
		return TROUPE_OK;
	}
	int64_t deadline = troupei_deadline_in(within_ns);
	return wait_end(system, &pass, cell, actor, deadline, why);
}

troupe_status troupe_stop_wait(troupe_ref actor, int64_t within_ns)
{
	if (within_ns < 0)
		return TROUPE_EINVAL;
	if (troupei_must_not_block() || is_self(actor))
		return TROUPE_ECONTEXT;
	troupe_status status = troupe_stop(actor);
	if (status == TROUPE_EGONE)
		return TROUPE_OK;
	if (status != TROUPE_OK && status != TROUPE_ECLOSED)
		return status;
	return troupe_wait_end(actor, within_ns, NULL);
}
