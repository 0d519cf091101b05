/* SPDX-License-Identifier: MIT */
/* Promise: a send never blocks and never fails silently, whether an actor or a plain thread calls it, whatever the size. */
#include "fixture.h"

enum { BYTES = 1, COUNT, FLOOD = 200000 };

typedef union sink { troupe_ref ref; const void *data; const struct { int64_t n; } *COUNT; } sink;

static atomic_int received;
static int64_t sum;

static troupe_verdict receive(troupe_actor *me, const troupe_message *m)
{
	if (m->kind == DO)
		return do_task(me, m);
	const unsigned char *bytes = m->data;
	CHECK(m->kind > 0);
	CHECK_EQ(m->token, 0);
	CHECK_EQ(m->why, TROUPE_OK);
	CHECK(troupe_ref_is_null(m->about));
	CHECK_EQ(m->returned, 0);
	CHECK((m->size == 0) == (m->data == NULL));
	CHECK_EQ((uintptr_t)bytes % 16, 0);
	for (uint32_t i = 0; i < m->size; i++)
		CHECK_EQ(bytes[i], (unsigned char)(i + m->size + (uint32_t)m->kind));
	received++;
	sum += m->size;
	return TROUPE_HANDLED;
}

static const troupe_behaviour checking = { .receive = receive };

/* Every size near a border of the block classes, and every way. */
static const size_t sizes[] = { 0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 47, 48, 49, 111, 112, 113, 239, 240, 241, 255,
	                        256, 480, 481, 992, 993, 1000, 1024, 4096, 100000, 3000000 };
static const int32_t send_kinds[] = { 1, 2, 0x7ffe, 0x7fff, 0x8000, 0x10000, INT32_MAX };
enum { SIZES = sizeof sizes / sizeof *sizes, KINDS = sizeof send_kinds / sizeof *send_kinds };

static unsigned char *filled(size_t size, int32_t kind)
{
	unsigned char *bytes = malloc(size + 1);

	CHECK(bytes != NULL);
	for (size_t i = 0; i < size; i++)
		bytes[i] = (unsigned char)(i + size + (uint32_t)kind);
	return bytes;
}

static void send_all_sizes(troupe_actor *me, troupe_ref to)
{
	for (size_t s = 0; s < SIZES; s++)
		for (size_t k = 0; k < KINDS; k++) {
			unsigned char *bytes = filled(sizes[s], send_kinds[k]);
			const void *data = sizes[s] > 0 ? bytes : NULL;
			CHECK_OK(troupe_send_bytes(to, send_kinds[k], data, sizes[s]));
			if (me != NULL)
				CHECK_OK(troupe_send_bytes_from(me, to, send_kinds[k], data, sizes[s]));
			free(bytes);
			if (sizes[s] > 100000)
				break;
		}
}

static troupe_verdict do_send_all_sizes(troupe_actor *me, void *to)
{
	send_all_sizes(me, *(troupe_ref *)to);
	return TROUPE_HANDLED;
}

TEST(sending, copies_every_size_and_kind)
{
	struct fixture f;
	sink s;
	fixture_start(&f, 2);
	CHECK_OK(troupe_spawn(f.system, &checking, NULL, &s.ref));
	send_all_sizes(NULL, s.ref);
	fixture_settle(&f);
	int from_thread = received;
	doer d = doer_spawn(&f);
	perform(&f, d.ref, do_send_all_sizes, &s.ref);
	CHECK_EQ(received, 3 * from_thread);
	CHECK_EQ(from_thread, (SIZES - 1) * KINDS + 1);
	fixture_finish(&f);
}

/* ------------------------------------------------------------------------------------------------------- never blocks -- */

static troupe_ref flooded;
static atomic_int flood_is_over;

static troupe_verdict do_flood(troupe_actor *me, void *argument)
{
	(void)me, (void)argument;
	for (int i = 0; i < FLOOD; i++)
		CHECK_OK(troupe_send_bytes(flooded, COUNT, NULL, 0));
	flood_is_over++;
	return TROUPE_HANDLED;
}

TEST(sending, to_an_actor_that_does_not_listen_does_not_block)
{
	struct fixture f;
	struct barrier barrier;
	sink s;
	fixture_start(&f, 2);
	CHECK_OK(troupe_spawn(f.system, &checking, NULL, &s.ref));
	flooded = s.ref;
	doer d = doer_spawn(&f);
	barrier_raise(&barrier, s.ref);
	tell(d.ref, do_flood, NULL); /* both return, though nobody takes anything */
	await_flag(&flood_is_over);
	do_flood(NULL, NULL);
	CHECK_EQ(flood_is_over, 2);
	CHECK_EQ(received, 0);
	barrier_open(&barrier);
	fixture_settle(&f);
	CHECK_EQ(received, 2 * FLOOD);
	fixture_finish(&f);
}

/* -------------------------------------------------------------------------------------------------- never silently -- */

static troupe_verdict do_send_wrongly(troupe_actor *me, void *argument)
{
	troupe_ref to = *(troupe_ref *)argument;

	CHECK_EQ(troupe_send_bytes(to, 0, "x", 1), TROUPE_EINVAL);
	CHECK_EQ(troupe_send_bytes(to, -1, "x", 1), TROUPE_EINVAL);
	CHECK_EQ(troupe_send_bytes(to, TROUPE_UNANSWERED, "x", 1), TROUPE_EINVAL);
	CHECK_EQ(troupe_send_bytes(to, INT32_MIN, "x", 1), TROUPE_EINVAL);
	CHECK_EQ(troupe_send_bytes(to, COUNT, NULL, 1), TROUPE_EINVAL);
	CHECK_EQ(troupe_send_bytes(to, COUNT, "x", (size_t)TROUPE_MESSAGE_SIZE_MAX + 1), TROUPE_EINVAL);
	CHECK_EQ(troupe_send_bytes(to, COUNT, "x", SIZE_MAX), TROUPE_EINVAL);
	CHECK_EQ(troupe_send_bytes((troupe_ref){ 0 }, COUNT, "x", 1), TROUPE_EGONE);
	CHECK_EQ(troupe_send_bytes_from(NULL, to, COUNT, "x", 1), TROUPE_EINVAL);
	if (me == NULL)
		return TROUPE_HANDLED;
	CHECK_EQ(troupe_send_bytes_from(me, to, 0, "x", 1), TROUPE_EINVAL);
	CHECK_EQ(troupe_send_bytes_from(me, to, COUNT, NULL, 1), TROUPE_EINVAL);
	CHECK_EQ(troupe_send_bytes_from(me, to, COUNT, "x", SIZE_MAX), TROUPE_EINVAL);
	CHECK_EQ(troupe_send_bytes_from(me, (troupe_ref){ 0 }, COUNT, "x", 1), TROUPE_EGONE);
	return TROUPE_HANDLED;
}

TEST(sending, refuses_what_is_not_allowed_with_a_code)
{
	struct fixture f;
	sink s;
	fixture_start(&f, 1);
	CHECK_OK(troupe_spawn(f.system, &checking, NULL, &s.ref));
	doer d = doer_spawn(&f);
	do_send_wrongly(NULL, &s.ref);
	perform(&f, d.ref, do_send_wrongly, &s.ref);
	CHECK_EQ(received, 0);
	CHECK_EQ(fixture_letters(&f, COUNT, TROUPE_EGONE), 2); /* an actor's; a thread's has no system to be counted in */
	fixture_finish(&f);
}

static troupe_ref sender_seen;

static troupe_verdict see_sender(troupe_actor *me, const troupe_message *m)
{
	(void)me;
	sender_seen = m->sender;
	return TROUPE_HANDLED;
}

static troupe_verdict do_send_from(troupe_actor *me, void *to)
{
	CHECK_OK(troupe_send_bytes_from(me, *(troupe_ref *)to, COUNT, NULL, 0));
	return TROUPE_HANDLED;
}

TEST(sending, from_tells_who_sent_it_and_plain_sending_nobody)
{
	static const troupe_behaviour seeing = { .receive = see_sender };
	struct fixture f;
	sink s;
	fixture_start(&f, 1);
	CHECK_OK(troupe_spawn(f.system, &seeing, NULL, &s.ref));
	doer d = doer_spawn(&f);
	perform(&f, d.ref, do_send_from, &s.ref);
	CHECK(troupe_ref_equal(sender_seen, d.ref));
	CHECK_OK(troupe_send(s, COUNT, .n = 1));
	fixture_settle(&f);
	CHECK(troupe_ref_is_null(sender_seen));
	fixture_finish(&f);
}
