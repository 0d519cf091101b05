/* SPDX-License-Identifier: MIT */
/* A round: everything about it is drawn from its seed. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "actor.h"

static struct round *_Atomic current; /* for the watchdog */

static enum mode draw_mode(struct dice *dice)
{
	uint32_t share = dice_below(dice, 20);

	return share < 8 ? MODE_QUIET : share < 12 ? MODE_SETTLED : share < 19 ? MODE_MIDWAY : MODE_ABRUPT;
}

/* ---------------------------------------------------------------------------------------------------------- begin -- */

static const struct scenario *draw_scenario(struct dice *dice)
{
	unsigned i;

	do
		i = dice_below(dice, scenarios_count);
	while ((config.chosen >> i & 1) == 0);
	return scenarios[i];
}

/* What its parts are, and whether there is less memory than they would like. */
static void draw_parts(struct round *round)
{
	bool all_take_refusals = true;

	round->parts_count = dice_between(&round->dice, 1, (config.chosen & (config.chosen - 1)) == 0 ? 2 : PARTS_MAX);
	for (unsigned i = 0; i < round->parts_count; i++) {
		round->parts[i].scenario = draw_scenario(&round->dice);
		all_take_refusals = all_take_refusals && round->parts[i].scenario->takes_refusals;
	}
	if (all_take_refusals && dice_one_in(&round->dice, 3))
		round->memory_max = dice_scaled(&round->dice, 1 << 10, 1 << 18);
}

static bool start_worlds(struct round *round)
{
	round->worlds_count = dice_one_in(&round->dice, 3) ? dice_between(&round->dice, 2, WORLDS_MAX) : 1;
	for (unsigned i = 0; i < round->worlds_count; i++)
		if (!world_start(&round->worlds[i], round))
			return false;
	return true;
}

static void start_parts(struct round *round)
{
	for (unsigned i = 0; i < round->parts_count; i++) {
		part_init(&round->parts[i], round, i, round->parts[i].scenario);
		round->parts[i].scenario->build(&round->parts[i]);
	}
	for (unsigned i = 0; i < round->parts_count; i++)
		if (round->parts[i].scenario->start != NULL)
			round->parts[i].scenario->start(&round->parts[i]);
}

/* ------------------------------------------------------------------------------------------------------------ end -- */

static void join(struct round *round, bool late)
{
	for (unsigned i = 0; i < round->parts_count; i++)
		part_join(&round->parts[i], late);
}

/* Let it all come to its end, tell every actor to end, and wait for that. */
static void end_quietly(struct round *round)
{
	watchdog_round("waiting for the work to end");
	worlds_pending(round);
	join(round, false);
	watchdog_round("settling");
	worlds_settle(round);
	atomic_store(&round->closing, true);
	watchdog_round("telling all actors to end");
	for (unsigned i = 0; i < round->parts_count; i++) {
		struct part *part = &round->parts[i];
		if (part->scenario->stop != NULL)
			part->scenario->stop(part);
		else
			part_stop(part);
	}
	watchdog_round("waiting for the last actor");
	worlds_deserted(round);
}

static void close_parts(struct round *round)
{
	watchdog_round("closing pools");
	for (unsigned i = 0; i < round->parts_count; i++)
		if (round->parts[i].scenario->close != NULL)
			round->parts[i].scenario->close(&round->parts[i]);
}

static void end_traffic(struct round *round)
{
	if (round->mode == MODE_QUIET) {
		end_quietly(round);
		return;
	}
	if (round->mode == MODE_SETTLED) {
		watchdog_round("waiting for the work to end");
		worlds_pending(round);
		watchdog_round("settling");
		worlds_settle(round);
	} else {
		process_nap(dice_scaled(&round->dice, 1, 20000) * TROUPE_US * (process_slow() == 1 ? 1 : 3));
	}
	atomic_store(&round->closing, true);
	watchdog_round("joining plain threads");
	join(round, false);
}

/* ---------------------------------------------------------------------------------------------------------- check -- */

static void check_lives(struct round *round)
{
	uint64_t spawned = atomic_load(&round->spawned), terminated = atomic_load(&round->terminated);
	uint64_t unborn = atomic_load(&round->unborn);

	if (spawned != terminated + unborn)
		finding("%llu actors were spawned, but %llu terminated and %llu failed at birth", (unsigned long long)spawned,
		        (unsigned long long)terminated, (unsigned long long)unborn);
	if (payloads_out() != 0)
		finding("%lld payloads were not released", (long long)payloads_out());
}

/* A joined thread may still be seen for a moment. */
static void check_threads(uint32_t before)
{
	double until = report_elapsed() + 2.0 * process_slow();

	while (process_threads() > before && report_elapsed() < until)
		process_nap(TROUPE_MS);
	if (process_threads() <= before)
		return;
	finding("%u threads are left behind, though every handler returns; the run ends here, for they use its memory",
	        process_threads() - before);
	report_end(interrupted());
	_exit(EXIT_FAILURE);
}

/* No process of an actor, and nothing that it was spoken to by. */
static void check_processes(uint32_t descriptors)
{
	if (process_children())
		finding("a child process is left behind");
	if (process_descriptors() != descriptors)
		finding("%u descriptors were open before the round, %u are now", descriptors, process_descriptors());
}

static void check(struct round *round)
{
	const char *names[PARTS_MAX];

	for (unsigned i = 0; i < round->parts_count; i++) {
		names[i] = round->parts[i].scenario->name;
		if (round->parts[i].scenario->check != NULL)
			round->parts[i].scenario->check(&round->parts[i]);
	}
	worlds_check(round);
	check_lives(round);
	books_close(names, round->parts_count);
}

static const char *const mode_names[] = { "quiet", "settled", "midway", "abrupt" };

void worlds_describe(void)
{
	struct round *round = atomic_load(&current);

	if (round == NULL)
		return;
	fprintf(stderr, "    %s round of %u systems, of at most %llu bytes\n", mode_names[round->mode], round->worlds_count,
	        (unsigned long long)round->memory_max);
	for (unsigned i = 0; i < round->parts_count; i++)
		fprintf(stderr, "    part %u: %s, %u actors, budget %u, pending %lld\n", i, round->parts[i].scenario->name,
		        round->parts[i].actors, round->parts[i].budget, (long long)atomic_load(&round->parts[i].pending));
	for (unsigned i = 0; i < round->worlds_count; i++) {
		struct world *world = &round->worlds[i];
		troupe_ledger ledger;
		if (world->started && !atomic_load(&world->finishing) && troupe_ledger_read(world->system, &ledger) == TROUPE_OK)
			fprintf(stderr, "    system %u: sent %llu, handled %llu, dead %llu, returned %llu, queued %llu\n", i,
			        (unsigned long long)ledger.sent, (unsigned long long)ledger.handled,
			        (unsigned long long)ledger.dead, (unsigned long long)ledger.returned,
			        (unsigned long long)ledger.queued);
	}
}

/* What the round was made of, for a finding that was just told. */
static void describe_findings(struct round *round, uint64_t findings_before)
{
	if (findings_count() == findings_before || findings_before > 20)
		return;
	fprintf(stderr, "    it was a %s round of %u systems with", mode_names[round->mode], round->worlds_count);
	for (unsigned i = 0; i < round->parts_count; i++)
		fprintf(stderr, "%s %s", i == 0 ? "" : ",", round->parts[i].scenario->name);
	if (round->memory_max > 0)
		fprintf(stderr, "; at most %llu bytes each", (unsigned long long)round->memory_max);
	fprintf(stderr, "\n");
}

static void run(struct round *round, uint32_t threads)
{
	uint32_t descriptors = process_descriptors();

	watchdog_round("starting");
	if (!start_worlds(round))
		return;
	start_parts(round);
	end_traffic(round);
	close_parts(round);
	watchdog_round("troupe_finish");
	worlds_finish(round);
	atomic_store(&round->over, true);
	watchdog_round("joining late threads");
	join(round, true);
	watchdog_round("checking");
	check_threads(threads);
	if (config.crash == 0) /* a recording may have begun in the midst of it */
		check_processes(descriptors);
	check(round);
	for (unsigned i = 0; i < round->parts_count; i++)
		part_discard(&round->parts[i]);
}

void round_run(uint64_t seed)
{
	uint32_t threads = process_threads();
	uint64_t findings = findings_count();
	struct round *round = process_array(1, sizeof *round);

	report_round(seed);
	round->seed = seed;
	round->dice = (struct dice){ seed };
	round->mode = config.crash != 0 ? MODE_QUIET : draw_mode(&round->dice);
	draw_parts(round);
	atomic_store(&current, round);
	run(round, threads);
	describe_findings(round, findings);
	atomic_store(&current, NULL);
	free(round);
	atomic_fetch_add(&totals.rounds, 1);
	watchdog_round(NULL);
	process_round_ended();
}
