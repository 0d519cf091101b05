/* SPDX-License-Identifier: MIT */
/* Servers: answer at once, later, twice, wrongly, from terminate; pass on, forward, move, defer; forget, fail, refuse. */
#include "questions.h"

#define KEPT_MOST 8u

struct kept {
	bool used;
	struct question question; /* its reply is the address */
};

struct served {
	struct self self;
	struct kept kept[KEPT_MOST];
	uint32_t deferred;
};

static struct asking *asking_of(struct served *served)
{
	return served->self.sender.part->own;
}

static void mark(const struct question *question)
{
	books_mark(question->note.number, KIND_QUESTION, FATE_HANDLED);
}

/* ------------------------------------------------------------------------------------------------------- answering -- */

static void answered(struct served *served, const struct question *question, uint64_t number, int32_t kind,
                     troupe_status status)
{
	struct sender *sender = &served->self.sender;

	if (!EXPECT("an answer", status, TROUPE_OK))
		books_unsend(number, kind);
	else if (question->careless)
		post_careless(number, kind);
	else
		post_excused(sender, &sender->part->round->worlds[question->world], number, kind);
}

static void answer(struct served *served, const struct question *question)
{
	struct note note = { .to = ANYONE, .edge = NO_EDGE };

	if (!post_begin(&served->self.sender, &note, KIND_ANSWER, sizeof(struct answer)))
		return;
	troupe_status status = troupe_send(question->reply, KIND_ANSWER, .note = note, .question = question->id,
	                                   .serial = question->serial);
	answered(served, question, note.number, KIND_ANSWER, status);
}

static void answer_wrongly(struct served *served, const struct question *question)
{
	struct note note = { .to = ANYONE, .edge = NO_EDGE };

	if (!post_begin(&served->self.sender, &note, KIND_WRONG, sizeof(struct wrong)))
		return;
	troupe_status status = troupe_send(question->reply, KIND_WRONG, .note = note, .question = question->id,
	                                   .serial = question->serial);
	answered(served, question, note.number, KIND_WRONG, status);
}

/* The answer's payload is moved, not copied. */
static void answer_by_move(struct served *served, const struct question *question)
{
	struct answer *payload = payload_new(sizeof *payload);

	if (payload == NULL)
		return;
	*payload = (struct answer){ .note = { .to = ANYONE, .edge = NO_EDGE, .size = sizeof *payload },
		                    .question = question->id, .serial = question->serial };
	if (!post_begin(&served->self.sender, &payload->note, KIND_ANSWER, sizeof *payload)) {
		troupe_free(payload);
		return;
	}
	uint64_t number = payload->note.number;
	troupe_status status = troupe_move(question->reply, KIND_ANSWER, &payload);
	answered(served, question, number, KIND_ANSWER, status);
	if (status != TROUPE_OK)
		troupe_free(payload);
}

/* --------------------------------------------------------------------------------------------------------- keeping -- */

static bool keep(troupe_actor *me, struct served *served, const troupe_message *m)
{
	const struct question *question = m->data;
	uint32_t i = 0;

	while (i < KEPT_MOST && served->kept[i].used)
		i++;
	if (i == KEPT_MOST || !EXPECT("troupe_keep", troupe_keep(me, m), TROUPE_OK))
		return false;
	served->kept[i] = (struct kept){ .used = true, .question = *question };
	int64_t delay = dice_scaled(&served->self.sender.dice, 1, 2000) * TROUPE_US;
	EXPECT("troupe_after", troupe_after(me, delay, KIND_ONCE, i, NULL), TROUPE_ECLOSED);
	mark(question);
	return true;
}

/* While a question with the same address is handled the answer would be taken for that one's: @p now is its address. */
static void answer_kept(struct served *served, uint64_t i, troupe_ref now)
{
	if (i >= KEPT_MOST || !served->kept[i].used || troupe_ref_equal(served->kept[i].question.reply.ref, now))
		return;
	served->kept[i].used = false;
	answer(served, &served->kept[i].question);
}

/* ------------------------------------------------------------------------------------------------------ passing on -- */

static uint32_t another(struct served *served)
{
	return dice_below(&served->self.sender.dice, asking_of(served)->servers);
}

static void pass_by_forward(troupe_actor *me, struct served *served, const troupe_message *m)
{
	const struct question *question = m->data;
	uint64_t number = question->note.number;
	troupe_status status = troupe_forward(me, m, server_at(served->self.sender.part, another(served)).ref);

	if (EXPECT("troupe_forward", status, TROUPE_EGONE, TROUPE_ECLOSED))
		return;
	if (!books_seen(number))
		mark(question);
	answer(served, question);
}

static void pass_by_ask(struct served *served, const struct question *question)
{
	struct sender *sender = &served->self.sender;

	mark(question);
	troupe_status status = question_ask(sender, another(served), question->reply.ref, question);
	EXPECT("troupe_ask with an address passed on", status, TROUPE_ECLOSED);
}

static void pass_by_move(troupe_actor *me, struct served *served, const troupe_message *m)
{
	struct sender *sender = &served->self.sender;
	uint32_t to = another(served);
	struct question *payload = troupe_take(me, m);
	uint64_t letters = books_letters_here();

	if (payload == NULL) {
		finding("troupe_take gave nothing for a question");
		return;
	}
	mark(payload);
	if (!post_begin(sender, &payload->note, KIND_QUESTION, sizeof *payload)) {
		troupe_free(payload);
		return;
	}
	uint64_t number = payload->note.number;
	troupe_status status = troupe_move(server_at(sender->part, to), KIND_QUESTION, &payload);
	post_done(sender, part_world(sender->part, to), number, KIND_QUESTION, status, letters);
	if (status != TROUPE_OK)
		troupe_free(payload);
}

static troupe_verdict defer(troupe_actor *me, struct served *served)
{
	if (served->deferred++ == 0)
		EXPECT("troupe_after", troupe_after(me, 50 * TROUPE_US, KIND_AGAIN, 0, NULL), TROUPE_ECLOSED);
	return TROUPE_DEFERRED;
}

static void undefer(troupe_actor *me, struct served *served)
{
	size_t count = troupe_undefer(me);

	if (count != served->deferred)
		finding("troupe_undefer says %zu, but %u were deferred", count, served->deferred);
	served->deferred = 0;
}

/* ------------------------------------------------------------------------------------------------------- behaviour -- */

static troupe_verdict die(troupe_actor *me, const struct question *question, uint32_t way)
{
	if (way == 0)
		return troupe_fail(me, TROUPE_EUSER);
	mark(question);
	troupe_exit(me, way == 1 ? TROUPE_OK : TROUPE_EUSER);
	return TROUPE_HANDLED;
}

static troupe_verdict serve(troupe_actor *me, struct served *served, const troupe_message *m)
{
	const struct question *question = m->data;
	struct dice *dice = &served->self.sender.dice;
	uint32_t share = asking_of(served)->honest ? 0 : dice_below(dice, 100);

	if (asking_of(served)->mortal && dice_one_in(dice, 1000))
		return die(me, question, dice_below(dice, 3));
	if (share >= 50 && share < 64 && keep(me, served, m))
		return TROUPE_HANDLED;
	if (share >= 64 && share < 69)
		return TROUPE_UNKNOWN;
	if (share >= 69 && share < 74)
		return defer(me, served);
	if (share >= 74 && share < 79) {
		pass_by_forward(me, served, m);
	} else if (share >= 79 && share < 84) {
		pass_by_ask(served, question);
	} else if (share >= 84 && share < 89) {
		pass_by_move(me, served, m);
	} else {
		mark(question);
		if (share < 64 || share >= 97)
			answer(served, question);
		if (share == 89 || share == 90)
			answer_wrongly(served, question);
		if (share == 91 || share == 92)
			answer_by_move(served, question);
		if (share == 97)
			answer(served, question);
	}
	return TROUPE_HANDLED;
}

static troupe_verdict server_handle(troupe_actor *me, const troupe_message *m)
{
	struct served *served = me->state;

	if (m->kind == KIND_ONCE)
		answer_kept(served, m->token, (troupe_ref){ 0 });
	if (m->kind == KIND_AGAIN)
		undefer(me, served);
	if (m->kind == TROUPE_RETURNED)
		return self_returned(m, &served->self);
	if (m->kind != KIND_QUESTION)
		return TROUPE_HANDLED;
	if (!self_accepts(&served->self, m))
		return TROUPE_UNKNOWN;
	if (dice_one_in(&served->self.sender.dice, 8))
		answer_kept(served, dice_below(&served->self.sender.dice, KEPT_MOST), ((const struct question *)m->data)->reply.ref);
	return serve(me, served, m);
}

static troupe_verdict server_receive(troupe_actor *me, const troupe_message *m)
{
	return guard(me, m, server_handle);
}

static void server_terminate(troupe_actor *me, troupe_status why)
{
	struct served *served = me->state;

	plain_terminate(me, why);
	for (uint32_t i = 0; i < KEPT_MOST; i++)
		if (dice_one_in(&served->self.sender.dice, 2))
			answer_kept(served, i, (troupe_ref){ 0 });
}

static const troupe_kind server_kinds[] = { TROUPE_KIND(server, KIND_QUESTION), { .kind = 0 } };

#define SERVER(fate, turn)                                                                                               \
	{                                                                                                                \
		.name = "server", .receive = server_receive, .terminate = server_terminate, .kinds = server_kinds,       \
		.state_size = sizeof(struct served), .leftovers = (fate), .turn_messages_max = (turn)                    \
	}

static const troupe_behaviour server_behaviours[] = {
	SERVER(TROUPE_DEAD_LETTER, 0), SERVER(TROUPE_DRAIN, 0), SERVER(TROUPE_HAND_BACK, 0), SERVER(TROUPE_DEAD_LETTER, 2),
};

void asking_build(struct part *part, uint32_t servers, uint32_t askers)
{
	struct asking *asking = process_array(1, sizeof *asking);

	*asking = (struct asking){ .servers = servers, .askers = askers, .mortal = dice_one_in(&part->dice, 3),
		                   .honest = dice_one_in(&part->dice, 6) };
	part->own = asking;
	part_indices(part, servers + askers);
	part_refs(part, servers + askers);
	for (uint32_t i = 0; i < servers; i++) {
		struct served served = { .self = self_initial(part, i) };
		self_spawn(part_world(part, i), NULL, &server_behaviours[dice_below(&part->dice, 4)], &served, &part->refs[i]);
	}
}
