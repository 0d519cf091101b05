/* SPDX-License-Identifier: MIT */
/* What children are to be, and bringing them there. W1 to W3: supervisor.h. The meaning of strategies, restart types and
 * intensity is that of Erlang/OTP's supervisor behaviour. */
#include "actors/supervisor.h"

#include "actors/lifecycle.h"
#include "actors/post.h"
#include "actors/spawn.h"
#include "actors/timers.h"
#include "base/memory.h"

enum { TIMER_KIND = 1 };

#define STOP_WITHIN_DEFAULT_NS  (5 * TROUPE_S)
#define BACK_OFF_MAX_DEFAULT_NS (30 * TROUPE_S)

pthread_mutex_t troupei_supervisor_lock = PTHREAD_MUTEX_INITIALIZER;

/* --------------------------------------------------------------------------------------------------------- the list -- */

void troupei_supervision_append(struct supervision *supervision, struct supervised *record)
{
	record->previous = supervision->last;
	record->next = NULL;
	if (record->previous != NULL)
		record->previous->next = record;
	else
		supervision->first = record;
	supervision->last = record;
}

void troupei_supervision_remove(struct supervision *supervision, struct supervised *record)
{
	if (record->previous != NULL)
		record->previous->next = record->next;
	else
		supervision->first = record->next;
	if (record->next != NULL)
		record->next->previous = record->previous;
	else
		supervision->last = record->previous;
}

/* ----------------------------------------------------------------------------------------------------------- orders -- */

static void cancel_timer(struct actor_worker *worker, struct supervised *record)
{
	if (record->timer != 0)
		troupe_ignore(troupei_timer_cancel(worker, worker->running, record->timer));
	record->timer = 0;
	record->waits = false;
}

/* False: no memory. */
static bool arm(struct actor_worker *worker, struct supervised *record, int64_t delay_ns)
{
	const struct timer_event event = { .kind = TIMER_KIND, .token = (uint64_t)(uintptr_t)record };

	return troupei_timer_arm(worker, delay_ns, 0, &event, &record->timer) == TROUPE_OK;
}

static void give_order(struct actor_worker *worker, struct supervised *record, enum supervised_order order)
{
	record->order_extension.kind = order;
	troupe_ignore(troupei_post_cell(worker->system, worker, record->link.child, troupei_ref_generation(record->ref),
	                                &record->order)); /* between two lives: it takes everything */
}

static void order_begin(struct actor_worker *worker, struct supervised *record)
{
	troupei_store_relaxed_8(&record->ordered, 0);
	troupei_store_relaxed_8(&record->unwanted, 0);
	record->life = LIFE_BEGINNING;
	record->began_ns = troupei_scheduler_now(&worker->system->scheduler);
	give_order(worker, record, ORDER_BEGIN);
}

static void order_end(struct actor_worker *worker, struct supervised *record)
{
	troupei_store_release_8(&record->wanted_gone, 1);
	record->life = LIFE_GOING;
	give_order(worker, record, ORDER_END);
}

static int64_t stop_within(const struct supervised *record)
{
	if (record->spec.stop_within_ns != 0)
		return record->spec.stop_within_ns;
	return record->spec.supervisor != NULL ? INT64_MAX : STOP_WITHIN_DEFAULT_NS;
}

/* By its worker, in the order of its queue, and by force when that takes too long (or there is no memory to look at the time). */
static void order_stop(struct actor_worker *worker, struct supervised *record, bool at_once)
{
	int64_t within_ns = stop_within(record);

	cancel_timer(worker, record);
	/* Both before the signal (V3): its or is a full fence. */
	if (record->gone)
		troupei_store_release_8(&record->wanted_gone, 1);
	troupei_store_release_8(&record->ordered, 1);
	record->life = LIFE_STOPPING;
	at_once = at_once || within_ns == TROUPE_AT_ONCE || (within_ns != INT64_MAX && !arm(worker, record, within_ns));
	troupei_signal(worker->system, worker, record->link.child, at_once ? SIGNAL_KILL : SIGNAL_STOP);
}

/* ------------------------------------------------------------------------------------------------------------- step -- */

/* Who begins can be told to stop when it has. A supervisor may never have, if one of its children always fails: it is told to be
 * content with those that it has. */
static void hurry(struct actor_worker *worker, struct supervised *record)
{
	if (record->spec.supervisor == NULL || troupei_load_relaxed_8(&record->unwanted))
		return;
	/* Before the signal, whose or is a full fence: its look, or the one in its init, sees it. */
	troupei_store_release_8(&record->unwanted, 1);
	troupei_signal(worker->system, worker, record->link.child, SIGNAL_LOOK);
}

static bool is_unwanted(const struct cell *cell)
{
	const struct supervised *record = troupei_supervised_of(cell);

	return record != NULL && troupei_load_acquire_8(&record->unwanted);
}

/* The lives that are to end. True: none is left. */
static bool stop_step(struct actor_worker *worker, struct supervision *supervision)
{
	bool done = true;

	for (struct supervised *record = supervision->last; record != NULL; record = record->previous)
		if (record->life == LIFE_STOPPING && !supervision->at_once)
			return false;
	for (struct supervised *record = supervision->last; record != NULL; record = record->previous) {
		if (record->life == LIFE_ON && record->off)
			order_stop(worker, record, supervision->at_once);
		if (record->life == LIFE_BEGINNING && record->off)
			hurry(worker, record);
		if (record->life == LIFE_STOPPING || (record->life == LIFE_BEGINNING && record->off))
			done = false;
		if (!done && !supervision->at_once)
			return false;
	}
	return done;
}

/* Those that go for good. True: none is left. */
static bool go_step(struct actor_worker *worker, struct supervision *supervision)
{
	for (struct supervised *record = supervision->last; record != NULL; record = record->previous) {
		if (record->life == LIFE_BETWEEN && record->gone)
			order_end(worker, record);
		if (record->life == LIFE_GOING)
			return false;
	}
	return true;
}

/* Those that live. True: all do. */
static bool begin_step(struct actor_worker *worker, struct supervision *supervision)
{
	bool done = true, one_for_one = supervision->tree->strategy == TROUPE_ONE_FOR_ONE;

	for (struct supervised *record = supervision->first; record != NULL; record = record->next) {
		if (record->life == LIFE_BETWEEN && !record->waits)
			order_begin(worker, record);
		if (record->life == LIFE_BEGINNING)
			return false;
		done = done && record->life == LIFE_ON;
		if (record->waits && !one_for_one)
			return false;
	}
	return done;
}

/* W1. Lock held. True: the supervisor's end can go on. */
static bool step(struct actor_worker *worker, struct cell *cell)
{
	struct supervision *supervision = troupei_supervision_of(cell);

	if (!stop_step(worker, supervision) || !go_step(worker, supervision))
		return false;
	if (supervision->ending)
		return true;
	if ((begin_step(worker, supervision) || is_unwanted(cell)) && !supervision->begun) {
		supervision->begun = true;
		if (troupei_supervised_of(cell) != NULL)
			troupei_supervised_begun(worker, cell);
	}
	return false;
}

/* -------------------------------------------------------------------------------------------------------- decisions -- */

/* What news asks of the supervisor itself. */
struct decision {
	bool ends;
	troupe_status why;
};

static struct decision goes_on(void)
{
	return (struct decision){ .ends = false };
}

static struct decision ends(troupe_status why)
{
	return (struct decision){ .ends = true, .why = why };
}

/* A significant child has ended for good, by itself. */
static struct decision auto_shutdown(const struct supervision *supervision, const struct supervised *record)
{
	if (!record->spec.significant || supervision->tree->auto_shutdown == TROUPE_NEVER)
		return goes_on();
	if (supervision->tree->auto_shutdown == TROUPE_ANY_SIGNIFICANT)
		return ends(TROUPE_OK);
	for (const struct supervised *other = supervision->first; other != NULL; other = other->next)
		if (other != record && other->spec.significant && !other->gone)
			return goes_on();
	return ends(TROUPE_OK);
}

/* The others of its group end their lives; temporary ones for good. */
static void end_group(const struct supervision *supervision, struct supervised *record)
{
	struct supervised *other = supervision->tree->strategy == TROUPE_ONE_FOR_ALL ? supervision->first : record->next;

	if (supervision->tree->strategy == TROUPE_ONE_FOR_ONE)
		return;
	for (; other != NULL; other = other->next) {
		if (other == record)
			continue;
		other->gone = other->gone || other->spec.restart == TROUPE_TEMPORARY;
		other->off = other->off || other->life != LIFE_BETWEEN || other->gone;
	}
}

/* The second restart in a row waits. */
static void back_off(struct actor_worker *worker, const struct supervision *supervision, struct supervised *record, int64_t now)
{
	const troupe_supervisor *tree = supervision->tree;
	int64_t max = tree->back_off_ns_max > 0 ? tree->back_off_ns_max : BACK_OFF_MAX_DEFAULT_NS;

	record->streak = now - record->began_ns < supervision->restarts.within_ns ? record->streak + 1 : 1;
	int64_t wait_ns = troupei_back_off(tree->back_off_ns, max, record->streak - 1, troupei_random_next(&worker->base.random));
	record->waits = wait_ns > 0 && arm(worker, record, wait_ns);
}

/* A life has ended that nobody ordered to. */
static struct decision decide(struct actor_worker *worker, struct supervision *supervision, struct supervised *record)
{
	bool normal = record->link.extension.kind == TROUPE_OK;
	int64_t now = troupei_scheduler_now(&worker->system->scheduler);

	if (supervision->ending || record->gone)
		return goes_on();
	if (record->spec.restart == TROUPE_TEMPORARY || (record->spec.restart == TROUPE_TRANSIENT && normal)) {
		record->gone = true;
		return auto_shutdown(supervision, record);
	}
	if (!troupei_intensity_add(&supervision->restarts, now))
		return ends(TROUPE_ERESTARTS);
	troupei_count_own_64(&worker->tally.restarted, 1);
	end_group(supervision, record);
	back_off(worker, supervision, record, now);
	return goes_on();
}

/* ------------------------------------------------------------------------------------------------------------- news -- */

static const char *name_of(const struct cell *cell)
{
	const char *name = troupei_supervision_of(cell)->tree->name;

	return name != NULL ? name : "";
}

/* The rest of what brought news, without the lock. True: the supervisor has ended. */
static bool follow(struct actor_worker *worker, struct cell *cell, struct decision decision, bool done)
{
	if (decision.ends) {
		if (decision.why != TROUPE_OK)
			troupei_log(worker->system, "supervisor %s (%016llx) ended: %s", name_of(cell),
			            (unsigned long long)worker->me.ref.bits_private, troupe_status_name(decision.why));
		return troupei_lifecycle_end(worker, cell, decision.why);
	}
	return done && troupei_lifecycle_children_ended(worker, cell);
}

static bool look(struct actor_worker *worker, struct cell *cell, struct decision decision)
{
	bool done = !decision.ends && step(worker, cell);

	pthread_mutex_unlock(&troupei_supervisor_lock);
	return follow(worker, cell, decision, done);
}

bool troupei_supervisor_look(struct actor_worker *worker, struct cell *cell)
{
	/* A child was added or removed before its own life has begun: its init will see that. */
	if (troupei_supervised_is_between(cell))
		return false;
	pthread_mutex_lock(&troupei_supervisor_lock);
	return look(worker, cell, goes_on());
}

bool troupei_supervisor_child_begun(struct actor_worker *worker, struct cell *cell, struct supervised *record)
{
	pthread_mutex_lock(&troupei_supervisor_lock);
	record->life = LIFE_ON;
	return look(worker, cell, goes_on());
}

/* It is no more: forget it. Lock held. */
static struct decision forget(struct actor_worker *worker, struct cell *cell, struct supervised *record)
{
	struct supervision *supervision = troupei_supervision_of(cell);
	bool by_itself = record->life == LIFE_ON && !record->gone && !supervision->ending;
	struct decision decision = by_itself ? auto_shutdown(supervision, record) : goes_on();

	troupei_supervision_remove(supervision, record);
	troupei_cell_give(worker->system, worker, record->link.child);
	troupei_supervised_free(record);
	return decision;
}

bool troupei_supervisor_child_ended(struct actor_worker *worker, struct cell *cell, struct supervised *record)
{
	struct supervision *supervision = troupei_supervision_of(cell);
	struct decision decision = goes_on();

	pthread_mutex_lock(&troupei_supervisor_lock);
	cancel_timer(worker, record);
	if (record->link.extension.word != 0) { /* for good */
		decision = forget(worker, cell, record);
		return look(worker, cell, decision);
	}
	bool ordered = record->life == LIFE_STOPPING || record->off;
	record->life = LIFE_BETWEEN;
	if (!ordered)
		decision = decide(worker, supervision, record);
	record->off = record->gone || supervision->ending;
	return look(worker, cell, decision);
}

bool troupei_supervisor_end(struct actor_worker *worker, struct cell *cell, bool killed)
{
	struct supervision *supervision = troupei_supervision_of(cell);
	const struct supervised *self = troupei_supervised_of(cell);

	pthread_mutex_lock(&troupei_supervisor_lock);
	supervision->ending = true;
	supervision->at_once = supervision->at_once || killed;
	bool for_good = self == NULL || troupei_load_acquire_8(&self->wanted_gone) ||
	                troupei_system_phase(worker->system) >= PHASE_KILLING;
	for (struct supervised *record = supervision->first; record != NULL; record = record->next) {
		record->off = true;
		record->gone = record->gone || record->added || for_good;
		if (killed && record->life == LIFE_STOPPING)
			order_stop(worker, record, true);
	}
	bool done = step(worker, cell);
	pthread_mutex_unlock(&troupei_supervisor_lock);
	return done;
}

/* --------------------------------------------------------------------------------------------------- the actor's own -- */

/* The beginning of each life. */
static troupe_verdict supervisor_init(troupe_actor *me)
{
	struct actor_worker *worker = troupei_me_worker(me);
	struct supervision *supervision = troupei_supervision_of(worker->running);

	pthread_mutex_lock(&troupei_supervisor_lock);
	supervision->ending = supervision->at_once = supervision->begun = false;
	troupei_intensity_clear(&supervision->restarts);
	for (struct supervised *record = supervision->first; record != NULL; record = record->next) {
		record->off = record->gone;
		record->streak = 0;
		record->timer = 0; /* a back-off's went with the life that armed it */
		record->waits = false;
	}
	step(worker, worker->running);
	pthread_mutex_unlock(&troupei_supervisor_lock);
	return TROUPE_HANDLED;
}

/* A child has not stopped in time, or its back-off is over. Nobody else has tokens. */
static troupe_verdict supervisor_receive(troupe_actor *me, const troupe_message *m)
{
	struct actor_worker *worker = troupei_me_worker(me);
	struct supervised *record = (struct supervised *)(uintptr_t)m->token;

	if (m->kind != TIMER_KIND || record == NULL)
		return TROUPE_UNKNOWN;
	pthread_mutex_lock(&troupei_supervisor_lock);
	record->timer = 0;
	record->waits = false;
	if (record->life == LIFE_STOPPING)
		troupei_signal(worker->system, worker, record->link.child, SIGNAL_KILL);
	step(worker, worker->running);
	pthread_mutex_unlock(&troupei_supervisor_lock);
	return TROUPE_HANDLED;
}

const troupe_behaviour troupei_supervisor_behaviour = {
	.name = "supervisor", .receive = supervisor_receive, .init = supervisor_init,
};

void troupei_supervision_init(struct supervision *supervision, const troupe_supervisor *tree)
{
	bool defaults = tree->restarts_max == 0 && tree->within_ns == 0;

	*supervision = (struct supervision){
		.tree = tree,
		.restarts = { .max = defaults ? 3 : tree->restarts_max, .within_ns = defaults ? 5 * TROUPE_S : tree->within_ns },
	};
}

const troupe_behaviour troupei_supervisor_ended_behaviour = { .name = "supervisor", .receive = supervisor_receive };

void troupei_supervisor_ended(struct cell *cell)
{
	struct supervision *supervision = troupei_supervision_of(cell);

	pthread_mutex_lock(&troupei_supervisor_lock);
	troupei_store_relaxed_ptr(&cell->behaviour, (void *)(uintptr_t)&troupei_supervisor_ended_behaviour); /* W3 */
	pthread_mutex_unlock(&troupei_supervisor_lock);
	troupei_intensity_clear(&supervision->restarts);
	troupei_deallocate(supervision, sizeof *supervision);
}

void troupei_supervised_free(struct supervised *record)
{
	if (record->added && record->spec.initial != NULL)
		troupei_deallocate((void *)(uintptr_t)record->spec.initial, record->spec.behaviour->state_size);
	troupei_block_give(record, troupei_block_class(sizeof *record));
}
