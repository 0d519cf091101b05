/* SPDX-License-Identifier: MIT */
/* A stack for signals: made for each worker, entered by its own thread, given back with it. */
#include "actors/shelter.h"

#include "actors/crash.h"
#include "stage.h"

static struct stage s;
static stack_t seen;

static const troupe_behaviour contained = { .name = "contained", .receive = player_receive, .isolation = TROUPE_CONTAINED };

static struct shelter *shelter_of(uint32_t worker)
{
	return ((struct actor_worker *)s.system.private_->scheduler.workers[worker])->shelter;
}

static troupe_verdict play_look(troupe_actor *me, void *argument)
{
	(void)me, (void)argument;
	CHECK_OK(sigaltstack(NULL, &seen));
	return TROUPE_HANDLED;
}

TEST(shelter, is_made_with_the_first_contained_actor)
{
	stage_start(&s, 2);
	perform(&s, player(&s), play_look, NULL);
	CHECK(shelter_of(0) == NULL && shelter_of(1) == NULL);
	perform(&s, spawned(&s, &contained), play_look, NULL);
	CHECK(shelter_of(0) != NULL && shelter_of(1) != NULL);
	CHECK(shelter_of(0)->entered || shelter_of(1)->entered);
	struct shelter *entered = shelter_of(0)->entered ? shelter_of(0) : shelter_of(1);
	CHECK(seen.ss_sp == entered->stack.ss_sp);
	CHECK_EQ(seen.ss_flags & SS_DISABLE, 0);
	uintptr_t here = (uintptr_t)&here; /* of another thread */
	CHECK(entered->stack_low > 0 && entered->stack_low != here);
	stage_finish(&s);
}

TEST(shelter, is_made_once)
{
	stage_start(&s, 1);
	perform(&s, spawned(&s, &contained), play_look, NULL);
	struct shelter *shelter = shelter_of(0);
	CHECK(troupei_shelter_make((struct actor_worker *)s.system.private_->scheduler.workers[0]));
	perform(&s, spawned(&s, &contained), play_look, NULL);
	CHECK(shelter_of(0) == shelter);
	stage_finish(&s);
}

TEST(shelter, without_memory_nothing_is_spawned)
{
	stage_start(&s, 2);
	for (int allowed = 0; allowed < 2; allowed++) {
		allocations_allowed = allowed;
		troupei_memory_fail_by(fail_when_used_up);
		CHECK_EQ(troupe_spawn(s.system, &contained, NULL, NULL), TROUPE_ENOMEM);
		troupei_memory_fail_by(NULL);
		CHECK_EQ(stage_alive(&s), 0);
	}
	perform(&s, spawned(&s, &contained), play_look, NULL);
	stage_finish(&s);
}

TEST(shelter, of_a_worker_without_one)
{
	struct actor_worker *worker = aligned_alloc(TROUPEI_CACHE_LINE, sizeof *worker);

	CHECK(worker != NULL);
	memset(worker, 0, sizeof *worker);
	troupei_shelter_free(worker);
	troupei_shelter_enter(worker);
	CHECK(worker->shelter == NULL && !troupei_shelter_is_entered(worker));
	CHECK(troupei_shelter_make(worker));
	CHECK(!troupei_shelter_is_entered(worker));
	troupei_shelter_enter(worker);
	CHECK(troupei_shelter_is_entered(worker));
	troupei_shelter_free(worker);
	CHECK(worker->shelter == NULL);
	free(worker);
}
