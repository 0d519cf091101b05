/* SPDX-License-Identifier: MIT */
/* Sending by copy: which form a message takes, on the hot path and round it; what is refused is counted once; and questions
 * that cannot be delivered have their outcome. */
#include "actors/ask.h"
#include "actors/flood.h"
#include "mailbox/chunk.h"
#include "stage.h"

enum { GET = 1, ANSWER, SOME = 7 };

static struct stage s, other_stage;
static unsigned char bytes[2048];
static atomic_int handled;

static troupe_verdict count(troupe_actor *me, const troupe_message *m)
{
	if (m->kind == PLAY)
		return player_receive(me, m);
	atomic_fetch_add(&handled, 1);
	return TROUPE_HANDLED;
}

static const troupe_behaviour counter = { .name = "counter", .receive = count };

/* ------------------------------------------------------------------------------------------------------------ forms -- */

static void check_form(const struct envelope *envelope, int32_t kind, uint32_t size)
{
	bool small = kind <= ENVELOPE_SMALL_KIND_MAX && size <= ENVELOPE_SMALL_SIZE_MAX;
	CHECK_EQ(troupei_envelope_is_extended(envelope), !small);
	CHECK_EQ(troupei_envelope_kind(envelope), kind);
	CHECK_EQ(troupei_envelope_size(envelope), size);
	CHECK_EQ(troupei_envelope_sort(envelope), SORT_PLAIN);
	CHECK(size == 0 || memcmp(troupei_envelope_data(envelope), bytes, size) == 0);
	size_t whole = size + (small ? 16 : 32);
	unsigned class = troupei_block_class(whole);
	CHECK_EQ(envelope->flags & ENVELOPE_CLASS, class == BLOCK_CLASSES ? (unsigned)ENVELOPE_ALLOCATED : class);
}

static troupe_verdict send_every_form(troupe_actor *me, void *argument)
{
	const int32_t kinds[] = { 1, 32767, 32768, INT32_MAX };
	const uint32_t sizes[] = { 0, 3, 16, 17, 240, 241, 992, 993, 2000 };
	struct cell *cell = troupei_me_worker(me)->running;
	uint64_t sent = troupei_me_worker(me)->tally.sent;
	(void)argument;
	for (unsigned k = 0; k < 4; k++)
		for (unsigned i = 0; i < 9; i++) {
			CHECK_OK(troupe_send_bytes(me->ref, kinds[k], bytes, sizes[i]));
			check_form(cell->mailbox.head, kinds[k], sizes[i]);
			CHECK_EQ(cell->mailbox.head->generation, cell->generation);
		}
	CHECK_EQ(troupei_me_worker(me)->tally.sent, sent + 36);
	return TROUPE_HANDLED;
}

TEST(send, small_form_where_it_fits)
{
	memset(bytes, 0x5a, sizeof bytes);
	stage_start(&s, 1);
	perform(&s, spawned(&s, &counter), send_every_form, NULL);
	CHECK_EQ(handled, 36);
	stage_finish(&s);
}

static troupe_verdict send_as_sender(troupe_actor *me, void *argument)
{
	const struct envelope *envelope;
	(void)argument;
	CHECK_OK(troupe_send_bytes_from(me, me->ref, GET, NULL, 0));
	envelope = troupei_me_worker(me)->running->mailbox.head;
	CHECK_EQ(troupei_envelope_sort(envelope), SORT_SENDER);
	CHECK_EQ(troupei_envelope_extension(envelope)->word, me->ref.bits_private);
	CHECK_EQ(troupe_send_bytes_from(NULL, me->ref, GET, NULL, 0), TROUPE_EINVAL);
	return TROUPE_HANDLED;
}

TEST(send, with_the_sender)
{
	stage_start(&s, 1);
	perform(&s, spawned(&s, &counter), send_as_sender, NULL);
	CHECK_EQ(handled, 1);
	stage_finish(&s);
}

static troupe_verdict send_wrongly(troupe_actor *me, void *argument)
{
	const int32_t kinds[] = { 0, -1, INT32_MIN };
	(void)argument;
	for (int i = 0; i < 3; i++)
		CHECK_EQ(troupe_send_bytes(me->ref, kinds[i], bytes, 1), TROUPE_EINVAL);
	CHECK_EQ(troupe_send_bytes(me->ref, GET, NULL, 1), TROUPE_EINVAL);
	CHECK_EQ(troupe_send_bytes(me->ref, GET, bytes, (size_t)TROUPE_MESSAGE_SIZE_MAX + 1), TROUPE_EINVAL);
	CHECK_EQ(troupe_send_bytes(me->ref, GET, bytes, SIZE_MAX), TROUPE_EINVAL);
	return TROUPE_HANDLED;
}

static troupe_verdict flood_wrongly(troupe_actor *me, void *argument)
{
	for (int i = 0; i < 1000; i++)
		CHECK_OK(troupe_send_bytes(me->ref, GET, bytes, 8));
	CHECK(troupei_me_worker(me)->flooding);
	return send_wrongly(me, argument);
}

TEST(send, invalid_arguments_on_every_way)
{
	stage_start(&s, 1);
	troupe_ref ref = spawned(&s, &counter);
	perform(&s, ref, send_wrongly, NULL);
	perform(&s, ref, flood_wrongly, NULL);
	CHECK_EQ(troupe_send_bytes(ref, 0, NULL, 0), TROUPE_EINVAL);
	CHECK_EQ(troupe_send_bytes(ref, GET, NULL, 1), TROUPE_EINVAL);
	CHECK_EQ(handled, 1000);
	stage_finish(&s);
	CHECK_EQ(s.ledger.sent, 1002);
}

static troupe_verdict send_without_memory(troupe_actor *me, void *argument)
{
	struct actor_worker *worker = troupei_me_worker(me);
	(void)argument;
	uint64_t sent = worker->tally.sent;
	for (int flooding = 0; flooding < 2; flooding++) {
		troupei_flood_set(worker, flooding);
		allocations_allowed = 0;
		troupei_memory_fail_by(fail_when_used_up);
		CHECK_EQ(troupe_send_bytes(me->ref, GET, bytes, 8), TROUPE_ENOMEM);
		CHECK_EQ(troupe_send_bytes(me->ref, GET, bytes, 2000), TROUPE_ENOMEM);
		CHECK_EQ(troupe_send_bytes_from(me, me->ref, GET, bytes, 8), TROUPE_ENOMEM);
		troupei_memory_fail_by(NULL);
	}
	CHECK_EQ(worker->tally.sent, sent);
	CHECK(worker->running->mailbox.head == (worker->peeked ? worker->current : NULL));
	return TROUPE_HANDLED;
}

TEST(send, without_memory_nothing_is_counted)
{
	use_malloc();
	stage_start(&s, 1);
	perform(&s, spawned(&s, &counter), send_without_memory, NULL);
	stage_finish(&s);
	CHECK_EQ(s.ledger.sent, 1);
}

/* --------------------------------------------------------------------------------------------------------- elsewhere -- */

static struct barrier barrier;
static troupe_ref draining;

static troupe_verdict send_to_closed(troupe_actor *me, void *sent_all)
{
	struct actor_worker *worker = troupei_me_worker(me);
	uint64_t sent = worker->tally.sent, dead = worker->tally.dead;
	for (int flooding = 0; flooding < 2; flooding++) {
		troupei_flood_set(worker, flooding);
		CHECK_EQ(troupe_send_bytes(draining, SOME, bytes, 8), TROUPE_ECLOSED);
		CHECK_EQ(troupe_send_bytes(draining, SOME, bytes, 2000), TROUPE_ECLOSED);
	}
	CHECK_EQ(worker->tally.sent, sent + 4);
	CHECK_EQ(worker->tally.dead, dead + 4);
	atomic_fetch_add((atomic_int *)sent_all, 1);
	return TROUPE_HANDLED;
}

/* An actor that drains lives still, but takes nothing: each refusal is one letter. */
TEST(send, to_a_closed_mailbox)
{
	atomic_int sent = 0;
	stage_start(&s, 2);
	draining = spawned(&s, &drainer_behaviour);
	drain(&barrier, draining);
	CHECK(troupe_is_alive(draining));
	tell(player(&s), send_to_closed, &sent);
	await_count(&sent, 1);
	CHECK_EQ(stage_letters(&s, TROUPE_ECLOSED), 4);
	CHECK_EQ(troupe_send_bytes(draining, SOME, NULL, 0), TROUPE_ECLOSED);
	let_go(&barrier);
	stage_settle(&s);
	CHECK(!troupe_is_alive(draining));
	stage_finish(&s);
	CHECK_EQ(s.ledger.dead, 5);
}

static troupe_verdict send_nothing_often(troupe_actor *me, void *to)
{
	(void)me;
	for (int i = 0; i < 1000; i++)
		CHECK_OK(troupe_send_bytes(*(troupe_ref *)to, SOME, NULL, 0));
	return TROUPE_HANDLED;
}

TEST(send, nothing_on_every_way)
{
	stage_start(&s, 1);
	troupe_ref to = spawned(&s, &counter);
	perform(&s, player(&s), send_nothing_often, &to);
	CHECK_EQ(handled, 1000);
	stage_finish(&s);
}

static troupe_verdict send_abroad(troupe_actor *me, void *argument)
{
	const troupe_ref to = *(troupe_ref *)argument;
	struct actor_worker *worker = troupei_me_worker(me);
	uint64_t sent = worker->tally.sent;
	for (int flooding = 0; flooding < 2; flooding++)
		for (int i = 0; i < 300; i++) {
			troupei_flood_set(worker, flooding);
			CHECK_OK(troupe_send_bytes(to, SOME, bytes, 8));
		}
	CHECK_EQ(worker->tally.sent, sent);
	return TROUPE_HANDLED;
}

/* It is counted there; no chunk of ours goes into another system. */
TEST(send, to_another_system)
{
	stage_start(&s, 1);
	stage_start(&other_stage, 1);
	troupe_ref to = spawned(&other_stage, &counter);
	perform(&s, player(&s), send_abroad, &to);
	stage_settle(&other_stage);
	CHECK_EQ(handled, 600);
	stage_finish(&s);
	stage_finish(&other_stage);
	CHECK_EQ(other_stage.ledger.sent, 600);
}

/* -------------------------------------------------------------------------------------------------------- questions -- */

struct get {
	uint64_t number;
	troupe_ref reply;
};

static troupe_status ask(troupe_ref to, size_t size, size_t offset, troupe_ref address)
{
	return troupe_ask_bytes(to, GET, &(struct get){ .number = 9 }, size, offset, address);
}

TEST(send, questions_need_room_for_their_address)
{
	troupe_future future;
	stage_start(&s, 1);
	troupe_ref to = spawned(&s, &counter);
	CHECK_OK(troupe_future_open(s.system, NULL, &future));
	CHECK_EQ(ask(to, 16, 9, future.ref), TROUPE_EINVAL);
	CHECK_EQ(ask(to, 16, SIZE_MAX, future.ref), TROUPE_EINVAL);
	CHECK_EQ(ask(to, 7, 0, future.ref), TROUPE_EINVAL);
	CHECK_EQ(ask(future.ref, 16, 8, future.ref), TROUPE_EINVAL);
	CHECK_EQ(ask(to, 16, 8, to), TROUPE_ECLOSED);
	CHECK_EQ(ask(to, 16, 8, (troupe_ref){ 0 }), TROUPE_ECLOSED);
	CHECK_EQ(stage_ledger(&s).sent, 0);
	CHECK_OK(ask(to, 16, 8, future.ref)); /* up to the last byte */
	CHECK_EQ(troupe_next(future, ANSWER, NULL, 0), TROUPE_EUNANSWERED);
	CHECK_EQ(ask(to, 16, 8, future.ref), TROUPE_ECLOSED);
	troupe_future_close(future);
	stage_finish(&s);
}

static troupe_verdict ask_nobody(troupe_actor *me, void *argument)
{
	troupe_ref address;
	CHECK_OK(troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .then = count), &address));
	CHECK_OK(ask(*(troupe_ref *)argument, 16, 8, address));
	CHECK(!troupei_ask_is_open(address));
	return TROUPE_HANDLED;
}

/* The outcome comes to the address, and the question is a letter: from a thread, and from an actor. */
TEST(send, questions_to_nobody)
{
	troupe_future future;
	stage_start(&s, 1);
	const troupe_ref nobody[] = { { 0 }, ended_player(&s) };
	troupe_ref asker = player(&s);
	for (int i = 0; i < 2; i++) {
		CHECK_OK(troupe_future_open(s.system, NULL, &future));
		CHECK_OK(ask(nobody[i], 16, 8, future.ref));
		CHECK_EQ(troupe_next(future, ANSWER, NULL, 0), TROUPE_EGONE);
		troupe_future_close(future);
		perform(&s, asker, ask_nobody, (void *)(uintptr_t)&nobody[i]);
		CHECK_EQ(handled, i + 1);
		CHECK_EQ(stage_letters(&s, TROUPE_EGONE), 2 * i + 2);
	}
	stage_finish(&s);
}

static troupe_verdict ask_in_one_line(troupe_actor *me, void *argument)
{
	struct get get = { 0 };
	(void)argument;
	CHECK_EQ(troupe_ask_then_bytes(me, me->ref, GET, &get, 7, 0, count, LIMIT), TROUPE_EINVAL);
	CHECK_EQ(troupe_ask_then_bytes(me, me->ref, GET, &get, 16, 8, count, -1), TROUPE_EINVAL);
	CHECK_EQ(troupei_me_worker(me)->running->extra->asks, 0); /* nothing stays open */
	CHECK_EQ(troupei_timers_count(&troupei_me_worker(me)->base.timers), 0);
	CHECK_OK(troupe_ask_then_bytes(me, me->ref, GET, &get, 16, 8, count, LIMIT));
	CHECK(troupei_me_worker(me)->running->extra->asks != 0);
	return TROUPE_HANDLED;
}

TEST(send, ask_then_leaves_nothing_when_it_fails)
{
	stage_start(&s, 1);
	perform(&s, spawned(&s, &counter), ask_in_one_line, NULL);
	CHECK_EQ(handled, 2); /* the question, and that nobody answered */
	stage_finish(&s);
}

/* It lives, but takes nothing: from an actor near it and from a thread the outcome is the same. */
TEST(send, questions_to_a_closed_mailbox)
{
	troupe_future future;
	stage_start(&s, 2);
	draining = spawned(&s, &drainer_behaviour);
	drain(&barrier, draining);
	CHECK_OK(troupe_future_open(s.system, NULL, &future));
	CHECK_OK(ask(draining, 16, 8, future.ref));
	CHECK_EQ(troupe_next(future, ANSWER, NULL, 0), TROUPE_ECLOSED);
	troupe_future_close(future);
	troupe_ref asker = player(&s);
	tell(asker, ask_nobody, &draining);
	CHECK_OK(troupe_stop_wait(asker, LIMIT));
	CHECK_EQ(stage_letters(&s, TROUPE_ECLOSED), 2);
	let_go(&barrier);
	stage_finish(&s);
	CHECK_EQ(handled, 1); /* the outcome */
}
