/* SPDX-License-Identifier: MIT */
/* A part: the arrays of a scenario at work, and its plain threads. */
#include <stdio.h>
#include <stdlib.h>

#include "round.h"

void part_init(struct part *part, struct round *round, unsigned id, const struct scenario *scenario)
{
	uint32_t most = config.actors / process_slow(), least = 4;

	part->scenario = scenario;
	part->round = round;
	part->id = id;
	part->bounded = round->memory_max > 0;
	part->dice = dice_split(&round->dice, id);
	part->seed = dice_next(&part->dice);
	part->spread = dice_one_in(&part->dice, 2);
	part->home = dice_below(&part->dice, round->worlds_count);
	part->outside = (struct sender){ .part = part, .dice = dice_split(&part->dice, 0) };
	most = most < least ? least : most;
	part->actors = dice_scaled(&part->dice, least, most);
	part->budget = dice_scaled(&part->dice, 100, most > 10000000 ? 400000000 : most * 40 + 100);
}

void part_indices(struct part *part, uint32_t indices)
{
	part->turns = process_array(indices, sizeof *part->turns);
	part->indices = indices;
}

void part_refs(struct part *part, uint32_t count)
{
	part->refs = process_array(count, sizeof *part->refs);
	part->refs_count = count;
}

struct world *part_world(struct part *part, uint32_t i)
{
	struct round *round = part->round;

	return &round->worlds[part->spread ? i % round->worlds_count : part->home];
}

static void *thread_main(void *argument)
{
	struct thread *thread = argument;

	thread->run(thread);
	part_pending(thread->part, -1);
	return NULL;
}

void part_thread(struct part *part, bool late, void (*run)(struct thread *thread))
{
	if (part->threads_count == THREADS_MAX || config.crash != 0)
		return;
	struct thread *thread = &part->threads[part->threads_count];
	*thread = (struct thread){
		.part = part,
		.index = part->threads_count,
		.late = late && part->round->mode >= MODE_MIDWAY,
		.run = run,
		.sender = { .part = part, .dice = { dice_mix(part->seed - part->threads_count) } },
	};
	part_pending(part, 1);
	if (pthread_create(&thread->id, NULL, thread_main, thread) != 0) {
		perror("troupe-stress: no thread");
		exit(2);
	}
	part->threads_count++;
}

void part_join(struct part *part, bool late)
{
	for (unsigned i = 0; i < part->threads_count; i++)
		if (part->threads[i].late == late)
			pthread_join(part->threads[i].id, NULL);
}

void part_stop(struct part *part)
{
	for (uint32_t i = 0; i < part->refs_count; i++)
		if (!troupe_ref_is_null(part->refs[i]))
			EXPECT("troupe_stop of an actor", troupe_stop(part->refs[i]), TROUPE_EGONE, TROUPE_ECLOSED);
}

void part_discard(struct part *part)
{
	if (part->scenario->discard != NULL)
		part->scenario->discard(part);
	free(part->refs);
	free(part->turns);
}
