/* SPDX-License-Identifier: MIT */
/* Points: lists that keep their order whatever leaves them, locks in one order, and who may still hang something there. */
#include "actors/watch_point.h"

#include <sched.h>

#include "stage.h"

enum { NODES = 6, STEPS = 20000, SHARED = 256, RACES = 20000 };

static struct stage s;

static void make_nodes(struct watch_node *nodes, troupe_ref of)
{
	for (unsigned i = 0; i < NODES; i++)
		nodes[i] = (struct watch_node){ .of = of };
}

static unsigned count(troupe_ref of, enum watch_list list)
{
	unsigned n = 0;
	for (struct watch_node *node = troupei_point_first(of, list); node != NULL; node = troupei_point_next(node))
		n++;
	return n;
}

/* The nodes whose bits are set, in their order, and no other. */
static void check_list(const struct watch_node *nodes, troupe_ref of, unsigned present)
{
	struct watch_node *node = troupei_point_first(of, WATCH_LINKS);
	for (unsigned i = 0; i < NODES; i++) {
		if (!(present >> i & 1))
			continue;
		CHECK(node == &nodes[i]);
		node = troupei_point_next(node);
	}
	CHECK(node == NULL);
}

TEST(watch_point, lists_lose_any_of_theirs_in_any_order)
{
	const troupe_ref of = troupei_ref(12, 1);
	struct watch_node nodes[NODES];
	CHECK(troupei_points_ready());
	for (unsigned first = 0; first < NODES; first++) {
		unsigned present = (1u << NODES) - 1;
		make_nodes(nodes, of);
		for (unsigned i = 0; i < NODES; i++)
			troupei_point_hang(&nodes[i], WATCH_LINKS);
		for (unsigned i = 0; i < NODES; i++) {
			unsigned k = (first + i * 5) % NODES;
			check_list(nodes, of, present);
			troupei_point_take_off(&nodes[k]);
			troupei_point_take_off(&nodes[k]); /* nowhere: nothing happens */
			CHECK_EQ(nodes[k].list, WATCH_NOWHERE);
			present &= ~(1u << k);
		}
		check_list(nodes, of, 0);
	}
}

TEST(watch_point, lists_of_a_point_are_apart)
{
	const troupe_ref of = troupei_ref(12, 1), neighbour = troupei_ref(13, 1);
	struct watch_node nodes[NODES];
	CHECK(troupei_points_ready());
	make_nodes(nodes, of);
	troupei_point_hang(&nodes[0], WATCH_LINKS);
	troupei_point_hang(&nodes[1], WATCH_NEWS);
	troupei_point_hang(&nodes[2], WATCH_MONITORS);
	troupei_point_hang(&nodes[3], WATCH_MONITORS);
	CHECK_EQ(count(of, WATCH_LINKS), 1);
	CHECK_EQ(count(of, WATCH_NEWS), 1);
	CHECK_EQ(count(of, WATCH_MONITORS), 2);
	CHECK_EQ(count(neighbour, WATCH_MONITORS), 0);
	for (unsigned i = 0; i < NODES; i++)
		troupei_point_take_off(&nodes[i]);
	CHECK_EQ(count(of, WATCH_LINKS) + count(of, WATCH_NEWS) + count(of, WATCH_MONITORS), 0);
}

static troupe_ref pair[2];
static uint64_t guarded;

static void *lock_both(void *turned)
{
	const troupe_ref one = pair[turned != NULL], other = pair[turned == NULL];
	for (int i = 0; i < STEPS; i++) {
		troupei_points_lock(one, other);
		guarded++;
		troupei_points_unlock(one, other);
		troupei_point_lock(one);
		troupei_point_unlock(one);
	}
	return NULL;
}

static void lock_from_both_sides(troupe_ref one, troupe_ref other)
{
	pthread_t threads[2];
	CHECK(troupei_points_ready());
	pair[0] = one, pair[1] = other;
	guarded = 0;
	CHECK_OK(pthread_create(&threads[0], NULL, lock_both, NULL));
	CHECK_OK(pthread_create(&threads[1], NULL, lock_both, &guarded));
	CHECK_OK(pthread_join(threads[0], NULL));
	CHECK_OK(pthread_join(threads[1], NULL));
	CHECK_EQ(guarded, 2 * STEPS);
}

/* P1: two threads that want the same two from both sides both get them. */
TEST(watch_point, two_are_locked_in_one_order)
{
	lock_from_both_sides(troupei_ref(3, 1), troupei_ref(4, 1));
}

TEST(watch_point, two_may_share_a_lock)
{
	lock_from_both_sides(troupei_ref(3, 1), troupei_ref(3 + SHARED, 1));
}

/* P2: the signal is there before the answer is yes. */
TEST(watch_point, is_open_while_its_actor_lives)
{
	stage_start(&s, 1);
	troupe_ref ref = player(&s);
	CHECK(troupei_points_ready());
	CHECK_EQ(cell_of(ref)->signals & SIGNAL_WATCHED, 0);
	CHECK(troupei_point_is_open(ref));
	CHECK_EQ(cell_of(ref)->signals & SIGNAL_WATCHED, SIGNAL_WATCHED);
	CHECK_OK(troupe_stop_wait(ref, LIMIT));
	CHECK(!troupei_point_is_open(ref));
	CHECK(!troupei_point_is_open((troupe_ref){ 0 }));
	CHECK(!troupei_point_is_open((troupe_ref){ UINT64_MAX }));
	stage_finish(&s);
}

/* An end and a watch that race, again and again, each a little earlier or later. */
static struct cell *racing;
static atomic_uint race, race_over;
static bool found;

/* The two are close together when both have a core; when they have not, neither waits for long. */
static void await_race(const atomic_uint *counter, unsigned value)
{
	for (unsigned i = 0; atomic_load(counter) < value; i++) {
		troupei_spin_hint();
		if (i > 200)
			sched_yield();
	}
}

static void linger(unsigned steps)
{
	for (unsigned i = 0; i < steps; i++)
		troupei_spin_hint();
}

static void *end_again_and_again(void *argument)
{
	for (unsigned r = 1; r <= RACES; r++) {
		await_race(&race, r);
		linger(r % 16);
		troupe_ref ref = troupei_ref_of(racing);
		troupei_cell_retire(racing);
		troupei_fence_full();
		if (troupei_load_acquire_8(&racing->signals) & SIGNAL_WATCHED) {
			troupei_point_lock(ref);
			struct watch_node *node = troupei_point_first(ref, WATCH_MONITORS);
			found = node != NULL;
			if (found)
				troupei_point_take_off(node);
			troupei_point_unlock(ref);
		}
		atomic_store(&race_over, r);
	}
	return argument;
}

static void watch_again_and_again(void)
{
	for (unsigned r = 1; r <= RACES; r++) {
		found = false;
		troupei_store_release_32(&racing->generation, racing->generation + 1);
		troupei_store_relaxed_8(&racing->signals, 0);
		struct watch_node node = { .of = troupei_ref_of(racing) };
		atomic_store(&race, r);
		linger(r / 16 % 16);
		troupei_point_lock(node.of);
		bool open = troupei_point_is_open(node.of);
		if (open)
			troupei_point_hang(&node, WATCH_MONITORS);
		troupei_point_unlock(node.of);
		await_race(&race_over, r);
		CHECK_EQ(found, open); /* P2: it is told, or it knew */
	}
}

TEST(watch_point, nobody_is_forgotten_who_came_in_time)
{
	pthread_t thread;
	stage_start(&s, 1);
	CHECK(troupei_points_ready());
	CHECK_OK(troupei_cell_take(s.system.private_, NULL, &racing));
	troupei_cell_retire(racing);
	CHECK_OK(pthread_create(&thread, NULL, end_again_and_again, NULL));
	watch_again_and_again();
	CHECK_OK(pthread_join(thread, NULL));
	troupei_cell_give(s.system.private_, NULL, racing);
	stage_finish(&s);
}

TEST(watch_point, addresses_in_disguise_are_not_open)
{
	troupe_future future;
	stage_start(&s, 1);
	CHECK(troupei_points_ready());
	CHECK_OK(troupe_future_open(s.system, NULL, &future));
	CHECK(!troupei_point_is_open((troupe_ref){ future.ref.bits_private & ~(uint64_t)SLOT_ADDRESS }));
	troupe_future_close(future);
	stage_finish(&s);
}

TEST(watch_point, without_address_space)
{
	allocations_allowed = 0;
	troupei_memory_fail_by(fail_when_used_up);
	CHECK(!troupei_points_ready());
	troupei_memory_fail_by(NULL);
	CHECK(troupei_points_ready());
	CHECK(troupei_points_ready());
}
