/* SPDX-License-Identifier: MIT */
/* Promise: between two lives of a supervised actor none of its functions runs, whatever comes meanwhile, and what comes is not
 * lost. A back-off of an hour keeps an actor there for as long as the test likes. */
#include "fixture.h"

enum { FAIL = 1, SEND_FROM, LINK_TO, ASK, QUESTION, ANSWER, HOLD, KEPT };

static struct fixture f;
static atomic_int living, misplaced, begun, holding, released, tried_to_stop;
static troupe_ref other;

static troupe_verdict begin(troupe_actor *me)
{
	(void)me;
	atomic_store(&living, 1);
	atomic_fetch_add(&begun, 1);
	return TROUPE_HANDLED;
}

static void end(troupe_actor *me, troupe_status why)
{
	(void)me, (void)why;
	atomic_store(&living, 0);
}

struct question {
	troupe_ref reply;
};

/* One question that nobody knows, and when that is known another one, to the same address. */
static troupe_verdict ask(troupe_actor *me)
{
	troupe_ref address;

	CHECK_OK(troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .answers = 2), &address));
	for (int kind = QUESTION; kind <= QUESTION + 10; kind += 10)
		CHECK_OK(troupe_ask_bytes(other, kind, &(struct question){ { 0 } }, sizeof(struct question), 0, address));
	return TROUPE_HANDLED;
}

static troupe_verdict receive(troupe_actor *me, const troupe_message *m)
{
	if (!atomic_load(&living))
		atomic_fetch_add(&misplaced, 1);
	switch (m->kind) {
	case FAIL:
	case ANSWER: return troupe_fail(me, TROUPE_EUSER);
	case SEND_FROM: return troupe_done(me, troupe_send_bytes_from(me, other, FAIL, NULL, 0));
	case ASK: return ask(me);
	default: return TROUPE_HANDLED;
	}
}

static const troupe_behaviour lives = { .name = "lives", .receive = receive, .init = begin, .terminate = end,
	                                .state_size = 200, .traps = 1 };
static const troupe_child_spec only[] = { { .name = "only", .behaviour = &lives }, { 0 } };
static const troupe_supervisor patient = { .children = only, .restarts_max = TROUPE_UNLIMITED, .within_ns = 3600 * TROUPE_S,
	                                   .back_off_ns = 3600 * TROUPE_S, .back_off_ns_max = 3600 * TROUPE_S };

static troupe_ref start(const troupe_supervisor *tree, const char *name, troupe_ref *top)
{
	troupe_ref child;

	fixture_start(&f, 2);
	CHECK_OK(troupe_supervise(f.system, NULL, tree, top));
	CHECK_OK(troupe_child(*top, name, &child));
	fixture_settle(&f);
	return child;
}

static void nap(int64_t ns)
{
	nanosleep(&(struct timespec){ .tv_nsec = ns }, NULL);
}

static void send(troupe_ref to, int32_t kind)
{
	CHECK_OK(troupe_send_bytes(to, kind, NULL, 0));
}

/* Its first restart is at once, the second waits. */
static void leave_between(troupe_ref child)
{
	for (int i = 0; i < 2; i++) {
		send(child, FAIL);
		fixture_settle(&f);
	}
	CHECK_EQ(atomic_load(&living), 0);
}

static troupe_verdict other_receive(troupe_actor *me, const troupe_message *m)
{
	const struct question *question = m->data;

	if (m->kind == LINK_TO)
		return troupe_done(me, troupe_link(me, *(const troupe_ref *)m->data));
	if (m->kind == QUESTION) /* the other kind is not known */
		return troupe_done(me, troupe_send_bytes(question->reply, ANSWER, NULL, 0));
	if (m->kind == HOLD) {
		atomic_store(&holding, 1);
		while (!atomic_load(&released))
			;
		troupe_exit(me, TROUPE_EUSER);
		return TROUPE_HANDLED;
	}
	return TROUPE_UNKNOWN;
}

static const troupe_behaviour hands_back = { .name = "other", .receive = other_receive, .leftovers = TROUPE_HAND_BACK };

static void spawn_other(void)
{
	CHECK_OK(troupe_spawn(f.system, &hands_back, NULL, &other));
}

TEST(between_lives_for_long, what_is_handed_back_waits)
{
	troupe_ref top, child = start(&patient, "only", &top);

	spawn_other();
	send(other, HOLD);
	while (!atomic_load(&holding))
		;
	send(child, SEND_FROM); /* it lies behind the one that is held */
	for (int i = 0; i < 2; i++)
		send(child, FAIL);
	while (atomic_load(&begun) < 2 || atomic_load(&living))
		;
	atomic_store(&released, 1);
	fixture_settle(&f);
	CHECK_EQ(atomic_load(&misplaced), 0);
	CHECK_OK(troupe_stop_wait(top, LIMIT));
	fixture_finish(&f);
	CHECK_EQ(f.ledger.returned, 1);
}

TEST(between_lives_for_long, the_end_of_who_linked_meanwhile_disturbs_nobody)
{
	troupe_ref top, child = start(&patient, "only", &top);

	leave_between(child);
	spawn_other();
	CHECK_OK(troupe_send_bytes(other, LINK_TO, &child, sizeof child));
	fixture_settle(&f);
	CHECK_OK(troupe_kill(other));
	fixture_settle(&f);
	CHECK_EQ(atomic_load(&misplaced), 0);
	fixture_finish(&f);
}

TEST(between_lives_for_long, nothing_more_comes_of_a_question)
{
	troupe_ref top, child = start(&patient, "only", &top);

	spawn_other();
	send(child, FAIL); /* the next one waits */
	fixture_settle(&f);
	send(child, ASK); /* the last outcome is an answer, on which it fails; that there was one too few is news for nobody */
	fixture_settle(&f);
	CHECK_EQ(atomic_load(&living), 0);
	CHECK_EQ(atomic_load(&misplaced), 0);
	fixture_finish(&f);
}

/* ------------------------------------------------------------------------------------------------------- ends for good -- */

/* Its life ends while it is told to go for good, and to die: terminate waits until both are on their way. */
static void end_late(troupe_actor *me, troupe_status why)
{
	(void)me, (void)why;
	atomic_store(&tried_to_stop, 1);
	while (!atomic_load(&released))
		;
}

static const troupe_behaviour late = { .name = "late", .receive = receive, .init = begin, .terminate = end_late,
	                               .state_size = 200 };

static troupe_ref supervisor;

/* Between the two times that it could be told the supervisor gets something else in its control lane: it must not get lost. */
static void kill_supervisor(void *context, const troupe_dead_letter *letter)
{
	fixture_dead_letter(context, letter);
	if (letter->kind == KEPT)
		CHECK_OK(troupe_kill(supervisor));
}

TEST(between_lives_for_long, a_kill_tells_the_supervisor_nothing_new)
{
	static const troupe_child_spec children[] = { { .name = "late", .behaviour = &late }, { 0 } };
	static const troupe_supervisor tree = { .children = children };
	troupe_options options = fixture_options(&f, 2);
	troupe_ref top, child;

	options.dead_letter = kill_supervisor;
	CHECK_OK(troupe_start(&options, &f.system));
	CHECK_OK(troupe_supervise(f.system, NULL, &tree, &top));
	CHECK_OK(troupe_child(top, "late", &child));
	supervisor = top;
	send(child, FAIL);
	send(child, KEPT);
	while (!atomic_load(&tried_to_stop))
		;
	CHECK_OK(troupe_remove_child(top, child));
	nap(50 * TROUPE_MS); /* the supervisor orders its end; that terminate has to be waited for, it cannot know */
	CHECK_OK(troupe_kill(child));
	spawn_other();
	send(other, HOLD); /* the other worker is busy: the news of this life is not looked at before the kill */
	while (!atomic_load(&holding))
		;
	atomic_store(&released, 1);
	CHECK_OK(troupe_wait_end(child, LIMIT, NULL));
	CHECK_OK(troupe_wait_end(top, LIMIT, NULL));
	fixture_finish(&f);
}

/* -------------------------------------------------------------------------------------------------- supervisors' own -- */

static troupe_verdict begin_slowly(troupe_actor *me)
{
	(void)me;
	atomic_store(&holding, 1);
	while (!atomic_load(&released))
		;
	return TROUPE_HANDLED;
}

static const troupe_behaviour slow = { .name = "slow", .receive = receive, .init = begin_slowly };
static const troupe_supervisor below = { .children = only };

TEST(between_lives_for_long, a_supervisor_begins_nobody_before_it_has_begun)
{
	static const troupe_child_spec children[] = { { .name = "slow", .behaviour = &slow }, { .name = "below", .supervisor = &below },
		                                      { 0 } };
	static const troupe_supervisor tree = { .children = children };
	static const troupe_child_spec more = { .name = "more", .behaviour = &lives };
	troupe_ref top, inner, added;

	fixture_start(&f, 2);
	CHECK_OK(troupe_supervise(f.system, NULL, &tree, &top));
	while (!atomic_load(&holding))
		;
	CHECK_OK(troupe_child(top, "below", &inner));
	CHECK_OK(troupe_add_child(inner, &more, &added));
	nap(20 * TROUPE_MS); /* time to do what it must not */
	CHECK_EQ(atomic_load(&begun), 0);
	atomic_store(&released, 1);
	fixture_settle(&f);
	CHECK_EQ(atomic_load(&begun), 2);
	CHECK_OK(troupe_stop_wait(top, LIMIT));
	fixture_finish(&f);
}

static troupe_verdict never_begin(troupe_actor *me)
{
	return troupe_fail(me, TROUPE_EUSER);
}

TEST(between_lives_for_long, a_supervisor_whose_child_never_begins_can_be_stopped)
{
	static const troupe_behaviour never = { .name = "never", .receive = receive, .init = never_begin };
	static const troupe_child_spec hopeless[] = { { .name = "never", .behaviour = &never }, { 0 } };
	static const troupe_supervisor trying = { .children = hopeless, .restarts_max = TROUPE_UNLIMITED, .within_ns = 1 };
	static const troupe_child_spec children[] = { { .name = "trying", .supervisor = &trying }, { 0 } };
	static const troupe_supervisor tree = { .children = children };
	troupe_ref top;

	fixture_start(&f, 2);
	CHECK_OK(troupe_supervise(f.system, NULL, &tree, &top));
	CHECK_OK(troupe_stop_wait(top, LIMIT));
	fixture_finish(&f);
}

TEST(between_lives_for_long, a_back_off_ends_with_the_supervisor_that_waits)
{
	static const troupe_behaviour plain = { .name = "plain", .receive = receive };
	static const troupe_child_spec children[] = { { .name = "plain", .behaviour = &plain },
		                                      { .name = "patient", .supervisor = &patient }, { 0 } };
	static const troupe_supervisor tree = { .children = children, .strategy = TROUPE_ONE_FOR_ALL };
	troupe_ref top, inner, child, sibling = start(&tree, "plain", &top);

	CHECK_OK(troupe_child(top, "patient", &inner));
	CHECK_OK(troupe_child(inner, "only", &child));
	leave_between(child);
	CHECK_EQ(atomic_load(&begun), 2);
	atomic_store(&living, 1); /* for the sibling, which has the same handler */
	send(sibling, FAIL);
	fixture_settle(&f);
	CHECK_EQ(atomic_load(&begun), 3);
	fixture_finish(&f);
}
