/* SPDX-License-Identifier: MIT */
/* Promise: an actor is found by its name from before its first message until it ends. */
#include "fixture.h"

static troupe_status find(struct fixture *f, const char *name, troupe_ref *out)
{
	return troupe_find(f->system, name, out);
}

static void check_found(struct fixture *f, const char *name, troupe_ref expected)
{
	troupe_ref found = { 0 };

	CHECK_OK(find(f, name, &found));
	CHECK(troupe_ref_equal(found, expected));
}

static void check_unknown(struct fixture *f, const char *name)
{
	troupe_ref found = { 7 };

	CHECK_EQ(find(f, name, &found), TROUPE_ENOENT);
	CHECK_EQ(found.bits_private, 7);
}

TEST(names, are_given_found_and_taken_away)
{
	struct fixture f;
	fixture_start(&f, 2);
	doer a = doer_spawn(&f), b = doer_spawn(&f);
	check_unknown(&f, "clock");
	CHECK_OK(troupe_name(a.ref, "clock"));
	CHECK_OK(troupe_name(a.ref, "second name"));
	check_found(&f, "clock", a.ref);
	check_found(&f, "second name", a.ref);
	CHECK_EQ(troupe_name(b.ref, "clock"), TROUPE_EEXIST);
	CHECK_OK(troupe_name(a.ref, "clock")); /* it has it */
	CHECK_OK(troupe_unname(f.system, "clock"));
	CHECK_EQ(troupe_unname(f.system, "clock"), TROUPE_ENOENT);
	check_unknown(&f, "clock");
	CHECK_OK(troupe_name(b.ref, "clock"));
	check_found(&f, "clock", b.ref);
	check_found(&f, "second name", a.ref);
	fixture_finish(&f);
}

TEST(names, go_with_their_actor)
{
	struct fixture f;
	fixture_start(&f, 2);
	doer survivor = doer_spawn(&f);
	for (int i = 0; i < 300; i++) {
		doer d = doer_spawn(&f);
		CHECK_OK(troupe_name(d.ref, "worker"));
		CHECK_OK(troupe_name(d.ref, "other"));
		CHECK_OK(i % 2 ? troupe_kill(d.ref) : troupe_stop(d.ref));
		CHECK_OK(troupe_wait_end(d.ref, LIMIT, NULL));
		check_unknown(&f, "worker");
		CHECK_EQ(troupe_name(d.ref, "late"), TROUPE_EGONE);
	}
	CHECK_OK(troupe_name(survivor.ref, "worker"));
	check_found(&f, "worker", survivor.ref);
	fixture_finish(&f);
}

static atomic_int inits_that_found_themselves;

static troupe_verdict init_finds_itself(troupe_actor *me)
{
	troupe_ref found;

	CHECK_OK(troupe_find(me->system, "early", &found));
	CHECK(troupe_ref_equal(found, me->ref));
	inits_that_found_themselves++;
	return TROUPE_HANDLED;
}

TEST(names, given_at_birth_are_there_before_init)
{
	static const troupe_behaviour early = { .receive = doer_receive, .init = init_finds_itself };
	struct fixture f;
	troupe_ref ref, second = { 7 };
	fixture_start(&f, 2);
	CHECK_OK(troupe_spawn_with(f.system, NULL, &early, NULL, TROUPE_OPTIONS(troupe_spawn_options, .name = "early"), &ref));
	check_found(&f, "early", ref);
	CHECK_EQ(troupe_spawn_with(f.system, NULL, &early, NULL, TROUPE_OPTIONS(troupe_spawn_options, .name = "early"),
	                           &second),
	         TROUPE_EEXIST);
	CHECK_EQ(second.bits_private, 7);
	fixture_settle(&f);
	CHECK_EQ(inits_that_found_themselves, 1);
	troupe_counters counters;
	CHECK_OK(troupe_counters_read(f.system, &counters));
	CHECK_EQ(counters.actors_alive, 1);
	fixture_finish(&f);
}

TEST(names, of_bad_length_are_refused)
{
	struct fixture f;
	char name[TROUPE_NAME_SIZE_MAX + 2];
	troupe_ref found;
	fixture_start(&f, 1);
	doer d = doer_spawn(&f);
	memset(name, 'n', sizeof name);
	name[TROUPE_NAME_SIZE_MAX + 1] = '\0';
	CHECK_EQ(troupe_name(d.ref, ""), TROUPE_EINVAL);
	CHECK_EQ(troupe_name(d.ref, name), TROUPE_EINVAL);
	CHECK_EQ(troupe_spawn_with(f.system, NULL, &doer_behaviour, NULL, TROUPE_OPTIONS(troupe_spawn_options, .name = name),
	                           &found),
	         TROUPE_EINVAL);
	CHECK_EQ(troupe_spawn_with(f.system, NULL, &doer_behaviour, NULL, TROUPE_OPTIONS(troupe_spawn_options, .name = ""),
	                           &found),
	         TROUPE_EINVAL);
	name[TROUPE_NAME_SIZE_MAX] = '\0';
	CHECK_OK(troupe_name(d.ref, name));
	check_found(&f, name, d.ref);
	name[0] = 'm'; /* it was copied */
	check_unknown(&f, name);
	fixture_finish(&f);
}

TEST(names, are_each_systems_own)
{
	struct fixture a, b;
	fixture_start(&a, 1);
	fixture_start(&b, 1);
	doer in_a = doer_spawn(&a), in_b = doer_spawn(&b);
	CHECK_OK(troupe_name(in_a.ref, "clock"));
	check_unknown(&b, "clock");
	CHECK_OK(troupe_name(in_b.ref, "clock"));
	check_found(&a, "clock", in_a.ref);
	check_found(&b, "clock", in_b.ref);
	fixture_finish(&a);
	check_found(&b, "clock", in_b.ref);
	fixture_finish(&b);
}

/* Threads name and find actors that come and go. */
static struct fixture shared;
static atomic_int over;

static void *find_for_ever(void *argument)
{
	(void)argument;
	while (!over) {
		troupe_ref found;
		troupe_status status = find(&shared, "popular", &found);
		CHECK(status == TROUPE_OK || status == TROUPE_ENOENT);
		if (status == TROUPE_OK) {
			status = troupe_name(found, "too");
			CHECK(status == TROUPE_OK || status == TROUPE_EEXIST || status == TROUPE_EGONE);
		}
	}
	return NULL;
}

TEST(names, are_found_while_actors_come_and_go)
{
	pthread_t threads[2];
	fixture_start(&shared, 2);
	for (int i = 0; i < 2; i++)
		CHECK_OK(pthread_create(&threads[i], NULL, find_for_ever, NULL));
	for (int i = 0; i < 1000; i++) {
		troupe_ref ref;
		CHECK_OK(troupe_spawn_with(shared.system, NULL, &doer_behaviour, NULL,
		                           TROUPE_OPTIONS(troupe_spawn_options, .name = "popular"), &ref));
		CHECK_OK(troupe_stop_wait(ref, LIMIT));
	}
	over = 1;
	for (int i = 0; i < 2; i++)
		CHECK_OK(pthread_join(threads[i], NULL));
	fixture_settle(&shared);
	check_unknown(&shared, "popular");
	check_unknown(&shared, "too");
	fixture_finish(&shared);
}
