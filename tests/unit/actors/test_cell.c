/* SPDX-License-Identifier: MIT */
/* Where everything lies in a cell, where its state does, and the extra. */
#include "actors/cell.h"

#include "base/memory.h"
#include "support/testing.h"

static struct cell cell;
static troupe_behaviour behaviour;
static unsigned char initial[100000];

static bool always(size_t size)
{
	(void)size;
	return true;
}

static bool make_state(size_t size, const void *from)
{
	cell.behaviour = &behaviour;
	cell.flags = 0;
	memset(cell.state, 0xee, sizeof cell.state);
	behaviour.state_size = size;
	return troupei_cell_state_make(&cell, from);
}

static bool lies_inside(const void *state)
{
	return state >= (void *)cell.state && state < (void *)(&cell + 1);
}

/* The table at the head of cell.h. */
TEST(cell, layout)
{
	CHECK_EQ(sizeof(struct cell), 64);
	CHECK_EQ(_Alignof(struct cell), 64);
	CHECK_EQ(offsetof(struct cell, mailbox.head), 0);
	CHECK_EQ(offsetof(struct cell, mailbox.tail), 8);
	CHECK_EQ(offsetof(struct cell, behaviour), 16);
	CHECK_EQ(offsetof(struct cell, extra), 24);
	CHECK_EQ(offsetof(struct cell, generation), 32);
	CHECK_EQ(offsetof(struct cell, system), 36);
	CHECK_EQ(offsetof(struct cell, signals), 37);
	CHECK_EQ(offsetof(struct cell, flags), 38);
	CHECK_EQ(offsetof(struct cell, runnable), 39);
	CHECK_EQ(offsetof(struct cell, state), 40);
	CHECK(troupei_cell_of(&cell.runnable) == &cell);
}

TEST(cell, no_state)
{
	CHECK(make_state(0, NULL));
	CHECK(troupei_cell_state(&cell) == NULL);
	CHECK_EQ(cell.flags, 0);
	troupei_cell_state_free(&cell);
}

static void check_state(size_t size, bool inside)
{
	CHECK(make_state(size, initial));
	unsigned char *state = troupei_cell_state(&cell);
	CHECK_EQ(cell.flags, inside ? 0 : FLAG_STATE_OUTSIDE);
	CHECK_EQ(lies_inside(state), inside);
	CHECK_EQ((uintptr_t)state % (size >= 32 ? 16 : 8), 0);
	CHECK(memcmp(state, initial, size) == 0);
	memset(state, 0xff, size); /* there is room for all of it */
	CHECK(troupei_cell_state(&cell) == state);
	troupei_cell_state_free(&cell);
	CHECK(make_state(size, NULL));
	state = troupei_cell_state(&cell);
	for (size_t i = 0; i < size; i++)
		CHECK(state[i] == 0);
	troupei_cell_state_free(&cell);
}

TEST(cell, state_of_up_to_24_bytes_lies_inside)
{
	memset(initial, 7, sizeof initial);
	for (size_t size = 1; size <= CELL_STATE_SIZE; size++)
		check_state(size, true);
}

TEST(cell, larger_state_lies_outside)
{
	const size_t sizes[] = { 25, 31, 32, 33, 64, 65, 1023, 1024, 1025, 65536, sizeof initial };
	memset(initial, 7, sizeof initial);
	for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++)
		check_state(sizes[i], false);
}

/* Small ones need none; the others say so, and the cell has no state then that could be freed. */
TEST(cell, state_without_memory)
{
	const size_t sizes[] = { 25, 1024, 1025 };
	troupei_memory_fail_by(always);
	CHECK(make_state(CELL_STATE_SIZE, initial));
	for (unsigned i = 0; i < 3; i++) {
		CHECK(!make_state(sizes[i], initial));
		CHECK_EQ(cell.flags, 0);
		troupei_cell_state_free(&cell);
	}
	troupei_memory_fail_by(NULL);
}

TEST(cell, extra_is_made_once)
{
	struct extra zeros = { 0 };
	struct extra *extra = troupei_cell_extra(&cell);
	CHECK(extra != NULL && cell.extra == extra);
	CHECK(memcmp(extra, &zeros, sizeof zeros) == 0);
	extra->hold = 5;
	CHECK(troupei_cell_extra(&cell) == extra);
	CHECK_EQ(extra->hold, 5);
	extra->become = troupei_allocate(4 * sizeof *extra->become); /* goes with it */
	extra->become_capacity = 4;
	troupei_cell_extra_free(&cell);
	CHECK(cell.extra == NULL);
	troupei_cell_extra_free(&cell);
}

TEST(cell, extra_without_memory)
{
	troupei_memory_fail_by(always);
	CHECK(troupei_cell_extra(&cell) == NULL);
	CHECK(cell.extra == NULL);
	troupei_memory_fail_by(NULL);
}
