/* SPDX-License-Identifier: MIT */
/* Beginning and end of a test. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actors/options.h"
#include "explore/explorer.h"
#include "testkit/kit.h"

#define sim troupei_simulation
#define kit troupei_kit

#define STEPS_DEFAULT 100000000
#define END_WITHIN_NS (60 * TROUPE_S)

struct test_kit troupei_kit;

bool troupei_kit_may_wait(void)
{
	return kit.open && troupei_is_simulated() && sim.current == sim.main;
}

/* How many systems of this process are alive, but for this one. */
static unsigned others_alive(const struct troupei_system *but)
{
	struct gate_pass pass;
	unsigned alive = 0;

	for (unsigned id = 1; id <= TROUPE_SYSTEMS_MAX; id++) {
		const struct troupei_system *system = troupei_gate_enter((uint8_t)id, &pass);
		if (system == NULL)
			continue;
		alive += system != but;
		troupei_gate_leave(&pass);
	}
	return alive;
}

/* ---------------------------------------------------------------------------------------------------------------- hooks -- */

static void hear_letter(void *context, const troupe_dead_letter *letter)
{
	(void)context;
	if (kit.letter_count < KIT_LETTERS_MAX) {
		kit.letters[kit.letter_count].kind = letter->kind;
		kit.letters[kit.letter_count].why = letter->why;
	}
	kit.letter_count++;
	if (kit.theirs.dead_letter != NULL)
		kit.theirs.dead_letter(kit.theirs.context, letter);
}

static void hear_line(void *context, const char *line)
{
	(void)context;
	if (kit.line_count < KIT_LINES_MAX)
		snprintf(kit.lines[kit.line_count], KIT_LINE_SIZE, "%s", line);
	kit.line_count++;
	if (kit.theirs.log != NULL)
		kit.theirs.log(kit.theirs.context, line);
}

uint64_t troupe_test_letters(int32_t kind, troupe_status why)
{
	uint64_t count = 0;

	if (kind == 0 && why == TROUPE_OK)
		return kit.letter_count;
	for (uint64_t i = 0; i < kit.letter_count && i < KIT_LETTERS_MAX; i++)
		count += (kind == 0 || kit.letters[i].kind == kind) && (why == TROUPE_OK || kit.letters[i].why == why);
	return count;
}

bool troupe_test_logged(const char *words)
{
	for (uint32_t i = 0; words != NULL && i < kit.line_count && i < KIT_LINES_MAX; i++)
		if (strstr(kit.lines[i], words) != NULL)
			return true;
	return false;
}

/* ------------------------------------------------------------------------------------------------------------ beginning -- */

static bool read_options(troupe_test_options *options, troupe_options *system, const troupe_test_options *given)
{
	const char *seed = getenv("TROUPE_TEST_SEED");

	if (!troupei_options_read(options, sizeof *options, given) || options->reserved != 0 || options->reserved_small != 0)
		return false;
	if (options->seed == 0 && seed != NULL)
		options->seed = strtoull(seed, NULL, 10);
	options->seed = options->seed > 0 ? options->seed : 1;
	options->steps_max = options->steps_max > 0 ? options->steps_max : STEPS_DEFAULT;
	return troupei_options_read(system, sizeof *system, options->system);
}

/* Time does not go by as long as anybody can go on: X5. */
static troupe_status simulate(const troupe_test_options *options)
{
	struct simulation limits = { .steps_max = options->steps_max, .still_max = KIT_PATIENCE };

	if (others_alive(NULL) > 0)
		return TROUPE_ECONTEXT;
	struct trace *trace = calloc(1, sizeof *trace);
	if (trace == NULL)
		return TROUPE_ENOMEM;
	kit.trace = trace;
	troupei_simulation_leave = troupei_words_leave;
	troupei_trace_begin(trace, options->seed);
	troupei_simulation_begin(troupei_kit_strategy(), trace, &limits);
	return TROUPE_OK;
}

static void leave_simulation(void)
{
	if (!kit.joined)
		troupei_simulation_end();
	free(kit.trace);
	kit.trace = NULL;
	kit.open = false;
}

troupe_status troupe_test_begin(const troupe_test_options *given, troupe_system *out)
{
	troupe_test_options options;
	troupe_options system;

	if (out == NULL || !read_options(&options, &system, given))
		return TROUPE_EINVAL;
	if (troupei_actor_worker() != NULL || (troupei_is_simulated() && sim.current != sim.main))
		return TROUPE_ECONTEXT;
	if (kit.open)
		return TROUPE_EEXIST;
	troupei_explore_serve();
	memset(&kit, 0, sizeof kit);
	kit.joined = troupei_is_simulated();
	kit.seed = kit.joined ? sim.trace->seed : options.seed;
	kit.theirs = system;
	troupe_status status = kit.joined ? TROUPE_OK : simulate(&options);
	if (status != TROUPE_OK)
		return status;
	system.struct_size = sizeof system;
	system.dead_letter = hear_letter;
	system.log = hear_line;
	system.ledger = &kit.ledger;
	status = troupei_system_open(&system, &kit.system);
	if (status != TROUPE_OK) {
		leave_simulation();
		return status;
	}
	kit.open = true;
	*out = kit.system;
	return TROUPE_OK;
}

/* ------------------------------------------------------------------------------------------------------------------ end -- */

troupe_status troupei_kit_check_books(const troupe_ledger *ledger, uint64_t letters)
{
	if (ledger->handled + ledger->dead + ledger->returned == ledger->sent && ledger->queued == 0 && letters == ledger->dead)
		return TROUPE_OK;
	return troupei_words(TROUPE_EFAILED,
	                     "expected that each message has an end; %llu were sent, %llu handled, %llu dead, %llu handed back, and "
	                     "%llu dead letters were shown",
	                     (unsigned long long)ledger->sent, (unsigned long long)ledger->handled, (unsigned long long)ledger->dead,
	                     (unsigned long long)ledger->returned, (unsigned long long)letters);
}

static bool has_threads(void)
{
	for (const struct fiber *fiber = sim.fibers; fiber != NULL; fiber = fiber->next)
		if (fiber != sim.main && fiber->state != FIBER_OVER)
			return true;
	return false;
}

/* Threads that have nothing to do end after a while: those of the keeper of time for pools, say. */
static troupe_status let_threads_end(void)
{
	int64_t until = sim.now_ns + END_WITHIN_NS;

	while (!kit.joined && has_threads() && sim.now_ns < until)
		troupei_kit_wait(NULL, troupei_kit_next_deadline(until));
	if (kit.joined || !has_threads())
		return TROUPE_OK;
	return troupei_words(TROUPE_EFAILED, "expected that all threads end; some have not: has each pool been closed?");
}

static troupe_status end(troupe_system system)
{
	troupe_status status = troupe_finish(system, END_WITHIN_NS), threads;

	if (status != TROUPE_OK)
		return troupei_words(status, "expected that all actors end when they are told to; some had to be killed");
	threads = let_threads_end();
	return threads != TROUPE_OK ? threads : troupei_kit_check_books(&kit.ledger, kit.letter_count);
}

troupe_status troupe_test_end(troupe_system system)
{
	if (!troupei_kit_may_wait())
		return TROUPE_ECONTEXT;
	troupei_words_clear();
	if (system.private_ == NULL || system.private_ != kit.system.private_)
		return TROUPE_EINVAL;
	if (others_alive(system.private_) > 0)
		return troupei_words(TROUPE_EEXIST, "expected that this system is the last; another one has not been finished");
	troupe_status status = end(system);
	if (kit.theirs.ledger != NULL)
		*kit.theirs.ledger = kit.ledger;
	troupei_probes_free();
	leave_simulation();
	return status;
}
