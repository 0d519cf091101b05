/* SPDX-License-Identifier: MIT */
/* Circles of waits: found, told, broken. K1, K2: deadlock.h. */
#include "actors/deadlock.h"

#include <stdio.h>

#include "actors/dead_letter.h"
#include "actors/id_table.h"
#include "base/clock.h"
#include "base/threads.h"

/* ------------------------------------------------------------------------------------------------------- the report -- */

/* The behaviour of an actor that somebody else runs. It does not end meanwhile unless it is killed: so look twice. */
static const troupe_behaviour *behaviour_of(troupe_ref actor)
{
	const struct cell *cell = troupei_ref_cell(actor);
	const troupe_behaviour *behaviour = cell != NULL ? troupei_load_acquire_ptr(&cell->behaviour) : NULL;

	return behaviour != NULL && troupei_ref_cell(actor) == cell ? behaviour : NULL;
}

static const char *name_of(troupe_ref actor)
{
	const troupe_behaviour *behaviour = behaviour_of(actor);

	return behaviour != NULL ? troupei_behaviour_name(behaviour) : "?";
}

static void name_kind(const struct wait_step *step, char *to, size_t size)
{
	const troupe_behaviour *behaviour = behaviour_of(step->holder);
	const char *name = behaviour != NULL ? troupei_kind_name(behaviour, step->kind) : "";

	if (name[0] != 0)
		snprintf(to, size, "%s", name);
	else
		snprintf(to, size, "%d", step->kind);
}

static unsigned long long us_since(uint64_t ticks)
{
	uint64_t per_ms = troupei_clock_ticks_in(1000000), now = troupei_clock_ticks();

	return per_ms > 0 && now > ticks ? (now - ticks) / (per_ms / 1000 > 0 ? per_ms / 1000 : 1) : 0;
}

static void report_step(struct troupei_system *system, const struct wait_step *step)
{
	char kind[64];

	name_kind(step, kind, sizeof kind);
	troupei_log(system, "deadlock: %s (%016llx) waits %s %s %s %s (%016llx), for about %llu us now", name_of(step->who),
	            (unsigned long long)step->who.bits_private, troupei_ref_is_address(step->on) ? "for the answer to" : "to send",
	            kind, troupei_ref_is_address(step->on) ? "from" : "to", name_of(step->holder),
	            (unsigned long long)step->holder.bits_private, us_since(step->since_ticks));
}

void troupei_deadlock_report(struct troupei_system *system, struct actor_worker *worker, const struct wait_circle *circle)
{
	troupei_tally(system, worker, deadlocks);
	troupei_log(system, "deadlock: %u actor%s; %s of %s (%016llx) fails: TROUPE_EDEADLOCK", circle->count,
	            circle->count == 1 ? " waits for itself" : "s wait for each other",
	            troupei_ref_is_address(circle->steps[0].on) ? "the question" : "the send", name_of(circle->steps[0].who),
	            (unsigned long long)circle->steps[0].who.bits_private);
	for (uint32_t i = 0; i < circle->kept; i++)
		report_step(system, &circle->steps[i]);
	if (circle->kept < circle->count)
		troupei_log(system, "deadlock: and %u actors more", circle->count - circle->kept);
	if (troupei_is_simulated())
		troupei_thread_seam->circle(circle);
}

/* --------------------------------------------------------------------------------------------------------- awaiting -- */

/* Is there anything in the table but the timer at @p place? */
static bool holds_others(const struct id_table *table, uint32_t place)
{
	for (uint32_t i = 0; table != NULL && i < table->capacity; i++)
		if (table->entries[i].item != NULL && i + 1 != place)
			return true;
	return false;
}

/* Nothing makes it run but the answer: no other question, timer, or end of another actor. It matters only to what it keeps. */
static bool is_deaf_but_for(const struct cell *cell, uint32_t timer)
{
	const struct extra *extra = cell->extra;

	return !extra->hears_of_room && !cell->behaviour->traps && !holds_others(extra->timers, timer) &&
	       !holds_others(extra->monitors, 0);
}

static bool is_deaf(const struct cell *cell, const struct ask *hold)
{
	const struct extra *extra = cell->extra;

	return troupei_unlikely(extra->kept != NULL) && extra->asks == extra->hold && hold->of.links.next == 0 &&
	       is_deaf_but_for(cell, hold->timer);
}

bool troupei_deadlock_is_deaf(const struct cell *cell)
{
	return cell->extra->kept != NULL && cell->extra->asks == 0 && is_deaf_but_for(cell, 0);
}

static struct ask *__attribute__((noinline)) look(struct actor_worker *worker, struct ask *ask)
{
	troupe_ref address = troupei_address_of(ask);
	struct wait_circle circle;

	if (!troupei_wait_look(worker->me.ref, address, &circle))
		return NULL;
	troupei_deadlock_report(worker->system, worker, &circle);
	struct envelope *news = troupei_envelope_new(SORT_UNANSWERED, ENVELOPE_CONTROL, 0, 0, address.bits_private);
	if (news == NULL)
		return ask;
	troupei_question_fail_with(worker->system, worker, news, TROUPE_EDEADLOCK);
	return NULL;
}

/* No question has come to it that it still owes: waits.h, Q5. (Those in its mailbox are its IDLE.cas's to find.) */
static inline bool is_quiet(const struct cell *cell)
{
	const struct extra *extra = cell->extra;

	return cell->mailbox.tail == NULL && extra->kept == NULL && extra->deferred == NULL && extra->bounds == NULL &&
	       extra->courier == NULL && !troupei_cell_is_marked(cell);
}

bool troupei_deadlock_hold_alone(struct actor_worker *worker, struct cell *cell)
{
	const struct ask *ask = troupei_ask_of(&troupei_cells[cell->extra->hold]);

	if (cell->extra->hold == 0 || !(ask->owner & ASK_WAITED) || !is_quiet(cell))
		return false;
	enum wait_hold hold = troupei_wait_hold(worker->me.ref, troupei_address_of(ask), false, true);
	if (troupei_unlikely(hold == HOLD_LOOK))
		troupei_wait_disturbed(worker->me.ref); /* it is looked at when it rests */
	return hold == HOLD_QUIET;
}

struct ask *troupei_deadlock_hold(struct actor_worker *worker, struct cell *cell, bool *quiet)
{
	struct ask *ask = troupei_ask_of(&troupei_cells[cell->extra->hold]);
	enum wait_hold hold = HOLD_SETTLED;

	if (ask->owner & ASK_WAITED)
		hold = troupei_wait_hold(worker->me.ref, troupei_address_of(ask), is_deaf(cell, ask), is_quiet(cell));
	*quiet = hold == HOLD_QUIET;
	return troupei_unlikely(hold == HOLD_LOOK) ? look(worker, ask) : NULL;
}

/* ------------------------------------------------------------------------------------------------------- passing on -- */

static troupe_ref address_in(const struct envelope *question)
{
	return (troupe_ref){ troupei_envelope_extension(question)->word };
}

/* Who runs on this thread, of whichever system. (Only in turns are questions posted.) */
static inline troupe_ref running(void)
{
	const struct actor_worker *worker = troupei_actor_worker();

	return worker != NULL ? worker->me.ref : (troupe_ref){ 0 };
}

bool troupei_deadlock_pass(struct troupei_system *system, struct actor_worker *worker, troupe_ref to,
                           struct envelope *envelope)
{
	int32_t kind = troupei_envelope_kind(envelope);
	struct wait_circle circle;

	if (!troupei_wait_pass(address_in(envelope), running(), to, kind, &circle))
		return false;
	troupei_deadlock_report(system, worker, &circle);
	troupei_dead_letter(system, worker, to, kind, troupei_envelope_data(envelope), troupei_envelope_size(envelope),
	                    TROUPE_EDEADLOCK);
	troupei_question_fail_with(system, worker, envelope, TROUPE_EDEADLOCK);
	return true;
}

void troupei_deadlock_pass_failed(const struct envelope *envelope)
{
	troupei_wait_pass_failed(address_in(envelope), running());
}

/* --------------------------------------------------------------------------------------------------------- blocking -- */

struct actor_worker *troupei_deadlock_blocker(void)
{
	struct actor_worker *worker = troupei_actor_worker();

	return worker != NULL && worker->apart && worker->running != NULL ? worker : NULL;
}

bool troupei_deadlock_block(struct actor_worker *worker, const struct ask *future, struct wait_circle *circle)
{
	return troupei_wait_begin(worker->me.ref, troupei_address_of(future), 0, true, circle);
}

void troupei_deadlock_end_block(struct actor_worker *worker)
{
	troupei_wait_end(worker->me.ref); /* if it awaits an answer besides, that begins again when its handler is over */
}
