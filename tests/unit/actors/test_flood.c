/* SPDX-License-Identifier: MIT */
/* Floods: they arrive complete and in order, whatever lies in chunks and whoever else sends; and each message of a chunk may
 * be deferred, taken, forwarded, refused, failed on, handed back or left behind like any other. */
#include "actors/flood.h"

#include "stage.h"

enum { FLOOD = 10000, FEW = 300, KINDS = 10000, COLLIDING = FLOOD_ENTRIES + 2 };

static struct stage s;

/* What one sender sends: the number is told by the kind, and by the payload where one is. */
struct flow {
	unsigned sender, count;
	troupe_ref to;
};

static const size_t sizes[] = { 8, 0, 8, 1, 17, 5, 64, 65, 8, 8, 8, 24, 16, 4, 32 };

static int32_t kind_of(unsigned sender, unsigned number)
{
	return (int32_t)(1 + 2 * (number / 24 % KINDS) + sender);
}

static size_t size_of(unsigned number)
{
	return sizes[number / 16 % (sizeof sizes / sizeof *sizes)];
}

static void send_number(const struct flow *flow, unsigned number)
{
	unsigned char bytes[72];
	memset(bytes, (int)(number % 251), sizeof bytes);
	memcpy(bytes, &number, sizeof number);
	CHECK_OK(troupe_send_bytes(flow->to, kind_of(flow->sender, number), bytes, size_of(number)));
}

static troupe_verdict flood(troupe_actor *me, void *argument)
{
	const struct flow *flow = argument;
	(void)me;
	for (unsigned i = 0; i < flow->count; i++)
		send_number(flow, i);
	return TROUPE_HANDLED;
}

static unsigned received[2];

static void check_number(const troupe_message *m, unsigned sender, unsigned number)
{
	const unsigned char *bytes = m->data;
	CHECK_EQ(m->kind, kind_of(sender, number));
	CHECK_EQ(m->size, size_of(number));
	CHECK((bytes == NULL) == (m->size == 0));
	if (m->size == 0)
		return;
	size_t aligned = m->size & -m->size;
	CHECK(memcmp(bytes, &number, m->size < sizeof number ? m->size : sizeof number) == 0);
	CHECK_EQ((uintptr_t)bytes % (aligned < 16 ? aligned : 16), 0);
	for (unsigned i = sizeof number; i < m->size; i++)
		CHECK_EQ(bytes[i], number % 251);
}

static troupe_verdict receive_flood(troupe_actor *me, const troupe_message *m)
{
	unsigned sender = (unsigned)(m->kind - 1) % 2;
	(void)me;
	check_number(m, sender, received[sender]++);
	return TROUPE_HANDLED;
}

static const troupe_behaviour receiver = { .name = "receiver", .receive = receive_flood };

TEST(flood, of_one_handler_arrives_complete_and_in_order)
{
	stage_start(&s, 1);
	struct flow flow = { .count = FLOOD, .to = spawned(&s, &receiver) };
	perform(&s, player(&s), flood, &flow);
	CHECK_EQ(received[0], FLOOD);
	stage_finish(&s);
	CHECK_EQ(s.ledger.handled, FLOOD + 1);
}

TEST(flood, of_two_senders_keeps_the_order_of_each)
{
	stage_start(&s, 3);
	troupe_ref to = spawned(&s, &receiver);
	struct flow flows[] = { { 0, FLOOD, to }, { 1, FLOOD, to } };
	for (int round = 0; round < 3; round++) {
		received[0] = received[1] = 0;
		tell(player(&s), flood, &flows[0]);
		perform(&s, player(&s), flood, &flows[1]);
		CHECK_EQ(received[0], FLOOD);
		CHECK_EQ(received[1], FLOOD);
	}
	stage_finish(&s);
}

/* ----------------------------------------------------------------------------------------------------------- inside -- */

static struct envelope *head_of(troupe_ref ref)
{
	return troupei_load_relaxed_ptr(&cell_of(ref)->mailbox.head);
}

static troupe_verdict look_while_flooding(troupe_actor *me, void *argument)
{
	const troupe_ref to = *(troupe_ref *)argument;
	struct actor_worker *worker = troupei_me_worker(me);
	const struct flood_entry *entry = troupei_flood_entry(worker, cell_of(to));
	for (unsigned i = 0; i < FEW; i++)
		CHECK_OK(troupe_send_bytes(to, 1, &(uint64_t){ i }, 8));
	CHECK(worker->flooding);
	CHECK(entry->cell == cell_of(to) && entry->chunk != NULL && entry->last == &entry->chunk->envelope);
	CHECK(head_of(to) == &entry->chunk->envelope);
	CHECK(entry->class > CHUNK_CLASS_FIRST); /* those before were full */
	uint32_t before = troupei_load_relaxed_32(&entry->chunk->state);
	CHECK_OK(troupe_send_bytes(to, 1, "seventeen bytes.", 17)); /* too large: in a block, and the chunk is left */
	CHECK(!troupei_envelope_is_chunk(head_of(to)));
	CHECK_EQ(troupei_load_relaxed_32(&((struct chunk *)head_of(to)->next)->state) & CHUNK_COUNT, before);
	CHECK(entry->chunk == NULL);
	return TROUPE_HANDLED;
}

static troupe_verdict count_handled(troupe_actor *me, const troupe_message *m)
{
	(void)me, (void)m;
	received[0]++;
	return TROUPE_HANDLED;
}

static const troupe_behaviour counter = { .name = "counter", .receive = count_handled };

TEST(flood, goes_to_chunks)
{
	stage_start(&s, 1);
	troupe_ref to = spawned(&s, &counter);
	perform(&s, player(&s), look_while_flooding, &to);
	CHECK_EQ(received[0], FEW + 1);
	stage_finish(&s);
}

/* F5 in worker.h: what was flooded goes on before others, if it only takes. */
static unsigned drained, drained_when_other_ran;
static troupe_ref other;

static troupe_verdict take_all(troupe_actor *me, const troupe_message *m)
{
	struct worker *worker = &troupei_me_worker(me)->base;
	if (drained++ == 0) {
		CHECK(worker->drain_left > 0);
		worker->drain_left = UINT64_MAX; /* however slow this machine is */
	}
	if (m->kind == 2 && drained == 10)
		CHECK_OK(troupe_send_bytes(other, 1, NULL, 0));
	return TROUPE_HANDLED;
}

static const troupe_behaviour taking = { .receive = take_all };

static troupe_verdict note_taken(troupe_actor *me, const troupe_message *m)
{
	(void)me, (void)m;
	if (drained_when_other_ran == 0)
		drained_when_other_ran = drained;
	return TROUPE_HANDLED;
}

static const troupe_behaviour noting = { .receive = note_taken };

static int32_t flood_kind;

static troupe_verdict wake_other_and_flood(troupe_actor *me, void *to)
{
	(void)me;
	CHECK_OK(troupe_send_bytes(other, 1, NULL, 0));
	for (unsigned i = 0; i < FEW; i++)
		CHECK_OK(troupe_send_bytes(*(troupe_ref *)to, flood_kind, NULL, 0));
	return TROUPE_HANDLED;
}

static void drain_beside_another(int32_t kind)
{
	stage_start_timeless(&s, 1);
	troupe_ref to = spawned(&s, &taking);
	other = spawned(&s, &noting);
	flood_kind = kind;
	perform(&s, player(&s), wake_other_and_flood, &to);
	CHECK_EQ(drained, FEW);
	stage_finish(&s);
}

TEST(flood, is_drained_by_who_only_takes)
{
	drain_beside_another(1);
	CHECK_EQ(drained_when_other_ran, FEW);
}

TEST(flood, is_not_drained_by_who_sends)
{
	drain_beside_another(2);
	CHECK_EQ(drained_when_other_ran, 64); /* a turn */
}

static struct barrier middle;

static troupe_verdict flood_with_a_break(troupe_actor *me, void *argument)
{
	struct flow *flow = argument;
	for (unsigned i = 0; i < FEW; i++)
		send_number(flow, i);
	play_wait(me, &middle);
	for (unsigned i = FEW; i < 2 * FEW; i++)
		send_number(flow, i);
	return TROUPE_HANDLED;
}

static unsigned at_break;

static troupe_verdict receive_around_the_break(troupe_actor *me, const troupe_message *m)
{
	if (m->kind != kind_of(1, 0))
		return receive_flood(me, m);
	at_break = received[0];
	return TROUPE_HANDLED;
}

static const troupe_behaviour between = { .receive = receive_around_the_break };

/* K2: what another sender pushed is not overtaken by what is appended later. */
TEST(flood, others_are_not_overtaken)
{
	stage_start(&s, 1);
	struct flow flow = { .to = spawned(&s, &between) };
	tell(player(&s), flood_with_a_break, &flow);
	await_count(&middle.reached, 1);
	CHECK_OK(troupe_send_bytes(flow.to, kind_of(1, 0), NULL, 0));
	let_go(&middle);
	stage_settle(&s);
	CHECK_EQ(at_break, FEW);
	CHECK_EQ(received[0], 2 * FEW);
	stage_finish(&s);
}

static unsigned last_seen[COLLIDING];

static troupe_verdict see_in_order(troupe_actor *me, const troupe_message *m)
{
	unsigned *last = &last_seen[*(unsigned *)me->state];
	CHECK_EQ(*(const uint64_t *)m->data, *last);
	++*last;
	return TROUPE_HANDLED;
}

static const troupe_behaviour collider = { .receive = see_in_order, .state_size = sizeof(unsigned) };

static troupe_verdict flood_all(troupe_actor *me, void *argument)
{
	const troupe_ref *to = argument;
	(void)me;
	for (uint64_t i = 0; i < FEW; i += 10)
		for (unsigned k = 0; k < COLLIDING; k++)
			for (uint64_t n = i; n < i + 10; n++)
				CHECK_OK(troupe_send_bytes(to[k], 1, &n, sizeof n));
	return TROUPE_HANDLED;
}

/* More receivers than the worker remembers. */
TEST(flood, of_more_than_can_be_remembered)
{
	static troupe_ref to[COLLIDING];
	stage_start(&s, 1);
	for (unsigned i = 0; i < COLLIDING; i++)
		CHECK_OK(troupe_spawn(s.system, &collider, &i, &to[i]));
	perform(&s, player(&s), flood_all, to);
	for (unsigned i = 0; i < COLLIDING; i++)
		CHECK_EQ(last_seen[i], FEW);
	stage_finish(&s);
}

/* --------------------------------------------------------------------------------------------------------- verdicts -- */

enum { END = 20000, NUMBER = 1, FORWARDED };

static troupe_ref next_actor;
static unsigned again, forwarded;
static void *taken[FEW];

static uint64_t number_in(const troupe_message *m)
{
	return *(const uint64_t *)m->data;
}

static troupe_verdict receive_again(troupe_actor *me, const troupe_message *m)
{
	(void)me;
	CHECK_EQ(number_in(m) % 5, 1);
	CHECK_EQ(number_in(m), 1 + 5 * again++);
	return TROUPE_HANDLED;
}

static troupe_verdict receive_forwarded(troupe_actor *me, const troupe_message *m)
{
	(void)me;
	CHECK_EQ(number_in(m), 3 + 5 * forwarded++);
	return TROUPE_HANDLED;
}

static troupe_verdict each_its_own(troupe_actor *me, const troupe_message *m)
{
	if (m->kind == END)
		return troupe_done(me, troupe_become(me, receive_again));
	CHECK_EQ(m->kind, NUMBER);
	switch (number_in(m) % 5) {
	case 1:
		return TROUPE_DEFERRED;
	case 2:
		CHECK((taken[number_in(m)] = troupe_take(me, m)) != NULL);
		CHECK(troupe_take(me, m) == NULL);
		return TROUPE_HANDLED;
	case 3:
		CHECK_OK(troupe_forward(me, m, next_actor));
		CHECK_EQ(troupe_forward(me, m, next_actor), TROUPE_EINVAL);
		return TROUPE_HANDLED;
	case 4:
		CHECK_EQ(troupe_forward(me, m, (troupe_ref){ 0 }), TROUPE_EGONE);
		return TROUPE_UNKNOWN;
	default:
		return TROUPE_HANDLED;
	}
}

static const troupe_behaviour fickle = { .name = "fickle", .receive = each_its_own };
static const troupe_behaviour follower = { .receive = receive_forwarded };

static troupe_verdict send_numbers(troupe_actor *me, void *to)
{
	(void)me;
	for (uint64_t i = 0; i < FEW; i++)
		CHECK_OK(troupe_send_bytes(*(troupe_ref *)to, NUMBER, &i, sizeof i));
	return TROUPE_HANDLED;
}

TEST(flood, every_verdict)
{
	stage_start(&s, 1);
	troupe_ref to = spawned(&s, &fickle);
	next_actor = spawned(&s, &follower);
	perform(&s, player(&s), send_numbers, &to);
	CHECK_EQ(stage_ledger(&s).queued, FEW / 5); /* deferred ones */
	CHECK_OK(troupe_send_bytes(to, END, NULL, 0));
	stage_settle(&s);
	CHECK_EQ(again, FEW / 5);
	CHECK_EQ(forwarded, FEW / 5);
	CHECK_EQ(stage_letters(&s, TROUPE_EUNKNOWN), FEW / 5);
	for (uint64_t i = 2; i < FEW; i += 5) {
		CHECK_EQ(*(uint64_t *)taken[i], i);
		CHECK_EQ(s.letters[i / 5].number, i + 2);
		troupe_free(taken[i]);
	}
	stage_finish(&s);
}

static uint64_t fails_at;

static troupe_verdict fail_at(troupe_actor *me, const troupe_message *m)
{
	received[0]++;
	return number_in(m) == fails_at ? troupe_fail(me, TROUPE_EUSER) : TROUPE_HANDLED;
}

static const troupe_behaviour failing = { .name = "failing", .receive = fail_at };

/* At its first message, somewhere in a chunk, and at the very last one. */
TEST(flood, failing_leaves_the_rest)
{
	const uint64_t numbers[] = { 0, 200, FEW - 1 };
	stage_start(&s, 1);
	for (unsigned i = 0; i < 3; i++) {
		troupe_ref to = spawned(&s, &failing);
		fails_at = numbers[i];
		s.letter_count = received[0] = 0;
		perform(&s, player(&s), send_numbers, &to);
		CHECK(!troupe_is_alive(to));
		CHECK_EQ(received[0], fails_at + 1);
		CHECK_EQ(s.letter_count, FEW - fails_at);
		for (uint64_t n = fails_at; n < FEW; n++) {
			CHECK_EQ(s.letters[n - fails_at].number, n);
			CHECK_EQ(s.letters[n - fails_at].why, n == fails_at ? TROUPE_EFAILED : TROUPE_EGONE);
		}
	}
	CHECK_OK(troupe_finish(s.system, LIMIT));
}

/* ---------------------------------------------------------------------------------------------------------- the end -- */

static uint64_t returned;

static troupe_verdict get_back(troupe_actor *me, const troupe_message *m)
{
	if (m->kind != TROUPE_RETURNED)
		return player_receive(me, m);
	CHECK_EQ(m->returned, NUMBER);
	CHECK_EQ(number_in(m), 1 + returned++);
	return TROUPE_HANDLED;
}

static troupe_verdict leave_at_once(troupe_actor *me, const troupe_message *m)
{
	(void)m;
	troupe_exit(me, TROUPE_OK);
	return TROUPE_HANDLED;
}

static const troupe_behaviour parent = { .name = "parent", .receive = get_back };
static const troupe_behaviour leaver = { .receive = leave_at_once, .leftovers = TROUPE_HAND_BACK };

static troupe_verdict flood_a_child(troupe_actor *me, void *behaviour)
{
	troupe_ref child;
	CHECK_OK(troupe_spawn_child(me, behaviour, NULL, &child));
	return send_numbers(me, &child);
}

TEST(flood, handed_back_in_order)
{
	stage_start(&s, 1);
	perform(&s, spawned(&s, &parent), flood_a_child, (void *)(uintptr_t)&leaver);
	CHECK_EQ(returned, FEW - 1);
	stage_finish(&s);
	CHECK_EQ(s.ledger.returned, FEW - 1);
}

static troupe_verdict flood_and_kill(troupe_actor *me, void *to)
{
	send_numbers(me, to);
	CHECK_OK(troupe_kill(*(troupe_ref *)to));
	return TROUPE_HANDLED;
}

/* The writer has its chunk still when the owner is done with it; and when the system ends. */
TEST(flood, killed_under_it)
{
	stage_start(&s, 1);
	troupe_ref to = spawned(&s, &failing);
	perform(&s, player(&s), flood_and_kill, &to);
	CHECK_EQ(received[0], 0);
	CHECK_EQ(stage_letters(&s, TROUPE_EKILLED), FEW);
	for (unsigned i = 0; i < FEW; i++)
		CHECK_EQ(s.letters[i].number, i);
	stage_finish(&s);
}
