/* SPDX-License-Identifier: MIT */
/* Supervision, with OTP's meaning. Children write what befalls them into a journal: "+a" begins, "-a" ends, "a" is a message. */
#include "fixture.h"

enum { SAY = 1, FAIL, LEAVE, ECHO, ECHOED, NAP };

static struct fixture f;
static pthread_mutex_t journal_lock = PTHREAD_MUTEX_INITIALIZER;
static char journal[1 << 14];
static size_t journal_length;

static void write_down(char sign, char name)
{
	pthread_mutex_lock(&journal_lock);
	CHECK(journal_length + 3 < sizeof journal);
	if (sign != 0)
		journal[journal_length++] = sign;
	journal[journal_length++] = name;
	journal[journal_length] = 0;
	pthread_mutex_unlock(&journal_lock);
}

static void clear_journal(void)
{
	pthread_mutex_lock(&journal_lock);
	journal[journal_length = 0] = 0;
	pthread_mutex_unlock(&journal_lock);
}

/* The journal comes to be this, and nothing follows. */
static void expect(const char *text)
{
	char now[sizeof journal] = "";

	for (int64_t waited = 0; waited < LIMIT; waited += TROUPE_MS) {
		fixture_settle(&f);
		pthread_mutex_lock(&journal_lock);
		memcpy(now, journal, journal_length + 1);
		pthread_mutex_unlock(&journal_lock);
		if (strlen(now) >= strlen(text))
			break;
		sleep_ns(TROUPE_MS);
	}
	CHECK_STR_EQ(now, text);
	clear_journal();
}

/* A child: its name, and how many more times its init fails. */
struct life {
	char name;
	uint32_t said;
	atomic_int *failing;
};

static troupe_verdict child_init(troupe_actor *me)
{
	const struct life *self = me->state;

	CHECK_EQ(self->said, 0); /* fresh in each life */
	if (self->failing != NULL && atomic_fetch_sub(self->failing, 1) > 0) {
		write_down('!', self->name);
		return troupe_fail(me, TROUPE_EUSER);
	}
	write_down('+', self->name);
	return TROUPE_HANDLED;
}

static void child_terminate(troupe_actor *me, troupe_status why)
{
	(void)why;
	write_down('-', ((struct life *)me->state)->name);
}

static troupe_verdict child_receive(troupe_actor *me, const troupe_message *m)
{
	struct life *self = me->state;

	switch (m->kind) {
	case SAY:
		self->said++;
		write_down(0, self->name);
		return TROUPE_HANDLED;
	case FAIL:
		return troupe_fail(me, TROUPE_EUSER - 1);
	case LEAVE:
		troupe_exit(me, TROUPE_OK);
		return TROUPE_HANDLED;
	case NAP:
		sleep_ns(20 * TROUPE_MS);
		return TROUPE_HANDLED;
	}
	return TROUPE_UNKNOWN;
}

static const troupe_behaviour child = {
	.name = "child", .receive = child_receive, .init = child_init, .terminate = child_terminate,
	.state_size = sizeof(struct life),
};

static const struct life a = { 'a', 0, NULL }, b = { 'b', 0, NULL }, c = { 'c', 0, NULL };

#define CHILD_WITH(which, ...) { .name = #which, .behaviour = &child, .initial = &(which), __VA_ARGS__ }
#define CHILD(which) CHILD_WITH(which, .restart = TROUPE_PERMANENT)

static troupe_ref find(troupe_ref top, const char *name)
{
	troupe_ref ref;

	CHECK_OK(troupe_child(top, name, &ref));
	return ref;
}

static troupe_ref start(const troupe_supervisor *tree, uint32_t workers)
{
	troupe_ref top;

	fixture_start(&f, workers);
	clear_journal();
	CHECK_OK(troupe_supervise(f.system, NULL, tree, &top));
	return top;
}

static void send(troupe_ref to, int32_t kind)
{
	CHECK_OK(troupe_send_bytes(to, kind, NULL, 0));
}

static uint64_t restarts(void)
{
	troupe_counters counters;

	CHECK_OK(troupe_counters_read(f.system, &counters));
	return counters.restarts;
}

/* ------------------------------------------------------------------------------------------------------------- order -- */

static const troupe_child_spec three[] = { CHILD(a), CHILD(b), CHILD(c), { 0 } };

TEST(supervision, starts_in_order_and_stops_in_reverse)
{
	static const troupe_supervisor tree = { .name = "three", .children = three };
	troupe_ref top = start(&tree, 2);

	expect("+a+b+c");
	CHECK_OK(troupe_stop_wait(top, LIMIT));
	expect("-c-b-a");
	fixture_finish(&f);
}

TEST(supervision, end_of_the_system_is_in_order_too)
{
	static const troupe_supervisor tree = { .children = three };

	start(&tree, 2);
	expect("+a+b+c");
	fixture_finish(&f);
	CHECK_STR_EQ(journal, "-c-b-a");
}

TEST(supervision, messages_wait_for_the_beginning)
{
	static const troupe_supervisor tree = { .children = three };
	troupe_ref top = start(&tree, 1);

	send(find(top, "c"), SAY);
	expect("+a+b+cc");
	fixture_finish(&f);
}

/* -------------------------------------------------------------------------------------------------------- strategies -- */

TEST(supervision, one_for_one)
{
	static const troupe_supervisor tree = { .children = three };
	troupe_ref top = start(&tree, 2);

	expect("+a+b+c");
	send(find(top, "b"), FAIL);
	expect("-b+b");
	CHECK_EQ(restarts(), 1);
	fixture_finish(&f);
}

TEST(supervision, one_for_all)
{
	static const troupe_supervisor tree = { .children = three, .strategy = TROUPE_ONE_FOR_ALL };
	troupe_ref top = start(&tree, 2);

	expect("+a+b+c");
	send(find(top, "b"), FAIL);
	expect("-b-c-a+a+b+c");
	fixture_finish(&f);
}

TEST(supervision, rest_for_one)
{
	static const troupe_supervisor tree = { .children = three, .strategy = TROUPE_REST_FOR_ONE };
	troupe_ref top = start(&tree, 2);

	expect("+a+b+c");
	send(find(top, "b"), FAIL);
	expect("-b-c+b+c");
	fixture_finish(&f);
}

/* ------------------------------------------------------------------------------------------------------ restart types -- */

static const troupe_child_spec kinds[] = {
	CHILD_WITH(a, .restart = TROUPE_PERMANENT), CHILD_WITH(b, .restart = TROUPE_TRANSIENT), CHILD_WITH(c, .restart = TROUPE_TEMPORARY), { 0 },
};

TEST(supervision, normal_ends_restart_the_permanent_only)
{
	static const troupe_supervisor tree = { .children = kinds };
	troupe_ref top = start(&tree, 2), gone[] = { find(top, "b"), find(top, "c") }, ref;

	expect("+a+b+c");
	send(find(top, "a"), LEAVE);
	expect("-a+a");
	send(gone[0], LEAVE);
	expect("-b");
	send(gone[1], LEAVE);
	expect("-c");
	for (int i = 0; i < 2; i++)
		CHECK_OK(troupe_wait_end(gone[i], LIMIT, NULL));
	CHECK_EQ(troupe_child(top, "b", &ref), TROUPE_ENOENT);
	fixture_finish(&f);
}

TEST(supervision, failures_restart_all_but_the_temporary)
{
	static const troupe_supervisor tree = { .children = kinds };
	troupe_ref top = start(&tree, 2), c_ref = find(top, "c");

	expect("+a+b+c");
	send(find(top, "a"), FAIL);
	expect("-a+a");
	send(find(top, "b"), FAIL);
	expect("-b+b");
	send(c_ref, FAIL);
	expect("-c");
	CHECK_OK(troupe_wait_end(c_ref, LIMIT, NULL));
	CHECK(!troupe_is_alive(c_ref));
	fixture_finish(&f);
}

TEST(supervision, temporary_ones_are_not_begun_again_with_their_group)
{
	static const troupe_supervisor tree = { .children = kinds, .strategy = TROUPE_ONE_FOR_ALL };
	troupe_ref top = start(&tree, 2);

	expect("+a+b+c");
	send(find(top, "a"), FAIL);
	expect("-a-c-b+a+b");
	fixture_finish(&f);
}

TEST(supervision, killed_is_failed)
{
	static const troupe_supervisor tree = { .children = kinds };
	troupe_ref top = start(&tree, 2);

	expect("+a+b+c");
	CHECK_OK(troupe_kill(find(top, "b")));
	expect("-b+b");
	CHECK_OK(troupe_stop(find(top, "a"))); /* a normal end: permanent */
	expect("-a+a");
	fixture_finish(&f);
}

/* --------------------------------------------------------------------------------------------------- same actor, new life -- */

static troupe_verdict tell_lives(troupe_actor *me, void *argument)
{
	troupe_status *last = argument;

	CHECK_EQ(troupe_lives(me, last), 0);
	CHECK_EQ(troupe_lives(NULL, last), 0);
	return TROUPE_HANDLED;
}

TEST(supervision, others_have_one_life)
{
	troupe_status last = TROUPE_EFAILED;

	fixture_start(&f, 1);
	perform(&f, doer_spawn(&f).ref, tell_lives, &last);
	CHECK_EQ(last, TROUPE_OK);
	fixture_finish(&f);
}

static atomic_int lives_seen;

static troupe_verdict lives_init(troupe_actor *me)
{
	troupe_status last;
	uint32_t lives = troupe_lives(me, &last);

	CHECK_EQ(lives, (uint32_t)atomic_fetch_add(&lives_seen, 1));
	CHECK_EQ(last, lives == 0 ? TROUPE_OK : TROUPE_EUSER - 1);
	return TROUPE_HANDLED;
}

TEST(supervision, reference_name_and_queue_go_on)
{
	static const troupe_behaviour behaviour = { .receive = child_receive, .init = lives_init, .terminate = child_terminate,
		                                    .state_size = sizeof(struct life) };
	static const troupe_child_spec children[] = { { .name = "a", .behaviour = &behaviour, .initial = &a }, { 0 } };
	static const troupe_supervisor tree = { .children = children };
	troupe_ref ref = find(start(&tree, 1), "a");
	static const int32_t kinds_sent[] = { SAY, FAIL, SAY, FAIL, SAY };

	for (int i = 0; i < 5; i++)
		send(ref, kinds_sent[i]);
	expect("a-aa-aa");
	CHECK(troupe_is_alive(ref));
	CHECK_EQ(atomic_load(&lives_seen), 3);
	CHECK_EQ(fixture_letters(&f, FAIL, TROUPE_EFAILED), 2);
	fixture_finish(&f);
	CHECK_EQ(f.ledger.handled, 3);
}

static troupe_verdict send_all(troupe_actor *me, void *argument)
{
	const troupe_ref *to = argument;
	static const int32_t said[] = { NAP, FAIL, SAY, SAY };

	for (int i = 0; i < 4; i++)
		CHECK_OK(troupe_send_bytes_from(me, *to, said[i], NULL, 0));
	return TROUPE_HANDLED;
}

TEST(supervision, queue_may_be_dropped)
{
	static const troupe_child_spec children[] = { CHILD_WITH(a, .queue = TROUPE_QUEUE_DROP), { 0 } };
	static const troupe_supervisor tree = { .children = children };
	troupe_ref ref = find(start(&tree, 2), "a");

	perform(&f, doer_spawn(&f).ref, send_all, &ref);
	expect("+a-a+a");
	CHECK_EQ(fixture_letters(&f, SAY, TROUPE_EGONE), 2);
	fixture_finish(&f);
}

static atomic_int handed_back;

static troupe_verdict take_back(troupe_actor *me, const troupe_message *m)
{
	if (m->kind != TROUPE_RETURNED)
		return do_task(me, m);
	CHECK_EQ(m->returned, SAY);
	atomic_fetch_add(&handed_back, 1);
	return TROUPE_HANDLED;
}

TEST(supervision, queue_may_be_handed_back)
{
	static const troupe_behaviour sender = { .receive = take_back };
	static const troupe_child_spec children[] = { CHILD_WITH(a, .queue = TROUPE_QUEUE_HAND_BACK), { 0 } };
	static const troupe_supervisor tree = { .children = children };
	troupe_ref ref = find(start(&tree, 2), "a"), from;

	CHECK_OK(troupe_spawn(f.system, &sender, NULL, &from));
	perform(&f, from, send_all, &ref);
	expect("+a-a+a");
	fixture_settle(&f);
	CHECK_EQ(atomic_load(&handed_back), 2);
	fixture_finish(&f);
}

/* --------------------------------------------------------------------------------------------------------- intensity -- */

TEST(supervision, too_many_restarts_end_the_supervisor)
{
	static const troupe_supervisor tree = { .name = "tired", .children = three, .restarts_max = 2, .within_ns = 3600 * TROUPE_S };
	troupe_ref top = start(&tree, 2), b_ref = find(top, "b");
	troupe_status why;

	expect("+a+b+c");
	for (int i = 0; i < 2; i++) {
		send(b_ref, FAIL);
		expect("-b+b");
	}
	send(b_ref, FAIL);
	CHECK_OK(troupe_wait_end(top, LIMIT, &why));
	CHECK(why == TROUPE_ERESTARTS || why == TROUPE_EGONE);
	expect("-b-c-a");
	CHECK(fixture_logged(&f, "tired"));
	CHECK_EQ(troupe_child(top, "b", &b_ref), TROUPE_EGONE);
	fixture_finish(&f);
}

TEST(supervision, unlimited_restarts)
{
	static const troupe_supervisor tree = { .children = three, .restarts_max = TROUPE_UNLIMITED, .within_ns = 1 };
	troupe_ref top = start(&tree, 2), ref = find(top, "b");

	for (int i = 0; i < 500; i++)
		send(ref, FAIL);
	fixture_settle(&f);
	CHECK_EQ(restarts(), 500);
	fixture_finish(&f);
}

static atomic_int failing_twice;

TEST(supervision, failed_inits_are_tried_again)
{
	static const struct life d = { 'd', 0, &failing_twice };
	static const troupe_child_spec children[] = { CHILD(a), CHILD(d), CHILD(c), { 0 } };
	static const troupe_supervisor tree = { .children = children };

	atomic_store(&failing_twice, 2);
	start(&tree, 2);
	expect("+a!d!d+d+c");
	fixture_finish(&f);
}

TEST(supervision, init_that_always_fails_ends_the_supervisor)
{
	static const struct life d = { 'd', 0, &failing_twice };
	static const troupe_child_spec children[] = { CHILD(a), CHILD(d), CHILD(c), { 0 } };
	static const troupe_supervisor tree = { .children = children };

	atomic_store(&failing_twice, 1 << 20);
	troupe_ref top = start(&tree, 2);
	CHECK_OK(troupe_wait_end(top, LIMIT, NULL));
	expect("+a!d!d!d!d-a");
	fixture_finish(&f);
}

TEST(supervision, restarts_in_a_row_wait)
{
	static const troupe_supervisor tree = { .children = three, .restarts_max = 100, .within_ns = 3600 * TROUPE_S,
		                                .back_off_ns = 20 * TROUPE_MS };
	troupe_ref top = start(&tree, 2), ref = find(top, "b");
	int64_t from = troupe_now(f.system);

	expect("+a+b+c");
	for (int i = 0; i < 4; i++)
		send(ref, FAIL); /* at once, after 20, 40 and 80 ms, a quarter less each at most */
	expect("-b+b-b+b-b+b-b+b");
	CHECK(troupe_now(f.system) - from >= (15 + 30 + 60) * TROUPE_MS);
	fixture_finish(&f);
}

/* ------------------------------------------------------------------------------------------------------------- trees -- */

static const troupe_child_spec leaves[] = { CHILD(b), CHILD(c), { 0 } };
static const troupe_supervisor branch = { .name = "branch", .children = leaves, .restarts_max = 1, .within_ns = 3600 * TROUPE_S };
static const troupe_child_spec stem[] = { CHILD(a), { .name = "branch", .supervisor = &branch }, { 0 } };

TEST(supervision, trees_begin_and_end_in_order)
{
	static const struct life d = { 'd', 0, NULL };
	static const troupe_child_spec children[] = { CHILD(a), { .name = "branch", .supervisor = &branch }, CHILD(d), { 0 } };
	static const troupe_supervisor tree = { .children = children };
	troupe_ref top = start(&tree, 2);

	expect("+a+b+c+d");
	CHECK_OK(troupe_stop_wait(top, LIMIT));
	expect("-d-c-b-a");
	fixture_finish(&f);
}

TEST(supervision, escalation_restarts_the_branch_with_the_same_actors)
{
	static const troupe_supervisor tree = { .children = stem };
	troupe_ref top = start(&tree, 2), inner = find(top, "branch"), ref = find(inner, "b");

	expect("+a+b+c");
	send(ref, FAIL);
	expect("-b+b");
	send(ref, FAIL); /* once too often: the branch ends, and begins again */
	expect("-b-c+b+c");
	CHECK(troupe_ref_equal(find(inner, "b"), ref));
	send(ref, SAY);
	expect("b");
	send(ref, FAIL); /* with a new count */
	expect("-b+b");
	fixture_finish(&f);
}

TEST(supervision, killed_supervisor_begins_again_with_its_children)
{
	static const troupe_supervisor tree = { .children = stem };
	troupe_ref top = start(&tree, 2), inner = find(top, "branch"), ref = find(inner, "b");

	expect("+a+b+c");
	CHECK_OK(troupe_kill(inner));
	fixture_settle(&f);
	CHECK(strstr(journal, "+b+c") != NULL);
	clear_journal();
	send(ref, SAY);
	expect("b");
	fixture_finish(&f);
}

TEST(supervision, killed_top_takes_all_with_it)
{
	static const troupe_supervisor tree = { .children = stem };
	troupe_ref top = start(&tree, 2), ref = find(find(top, "branch"), "b");

	expect("+a+b+c");
	CHECK_OK(troupe_kill(top));
	CHECK_OK(troupe_wait_end(top, LIMIT, NULL));
	CHECK(!troupe_is_alive(ref));
	CHECK_EQ(journal_length, 6);
	fixture_finish(&f);
}

static troupe_verdict supervise_own(troupe_actor *me, void *argument)
{
	CHECK_OK(troupe_supervise(me->system, me, argument, NULL));
	return TROUPE_HANDLED;
}

TEST(supervision, tree_of_an_actor_ends_with_it)
{
	static troupe_supervisor tree = { .children = three };

	fixture_start(&f, 2);
	clear_journal();
	doer owner = doer_spawn(&f);
	perform(&f, owner.ref, supervise_own, &tree);
	expect("+a+b+c");
	CHECK_OK(troupe_stop_wait(owner.ref, LIMIT));
	expect("-c-b-a");
	fixture_finish(&f);
}

/* ------------------------------------------------------------------------------------------------------ significant -- */

static const troupe_child_spec significant[] = {
	CHILD_WITH(a, .restart = TROUPE_TRANSIENT, .significant = true), CHILD(b),
	CHILD_WITH(c, .restart = TROUPE_TEMPORARY, .significant = true), { 0 },
};

TEST(supervision, first_significant_end_is_everybodys)
{
	static const troupe_supervisor tree = { .children = significant, .auto_shutdown = TROUPE_ANY_SIGNIFICANT };
	troupe_ref top = start(&tree, 2);

	expect("+a+b+c");
	send(find(top, "a"), FAIL); /* begins again: no end */
	expect("-a+a");
	send(find(top, "a"), LEAVE);
	CHECK_OK(troupe_wait_end(top, LIMIT, NULL));
	expect("-a-c-b");
	fixture_finish(&f);
}

TEST(supervision, last_significant_end_is_everybodys)
{
	static const troupe_supervisor tree = { .children = significant, .auto_shutdown = TROUPE_ALL_SIGNIFICANT };
	troupe_ref top = start(&tree, 2);

	expect("+a+b+c");
	send(find(top, "c"), FAIL);
	expect("-c");
	CHECK(troupe_is_alive(top));
	send(find(top, "a"), LEAVE);
	CHECK_OK(troupe_wait_end(top, LIMIT, NULL));
	expect("-a-b");
	fixture_finish(&f);
}

/* ----------------------------------------------------------------------------------------------------------- dynamic -- */

TEST(supervision, children_come_and_go)
{
	static const troupe_supervisor tree = { .name = "pool" };
	troupe_ref top = start(&tree, 2), refs[3], found;
	struct life life = { 'x', 0, NULL };

	for (int i = 0; i < 3; i++) {
		life.name = (char)('x' + i); /* copied */
		CHECK_OK(troupe_add_child(top, &(troupe_child_spec){ .behaviour = &child, .initial = &life }, &refs[i]));
	}
	expect("+x+y+z");
	CHECK_EQ(troupe_add_child(top, &(troupe_child_spec)CHILD(a), &found), TROUPE_OK);
	CHECK_EQ(troupe_add_child(top, &(troupe_child_spec)CHILD(a), NULL), TROUPE_EEXIST);
	CHECK(troupe_ref_equal(find(top, "a"), found));
	expect("+a");
	send(refs[1], FAIL);
	expect("-y+y");
	CHECK_OK(troupe_remove_child(top, refs[1]));
	CHECK_EQ(troupe_remove_child(top, refs[1]), TROUPE_ENOENT);
	expect("-y");
	CHECK_OK(troupe_wait_end(refs[1], LIMIT, NULL));
	CHECK_OK(troupe_stop_wait(top, LIMIT));
	expect("-a-z-x");
	CHECK_EQ(troupe_add_child(top, &(troupe_child_spec)CHILD(a), NULL), TROUPE_EGONE);
	CHECK_EQ(troupe_remove_child(top, refs[0]), TROUPE_EGONE);
	fixture_finish(&f);
}

TEST(supervision, added_children_are_forgotten_by_the_next_life)
{
	static const troupe_supervisor tree = { .children = stem };
	troupe_ref top = start(&tree, 2), inner = find(top, "branch"), ref;

	expect("+a+b+c");
	CHECK_OK(troupe_add_child(inner, &(troupe_child_spec)CHILD_WITH(a, .restart = TROUPE_TEMPORARY), &ref));
	expect("+a");
	for (int i = 0; i < 2; i++)
		send(find(inner, "b"), FAIL);
	expect("-b+b-b-a-c+b+c");
	CHECK_OK(troupe_wait_end(ref, LIMIT, NULL));
	fixture_finish(&f);
}

/* ------------------------------------------------------------------------------------------------------- stopping late -- */

static atomic_int stuck;

static troupe_verdict hold_on(troupe_actor *me, const troupe_message *m)
{
	(void)me, (void)m;
	atomic_store(&stuck, 1);
	sleep_ns(50 * TROUPE_MS);
	return TROUPE_HANDLED;
}

/* Killed while a hundred messages are before the stop. */
TEST(supervision, who_does_not_stop_in_time_is_killed)
{
	static const troupe_behaviour slow = { .name = "slow", .receive = hold_on, .terminate = child_terminate,
		                               .state_size = sizeof(struct life) };
	static const troupe_child_spec children[] = {
		{ .name = "s", .behaviour = &slow, .initial = &a, .stop_within_ns = 10 * TROUPE_MS }, { 0 },
	};
	static const troupe_supervisor tree = { .children = children };
	troupe_ref top = start(&tree, 2), ref = find(top, "s");

	for (int i = 0; i < 100; i++)
		send(ref, SAY);
	await_flag(&stuck);
	CHECK_OK(troupe_stop_wait(top, LIMIT));
	CHECK(fixture_letters(&f, SAY, TROUPE_EKILLED) >= 90);
	expect("-a");
	fixture_finish(&f);
}

/* ------------------------------------------------------------------------------------------------------------- storms -- */

enum { STORM_CHILDREN = 20, STORM_ROUNDS = 300 };

static troupe_verdict storm_receive(troupe_actor *me, const troupe_message *m)
{
	return m->kind == FAIL ? troupe_fail(me, TROUPE_EUSER) : TROUPE_HANDLED;
}

static void storm(troupe_strategy strategy)
{
	static const troupe_behaviour behaviour = { .receive = storm_receive };
	const troupe_supervisor tree = { .strategy = strategy, .restarts_max = TROUPE_UNLIMITED, .within_ns = 1 };
	troupe_ref top, refs[STORM_CHILDREN];
	uint32_t random = 12345;

	fixture_start(&f, 3);
	CHECK_OK(troupe_supervise(f.system, NULL, &tree, &top));
	for (int i = 0; i < STORM_CHILDREN; i++)
		CHECK_OK(troupe_add_child(top, &(troupe_child_spec){ .behaviour = &behaviour }, &refs[i]));
	for (int round = 0; round < STORM_ROUNDS; round++) {
		random = random * 1664525 + 1013904223;
		troupe_ref ref = refs[(random >> 16) % STORM_CHILDREN];
		CHECK_OK(troupe_send_bytes(ref, (random >> 8) % 3 == 0 ? FAIL : SAY, NULL, 0));
		if ((random >> 24) % 16 == 0)
			CHECK_OK(troupe_kill(ref));
	}
	fixture_settle(&f);
	for (int i = 0; i < STORM_CHILDREN; i++)
		CHECK(troupe_is_alive(refs[i]));
	CHECK(restarts() > 0);
	fixture_finish(&f);
}

TEST(supervision, storm_one_for_one)
{
	storm(TROUPE_ONE_FOR_ONE);
}

TEST(supervision, storm_one_for_all)
{
	storm(TROUPE_ONE_FOR_ALL);
}

TEST(supervision, storm_rest_for_one)
{
	storm(TROUPE_REST_FOR_ONE);
}
