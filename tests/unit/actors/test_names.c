/* SPDX-License-Identifier: MIT */
/* Names given at birth and in life, and what is left of them: nothing, also when they are refused or come too late. */
#include "actors/names.h"

#include "stage.h"

enum { ROUNDS = 200 };

static struct stage s;
static atomic_int stop, handled, inits;

/* The end of an actor takes its names away a moment after it is known to have ended: who ended it is waited for. */
static size_t names_left(void)
{
	stage_settle(&s);
	return troupei_registry_count(s.system.private_->registry);
}

static troupe_status spawn_named(const troupe_behaviour *behaviour, const char *name, troupe_ref *out)
{
	return troupe_spawn_with(s.system, NULL, behaviour, NULL, TROUPE_OPTIONS(troupe_spawn_options, .name = name), out);
}

static troupe_verdict find_myself(troupe_actor *me)
{
	troupe_ref found = { 0 };
	CHECK_OK(troupe_find(me->system, "clock", &found));
	CHECK(troupe_ref_equal(found, me->ref));
	atomic_fetch_add(&inits, 1);
	return TROUPE_HANDLED;
}

static troupe_verdict count(troupe_actor *me, const troupe_message *m)
{
	(void)me, (void)m;
	atomic_fetch_add(&handled, 1);
	return TROUPE_HANDLED;
}

static const troupe_behaviour clock_behaviour = { .name = "clock", .receive = count, .init = find_myself };

TEST(names, known_before_its_own_init)
{
	troupe_ref ref, found = { 0 };
	stage_start(&s, 2);
	CHECK_OK(spawn_named(&clock_behaviour, "clock", &ref));
	CHECK_OK(troupe_find(s.system, "clock", &found));
	CHECK(troupe_ref_equal(ref, found));
	CHECK(cell_of(ref)->signals & SIGNAL_NAMED);
	stage_settle(&s);
	CHECK_EQ(inits, 1);
	CHECK_OK(troupe_stop_wait(ref, LIMIT));
	CHECK_EQ(names_left(), 0);
	CHECK_EQ(troupe_find(s.system, "clock", &found), TROUPE_ENOENT);
	stage_finish(&s);
}

/* Send one to each actor that has the name, as soon as it is found. */
static void *find_and_send(void *sent)
{
	troupe_ref found, last = { 0 };
	while (!atomic_load(&stop)) {
		if (troupe_find(s.system, "clock", &found) != TROUPE_OK || troupe_ref_equal(found, last))
			continue;
		if (troupe_send_bytes(found, 1, NULL, 0) == TROUPE_OK)
			atomic_fetch_add((atomic_int *)sent, 1);
		last = found;
	}
	return NULL;
}

static const troupe_behaviour plain_behaviour = { .receive = count, .leftovers = TROUPE_DRAIN };

/* What is sent before the spawn has returned is handled after it. */
TEST(names, reached_before_the_spawn_returns)
{
	atomic_int sent = 0;
	pthread_t thread;
	troupe_ref ref;
	stage_start(&s, 2);
	CHECK_OK(pthread_create(&thread, NULL, find_and_send, &sent));
	for (int i = 1; i <= ROUNDS; i++) {
		CHECK_OK(spawn_named(&plain_behaviour, "clock", &ref));
		await_count(&sent, i);
		CHECK_OK(troupe_stop_wait(ref, LIMIT));
		CHECK_EQ(handled, i);
	}
	atomic_store(&stop, 1);
	CHECK_OK(pthread_join(thread, NULL));
	CHECK_EQ(names_left(), 0);
	stage_finish(&s);
}

static troupe_verdict spawn_twins(troupe_actor *me, void *argument)
{
	troupe_ref ref = { 0 };
	(void)argument;
	const troupe_spawn_options *options = TROUPE_OPTIONS(troupe_spawn_options, .name = "clock", .child = true);
	CHECK_EQ(troupe_spawn_with(me->system, me, &clock_behaviour, NULL, options, &ref), TROUPE_EEXIST);
	CHECK(troupe_ref_is_null(ref));
	const struct extra *extra = troupei_me_worker(me)->running->extra;
	CHECK(extra == NULL || extra->children == NULL);
	return TROUPE_HANDLED;
}

TEST(names, refused_duplicate_leaves_nothing)
{
	troupe_ref first, second = { 0 };
	troupe_options options = stage_options(&s, 1);
	options.actors_max = 3;
	CHECK_OK(troupe_start(&options, &s.system));
	CHECK_OK(spawn_named(&clock_behaviour, "clock", &first));
	troupe_ref parent = player(&s);
	for (int i = 0; i < 10; i++) { /* the limit is not used up */
		CHECK_EQ(spawn_named(&clock_behaviour, "clock", &second), TROUPE_EEXIST);
		CHECK_EQ(spawn_named(&clock_behaviour, "", &second), TROUPE_EINVAL);
		perform(&s, parent, spawn_twins, NULL);
	}
	CHECK(troupe_ref_is_null(second));
	CHECK_EQ(inits, 1);
	CHECK_EQ(stage_alive(&s), 2);
	CHECK_EQ(names_left(), 1);
	CHECK_OK(troupe_find(s.system, "clock", &second));
	CHECK(troupe_ref_equal(first, second));
	stage_finish(&s);
}

TEST(names, the_dead_get_none)
{
	stage_start(&s, 1);
	troupe_ref gone = ended_player(&s), ref = player(&s);
	CHECK_EQ(troupe_name(gone, "clock"), TROUPE_EGONE);
	CHECK_EQ(names_left(), 0);
	/* As when it ended between the look and the name: the runtime's part of it, then the end's. */
	struct cell *cell = cell_of(ref);
	CHECK_OK(troupei_name_new(s.system.private_, cell, gone, "watch"));
	CHECK_EQ(troupe_find(s.system, "watch", &gone), TROUPE_ENOENT);
	CHECK_OK(troupe_name(ref, "watch"));
	CHECK_EQ(names_left(), 1);
	stage_finish(&s);
}

static void *name_it(void *ref)
{
	char name[16];
	for (int i = 0; troupe_is_alive(*(troupe_ref *)ref); i++) {
		snprintf(name, sizeof name, "%d", i % 8);
		troupe_status status = troupe_name(*(troupe_ref *)ref, name);
		CHECK(status == TROUPE_OK || status == TROUPE_EGONE || status == TROUPE_EEXIST);
	}
	return NULL;
}

/* Named while it ends: whichever came first, no name stays. */
TEST(names, race_with_the_end)
{
	pthread_t thread;
	stage_start(&s, 2);
	for (int i = 0; i < ROUNDS; i++) {
		troupe_ref ref = player(&s);
		CHECK_OK(pthread_create(&thread, NULL, name_it, &ref));
		CHECK_OK(troupe_stop_wait(ref, LIMIT));
		CHECK_OK(pthread_join(thread, NULL));
		CHECK_EQ(names_left(), 0);
	}
	stage_finish(&s);
}
