/* SPDX-License-Identifier: MIT */
/* Promise: messages of one sender to one receiver arrive in the order they were sent; and what follows from a message arrives
 * behind it (A sends to B, then to C; C tells B: B hears of A first), on several workers that steal from each other. */
#include "fixture.h"

enum { NUMBER = 1, START, RELAY, SENDERS = 6, NUMBERS = 3000, CHAINS = 2000, RECEIVERS = 4 };

struct number { uint32_t sender; uint32_t n; };
typedef union numbered {
	troupe_ref ref;
	const void *data;
	const struct number *NUMBER;
	const struct number *START;
	const struct number *RELAY;
} numbered;

/* The next number from each sender. */
struct expected { uint32_t next[SENDERS]; };

static numbered receivers[RECEIVERS];
static atomic_int received;

static troupe_verdict receive_in_order(troupe_actor *me, const troupe_message *m)
{
	struct expected *self = me->state;
	const struct number *number = m->data;

	CHECK_EQ(number->n, self->next[number->sender]);
	self->next[number->sender]++;
	received++;
	return TROUPE_HANDLED;
}

static const troupe_behaviour ordered = {
	.name = "ordered", .receive = receive_in_order, .state_size = sizeof(struct expected), .turn_messages_max = 5
};

static void start_receivers(struct fixture *f)
{
	fixture_start(f, 4);
	for (int i = 0; i < RECEIVERS; i++)
		CHECK_OK(troupe_spawn(f->system, &ordered, NULL, &receivers[i].ref));
}

static void *send_numbers(void *argument)
{
	uint32_t sender = (uint32_t)(uintptr_t)argument;

	for (uint32_t i = 0; i < NUMBERS; i++)
		for (int r = 0; r < RECEIVERS; r++)
			CHECK_OK(troupe_send(receivers[r], NUMBER, .sender = sender, .n = i));
	return NULL;
}

TEST(order, of_plain_threads_is_kept)
{
	struct fixture f;
	pthread_t threads[SENDERS];
	start_receivers(&f);
	for (uintptr_t i = 0; i < SENDERS; i++)
		CHECK_OK(pthread_create(&threads[i], NULL, send_numbers, (void *)i));
	for (int i = 0; i < SENDERS; i++)
		CHECK_OK(pthread_join(threads[i], NULL));
	fixture_finish(&f);
	CHECK_EQ(received, SENDERS * NUMBERS * RECEIVERS);
}

/* Sends a few each time, and itself the order to go on. */
static troupe_verdict send_and_go_on(troupe_actor *me, const troupe_message *m)
{
	const struct number *from = m->data;
	char filler[300] = { 0 };
	uint32_t n = from->n;

	for (; n < NUMBERS && n < from->n + 20; n++)
		for (int r = 0; r < RECEIVERS; r++) {
			struct number number = { from->sender, n };
			memcpy(filler, &number, sizeof number);
			switch (n % 3) { /* small, from, large: one order for all */
			case 0:
				CHECK_OK(troupe_send(receivers[r], NUMBER, .sender = from->sender, .n = n));
				break;
			case 1:
				CHECK_OK(troupe_send_from(me, receivers[r], NUMBER, .sender = from->sender, .n = n));
				break;
			default:
				CHECK_OK(troupe_send_bytes(receivers[r].ref, NUMBER, filler, sizeof filler));
			}
		}
	if (n < NUMBERS)
		CHECK_OK(troupe_send((numbered){ me->ref }, START, .sender = from->sender, .n = n));
	return TROUPE_HANDLED;
}

TEST(order, of_actors_is_kept_for_all_ways_of_sending)
{
	static const troupe_behaviour sending = { .receive = send_and_go_on };
	struct fixture f;
	start_receivers(&f);
	for (uint32_t i = 0; i < SENDERS; i++) {
		numbered sender;
		CHECK_OK(troupe_spawn(f.system, &sending, NULL, &sender.ref));
		CHECK_OK(troupe_send(sender, START, .sender = i, .n = 0));
	}
	fixture_finish(&f);
	CHECK_EQ(received, SENDERS * NUMBERS * RECEIVERS);
}

/* ----------------------------------------------------------------------------------------------------------- causal -- */

/* A tells B its number, then C; C tells B the same number. B must know it from A by then. */
static numbered b, c;

struct known { uint32_t from_a[SENDERS]; };

static troupe_verdict receive_causal(troupe_actor *me, const troupe_message *m)
{
	struct known *self = me->state;
	const struct number *number = m->data;

	if (m->kind == NUMBER)
		self->from_a[number->sender] = number->n;
	else
		CHECK(self->from_a[number->sender] >= number->n);
	received++;
	return TROUPE_HANDLED;
}

static troupe_verdict relay(troupe_actor *me, const troupe_message *m)
{
	const struct number *number = m->data;

	(void)me;
	CHECK_OK(troupe_send(b, RELAY, .sender = number->sender, .n = number->n));
	return TROUPE_HANDLED;
}

static troupe_verdict tell_both(troupe_actor *me, const troupe_message *m)
{
	const struct number *from = m->data;

	CHECK_OK(troupe_send(b, NUMBER, .sender = from->sender, .n = from->n));
	CHECK_OK(troupe_send(c, NUMBER, .sender = from->sender, .n = from->n));
	if (from->n < CHAINS)
		CHECK_OK(troupe_send((numbered){ me->ref }, START, .sender = from->sender, .n = from->n + 1));
	return TROUPE_HANDLED;
}

TEST(order, of_cause_and_effect_is_kept)
{
	static const troupe_behaviour causal = { .receive = receive_causal, .state_size = sizeof(struct known) };
	static const troupe_behaviour relaying = { .receive = relay, .turn_messages_max = 1 };
	static const troupe_behaviour telling = { .receive = tell_both };
	struct fixture f;
	fixture_start(&f, 4);
	CHECK_OK(troupe_spawn(f.system, &causal, NULL, &b.ref));
	CHECK_OK(troupe_spawn(f.system, &relaying, NULL, &c.ref));
	for (uint32_t i = 0; i < SENDERS; i++) {
		numbered a;
		CHECK_OK(troupe_spawn(f.system, &telling, NULL, &a.ref));
		CHECK_OK(troupe_send(a, START, .sender = i, .n = 1));
	}
	fixture_finish(&f);
	CHECK_EQ(received, 2 * SENDERS * CHAINS);
}

/* A thread sends, then tells another thread, which sends: the same across threads. */
static atomic_int handed_over;

static void *second_thread(void *argument)
{
	(void)argument;
	for (int i = 0; i < CHAINS; i++) {
		while (atomic_load(&handed_over) <= i)
			;
		CHECK_OK(troupe_send(receivers[0], NUMBER, .sender = 0, .n = (uint32_t)(2 * i + 1)));
		atomic_store(&handed_over, -(i + 1));
	}
	return NULL;
}

TEST(order, of_threads_that_take_turns_is_kept)
{
	struct fixture f;
	pthread_t thread;
	start_receivers(&f);
	CHECK_OK(pthread_create(&thread, NULL, second_thread, NULL));
	for (int i = 0; i < CHAINS; i++) {
		CHECK_OK(troupe_send(receivers[0], NUMBER, .sender = 0, .n = (uint32_t)(2 * i)));
		atomic_store(&handed_over, i + 1);
		while (atomic_load(&handed_over) != -(i + 1))
			;
	}
	CHECK_OK(pthread_join(thread, NULL));
	fixture_finish(&f);
	CHECK_EQ(received, 2 * CHAINS);
}
