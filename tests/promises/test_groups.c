/* SPDX-License-Identifier: MIT */
/* Promise: a group passes each message on to one member or to all, as its routing says; who has ended is passed over, and
 * nothing is lost on the way. */
#include "grouped.h"

TEST(groups, by_turns_each_member_has_its_turn)
{
	struct fixture f;
	member group = grouped(&f, 2, TROUPE_BY_TURNS, 3);
	notes(group, 9);
	fixture_settle(&f);
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(books[i].count, 3);
		for (unsigned k = 0; k < 3; k++)
			CHECK_EQ(books[i].keys[k], k * 3 + (unsigned)i);
	}
	fixture_finish(&f);
	CHECK_EQ(f.ledger.sent, 18); /* to the group, and to who handled it */
	CHECK_EQ(f.ledger.handled, 18);
}

TEST(groups, at_random_everybody_gets_a_share)
{
	enum { MESSAGES = 4000 };
	struct fixture f;
	member group = grouped(&f, 2, TROUPE_AT_RANDOM, 4);
	notes(group, MESSAGES);
	fixture_settle(&f);
	unsigned sum = 0;
	for (int i = 0; i < 4; i++) {
		CHECK(books[i].count > MESSAGES / 8 && books[i].count < MESSAGES / 2); /* 16 deviations from a quarter */
		sum += books[i].count;
	}
	CHECK_EQ(sum, MESSAGES);
	fixture_finish(&f);
}

/* Three of four wait in a handler: what comes goes to the fourth alone. */
TEST(groups, to_least_prefers_who_is_idle)
{
	struct fixture f;
	struct barrier barriers[3];
	member group = grouped(&f, 6, TROUPE_TO_LEAST, 4);
	for (int i = 0; i < 3; i++)
		barrier_raise(&barriers[i], members[i].ref);
	for (unsigned n = 1; n <= 20; n++) {
		notes(group, 1);
		for (int64_t waited = 0; books[3].count < n; waited += TROUPE_MS / 4) {
			CHECK(waited < LIMIT);
			sleep_ns(TROUPE_MS / 4);
		}
		sleep_ns(TROUPE_MS); /* so that it is idle again; if it is not yet, the turn decides, and the count below says so */
	}
	for (int i = 0; i < 3; i++)
		barrier_open(&barriers[i]);
	fixture_settle(&f);
	CHECK_EQ(books[3].count, 20);
	fixture_finish(&f);
}

/* ------------------------------------------------------------------------------------------------------------- by key -- */

enum { KEYS = 4000 };

static uint64_t key_of(const troupe_message *m)
{
	return ((const struct note *)m->data)->key;
}

static int owner[KEYS];

static troupe_verdict own(troupe_actor *me, const troupe_message *m)
{
	struct book *book = *(struct book **)me->state;

	owner[((const struct note *)m->data)->key] = (int)book->id;
	return TROUPE_HANDLED;
}

static const troupe_behaviour owning = { .name = "owner", .receive = own, .state_size = sizeof(struct book *) };

static void owner_make(struct fixture *f, troupe_ref group, int i)
{
	struct book *book = &books[i];

	book->id = (uint64_t)i;
	CHECK_OK(troupe_spawn(f->system, &owning, &book, &members[i].ref));
	CHECK_OK(troupe_join(group, members[i].ref));
}

static member keyed(struct fixture *f, int count)
{
	member group;

	fixture_start(f, 2);
	CHECK_OK(troupe_group_open(f->system, NULL,
	                           TROUPE_OPTIONS(troupe_group_options, .routing = TROUPE_BY_KEY, .key = key_of), &group.ref));
	for (int i = 0; i < count; i++)
		owner_make(f, group.ref, i);
	return group;
}

static void find_owners(struct fixture *f, member group, int *owners)
{
	notes(group, KEYS);
	fixture_settle(f);
	memcpy(owners, owner, sizeof owner);
}

TEST(groups, by_key_one_more_member_takes_its_share_and_nothing_else_moves)
{
	enum { MEMBERS = 9 };
	struct fixture f;
	static int before[KEYS], again[KEYS], after[KEYS];
	member group = keyed(&f, MEMBERS);
	find_owners(&f, group, before);
	find_owners(&f, group, again);
	CHECK(memcmp(before, again, sizeof before) == 0);
	owner_make(&f, group.ref, MEMBERS);
	find_owners(&f, group, after);
	int moved = 0;
	for (int k = 0; k < KEYS; k++)
		if (after[k] != before[k]) {
			CHECK_EQ(after[k], MEMBERS);
			moved++;
		}
	CHECK(moved > KEYS / 20 && moved < KEYS / 5); /* about a tenth */
	fixture_finish(&f);
}

static void check_without(struct fixture *f, member group, int gone, const int *before)
{
	static int after[KEYS];
	int moved = 0;

	find_owners(f, group, after);
	for (int k = 0; k < KEYS; k++) {
		CHECK(after[k] != gone);
		if (before[k] == gone)
			moved++;
		else
			CHECK_EQ(after[k], before[k]);
	}
	CHECK(moved > KEYS / 20 && moved < KEYS / 5);
}

TEST(groups, by_key_only_the_keys_of_who_leaves_or_ends_move)
{
	struct fixture f;
	static int before[KEYS];
	member group = keyed(&f, 10);
	find_owners(&f, group, before);
	CHECK_OK(troupe_leave(group.ref, members[3].ref));
	check_without(&f, group, 3, before);
	find_owners(&f, group, before);
	CHECK_OK(troupe_stop_wait(members[7].ref, LIMIT));
	check_without(&f, group, 7, before);
	fixture_finish(&f);
}

/* -------------------------------------------------------------------------------------------------------------- to all -- */

TEST(groups, to_all_each_gets_its_own_copy)
{
	struct fixture f;
	member group = grouped(&f, 2, TROUPE_TO_ALL, 5);
	notes(group, 10);
	fixture_settle(&f);
	for (int i = 0; i < 5; i++)
		for (unsigned k = 0; k < 10; k++)
			CHECK_EQ(books[i].keys[k], k);
	fixture_finish(&f);
	CHECK_EQ(f.ledger.sent, 10 + 5 * 10);
}

static atomic_int releases;

static void count_release(void *payload)
{
	(void)payload;
	atomic_fetch_add(&releases, 1);
}

static void check_same_place(int count)
{
	for (int i = 0; i < count; i++)
		CHECK(books[i].count == 1 && books[i].at[0] == books[0].at[0]);
}

TEST(groups, to_all_a_payload_that_was_moved_is_shared_and_released_once)
{
	struct fixture f;
	member group = grouped(&f, 2, TROUPE_TO_ALL, 5);
	struct note *note = troupe_new(sizeof *note + 100000, count_release);
	CHECK_OK(troupe_move(group, NOTE, &note));
	fixture_settle(&f);
	CHECK_EQ(releases, 1);
	check_same_place(5);
	fixture_finish(&f);
}

TEST(groups, to_all_a_frozen_payload_is_shared)
{
	struct fixture f;
	member group = grouped(&f, 2, TROUPE_TO_ALL, 5);
	const struct note *frozen = troupe_freeze(troupe_new(sizeof *frozen, count_release));
	CHECK_OK(troupe_share(group, NOTE, frozen));
	fixture_settle(&f);
	CHECK_EQ(releases, 0);
	check_same_place(5);
	CHECK(books[0].at[0] == frozen);
	troupe_release(frozen);
	CHECK_EQ(releases, 1);
	fixture_finish(&f);
}

/* To one it stays what it was: not copied, and still somebody's own. */
TEST(groups, to_one_a_payload_that_was_moved_is_moved)
{
	struct fixture f;
	member group = grouped(&f, 1, TROUPE_BY_TURNS, 2);
	struct note *note = troupe_new(sizeof *note, count_release);
	const void *at = note;
	CHECK_OK(troupe_move(group, NOTE, &note));
	fixture_settle(&f);
	CHECK(books[0].at[0] == at);
	CHECK_EQ(releases, 1);
	fixture_finish(&f);
}

/* -------------------------------------------------------------------------------------------------- joining and leaving -- */

TEST(groups, a_message_that_is_sent_after_a_join_finds_the_member)
{
	struct fixture f;
	member group = grouped(&f, 2, TROUPE_TO_ALL, 0);
	for (int i = 0; i < MEMBERS_MAX; i++) {
		member_make(&f, group.ref, i);
		notes(group, 1);
	}
	fixture_settle(&f);
	for (int i = 0; i < MEMBERS_MAX; i++)
		CHECK(books[i].count >= (unsigned)(MEMBERS_MAX - i));
	fixture_finish(&f);
}

TEST(groups, who_has_left_gets_nothing_more)
{
	struct fixture f;
	member group = grouped(&f, 2, TROUPE_TO_ALL, 3);
	CHECK_OK(troupe_leave(group.ref, members[1].ref));
	CHECK_EQ(troupe_leave(group.ref, members[1].ref), TROUPE_ENOENT);
	notes(group, 4);
	fixture_settle(&f);
	CHECK_EQ(books[1].count, 0);
	CHECK_EQ(books[0].count + books[2].count, 8);
	CHECK_OK(troupe_join(group.ref, members[1].ref));
	notes(group, 1);
	fixture_settle(&f);
	CHECK_EQ(books[1].count, 1);
	fixture_finish(&f);
}

TEST(groups, a_message_for_a_member_that_has_ended_goes_to_another)
{
	struct fixture f;
	member group = grouped(&f, 2, TROUPE_BY_TURNS, 4);
	CHECK_OK(troupe_stop_wait(members[1].ref, LIMIT));
	CHECK_OK(troupe_stop_wait(members[2].ref, LIMIT));
	CHECK_EQ(member_count(group.ref), 2);
	notes(group, 10);
	fixture_settle(&f);
	CHECK_EQ(books[0].count, 5);
	CHECK_EQ(books[3].count, 5);
	fixture_finish(&f);
	CHECK_EQ(f.ledger.dead, 0);
}

TEST(groups, members_that_come_and_end_leave_nothing_behind)
{
	struct fixture f;
	member group = grouped(&f, 2, TROUPE_TO_ALL, 0);
	for (int i = 0; i < 5000; i++) { /* nothing is sent meanwhile: asan and valgrind see what is left */
		doer d = doer_spawn(&f);
		CHECK_OK(troupe_join(group.ref, d.ref));
		CHECK_OK(troupe_stop_wait(d.ref, LIMIT));
	}
	CHECK_EQ(member_count(group.ref), 0);
	fixture_finish(&f);
}

TEST(groups, without_members_a_message_is_a_dead_letter)
{
	struct fixture f;
	member one = grouped(&f, 1, TROUPE_BY_TURNS, 0), all;
	CHECK_OK(troupe_group_open(f.system, NULL, TROUPE_OPTIONS(troupe_group_options, .routing = TROUPE_TO_ALL), &all.ref));
	notes(one, 1);
	notes(all, 1);
	fixture_settle(&f);
	CHECK_EQ(fixture_letters(&f, NOTE, TROUPE_ENOENT), 2);
	CHECK(troupe_ref_equal(f.letters[0].to, one.ref) || troupe_ref_equal(f.letters[0].to, all.ref));
	fixture_finish(&f);
}

TEST(groups, one_that_has_ended_is_gone_like_an_actor)
{
	struct fixture f;
	member group = grouped(&f, 1, TROUPE_BY_TURNS, 1);
	CHECK_OK(troupe_stop_wait(group.ref, LIMIT));
	CHECK_EQ(troupe_send(group, NOTE, 0), TROUPE_EGONE);
	CHECK_EQ(troupe_join(group.ref, members[0].ref), TROUPE_EGONE);
	CHECK_EQ(troupe_leave(group.ref, members[0].ref), TROUPE_EGONE);
	CHECK(troupe_is_alive(members[0].ref));
	fixture_finish(&f);
}

/* -------------------------------------------------------------------------------------------------------------- topics -- */

TEST(groups, a_topic_is_found_by_its_name_and_opened_once)
{
	struct fixture f;
	const troupe_group_options all = { .struct_size = sizeof all, .routing = TROUPE_TO_ALL };
	member topic, again, found;
	fixture_start(&f, 2);
	CHECK_OK(troupe_group_open(f.system, "prices", &all, &topic.ref));
	CHECK_OK(troupe_group_open(f.system, "prices", &all, &again.ref));
	CHECK_OK(troupe_find(f.system, "prices", &found.ref));
	CHECK(troupe_ref_equal(topic.ref, again.ref) && troupe_ref_equal(topic.ref, found.ref));
	member_make(&f, topic.ref, 0);
	member_make(&f, again.ref, 1);
	notes(found, 3);
	fixture_settle(&f);
	CHECK_EQ(books[0].count, 3);
	CHECK_EQ(books[1].count, 3);
	CHECK_OK(troupe_stop_wait(topic.ref, LIMIT));
	CHECK_EQ(troupe_find(f.system, "prices", &found.ref), TROUPE_ENOENT);
	CHECK_OK(troupe_group_open(f.system, "prices", &all, &again.ref));
	CHECK(!troupe_ref_equal(topic.ref, again.ref));
	CHECK_EQ(member_count(again.ref), 0);
	fixture_finish(&f);
}

static void *open_topic(void *argument)
{
	const struct fixture *f = argument;
	troupe_ref *ref = malloc(sizeof *ref);

	CHECK_OK(troupe_group_open(f->system, "one", NULL, ref));
	return ref;
}

TEST(groups, threads_that_open_one_name_at_once_get_one_group)
{
	enum { THREADS = 8 };
	struct fixture f;
	pthread_t threads[THREADS];
	troupe_ref first = { 0 };
	fixture_start(&f, 2);
	for (int i = 0; i < THREADS; i++)
		CHECK_EQ(pthread_create(&threads[i], NULL, open_topic, &f), 0);
	for (int i = 0; i < THREADS; i++) {
		void *ref;
		CHECK_EQ(pthread_join(threads[i], &ref), 0);
		first = i == 0 ? *(troupe_ref *)ref : first;
		CHECK(troupe_ref_equal(first, *(troupe_ref *)ref));
		free(ref);
	}
	fixture_settle(&f);
	CHECK_EQ(member_count(first), 0);
	fixture_finish(&f);
}

/* --------------------------------------------------------------------------------------------------------------- pools -- */

static atomic_int ended;

static void count_end(troupe_actor *me, troupe_status why)
{
	(void)me, (void)why;
	atomic_fetch_add(&ended, 1);
}

TEST(groups, a_pool_makes_its_members_and_ends_after_them)
{
	static const troupe_behaviour counting = { .name = "hand", .receive = member_receive, .terminate = count_end,
		                                   .state_size = sizeof(struct book *) };
	struct fixture f;
	struct book *book = &books[0];
	member pool;
	fixture_start(&f, 2);
	CHECK_OK(troupe_group_spawn(f.system, NULL, &counting, &book, 8, &pool.ref));
	notes(pool, 80);
	CHECK_OK(troupe_stop(pool.ref)); /* behind the notes */
	CHECK_OK(troupe_stop_wait(pool.ref, LIMIT));
	CHECK_EQ(books[0].count, 80);
	CHECK_EQ(ended, 8);
	fixture_finish(&f);
	CHECK_EQ(f.ledger.dead, 0);
}

/* Its leftovers go to another member, and each is handled once. */
TEST(groups, what_a_member_of_a_pool_leaves_behind_another_gets)
{
	static const troupe_behaviour returning = { .name = "hand", .receive = member_receive, .leftovers = TROUPE_HAND_BACK,
		                                    .state_size = sizeof(struct book *) };
	struct fixture f;
	struct book *book = &books[0];
	struct barrier barrier;
	troupe_ref both[2];
	size_t count;
	member pool;
	fixture_start(&f, 3);
	CHECK_OK(troupe_group_spawn(f.system, NULL, &returning, &book, 2, &pool.ref));
	fixture_settle(&f);
	CHECK_OK(troupe_group_members(pool.ref, both, 2, &count));
	CHECK_EQ(count, 2);
	barrier_raise(&barrier, both[0]);
	CHECK_OK(troupe_stop(both[0]));
	notes(pool, 10); /* five of them behind the stop */
	for (int64_t waited = 0; books[0].count < 5; waited += TROUPE_MS) {
		CHECK(waited < LIMIT);
		sleep_ns(TROUPE_MS);
	}
	barrier_open(&barrier);
	fixture_settle(&f);
	CHECK_EQ(books[0].count, 10);
	fixture_finish(&f);
	CHECK_EQ(f.ledger.returned, 5);
	CHECK_EQ(f.ledger.dead, 0);
}

/* A topic whose members are pools: each pool gets all, and one of it handles it. */
TEST(groups, a_group_may_be_a_member_of_another)
{
	struct fixture f;
	struct book *first = &books[0], *second = &books[1];
	member topic = grouped(&f, 2, TROUPE_TO_ALL, 0), pools[2];
	CHECK_OK(troupe_group_spawn(f.system, NULL, &member_behaviour, &first, 3, &pools[0].ref));
	CHECK_OK(troupe_group_spawn(f.system, NULL, &member_behaviour, &second, 3, &pools[1].ref));
	CHECK_OK(troupe_join(topic.ref, pools[0].ref));
	CHECK_OK(troupe_join(topic.ref, pools[1].ref));
	notes(topic, 30);
	fixture_settle(&f);
	CHECK_EQ(books[0].count, 30);
	CHECK_EQ(books[1].count, 30);
	fixture_finish(&f);
}
