/* SPDX-License-Identifier: MIT */
/* Questions that an actor owes an answer to: found by address, forgotten when answered, failed at its end without memory. */
#include "actors/ask.h"
#include "stage.h"

enum { GET = 1, ANSWER, MANY = 200 };

struct get {
	troupe_ref reply;
};

static struct stage s;
static troupe_future futures[MANY];
static atomic_int kept;

static troupe_verdict keep(troupe_actor *me, const troupe_message *m)
{
	if (m->kind != GET)
		return player_receive(me, m);
	CHECK_OK(troupe_keep(me, m));
	CHECK_EQ(troupe_keep(me, m), TROUPE_EINVAL); /* once */
	CHECK(troupei_ask_is_owed(troupei_me_worker(me), ((const struct get *)m->data)->reply.bits_private));
	atomic_fetch_add(&kept, 1);
	return TROUPE_HANDLED;
}

static const troupe_behaviour keeper = { .name = "keeper", .receive = keep };

static void ask_all(troupe_ref to)
{
	for (int i = 0; i < MANY; i++) {
		CHECK_OK(troupe_future_open(s.system, NULL, &futures[i]));
		CHECK_OK(troupe_ask_bytes(to, GET, &(struct get){ 0 }, sizeof(struct get), 0, futures[i].ref));
		stage_settle(&s);
	}
}

static void check_all(troupe_status expected)
{
	for (int i = 0; i < MANY; i++) {
		CHECK_EQ(troupe_next(futures[i], ANSWER, NULL, 0), expected);
		troupe_future_close(futures[i]);
	}
}

static bool owes(troupe_actor *me, int i)
{
	return troupei_ask_is_owed(troupei_me_worker(me), futures[i].ref.bits_private);
}

static troupe_verdict answer_in_disorder(troupe_actor *me, void *argument)
{
	(void)argument;
	for (int i = 0; i < MANY; i++) {
		int at = i * 77 % MANY;
		CHECK(owes(me, at));
		CHECK_OK(troupe_send_bytes(futures[at].ref, ANSWER, NULL, 0));
		CHECK(!owes(me, at));
		CHECK(!troupei_ask_disown(troupei_me_worker(me), futures[at].ref.bits_private));
	}
	return TROUPE_HANDLED;
}

TEST(keep, answered_in_any_order)
{
	stage_start(&s, 1);
	troupe_ref to = spawned(&s, &keeper);
	for (int round = 0; round < 2; round++) {
		ask_all(to);
		CHECK_EQ(kept, MANY * (round + 1));
		perform(&s, to, answer_in_disorder, NULL);
		check_all(TROUPE_OK);
	}
	CHECK_OK(troupe_stop_wait(to, LIMIT)); /* nothing is owed: nobody is told */
	stage_finish(&s);
}

static atomic_size_t largest;

static bool note_size(size_t size)
{
	if (size > largest)
		largest = size;
	return false;
}

static troupe_verdict answer_first(troupe_actor *me, void *argument)
{
	(void)me, (void)argument;
	CHECK_OK(troupe_send_bytes(futures[0].ref, ANSWER, NULL, 0));
	return TROUPE_HANDLED;
}

/* What is answered takes no room: a thousand, one after the other, need as much as one. */
TEST(keep, answered_ones_leave_their_room)
{
	stage_start(&s, 1);
	troupe_ref to = spawned(&s, &keeper);
	troupei_memory_fail_by(note_size);
	for (int i = 0; i < 1000; i++) {
		CHECK_OK(troupe_future_open(s.system, NULL, &futures[0]));
		CHECK_OK(troupe_ask_bytes(to, GET, &(struct get){ 0 }, sizeof(struct get), 0, futures[0].ref));
		perform(&s, to, answer_first, NULL);
		CHECK_OK(troupe_next(futures[0], ANSWER, NULL, 0));
		troupe_future_close(futures[0]);
	}
	troupei_memory_fail_by(NULL);
	CHECK(largest > 0 && largest < 1500);
	stage_finish(&s);
}

static troupe_verdict answer_half(troupe_actor *me, void *argument)
{
	(void)me, (void)argument;
	for (int i = 0; i < MANY; i += 2)
		CHECK_OK(troupe_send_bytes(futures[i].ref, ANSWER, NULL, 0));
	return TROUPE_HANDLED;
}

/* Each question that is left is failed, and no other. */
TEST(keep, at_the_end_the_rest_fail)
{
	stage_start(&s, 1);
	troupe_ref to = spawned(&s, &keeper);
	ask_all(to);
	perform(&s, to, answer_half, NULL);
	CHECK_OK(troupe_stop_wait(to, LIMIT));
	for (int i = 0; i < MANY; i++) {
		CHECK_EQ(troupe_next(futures[i], ANSWER, NULL, 0), i % 2 == 0 ? TROUPE_OK : TROUPE_EGONE);
		troupe_future_close(futures[i]);
	}
	stage_finish(&s);
}

TEST(keep, killed_without_memory)
{
	use_malloc();
	stage_start(&s, 1);
	troupe_ref to = spawned(&s, &keeper);
	ask_all(to);
	allocations_allowed = 0;
	troupei_memory_fail_by(fail_when_used_up);
	troupei_signal(s.system.private_, NULL, cell_of(to), SIGNAL_KILL);
	CHECK_OK(troupe_wait_end(to, LIMIT, NULL));
	CHECK_EQ(allocations_allowed, 0);
	troupei_memory_fail_by(NULL);
	check_all(TROUPE_EKILLED);
	stage_finish(&s);
}

static troupe_verdict keep_without_memory(troupe_actor *me, const troupe_message *m)
{
	for (int allowed = 0;; allowed++) {
		allocations_allowed = allowed;
		troupei_memory_fail_by(fail_when_used_up);
		troupe_status status = troupe_keep(me, m);
		troupei_memory_fail_by(NULL);
		if (status == TROUPE_OK)
			return TROUPE_HANDLED;
		CHECK_EQ(status, TROUPE_ENOMEM);
		CHECK(troupei_me_worker(me)->question != 0); /* still to be cared for */
	}
}

static const troupe_behaviour poor_keeper = { .receive = keep_without_memory };

TEST(keep, without_memory_it_is_not_kept)
{
	use_malloc();
	stage_start(&s, 1);
	ask_all(spawned(&s, &poor_keeper));
	stage_finish(&s);
	check_all(TROUPE_ECLOSED);
}

static troupe_verdict drop_without_memory(troupe_actor *me, const troupe_message *m)
{
	void *taken = troupe_take(me, m);

	CHECK(taken != NULL);
	allocations_allowed = 0;
	troupei_memory_fail_by(fail_when_used_up);
	troupe_free(taken);
	troupei_memory_fail_by(NULL);
	return TROUPE_HANDLED;
}

static const troupe_behaviour poor_dropper = { .receive = drop_without_memory };

TEST(keep, dropped_without_memory_its_asker_is_told)
{
	use_malloc();
	stage_start(&s, 1);
	ask_all(spawned(&s, &poor_dropper));
	check_all(TROUPE_EUNANSWERED);
	stage_finish(&s);
}

static troupe_verdict keep_no_question(troupe_actor *me, const troupe_message *m)
{
	troupe_message copy = *m;
	CHECK_EQ(troupe_keep(NULL, m), TROUPE_EINVAL);
	CHECK_EQ(troupe_keep(me, &copy), TROUPE_EINVAL);
	CHECK_EQ(troupe_keep(me, m), TROUPE_EINVAL);
	return TROUPE_HANDLED;
}

static const troupe_behaviour wrong_keeper = { .receive = keep_no_question };

TEST(keep, questions_only)
{
	stage_start(&s, 1);
	CHECK_OK(troupe_send_bytes(spawned(&s, &wrong_keeper), GET, NULL, 0));
	stage_settle(&s);
	stage_finish(&s);
}
