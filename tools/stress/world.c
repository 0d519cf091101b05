/* SPDX-License-Identifier: MIT */
/* The systems of a round: start, wait, end, and the ledger. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "actor.h"

static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static char log_last[200];

static void on_dead_letter(void *context, const troupe_dead_letter *letter)
{
	struct world *world = context;

	atomic_fetch_add_explicit(&world->letters, 1, memory_order_relaxed);
	if (letter->why == TROUPE_EFULL || letter->why == TROUPE_ETIMEOUT)
		atomic_fetch_add_explicit(&world->full_letters, 1, memory_order_relaxed);
	if (letter->why == TROUPE_ETIMEOUT)
		atomic_fetch_add(&world->round->late_letters, 1);
	books_letter(letter);
	if (letter->kind == KIND_PARCEL && letter->size >= sizeof(struct note)) {
		struct part *part = &world->round->parts[((const struct note *)letter->data)->part % PARTS_MAX];
		if (part->scenario->letter != NULL)
			part->scenario->letter(part, letter);
	}
}

bool world_late_question(struct round *round)
{
	return atomic_fetch_add(&round->late_questions, 1) < atomic_load(&round->late_letters);
}

/* Failures are part of the game: only the last line is kept, for a finding that needs it. */
static void on_log(void *context, const char *line)
{
	struct world *world = context;

	atomic_fetch_add_explicit(&world->log_lines, 1, memory_order_relaxed);
	if (strstr(line, " crashed: ") != NULL && strstr(line, ": process ") != NULL)
		atomic_fetch_add_explicit(&world->processes_logged, 1, memory_order_relaxed);
	else if (strstr(line, " crashed: ") != NULL)
		atomic_fetch_add_explicit(&world->crashes_logged, 1, memory_order_relaxed);
	pthread_mutex_lock(&log_lock);
	snprintf(log_last, sizeof log_last, "%s", line);
	pthread_mutex_unlock(&log_lock);
}

static int64_t draw_turn(struct dice *dice)
{
	static const int64_t turns[] = { 0, 0, 1, 20 * TROUPE_US, TROUPE_MS };

	return turns[dice_below(dice, sizeof turns / sizeof *turns)];
}

/* Sometimes there is a ceiling, which is never reached: then all mailboxes are bounded ones, with a queue of their own. */
static uint64_t draw_ceiling(struct dice *dice, const struct round *round)
{
	if (config.crash != 0)
		return 0;
	if (round->memory_max > 0)
		return round->memory_max;
	return dice_one_in(dice, 4) ? UINT64_MAX : 0;
}

bool world_start(struct world *world, struct round *round)
{
	struct dice *dice = &round->dice;

	world->round = round;
	world->blocking_max = dice_scaled(dice, 1, 32);
	if (round->mode == MODE_ABRUPT)
		world->within_ns = dice_between(dice, 800, 1600) * TROUPE_MS * process_slow() * (1 + config.actors / 4000);
	else
		world->within_ns = dice_one_in(dice, 3) ? 0 : 40 * TROUPE_S * process_slow();
	troupe_status status = troupe_start(TROUPE_OPTIONS(troupe_options, .workers = config.workers,
	                                                   .turn_ns_max = draw_turn(dice), .dead_letter = on_dead_letter,
	                                                   .log = on_log, .context = world, .ledger = &world->ledger,
	                                                   .seed = dice_next(dice), .blocking_max = world->blocking_max,
	                                                   .crashes_max = UINT64_MAX, .memory_max = draw_ceiling(dice, round)),
	                                    &world->system);
	world->started = EXPECT("troupe_start", status, TROUPE_OK);
	return world->started;
}

/* --------------------------------------------------------------------------------------------------------- waiting -- */

/* Grows whenever something happens anywhere. */
static uint64_t activity(void)
{
	return books_sum(COLUMN_SENT) + books_sum(COLUMN_HANDLED) + books_sum(COLUMN_DEAD) + books_sum(COLUMN_RETURNED);
}

/* In a simulation others go on only if this thread waits for them. */
static void nap(struct round *round, int64_t ns)
{
	if (!troupe_is_simulation())
		process_nap(ns);
	for (unsigned i = 0; troupe_is_simulation() && i < round->worlds_count; i++)
		troupe_ignore(troupe_settle(round->worlds[i].system, ns));
}

/* True: none is left. */
static bool wait_pending(struct part *part, double until)
{
	while (atomic_load(&part->pending) != 0 && report_elapsed() < until) {
		if (interrupted())
			atomic_store(&part->round->closing, true);
		nap(part->round, 200 * TROUPE_US);
	}
	int64_t left = atomic_load(&part->pending);
	if (left != 0)
		finding("part %u (%s): %lld pieces of work do not come to their end", part->id, part->scenario->name, (long long)left);
	return left == 0;
}

bool worlds_pending(struct round *round)
{
	double until = report_elapsed() + 20.0 * process_slow();
	bool ended = true;

	for (unsigned i = 0; i < round->parts_count; i++)
		ended = wait_pending(&round->parts[i], until) && ended;
	return ended;
}

static bool is_idle(struct round *round)
{
	for (unsigned i = 0; i < round->parts_count; i++)
		if (atomic_load(&round->parts[i].pending) != 0)
			return false;
	return true;
}

void worlds_settle(struct round *round)
{
	uint64_t before;

	do {
		if (!worlds_pending(round)) /* questions with a limit of time: meanwhile messages are held back, and mailboxes full */
			return;
		before = activity();
		for (unsigned i = 0; i < round->worlds_count; i++) {
			troupe_status status = troupe_settle(round->worlds[i].system, 20 * TROUPE_S * process_slow());
			if (!EXPECT("troupe_settle", status, TROUPE_OK))
				return;
		}
	} while (activity() != before || !is_idle(round));
}

void worlds_deserted(struct round *round)
{
	double until = report_elapsed() + 15.0 * process_slow();

	for (unsigned i = 0; i < round->worlds_count; i++) {
		troupe_counters counters;
		do {
			EXPECT("troupe_counters_read", troupe_counters_read(round->worlds[i].system, &counters), TROUPE_OK);
			if (counters.actors_alive != 0)
				nap(round, 100 * TROUPE_US);
		} while (counters.actors_alive != 0 && report_elapsed() < until);
		if (counters.actors_alive != 0)
			finding("all actors were told to end, but %" PRIu64 " live", counters.actors_alive);
		else if (counters.actors_spawned != counters.actors_ended || counters.timers_armed != 0)
			finding("no actor lives, but %" PRIu64 " were spawned, %" PRIu64 " have ended, %" PRIu64 " timers are armed",
			        counters.actors_spawned, counters.actors_ended, counters.timers_armed);
	}
}

/* ---------------------------------------------------------------------------------------------------------- ending -- */

static void *finish(void *argument)
{
	struct world *world = argument;

	atomic_store(&world->finishing, true);
	world->finished = troupe_finish(world->system, world->within_ns);
	return NULL;
}

static void finish_at_once(struct round *round)
{
	pthread_t threads[WORLDS_MAX];
	unsigned count = 0;

	while (count < round->worlds_count && pthread_create(&threads[count], NULL, finish, &round->worlds[count]) == 0)
		count++;
	for (unsigned i = count; i < round->worlds_count; i++)
		finish(&round->worlds[i]);
	for (unsigned i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
}

void worlds_finish(struct round *round)
{
	unsigned first = dice_below(&round->dice, round->worlds_count);

	if (dice_one_in(&round->dice, 2) && config.crash == 0) {
		finish_at_once(round);
		return;
	}
	for (unsigned i = 0; i < round->worlds_count; i++)
		finish(&round->worlds[(first + i) % round->worlds_count]);
}

static void check_ledger(struct world *world)
{
	const troupe_ledger *ledger = &world->ledger;
	uint64_t letters = atomic_load(&world->letters);

	if (ledger->sent != ledger->handled + ledger->dead + ledger->returned || ledger->queued != 0)
		finding("the ledger is not in balance: sent %" PRIu64 ", handled %" PRIu64 ", dead %" PRIu64 ", returned %" PRIu64
		        ", queued %" PRIu64, ledger->sent, ledger->handled, ledger->dead, ledger->returned, ledger->queued);
	if (ledger->dead != letters)
		finding("the ledger has %" PRIu64 " dead letters, the hook was shown %" PRIu64, ledger->dead, letters);
	atomic_fetch_add(&totals.messages, ledger->sent);
	atomic_fetch_add(&totals.dead, ledger->dead);
	atomic_fetch_add(&totals.returned, ledger->returned);
}

void worlds_check(struct round *round)
{
	uint64_t sent = 0, handled = 0, returned = 0;

	for (unsigned i = 0; i < round->worlds_count; i++) {
		struct world *world = &round->worlds[i];
		if (world->finished != TROUPE_OK && (world->finished != TROUPE_ETIMEOUT || round->mode != MODE_ABRUPT))
			finding("troupe_finish within %" PRId64 " ms gave %s; the last log line: %s", world->within_ns / TROUPE_MS,
			        troupe_status_name(world->finished), log_last);
		check_ledger(world);
		if (atomic_load(&world->crashes_made) != atomic_load(&world->crashes_logged))
			finding("%" PRIu64 " handlers crashed, but %" PRIu64 " crashes were logged", atomic_load(&world->crashes_made),
			        atomic_load(&world->crashes_logged));
		sent += world->ledger.sent;
		handled += world->ledger.handled;
		returned += world->ledger.returned;
	}
	if (sent < books_sum(COLUMN_SENT) - books_sum(COLUMN_EXCUSED))
		finding("the ledgers have %" PRIu64 " messages, but %" PRIu64 " were sent", sent, books_sum(COLUMN_SENT));
	if (handled < books_sum(COLUMN_HANDLED))
		finding("the ledgers have %" PRIu64 " handled, but it were %" PRIu64, handled, books_sum(COLUMN_HANDLED));
	/* One that came back to somebody who had ended meanwhile was seen as a dead letter. */
	if (returned < books_sum(COLUMN_RETURNED))
		finding("the ledgers have %" PRIu64 " handed back, but %" PRIu64 " were seen", returned, books_sum(COLUMN_RETURNED));
}
