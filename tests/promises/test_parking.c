/* SPDX-License-Identifier: MIT */
/* Parked senders: who sends to a full mailbox handles control messages alone until there is room; and nobody waits for ever, however
 * actors send to each other. TROUPE_SEEDS: how many random graphs; `make parking` is 10,000. */
#include "bounded.h"

enum { ROOM = 4, PUSHES = 100 };

static struct fixture f;
static struct notes notes;
static struct barrier barrier;

static const troupe_bounds parking = { .messages_max = ROOM, .overflow = TROUPE_PARK };

struct pusher {
	troupe_ref to;
	atomic_int pushed, timers, answered;
};

static struct pusher pusher;

static troupe_verdict do_push(troupe_actor *me, void *argument)
{
	struct pusher *p = argument;

	(void)me;
	CHECK_OK(troupe_send((noter){ p->to }, NOTE, p->pushed));
	p->pushed++;
	return TROUPE_HANDLED;
}

/* The sender has pushed so many, and is parked. */
static void begin(doer *sender, noter *receiver)
{
	fixture_start(&f, 2);
	*receiver = noter_spawn(&f, &notes, &parking);
	*sender = doer_spawn(&f);
	barrier_raise(&barrier, receiver->ref);
	memset(&pusher, 0, sizeof pusher);
	pusher.to = receiver->ref;
	for (int i = 0; i < PUSHES; i++)
		tell(sender->ref, do_push, &pusher);
	while (counters_of(&f).parked == 0)
		sleep_ns(TROUPE_MS / 4);
	sleep_ns(TROUPE_MS);
	CHECK_EQ(pusher.pushed, ROOM + 1);
}

static void check_all_noted(int count)
{
	CHECK_EQ(notes.count, count);
	for (int i = 0; i < count; i++)
		CHECK_EQ(notes.numbers[i], i);
}

TEST(parking, a_sender_goes_on_when_there_is_room_and_order_holds)
{
	doer sender;
	noter receiver;
	begin(&sender, &receiver);
	barrier_open(&barrier);
	fixture_settle(&f);
	check_all_noted(PUSHES);
	fixture_finish(&f);
	CHECK_EQ(f.letter_count, 0);
}

TEST(parking, plain_threads_are_refused)
{
	doer sender;
	noter receiver;
	begin(&sender, &receiver);
	CHECK_EQ(troupe_send(receiver, NOTE, 0), TROUPE_EFULL);
	barrier_open(&barrier);
	fixture_finish(&f);
}

TEST(parking, the_end_of_the_receiver_frees_its_senders)
{
	doer sender;
	noter receiver;
	begin(&sender, &receiver);
	CHECK_OK(troupe_kill(sender.ref)); /* or its handler would fail: the next send is EGONE */
	CHECK_OK(troupe_kill(receiver.ref));
	barrier_open(&barrier);
	CHECK_OK(troupe_wait_end(sender.ref, LIMIT, NULL));
	CHECK_OK(troupe_wait_end(receiver.ref, LIMIT, NULL));
	fixture_finish(&f);
}

static troupe_verdict do_push_if_alive(troupe_actor *me, void *argument)
{
	struct pusher *p = argument;

	(void)me;
	troupe_ignore(troupe_send((noter){ p->to }, NOTE, 0));
	p->pushed++;
	return TROUPE_HANDLED;
}

TEST(parking, who_is_parked_at_one_that_ends_goes_on)
{
	fixture_start(&f, 2);
	noter receiver = noter_spawn(&f, &notes, &parking);
	doer sender = doer_spawn(&f);
	barrier_raise(&barrier, receiver.ref);
	memset(&pusher, 0, sizeof pusher);
	pusher.to = receiver.ref;
	for (int i = 0; i < PUSHES; i++)
		tell(sender.ref, do_push_if_alive, &pusher);
	while (counters_of(&f).parked == 0)
		sleep_ns(TROUPE_MS / 4);
	CHECK_OK(troupe_kill(receiver.ref));
	barrier_open(&barrier);
	fixture_settle(&f);
	CHECK_EQ(pusher.pushed, PUSHES);
	fixture_finish(&f);
}

TEST(parking, a_parked_actor_can_be_ended)
{
	doer sender;
	noter receiver;
	begin(&sender, &receiver);
	CHECK_OK(troupe_kill(sender.ref));
	CHECK_OK(troupe_wait_end(sender.ref, LIMIT, NULL));
	barrier_open(&barrier);
	fixture_settle(&f);
	check_all_noted(ROOM + 1);
	fixture_finish(&f);
}

TEST(parking, a_stop_is_as_ever_in_the_order_of_the_queue)
{
	doer sender;
	noter receiver;
	begin(&sender, &receiver);
	CHECK_OK(troupe_stop(sender.ref));
	barrier_open(&barrier);
	CHECK_OK(troupe_wait_end(sender.ref, LIMIT, NULL));
	CHECK_EQ(pusher.pushed, PUSHES);
	fixture_settle(&f);
	check_all_noted(PUSHES);
	fixture_finish(&f);
}

static troupe_verdict armed_receive(troupe_actor *me, const troupe_message *m)
{
	if (m->kind == DO)
		return do_task(me, m);
	if (m->kind == NOTE) {
		CHECK_EQ(troupe_send((noter){ pusher.to }, NOTE, 0), TROUPE_EFULL); /* it is parked there */
		pusher.timers++;
	}
	else if (m->kind == ANSWER)
		pusher.answered++;
	else
		pusher.pushed++;
	return TROUPE_HANDLED;
}

static const troupe_behaviour armed = { .name = "armed", .receive = armed_receive };

struct parked {
	noter full, server;
};

static troupe_verdict do_arm_and_park(troupe_actor *me, void *argument)
{
	struct parked *p = argument;

	for (int i = 0; i <= ROOM; i++)
		CHECK_OK(troupe_send(p->full, NOTE, i));
	CHECK_OK(troupe_after(me, 0, NOTE, 0, NULL));
	CHECK_OK(troupe_ask_then(me, p->server, QUERY, NULL, 0, .number = 1));
	CHECK_OK(troupe_send_bytes(me->ref, DO + 1, NULL, 0));
	return TROUPE_HANDLED;
}

TEST(parking, control_messages_are_handled_meanwhile)
{
	static struct notes others;
	static struct parked p;
	troupe_ref ref;
	fixture_start(&f, 2);
	memset(&pusher, 0, sizeof pusher);
	p.full = noter_spawn(&f, &notes, &parking);
	p.server = noter_spawn(&f, &others, NULL);
	barrier_raise(&barrier, p.full.ref);
	pusher.to = p.full.ref;
	CHECK_OK(troupe_spawn(f.system, &armed, NULL, &ref));
	tell(ref, do_arm_and_park, &p);
	await_flag(&pusher.timers);
	await_flag(&pusher.answered);
	CHECK_EQ(pusher.pushed, 0); /* its own user message waits */
	barrier_open(&barrier);
	fixture_settle(&f);
	CHECK_EQ(pusher.pushed, 1);
	fixture_finish(&f);
}

/* ----------------------------------------------------------------------------------------------------------- circles -- */

enum { HOP = 5, ACTORS_MAX = 12, EDGES_MAX = 3, SEEDS = 300 };

struct hop {
	uint32_t lives; /* how many generations of messages follow */
	uint32_t chance;
};

typedef union node {
	troupe_ref ref;
	const void *data;
	const struct hop *HOP;
	const struct query *QUERY;
} node;

struct graph {
	uint32_t actors;
	node nodes[ACTORS_MAX];
	uint32_t targets[ACTORS_MAX][EDGES_MAX];
	atomic_uint sent, handled;
	bool asks;              /* they also await answers of each other */
	atomic_uint asked, answered, deadlocks;
};

static struct graph graph;

static uint32_t random_below(uint32_t *state, uint32_t limit)
{
	*state = *state * 1664525u + 1013904223u;
	return (*state >> 8) % limit;
}

static void hop_to(uint32_t target, uint32_t lives, uint32_t chance)
{
	atomic_fetch_add(&graph.sent, 1);
	CHECK_OK(troupe_send(graph.nodes[target], HOP, .lives = lives, .chance = chance));
}

/* Until it has an answer it handles nothing else. */
static void await_answer(troupe_actor *me, uint32_t target)
{
	troupe_ref address;

	CHECK_OK(troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .hold = true), &address));
	CHECK_OK(troupe_ask(graph.nodes[target], QUERY, address, .number = 1));
	atomic_fetch_add(&graph.asked, 1);
}

static troupe_verdict hop_on(troupe_actor *me, uint32_t self, const troupe_message *m)
{
	node in = { .data = m->data };
	uint32_t chance = in.HOP->chance, count = in.HOP->lives > 0 ? random_below(&chance, 4) : 0;

	for (uint32_t i = 0; i < count; i++)
		hop_to(graph.targets[self][random_below(&chance, EDGES_MAX)], in.HOP->lives - 1, chance + i);
	if (graph.asks && random_below(&chance, 4) == 0)
		await_answer(me, graph.targets[self][random_below(&chance, EDGES_MAX)]);
	atomic_fetch_add(&graph.handled, 1);
	return TROUPE_HANDLED;
}

static troupe_verdict node_receive(troupe_actor *me, const troupe_message *m)
{
	uint32_t self = *(uint32_t *)me->state;

	if (m->kind == HOP)
		return hop_on(me, self, m);
	if (m->kind == QUERY)
		return troupe_done(me, troupe_send(((const struct query *)m->data)->reply, ANSWER, .number = 1));
	CHECK(m->kind == ANSWER || (m->kind == TROUPE_UNANSWERED && m->why == TROUPE_EDEADLOCK));
	graph.deadlocks += m->kind != ANSWER;
	atomic_fetch_add(&graph.answered, 1);
	return TROUPE_HANDLED;
}

static const troupe_behaviour node_behaviour = { .name = "node", .receive = node_receive, .state_size = sizeof(uint32_t) };

static troupe_verdict do_start(troupe_actor *me, void *seed)
{
	uint32_t state = *(uint32_t *)seed;

	(void)me;
	for (uint32_t i = 0; i < 2 * graph.actors; i++)
		hop_to(random_below(&state, graph.actors), 5, state);
	return TROUPE_HANDLED;
}

static void make_graph(uint32_t seed, bool asks)
{
	memset(&graph, 0, sizeof graph);
	graph.asks = asks;
	graph.actors = 1 + random_below(&seed, ACTORS_MAX);
	for (uint32_t i = 0; i < graph.actors; i++) {
		troupe_bounds bounds = { .messages_max = 1 + random_below(&seed, 3), .overflow = TROUPE_PARK };
		for (uint32_t e = 0; e < EDGES_MAX; e++)
			graph.targets[i][e] = random_below(&seed, graph.actors);
		CHECK_OK(troupe_spawn_with(f.system, NULL, &node_behaviour, &i,
		                           TROUPE_OPTIONS(troupe_spawn_options, .bounds = &bounds), &graph.nodes[i].ref));
	}
}

/* All that was sent is handled: a circle of parked actors would be settled, with messages that wait for ever. */
static void run_graph(uint32_t seed, bool asks)
{
	make_graph(seed, asks);
	doer starter = doer_spawn(&f);
	perform(&f, starter.ref, do_start, &seed);
	CHECK_EQ(graph.handled, graph.sent);
	CHECK_EQ(graph.answered, graph.asked);
	for (uint32_t i = 0; i < graph.actors; i++)
		CHECK_OK(troupe_stop(graph.nodes[i].ref));
	CHECK_OK(troupe_stop_wait(starter.ref, LIMIT));
}

static void run_graphs(bool asks)
{
	const char *given = getenv("TROUPE_SEEDS");
	uint32_t seeds = given != NULL ? (uint32_t)strtoul(given, NULL, 10) : SEEDS, deadlocks = 0;

	fixture_start(&f, 2);
	for (uint32_t seed = 1; seed <= seeds; seed++) {
		run_graph(seed * 2654435761u, asks);
		deadlocks += graph.deadlocks;
	}
	troupe_counters counters = counters_of(&f);
	CHECK(counters.parked > 0 && counters.credited > 0);
	if (given != NULL)
		printf("%u graphs: %llu times parked, %llu times given credit instead, %u questions failed by EDEADLOCK\n", seeds,
		       (unsigned long long)counters.parked, (unsigned long long)counters.credited, deadlocks);
	fixture_finish(&f);
	CHECK(asks || f.letter_count == 0);
}

TEST(parking, random_graphs_with_circles_come_to_an_end)
{
	run_graphs(false);
}

TEST(parking, random_graphs_of_parks_and_asks_come_to_an_end)
{
	run_graphs(true);
}

TEST(parking, one_that_sends_to_itself_is_given_credit)
{
	uint32_t seed = 7;
	fixture_start(&f, 1);
	memset(&graph, 0, sizeof graph);
	graph.actors = 1;
	CHECK_OK(troupe_spawn_with(f.system, NULL, &node_behaviour, &(uint32_t){ 0 },
	                           TROUPE_OPTIONS(troupe_spawn_options, .bounds = &parking), &graph.nodes[0].ref));
	doer starter = doer_spawn(&f);
	perform(&f, starter.ref, do_start, &seed);
	CHECK_EQ(graph.handled, graph.sent);
	fixture_finish(&f);
}
