/* SPDX-License-Identifier: MIT */
/* One actor, from outside. L1: look.h. */
#include "report/look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actors/blocking.h"
#include "actors/id_table.h"
#include "actors/supervisor.h"
#include "actors/waits.h"
#include "report/glance.h"

enum { KINDS_MAX = 1000 }; /* rows of a behaviour's table that are looked at */

const char *const troupei_report_state_names[REPORT_STATES] = { "running", "blocking", "awaiting",   "parked", "ending",
	                                                        "draining", "restarting", "queued", "idle" };

/* --------------------------------------------------------------------------------------------------- who runs now -- */

bool troupei_report_runs_init(struct report_runs *runs, const struct troupei_system *system)
{
	uint32_t capacity = system->scheduler.worker_limit + system->blocking.threads_max;

	*runs = (struct report_runs){ .capacity = capacity };
	runs->cells = troupei_allocate(capacity * sizeof *runs->cells);
	return runs->cells != NULL;
}

void troupei_report_runs_fini(struct report_runs *runs)
{
	troupei_deallocate(runs->cells, runs->capacity * sizeof *runs->cells);
}

static void add_run(struct report_runs *runs, const struct actor_worker *worker)
{
	struct cell *cell = troupei_load_relaxed_ptr(&worker->running);

	if (cell != NULL && runs->count < runs->capacity)
		runs->cells[runs->count++] = cell;
}

static int compare(const void *one, const void *other)
{
	const struct cell *const *a = one, *const *b = other;

	return (*a > *b) - (*a < *b);
}

void troupei_report_runs_take(struct report_runs *runs, const struct troupei_system *system)
{
	runs->count = 0;
	for (uint32_t i = 0; i < troupei_scheduler_workers(&system->scheduler); i++)
		add_run(runs, (const struct actor_worker *)system->scheduler.workers[i]);
	for (const struct actor_worker *at = NULL; (at = troupei_blocking_next(system, at)) != NULL;)
		add_run(runs, at);
	qsort(runs->cells, runs->count, sizeof *runs->cells, compare);
}

static bool runs_now(const struct report_runs *runs, const struct cell *cell)
{
	return runs->count > 0 && bsearch(&cell, runs->cells, runs->count, sizeof *runs->cells, compare) != NULL;
}

/* ----------------------------------------------------------------------------------------------------------- states -- */

/* Words that the worker which runs the actor writes as it likes: right or not, for a report. */
static uint8_t __attribute__((no_sanitize("thread"), noinline)) peek_flags(const struct cell *cell)
{
	return *(const volatile uint8_t *)&cell->flags;
}

static struct extra *__attribute__((no_sanitize("thread"), noinline)) peek_extra(const struct cell *cell)
{
	return *(struct extra *const volatile *)&cell->extra;
}

/* A bool in memory that may be anything by now. */
static bool is_true(const bool *copied)
{
	return *(const unsigned char *)copied == true;
}

/* The record that its supervisor has of it. */
static bool glance_record(const struct extra *extra, struct supervised *out)
{
	return extra->link != NULL && troupei_glance(&out->link, extra->link, sizeof out->link) &&
	       is_true(&out->link.supervised) && troupei_glance(out, extra->link, sizeof *out);
}

static bool is_between(const struct cell *cell)
{
	struct extra extra;
	struct supervised record;

	return troupei_glance(&extra, peek_extra(cell), sizeof extra) && glance_record(&extra, &record) && is_true(&record.between);
}

/* What one waits for that handles control messages alone: an answer, or another's room. */
static enum report_state what_holds(const struct cell *cell, uint32_t generation)
{
	struct wait_step step;

	if (troupei_wait_read(troupei_ref(troupei_slot_of(cell), generation), &step) && !troupei_ref_is_address(step.on))
		return REPORT_PARKED;
	return REPORT_AWAITING;
}

enum report_state troupei_report_state(const struct cell *cell, const struct report_runs *runs)
{
	uint32_t generation = troupei_load_acquire_32(&cell->generation);
	const struct envelope *head = troupei_load_acquire_ptr(&cell->mailbox.head);
	uint8_t flags = peek_flags(cell);
	enum report_state state = REPORT_NOBODY;

	if ((generation & 1) == 0 || troupei_mailbox_is_proxy(head))
		return REPORT_NOBODY;
	if (head == MAILBOX_CLOSED && !(flags & FLAG_DRAINING))
		return REPORT_NOBODY; /* not born yet, or as good as gone */
	if (head != MAILBOX_IDLE && runs_now(runs, cell))
		state = troupei_load_relaxed_8(&cell->signals) & SIGNAL_BLOCKS ? REPORT_BLOCKING : REPORT_RUNNING;
	else if (head == MAILBOX_CLOSED)
		state = REPORT_DRAINING;
	else if (flags & FLAG_ENDING)
		state = is_between(cell) ? REPORT_RESTARTING : REPORT_ENDING;
	else if (head != MAILBOX_IDLE)
		state = REPORT_QUEUED;
	else
		state = flags & FLAG_HOLD ? what_holds(cell, generation) : REPORT_IDLE;
	return troupei_load_acquire_32(&cell->generation) == generation ? state : REPORT_NOBODY;
}

bool troupei_report_waits_for_children(troupe_ref ref)
{
	const struct cell *cell = troupei_ref_cell(ref);
	uint8_t flags = cell != NULL ? peek_flags(cell) : 0;

	return (flags & (FLAG_ENDING | FLAG_DRAINING)) == FLAG_ENDING && !is_between(cell);
}

/* ------------------------------------------------------------------------------------------------------------ names -- */

void troupei_report_name(const troupe_behaviour *behaviour, char to[REPORT_NAME_MAX])
{
	troupe_behaviour copy;

	if (!troupei_glance(&copy, behaviour, sizeof copy))
		to[0] = 0;
	else
		troupei_glance_text(to, REPORT_NAME_MAX, troupei_behaviour_name(&copy));
	if (to[0] == 0)
		snprintf(to, REPORT_NAME_MAX, "?");
}

void troupei_report_kind(const troupe_behaviour *behaviour, int32_t kind, char to[REPORT_NAME_MAX])
{
	troupe_behaviour copy;
	troupe_kind row = { 0 };

	to[0] = 0;
	if (kind > 0 && troupei_glance(&copy, behaviour, sizeof copy) && copy.kinds != NULL)
		for (unsigned i = 0; i < KINDS_MAX && troupei_glance(&row, &copy.kinds[i], sizeof row) && row.kind != 0; i++)
			if (row.kind == kind) {
				troupei_glance_text(to, REPORT_NAME_MAX, row.name);
				break;
			}
	if (to[0] == 0)
		snprintf(to, REPORT_NAME_MAX, "%d", kind);
}

/* ---------------------------------------------------------------------------------------------------------- details -- */

static uint32_t count_table(const struct id_table *table)
{
	struct id_table head;
	struct id_entry entry;
	uint32_t count = 0;

	if (!troupei_glance(&head, table, sizeof head))
		return 0;
	for (uint32_t i = 0; i < head.capacity && i < REPORT_COUNT_MAX && troupei_glance(&entry, &table->entries[i], sizeof entry); i++)
		count += entry.item != NULL;
	return count;
}

static uint32_t count_children(const struct cell *copy, const struct extra *extra)
{
	struct supervision supervision;
	struct supervised record;
	struct child_link link;
	uint32_t count = 0;

	if (copy->behaviour == &troupei_supervisor_behaviour) {
		if (!troupei_glance(&supervision, troupei_supervision_of(copy), sizeof supervision))
			return 0;
		record.next = supervision.first;
		while (count < REPORT_COUNT_MAX && record.next != NULL && troupei_glance(&record, record.next, sizeof record))
			count++;
		return count;
	}
	link.next = extra->children;
	while (count < REPORT_COUNT_MAX && link.next != NULL && troupei_glance(&link, link.next, sizeof link))
		count++;
	return count;
}

/* Reply addresses that it has open. Their slots are always slots. */
static uint32_t count_questions(const struct extra *extra)
{
	uint32_t count = 0, slot = extra->asks;
	struct ask ask;

	while (slot != 0 && slot < troupei_slot_limit && count < REPORT_COUNT_MAX &&
	       troupei_glance(&ask, &troupei_cells[slot], sizeof ask)) {
		count++;
		slot = ask.of.links.next;
	}
	return count;
}

static void look_at_extra(const struct cell *copy, const struct extra *extra, struct report_actor *out)
{
	struct supervised record;

	out->parent = extra->parent;
	out->why = (copy->flags & FLAG_ENDING) ? extra->why : TROUPE_OK;
	out->children = count_children(copy, extra);
	out->questions = count_questions(extra);
	out->timers = count_table(extra->timers);
	out->monitors = count_table(extra->monitors);
	if (!glance_record(extra, &record))
		return;
	out->supervised = true;
	out->lives = record.lives;
	out->why = record.last;
	troupei_glance_text(out->child_name, sizeof out->child_name, record.spec.name);
}

/* Word by word; one of another moment than the next, maybe. */
static void __attribute__((no_sanitize("thread"), noinline)) peek_cell(struct cell *to, const struct cell *from)
{
	uint64_t words[sizeof *to / sizeof(uint64_t)];

	for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
		words[i] = ((const volatile uint64_t *)from)[i];
	memcpy(to, words, sizeof words);
}

static void name_of(struct report_names *names, const troupe_behaviour *behaviour, char to[REPORT_NAME_MAX])
{
	unsigned place = (unsigned)((uintptr_t)behaviour / sizeof *behaviour % REPORT_NAMES);

	if (names->behaviours[place] != behaviour) {
		troupei_report_name(behaviour, names->names[place]);
		names->behaviours[place] = behaviour;
	}
	memcpy(to, names->names[place], REPORT_NAME_MAX);
}

troupe_ref troupei_report_parent(const struct cell *cell)
{
	struct extra extra;

	return troupei_glance(&extra, peek_extra(cell), sizeof extra) ? extra.parent : (troupe_ref){ 0 };
}

bool troupei_report_look(const struct cell *cell, uint32_t generation, enum report_state state, struct report_budget *budget,
                         struct report_names *names, struct report_actor *out)
{
	struct extra extra = { 0 };
	struct cell copy;

	*out = (struct report_actor){ .state = state, .ref = troupei_ref(troupei_slot_of(cell), generation) };
	peek_cell(&copy, cell);
	if (copy.generation != generation)
		return false;
	name_of(names, copy.behaviour, out->name);
	if (troupei_glance(&extra, copy.extra, sizeof extra))
		look_at_extra(&copy, &extra, out);
	troupei_report_queue(cell, &copy, &extra, budget, out);
	return troupei_load_acquire_32(&cell->generation) == generation;
}
