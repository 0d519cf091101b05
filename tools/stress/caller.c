/* SPDX-License-Identifier: MIT */
/* Plain threads that ask: troupe_call with and without a limit, also while the systems are being ended, and futures with
 * several answers. */
#include <time.h>

#include "families.h"
#include "questions.h"

#define CALLERS_MOST 3u

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * TROUPE_S + now.tv_nsec;
}

static uint64_t question_id(const struct thread *thread, uint32_t number)
{
	return (uint64_t)(thread->index + 1) << 56 | number;
}

static bool world_ending(struct world *world)
{
	return atomic_load(&world->finishing);
}

/* --------------------------------------------------------------------------------------------------------- calling -- */

static void check_called(troupe_status status, int64_t limit, int64_t began, const struct question *q,
                         const struct answer *answer)
{
	EXPECT("troupe_call", status, TROUPE_EANSWER, TROUPE_EGONE, TROUPE_EUNKNOWN, TROUPE_EFAILED, TROUPE_EUNANSWERED,
	       TROUPE_ECLOSED, TROUPE_ETIMEOUT);
	if (status == TROUPE_ETIMEOUT && (limit == 0 || now_ns() - began < limit))
		finding("troupe_call gave TROUPE_ETIMEOUT %s", limit == 0 ? "without a limit" : "too early");
	if (status != TROUPE_OK)
		return;
	books_mark(answer->note.number, KIND_ANSWER, FATE_HANDLED);
	if (answer->question != q->id)
		finding("troupe_call number %llx got the answer to number %llx", (unsigned long long)q->id,
		        (unsigned long long)answer->question);
}

static void call(struct thread *thread, uint32_t number)
{
	struct sender *sender = &thread->sender;
	const struct asking *asking = thread->part->own;
	uint32_t to = dice_below(&sender->dice, asking->servers);
	struct world *world = part_world(thread->part, to);
	int64_t limit = dice_one_in(&sender->dice, 2) ? 0 : dice_scaled(&sender->dice, 1, 5000) * TROUPE_US;
	struct answer answer = { .question = 0 };
	struct question q = { .id = question_id(thread, number), .serial = number, .careless = thread->late };

	if (!question_begin(sender, &q, to))
		return;
	int64_t began = now_ns();
	troupe_status status = troupe_call(server_at(thread->part, to), KIND_QUESTION, KIND_ANSWER, &answer, limit,
	                                   .note = q.note, .id = q.id, .serial = q.serial, .world = q.world,
	                                   .careless = q.careless);
	if (status == TROUPE_EGONE && !books_seen(q.note.number))
		books_unsend(q.note.number, KIND_QUESTION); /* there was nobody to send it to */
	else if (status != TROUPE_OK)
		post_excused(sender, world, q.note.number, KIND_QUESTION);
	check_called(status, limit, began, &q, &answer);
	if (world_ending(world))
		process_nap(50 * TROUPE_US);
}

/* --------------------------------------------------------------------------------------------------------- futures -- */

/* Takes what comes, until nothing more does. */
static void take_answers(troupe_future future, uint32_t questions, uint64_t first)
{
	struct answer answer;
	troupe_status status = TROUPE_OK;
	uint32_t tries = 0;

	for (; tries < questions + 1 && (status == TROUPE_OK || status == TROUPE_EANSWER); tries++) {
		status = troupe_next(future, KIND_ANSWER, &answer, sizeof answer);
		if (status != TROUPE_OK)
			continue;
		books_mark(answer.note.number, KIND_ANSWER, FATE_HANDLED);
		if (answer.question < first || answer.question >= first + questions)
			finding("a future of the questions %llx to %llx got the answer to %llx", (unsigned long long)first,
			        (unsigned long long)(first + questions - 1), (unsigned long long)answer.question);
	}
	if (status == TROUPE_OK || status == TROUPE_EANSWER)
		finding("a future for %u answers gave %u of them", questions, tries);
	EXPECT("troupe_next", status, TROUPE_ECLOSED, TROUPE_ETIMEOUT, TROUPE_EGONE, TROUPE_EUNKNOWN, TROUPE_EFAILED,
	       TROUPE_EUNANSWERED, TROUPE_EANSWER, TROUPE_EKILLED);
}

static void ask_with_future(struct thread *thread, uint32_t number)
{
	struct sender *sender = &thread->sender;
	const struct asking *asking = thread->part->own;
	uint32_t to = dice_below(&sender->dice, asking->servers), questions = dice_between(&sender->dice, 1, 8);
	int64_t limit = dice_one_in(&sender->dice, 2) ? 0 : dice_scaled(&sender->dice, 1, 5000) * TROUPE_US;
	troupe_expectation *expected = TROUPE_OPTIONS(troupe_expectation, .answers = questions, .within_ns = limit);
	bool careless = dice_one_in(&sender->dice, 8);
	troupe_future future;
	troupe_status status = troupe_future_open(part_world(thread->part, to)->system, expected, &future);

	if (!EXPECT("troupe_future_open", status, TROUPE_OK))
		return;
	for (uint32_t i = 0; i < questions; i++) {
		/* It may have closed already: its time is over, or a server answered twice. */
		status = question_ask(sender, to, future.ref,
		                      &(struct question){ .id = question_id(thread, number + i), .serial = number,
		                                          .careless = careless });
		if (!EXPECT("troupe_ask with a future", status, limit != 0 || questions > 1 ? TROUPE_ECLOSED : TROUPE_OK))
			break;
		to = thread->part->spread ? to : dice_below(&sender->dice, asking->servers);
	}
	if (!careless)
		take_answers(future, questions, question_id(thread, number));
	else if (troupe_future_ready(future) && dice_one_in(&sender->dice, 2))
		process_nap(100 * TROUPE_US);
	troupe_future_close(future);
	if (dice_one_in(&sender->dice, 4))
		troupe_future_close(future);
}

static void ask_from_thread(struct thread *thread)
{
	struct round *round = thread->part->round;
	uint32_t steps = thread->part->budget / 16 + 1;

	for (uint32_t i = 0; thread->late ? !atomic_load(&round->over) : i < steps && !round_closing(round); i++) {
		if (thread->late || dice_one_in(&thread->sender.dice, 2))
			call(thread, 8 * i);
		else
			ask_with_future(thread, 8 * i);
	}
}

static void call_build(struct part *part)
{
	asking_build(part, dice_scaled(&part->dice, 1, part->actors), 0);
}

static void call_start(struct part *part)
{
	uint32_t callers = dice_between(&part->dice, 1, CALLERS_MOST);

	for (uint32_t i = 0; i < callers; i++)
		part_thread(part, dice_one_in(&part->dice, 2), ask_from_thread);
}

const struct scenario call_scenario = {
	.name = "call", .about = "plain threads ask: troupe_call and futures",
	.build = call_build, .start = call_start, .discard = asking_discard,
};
