/* SPDX-License-Identifier: MIT */
/* Between two lives of a supervised actor there is nobody: none of its functions runs, whatever comes; and what a message says to
 * a handler waits for the next life. */
#include "fixture.h"

enum { ASK = 1, ANSWERED, NOTE };

struct ask { troupe_ref reply; };

typedef union asked {
	troupe_ref ref;
	const void *data;
	const struct ask *ASK;
	const troupe_nothing *NOTE;
} asked;

static struct fixture f;
static atomic_int lives, in_life, strays, returned, linked, unanswered, fail_on;

/* Larger than what fits a cell: a sanitizer sees who reads it when it has gone. */
struct mortal {
	uint64_t alive;
	uint64_t room[8];
};

static troupe_verdict begin(troupe_actor *me)
{
	((struct mortal *)me->state)->alive = 1;
	atomic_store(&in_life, 1);
	atomic_fetch_add(&lives, 1);
	return TROUPE_HANDLED;
}

static void end(troupe_actor *me, troupe_status why)
{
	(void)me, (void)why;
	atomic_store(&in_life, 0);
}

static troupe_verdict receive(troupe_actor *me, const troupe_message *m)
{
	const struct mortal *self = me->state;

	if (atomic_load(&in_life) == 0 || self->alive != 1)
		atomic_fetch_add(&strays, 1);
	if (m->kind == TROUPE_RETURNED)
		atomic_fetch_add(&returned, 1);
	if (m->kind == TROUPE_LINKED)
		atomic_fetch_add(&linked, 1);
	if (m->kind == TROUPE_UNANSWERED)
		atomic_fetch_add(&unanswered, 1);
	if (m->kind == atomic_load(&fail_on)) {
		atomic_store(&fail_on, 0);
		return TROUPE_FAILED;
	}
	return m->kind == DO ? do_task(me, m) : TROUPE_HANDLED;
}

static const troupe_behaviour mortal = {
	.name = "mortal", .receive = receive, .init = begin, .terminate = end, .state_size = sizeof(struct mortal), .traps = 1,
};

static const troupe_child_spec children[] = { { .name = "mortal", .behaviour = &mortal }, { 0 } };
static const troupe_supervisor at_once = { .children = children };
static const troupe_supervisor later = { /* the second restart waits */
	.children = children, .restarts_max = 1000, .within_ns = 1000 * TROUPE_S, .back_off_ns = 50 * TROUPE_MS,
};

static troupe_ref start(const troupe_supervisor *tree)
{
	troupe_ref top, ref;

	fixture_start(&f, 2);
	CHECK_OK(troupe_supervise(f.system, NULL, tree, &top));
	CHECK_OK(troupe_child(top, "mortal", &ref));
	fixture_settle(&f);
	return ref;
}

static troupe_verdict fail(troupe_actor *me, void *argument)
{
	(void)me, (void)argument;
	return TROUPE_FAILED;
}

static void await_lives(int count)
{
	for (int64_t waited = 0; atomic_load(&lives) < count; waited += TROUPE_MS) {
		CHECK(waited < LIMIT);
		sleep_ns(TROUPE_MS);
	}
	fixture_settle(&f);
}

/* It has failed twice, and waits for its third life. */
static void rest(troupe_ref ref)
{
	tell(ref, fail, NULL);
	await_lives(2);
	tell(ref, fail, NULL);
	fixture_settle(&f);
	CHECK_EQ(atomic_load(&in_life), 0);
}

/* ------------------------------------------------------------------------------------------------- timers and monitors -- */

static troupe_timer old_timer;
static troupe_monitor_id old_monitor;
static doer watched;

static troupe_verdict arm(troupe_actor *me, void *fails)
{
	CHECK_OK(troupe_after(me, 1000 * TROUPE_S, NOTE, 0, &old_timer));
	CHECK_OK(troupe_monitor(me, watched.ref, 0, &old_monitor));
	return fails != NULL ? TROUPE_FAILED : TROUPE_HANDLED;
}

static troupe_verdict cancel_old(troupe_actor *me, void *argument)
{
	troupe_timer timer = old_timer;
	troupe_monitor_id monitor = old_monitor;

	(void)argument;
	arm(me, NULL); /* at the same places */
	CHECK_EQ(troupe_cancel(me, timer), TROUPE_ENOENT);
	CHECK_EQ(troupe_unmonitor(me, monitor), TROUPE_ENOENT);
	CHECK_OK(troupe_cancel(me, old_timer));
	CHECK_OK(troupe_unmonitor(me, old_monitor));
	return TROUPE_HANDLED;
}

TEST(between_lives, timers_and_monitors_of_the_last_life_are_nobodys)
{
	troupe_ref ref = start(&at_once);

	watched = doer_spawn(&f);
	tell(ref, arm, &lives);
	await_lives(2);
	perform(&f, ref, cancel_old, NULL);
	CHECK_EQ(lives, 2);
	fixture_finish(&f);
}

/* -------------------------------------------------------------------------------------------------------- questions -- */

static troupe_verdict answer(troupe_actor *me, const troupe_message *m)
{
	(void)me;
	return troupe_done(me, troupe_send_bytes(((asked){ .data = m->data }).ASK->reply, ANSWERED, NULL, 0));
}

static const troupe_behaviour answering = { .receive = answer };

static troupe_verdict ask_for_all(troupe_actor *me, void *server)
{
	troupe_ref address;

	CHECK_OK(troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .answers = TROUPE_ANSWERS_ALL), &address));
	CHECK_OK(troupe_ask(*(asked *)server, ASK, address, 0));
	return TROUPE_HANDLED;
}

/* The last answer is the end of its life: the news that it was the last is nobody's. */
TEST(between_lives, the_close_of_an_address_is_not_told)
{
	troupe_ref ref = start(&at_once);
	asked server;

	CHECK_OK(troupe_spawn(f.system, &answering, NULL, &server.ref));
	atomic_store(&fail_on, ANSWERED);
	perform(&f, ref, ask_for_all, &server);
	await_lives(2);
	CHECK_EQ(strays, 0);
	CHECK_EQ(unanswered, 0);
	fixture_finish(&f);
}

/* --------------------------------------------------------------------------------------------------------- handed back -- */

static const troupe_behaviour giving_back = { .receive = doer_receive, .leftovers = TROUPE_HAND_BACK };

static troupe_verdict note_twice(troupe_actor *me, void *to)
{
	for (int i = 0; i < 2; i++)
		CHECK_OK(troupe_send_from(me, *(asked *)to, NOTE, 0));
	return TROUPE_HANDLED;
}

/* Notes that will be handed back when the barrier opens. */
static void send_notes(troupe_ref from, struct barrier *barrier)
{
	asked to;

	CHECK_OK(troupe_spawn(f.system, &giving_back, NULL, &to.ref));
	barrier_raise(barrier, to.ref);
	CHECK_OK(troupe_stop(to.ref));
	atomic_int noted = 0;
	tell(from, note_twice, &to);
	tell(from, do_count, &noted);
	await_flag(&noted);
}

TEST(between_lives, what_is_handed_back_waits_for_the_next_life)
{
	struct barrier barrier;
	troupe_ref ref = start(&at_once);

	send_notes(ref, &barrier);
	atomic_store(&fail_on, TROUPE_RETURNED); /* the first of them */
	barrier_open(&barrier);
	await_lives(2);
	CHECK_EQ(strays, 0);
	CHECK_EQ(returned, 2);
	fixture_finish(&f);
}

TEST(between_lives, what_is_handed_back_meanwhile_waits_too)
{
	struct barrier barrier;
	troupe_ref ref = start(&later);

	tell(ref, fail, NULL);
	await_lives(2);
	send_notes(ref, &barrier);
	CHECK_OK(troupe_kill(ref));
	await_flag(&lives);
	for (int64_t waited = 0; atomic_load(&in_life) != 0 && waited < LIMIT; waited += TROUPE_MS)
		sleep_ns(TROUPE_MS);
	barrier_open(&barrier);
	await_lives(3);
	CHECK_EQ(strays, 0);
	CHECK_EQ(returned, 2);
	fixture_finish(&f);
}

/* --------------------------------------------------------------------------------------------------------------- links -- */

static troupe_verdict link_to(troupe_actor *me, void *other)
{
	return troupe_done(me, troupe_link(me, *(troupe_ref *)other));
}

/* Who has no life cannot share one. */
TEST(between_lives, a_link_that_comes_and_goes_is_not_told)
{
	troupe_ref ref = start(&later);
	doer partner = doer_spawn(&f);

	rest(ref);
	tell(partner.ref, link_to, &ref);
	tell(partner.ref, fail, NULL);
	CHECK_OK(troupe_wait_end(partner.ref, LIMIT, NULL));
	await_lives(3);
	CHECK_EQ(strays, 0);
	CHECK_EQ(linked, 0);
	fixture_finish(&f);
}
