/* SPDX-License-Identifier: MIT */
/* Promise: through a group the order of each sender is kept for each member; and while members join, leave and end in the
 * middle of it, or the group itself ends, each message is handled once or is a dead letter. */
#include "fixture.h"

enum { NOTE = 1, SENDERS = 3, MEMBERS = 5, NOTES = 4000, LIVES = 300 };

struct note { uint32_t sender, n; };
typedef union noted { troupe_ref ref; const void *data; const struct note *NOTE; } noted;

struct seen { uint32_t next[SENDERS]; }; /* no note before this may come any more */

static noted group;
static atomic_uint handled, sent;

static troupe_verdict receive_in_order(troupe_actor *me, const troupe_message *m)
{
	struct seen *seen = me->state;
	const struct note *note = m->data;

	CHECK(note->n >= seen->next[note->sender]);
	seen->next[note->sender] = note->n + 1;
	handled++;
	return TROUPE_HANDLED;
}

static const troupe_behaviour ordered = { .name = "member", .receive = receive_in_order, .state_size = sizeof(struct seen),
	                                  .turn_messages_max = 7 };

static void *send_notes(void *argument)
{
	struct note note = { .sender = (uint32_t)(uintptr_t)argument };

	for (; note.n < NOTES; note.n++) {
		troupe_status status = troupe_send_struct(group, NOTE, &note);
		CHECK(status == TROUPE_OK || status == TROUPE_EGONE || status == TROUPE_ECLOSED);
		sent++;
	}
	return NULL;
}

static uint64_t sender_of(const troupe_message *m)
{
	return ((const struct note *)m->data)->sender;
}

static void open_group(struct fixture *f, troupe_routing routing)
{
	fixture_start(f, 4);
	CHECK_OK(troupe_group_open(f->system, NULL,
	                           TROUPE_OPTIONS(troupe_group_options, .routing = routing,
	                                          .key = routing == TROUPE_BY_KEY ? sender_of : NULL),
	                           &group.ref));
}

static troupe_ref new_member(struct fixture *f)
{
	troupe_ref ref;

	CHECK_OK(troupe_spawn(f->system, &ordered, NULL, &ref));
	troupe_status status = troupe_join(group.ref, ref);
	CHECK(status == TROUPE_OK || status == TROUPE_EGONE); /* the group may have ended */
	return ref;
}

static void start_senders(pthread_t *threads)
{
	for (uintptr_t i = 0; i < SENDERS; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, send_notes, (void *)i), 0);
}

static void join_senders(pthread_t *threads)
{
	for (int i = 0; i < SENDERS; i++)
		CHECK_EQ(pthread_join(threads[i], NULL), 0);
}

static void check_order(troupe_routing routing, unsigned copies)
{
	struct fixture f;
	pthread_t threads[SENDERS];
	open_group(&f, routing);
	for (int i = 0; i < MEMBERS; i++)
		new_member(&f);
	start_senders(threads);
	join_senders(threads);
	fixture_settle(&f);
	CHECK_EQ(handled, SENDERS * NOTES * copies);
	fixture_finish(&f);
	CHECK_EQ(f.ledger.dead, 0);
}

TEST(group_storms, order_is_kept_by_turns)
{
	check_order(TROUPE_BY_TURNS, 1);
}

TEST(group_storms, order_is_kept_to_least)
{
	check_order(TROUPE_TO_LEAST, 1);
}

TEST(group_storms, order_is_kept_by_key)
{
	check_order(TROUPE_BY_KEY, 1);
}

TEST(group_storms, order_is_kept_to_all)
{
	check_order(TROUPE_TO_ALL, MEMBERS);
}

/* Members come, and go in each way there is, while notes arrive. */
static void storm(struct fixture *f)
{
	troupe_ref alive[MEMBERS] = { { 0 } };

	for (int i = 0; i < LIVES; i++) {
		troupe_ref *at = &alive[i % MEMBERS];
		if (i % 3 == 0)
			troupe_ignore(troupe_leave(group.ref, *at));
		if (i % 3 == 1)
			troupe_ignore(troupe_kill(*at));
		else
			troupe_ignore(troupe_stop(*at));
		*at = new_member(f);
	}
}

static void check_storm(troupe_routing routing, bool stopped)
{
	struct fixture f;
	pthread_t threads[SENDERS];
	open_group(&f, routing);
	start_senders(threads);
	storm(&f);
	if (stopped)
		CHECK_OK(troupe_stop(group.ref));
	join_senders(threads);
	fixture_settle(&f);
	CHECK_EQ(sent, SENDERS * NOTES);
	if (routing != TROUPE_TO_ALL)
		CHECK_EQ(handled + f.letter_count, SENDERS * NOTES); /* each once, or a dead letter */
	fixture_finish(&f);
	CHECK(f.ledger.handled >= handled);
}

TEST(group_storms, members_join_leave_and_end_by_turns)
{
	check_storm(TROUPE_BY_TURNS, false);
}

TEST(group_storms, members_join_leave_and_end_to_least)
{
	check_storm(TROUPE_TO_LEAST, false);
}

TEST(group_storms, members_join_leave_and_end_by_key)
{
	check_storm(TROUPE_BY_KEY, false);
}

TEST(group_storms, members_join_leave_and_end_to_all)
{
	check_storm(TROUPE_TO_ALL, false);
}

TEST(group_storms, the_group_is_stopped_while_notes_arrive)
{
	check_storm(TROUPE_BY_TURNS, true);
}

/* ------------------------------------------------------------------------------------------------------- scatter-gather -- */

enum { ASKS = 300, ASK = 2, VALUE, ROUND };

typedef union value_reply { troupe_ref ref; const troupe_nothing *VALUE; } value_reply;
struct ask { value_reply reply; };
typedef union asked { troupe_ref ref; const void *data; const struct ask *ASK; } asked;

static atomic_int outcomes, answers;

static troupe_verdict answer(troupe_actor *me, const troupe_message *m)
{
	asked in = { .data = m->data };

	(void)me;
	troupe_ignore(troupe_send(in.ASK->reply, VALUE, 0));
	return TROUPE_HANDLED;
}

/* Asks, and asks again when it has heard that it was all. */
static troupe_verdict ask_again(troupe_actor *me, const troupe_message *m)
{
	troupe_ref address;

	if (m->kind == VALUE) {
		answers++;
		return TROUPE_HANDLED;
	}
	if (m->kind == TROUPE_UNANSWERED && ++outcomes == ASKS)
		return TROUPE_HANDLED;
	CHECK_OK(troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .answers = TROUPE_ANSWERS_ALL), &address));
	CHECK_OK(troupe_ask((asked){ group.ref }, ASK, address, .reply = { { 0 } }));
	return TROUPE_HANDLED;
}

/* Whoever of the asked ends in the middle: each question to all comes to its end, exactly once. */
TEST(group_storms, each_question_to_all_closes_once_while_members_end)
{
	static const troupe_behaviour answering = { .name = "member", .receive = answer };
	static const troupe_behaviour asking = { .name = "asker", .receive = ask_again };
	struct fixture f;
	troupe_ref asker, alive[MEMBERS] = { { 0 } };
	open_group(&f, TROUPE_TO_ALL);
	CHECK_OK(troupe_spawn(f.system, &asking, NULL, &asker));
	CHECK_OK(troupe_send_bytes(asker, ROUND, NULL, 0));
	for (int i = 0; i < LIVES; i++) {
		troupe_ref *at = &alive[i % MEMBERS];
		troupe_ignore(i % 2 == 0 ? troupe_kill(*at) : troupe_stop(*at));
		CHECK_OK(troupe_spawn(f.system, &answering, NULL, at));
		CHECK_OK(troupe_join(group.ref, *at));
	}
	fixture_settle(&f);
	CHECK_EQ(outcomes, ASKS);
	fixture_finish(&f);
}
