/* SPDX-License-Identifier: MIT */
/* Ids: found at once, given out once, and another actor's are not one's own. */
#include "actors/id_table.h"

#include "stage.h"

enum { MANY = 100, ROUNDS = 1000 };

static int items[MANY];

TEST(id_table, finds_what_is_in_it)
{
	struct id_table *table = NULL;
	uint64_t ids[MANY];
	for (int i = 0; i < MANY; i++) {
		CHECK(troupei_id_add(&table, &items[i], &ids[i]));
		for (int k = 0; k <= i; k++) {
			CHECK(troupei_id_find(table, ids[k]) == &items[k]);
			CHECK(troupei_id_at(table, (uint32_t)ids[k]) == &items[k]);
		}
	}
	troupei_id_table_free(table);
}

/* N1: a place comes again, an id does not. */
TEST(id_table, ids_are_used_once)
{
	struct id_table *table = NULL;
	uint64_t ids[ROUNDS];
	for (int i = 0; i < ROUNDS; i++) {
		CHECK(troupei_id_add(&table, &items[0], &ids[i]));
		CHECK_EQ((uint32_t)ids[i], (uint32_t)ids[0]);
		for (int k = 0; k < i; k++)
			CHECK(troupei_id_find(table, ids[k]) == NULL);
		troupei_id_remove(table, (uint32_t)ids[i]);
		CHECK(troupei_id_find(table, ids[i]) == NULL);
	}
	CHECK_EQ(table->capacity, 4); /* nor does it grow for ever */
	troupei_id_table_free(table);
}

TEST(id_table, knows_nothing_else)
{
	struct id_table *table = NULL;
	uint64_t id;
	CHECK(troupei_id_find(NULL, 1) == NULL);
	CHECK(troupei_id_add(&table, &items[0], &id));
	CHECK(troupei_id_find(table, 0) == NULL);
	CHECK(troupei_id_find(table, UINT64_MAX) == NULL);
	CHECK(troupei_id_find(table, id + 1) == NULL);
	CHECK(troupei_id_find(table, id + (UINT64_C(1) << 32)) == NULL);
	troupei_id_table_free(table);
	troupei_id_table_free(NULL);
}

TEST(id_table, without_memory_nothing_changes)
{
	struct id_table *table = NULL;
	uint64_t ids[5];
	use_malloc();
	for (int i = 0; i < 4; i++)
		CHECK(troupei_id_add(&table, &items[i], &ids[i]));
	allocations_allowed = 0;
	troupei_memory_fail_by(fail_when_used_up);
	CHECK(!troupei_id_add(&table, &items[4], &ids[4]));
	troupei_memory_fail_by(NULL);
	for (int i = 0; i < 4; i++)
		CHECK(troupei_id_find(table, ids[i]) == &items[i]);
	troupei_id_table_free(table);
}

TEST(id_table, mixed_with_who_it_is)
{
	const troupe_ref one = { 77 }, other = { 78 };
	CHECK_EQ(troupei_id_mix(one, 3, troupei_id_mix(one, 3, 5)), 5);
	CHECK(troupei_id_mix(one, 0, 5) != troupei_id_mix(other, 0, 5));
	CHECK(troupei_id_mix(one, 0, 5) != troupei_id_mix(one, 1, 5));
}
