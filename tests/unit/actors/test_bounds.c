/* SPDX-License-Identifier: MIT */
/* The queue of a bounded mailbox: its token, its mark, its end; and delays, in made-up time. */
#include "actors/bounds.h"

#include "stage.h"

enum { NOTE = 1, MANY = 64, STEP = 40 };

static struct stage s;
static atomic_int count;
static int noted[MANY];

static troupe_verdict note(troupe_actor *me, const troupe_message *m)
{
	if (m->kind == PLAY)
		return player_receive(me, m);
	noted[count] = *(const int *)m->data;
	count++;
	return TROUPE_HANDLED;
}

static const troupe_bounds two = { .messages_max = 2 };
static const troupe_behaviour noter = { .name = "noter", .receive = note, .bounds = &two };

static troupe_status send_note(troupe_ref to, int number)
{
	return troupe_send_bytes(to, NOTE, &number, sizeof number);
}

static struct bounds *bounds_of(troupe_ref ref)
{
	return cell_of(ref)->extra->bounds;
}

TEST(bounds, mark_the_cell_for_life_and_no_longer)
{
	stage_start(&s, 1);
	troupe_ref ref = spawned(&s, &noter);
	struct cell *cell = cell_of(ref);
	CHECK(troupei_cell_is_marked(cell));
	CHECK_EQ(troupei_cell_system(cell), s.system.private_->id);
	CHECK(troupei_cell_lane(cell) != s.system.private_->id);
	CHECK_OK(troupe_stop_wait(ref, LIMIT));
	stage_settle(&s);
	CHECK(!troupei_cell_is_marked(cell));
	CHECK(!troupei_cell_is_marked(cell_of(player(&s))));
	stage_finish(&s);
}

TEST(bounds, one_token_stands_for_all)
{
	struct barrier barrier;
	stage_start(&s, 1);
	troupe_ref ref = spawned(&s, &noter);
	hold(&barrier, ref);
	CHECK(!bounds_of(ref)->token_out);
	CHECK_OK(send_note(ref, 0));
	CHECK(bounds_of(ref)->token_out);
	CHECK(troupei_load_acquire_ptr(&cell_of(ref)->mailbox.head) == &bounds_of(ref)->token);
	CHECK_OK(send_note(ref, 1));
	CHECK(troupei_load_acquire_ptr(&cell_of(ref)->mailbox.head) == &bounds_of(ref)->token);
	CHECK_EQ(bounds_of(ref)->count, 2);
	CHECK(bounds_of(ref)->bytes >= 2 * BLOCK_SIZE_SMALLEST);
	let_go(&barrier);
	stage_settle(&s);
	CHECK(!bounds_of(ref)->token_out);
	CHECK_EQ(bounds_of(ref)->count, 0);
	CHECK_EQ(bounds_of(ref)->bytes, 0);
	CHECK_EQ(count, 2);
	stage_finish(&s);
}

TEST(bounds, nothing_reaches_a_successor_or_one_that_ends)
{
	int number = 1;
	struct barrier barrier;
	stage_start(&s, 2);
	troupe_ref ref = spawned(&s, &noter);
	struct cell *cell = cell_of(ref);
	struct envelope *envelope = troupei_envelope_new(SORT_PLAIN, 0, NOTE, sizeof number, 0);
	uint32_t generation = troupei_ref_generation(ref);
	CHECK_EQ(troupei_bounds_post(s.system.private_, NULL, cell, generation - 2, envelope), TROUPE_ECLOSED);
	hold(&barrier, ref);
	CHECK_OK(send_note(ref, 0));
	bounds_of(ref)->closed = true;
	CHECK_EQ(troupei_bounds_post(s.system.private_, NULL, cell, generation, envelope), TROUPE_ECLOSED);
	bounds_of(ref)->closed = false;
	let_go(&barrier);
	troupei_envelope_free(envelope);
	CHECK_OK(troupe_stop_wait(ref, LIMIT));
	CHECK_EQ(send_note(ref, 1), TROUPE_EGONE);
	stage_finish(&s);
	CHECK_EQ(count, 1);
}

TEST(bounds, who_drains_takes_no_more)
{
	static const troupe_behaviour bounded_drainer = { .name = "drainer", .receive = drainer_receive,
		                                          .leftovers = TROUPE_DRAIN, .bounds = &two };
	struct barrier barrier;
	stage_start(&s, 1);
	troupe_ref ref = spawned(&s, &bounded_drainer);
	drain(&barrier, ref);
	CHECK_EQ(send_note(ref, 0), TROUPE_ECLOSED);
	let_go(&barrier);
	stage_finish(&s);
	CHECK_EQ(stage_letters(&s, TROUPE_ECLOSED), 1);
}

TEST(bounds, without_memory_for_the_queue_nothing_is_counted)
{
	struct barrier barrier;
	use_malloc();
	stage_start(&s, 1);
	troupe_ref ref = spawned(&s, &noter);
	hold(&barrier, ref);
	uint64_t sent = stage_ledger(&s).sent;
	troupei_deque_free(&bounds_of(ref)->queue); /* as before its first message */
	allocations_allowed = 1;                     /* the message's */
	troupei_memory_fail_by(fail_when_used_up);
	CHECK_EQ(send_note(ref, 0), TROUPE_ENOMEM);
	troupei_memory_fail_by(NULL);
	CHECK_EQ(stage_ledger(&s).sent, sent);
	CHECK_EQ(bounds_of(ref)->count, 0);
	let_go(&barrier);
	stage_finish(&s);
	CHECK_EQ(count, 0);
}

TEST(bounds, who_are_not_limits)
{
	CHECK(troupei_bounds_are_valid(NULL));
	CHECK(troupei_bounds_are_valid(&two));
	CHECK(!troupei_bounds_are_valid(&(troupe_bounds){ .messages_max = 0 }));
	CHECK(!troupei_bounds_are_valid(&(troupe_bounds){ .bytes_max = 1, .overflow = TROUPE_PARK }));
	CHECK(!troupei_bounds_are_valid(&(troupe_bounds){ .delay_ns_max = 10, .delay_interval_ns = 9 }));
	CHECK(troupei_bounds_are_valid(&(troupe_bounds){ .delay_ns_max = 10, .delay_interval_ns = 10 }));
}

/* ------------------------------------------------------------------------------------------------------------ delay -- */

static _Atomic(int64_t) now = 1000;

static int64_t now_ns(void *context)
{
	(void)context;
	return now;
}

static bool comes_back, stops; /* each of the first six sends another; after the sixth it is stopped */

static troupe_verdict take_time(troupe_actor *me, const troupe_message *m)
{
	if (m->kind == PLAY)
		return player_receive(me, m);
	int number = *(const int *)m->data;
	note(me, m);
	now += STEP;
	if (comes_back && number < 6)
		CHECK_OK(send_note(me->ref, number + 100));
	return stops && number == 5 ? troupe_done(me, troupe_stop(me->ref)) : TROUPE_HANDLED;
}

static troupe_ref slow_one(const troupe_bounds *bounds)
{
	static const troupe_behaviour slow = { .name = "slow", .receive = take_time };
	struct environment environment = { .now_ns = now_ns, .seed = 1 };
	troupe_options options = stage_options(&s, 1);
	troupe_ref ref;

	CHECK_OK(troupei_system_start(&options, &environment, &s.system));
	CHECK_OK(troupe_spawn_with(s.system, NULL, &slow, NULL, TROUPE_OPTIONS(troupe_spawn_options, .bounds = bounds), &ref));
	return ref;
}

static void check_noted(troupe_ref ref, const int *numbers, int expected)
{
	struct barrier barrier;

	hold(&barrier, ref);
	for (int i = 0; i < 10; i++)
		CHECK_OK(send_note(ref, i));
	let_go(&barrier);
	stage_settle(&s);
	CHECK_EQ(count, expected);
	for (int i = 0; i < expected; i++)
		CHECK_EQ(noted[i], numbers[i]);
}

TEST(bounds, a_queue_that_stands_is_thinned_out)
{
	/* They wait 0, 40, 80 ... The second is above the target, at 40: it stands from 190 on, when the seventh comes, at 200
	 * (the sixth has waited 200 when it is its turn): what has waited for so long goes, but for the last one. */
	troupe_ref ref = slow_one(&(troupe_bounds){ .delay_ns_max = 10, .delay_interval_ns = 150 });
	check_noted(ref, (int[]){ 0, 1, 2, 3, 4, 9 }, 6);
	CHECK_EQ(stage_letters(&s, TROUPE_ETIMEOUT), 4);
	stage_finish(&s);
}

TEST(bounds, the_newest_come_first_while_it_stands)
{
	comes_back = true;
	troupe_ref ref = slow_one(&(troupe_bounds){ .delay_ns_max = 100, .delay_interval_ns = 100, .newest_first = 1 });
	check_noted(ref, (int[]){ 0, 1, 2, 3, 4, 5, 105, 104, 103 }, 9);
	CHECK_EQ(stage_letters(&s, TROUPE_ETIMEOUT), 7); /* 6 to 9, 100, 101, 102 */
	stage_finish(&s);
}

TEST(bounds, an_order_to_stop_comes_last_even_where_the_newest_come_first)
{
	comes_back = stops = true;
	troupe_ref ref = slow_one(&(troupe_bounds){ .delay_ns_max = 100, .delay_interval_ns = 100, .newest_first = 1 });
	check_noted(ref, (int[]){ 0, 1, 2, 3, 4, 5, 101, 102, 103, 105 }, 10);
	CHECK_EQ(stage_letters(&s, TROUPE_ETIMEOUT), 6);
	CHECK(!troupe_is_alive(ref));
	stage_finish(&s);
}

TEST(bounds, whose_oldest_is_too_old_is_full)
{
	struct barrier barrier;
	troupe_ref ref = slow_one(&(troupe_bounds){ .delay_ns_max = 10, .delay_interval_ns = 100 });
	hold(&barrier, ref);
	CHECK_OK(send_note(ref, 0));
	now += 10 + 100 - 1;
	CHECK_OK(send_note(ref, 1)); /* it may be a burst */
	now += 1;
	CHECK_EQ(send_note(ref, 2), TROUPE_EFULL);
	CHECK_EQ(troupe_wait_room(ref, 1), TROUPE_ETIMEOUT);
	let_go(&barrier);
	CHECK_OK(troupe_wait_room(ref, LIMIT));
	CHECK_OK(send_note(ref, 3));
	stage_finish(&s);
	CHECK_EQ(count, 3);
}
