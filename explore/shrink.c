/* SPDX-License-Identifier: MIT */
/* Making a run smaller that goes wrong. After Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input", 2002, where
 * the input is the list of choices: parts of it are left out, and who went on in two pieces does so in one. Each candidate is run;
 * it is taken if the same thing goes wrong in it, no more messages are handled, and it costs less: messages, and changes from one to
 * another. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "explore/explorer.h"

struct shrinker {
	struct search *search;
	struct trace *best;     /* of the smallest run so far */
	uint32_t *units;        /* the choices that lead to it: candidates are made of these */
	size_t count;
	uint32_t *candidate;
	struct timespec until;
};

static uint64_t cost(const struct trace *trace)
{
	return 2 * trace->messages + trace->switches;
}

static bool is_over(const struct shrinker *shrinker)
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

/* Does it go wrong, and for less? A shorter list that costs the same is less, too. */
static bool is_better(struct shrinker *shrinker, size_t count)
{
	struct search *search = shrinker->search;
	const struct trace *trace = &search->shared->trace;

	search->strategy = troupei_guide(shrinker->candidate, count);
	search->shrinking.runs++;
	if (search->run(search) || !is_same(trace, shrinker->best) || trace->choice_count == TRACE_CHOICES_MAX)
		return false;
	if (trace->messages > shrinker->best->messages || cost(trace) > cost(shrinker->best) || (cost(trace) == cost(shrinker->best) && count >= shrinker->count))
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

/* The choices that were made, without those that come of themselves. */
static void take_made(struct shrinker *shrinker)
{
	shrinker->count = shrinker->best->choices_needed;
	memcpy(shrinker->units, shrinker->best->choices, shrinker->count * sizeof *shrinker->units);
}

/* ------------------------------------------------------------------------------------------------------- leaving out -- */

static bool leave_out(struct shrinker *shrinker, size_t from, size_t length)
{
	memcpy(shrinker->candidate, shrinker->units, from * sizeof *shrinker->units);
	memcpy(shrinker->candidate + from, shrinker->units + from + length, (shrinker->count - from - length) * sizeof *shrinker->units);
	return is_better(shrinker, shrinker->count - length);
}

static bool leave_out_parts(struct shrinker *shrinker)
{
	bool any = false;

	for (size_t length = shrinker->count / 2; length > 0; length /= 2)
		for (size_t from = 0; from + length <= shrinker->count && !is_over(shrinker);) {
			if (leave_out(shrinker, from, length))
				any = true;
			else
				from += length;
		}
	return any;
}

/* -------------------------------------------------------------------------------------------------------- one piece -- */

/* What this unit did from @p next on comes right behind the piece that ends at @p end. */
static bool join(struct shrinker *shrinker, size_t end, size_t next)
{
	uint32_t *to = shrinker->candidate, unit = shrinker->units[next];
	size_t length = 1;

	while (next + length < shrinker->count && shrinker->units[next + length] == unit)
		length++;
	memcpy(to, shrinker->units, end * sizeof *to);
	memcpy(to + end, shrinker->units + next, length * sizeof *to);
	memcpy(to + end + length, shrinker->units + end, (next - end) * sizeof *to);
	memcpy(to + next + length, shrinker->units + next + length, (shrinker->count - next - length) * sizeof *to);
	return is_better(shrinker, shrinker->count);
}

static bool join_pieces(struct shrinker *shrinker)
{
	bool any = false;

	for (size_t end = 1; end < shrinker->count && !is_over(shrinker); end++) {
		uint32_t unit = shrinker->units[end - 1];
		if (shrinker->units[end] == unit)
			continue;
		size_t next = end;
		while (next < shrinker->count && shrinker->units[next] != unit)
			next++;
		any = (next < shrinker->count && join(shrinker, end, next)) || any;
	}
	return any;
}

/* ---------------------------------------------------------------------------------------------------------- the whole -- */

static void shrink(struct shrinker *shrinker)
{
	bool any = true;

	while (any && !is_over(shrinker)) {
		any = leave_out_parts(shrinker);
		take_made(shrinker);
		any = join_pieces(shrinker) || any;
	}
	take_made(shrinker);
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
	return is_better(shrinker, shrinker->count);
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
	uint64_t done = shared->done, orders = shared->orders, messages = shared->messages, steps = shared->steps;
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
}
