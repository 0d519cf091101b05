/* SPDX-License-Identifier: MIT */
/* Promise: an actor in a process of its own is held to the bounds of those it sends to, as any other: it is parked, and what is
 * refused is not lost silently. */
#include <signal.h>
#include <unistd.h>

#include "bounded.h"

enum { PUSH = 100, PUSH_AND_DIE, ROOM = 4, PUSHES = 1000 };

static struct fixture f;
static struct notes notes;
static struct barrier barrier;

static const troupe_bounds parking = { .messages_max = ROOM, .overflow = TROUPE_PARK };
static const troupe_bounds refusing = { .messages_max = ROOM, .overflow = TROUPE_REFUSE };

struct pusher {
	troupe_ref to;
};

static troupe_verdict pusher_receive(troupe_actor *me, const troupe_message *m)
{
	const struct pusher *self = me->state;
	int n = ((const struct note *)m->data)->number;

	if (m->kind == PUSH)
		return troupe_done(me, troupe_send((noter){ self->to }, NOTE, n));
	for (int i = 0; i < n; i++)
		troupe_ignore(troupe_send((noter){ self->to }, NOTE, i));
	kill(getpid(), SIGKILL);
	return TROUPE_HANDLED;
}

static const troupe_behaviour pushing = { .name = "pusher", .receive = pusher_receive, .state_size = sizeof(struct pusher),
	                                  .isolation = TROUPE_PROCESS };

static troupe_ref pusher_spawn(troupe_ref to)
{
	troupe_ref ref;

	CHECK_OK(troupe_spawn(f.system, &pushing, &(struct pusher){ to }, &ref));
	return ref;
}

static void push(troupe_ref pusher, int32_t kind, int first, int count)
{
	for (int i = first; i < first + count; i++)
		CHECK_OK(troupe_send_bytes(pusher, kind, &(struct note){ i }, sizeof(struct note)));
}

/* The pusher has been told to push, and is parked. */
static troupe_ref begin(noter *receiver)
{
	fixture_start(&f, 2);
	*receiver = noter_spawn(&f, &notes, &parking);
	troupe_ref pusher = pusher_spawn(receiver->ref);
	barrier_raise(&barrier, receiver->ref);
	push(pusher, PUSH, 0, PUSHES);
	while (counters_of(&f).parked == 0)
		sleep_ns(TROUPE_MS / 4);
	return pusher;
}

static troupe_ledger ledger_of(void)
{
	troupe_ledger ledger;

	CHECK_OK(troupe_ledger_read(f.system, &ledger));
	return ledger;
}

static void check_all_noted(int count)
{
	CHECK_EQ(notes.count, count);
	for (int i = 0; i < count; i++)
		CHECK_EQ(notes.numbers[i], i);
}

TEST(processes_bounded, a_parked_process_waits_for_room)
{
	noter receiver;
	begin(&receiver);
	sleep_ns(50 * TROUPE_MS); /* in which one that is not held would push all */
	CHECK_EQ(counters_of(&f).parked, 1);
	CHECK(ledger_of().sent <= PUSHES + 1 + ROOM + 1); /* and what raised the barrier */
	barrier_open(&barrier);
	fixture_settle(&f);
	check_all_noted(PUSHES);
	CHECK(counters_of(&f).parked > 1);
	fixture_finish(&f);
	CHECK_EQ(f.letter_count, 0);
}

TEST(processes_bounded, a_stop_comes_when_all_was_pushed)
{
	noter receiver;
	troupe_ref pusher = begin(&receiver);
	CHECK_OK(troupe_stop(pusher));
	barrier_open(&barrier);
	CHECK_OK(troupe_wait_end(pusher, LIMIT, NULL));
	fixture_settle(&f);
	check_all_noted(PUSHES);
	fixture_finish(&f);
}

TEST(processes_bounded, a_parked_process_can_be_killed)
{
	noter receiver;
	troupe_ref pusher = begin(&receiver);
	CHECK_OK(troupe_kill(pusher));
	CHECK_OK(troupe_wait_end(pusher, LIMIT, NULL));
	barrier_open(&barrier);
	fixture_settle(&f);
	for (int i = 0; i < notes.count; i++)
		CHECK_EQ(notes.numbers[i], i);
	fixture_finish(&f);
}

TEST(processes_bounded, the_end_of_the_receiver_lets_it_go_on)
{
	noter receiver;
	troupe_ref pusher = begin(&receiver);
	CHECK_OK(troupe_kill(receiver.ref));
	barrier_open(&barrier);
	CHECK_OK(troupe_wait_end(receiver.ref, LIMIT, NULL));
	CHECK_OK(troupe_stop_wait(pusher, LIMIT));
	fixture_settle(&f);
	fixture_finish(&f);
}

TEST(processes_bounded, the_end_of_the_system_does_not_wait_for_room)
{
	noter receiver;
	begin(&receiver);
	barrier_open(&barrier);
	fixture_finish(&f);
	check_all_noted(PUSHES);
}

TEST(processes_bounded, what_it_sent_before_it_died_stays_sent)
{
	noter receiver;
	fixture_start(&f, 2);
	receiver = noter_spawn(&f, &notes, &parking);
	troupe_ref pusher = pusher_spawn(receiver.ref);
	barrier_raise(&barrier, receiver.ref);
	push(pusher, PUSH_AND_DIE, 50, 1);
	CHECK_OK(troupe_wait_end(pusher, LIMIT, NULL));
	barrier_open(&barrier);
	fixture_settle(&f);
	fixture_finish(&f);
	CHECK(fixture_logged(&f, "TROUPE_ECRASHED"));
	check_all_noted(50);
}

/* In which a courier that believed its child too early would think all done while it lies unread between the two. */
TEST(processes_bounded, settled_means_that_what_it_sent_has_come)
{
	enum { EACH = 8, ROUNDS = TEST_WITH_TSAN || TEST_WITH_ASAN ? 100 : NOTES_MAX / EACH };
	fixture_start(&f, 2);
	noter receiver = noter_spawn(&f, &notes, NULL);
	troupe_ref pusher = pusher_spawn(receiver.ref);
	for (int i = 0; i < ROUNDS; i++) {
		push(pusher, PUSH, i * EACH, EACH);
		fixture_settle(&f);
		CHECK_EQ(notes.count, (i + 1) * EACH);
	}
	fixture_finish(&f);
}

TEST(processes_bounded, what_is_refused_is_a_dead_letter)
{
	fixture_start(&f, 2);
	noter receiver = noter_spawn(&f, &notes, &refusing);
	troupe_ref pusher = pusher_spawn(receiver.ref);
	barrier_raise(&barrier, receiver.ref);
	push(pusher, PUSH, 0, 300);
	CHECK_OK(troupe_stop_wait(pusher, LIMIT));
	barrier_open(&barrier);
	fixture_settle(&f);
	fixture_finish(&f);
	CHECK_EQ(notes.count, ROOM);
	CHECK_EQ(fixture_letters(&f, NOTE, TROUPE_EFULL), 300 - ROOM);
}
