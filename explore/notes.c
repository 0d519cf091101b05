/* SPDX-License-Identifier: MIT */
/* What happens to actors and messages, for the trace; and what fails by chance. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actors/supervised.h"
#include "explore/simulation.h"
#include "mailbox/envelope.h"

#define sim troupei_simulation

enum { ON_THEIR_WAY = 1 << 12 };

/* Envelopes that have been sent and not been reached, by address: open addressing. What does not fit has no number. */
static struct {
	const void *envelope;
	uint32_t message, by;
} table[ON_THEIR_WAY];
static uint32_t tabled;

static size_t place_of(const void *envelope)
{
	size_t at = (size_t)(((uintptr_t)envelope >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 52);

	while (table[at].envelope != NULL && table[at].envelope != envelope)
		at = (at + 1) % ON_THEIR_WAY;
	return at;
}

static void forget(size_t at)
{
	size_t next = at;

	for (;;) { /* Knuth, volume 3, 6.4, algorithm R */
		table[at].envelope = NULL;
		size_t home;
		do {
			next = (next + 1) % ON_THEIR_WAY;
			if (table[next].envelope == NULL)
				return;
			home = (size_t)(((uintptr_t)table[next].envelope >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 52);
		} while (at <= next ? at < home && home <= next : at < home || home <= next);
		table[at] = table[next];
		at = next;
	}
}

void troupei_notes_forget(void)
{
	if (tabled == 0)
		return; /* each page that is written costs the process of a run a copy */
	memset(table, 0, sizeof table);
	tabled = 0;
}

uint32_t troupei_unit_here(void)
{
	const struct worker *worker = troupei_worker_current;
	const struct cell *cell = worker != NULL ? ((const struct actor_worker *)worker)->running : NULL;

	return cell != NULL ? troupei_unit_of_cell(cell) : troupei_unit_of_thread(sim.current->number);
}

void troupei_note(struct trace_event event)
{
	event.now_ns = sim.now_ns;
	troupei_trace_event(sim.trace, &event);
}

/* The names that its behaviour gives to messages. */
static void write_kinds(uint32_t unit, const troupe_behaviour *behaviour)
{
	struct trace *trace = sim.trace;

	for (const troupe_kind *known = behaviour->kinds; known != NULL && known->kind != 0; known++) {
		if (trace->kind_count == TRACE_KINDS_MAX)
			return;
		struct trace_kind *kind = &trace->kinds[trace->kind_count++];
		*kind = (struct trace_kind){ .to = unit, .kind = known->kind };
		snprintf(kind->name, sizeof kind->name, "%s", known->name);
	}
}

void troupei_trace_spawned(const void *cell)
{
	const troupe_behaviour *behaviour = ((const struct cell *)cell)->behaviour;
	uint32_t unit = troupei_unit_new(cell), number = unit / 2;

	if (number < TRACE_NAMES_MAX)
		snprintf(sim.trace->names[number], TRACE_NAME_MAX, "%s", troupei_behaviour_name(behaviour));
	if (sim.trace->with_kinds)
		write_kinds(unit, behaviour);
	troupei_touch(unit, TOUCH_WAKES, 0);
	troupei_note((struct trace_event){ .sort = TRACE_SPAWN, .by = troupei_unit_here(), .to = unit });
}

void troupei_trace_ended(const void *cell, int32_t why)
{
	troupei_touch(troupei_unit_of_cell(cell), TOUCH_CHANGES, 0);
	troupei_note((struct trace_event){ .sort = TRACE_END, .kind = why, .by = UNIT_NONE, .to = troupei_unit_of_cell(cell) });
}

static struct trace_event of_message(uint8_t sort, const struct envelope *envelope, uint32_t by, uint32_t to, uint32_t message)
{
	return (struct trace_event){ .sort = sort, .kind = troupei_envelope_kind(envelope), .by = by, .to = to, .message = message,
		                         .envelope = (uint8_t)troupei_envelope_sort(envelope),
		                         .control = (envelope->flags & ENVELOPE_CONTROL) != 0 };
}

/* Do only the senders' order, and that of handling, matter to it? Not if it overtakes others, or may find no room. */
static enum touch touch_of(enum touch plain, const struct envelope *envelope, const struct cell *cell, uint32_t message)
{
	enum envelope_sort sort = troupei_envelope_sort(envelope);
	bool simple = sort == SORT_PLAIN || sort == SORT_SENDER || sort == SORT_QUESTION;

	return simple && message != 0 && (envelope->flags & ENVELOPE_CONTROL) == 0 &&
	               (cell->extra == NULL || cell->extra->bounds == NULL) ? plain : TOUCH_CHANGES;
}

/* False: there are too many, it will not be known. */
static bool remember(const void *envelope, uint32_t message, uint32_t by)
{
	size_t at = place_of(envelope);

	if (table[at].envelope == NULL && tabled < ON_THEIR_WAY / 2) {
		table[at].envelope = envelope;
		tabled++;
	}
	if (table[at].envelope == envelope) {
		table[at].message = message;
		table[at].by = by;
	}
	return table[at].envelope == envelope;
}

/* False: it is not known. */
static bool recall(const void *envelope, uint32_t *message, uint32_t *by)
{
	*message = 0;
	*by = UNIT_NONE;
	if (envelope == NULL)
		return false;
	size_t at = place_of(envelope);
	if (table[at].envelope != envelope)
		return false;
	*message = table[at].message;
	*by = table[at].by;
	forget(at);
	tabled--;
	return true;
}

void troupei_trace_sent(const void *pointer, const void *to)
{
	const struct envelope *envelope = pointer;
	uint32_t by = troupei_unit_here(), message = ++sim.trace->messages_sent;

	bool known = remember(envelope, message, by);
	troupei_touch(troupei_unit_of_cell(to), touch_of(TOUCH_SENDS, envelope, to, known ? message : 0), message);
	troupei_note(of_message(TRACE_SEND, envelope, by, troupei_unit_of_cell(to), message));
}

/* Only who is meant to survive it: in a supervisor's care, or contained. */
static bool crashes(const struct envelope *envelope, const struct cell *cell)
{
	if (sim.crashes_ppm == 0 || troupei_envelope_sort(envelope) != SORT_PLAIN)
		return false;
	if (troupei_supervised_of(cell) == NULL && cell->behaviour->isolation == TROUPE_TOGETHER)
		return false;
	return troupei_random_below(&sim.random, 1000000) < sim.crashes_ppm;
}

bool troupei_trace_handles(const void *pointer, const void *cell)
{
	const struct envelope *envelope = pointer;
	struct fiber *me = sim.current;
	uint32_t unit = troupei_unit_of_cell(cell);

	recall(envelope, &me->message, &me->sender);
	sim.trace->messages++;
	troupei_touch(unit, touch_of(TOUCH_HANDLES, envelope, cell, me->message), me->message);
	troupei_oracle_busy(unit);
	bool fails = crashes(envelope, cell);
	sim.hurt |= fails;
	troupei_note(of_message(fails ? TRACE_CRASH : TRACE_HANDLE, envelope, me->sender, unit, me->message));
	return !fails;
}

void troupei_trace_handled(const void *envelope, const void *cell, bool deferred)
{
	const struct fiber *me = sim.current;

	if (deferred) {
		remember(envelope, me->message, me->sender);
		troupei_note(of_message(TRACE_DEFER, envelope, me->sender, troupei_unit_of_cell(cell), me->message));
	}
	troupei_oracle_handled();
}

/* What its receiver has looked at has its number from there. */
void troupei_trace_dead(const void *envelope, const void *to, int32_t kind, int32_t why)
{
	const struct fiber *me = sim.current;
	uint32_t message, by, unit = to != NULL ? troupei_unit_of_cell(to) : UNIT_NONE;

	if (!recall(envelope, &message, &by)) {
		bool looked_at = envelope != NULL && unit == troupei_unit_here();
		message = looked_at ? me->message : 0;
		by = looked_at ? me->sender : troupei_unit_here();
	}
	troupei_note((struct trace_event){ .sort = TRACE_DEAD, .kind = kind, .by = by, .to = unit, .message = message, .why = why });
	troupei_oracle_dead(unit, kind, why);
}

const char *troupei_unit_name(const struct trace *trace, uint32_t unit, char *name, size_t size)
{
	uint32_t number = unit / 2;

	if (unit == UNIT_CLOCK || unit == UNIT_NONE)
		snprintf(name, size, "%s", unit == UNIT_CLOCK ? "the clock" : "somebody");
	else if (!troupei_unit_is_actor(unit))
		snprintf(name, size, number == 0 ? "main" : "thread %u", number);
	else if (number < TRACE_NAMES_MAX && trace->names[number][0] != '\0')
		snprintf(name, size, "%s %u", trace->names[number], number);
	else
		snprintf(name, size, "actor %u", number);
	return name;
}
