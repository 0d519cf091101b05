/* SPDX-License-Identifier: MIT */
/* Promise: the ledger is exact: each message is handled, a dead letter or handed back; each dead letter is shown, with the reason. */
#include "fixture.h"

enum { NOTE = 1, STRANGE, FAIL, RING, PEERS = 24 };

struct note { int64_t n; };
typedef union noted {
	troupe_ref ref;
	const void *data;
	const struct note *NOTE, *STRANGE, *FAIL, *RING;
} noted;

static const troupe_kind kinds[] = { { NOTE, sizeof(struct note), "NOTE" }, { FAIL, sizeof(struct note), "FAIL" }, { 0 } };

static troupe_verdict receive(troupe_actor *me, const troupe_message *m)
{
	switch (m->kind) {
	case NOTE:
		return TROUPE_HANDLED;
	case FAIL:
		return troupe_fail(me, TROUPE_EUSER);
	default:
		return m->kind == DO ? do_task(me, m) : TROUPE_UNKNOWN;
	}
}

static const troupe_behaviour noting = { .name = "noting", .receive = receive, .kinds = kinds };

static noted spawned(struct fixture *f, const troupe_behaviour *behaviour)
{
	noted n;

	CHECK_OK(troupe_spawn(f->system, behaviour, NULL, &n.ref));
	return n;
}

static void check_letter(const struct letter *letter, troupe_ref to, const char *to_name, int32_t kind,
                         const char *kind_name, troupe_status why)
{
	CHECK(troupe_ref_equal(letter->to, to));
	CHECK_STR_EQ(letter->to_name, to_name);
	CHECK_EQ(letter->kind, kind);
	CHECK_STR_EQ(letter->kind_name, kind_name);
	CHECK_EQ(letter->why, why);
	CHECK_EQ(letter->size, sizeof(struct note));
}

TEST(ledger, shows_each_dead_letter_with_its_reason)
{
	struct fixture f;
	struct barrier barrier;
	fixture_start(&f, 2);
	noted n = spawned(&f, &noting);
	CHECK_OK(troupe_send(n, STRANGE, .n = 1));
	fixture_settle(&f);
	check_letter(&f.letters[0], n.ref, "noting", STRANGE, "", TROUPE_EUNKNOWN);
	CHECK_OK(troupe_send(n, FAIL, .n = 1));
	fixture_settle(&f);
	check_letter(&f.letters[1], n.ref, "noting", FAIL, "FAIL", TROUPE_EFAILED);
	CHECK_EQ(troupe_send(n, NOTE, .n = 1), TROUPE_EGONE);
	check_letter(&f.letters[2], n.ref, "?", NOTE, "", TROUPE_EGONE);
	noted killed = spawned(&f, &noting);
	barrier_raise(&barrier, killed.ref);
	CHECK_OK(troupe_send(killed, NOTE, .n = 1));
	CHECK_OK(troupe_kill(killed.ref));
	barrier_open(&barrier);
	fixture_settle(&f);
	check_letter(&f.letters[3], killed.ref, "noting", NOTE, "NOTE", TROUPE_EKILLED);
	noted stopped = spawned(&f, &noting);
	barrier_raise(&barrier, stopped.ref);
	CHECK_OK(troupe_stop(stopped.ref));
	CHECK_OK(troupe_send(stopped, NOTE, .n = 1));
	barrier_open(&barrier);
	fixture_settle(&f);
	check_letter(&f.letters[4], stopped.ref, "noting", NOTE, "NOTE", TROUPE_EGONE);
	fixture_finish(&f);
	CHECK_EQ(f.ledger.dead, 5);
}

/* The payload may be read in the hook. */
static int64_t sum_of_letters;

static void add_letter(void *context, const troupe_dead_letter *letter)
{
	(void)context;
	sum_of_letters += ((const struct note *)letter->data)->n;
}

TEST(ledger, shows_the_payload_of_a_dead_letter)
{
	troupe_system system;
	noted n;
	troupe_ledger ledger;
	CHECK_OK(troupe_start(TROUPE_OPTIONS(troupe_options, .workers = 1, .dead_letter = add_letter, .ledger = &ledger),
	                      &system));
	CHECK_OK(troupe_spawn(system, &noting, NULL, &n.ref));
	CHECK_OK(troupe_send(n, STRANGE, .n = 1));
	CHECK_OK(troupe_stop_wait(n.ref, LIMIT));
	CHECK_EQ(troupe_send(n, NOTE, .n = 10), TROUPE_EGONE);
	CHECK_OK(troupe_finish(system, LIMIT));
	CHECK_EQ(sum_of_letters, 11);
	CHECK_EQ(ledger.dead, 2);
}

/* A hook may send. */
static noted survivor;
static atomic_int from_hook;

static void send_from_hook(void *context, const troupe_dead_letter *letter)
{
	(void)context;
	if (letter->kind == STRANGE && troupe_send(survivor, NOTE, .n = 1) == TROUPE_OK)
		from_hook++;
}

TEST(ledger, counts_what_a_hook_sends)
{
	troupe_ledger ledger;
	troupe_system system;
	CHECK_OK(troupe_start(TROUPE_OPTIONS(troupe_options, .workers = 2, .dead_letter = send_from_hook, .ledger = &ledger),
	                      &system));
	CHECK_OK(troupe_spawn(system, &noting, NULL, &survivor.ref));
	for (int i = 0; i < 100; i++)
		CHECK_OK(troupe_send(survivor, STRANGE, .n = i));
	CHECK_OK(troupe_settle(system, LIMIT));
	CHECK_OK(troupe_finish(system, LIMIT));
	CHECK_EQ(from_hook, 100);
	CHECK(ledger.handled >= 100); /* Troupe may send some of its own to end the actor */
	CHECK_EQ(ledger.sent, ledger.handled + ledger.dead);
	CHECK_EQ(ledger.dead, 100);
	CHECK_EQ(ledger.returned, 0);
}

TEST(ledger, can_be_read_while_it_runs_and_is_exact_when_settled)
{
	struct fixture f;
	troupe_ledger ledger;
	fixture_start(&f, 2);
	noted n = spawned(&f, &noting);
	for (int i = 0; i < 1000; i++)
		CHECK_OK(troupe_send_bytes(n.ref, i % 4 == 0 ? STRANGE : NOTE, &(struct note){ i }, sizeof(struct note)));
	CHECK_OK(troupe_ledger_read(f.system, &ledger));
	fixture_settle(&f);
	CHECK_OK(troupe_ledger_read(f.system, &ledger));
	CHECK_EQ(ledger.sent, 1000);
	CHECK_EQ(ledger.handled, 750);
	CHECK_EQ(ledger.dead, 250);
	CHECK_EQ(ledger.returned, 0);
	CHECK_EQ(ledger.queued, 0);
	troupe_counters counters;
	CHECK_OK(troupe_counters_read(f.system, &counters));
	CHECK_EQ(counters.dead_letters, 250);
	CHECK_EQ(counters.actors_alive, 1);
	CHECK_EQ(counters.actors_spawned, 1);
	CHECK_EQ(counters.actors_ended, 0);
	CHECK_EQ(counters.workers, 2);
	fixture_finish(&f);
}

/* ------------------------------------------------------------------------------------- the end in the middle of traffic -- */

static noted peers[PEERS];
static atomic_int ring_sent, ring_refused;

static uint32_t draw(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*state >> 33);
}

/* Sends to somebody, in one way or another, for as long as it may; now and then somebody ends. */
static troupe_verdict ring(troupe_actor *me, const troupe_message *m)
{
	uint64_t *dice = me->state;
	noted to = peers[draw(dice) % PEERS];
	uint32_t way = draw(dice) % 64;

	if (m->kind < 0)
		return TROUPE_UNKNOWN;
	if (way == 0)
		return troupe_fail(me, TROUPE_EUSER);
	if (way == 1)
		troupe_exit(me, TROUPE_OK);
	if (way == 2)
		troupe_ignore(troupe_kill(to.ref));
	if (way == 3)
		troupe_ignore(troupe_stop(to.ref));
	if (way == 4)
		return TROUPE_UNKNOWN;
	if (way == 5)
		return TROUPE_DEFERRED;
	if (way == 6)
		troupe_undefer(me);
	if (way == 7)
		troupe_ignore(troupe_forward(me, m, to.ref));
	for (int i = 0; i < 2; i++) {
		troupe_status status = i == 0 ? troupe_send(to, RING, .n = 1) : troupe_send_from(me, to, RING, .n = 1);
		CHECK(status == TROUPE_OK || status == TROUPE_EGONE || status == TROUPE_ECLOSED);
		atomic_fetch_add(status == TROUPE_OK ? &ring_sent : &ring_refused, 1);
		to = peers[draw(dice) % PEERS];
		if (ring_sent > 20000)
			break;
	}
	return TROUPE_HANDLED;
}

#define RINGING(fate) { .name = "ringing", .receive = ring, .state_size = sizeof(uint64_t), .leftovers = (fate) }
static const troupe_behaviour ringing[3] = { RINGING(TROUPE_DEAD_LETTER), RINGING(TROUPE_HAND_BACK), RINGING(TROUPE_DRAIN) };

static void run_traffic(uint64_t seed, bool settle)
{
	struct fixture f;
	fixture_start(&f, 4);
	ring_sent = ring_refused = 0;
	for (int i = 0; i < PEERS; i++) {
		uint64_t dice = seed * 1000 + (uint64_t)i;
		CHECK_OK(troupe_spawn(f.system, &ringing[i % 3], &dice, &peers[i].ref));
	}
	for (int i = 0; i < PEERS; i++)
		troupe_ignore(troupe_send(peers[i], RING, .n = 0));
	if (settle)
		fixture_settle(&f);
	CHECK_OK(troupe_finish(f.system, LIMIT));
	fixture_check_ledger(&f);
}

TEST(ledger, is_exact_when_actors_end_in_the_middle_of_traffic)
{
	for (uint64_t seed = 1; seed <= 30; seed++)
		run_traffic(seed, seed % 2 == 0);
}

/* -------------------------------------------------------------------------------- and when threads go on sending to them -- */

static atomic_int stop_sending;

static void *send_to_peers(void *argument)
{
	uint64_t dice = (uint64_t)(uintptr_t)argument;

	while (stop_sending == 0)
		troupe_ignore(troupe_send(peers[draw(&dice) % PEERS], NOTE, .n = 1));
	return NULL;
}

static void *stop_peers(void *argument)
{
	(void)argument;
	for (int i = 0; i < PEERS; i++) {
		sleep_ns(TROUPE_MS);
		troupe_ignore(i % 2 ? troupe_stop(peers[i].ref) : troupe_kill(peers[i].ref));
	}
	return NULL;
}

TEST(ledger, is_exact_when_threads_send_to_actors_that_end)
{
	struct fixture f;
	pthread_t threads[3];
	fixture_start(&f, 2);
	for (int i = 0; i < PEERS; i++)
		peers[i] = spawned(&f, &noting);
	for (uintptr_t i = 0; i < 2; i++)
		CHECK_OK(pthread_create(&threads[i], NULL, send_to_peers, (void *)(i + 1)));
	CHECK_OK(pthread_create(&threads[2], NULL, stop_peers, NULL));
	CHECK_OK(pthread_join(threads[2], NULL));
	stop_sending = 1;
	CHECK_OK(pthread_join(threads[0], NULL));
	CHECK_OK(pthread_join(threads[1], NULL));
	fixture_finish(&f);
}
