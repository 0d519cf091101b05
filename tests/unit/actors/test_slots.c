/* SPDX-License-Identifier: MIT */
/* Slots: dealt out in chunks, given back and exchanged in chains, retired by counting; and what references are told apart. */
#include "actors/slots.h"

#include <stdatomic.h>

#include "actors/ask.h"
#include "support/testing.h"

enum { CHAIN = 512, THREADS = 4, STEPS = 20000, BAG = 2000 };

static struct slot_pool pool;
static _Atomic uint64_t reserved; /* cells that room was asked for */
static bool refuses;

static bool reserve(void *context, uint64_t cells)
{
	CHECK(context == &pool);
	reserved = cells > reserved ? cells : reserved;
	return !refuses;
}

static struct cell *take(struct slot_cache *cache)
{
	return troupei_slot_take(&pool, cache, reserve, &pool);
}

static void give(struct slot_cache *cache, struct cell *cell)
{
	troupei_cell_retire(cell);
	troupei_slot_give(&pool, cache, cell);
}

static void begin(uint8_t system)
{
	CHECK(troupei_slots_init());
	troupei_slot_pool_init(&pool, system);
}

TEST(slots, before_the_first_system_every_reference_is_stale)
{
	CHECK_EQ(troupei_slot_limit, 0);
	CHECK(troupei_ref_cell(troupei_ref(1, 1)) == NULL);
	CHECK(troupei_slots_init());
	struct cell *cells = troupei_cells;
	CHECK(troupei_slots_init());
	CHECK(troupei_cells == cells);
	CHECK_EQ(troupei_slot_limit, SLOTS_MAX);
}

/* In order from 1 on: slot 0 is nobody's. C4 holds for each. */
TEST(slots, fresh_ones_are_closed_and_of_generation_1)
{
	struct slot_cache cache = { 0 };
	begin(7);
	for (uint32_t slot = 1; slot < 100; slot++) {
		struct cell *cell = take(&cache);
		CHECK_EQ(troupei_slot_of(cell), slot);
		CHECK_EQ(cell->generation, 1);
		CHECK_EQ(troupei_cell_system(cell), 7);
		CHECK(cell->mailbox.head == MAILBOX_CLOSED);
		CHECK(troupei_ref_cell(troupei_ref_of(cell)) == cell);
	}
	troupei_slot_pool_fini(&pool);
}

TEST(slots, each_cache_has_a_chunk_of_its_own)
{
	struct slot_cache a = { 0 }, b = { 0 };
	begin(7);
	for (uint32_t i = 0; i < SLOT_CHUNK - 1; i++)
		CHECK_EQ(troupei_slot_of(take(&a)) / SLOT_CHUNK, 0);
	CHECK_EQ(reserved, SLOT_CHUNK);
	CHECK_EQ(troupei_slot_of(take(&b)), SLOT_CHUNK);
	CHECK_EQ(reserved, 2 * SLOT_CHUNK);
	CHECK_EQ(troupei_slot_of(take(&a)), 2 * SLOT_CHUNK);
	CHECK_EQ(reserved, 3 * SLOT_CHUNK);
	CHECK_EQ(troupei_slot_of(take(NULL)), 3 * SLOT_CHUNK); /* who is no worker */
	CHECK_EQ(pool.cells, 4 * SLOT_CHUNK);
	troupei_slot_pool_fini(&pool);
}

TEST(slots, no_chunk_without_room_to_queue_its_cells)
{
	struct slot_cache cache = { 0 };
	begin(7);
	refuses = true;
	CHECK(take(&cache) == NULL);
	CHECK(take(NULL) == NULL);
	CHECK_EQ(pool.cells, 0);
	refuses = false;
	CHECK_EQ(troupei_slot_of(take(&cache)), 1);
	troupei_slot_pool_fini(&pool);
}

TEST(slots, given_back_it_comes_again_with_another_generation)
{
	struct slot_cache cache = { 0 }, *caches[] = { &cache, NULL };
	begin(7);
	for (int i = 0; i < 2; i++) {
		struct cell *cell = take(caches[i]);
		for (uint32_t generation = 1; generation < 20; generation += 2) {
			troupe_ref ref = troupei_ref_of(cell), next = troupei_ref(troupei_slot_of(cell), generation + 2);
			CHECK_EQ(troupei_ref_generation(ref), generation);
			give(caches[i], cell);
			CHECK_EQ(cell->generation, generation + 1); /* even: nobody's */
			CHECK(troupei_ref_cell(ref) == NULL);
			CHECK(troupei_ref_cell(troupei_ref_of(cell)) == NULL);
			CHECK(troupei_ref_cell(next) == NULL); /* forged ahead of time */
			CHECK(take(caches[i]) == cell);
			CHECK(troupei_ref_cell(ref) == NULL);
			CHECK(troupei_ref_cell(troupei_ref_of(cell)) == cell);
		}
	}
	troupei_slot_pool_fini(&pool);
}

/* Born on one worker, ended on another: half of a long list goes to the pool, and from there to who has none. */
TEST(slots, chains_go_from_cache_to_cache)
{
	static struct cell *cells[4 * CHAIN];
	struct slot_cache a = { 0 }, b = { 0 };
	begin(7);
	for (int i = 0; i < 4 * CHAIN; i++)
		cells[i] = take(&a);
	uint32_t fresh = a.fresh;
	for (int i = 0; i < 4 * CHAIN; i++)
		give(&b, cells[i]);
	CHECK_EQ(b.free_count, CHAIN);
	CHECK(pool.chains != NULL);
	for (int i = 0; i < 3 * CHAIN; i++)
		CHECK_EQ(take(i < CHAIN ? NULL : &a)->generation, 3); /* none of them is fresh */
	CHECK_EQ(a.fresh, fresh);
	CHECK(pool.chains == NULL);
	CHECK_EQ(reserved, 3 * SLOT_CHUNK);
	troupei_slot_pool_fini(&pool);
}

/* After its last generation a slot is not used again, by nobody. */
TEST(slots, spent_ones_retire)
{
	struct slot_cache cache = { 0 }, later = { 0 };
	begin(7);
	struct cell *first = take(&cache), *second = take(&cache);
	first->generation = GENERATION_LAST - 1;
	give(&cache, first);
	CHECK_EQ(first->generation, GENERATION_LAST);
	CHECK_EQ(cache.free_count, 0);
	give(&cache, second);
	CHECK(take(&cache) == second);
	give(&cache, second);
	troupei_slot_pool_fini(&pool);
	begin(8);
	CHECK(take(&later) == second);
	CHECK_EQ(second->generation, 5);
	CHECK_EQ(troupei_cell_system(second), 8);
	troupei_slot_pool_fini(&pool);
}

static void count_cells(struct cell *cell, void *count)
{
	CHECK_EQ(troupei_cell_system(cell), 7);
	++*(int *)count;
}

TEST(slots, each_visits_its_own_used_ones)
{
	static struct slot_pool others;
	struct slot_cache cache = { 0 }, theirs = { 0 };
	int count = 0;
	begin(7);
	troupei_slot_pool_init(&others, 9);
	for (int i = 0; i < 5; i++)
		take(&cache);
	CHECK(troupei_slot_take(&others, &theirs, reserve, &pool) != NULL);
	give(&cache, take(NULL)); /* two chunks; a free one counts too */
	troupei_slots_each(&pool, count_cells, &count);
	CHECK_EQ(count, 6);
	troupei_slot_pool_fini(&others);
	troupei_slot_pool_fini(&pool);
}

TEST(slots, forged_references_reach_nobody)
{
	struct slot_cache cache = { 0 };
	begin(7);
	struct cell *cell = take(&cache);
	const uint64_t forged[] = { 0, 1, UINT64_MAX, UINT64_C(1) << 32, UINT64_C(1) << 32 | SLOTS_MAX,
		                    UINT64_C(1) << 32 | 2, UINT64_C(2) << 32 | 1, UINT64_C(1) << 32 | (SLOTS_MAX - 1) };
	for (unsigned i = 0; i < sizeof forged / sizeof *forged; i++)
		CHECK(troupei_ref_cell((troupe_ref){ forged[i] }) == NULL);
	CHECK(troupei_ref_cell(troupei_ref(1, 1)) == cell);
	troupei_slot_pool_fini(&pool);
}

/* The mark of a reply address: no actor's, also when the slot is one. */
TEST(slots, addresses_are_marked)
{
	struct slot_cache cache = { 0 };
	begin(7);
	struct cell *cell = take(&cache);
	troupe_ref actor = troupei_ref_of(cell), address = troupei_address_of(troupei_ask_of(cell));
	CHECK(!troupei_ref_is_address(actor));
	CHECK(troupei_ref_is_address(address));
	CHECK_EQ(troupei_ref_slot(address), troupei_ref_slot(actor));
	CHECK_EQ(troupei_ref_generation(address), troupei_ref_generation(actor));
	CHECK(troupei_ref_cell(address) == NULL);
	CHECK(troupei_address_ask(address) == NULL);
	cell->mailbox.head = (void *)(INTPTR_MIN + 1);
	CHECK(troupei_address_ask(address) == troupei_ask_of(cell));
	CHECK(troupei_address_ask(actor) == NULL);
	troupei_cell_retire(cell);
	CHECK(troupei_address_ask(address) == NULL);
	troupei_slot_pool_fini(&pool);
}

/* ---------------------------------------------------------------------------------------------------------- threads -- */

static struct cell *bag[BAG];
static unsigned in_bag;
static pthread_mutex_t bag_lock = PTHREAD_MUTEX_INITIALIZER;

/* Put one in; if it is full, one comes out. */
static struct cell *exchange(struct cell *cell, uint64_t random)
{
	struct cell *out = NULL;
	pthread_mutex_lock(&bag_lock);
	if (in_bag < BAG) {
		bag[in_bag++] = cell;
	} else {
		out = bag[random % BAG];
		bag[random % BAG] = cell;
	}
	pthread_mutex_unlock(&bag_lock);
	return out;
}

static atomic_uchar in_use[SLOTS_MAX / SLOT_CHUNK];

static void *take_and_give(void *own)
{
	struct slot_cache cache = { 0 }, *mine = own != NULL ? &cache : NULL;
	uint64_t random = 1 + (uintptr_t)own;
	for (int i = 0; i < STEPS; i++) {
		struct cell *cell = take(mine);
		CHECK(troupei_slot_of(cell) < sizeof in_use);
		CHECK_EQ(atomic_exchange(&in_use[troupei_slot_of(cell)], 1), 0);
		random = random * 6364136223846793005u + 1;
		cell = exchange(cell, random >> 33);
		if (cell == NULL)
			continue;
		CHECK_EQ(atomic_exchange(&in_use[troupei_slot_of(cell)], 0), 1);
		give(mine, cell);
	}
	return NULL;
}

/* Taken here and given there, no cell is ever taken by two, and they are used again: there are few chunks. */
TEST(slots, threads_never_share_one)
{
	static char own[THREADS];
	pthread_t threads[THREADS];
	begin(7);
	for (int i = 0; i < THREADS; i++)
		CHECK_OK(pthread_create(&threads[i], NULL, take_and_give, i < 2 ? NULL : &own[i]));
	for (int i = 0; i < THREADS; i++)
		CHECK_OK(pthread_join(threads[i], NULL));
	CHECK(pool.cells <= 16 * SLOT_CHUNK);
	troupei_slot_pool_fini(&pool);
}

/* As in a child process: nobody's reference reaches anything, and new generations are none that were ever given out. */
TEST(slots, are_born_again_for_a_child)
{
	struct slot_cache cache = { 0 };
	begin(7);
	struct cell *cell = take(&cache);
	troupe_ref before = troupei_ref_of(cell);
	CHECK(troupei_slots_reborn(troupei_slot_of(cell), 0x60000001));
	CHECK(troupei_ref_cell(before) == NULL);
	cache = (struct slot_cache){ 0 };
	troupei_slot_pool_init(&pool, 7);
	cell = take(&cache);
	CHECK(troupei_slot_of(cell) >= SLOT_CHUNK); /* the first chunk is kept for the one actor that there is */
	CHECK_EQ(cell->generation, 0x60000001);
	CHECK(cell->mailbox.head == MAILBOX_CLOSED);
}

/* A mark stands beside the number of the system, and leaves it as it is. */
TEST(slots, a_mark_leaves_the_system)
{
	struct cell cell = { 0 };
	for (unsigned system = 1; system < 4; system++) {
		troupei_store_relaxed_8(&cell.system, (uint8_t)system);
		troupei_cell_mark(&cell, true);
		CHECK(troupei_cell_is_marked(&cell));
		CHECK_EQ(troupei_cell_system(&cell), system);
		troupei_cell_mark(&cell, false);
		CHECK(!troupei_cell_is_marked(&cell));
		CHECK_EQ(troupei_cell_system(&cell), system);
	}
}
