/* SPDX-License-Identifier: MIT */
/* Which steps of a path race, and who is to be tried for it: D2 and D3 of tree.h. */
#include <string.h>

#include "explore/tree.h"

/* @p earlier happens before @p later, as far as its clock is known by now. */
static bool is_before(const struct tree *tree, uint32_t earlier, uint32_t later)
{
	return tree->clocks[later][troupei_tree_unit(tree->steps[earlier].unit)] >= earlier;
}

static void join(struct tree *tree, uint32_t earlier, uint32_t later)
{
	if (earlier == 0)
		return;
	for (uint32_t i = 0; i <= TREE_UNITS_MAX; i++)
		if (tree->clocks[later][i] < tree->clocks[earlier][i])
			tree->clocks[later][i] = tree->clocks[earlier][i];
}

/* Could @p unit be the first to go on instead of @p first, on the way to @p last? Its own next step, between these two or the last
 * itself, follows upon no other between them, and not upon the first. */
static bool can_lead(const struct tree *tree, uint32_t unit, uint32_t first, uint32_t last)
{
	uint32_t next = first + 1;

	while (next <= last && (tree->steps[next].unit != unit || (next < last && is_before(tree, first, next))))
		next++;
	if (next > last)
		return false;
	for (uint32_t i = first + 1; i < next; i++)
		if (!is_before(tree, first, i) && is_before(tree, i, next))
			return false;
	return true;
}

/* Who is to be tried before @p first, so that @p last may come before it? Nobody more, if one who can lead to it is known. */
static void reverse(struct tree *tree, uint32_t first, uint32_t last)
{
	const struct step *step = &tree->steps[first];
	struct option *leads = NULL;

	for (uint32_t i = 0; i < step->count; i++) {
		struct option *option = &tree->options[step->first + i];
		if (!can_lead(tree, option->unit, first, last))
			continue;
		if (option->state != OPTION_OPEN)
			return;
		if (leads == NULL || leads->interrupts)
			leads = option;
	}
	if (leads != NULL) {
		leads->state = OPTION_TO_TRY;
		return;
	}
	/* Who could lead there cannot go on here, for another reason than D2 knows of: any other might change that. */
	for (uint32_t i = 0; i < step->count; i++)
		if (tree->options[step->first + i].state == OPTION_OPEN)
			tree->options[step->first + i].state = OPTION_TO_TRY;
}

static void look_back(struct tree *tree, uint32_t at)
{
	const struct step *step = &tree->steps[at];
	uint32_t unit = troupei_tree_unit(step->unit);

	memset(tree->clocks[at], 0, sizeof tree->clocks[at]);
	if (step->released)
		memcpy(tree->clocks[at], tree->last, sizeof tree->clocks[at]);
	join(tree, tree->last[unit], at);
	join(tree, step->woken_at, at);
	join(tree, step->sent_at, at);
	/* The latest first: what comes before it too is no race of its own. */
	for (uint32_t i = at - 1; i > 0; i--)
		if (!is_before(tree, i, at) && troupei_footprints_meet(&tree->steps[i].did, &step->did)) {
			reverse(tree, i, at);
			join(tree, i, at);
		}
	tree->clocks[at][unit] = (uint16_t)at;
	tree->last[unit] = (uint16_t)at;
}

void troupei_tree_find_races(struct tree *tree, uint32_t from)
{
	memset(tree->last, 0, sizeof tree->last);
	for (uint32_t i = 1; i < from; i++)
		tree->last[troupei_tree_unit(tree->steps[i].unit)] = (uint16_t)i;
	for (uint32_t i = from; i <= tree->count; i++)
		look_back(tree, i);
}
