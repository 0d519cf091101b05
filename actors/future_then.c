/* SPDX-License-Identifier: MIT */
/* Outcomes of a future that go to a function, on the thread that brings them.
 *   T1  One thread at a time serves, without the lock while the user's function runs, until nothing is left. Who brings something
 *       meanwhile leaves it to that thread: so the calls are in order, and do not nest.
 *   T2  The future may be closed, and its slot be another's, while the function runs: the generation says so, with the lock held.
 *   T3  The record of its deadline is freed by who disarms it, or, if it is on its way, by who fires it, once that has had the lock. */
#include "actors/future.h"

#include "actors/remote.h"
#include "actors/timers.h"
#include "base/callback.h"

/* T2 */
static bool is_still(const struct ask *ask, uint32_t generation, const struct future *future)
{
	return troupei_load_relaxed_32(&ask->generation) == generation && ask->of.future == future;
}

/* Why the future closed, for who is told. Of one that is for all, TROUPE_ECLOSED alone means that all have answered. */
static troupe_status reason(const struct future *future, bool for_all)
{
	if (!for_all || future->closed != TROUPE_ECLOSED)
		return future->closed;
	return future->failed;
}

/* What comes next: an answer, or that nothing more does. False: nothing, yet or any more. */
static bool next_outcome(const struct ask *ask, struct future *future, struct envelope **envelope, troupe_message *out)
{
	bool for_all = troupei_ask_is_for_all(ask);

	*envelope = troupei_list_pop(&future->answers);
	if (*envelope != NULL) {
		*out = (troupe_message){ .kind = troupei_envelope_kind(*envelope), .size = troupei_envelope_size(*envelope),
			                 .data = troupei_envelope_data(*envelope), .token = ask->token };
		return true;
	}
	if (future->closed == TROUPE_OK || future->told)
		return false;
	future->told = true;
	*out = (troupe_message){ .kind = TROUPE_UNANSWERED, .token = ask->token, .why = reason(future, for_all) };
	return for_all || troupei_ask_answers_missing(ask);
}

static void call(struct future *future, struct envelope *envelope, const troupe_message *outcome)
{
	troupei_callback_enter();
	future->then(future->context, outcome);
	troupei_callback_leave();
	if (envelope == NULL)
		return;
	troupei_tally(future->system, troupei_worker_of(future->system), handled);
	troupei_envelope_free(envelope);
}

/* T1 */
static void serve(struct ask *ask, uint32_t generation, struct future *future, pthread_mutex_t *lock)
{
	struct envelope *envelope;
	troupe_message outcome;
	bool open = true;

	future->serving = true;
	future->references++;
	while (open && next_outcome(ask, future, &envelope, &outcome)) {
		pthread_mutex_unlock(lock);
		call(future, envelope, &outcome);
		pthread_mutex_lock(lock);
		open = is_still(ask, generation, future);
	}
	future->serving = false;
	bool over = open && future->closed != TROUPE_OK;
	struct troupei_system *system = future->system;
	troupei_future_drop(future); /* while it is open its slot has a reference too */
	if (over)
		troupei_future_close_locked(system, ask, lock);
	else
		pthread_mutex_unlock(lock);
}

void troupei_future_serve(struct ask *ask, uint32_t generation, pthread_mutex_t *lock)
{
	bool current = troupei_load_relaxed_32(&ask->generation) == generation;
	struct future *future = current && (troupei_ask_owner(ask) & ASK_FUTURE) ? ask->of.future : NULL;

	if (future == NULL || future->then == NULL || future->serving)
		pthread_mutex_unlock(lock);
	else
		serve(ask, generation, future, lock);
}

/* ------------------------------------------------------------------------------------------------------- its deadline -- */

void troupei_future_disarm(struct future *future)
{
	if (future->timer != NULL)
		troupei_timer_disarm_future(future->system, future->timer); /* T3 */
	future->timer = NULL;
}

void troupei_future_expire(troupe_ref address, const struct timer *timer)
{
	pthread_mutex_t *lock;
	struct ask *ask = troupei_future_find((troupe_future){ address }, &lock);

	if (ask == NULL)
		return;
	if (ask->of.future->timer == timer) {
		ask->of.future->timer = NULL;
		troupei_future_look_at_time(ask, ask->generation);
	}
	troupei_future_serve(ask, ask->generation, lock);
}

/* --------------------------------------------------------------------------------------------------------- public face -- */

/* The lock is held, and given up. */
static troupe_status set_then(struct ask *ask, troupe_ref address, void (*then)(void *context, const troupe_message *outcome),
                              void *context, pthread_mutex_t *lock)
{
	struct future *future = ask->of.future;
	troupe_status status = future->then != NULL ? TROUPE_EINVAL : TROUPE_OK;

	if (status == TROUPE_OK && future->deadline_ns != INT64_MAX && future->closed == TROUPE_OK) {
		future->timer = troupei_timer_arm_future(future->system, address, future->deadline_ns);
		status = future->timer != NULL ? TROUPE_OK : TROUPE_ENOMEM;
	}
	if (status != TROUPE_OK) {
		pthread_mutex_unlock(lock);
		return status;
	}
	future->then = then;
	future->context = context;
	troupei_future_serve(ask, ask->generation, lock);
	return TROUPE_OK;
}

troupe_status troupe_future_then(troupe_future future, void (*then)(void *context, const troupe_message *outcome), void *context)
{
	struct ask *ask = troupei_address_ask(future.ref);
	pthread_mutex_t *lock;
	struct gate_pass pass;

	if (then == NULL)
		return TROUPE_EINVAL;
	if (troupei_is_remote())
		return TROUPE_EREMOTE;
	struct troupei_system *system = ask != NULL ? troupei_gate_enter(troupei_load_relaxed_8(&ask->system), &pass) : NULL;
	if (system == NULL)
		return TROUPE_ECLOSED;
	ask = troupei_future_find(future, &lock);
	troupe_status status = ask != NULL ? set_then(ask, future.ref, then, context, lock) : TROUPE_ECLOSED;
	troupei_gate_leave(&pass);
	return status;
}
