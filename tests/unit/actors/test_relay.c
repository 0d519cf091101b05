/* SPDX-License-Identifier: MIT */
/* What a child asks for is done as if its handler had run here; what makes no sense ends the child, and nothing else. */
#include "actors/remote.h"
#include "stage.h"

static struct stage s;

struct order {
	struct frame frame;
	char bytes[32];
};

/* Sends whatever frame it is told to, and says that it goes on. */
static troupe_verdict speak(troupe_actor *me, const troupe_message *m)
{
	const struct order *order = m->data;
	(void)me;
	if (m->kind == 1)
		troupei_remote_put(&order->frame, order->bytes);
	return TROUPE_HANDLED;
}

static const troupe_behaviour speaking = { .name = "speaking", .receive = speak, .isolation = TROUPE_PROCESS };

static troupe_ref last_seen;
static atomic_int seen;

static troupe_verdict see(troupe_actor *me, const troupe_message *m)
{
	(void)me;
	last_seen = m->sender;
	atomic_fetch_add(&seen, m->kind);
	return TROUPE_HANDLED;
}

static const troupe_behaviour seeing = { .receive = see };

static void say(troupe_ref to, struct frame frame)
{
	struct order order = { .frame = frame };
	CHECK_OK(troupe_send_bytes(to, 1, &order, sizeof order));
}

static void is_nonsense(struct frame frame)
{
	stage_start(&s, 1);
	troupe_ref bystander = player(&s), ref = spawned(&s, &speaking);
	say(ref, frame);
	CHECK_OK(troupe_wait_end(ref, LIMIT, NULL));
	stage_settle(&s);
	CHECK(troupe_is_alive(bystander));
	stage_finish(&s);
	CHECK(stage_logged(&s, "it speaks nonsense"));
}

TEST(relay, an_unknown_frame)
{
	is_nonsense((struct frame){ .op = 999 });
}

TEST(relay, a_frame_that_only_a_parent_sends)
{
	is_nonsense((struct frame){ .op = FRAME_MESSAGE });
}

TEST(relay, a_message_that_nobody_has_sent)
{
	is_nonsense((struct frame){ .op = FRAME_SETTLED, .cookie = 4711 });
}

TEST(relay, a_verdict_that_there_is_not)
{
	is_nonsense((struct frame){ .op = FRAME_SETTLED, .sort = 77, .cookie = 4711 });
}

TEST(relay, a_forward_of_nothing)
{
	is_nonsense((struct frame){ .op = FRAME_FORWARD, .cookie = 4711 });
}

TEST(relay, a_kind_that_is_the_librarys)
{
	is_nonsense((struct frame){ .op = FRAME_SEND, .kind = TROUPE_DOWN });
}

TEST(relay, a_sort_that_is_the_librarys)
{
	is_nonsense((struct frame){ .op = FRAME_SEND, .kind = 1, .sort = SORT_KILL });
}

TEST(relay, a_question_without_room_for_its_address)
{
	is_nonsense((struct frame){ .op = FRAME_ASK, .kind = 1, .size = 4, .word = SLOT_ADDRESS });
}

TEST(relay, a_call_that_there_is_not)
{
	is_nonsense((struct frame){ .op = FRAME_CALL, .sort = 99 });
}

TEST(relay, sends_with_the_childs_name)
{
	stage_start(&s, 1);
	troupe_ref ref = spawned(&s, &speaking), other = spawned(&s, &seeing);
	say(ref, (struct frame){ .op = FRAME_SEND, .kind = 7, .sort = SORT_SENDER, .to = other.bits_private });
	stage_settle(&s);
	CHECK_EQ(seen, 7);
	CHECK(troupe_ref_equal(last_seen, ref));
	say(ref, (struct frame){ .op = FRAME_SEND, .kind = 7, .to = 0x1234567 }); /* to nobody: a dead letter */
	say(ref, (struct frame){ .op = FRAME_FORGET, .word = 12345 });           /* there is no such address */
	say(ref, (struct frame){ .op = FRAME_UNANSWERED, .word = 12345 });
	say(ref, (struct frame){ .op = FRAME_STOP, .to = other.bits_private });
	stage_settle(&s);
	CHECK_EQ(stage_letters(&s, TROUPE_EGONE), 1);
	CHECK(!troupe_is_alive(other));
	CHECK(troupe_is_alive(ref));
	say(ref, (struct frame){ .op = FRAME_KILL, .to = ref.bits_private });
	CHECK_OK(troupe_wait_end(ref, LIMIT, NULL));
	stage_finish(&s);
}

TEST(relay, opens_and_closes_addresses_for_it)
{
	stage_start(&s, 1);
	troupe_ref ref = spawned(&s, &speaking);
	for (uint64_t i = 1; i <= 20; i++)
		say(ref, (struct frame){ .op = FRAME_OPEN, .word = i, .kind = 1, .why = 1 });
	stage_settle(&s);
	CHECK_EQ(cell_of(ref)->extra->courier->address_count, 20);
	for (uint64_t i = 1; i <= 20; i++)
		say(ref, (struct frame){ .op = FRAME_FORGET, .word = i });
	stage_settle(&s);
	CHECK_EQ(cell_of(ref)->extra->courier->address_count, 0);
	CHECK_EQ(cell_of(ref)->extra->asks, 0);
	stage_finish(&s);
}
