/* SPDX-License-Identifier: MIT */
/* Doing what a recording says. R1 to R4: follow.h. */
#include "explore/follow.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore/history.h"
#include "explore/stamps.h"

#define sim    troupei_simulation

enum { IN_VAIN_MAX = 100000 };
#define follow troupei_following

struct following troupei_following;

static struct strategy strategy;
static uint32_t stamps[RECORD_WHO + 1]; /* the last that was given, by thread */
static uint32_t in_vain;                /* times that no log could go on, in a row */
static uint32_t turn;                   /* the log that is looked at first */
static bool was_kept;                   /* it was refused here, and put into the mailbox all the same */
static bool was_refused;                /* the send under way, in the recording */

/* ------------------------------------------------------------------------------------------------------------ the end -- */

static void __attribute__((noreturn, format(printf, 2, 3))) end(enum follow_end how, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(follow.why, sizeof follow.why, format, arguments);
	va_end(arguments);
	follow.end = how;
	troupei_simulation_leave();
	abort();
}

static const char *name(const struct cell *cell)
{
	static char words[TRACE_NAME_MAX + 16];

	return troupei_unit_name(sim.trace, troupei_unit_of_cell(cell), words, sizeof words);
}

bool troupei_follow_at_end(void)
{
	return follow.current != NULL && troupei_recorded_peek(follow.current).sort == STEP_END;
}

/* -------------------------------------------------------------------------------------------------------------- stamps -- */

/* Whose log what happens now belongs to. */
static uint32_t who(void)
{
	return troupei_worker_current != NULL && follow.current != NULL ? follow.current->who : 0;
}

static uint32_t next_stamp(void)
{
	return stamps[who()] += RECORD_STEP;
}

static uint64_t cause(void)
{
	return troupei_worker_current != NULL ? follow.cause : 0;
}

static void sent(const void *envelope, const void *to)
{
	if ((((const struct envelope *)envelope)->flags & ENVELOPE_CLASS) != ENVELOPE_EMBEDDED)
		troupei_stamps_put(next_stamp(), to, envelope, cause(), troupei_unit_here());
	troupei_trace_sent(envelope, to);
}

/* To an actor that drains, and closed before, here; not so then: it is handled yet. */
static bool keeps(const void *envelope)
{
	const struct stamped *stamped = troupei_stamps_get(stamps[who()]);
	struct cell *cell = stamped != NULL && stamped->envelope == envelope ? (struct cell *)(uintptr_t)stamped->cell : NULL;

	if (cell == NULL || (cell->flags & FLAG_DRAINING) == 0 || cell->generation != stamped->generation)
		return false;
	troupei_list_append(&cell->mailbox.tail, (struct envelope *)(uintptr_t)envelope);
	return true;
}

static void unsent(const void *envelope)
{
	was_kept = keeps(envelope);
	if (was_kept)
		return;
	troupei_stamps_drop(stamps[who()], envelope);
	stamps[who()] -= RECORD_STEP;
}

static void spawned(const void *cell)
{
	troupei_trace_spawned(cell);
	troupei_stamps_put(next_stamp(), cell, NULL, cause(), troupei_unit_here());
}

/* ------------------------------------------------------------------------------------------------------------- outcomes -- */

static struct recorded_log *log_here(void)
{
	return troupei_worker_current != NULL ? follow.current : &follow.recording->logs[0];
}

static int32_t dictates(void)
{
	struct recorded_log *log = log_here();
	struct recorded_step step = log != NULL ? troupei_recorded_peek(log) : (struct recorded_step){ .sort = STEP_END };

	was_refused = step.sort == STEP_CALL && step.argument == stamps[who()];
	if (was_refused)
		troupei_recorded_take(log);
	return was_refused ? (int16_t)step.value : TROUPE_OK;
}

/* It was sent then, and became a dead letter later. */
static int32_t refused(int32_t why)
{
	bool then = was_refused;

	was_refused = false;
	if (was_kept) {
		was_kept = false;
		return TROUPE_OK;
	}
	if (then || why == TROUPE_ENOMEM)
		return why;
	next_stamp();
	return TROUPE_OK;
}

static int64_t told_time(int64_t now_ns)
{
	struct recorded_log *log = log_here();
	struct recorded_step step = log != NULL ? troupei_recorded_peek(log) : (struct recorded_step){ .sort = STEP_END };

	if (step.sort != STEP_CLOCK)
		return now_ns;
	troupei_recorded_take(log);
	return step.time_ns;
}

/* --------------------------------------------------------------------------------------------------------------- steps -- */

static bool is_news(const struct envelope *envelope, const struct recorded_step *step)
{
	if ((envelope->flags & ENVELOPE_CLASS) != ENVELOPE_EMBEDDED || (uint32_t)troupei_envelope_sort(envelope) != step->value)
		return false;
	return step->value != SORT_TIMER || (uint32_t)troupei_envelope_extension(envelope)->word == step->argument;
}

/* The oldest such in what was pushed and not taken yet, newest first; and in the list. */
static const struct envelope *find_news(const struct cell *cell, const struct recorded_step *step)
{
	const struct envelope *last = cell->mailbox.tail, *head = cell->mailbox.head, *found = NULL;

	for (const struct envelope *at = last; at != NULL; at = at->next == last ? NULL : at->next)
		if (is_news(at->next, step))
			return at->next;
	for (; troupei_mailbox_head_waits(head); head = head->next)
		if (is_news(head, step))
			found = head;
	return found;
}

/* What the step is to be done to; NULL: it cannot be done yet. */
static const struct cell *ready(const struct recorded_step *step, const struct envelope **message)
{
	const struct stamped *stamped = troupei_stamps_get(step->stamp);
	const struct cell *cell = stamped != NULL ? stamped->cell : NULL;

	*message = NULL;
	if (cell == NULL || troupei_load_relaxed_32(&cell->generation) != stamped->generation)
		return NULL;
	if (step->sort == STEP_MESSAGE)
		*message = stamped->envelope;
	if (step->sort == STEP_NEWS && (*message = find_news(cell, step)) == NULL)
		return NULL;
	if (step->sort == STEP_SIGNALS && (cell->signals & step->value) != step->value)
		return NULL;
	return cell;
}

/* Its place among the choices; UINT32_MAX: it cannot run. */
static uint32_t place_of(const struct cell *cell)
{
	uint32_t at = sim.ready_count;

	for (uint32_t i = 0; i < sim.shop_count; i++) {
		const struct shop *shop = &sim.shops[i];
		for (uint32_t j = 0; shop->free > 0 && j < shop->count; j++)
			if (shop->ready[j] == &cell->runnable)
				return at + j;
		at += shop->free > 0 ? shop->count : 0;
	}
	return UINT32_MAX;
}

static bool is_step(enum step_sort sort)
{
	return sort == STEP_MESSAGE || sort == STEP_NEWS || sort == STEP_INIT || sort == STEP_SIGNALS || sort == STEP_ENDED;
}

/* Who was refused something, or read the time, where it does not do so now? */
static void check_done(struct recorded_log *log, const struct recorded_step *step)
{
	if (log->thread == RECORD_MAIN || (step->sort != STEP_CALL && step->sort != STEP_CLOCK))
		return;
	end(FOLLOW_DIVERGED, "in the recording its handler %s here, and now it did not",
	    step->sort == STEP_CALL ? "was refused a message" : "read the time");
}

/* What is next, when what it comes after has been done; else the wait for that. */
static struct recorded_step peek(struct recorded_log *log)
{
	for (;;) {
		struct recorded_step step = troupei_recorded_peek(log);
		if (step.sort != STEP_AFTER)
			return step;
		struct recorded_log *other = troupei_recording_log(follow.recording, step.value);
		if (other != NULL && !troupei_recorded_has_passed(other, step.argument, step.stamp))
			return step;
		troupei_recorded_take(log);
	}
}

/* The next step of one of the logs; UINT32_MAX: none can be done. */
static uint32_t choose_step(void)
{
	for (uint32_t i = 0; i < follow.recording->count; i++) {
		struct recorded_log *log = &follow.recording->logs[(turn + i) % follow.recording->count];
		struct recorded_step step = peek(log);
		if (log == follow.current)
			check_done(log, &step);
		if (!is_step(step.sort))
			continue;
		const struct envelope *message;
		const struct cell *cell = ready(&step, &message);
		uint32_t place = cell != NULL ? place_of(cell) : UINT32_MAX;
		if (place == UINT32_MAX)
			continue;
		turn = (turn + i + 1) % follow.recording->count;
		follow.current = log;
		follow.granted = step;
		follow.actor = cell;
		follow.message = message;
		follow.cause = 0;
		if (step.sort != STEP_ENDED)
			troupei_recorded_take(log);
		return place;
	}
	return UINT32_MAX;
}

/* ------------------------------------------------------------------------------------------------------------ strategy -- */

static void begin(struct strategy *same, uint64_t seed)
{
	(void)same, (void)seed;
	for (uint32_t i = 0; i <= RECORD_WHO; i++)
		stamps[i] = i;
	turn = in_vain = 0;
	troupei_stamps_forget();
	troupei_history_forget();
}

static bool any_left(void)
{
	for (uint32_t i = 0; i < follow.recording->count; i++)
		if (is_step(peek(&follow.recording->logs[i]).sort) || peek(&follow.recording->logs[i]).sort == STEP_AFTER)
			return true;
	return false;
}

/* A handler in its midst; UINT32_MAX: there is none (R1). */
static uint32_t in_its_midst(uint32_t *other)
{
	*other = UINT32_MAX;
	for (uint32_t i = 0; i < sim.ready_count; i++)
		if (troupei_fiber_actor(sim.ready[i]) != NULL)
			return i;
		else if (*other == UINT32_MAX || sim.ready[i] == sim.main)
			*other = i;
	return UINT32_MAX;
}

static void check_granted(void)
{
	if (follow.granted.sort != STEP_MESSAGE && follow.granted.sort != STEP_NEWS && follow.granted.sort != STEP_ENDED)
		return;
	end(FOLLOW_DIVERGED, "%s did not handle what it did in the recording", name(follow.actor));
}

static void say_what_is_missing(void)
{
	for (uint32_t i = 0; i < follow.recording->count; i++) {
		struct recorded_log *log = &follow.recording->logs[i];
		struct recorded_step step = troupei_recorded_peek(log);
		if (!is_step(step.sort))
			continue;
		uint32_t by = step.stamp & RECORD_WHO, number = step.stamp / RECORD_STEP;
		end(FOLLOW_DIVERGED, step.sort == STEP_MESSAGE ? "thread %u next handled message %u of thread %u, which was not sent here"
		                                               : "thread %u next ran actor %u of thread %u, which cannot run here",
		    log->who, number, by);
	}
}

static uint32_t choose(struct strategy *same, uint32_t count)
{
	uint32_t other, choice = in_its_midst(&other), options = sim.ready_count;

	(void)same;
	if (choice != UINT32_MAX)
		return choice;
	check_granted();
	choice = choose_step();
	if (choice != UINT32_MAX) {
		in_vain = 0;
		return choice;
	}
	if (++in_vain > IN_VAIN_MAX)
		say_what_is_missing();
	if (other != UINT32_MAX && (any_left() || follow.recording->header->state == RECORD_IN_ORDER))
		return other;
	if (!any_left())
		end(FOLLOW_OVER, "the recording ends here");
	for (uint32_t i = 0; i < sim.shop_count; i++)
		options += sim.shops[i].free > 0 ? sim.shops[i].count : 0;
	if (count > options)
		return options; /* the clock */
	say_what_is_missing();
	return 0;
}

/* ------------------------------------------------------------------------------------------------------------- the turn -- */

static bool picks(const void *pointer)
{
	struct cell *cell = (struct cell *)(uintptr_t)pointer;
	struct envelope *wanted = (struct envelope *)(uintptr_t)follow.message, *last = cell->mailbox.tail, *at = last;

	if (cell != follow.actor || wanted == NULL || follow.granted.sort == STEP_END)
		return false;
	while (at->next != wanted) {
		at = at->next;
		if (at == last)
			end(FOLLOW_DIVERGED, "the message for %s is not in its mailbox", name(cell));
	}
	if (at == last)
		return true;
	at->next = wanted->next;
	if (wanted == last)
		cell->mailbox.tail = at;
	wanted->next = cell->mailbox.tail->next;
	cell->mailbox.tail->next = wanted;
	return true;
}

static bool is_end_of(const struct recorded_step *step, const struct cell *cell)
{
	const struct stamped *born = step->sort == STEP_ENDED ? troupei_stamps_get(step->stamp) : NULL;

	return born != NULL && born->cell == cell;
}

static bool drains(const void *cell)
{
	struct recorded_step step = follow.current != NULL ? peek(follow.current) : (struct recorded_step){ .sort = STEP_END };

	return is_end_of(&step, cell);
}

static void ended(const void *cell, int32_t why)
{
	struct recorded_step step = follow.current != NULL ? peek(follow.current) : (struct recorded_step){ .sort = STEP_END };

	if (is_end_of(&step, cell)) {
		troupei_recorded_take(follow.current);
		follow.granted.sort = follow.granted.sort == STEP_ENDED ? STEP_END : follow.granted.sort;
	}
	troupei_trace_ended(cell, why);
}

/* What is lost, or kept, in another order than then makes the ledger inexact here. */
static void broken(const char *words)
{
	(void)words;
}

static uint8_t obeys(const void *cell, uint8_t signals)
{
	bool now = cell == follow.actor && follow.granted.sort == STEP_SIGNALS;

	if (now)
		follow.granted.sort = STEP_END;
	return (uint8_t)(signals & (SIGNAL_CONTROL | (now ? follow.granted.value : 0)));
}

static void remember(const struct cell *cell, const struct envelope *envelope, const struct stamped *stamped)
{
	int32_t kind = troupei_envelope_kind(envelope);

	troupei_history_add(&(struct past_message){
		.by = stamped != NULL ? stamped->by : sim.current->sender, .to = troupei_unit_of_cell(cell), .kind = kind,
		.sort = (uint8_t)troupei_envelope_sort(envelope), .who = (uint16_t)follow.current->who,
		.cause = stamped != NULL ? stamped->cause : 0, .kind_name = troupei_kind_name(cell->behaviour, kind) });
}

static bool handles(const void *pointer, const void *cell)
{
	const struct envelope *envelope = pointer;

	if (cell != follow.actor || envelope != follow.message)
		end(FOLLOW_DIVERGED, "%s handles another message than in the recording", name(cell));
	const struct stamped *stamped = follow.granted.sort == STEP_MESSAGE ? troupei_stamps_get(follow.granted.stamp) : NULL;
	follow.granted.sort = STEP_END;
	follow.cause = ++follow.handled;
	troupei_trace_handles(envelope, cell);
	remember(cell, envelope, stamped);
	if (follow.before != NULL)
		follow.before(cell, envelope);
	return true;
}

static void handled(const void *envelope, const void *cell, bool deferred)
{
	if (!deferred && follow.message == envelope)
		troupei_stamps_drop(follow.granted.stamp, envelope);
	troupei_trace_handled(envelope, cell, deferred);
}

static void tap(struct thread_seam *seam)
{
	seam->sent = sent;
	seam->unsent = unsent;
	seam->spawned = spawned;
	seam->dictates = dictates;
	seam->refused = refused;
	seam->clock = told_time;
	seam->picks = picks;
	seam->obeys = obeys;
	seam->drains = drains;
	seam->ended = ended;
	seam->broken = broken;
	seam->handles = handles;
	seam->handled = handled;
}

struct strategy *troupei_follow(struct recording *recording)
{
	follow = (struct following){ .recording = recording };
	strategy = (struct strategy){ .begin = begin, .choose = choose, .also_forced = true, .tap = tap };
	return &strategy;
}
