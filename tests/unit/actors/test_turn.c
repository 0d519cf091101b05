/* SPDX-License-Identifier: MIT */
/* One turn: how many messages, how long, what is seen within it, and what is not the actor's. */
#include "actors/turn.h"

#include "actors/dead_letter.h"
#include "actors/post.h"
#include "stage.h"

enum { ONE = 1, CONTROL, MESSAGES = 200, QUANTUM = 2000000 };

static struct stage s;

/* Who handled what, in order; one worker writes it. */
static unsigned order[4 * MESSAGES], order_count;

static troupe_verdict sign(troupe_actor *me, const troupe_message *m)
{
	(void)m;
	order[order_count++] = *(unsigned *)me->state;
	return TROUPE_HANDLED;
}

#define SIGNER(max) { .receive = sign, .state_size = sizeof(unsigned), .turn_messages_max = (max) }

static const troupe_behaviour threes = SIGNER(3), ones = SIGNER(1), defaults = SIGNER(0);

static troupe_ref signer(const troupe_behaviour *behaviour, unsigned name)
{
	troupe_ref ref;
	CHECK_OK(troupe_spawn(s.system, behaviour, &name, &ref));
	return ref;
}

/* Queue @p count messages for each of two, who then take turns on the only worker. */
static void race(const troupe_behaviour *behaviour, unsigned count)
{
	struct barrier barrier;
	stage_start_timeless(&s, 1);
	troupe_ref a = signer(behaviour, 'a'), b = signer(behaviour, 'b');
	stage_settle(&s);
	hold(&barrier, player(&s));
	for (unsigned i = 0; i < count; i++) {
		CHECK_OK(troupe_send_bytes(a, ONE, NULL, 0));
		CHECK_OK(troupe_send_bytes(b, ONE, NULL, 0));
	}
	let_go(&barrier);
	stage_settle(&s);
	stage_finish(&s);
}

/* As long as both have messages, each handles so many, then the other does. */
static void check_rounds(unsigned max, unsigned count)
{
	CHECK_EQ(order_count, 2 * count);
	for (unsigned i = 0; i < 2 * count / max * max; i++) {
		CHECK_EQ(order[i], order[i / max * max]);
		if (i >= max)
			CHECK(order[i] != order[i - max]);
	}
}

TEST(turn, of_so_many_messages)
{
	race(&threes, 3 * 20);
	check_rounds(3, 3 * 20);
}

TEST(turn, of_one_message)
{
	race(&ones, 20);
	check_rounds(1, 20);
}

TEST(turn, of_64_messages)
{
	race(&defaults, 3 * TURN_MESSAGES_DEFAULT);
	check_rounds(TURN_MESSAGES_DEFAULT, 3 * TURN_MESSAGES_DEFAULT);
}

static void spin(int64_t ns)
{
	for (int64_t until = troupei_clock_ns() + ns; troupei_clock_ns() < until;)
		;
}

static troupe_verdict dawdle(troupe_actor *me, const troupe_message *m)
{
	spin(2 * QUANTUM);
	return sign(me, m);
}

static const troupe_behaviour slow = { .receive = dawdle, .state_size = sizeof(unsigned) };

static troupe_verdict send_to_both(troupe_actor *me, void *argument)
{
	const troupe_ref *to = argument;
	(void)me;
	CHECK_OK(troupe_send_bytes(to[1], ONE, NULL, 0));
	for (int i = 0; i < 40; i++)
		CHECK_OK(troupe_send_bytes(to[0], ONE, NULL, 0)); /* woken last: it runs first */
	return TROUPE_HANDLED;
}

/* A slow one steps back when its time is over: looked at after 1, 2, 4... messages. */
TEST(turn, of_so_long)
{
	troupe_options options = stage_options(&s, 1);
	options.turn_ns_max = QUANTUM;
	CHECK_OK(troupe_start(&options, &s.system));
	troupe_ref both[] = { signer(&slow, 'a'), signer(&defaults, 'b') };
	stage_settle(&s);
	perform(&s, player(&s), send_to_both, both);
	unsigned before = 0;
	while (order[before] == 'a')
		before++;
	CHECK_EQ(order_count, 41);
	CHECK(before <= 2);
	stage_finish(&s);
}

/* ------------------------------------------------------------------------------------------------------- within it -- */

static unsigned handled, control_at;
static void (*at_fifth)(troupe_actor *me);

static troupe_verdict act_at_fifth(troupe_actor *me, const troupe_message *m)
{
	if (m->kind == CONTROL)
		control_at = handled;
	else if (++handled == 5)
		at_fifth(me);
	return TROUPE_HANDLED;
}

static const troupe_behaviour actor = { .receive = act_at_fifth };

static void run_a_turn(void (*act)(troupe_actor *me))
{
	struct barrier barrier;
	at_fifth = act;
	stage_start_timeless(&s, 1);
	troupe_ref ref = spawned(&s, &actor);
	hold(&barrier, player(&s));
	for (int i = 0; i < TURN_MESSAGES_DEFAULT; i++)
		CHECK_OK(troupe_send_bytes(ref, ONE, NULL, 0));
	let_go(&barrier);
	stage_settle(&s);
	stage_finish(&s);
}

static void send_control(troupe_actor *me)
{
	struct envelope *envelope = troupei_envelope_new(SORT_PLAIN, ENVELOPE_CONTROL, CONTROL, 0, 0);
	CHECK_OK(troupe_send_bytes(me->ref, ONE, NULL, 0)); /* so that it does not come alone */
	CHECK_OK(troupei_post(me->system.private_, troupei_me_worker(me), me->ref, envelope));
	CHECK(troupei_me_worker(me)->running->signals & SIGNAL_CONTROL);
}

TEST(turn, control_message_is_seen_within_it)
{
	run_a_turn(send_control);
	CHECK_EQ(handled, TURN_MESSAGES_DEFAULT + 1);
	CHECK(control_at >= 5 && control_at <= 5 + 8);
}

static void kill_oneself(troupe_actor *me)
{
	troupei_signal(me->system.private_, troupei_me_worker(me), troupei_me_worker(me)->running, SIGNAL_KILL);
}

TEST(turn, kill_is_seen_within_it)
{
	run_a_turn(kill_oneself);
	CHECK(handled >= 5 && handled <= 5 + 8);
	CHECK_EQ(stage_letters(&s, TROUPE_EKILLED), TURN_MESSAGES_DEFAULT - handled);
}

static void stop_oneself(troupe_actor *me)
{
	for (int i = 0; i < 2; i++) /* the second is not seen any more */
		troupei_signal(me->system.private_, troupei_me_worker(me), troupei_me_worker(me)->running, SIGNAL_STOP);
}

TEST(turn, stop_takes_its_place_in_the_queue)
{
	run_a_turn(stop_oneself);
	CHECK_EQ(handled, TURN_MESSAGES_DEFAULT);
	CHECK_EQ(s.letter_count, 0);
}

/* ------------------------------------------------------------------------------------------ T2: the one that came alone -- */

static troupe_verdict send_itself_three(troupe_actor *me, const troupe_message *m)
{
	const unsigned *number = m->data;
	order[order_count++] = *number;
	CHECK(troupei_me_worker(me)->peeked == (*number == 1));
	for (unsigned i = 2; *number == 1 && i < 5; i++)
		CHECK_OK(troupe_send_bytes(me->ref, ONE, &i, sizeof i));
	CHECK_EQ(*number, order_count); /* what came behind has not harmed it */
	return TROUPE_HANDLED;
}

static const troupe_behaviour to_itself = { .receive = send_itself_three };

TEST(turn, messages_behind_the_one_in_hand)
{
	unsigned one = 1;
	stage_start(&s, 1);
	CHECK_OK(troupe_send_bytes(spawned(&s, &to_itself), ONE, &one, sizeof one));
	stage_settle(&s);
	CHECK_EQ(order_count, 4);
	stage_finish(&s);
	CHECK_EQ(s.ledger.handled, 4);
}

/* It goes round until its number is spent: an envelope that lies in the mailbox is pushed into the same one again. */
static troupe_verdict forward_to_oneself(troupe_actor *me, const troupe_message *m)
{
	unsigned *left = me->state;
	CHECK_EQ(*(const unsigned *)m->data, 7);
	CHECK_EQ(troupe_forward(me, m, (troupe_ref){ 0 }), TROUPE_EGONE);
	order_count++;
	if (--*left == 0)
		return TROUPE_HANDLED; /* in spite of the forward that was refused */
	CHECK_OK(troupe_forward(me, m, me->ref));
	return TROUPE_HANDLED;
}

static const troupe_behaviour circling = { .receive = forward_to_oneself, .state_size = sizeof(unsigned) };

TEST(turn, forwarding_the_one_in_hand)
{
	unsigned seven = 7, rounds = 100;
	troupe_ref ref;
	stage_start(&s, 1);
	CHECK_OK(troupe_spawn(s.system, &circling, &rounds, &ref));
	CHECK_OK(troupe_send_bytes(ref, ONE, &seven, sizeof seven));
	stage_settle(&s);
	CHECK_EQ(order_count, 100);
	stage_finish(&s);
	CHECK_EQ(s.ledger.handled, 100);
}

/* Asked, it sends itself two that are not seen before it is over; the asker's answer comes alone, too, and leaves nothing behind. */
struct question {
	troupe_ref reply;
};

static unsigned answers, others, behind, alone;
static troupe_ref asked_actor;

static troupe_verdict serve_alone(troupe_actor *me, const troupe_message *m)
{
	const struct question *question = m->data;

	CHECK_EQ(m->token, 0);
	if (m->kind == CONTROL) {
		behind++;
		return TROUPE_HANDLED;
	}
	alone += troupei_me_worker(me)->peeked; /* nearly always: a turn may go on with it */
	for (int i = 0; i < 2; i++)
		CHECK_OK(troupe_send_bytes(me->ref, CONTROL, NULL, 0));
	CHECK_EQ(behind % 2, 0);
	return troupe_done(me, troupe_send_bytes(question->reply, ONE, NULL, 0));
}

static void ask_alone(troupe_actor *me, bool hold)
{
	struct question question = { { 0 } };
	troupe_ref address;

	CHECK_OK(troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .hold = hold, .token = 7), &address));
	CHECK_OK(troupe_ask_bytes(asked_actor, ONE, &question, sizeof question, 0, address));
}

/* Each answer asks again: awaiting and not, so that each kind of turn follows each. */
static troupe_verdict ask_on(troupe_actor *me, const troupe_message *m)
{
	if (m->kind == CONTROL) {
		CHECK_EQ(m->token, 0);
		others++;
		return TROUPE_HANDLED;
	}
	if (m->token == 7)
		answers++;
	if (answers % 4 == 1)
		CHECK_OK(troupe_send_bytes(me->ref, CONTROL, NULL, 0)); /* something comes behind it */
	if (answers < MESSAGES)
		ask_alone(me, answers % 3 != 0);
	return TROUPE_HANDLED;
}

TEST(turn, questions_and_answers_that_come_alone)
{
	static const troupe_behaviour serving = { .receive = serve_alone }, asking = { .receive = ask_on };
	stage_start(&s, 1);
	asked_actor = spawned(&s, &serving);
	CHECK_OK(troupe_send_bytes(spawned(&s, &asking), ONE, NULL, 0));
	stage_settle(&s);
	CHECK_EQ(answers, MESSAGES);
	CHECK_EQ(others, MESSAGES / 4);
	CHECK_EQ(behind, 2 * MESSAGES);
	CHECK(alone > 0);
	stage_finish(&s);
	CHECK_EQ(s.ledger.handled, 1 + 2 * MESSAGES + behind + others);
}

/* ------------------------------------------------------------------------------------------------------- around it -- */

/* C2: what was on the way to one who lived here before. */
TEST(turn, messages_for_another_generation_are_letters)
{
	stage_start(&s, 1);
	troupe_ref ref = spawned(&s, &actor);
	struct cell *cell = cell_of(ref);
	for (unsigned i = 0; i < 3; i++) { /* alone, and between others */
		struct envelope *stale = troupei_envelope_new(SORT_PLAIN, 0, ONE, 0, 0);
		CHECK_OK(troupe_send_bytes(ref, ONE, NULL, 0));
		CHECK_OK(troupei_post_cell(s.system.private_, NULL, cell, cell->generation - 2, stale));
		if (i == 1)
			stage_settle(&s);
	}
	at_fifth = stop_oneself;
	stage_settle(&s);
	CHECK_EQ(handled, 3);
	CHECK_EQ(stage_letters(&s, TROUPE_EGONE), 3);
	CHECK_EQ(troupei_ref_generation(s.letters[0].to), troupei_ref_generation(ref) - 2);
	stage_finish(&s);
}

TEST(turn, leaves_the_actor_idle)
{
	stage_start(&s, 1);
	troupe_ref ref = spawned(&s, &actor);
	struct cell *cell = cell_of(ref);
	for (int i = 0; i < 4; i++) {
		stage_settle(&s);
		CHECK(troupei_load_acquire_ptr(&cell->mailbox.head) == MAILBOX_IDLE);
		CHECK(cell->mailbox.tail == NULL);
		const struct actor_worker *worker = (struct actor_worker *)s.system.private_->scheduler.workers[0];
		CHECK(troupei_load_acquire_ptr(&worker->running) == NULL);
		if (i == 2)
			troupei_signal(s.system.private_, NULL, cell, SIGNAL_CONTROL); /* nothing to do but to look */
		else
			CHECK_OK(troupe_send_bytes(ref, ONE, NULL, 0));
	}
	stage_finish(&s);
	CHECK_EQ(s.ledger.handled, 3);
}
