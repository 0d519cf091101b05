/* SPDX-License-Identifier: MIT */
/* Promise: an actor handles one message at a time, and what a handler wrote is seen by the next one on whichever thread. */
#include "fixture.h"

enum { BUMP = 1, ACTORS = 8, SENDERS = 4, SENDS = 4000, WORKERS = 4 };

typedef union bumped { troupe_ref ref; const void *data; const troupe_nothing *BUMP; } bumped;

/* Plain fields, on purpose: the sanitizer, and the sums, would show two handlers at once, or one that sees an old state. */
struct state {
	int64_t count, twice, inits;
	const void *address;
	pthread_t thread;
	int64_t thread_changes;
	int64_t large[20];
};

static atomic_int running[ACTORS];
static struct state last[ACTORS];

static int index_of(const struct state *self)
{
	return (int)self->large[0];
}

static troupe_verdict bump(troupe_actor *me, const troupe_message *m)
{
	struct state *self = me->state;
	bool first = self->count == 0;

	(void)m;
	CHECK_EQ(atomic_exchange(&running[index_of(self)], 1), 0);
	CHECK(first || self->address == (void *)self);
	CHECK_EQ(self->twice, 2 * self->count);
	self->address = self;
	if (!first && !pthread_equal(self->thread, pthread_self()))
		self->thread_changes++;
	self->thread = pthread_self();
	self->count++;
	self->twice += 2;
	atomic_store(&running[index_of(self)], 0);
	return TROUPE_HANDLED;
}

static troupe_verdict init(troupe_actor *me)
{
	((struct state *)me->state)->inits++;
	return TROUPE_HANDLED;
}

static void terminate(troupe_actor *me, troupe_status why)
{
	struct state *self = me->state;

	CHECK_EQ(why, TROUPE_OK);
	CHECK_EQ(atomic_exchange(&running[index_of(self)], 1), 0);
	last[index_of(self)] = *self;
}

static const troupe_behaviour bumping = {
	.name = "bumping", .receive = bump, .init = init, .terminate = terminate, .state_size = sizeof(struct state),
	.turn_messages_max = 3 /* so that it moves from worker to worker */
};

static bumped actors[ACTORS];

static void *send_to_all(void *argument)
{
	(void)argument;
	for (int i = 0; i < SENDS; i++)
		CHECK_OK(troupe_send(actors[i % ACTORS], BUMP, 0));
	return NULL;
}

TEST(one_at_a_time, whatever_the_worker_and_whoever_sends)
{
	struct fixture f;
	pthread_t threads[SENDERS];
	fixture_start(&f, WORKERS);
	for (int i = 0; i < ACTORS; i++)
		CHECK_OK(troupe_spawn(f.system, &bumping, &(struct state){ .large[0] = i }, &actors[i].ref));
	for (int i = 0; i < SENDERS; i++)
		CHECK_OK(pthread_create(&threads[i], NULL, send_to_all, NULL));
	for (int i = 0; i < SENDERS; i++)
		CHECK_OK(pthread_join(threads[i], NULL));
	fixture_finish(&f);
	int64_t changes = 0;
	for (int i = 0; i < ACTORS; i++) {
		CHECK_EQ(last[i].count, SENDERS * SENDS / ACTORS);
		CHECK_EQ(last[i].inits, 1);
		changes += last[i].thread_changes;
	}
	CHECK(changes >= 0); /* how often depends on the machine */
}

/* ------------------------------------------------------------------------------------------------------------- sizes -- */

enum { SIZES = 8, CHECKED = 2 };

static const size_t sizes[SIZES] = { 1, 8, 24, 25, 32, 1000, 4096, 100000 };
static atomic_int checked;

static void check_bytes(const unsigned char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		CHECK_EQ(bytes[i], (unsigned char)(i * 7 + size));
}

#define RECEIVE(n)                                                                      \
	static troupe_verdict receive_##n(troupe_actor *me, const troupe_message *m)    \
	{                                                                               \
		(void)m;                                                                \
		CHECK_EQ((uintptr_t)me->state % (sizes[n] >= 32 ? 16 : 8), 0);          \
		check_bytes(me->state, sizes[n]);                                       \
		checked++;                                                              \
		return TROUPE_HANDLED;                                                  \
	}
RECEIVE(0)
RECEIVE(1)
RECEIVE(2)
RECEIVE(3)
RECEIVE(4)
RECEIVE(5)
RECEIVE(6)
RECEIVE(7)
static troupe_receive *const receives[SIZES] = {
	receive_0, receive_1, receive_2, receive_3, receive_4, receive_5, receive_6, receive_7
};

TEST(one_at_a_time, the_state_is_a_copy_of_what_it_starts_with_in_every_size)
{
	static unsigned char initial[100000];
	static troupe_behaviour behaviours[SIZES];
	struct fixture f;
	fixture_start(&f, 2);
	for (int i = 0; i < SIZES; i++) {
		bumped b;
		for (size_t at = 0; at < sizes[i]; at++)
			initial[at] = (unsigned char)(at * 7 + sizes[i]);
		behaviours[i] = (troupe_behaviour){ .receive = receives[i], .state_size = sizes[i] };
		CHECK_OK(troupe_spawn(f.system, &behaviours[i], initial, &b.ref));
		memset(initial, 0, sizes[i]);
		CHECK_OK(troupe_send(b, BUMP, 0));
		CHECK_OK(troupe_send(b, BUMP, 0));
	}
	fixture_settle(&f);
	CHECK_EQ(checked, 2 * SIZES);
	fixture_finish(&f);
}

static troupe_verdict receive_stateless(troupe_actor *me, const troupe_message *m)
{
	(void)m;
	CHECK(me->state == NULL);
	checked++;
	return TROUPE_HANDLED;
}

static troupe_verdict receive_zeros(troupe_actor *me, const troupe_message *m)
{
	static const char zeros[200];
	(void)m;
	CHECK_EQ(memcmp(me->state, zeros, sizeof zeros), 0);
	checked++;
	return TROUPE_HANDLED;
}

TEST(one_at_a_time, the_state_is_zeros_or_nothing_when_it_starts_with_none)
{
	static const troupe_behaviour stateless = { .receive = receive_stateless };
	static const troupe_behaviour zeroed = { .receive = receive_zeros, .state_size = 200 };
	struct fixture f;
	bumped a, b;
	fixture_start(&f, 2);
	CHECK_OK(troupe_spawn(f.system, &stateless, NULL, &a.ref));
	CHECK_OK(troupe_spawn(f.system, &zeroed, NULL, &b.ref));
	CHECK_OK(troupe_send(a, BUMP, 0));
	CHECK_OK(troupe_send(b, BUMP, 0));
	fixture_settle(&f);
	CHECK_EQ(checked, 2);
	fixture_finish(&f);
}
