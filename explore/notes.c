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

static uint32_t current_unit(void)
{
	const struct worker *worker = troupei_worker_current;
	const struct cell *cell = worker != NULL ? ((const struct actor_worker *)worker)->running : NULL;

	return cell != NULL ? troupei_unit_of_cell(cell) : troupei_unit_of_thread(sim.current->number);
}

static void note(struct trace_event event)
{
	event.now_ns = sim.now_ns;
	troupei_trace_event(sim.trace, &event);
}

void troupei_trace_spawned(const void *cell)
{
	uint32_t unit = troupei_unit_new(cell), number = unit / 2;

	if (number < TRACE_NAMES_MAX)
		snprintf(sim.trace->names[number], TRACE_NAME_MAX, "%s", troupei_behaviour_name(((const struct cell *)cell)->behaviour));
	troupei_touch(unit, TOUCH_WAKES, 0);
	note((struct trace_event){ .sort = TRACE_SPAWN, .by = current_unit(), .to = unit });
}

void troupei_trace_ended(const void *cell, int32_t why)
{
	troupei_touch(troupei_unit_of_cell(cell), TOUCH_CHANGES, 0);
	note((struct trace_event){ .sort = TRACE_END, .kind = why, .by = UNIT_NONE, .to = troupei_unit_of_cell(cell) });
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

void troupei_trace_sent(const void *pointer, const void *to)
{
	const struct envelope *envelope = pointer;
	uint32_t by = current_unit(), message = ++sim.trace->messages_sent;
	size_t at = place_of(envelope);

	if (table[at].envelope == NULL && tabled < ON_THEIR_WAY / 2) {
		table[at].envelope = envelope;
		tabled++;
	}
	if (table[at].envelope == envelope) {
		table[at].message = message;
		table[at].by = by;
	}
	troupei_touch(troupei_unit_of_cell(to), touch_of(TOUCH_SENDS, envelope, to, table[at].envelope != NULL ? message : 0), message);
	note(of_message(TRACE_SEND, envelope, by, troupei_unit_of_cell(to), message));
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
	size_t at = place_of(envelope);
	uint32_t message = 0, by = UNIT_NONE;

	if (table[at].envelope == envelope) {
		message = table[at].message;
		by = table[at].by;
		forget(at);
		tabled--;
	}
	sim.trace->messages++;
	troupei_touch(troupei_unit_of_cell(cell), touch_of(TOUCH_HANDLES, envelope, cell, message), message);
	bool fails = crashes(envelope, cell);
	note(of_message(fails ? TRACE_CRASH : TRACE_HANDLE, envelope, by, troupei_unit_of_cell(cell), message));
	return !fails;
}
