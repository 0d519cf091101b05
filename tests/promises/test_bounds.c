/* SPDX-License-Identifier: MIT */
/* Bounded mailboxes: what is refused, dropped, exempt, and that the rest keeps its order. */
#include "bounded.h"

enum { ROOM = 4 };

static struct fixture f;
static struct notes notes;
static struct barrier barrier;

static void begin(const troupe_bounds *bounds, noter *n)
{
	fixture_start(&f, 2);
	*n = noter_spawn(&f, &notes, bounds);
	barrier_raise(&barrier, n->ref);
}

/* What was handled, and in order. */
static void check_notes(int from, int count)
{
	barrier_open(&barrier);
	fixture_settle(&f);
	CHECK_EQ(notes.count, count);
	for (int i = 0; i < count; i++)
		CHECK_EQ(notes.numbers[i], from + i);
}

static const troupe_bounds refusing = { .messages_max = ROOM };

TEST(bounds, refuse_what_is_too_much_and_nothing_has_happened)
{
	noter n;
	begin(&refusing, &n);
	for (int i = 0; i < ROOM; i++)
		CHECK_OK(troupe_send(n, NOTE, i));
	troupe_ledger before, after;
	CHECK_OK(troupe_ledger_read(f.system, &before));
	CHECK_EQ(troupe_send(n, NOTE, ROOM), TROUPE_EFULL);
	CHECK_EQ(troupe_send(n, NOTE, ROOM), TROUPE_EFULL);
	CHECK_OK(troupe_ledger_read(f.system, &after));
	CHECK_EQ(after.sent, before.sent);
	CHECK_EQ(counters_of(&f).refused, 2);
	check_notes(0, ROOM);
	CHECK_OK(troupe_send(n, NOTE, ROOM));
	fixture_finish(&f);
	CHECK_EQ(f.letter_count, 0);
	CHECK_EQ(notes.count, ROOM + 1);
}

TEST(bounds, drop_the_newest)
{
	noter n;
	begin(&(troupe_bounds){ .messages_max = ROOM, .overflow = TROUPE_DROP_NEWEST }, &n);
	for (int i = 0; i < 3 * ROOM; i++)
		CHECK_OK(troupe_send(n, NOTE, i));
	check_notes(0, ROOM);
	CHECK_EQ(fixture_letters(&f, NOTE, TROUPE_EFULL), 2 * ROOM);
	CHECK_EQ(counters_of(&f).dropped, 2 * ROOM);
	fixture_finish(&f);
}

TEST(bounds, drop_the_oldest)
{
	noter n;
	begin(&(troupe_bounds){ .messages_max = ROOM, .overflow = TROUPE_DROP_OLDEST }, &n);
	for (int i = 0; i < 3 * ROOM; i++)
		CHECK_OK(troupe_send(n, NOTE, i));
	check_notes(2 * ROOM, ROOM);
	CHECK_EQ(fixture_letters(&f, NOTE, TROUPE_EFULL), 2 * ROOM);
	fixture_finish(&f);
}

TEST(bounds, bytes_are_counted_wherever_they_lie)
{
	enum { LARGE = 10000, TIMES = 3 };
	noter n;
	begin(&(troupe_bounds){ .bytes_max = LARGE * TIMES + LARGE / 2 }, &n);
	for (int i = 0; i < TIMES; i++) {
		struct note *payload = troupe_new(LARGE, NULL);
		CHECK(payload != NULL);
		payload->number = i;
		CHECK_OK(troupe_move(n, NOTE, &payload));
	}
	struct note *payload = troupe_new(LARGE, NULL);
	CHECK_EQ(troupe_move(n, NOTE, &payload), TROUPE_EFULL);
	CHECK(payload != NULL);
	troupe_free(payload);
	CHECK_OK(troupe_send(n, NOTE, TIMES)); /* there is room for a small one */
	check_notes(0, TIMES + 1);
	fixture_finish(&f);
	CHECK_EQ(f.letter_count, 0);
}

TEST(bounds, a_message_larger_than_all_does_not_push_the_others_out)
{
	static const char large[4096];
	noter n;
	begin(&(troupe_bounds){ .bytes_max = 1024, .overflow = TROUPE_DROP_OLDEST }, &n);
	CHECK_OK(troupe_send(n, NOTE, 0));
	CHECK_OK(troupe_send_bytes(n.ref, NOTE, large, sizeof large));
	check_notes(0, 1);
	CHECK_EQ(fixture_letters(&f, NOTE, TROUPE_EFULL), 1);
	fixture_finish(&f);
}

/* ------------------------------------------------------------------------------------------------------ from actors -- */

struct flood {
	troupe_ref to;
	int messages, accepted;
	atomic_int done;
};

static troupe_verdict do_flood(troupe_actor *me, void *argument)
{
	struct flood *flood = argument;

	(void)me;
	for (int i = 0; i < flood->messages; i++)
		flood->accepted += troupe_send((noter){ flood->to }, NOTE, i) == TROUPE_OK;
	atomic_store(&flood->done, 1);
	return TROUPE_HANDLED;
}

TEST(bounds, hold_for_an_actor_that_sends_and_sends)
{
	noter n;
	begin(&refusing, &n);
	doer d = doer_spawn(&f);
	struct flood flood = { n.ref, 2000, 0, 0 };
	tell(d.ref, do_flood, &flood);
	await_flag(&flood.done);
	CHECK_EQ(flood.accepted, ROOM);
	check_notes(0, ROOM);
	fixture_finish(&f);
}


/* ------------------------------------------------------------------------------------------------------------ exempt -- */

struct answers {
	atomic_int answered, unanswered, why, timers;
};

static troupe_verdict asker_receive(troupe_actor *me, const troupe_message *m)
{
	struct answers *answers = *(struct answers **)me->state;

	if (m->kind == DO)
		return do_task(me, m);
	if (m->kind == ANSWER)
		answers->answered++;
	else if (m->kind == QUERY)
		answers->timers++;
	else if (m->kind == TROUPE_UNANSWERED) {
		answers->unanswered++;
		answers->why = m->why;
	}
	return TROUPE_HANDLED;
}

static const troupe_behaviour asker = { .name = "asker", .receive = asker_receive, .state_size = sizeof(struct answers *),
	                                .bounds = &(troupe_bounds){ .messages_max = 1 } };

static troupe_verdict do_ask_all(troupe_actor *me, void *to)
{
	for (int i = 0; i < 8; i++) {
		CHECK_OK(troupe_ask_then(me, *(noter *)to, QUERY, NULL, 0, .number = i));
		CHECK_OK(troupe_after(me, 0, QUERY, 0, NULL));
	}
	return TROUPE_HANDLED;
}

TEST(bounds, are_not_for_answers_and_timers)
{
	static struct answers answers;
	struct answers *state = &answers;
	troupe_ref ref;
	fixture_start(&f, 2);
	noter n = noter_spawn(&f, &notes, NULL);
	CHECK_OK(troupe_spawn(f.system, &asker, &state, &ref));
	perform(&f, ref, do_ask_all, &n);
	while (atomic_load(&answers.timers) < 8)
		sleep_ns(TROUPE_MS);
	CHECK_EQ(answers.answered, 8);
	CHECK_EQ(answers.unanswered, 0);
	fixture_finish(&f);
}

TEST(bounds, answer_a_question_that_finds_no_room)
{
	static struct answers answers;
	struct answers *state = &answers;
	noter n;
	troupe_ref ref;
	begin(&refusing, &n);
	CHECK_OK(troupe_spawn(f.system, &asker, &state, &ref));
	tell(ref, do_ask_all, &n);
	while (atomic_load(&answers.unanswered) < 8 - ROOM)
		sleep_ns(TROUPE_MS);
	CHECK_EQ(answers.why, TROUPE_EFULL);
	CHECK_EQ(fixture_letters(&f, QUERY, TROUPE_EFULL), 8 - ROOM);
	barrier_open(&barrier);
	fixture_finish(&f);
	CHECK_EQ(answers.answered, ROOM);
}

TEST(bounds, do_not_hold_up_a_kill)
{
	noter n;
	begin(&refusing, &n);
	for (int i = 0; i < ROOM; i++)
		CHECK_OK(troupe_send(n, NOTE, i));
	CHECK_OK(troupe_kill(n.ref));
	barrier_open(&barrier);
	troupe_status why;
	CHECK_OK(troupe_wait_end(n.ref, LIMIT, &why));
	CHECK_EQ(fixture_letters(&f, NOTE, TROUPE_EKILLED), ROOM);
	fixture_finish(&f);
}

TEST(bounds, let_a_stop_in_which_comes_after_what_was_sent_before)
{
	noter n;
	begin(&refusing, &n);
	for (int i = 0; i < ROOM; i++)
		CHECK_OK(troupe_send(n, NOTE, i));
	CHECK_OK(troupe_stop(n.ref));
	CHECK_EQ(troupe_send(n, NOTE, ROOM), TROUPE_EFULL);
	check_notes(0, ROOM);
	CHECK(!troupe_is_alive(n.ref));
	CHECK_EQ(troupe_send(n, NOTE, ROOM), TROUPE_EGONE);
	fixture_finish(&f);
}

TEST(bounds, what_is_left_is_drained)
{
	static const troupe_behaviour draining = { .name = "noter", .receive = noter_receive, .leftovers = TROUPE_DRAIN,
		                                   .state_size = sizeof(struct notes *), .bounds = &refusing };
	struct notes *state = &notes;
	noter n;
	fixture_start(&f, 2);
	memset(&notes, 0, sizeof notes);
	CHECK_OK(troupe_spawn(f.system, &draining, &state, &n.ref));
	barrier_raise(&barrier, n.ref);
	CHECK_OK(troupe_stop(n.ref));
	for (int i = 0; i < ROOM; i++)
		CHECK_OK(troupe_send(n, NOTE, i));
	check_notes(0, ROOM);
	fixture_finish(&f);
	CHECK_EQ(f.letter_count, 0);
}

/* ------------------------------------------------------------------------------------------------------------- room -- */

TEST(bounds, tell_a_thread_when_there_is_room)
{
	noter n;
	begin(&refusing, &n);
	for (int i = 0; i < ROOM; i++)
		CHECK_OK(troupe_send(n, NOTE, i));
	CHECK_EQ(troupe_wait_room(n.ref, TROUPE_MS), TROUPE_ETIMEOUT);
	barrier_open(&barrier);
	CHECK_OK(troupe_wait_room(n.ref, LIMIT));
	CHECK_OK(troupe_send(n, NOTE, ROOM));
	check_notes(0, ROOM + 1);
	CHECK_OK(troupe_wait_room(n.ref, LIMIT));
	CHECK_OK(troupe_stop_wait(n.ref, LIMIT));
	CHECK_OK(troupe_wait_room(n.ref, LIMIT));
	fixture_finish(&f);
}

struct waiting {
	troupe_ref to;
	atomic_int told, token;
	bool about_it;
};

static troupe_verdict waiter_receive(troupe_actor *me, const troupe_message *m)
{
	struct waiting *w = *(struct waiting **)me->state;

	if (m->kind == TROUPE_ROOM) {
		w->about_it = troupe_ref_equal(m->about, w->to);
		w->token = (int)m->token;
		w->told++;
		return TROUPE_HANDLED;
	}
	CHECK_OK(troupe_await_room(me, w->to, 7));
	return TROUPE_HANDLED;
}

static const troupe_behaviour waiter = { .name = "waiter", .receive = waiter_receive, .state_size = sizeof(struct waiting *) };

TEST(bounds, tell_an_actor_once_when_there_is_room)
{
	static struct waiting w;
	struct waiting *state = &w;
	noter n;
	troupe_ref ref;
	begin(&refusing, &n);
	for (int i = 0; i < ROOM; i++)
		CHECK_OK(troupe_send(n, NOTE, i));
	w.to = n.ref;
	CHECK_OK(troupe_spawn(f.system, &waiter, &state, &ref));
	CHECK_OK(troupe_send_bytes(ref, NOTE, NULL, 0));
	sleep_ns(TROUPE_MS);
	CHECK_EQ(w.told, 0);
	check_notes(0, ROOM);
	CHECK_EQ(w.told, 1);
	CHECK(w.about_it && w.token == 7);
	CHECK_OK(troupe_send_bytes(ref, NOTE, NULL, 0)); /* at once */
	fixture_settle(&f);
	CHECK_EQ(w.told, 2);
	fixture_finish(&f);
}

TEST(bounds, tell_who_waits_that_it_has_ended)
{
	static struct waiting w;
	struct waiting *state = &w;
	noter n;
	troupe_ref ref;
	begin(&refusing, &n);
	for (int i = 0; i < ROOM; i++)
		CHECK_OK(troupe_send(n, NOTE, i));
	w.to = n.ref;
	CHECK_OK(troupe_spawn(f.system, &waiter, &state, &ref));
	CHECK_OK(troupe_send_bytes(ref, NOTE, NULL, 0));
	CHECK_OK(troupe_kill(n.ref));
	barrier_open(&barrier);
	fixture_settle(&f);
	CHECK_EQ(w.told, 1);
	fixture_finish(&f);
}
