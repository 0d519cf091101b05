/* SPDX-License-Identifier: MIT */
/* What is wrong about a run beside what the program says itself: circles of waits, a run that cannot go on or does not end, memory
 * that is not given back, an inexact ledger; and, if the options ask for them, messages that reach nobody. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "actors/waits.h"
#include "base/callback.h"
#include "base/memory.h"
#include "explore/simulation.h"
#include "troupe/simulate.h"

#define sim troupei_simulation

enum { RECENT = 256, NAME_SIZE = 32 };

/* Who began to handle the last messages. */
static struct {
	uint32_t units[RECENT];
	uint64_t count;
} recent;

/* ------------------------------------------------------------------------------------------------------------- words -- */

struct words {
	char text[TRACE_TEXT_MAX];
	size_t at;
};

static void __attribute__((format(printf, 2, 3))) say(struct words *words, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	int length = vsnprintf(words->text + words->at, sizeof words->text - words->at, format, arguments);
	va_end(arguments);
	if (length > 0)
		words->at += (size_t)length;
	if (words->at >= sizeof words->text)
		words->at = sizeof words->text - 1;
}

static const char *name(uint32_t unit, char *to)
{
	return troupei_unit_name(sim.trace, unit, to, NAME_SIZE);
}

static uint32_t unit_of_ref(troupe_ref actor)
{
	const struct cell *cell = troupei_ref_cell(actor);

	return cell != NULL ? troupei_unit_of_cell(cell) : UNIT_NONE;
}

/* Who waits for whom, in words, and in the trace. */
static void say_wait(struct words *words, const struct wait_step *step)
{
	char who[NAME_SIZE], holder[NAME_SIZE];
	uint32_t by = unit_of_ref(step->who), to = unit_of_ref(step->holder);

	if (troupei_ref_is_address(step->on))
		say(words, "; %s waits for the answer to %d from %s", name(by, who), step->kind, name(to, holder));
	else
		say(words, "; %s waits to send %d to %s", name(by, who), step->kind, name(to, holder));
	troupei_note((struct trace_event){ .sort = TRACE_WAIT, .kind = step->kind, .by = by, .to = to });
}

/* ------------------------------------------------------------------------------------------------------------- waits -- */

void troupei_oracle_circle(const void *pointer)
{
	const struct wait_circle *circle = pointer;
	struct words words = { .at = 0 };

	if (sim.oracles.flags & TROUPE_ALLOW_DEADLOCKS)
		return;
	say(&words, circle->count == 1 ? "deadlock: an actor waits for itself" : "deadlock: %u actors wait for each other",
	    circle->count);
	for (uint32_t i = 0; i < circle->kept; i++)
		say_wait(&words, &circle->steps[i]);
	troupei_simulation_fail(FINDING_DEADLOCK, "%s", words.text);
}

static uint32_t say_waits(struct words *words)
{
	struct wait_step step;
	uint32_t count = 0;

	for (uint32_t slot = 0; (slot = troupei_units_next_slot(slot)) != UINT32_MAX; slot++) {
		const struct cell *cell = &troupei_cells[slot];
		if (!troupei_wait_read(troupei_ref(slot, cell->generation), &step))
			continue;
		say_wait(words, &step);
		count++;
	}
	return count;
}

/* The threads that are none of the library's. */
static void say_threads(struct words *words)
{
	char who[NAME_SIZE];

	for (const struct fiber *fiber = sim.fibers; fiber != NULL; fiber = fiber->next)
		if (fiber->state == FIBER_WAITS && fiber->number == 0) {
			say(words, "; %s waits", name(troupei_unit_of_thread(fiber->number), who));
			troupei_note((struct trace_event){ .sort = TRACE_WAIT, .by = troupei_unit_of_thread(fiber->number), .to = UNIT_NONE });
		}
}

void troupei_oracle_stuck(void)
{
	struct words words = { .at = 0 };

	say(&words, "nobody can go on");
	say_threads(&words);
	if (say_waits(&words) == 0)
		say(&words, "; no message is left to be handled");
	troupei_simulation_fail(FINDING_STUCK, "%s", words.text);
}

void troupei_oracle_gives_up(const void *cell)
{
	struct words words = { .at = 0 };
	uint32_t unit = troupei_unit_of_cell(cell);
	struct wait_step step;
	char who[NAME_SIZE];

	if (!(sim.oracles.flags & TROUPE_FIND_WAITING))
		return;
	say(&words, "%s still waited when it was told to end", name(unit, who));
	if (troupei_wait_read(troupei_ref_glance(cell), &step))
		say_wait(&words, &step);
	troupei_simulation_fail(FINDING_WAITING, "%s", words.text);
}

/* ------------------------------------------------------------------------------------------------------------ no end -- */

void troupei_oracle_busy(uint32_t unit)
{
	recent.units[recent.count++ % RECENT] = unit;
}

static uint32_t times(uint32_t unit, uint32_t kept)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < kept; i++)
		count += recent.units[i] == unit;
	return count;
}

/* The first of these in the list, so that each is said once. */
static bool is_first(uint32_t i)
{
	for (uint32_t j = 0; j < i; j++)
		if (recent.units[j] == recent.units[i])
			return false;
	return true;
}

void troupei_oracle_endless(void)
{
	uint32_t kept = recent.count < RECENT ? (uint32_t)recent.count : RECENT, said = 0;
	struct words words = { .at = 0 };
	char who[NAME_SIZE];

	say(&words, "livelock: it has not ended after %llu steps", (unsigned long long)sim.steps_max);
	for (uint32_t i = 0; i < kept && said < 6; i++)
		if (is_first(i))
			say(&words, "%s%s (%u)", said++ == 0 ? "; of the last messages were handled by " : ", ", name(recent.units[i], who),
			    times(recent.units[i], kept));
	troupei_simulation_fail(FINDING_ENDLESS, "%s", words.text);
}

/* ---------------------------------------------------------------------------------------------------------- messages -- */

void troupei_oracle_dead(uint32_t to, int32_t kind, int32_t why)
{
	char who[NAME_SIZE];

	if (why == TROUPE_EUNKNOWN && (sim.oracles.flags & TROUPE_FIND_UNKNOWN))
		troupei_simulation_fail(FINDING_UNKNOWN, "%s does not know the message %d", name(to, who), kind);
	if (why < 0 && why > -64 && (sim.oracles.dead_letters & TROUPE_REASON(why)))
		troupei_simulation_fail(FINDING_DEAD, "the message %d to %s is a dead letter: %s", kind, name(to, who),
		                        troupe_status_name((troupe_status)why));
}

void troupei_oracle_handled(void)
{
	if (sim.oracles.invariant == NULL)
		return;
	troupei_callback_enter();
	sim.oracles.invariant(sim.oracles.context);
	troupei_callback_leave();
}

void troupei_oracle_broken(const char *words)
{
	troupei_simulation_fail(FINDING_LEDGER, "%s", words);
}

/* Who asks for something by troupe_must says: without it I end. That is an answer to a failure that was made. */
void troupei_oracle_gave_up(void)
{
	if (!sim.may_give_up || !sim.hurt)
		return;
	sim.trace->gave_up = true;
	troupei_simulation_leave();
}

/* ------------------------------------------------------------------------------------------------------------ memory -- */

void troupei_oracles_begin(void)
{
	recent.count = 0;
	sim.blocks = troupei_memory_blocks_used();
}

void troupei_oracle_ended(void)
{
	uint64_t used = troupei_memory_blocks_used();

	if (used > sim.blocks && !(sim.oracles.flags & TROUPE_ALLOW_LEAKS))
		troupei_simulation_fail(FINDING_LEAK, "%llu blocks of memory (messages, payloads) are in use after the run that were not before",
		                        (unsigned long long)(used - sim.blocks));
}
