/* SPDX-License-Identifier: MIT */
/* Making a run smaller that goes wrong. After Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", 2002, where
 * the input is the list of choices: parts of it are left out, and who went on in two pieces does so in one. Each candidate is run;
 * it is taken if the same thing goes wrong in it, no more messages are handled, and it costs less: messages, and changes from one to
 * another. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "explore/shrinker.h"

static uint64_t cost(const struct trace *trace)
{
	return 2 * trace->messages + trace->switches;
}

bool troupei_shrinker_is_over(const struct shrinker *shrinker)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return shrinker->search->shrinking.runs >= shrinker->search->options.shrink_runs || now.tv_sec >= shrinker->until.tv_sec;
}

/* The same thing has gone wrong. */
static bool is_same(const struct trace *trace, const struct trace *as)
{
	if (trace->finding != as->finding || trace->code != as->code)
		return false;
	return trace->finding != FINDING_PROMISE || strcmp(trace->text, as->text) == 0;
}

/* A shorter list that costs the same is less, too; but who is held is not in the list. */
static bool is_less(const struct shrinker *shrinker, const struct trace *trace, size_t count, bool held)
{
	const struct trace *best = shrinker->best;

	if (trace->messages > best->messages || cost(trace) > cost(best))
		return false;
	return cost(trace) < cost(best) || (!held && count < shrinker->count);
}

bool troupei_shrinker_try(struct shrinker *shrinker, size_t count, const struct hold *hold)
{
	struct search *search = shrinker->search;
	const struct trace *trace = &search->shared->trace;

	search->strategy = hold != NULL ? troupei_guide_held(shrinker->candidate, count, hold) : troupei_guide(shrinker->candidate, count);
	search->shrinking.runs++;
	if (search->run(search) || !is_same(trace, shrinker->best) || trace->choice_count == TRACE_CHOICES_MAX ||
	    !is_less(shrinker, trace, count, hold != NULL))
		return false;
	memcpy(shrinker->best, trace, sizeof *trace);
	memcpy(shrinker->units, shrinker->candidate, count * sizeof *shrinker->units);
	shrinker->count = count;
	search->shrinking.messages = (uint32_t)trace->messages;
	search->shrinking.switches = trace->switches;
	if (search->progress != NULL)
		search->progress(search);
	return true;
}

void troupei_shrinker_take_made(struct shrinker *shrinker)
{
	shrinker->count = shrinker->best->choices_needed;
	memcpy(shrinker->units, shrinker->best->choices, shrinker->count * sizeof *shrinker->units);
}

/* ---------------------------------------------------------------------------------------------------------- the whole -- */

/* The moves that leave most out come first: what they leave has fewer places for the others. */
static bool move(struct shrinker *shrinker)
{
	static bool (*const moves[])(struct shrinker *) = { troupei_shrink_leave_out, troupei_shrink_hold_back, troupei_shrink_join,
		                                                troupei_shrink_put_off, troupei_shrink_let_go_on, troupei_shrink_hurry };
	bool any = false;

	for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
		any = moves[i](shrinker) || any;
		troupei_shrinker_take_made(shrinker);
	}
	return any;
}

static void shrink(struct shrinker *shrinker)
{
	while (move(shrinker) && !troupei_shrinker_is_over(shrinker))
		;
}

/* Once more, by the line that the user will have. False: it does not lead there. */
static bool verify(struct shrinker *shrinker)
{
	struct search *search = shrinker->search;
	struct trace *trace = &search->shared->trace;
	size_t count = shrinker->count > 0 ? shrinker->count : 1;
	uint32_t *made = malloc(count * sizeof *made);

	if (made == NULL)
		return false;
	memcpy(made, shrinker->best->choices, count * sizeof *made);
	free(search->replayed);
	search->replayed = made;
	search->strategy = troupei_replay(made, count);
	if (search->run(search) || trace->hash != shrinker->best->hash)
		return false;
	if (trace->choice_count > count)
		trace->choice_count = (uint32_t)count;
	return true;
}

/* The run as it is, as the first candidate. */
static bool begin(struct shrinker *shrinker, const struct trace *found)
{
	*shrinker->best = *found;
	shrinker->count = found->choice_count;
	memcpy(shrinker->units, found->choices, shrinker->count * sizeof *shrinker->units);
	memcpy(shrinker->candidate, found->choices, shrinker->count * sizeof *shrinker->units);
	shrinker->best->messages = found->messages + 1; /* so that it is better */
	clock_gettime(CLOCK_MONOTONIC, &shrinker->until);
	shrinker->until.tv_sec += SHRINK_SECONDS;
	return troupei_shrinker_try(shrinker, shrinker->count, NULL);
}

static bool is_to_be_shrunk(const struct search *search)
{
	const struct trace *trace = &search->shared->trace;

	return !(search->options.flags & TROUPE_NO_SHRINK) && search->options.replay == NULL && search->run != NULL &&
	       trace->choice_count > 0 && trace->choice_count < TRACE_CHOICES_MAX && trace->finding != FINDING_ENDLESS;
}

void troupei_search_shrink(struct search *search)
{
	struct exploration *shared = search->shared;
	uint64_t done = shared->done, orders = shared->orders, messages = shared->messages, steps = shared->steps, gave_up = shared->gave_up;
	struct shrinker shrinker = { .search = search };

	if (!is_to_be_shrunk(search))
		return;
	struct trace *found = malloc(sizeof *found);
	shrinker.best = malloc(sizeof *shrinker.best);
	shrinker.units = malloc(2 * (size_t)TRACE_CHOICES_MAX * sizeof *shrinker.units);
	if (found != NULL && shrinker.best != NULL && shrinker.units != NULL) {
		*found = shared->trace;
		shrinker.candidate = shrinker.units + TRACE_CHOICES_MAX;
		search->shrinking.messages_first = (uint32_t)found->messages;
		search->shrinking.switches_first = found->switches;
		if (begin(&shrinker, found)) {
			shrink(&shrinker);
			search->shrinking.done = verify(&shrinker);
		}
		if (!search->shrinking.done) {
			shared->trace = *found;
			free(search->replayed);
			search->replayed = NULL;
		}
	}
	free(shrinker.units);
	free(shrinker.best);
	free(found);
	shared->done = done;
	shared->orders = orders;
	shared->messages = messages;
	shared->steps = steps;
	shared->gave_up = gave_up;
}
