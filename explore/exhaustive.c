/* SPDX-License-Identifier: MIT */
/* All orders of steps that matter to each other, one after another: tree.h says how. */
#include <string.h>

#include "explore/simulation.h"
#include "explore/tree.h"

enum { WORKERS = 12 };

/* Of the run under way, beside the tree. */
static struct {
	bool lost;      /* it is no longer written down: too long, or all that is left of it is known */
	bool begins;    /* the last step is an actor's that begins, */
	bool handles;   /*   and has taken a message */
	bool has_sent;
	uint32_t about; /* UNIT_NONE: nobody */
} run;

static struct tree *tree_of(const struct strategy *strategy)
{
	return strategy->kept;
}

static void begin(struct strategy *strategy, uint64_t seed)
{
	struct tree *tree = tree_of(strategy);

	(void)seed;
	memset(&run, 0, sizeof run);
	tree->count = 0;
	memset(tree->woken_at, 0, sizeof tree->woken_at);
	memset(tree->released, 0, sizeof tree->released);
	memset(tree->sent_at, 0, sizeof tree->sent_at);
}

/* ------------------------------------------------------------------------------------------------------- one step -- */

/* The last step is over: what was it? */
static void settle(struct tree *tree)
{
	struct step *step = &tree->steps[tree->count];

	if (tree->count == 0 || run.lost)
		return;
	if (run.begins && !run.handles)
		troupei_footprint_add(&step->did, step->unit, TOUCH_CHANGES);
	if (!run.begins && run.about != UNIT_NONE && !run.has_sent)
		troupei_footprint_add(&step->did, run.about, TOUCH_CHANGES);
	if (step->count > 0)
		tree->options[step->first + step->chosen].did = step->did;
}

/* What is not known to matter to some only matters to all. */
static bool matters_to_all(const struct choice *choice)
{
	return choice->unit == UNIT_CLOCK || (choice->about == UNIT_NONE && !choice->waited);
}

static void write_down(struct tree *tree, const struct choice *choice)
{
	struct step *step = &tree->steps[tree->count];
	uint32_t unit = troupei_tree_unit(choice->unit);

	step->unit = choice->unit;
	step->woken_at = tree->woken_at[unit];
	step->released = tree->released[unit];
	tree->released[unit] = false;
	tree->is_partial = tree->is_partial || unit == TREE_UNITS_MAX;
	step->sent_at = 0;
	step->did = (struct footprint){ .all = matters_to_all(choice) };
	run.begins = choice->begins;
	run.handles = run.has_sent = false;
	run.about = choice->about;
}

static void lose(struct tree *tree)
{
	struct step *step = &tree->steps[tree->count];

	tree->is_partial = true;
	run.lost = true;
	step->did.all = true;
	if (step->count > 0)
		tree->options[step->first + step->chosen].did.all = true;
}

/* There is one more step. False: it is not written down. */
static bool grow(struct tree *tree, uint32_t options)
{
	settle(tree);
	if (run.lost)
		return false;
	if (troupei_simulation_is_crowded())
		tree->is_partial = true; /* D2 does not know that one waits for another's worker */
	if (tree->count == TREE_STEPS_MAX || (tree->count >= tree->kept && tree->option_count + options > TREE_OPTIONS_MAX)) {
		lose(tree);
		return false;
	}
	tree->count++;
	return true;
}

static void touch(struct strategy *strategy, uint32_t unit, enum touch how, uint32_t message)
{
	struct tree *tree = tree_of(strategy);
	struct step *step = &tree->steps[tree->count];
	uint32_t place = troupei_tree_unit(unit);

	if (run.lost || tree->count == 0)
		return;
	tree->is_partial = tree->is_partial || place == TREE_UNITS_MAX;
	if (how == TOUCH_WAKES || how == TOUCH_RELEASES) {
		tree->woken_at[place] = (uint16_t)tree->count;
		tree->released[place] = how == TOUCH_RELEASES;
		return;
	}
	if (message >= TREE_MESSAGES_MAX)
		how = TOUCH_CHANGES;
	if (how == TOUCH_SENDS)
		tree->sent_at[message] = (uint16_t)tree->count;
	if (how == TOUCH_HANDLES)
		step->sent_at = tree->sent_at[message];
	run.handles = run.handles || unit == step->unit;
	run.has_sent = run.has_sent || unit == run.about;
	troupei_footprint_add(&step->did, unit, how);
}

/* ------------------------------------------------------------------------------------------------------- a choice -- */

/* The option's next step is known, and nothing since has mattered to it (D4). */
static const struct footprint *asleep(const struct tree *tree, uint32_t unit)
{
	const struct step *before = &tree->steps[tree->count - 1];

	for (uint32_t i = 0; tree->count > 1 && i < before->count; i++) {
		const struct option *option = &tree->options[before->first + i];
		if (option->unit == unit && i != before->chosen && option->state >= OPTION_TRIED)
			return troupei_footprints_meet(&option->did, &before->did) ? NULL : &option->did;
	}
	return NULL;
}

/* D4: all that is left has been seen. The step is not one. */
static void give_up(struct strategy *strategy, struct tree *tree)
{
	tree->count--;
	strategy->is_redundant = run.lost = true;
}

static void forced(struct strategy *strategy, const struct choice *only)
{
	struct tree *tree = tree_of(strategy);

	if (!grow(tree, 0))
		return;
	if (tree->count > tree->kept) {
		if (asleep(tree, only->unit) != NULL) {
			give_up(strategy, tree);
			return;
		}
		tree->steps[tree->count].count = 0;
		tree->steps[tree->count].interrupted = tree->steps[tree->count - 1].interrupted;
	}
	write_down(tree, only);
}

static uint32_t interrupted(const struct tree *tree, const struct option *option)
{
	return tree->steps[tree->count - 1].interrupted + option->interrupts;
}

/* Before a step that is new: who could go on. */
static void note_options(struct tree *tree, uint32_t count)
{
	struct step *step = &tree->steps[tree->count];
	bool in_midst = false;

	step->first = tree->option_count;
	step->count = count;
	tree->option_count += count;
	for (uint32_t i = 0; i < count; i++) {
		struct choice choice = troupei_simulation_choice(i);
		struct option *option = &tree->options[step->first + i];
		const struct footprint *known = asleep(tree, choice.unit);
		in_midst = in_midst || choice.goes_on;
		*option = (struct option){ .unit = choice.unit, .state = known != NULL ? OPTION_ASLEEP : OPTION_OPEN,
			                       .interrupts = !choice.goes_on };
		if (known != NULL)
			option->did = *known;
	}
	for (uint32_t i = 0; i < count && !in_midst; i++)
		tree->options[step->first + i].interrupts = false;
}

static bool is_within(const struct strategy *strategy, const struct option *option)
{
	return strategy->depth == 0 || interrupted(tree_of(strategy), option) <= strategy->depth;
}

/* The one that runs, else anyone who is awake; the clock last. `count`: nobody is awake. */
static uint32_t first_to_try(const struct strategy *strategy, uint32_t count)
{
	const struct tree *tree = tree_of(strategy);
	const struct option *options = &tree->options[tree->steps[tree->count].first];
	uint32_t found = count;

	for (uint32_t i = count; i-- > 0;)
		if (options[i].state == OPTION_OPEN && is_within(strategy, &options[i]) &&
		    (found == count || !options[i].interrupts || options[found].interrupts))
			found = i;
	return found;
}

/* As before, and the last of them otherwise. */
static uint32_t repeat(struct tree *tree, uint32_t count)
{
	uint32_t unit = tree->steps[tree->count].unit;

	for (uint32_t i = 0; i < count; i++)
		if (troupei_simulation_choice(i).unit == unit)
			return i;
	lose(tree); /* the program is not the same twice */
	return 0;
}

static uint32_t choose(struct strategy *strategy, uint32_t count)
{
	struct tree *tree = tree_of(strategy);
	uint32_t index;

	if (!grow(tree, count))
		return 0;
	struct step *step = &tree->steps[tree->count];
	if (tree->count <= tree->kept) {
		index = repeat(tree, count);
	} else {
		note_options(tree, count);
		index = first_to_try(strategy, count);
		if (index == count) {
			tree->option_count -= count;
			give_up(strategy, tree);
			return 0;
		}
		tree->options[step->first + index].state = OPTION_TRIED;
		step->chosen = index;
		step->interrupted = interrupted(tree, &tree->options[step->first + index]);
	}
	if (!run.lost) {
		struct choice choice = troupei_simulation_choice(index);
		write_down(tree, &choice);
	}
	return index;
}

/* ---------------------------------------------------------------------------------------------------- after a run -- */

/* Another one to try before this step; false: there is none. */
static bool turn_to_next(const struct strategy *strategy, struct tree *tree)
{
	struct step *step = &tree->steps[tree->count];

	for (uint32_t i = 0; i < step->count; i++) {
		struct option *option = &tree->options[step->first + i];
		if (option->state != OPTION_TO_TRY || !is_within(strategy, option))
			continue;
		option->state = OPTION_TRIED;
		step->chosen = i;
		step->unit = option->unit;
		step->interrupted = interrupted(tree, option);
		return true;
	}
	return false;
}

static bool end(struct strategy *strategy)
{
	struct tree *tree = tree_of(strategy);

	settle(tree);
	strategy->is_partial = tree->is_partial;
	troupei_tree_find_races(tree, tree->kept > 1 ? tree->kept : 1);
	for (; tree->count > 0; tree->count--) {
		struct step *step = &tree->steps[tree->count];
		tree->option_count = step->count > 0 ? step->first + step->count : tree->option_count;
		if (turn_to_next(strategy, tree)) {
			tree->kept = tree->count;
			return true;
		}
	}
	return false;
}

struct strategy *troupei_exhaustive(void)
{
	static struct strategy strategy = { .begin = begin, .choose = choose, .end = end, .forced = forced, .touch = touch,
		                                .one_seed = true, .workers = WORKERS, .kept_size = sizeof(struct tree) };

	return &strategy;
}
