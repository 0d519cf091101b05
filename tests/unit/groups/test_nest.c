/* SPDX-License-Identifier: MIT */
/* A group leads to no group that leads to it, however long the way, and whoever joins at once. G5 */
#include "crowd.h"

enum { CHAIN = 20, ROUNDS = 200 };

static struct stage s;

TEST(nest, no_circle_of_two_or_many)
{
	troupe_ref chain[CHAIN];

	stage_start(&s, 1);
	for (int i = 0; i < CHAIN; i++) {
		chain[i] = crowd(&s, TROUPE_BY_TURNS);
		CHECK_OK(troupe_join(chain[i], player(&s)));
		if (i > 0)
			CHECK_OK(troupe_join(chain[i - 1], chain[i]));
	}
	for (int i = 0; i < CHAIN - 1; i++) {
		CHECK_EQ(troupe_join(chain[CHAIN - 1], chain[i]), TROUPE_EINVAL);
		CHECK_EQ(group_of(chain[CHAIN - 1])->joined.count, 1);
	}
	CHECK_EQ(troupe_join(chain[0], chain[0]), TROUPE_EINVAL);
	CHECK_OK(troupe_leave(chain[3], chain[4])); /* now the way is open */
	CHECK_OK(troupe_join(chain[CHAIN - 1], chain[0]));
	CHECK_EQ(troupe_join(chain[3], chain[4]), TROUPE_EINVAL);
	stage_finish(&s);
}

/* Many ways lead there, and each group is looked at once. */
TEST(nest, several_ways_to_one_are_no_circle)
{
	troupe_ref layers[CHAIN][2];

	stage_start(&s, 1);
	for (int i = 0; i < CHAIN; i++)
		for (int k = 0; k < 2; k++) {
			layers[i][k] = crowd(&s, TROUPE_TO_ALL);
			for (int above = 0; above < 2 && i > 0; above++)
				CHECK_OK(troupe_join(layers[i - 1][above], layers[i][k]));
		}
	CHECK_OK(troupe_join(layers[0][0], layers[1][0]));
	CHECK_EQ(troupe_join(layers[CHAIN - 1][1], layers[0][0]), TROUPE_EINVAL);
	CHECK_OK(troupe_join(crowd(&s, TROUPE_TO_ALL), layers[0][0]));
	stage_finish(&s);
}

TEST(nest, one_that_has_ended_leads_nowhere)
{
	stage_start(&s, 1);
	troupe_ref a = crowd(&s, TROUPE_TO_ALL), b = crowd(&s, TROUPE_TO_ALL), c = crowd(&s, TROUPE_TO_ALL);
	CHECK(troupei_group_is(a));
	CHECK(!troupei_group_is(player(&s)));
	CHECK_OK(troupe_join(a, b));
	CHECK_OK(troupe_join(b, c));
	CHECK_OK(troupe_stop_wait(b, LIMIT));
	CHECK(!troupei_group_is(b));
	CHECK_OK(troupe_join(c, a));
	CHECK_EQ(troupe_join(a, b), TROUPE_EGONE);
	stage_finish(&s);
}

static troupe_ref both[2];

static void *join_other(void *which)
{
	int i = *(int *)which;
	troupe_status *status = which;

	*status = troupe_join(both[i], both[!i]);
	return NULL;
}

TEST(nest, of_two_that_close_it_together_one_is_refused)
{
	stage_start(&s, 1);
	for (int round = 0; round < ROUNDS; round++) {
		int which[2] = { 0, 1 };
		pthread_t other;
		for (int i = 0; i < 2; i++)
			both[i] = crowd(&s, TROUPE_TO_ALL);
		CHECK_OK(pthread_create(&other, NULL, join_other, &which[1]));
		join_other(&which[0]);
		CHECK_OK(pthread_join(other, NULL));
		CHECK((which[0] == TROUPE_OK) != (which[1] == TROUPE_OK));
		CHECK_EQ(which[0] + which[1], TROUPE_EINVAL);
	}
	stage_finish(&s);
}

TEST(nest, no_memory)
{
	use_malloc();
	stage_start(&s, 1);
	troupe_ref a = crowd(&s, TROUPE_TO_ALL), b = crowd(&s, TROUPE_TO_ALL);
	CHECK_OK(troupe_join(b, player(&s)));
	CHECK_OK(troupe_join(a, player(&s)));
	troupei_memory_fail_by(fail_when_used_up);
	for (int allowed = 0; allowed < 2; allowed++) {
		atomic_store(&allocations_allowed, allowed);
		CHECK_EQ(troupe_join(a, b), TROUPE_ENOMEM);
	}
	troupei_memory_fail_by(NULL);
	CHECK_EQ(group_of(a)->joined.count, 1);
	CHECK_OK(troupe_join(a, b));
	stage_finish(&s);
}
