/* SPDX-License-Identifier: MIT */
/* Passing on: every form a message may have, what happens when there is no memory, and the books. */
#include "actors/ask.h"
#include "crowd.h"
#include "mailbox/payload.h"

enum { MEMBERS = 3 };

static struct stage s;
static atomic_int handled, releases;
static atomic_uint_fast64_t bytes;
static troupe_ref sender;
static atomic_uint_fast64_t last_sender;
static atomic_int last_kind;

static troupe_verdict member_receive(troupe_actor *me, const troupe_message *m)
{
	if (m->kind == PLAY)
		return player_receive(me, m);
	handled++;
	bytes += m->size;
	for (uint32_t i = 0; i < m->size; i++)
		CHECK_EQ(((const unsigned char *)m->data)[i], 'x');
	last_sender = m->sender.bits_private;
	last_kind = m->kind;
	return TROUPE_HANDLED;
}

static const troupe_behaviour member = { .name = "member", .receive = member_receive };

static void count_release(void *payload)
{
	(void)payload;
	releases++;
}

static troupe_ref staffed(uint32_t workers, troupe_routing routing, troupe_ref *members)
{
	stage_start(&s, workers);
	troupe_ref ref = crowd(&s, routing);
	for (int i = 0; i < MEMBERS; i++) {
		members[i] = spawned(&s, &member);
		CHECK_OK(troupe_join(ref, members[i]));
	}
	return ref;
}

/* Around the edges of the forms that a message may have. */
static void check_sizes(troupe_routing routing, int copies)
{
	static const uint32_t sizes[] = { 0, 1, 16, 17, 240, 241, 991, 993, 100000 };
	static unsigned char payload[100000];
	troupe_ref members[MEMBERS], ref = staffed(2, routing, members);
	memset(payload, 'x', sizeof payload);
	uint64_t expected = 0;
	int count = 0;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		for (int32_t kind = 5; kind > 0; kind = kind == 5 ? INT32_MAX : 0) {
			CHECK_OK(troupe_send_bytes(ref, kind, sizes[i] > 0 ? payload : NULL, sizes[i]));
			stage_settle(&s);
			CHECK_EQ(last_kind, kind);
			expected += (uint64_t)copies * sizes[i];
			count += copies;
		}
	}
	CHECK_EQ(bytes, expected);
	CHECK_EQ(handled, count);
	stage_finish(&s);
	CHECK_EQ(s.ledger.dead, 0);
}

TEST(receive, one_gets_any_form)
{
	check_sizes(TROUPE_BY_TURNS, 1);
}

TEST(receive, all_get_any_form)
{
	check_sizes(TROUPE_TO_ALL, MEMBERS);
}

static troupe_verdict send_from(troupe_actor *me, void *to)
{
	sender = me->ref;
	CHECK_OK(troupe_send_bytes_from(me, *(troupe_ref *)to, 5, "xxx", 3));
	return TROUPE_HANDLED;
}

TEST(receive, the_sender_keeps_its_name)
{
	troupe_ref members[MEMBERS], ref = staffed(1, TROUPE_TO_ALL, members);
	perform(&s, player(&s), send_from, &ref);
	CHECK_EQ(last_sender, sender.bits_private);
	CHECK_EQ(handled, MEMBERS);
	stage_finish(&s);
}

/* A worker that floods writes chunks; each message of them is passed on by itself. */
static troupe_verdict flood(troupe_actor *me, void *to)
{
	(void)me;
	for (int i = 0; i < 5000; i++)
		CHECK_OK(troupe_send_bytes(*(troupe_ref *)to, 5, "xxxx", 4));
	return TROUPE_HANDLED;
}

static void check_flood(troupe_routing routing, int copies)
{
	troupe_ref members[MEMBERS], ref = staffed(1, routing, members);
	perform(&s, player(&s), flood, &ref);
	CHECK_EQ(handled, 5000 * copies);
	stage_finish(&s);
	CHECK_EQ(s.ledger.sent, 1 + 5000 + 5000 * (unsigned)copies);
}

TEST(receive, chunks_go_to_one)
{
	check_flood(TROUPE_BY_TURNS, 1);
}

TEST(receive, chunks_go_to_all)
{
	check_flood(TROUPE_TO_ALL, MEMBERS);
}

/* One after the other dies: what comes goes to those that are left, and then to nobody. */
TEST(receive, dead_members_are_passed_over)
{
	static const troupe_routing each[] = { TROUPE_BY_TURNS, TROUPE_AT_RANDOM, TROUPE_TO_LEAST };
	for (size_t r = 0; r < sizeof each / sizeof *each; r++) {
		troupe_ref members[MEMBERS], ref = staffed(1, each[r], members);
		handled = 0;
		for (int dead = 0; dead <= MEMBERS; dead++) {
			for (int i = 0; i < 10; i++)
				CHECK_OK(troupe_send_bytes(ref, 5, NULL, 0));
			stage_settle(&s);
			if (dead < MEMBERS)
				CHECK_OK(troupe_stop_wait(members[dead], LIMIT));
		}
		CHECK_EQ(handled, MEMBERS * 10);
		CHECK_EQ(stage_letters(&s, TROUPE_ENOENT), 10);
		CHECK_EQ(group_of(ref)->seen.count, 0);
		stage_finish(&s);
	}
}

static troupe_verdict note_order(troupe_actor *me, const troupe_message *m)
{
	(void)m;
	last_sender = last_sender * 10 + (uint64_t)*(int *)me->state;
	return TROUPE_HANDLED;
}

/* Whose turn it would have been is followed by the next, and nobody is left out. */
TEST(receive, after_a_dead_member_it_is_the_turn_of_the_next)
{
	static const troupe_behaviour noting = { .name = "member", .receive = note_order, .state_size = sizeof(int) };
	troupe_ref members[4];
	stage_start(&s, 1);
	troupe_ref ref = crowd(&s, TROUPE_BY_TURNS);
	for (int i = 0; i < 4; i++) {
		CHECK_OK(troupe_spawn(s.system, &noting, &(int){ i + 1 }, &members[i]));
		CHECK_OK(troupe_join(ref, members[i]));
	}
	CHECK_OK(troupe_stop_wait(members[0], LIMIT));
	for (int i = 0; i < 4; i++) {
		CHECK_OK(troupe_send_bytes(ref, 5, NULL, 0));
		stage_settle(&s);
	}
	CHECK_EQ(last_sender, 2342);
	stage_finish(&s);
}

/* It lives, but takes nothing more. */
TEST(receive, a_member_that_drains_is_passed_over)
{
	static const troupe_routing each[] = { TROUPE_BY_TURNS, TROUPE_TO_ALL };
	for (size_t r = 0; r < 2; r++) {
		struct barrier barrier;
		stage_start(&s, 2);
		troupe_ref ref = crowd(&s, each[r]), drains = spawned(&s, &drainer_behaviour), stays = spawned(&s, &member);
		CHECK_OK(troupe_join(ref, drains));
		CHECK_OK(troupe_join(ref, stays));
		drain(&barrier, drains);
		handled = 0;
		for (int i = 1; i <= 6; i++) {
			CHECK_OK(troupe_send_bytes(ref, 5, NULL, 0));
			await_count(&handled, i);
		}
		let_go(&barrier);
		stage_settle(&s);
		CHECK_EQ(handled, 6);
		stage_finish(&s);
		CHECK_EQ(s.ledger.dead, 0);
	}
}

/* To all of them or to nobody: with the nth allocation failing it is a dead letter, and no copy is left. */
TEST(receive, without_memory_for_a_copy_nobody_gets_it)
{
	troupe_ref members[MEMBERS], ref;
	use_malloc();
	ref = staffed(1, TROUPE_TO_ALL, members);
	void *payload = troupe_new(4, count_release);
	memset(payload, 'x', 4);
	CHECK_OK(troupe_send_bytes(ref, 5, "x", 1)); /* the list of members is made */
	stage_settle(&s);
	for (int allowed = 0; allowed < MEMBERS - 1; allowed++) {
		struct barrier barrier;
		hold(&barrier, members[0]); /* the only worker: the group does not run yet */
		CHECK_OK(troupe_send_bytes(ref, 5, "x", 1));
		troupei_memory_fail_by(fail_when_used_up);
		allocations_allowed = allowed;
		let_go(&barrier);
		stage_settle(&s);
		troupei_memory_fail_by(NULL);
	}
	CHECK_EQ(handled, MEMBERS);
	CHECK_EQ(stage_letters(&s, TROUPE_ENOMEM), MEMBERS - 1);
	CHECK_OK(troupe_send_moved(ref, 5, payload));
	stage_settle(&s);
	CHECK_EQ(handled, 2 * MEMBERS);
	CHECK_EQ(releases, 1);
	stage_finish(&s);
}

struct question { troupe_ref reply; };

/* A question too: the asker hears of it. */
TEST(receive, without_memory_for_a_copy_a_question_fails)
{
	struct barrier barrier;
	troupe_future future;
	troupe_ref members[MEMBERS], ref;
	struct question question = { { 0 } };
	use_malloc();
	ref = staffed(1, TROUPE_TO_ALL, members);
	stage_settle(&s);
	CHECK_OK(troupe_future_open(s.system, NULL, &future));
	hold(&barrier, members[0]);
	CHECK_OK(troupe_ask_bytes(ref, 5, &question, sizeof question, 0, future.ref));
	troupei_memory_fail_by(fail_when_used_up);
	allocations_allowed = 1;
	let_go(&barrier);
	stage_settle(&s);
	troupei_memory_fail_by(NULL);
	CHECK_EQ(troupe_next(future, 6, NULL, 0), TROUPE_ENOMEM);
	troupe_future_close(future);
	CHECK_EQ(handled, 0);
	stage_finish(&s);
}

/* More questions than an address can count: it fails as a whole. */
TEST(receive, a_question_to_more_than_can_be_counted_fails)
{
	troupe_future future;
	struct question question = { { 0 } };
	troupe_ref members[MEMBERS], ref = staffed(1, TROUPE_TO_ALL, members);
	CHECK_OK(troupe_future_open(s.system, TROUPE_OPTIONS(troupe_expectation, .questions = 65535), &future));
	CHECK_OK(troupe_ask_bytes(ref, 5, &question, sizeof question, 0, future.ref));
	stage_settle(&s);
	CHECK_EQ(handled, 0);
	CHECK_EQ(stage_letters(&s, TROUPE_ELIMIT), 1);
	troupe_future_close(future);
	stage_finish(&s);
}
