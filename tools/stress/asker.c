/* SPDX-License-Identifier: MIT */
/* Actors that ask: interleaving, holding, with continuations, in groups, with limits, and those that change their mind. */
#include "asker.h"
#include "families.h"

static troupe_verdict asker_continuation(troupe_actor *me, const troupe_message *m);

/* Who ends, and drains, lets go of what is held and gets no new addresses: nobody would answer any more. */
static bool ending(const struct asker *asker)
{
	return asker->leaving || atomic_load_explicit(&asker->self.sender.world->finishing, memory_order_relaxed);
}

static uint64_t question_id(const struct asker *asker, uint32_t number)
{
	return (uint64_t)asker->self.index << 32 | number;
}

static uint32_t draw_server(struct asker *asker)
{
	const struct asking *asking = asker->self.sender.part->own;

	return dice_below(&asker->self.sender.dice, asking->servers);
}

static int64_t draw_limit(struct dice *dice)
{
	return dice_one_in(dice, 4) ? dice_scaled(dice, 1, 3000) * TROUPE_US : 0;
}

static struct open *open_free(struct asker *asker)
{
	for (uint32_t i = 0; i < OPEN_MOST; i++)
		if (!asker->open[i].used)
			return &asker->open[i];
	return NULL;
}

/* Questions to a new address. One that is over already takes no more: that is told to us as any other outcome. */
static void ask_all(struct asker *asker, const struct open *open, int64_t limit)
{
	struct sender *sender = &asker->self.sender;
	troupe_status status = TROUPE_OK;

	for (uint32_t i = 0; i < open->questions && status == TROUPE_OK; i++)
		status = question_ask(sender, draw_server(asker), open->address,
		                      &(struct question){ .id = question_id(asker, open->first + i), .serial = open->serial });
	if (limit == 0 && open->questions == 1)
		EXPECT("troupe_ask", status, TROUPE_OK);
	else
		EXPECT("troupe_ask", status, TROUPE_ECLOSED);
}

/* Sometimes nobody wants to know any more. */
static void forget(troupe_actor *me, struct asker *asker, struct open *open)
{
	if (EXPECT("troupe_forget", troupe_forget(me, open->address), TROUPE_EGONE)) {
		open_close(asker, open);
		EXPECT("troupe_forget, again", troupe_forget(me, open->address) == TROUPE_EGONE ? TROUPE_OK : TROUPE_EINVAL,
		       TROUPE_OK);
	}
}

static void ask_with_address(troupe_actor *me, struct asker *asker, struct open *open, int64_t limit)
{
	troupe_status status = troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .answers = open->answers,
	                                                        .hold = open->way == ASK_HOLD, .within_ns = limit,
	                                                        .token = open->serial,
	                                                        .then = open->way == ASK_THEN ? asker_continuation : NULL),
	                                     &open->address);

	if (!EXPECT("troupe_expect", status, ending(asker) ? TROUPE_ECLOSED : TROUPE_OK))
		return;
	open->used = true;
	asker->holding |= open->way == ASK_HOLD;
	ask_all(asker, open, limit);
	if (dice_one_in(&asker->self.sender.dice, 16))
		forget(me, asker, open);
}

static void ask_in_one_line(troupe_actor *me, struct asker *asker, struct open *open, int64_t limit)
{
	struct sender *sender = &asker->self.sender;
	uint32_t to = draw_server(asker);
	struct question q = { .id = question_id(asker, open->first), .serial = open->serial };

	if (!question_begin(sender, &q, to))
		return;
	open->used = true;
	asker->line = true;
	troupe_status status = troupe_ask_then(me, server_at(sender->part, to), KIND_QUESTION, asker_continuation, limit,
	                                       .note = q.note, .id = q.id, .serial = q.serial, .world = q.world);
	if (EXPECT("troupe_ask_then", status, limit == 0 && !ending(asker) ? TROUPE_OK : TROUPE_ECLOSED)) {
		post_excused(sender, part_world(sender->part, to), q.note.number, KIND_QUESTION);
	} else {
		books_unsend(q.note.number, KIND_QUESTION);
		open_close(asker, open);
	}
}

static enum asking_way draw_way(struct asker *asker)
{
	enum asking_way way = dice_below(&asker->self.sender.dice, ASK_WAYS);

	if ((way == ASK_HOLD && asker->holding) || (way == ASK_LINE && asker->line))
		return ASK_PLAIN;
	return way;
}

static void ask(troupe_actor *me, struct asker *asker, struct open *open)
{
	struct dice *dice = &asker->self.sender.dice;
	int64_t limit = draw_limit(dice);
	uint32_t questions;

	open->way = draw_way(asker);
	questions = open->way == ASK_GROUP ? dice_between(dice, 2, 6) : 1;
	open->serial = ++asker->serials;
	open->first = asker->asked;
	open->questions = questions;
	open->answers = questions;
	open->earliest = limit == 0 ? 0 : troupe_now(me->system) + limit;
	asker->asked += questions;
	if (open->way == ASK_LINE)
		ask_in_one_line(me, asker, open, limit);
	else
		ask_with_address(me, asker, open, limit);
}

/* A user message to oneself: it must not be handled while an address holds them back. */
static void nudge(troupe_actor *me, struct asker *asker)
{
	struct self *self = &asker->self;

	troupe_ignore(post(&self->sender, me, WAY_COPY, &(struct letter){
		.to = me->ref, .world = self->sender.world, .kind = KIND_LOOSE, .note = { .to = self->index, .edge = NO_EDGE },
	}));
}

static bool idle(const struct asker *asker)
{
	for (uint32_t i = 0; i < OPEN_MOST; i++)
		if (asker->open[i].used)
			return false;
	return true;
}

static void finish(struct asker *asker)
{
	if (!asker->finished)
		part_pending(asker->self.sender.part, -1);
	asker->finished = true;
}

void asker_go_on(troupe_actor *me, struct asker *asker)
{
	const struct asking *asking = asker->self.sender.part->own;
	struct dice *dice = &asker->self.sender.dice;
	struct open *open;

	if (round_closing(asker->self.sender.part->round))
		asker->steps = 0;
	while (asker->steps > 0 && (open = open_free(asker)) != NULL) {
		asker->steps--;
		ask(me, asker, open);
		if (dice_one_in(dice, 4))
			nudge(me, asker);
		if (dice_one_in(dice, 4) && !idle(asker))
			break;
	}
	if (idle(asker))
		finish(asker);
	if (asking->mortal && dice_one_in(dice, 1000)) {
		asker->leaving = true;
		troupe_exit(me, TROUPE_OK);
	}
}

/* ------------------------------------------------------------------------------------------------------- behaviour -- */

static troupe_verdict continue_handle(troupe_actor *me, const troupe_message *m)
{
	return asker_outcome(me, me->state, m, true);
}

static troupe_verdict asker_continuation(troupe_actor *me, const troupe_message *m)
{
	return guard(me, m, continue_handle);
}

static troupe_verdict asker_handle(troupe_actor *me, const troupe_message *m)
{
	struct asker *asker = me->state;

	if (m->kind == TROUPE_RETURNED)
		return self_returned(m, &asker->self);
	if (m->kind == TROUPE_UNANSWERED || m->kind == KIND_ANSWER || m->kind == KIND_WRONG)
		return asker_outcome(me, asker, m, false);
	if (!self_accepts(&asker->self, m))
		return TROUPE_UNKNOWN;
	books_mark(((const struct note *)m->data)->number, m->kind, FATE_HANDLED);
	if (asker->holding && !ending(asker))
		finding("asker %u: a user message was handled while an address holds them back", asker->self.index);
	if (m->kind == KIND_COMMAND)
		asker_go_on(me, asker);
	return TROUPE_HANDLED;
}

static troupe_verdict asker_receive(troupe_actor *me, const troupe_message *m)
{
	return guard(me, m, asker_handle);
}

static void asker_terminate(troupe_actor *me, troupe_status why)
{
	plain_terminate(me, why);
	finish(me->state);
}

#define ASKER(fate)                                                                                            \
	{                                                                                                      \
		.name = "asker", .receive = asker_receive, .terminate = asker_terminate,                       \
		.state_size = sizeof(struct asker), .leftovers = (fate)                                        \
	}

static const troupe_behaviour asker_behaviours[] = {
	ASKER(TROUPE_DEAD_LETTER), ASKER(TROUPE_DRAIN), ASKER(TROUPE_HAND_BACK),
};

static void ask_build(struct part *part)
{
	uint32_t servers = dice_scaled(&part->dice, 1, part->actors), askers = dice_scaled(&part->dice, 1, part->actors);

	asking_build(part, servers, askers);
	for (uint32_t i = servers; i < servers + askers; i++) {
		struct asker asker = { .self = self_initial(part, i), .steps = part->budget / 4 / askers + 1 };
		self_spawn(part_world(part, i), NULL, &asker_behaviours[dice_below(&part->dice, 3)], &asker, &part->refs[i]);
	}
}

static void ask_start(struct part *part)
{
	const struct asking *asking = part->own;

	for (uint32_t i = asking->servers; i < asking->servers + asking->askers; i++) {
		part_pending(part, 1);
		troupe_ignore(post(&part->outside, NULL, WAY_COPY, &(struct letter){
			.to = part->refs[i], .world = part_world(part, i), .kind = KIND_COMMAND,
			.note = { .to = i, .edge = NO_EDGE },
		}));
	}
}

const struct scenario ask_scenario = {
	.name = "ask", .about = "questions between actors, and every way for them to come to nothing",
	.build = ask_build, .start = ask_start, .discard = asking_discard,
};
