/* SPDX-License-Identifier: MIT */
/* Getting into a system, cells within its limit, and spawns that leave nothing behind when they fail. */
#include "actors/spawn.h"

#include "stage.h"

enum { ACTORS_MAX = 3, LARGE = 5000 };

static struct stage s;
static atomic_int inits;

static troupe_verdict count_init(troupe_actor *me)
{
	(void)me;
	atomic_fetch_add(&inits, 1);
	return TROUPE_HANDLED;
}

static const troupe_behaviour large = { .name = "large", .receive = player_receive, .init = count_init,
	                                .state_size = LARGE, .leftovers = TROUPE_DRAIN };

/* ------------------------------------------------------------------------------------------------------------ inside -- */

static troupe_verdict enter_own(troupe_actor *me, void *argument)
{
	struct entrance entrance;
	(void)argument;
	CHECK(troupei_system_enter(me->system.private_, &entrance));
	CHECK(!entrance.gate); /* inside already */
	troupei_system_leave(&entrance);
	troupei_store_release_32(&me->system.private_->phase, PHASE_CLOSING);
	CHECK(troupei_system_enter(me->system.private_, &entrance));
	troupei_store_release_32(&me->system.private_->phase, PHASE_STOPPING);
	CHECK(!troupei_system_enter(me->system.private_, &entrance));
	return TROUPE_HANDLED;
}

TEST(spawn, entering)
{
	struct entrance entrance;
	stage_start(&s, 1);
	CHECK(troupei_system_enter(s.system.private_, &entrance));
	CHECK(entrance.gate);
	troupei_system_leave(&entrance);
	troupei_store_release_32(&s.system.private_->phase, PHASE_CLOSING);
	CHECK(!troupei_system_enter(s.system.private_, &entrance));
	CHECK_EQ(troupe_spawn(s.system, &player_behaviour, NULL, NULL), TROUPE_ECLOSED);
	CHECK_EQ(troupe_spawn_with(s.system, NULL, &player_behaviour, NULL, NULL, NULL), TROUPE_ECLOSED);
	troupei_store_release_32(&s.system.private_->phase, PHASE_RUNNING);
	perform(&s, player(&s), enter_own, NULL);
	stage_finish(&s); /* nobody is left in the gate */
}

TEST(spawn, nobody_enters_for_an_actor_whose_system_has_gone)
{
	struct gate_pass pass;
	stage_start(&s, 1);
	troupe_ref ref = player(&s);
	struct cell *cell = cell_of(ref);
	CHECK(troupei_gate_enter_for(ref, cell, &pass) == s.system.private_);
	troupei_gate_leave(&pass);
	stage_finish(&s);
	CHECK(troupei_gate_enter_for(ref, cell, &pass) == NULL);
}

static struct stage other_stage;

static troupe_verdict spawn_abroad(troupe_actor *me, void *argument)
{
	troupe_spawn_options options = { .struct_size = sizeof options, .child = true };
	(void)argument;
	CHECK_EQ(troupe_spawn_with(other_stage.system, me, &player_behaviour, NULL, &options, NULL), TROUPE_EINVAL);
	options.child = false;
	CHECK_OK(troupe_spawn_with(other_stage.system, me, &player_behaviour, NULL, &options, NULL));
	return TROUPE_HANDLED;
}

TEST(spawn, children_are_of_their_parents_system)
{
	stage_start(&s, 1);
	stage_start(&other_stage, 1);
	perform(&s, player(&s), spawn_abroad, NULL);
	CHECK_EQ(stage_alive(&other_stage), 1);
	stage_finish(&s);
	stage_finish(&other_stage);
}

TEST(spawn, cells_within_the_limit)
{
	struct cell *cells[ACTORS_MAX], *more;
	troupe_options options = stage_options(&s, 1);
	options.actors_max = ACTORS_MAX;
	CHECK_OK(troupe_start(&options, &s.system));
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < ACTORS_MAX; i++)
			CHECK_OK(troupei_cell_take(s.system.private_, NULL, &cells[i]));
		CHECK_EQ(troupei_cell_take(s.system.private_, NULL, &more), TROUPE_ELIMIT);
		CHECK_EQ(troupe_spawn(s.system, &player_behaviour, NULL, NULL), TROUPE_ELIMIT);
		for (int i = 0; i < ACTORS_MAX; i++) {
			troupei_cell_retire(cells[i]);
			troupei_cell_give(s.system.private_, NULL, cells[i]);
		}
		CHECK_EQ(s.system.private_->actors_alive, 0);
	}
	stage_finish(&s);
}

/* ----------------------------------------------------------------------------------------------------------- actors -- */

TEST(spawn, waits_for_its_first_message_or_begins_at_once)
{
	troupe_ref ref;
	unsigned char initial[LARGE];
	stage_start(&s, 1);
	const struct cell *idle = cell_of(player(&s));
	CHECK(idle->mailbox.head == MAILBOX_IDLE);
	CHECK_EQ(idle->runnable.fresh, 1);
	CHECK(idle->extra == NULL);
	memset(initial, 3, sizeof initial);
	CHECK_OK(troupe_spawn(s.system, &large, initial, &ref));
	stage_settle(&s);
	CHECK_EQ(inits, 1);
	const struct cell *cell = cell_of(ref);
	CHECK(cell->mailbox.head == MAILBOX_IDLE);
	CHECK_EQ(cell->flags, FLAG_STATE_OUTSIDE);
	CHECK_EQ(cell->runnable.fresh, 0);
	CHECK(cell->extra != NULL); /* who drains has it from birth: its end needs no memory */
	CHECK(memcmp(troupei_cell_state(cell), initial, LARGE) == 0);
	stage_finish(&s);
}

TEST(spawn, behaviours_that_are_none)
{
	troupe_behaviour b = player_behaviour;
	stage_start(&s, 1);
	CHECK_EQ(troupe_spawn(s.system, NULL, NULL, NULL), TROUPE_EINVAL);
	b.receive = NULL;
	CHECK_EQ(troupe_spawn(s.system, &b, NULL, NULL), TROUPE_EINVAL);
	b = player_behaviour;
	b.leftovers = (troupe_fate)(TROUPE_DRAIN + 1);
	CHECK_EQ(troupe_spawn(s.system, &b, NULL, NULL), TROUPE_EINVAL);
	b = player_behaviour;
	b.state_size = (size_t)TROUPE_MESSAGE_SIZE_MAX + 1;
	CHECK_EQ(troupe_spawn(s.system, &b, NULL, NULL), TROUPE_EINVAL);
	for (unsigned i = 0; i < sizeof b.reserved / sizeof *b.reserved; i++) {
		b = player_behaviour;
		b.reserved[i] = 1;
		CHECK_EQ(troupe_spawn(s.system, &b, NULL, NULL), TROUPE_EINVAL);
	}
	CHECK_EQ(troupe_spawn((troupe_system){ 0 }, &player_behaviour, NULL, NULL), TROUPE_EINVAL);
	CHECK_EQ(troupe_spawn_child(NULL, &player_behaviour, NULL, NULL), TROUPE_EINVAL);
	CHECK_EQ(stage_alive(&s), 0);
	stage_finish(&s);
}

static troupe_verdict link_children(troupe_actor *me, void *argument)
{
	troupe_ref children[3];
	(void)argument;
	for (int i = 0; i < 3; i++) {
		CHECK_OK(troupe_spawn_child(me, &player_behaviour, NULL, &children[i]));
		const struct child_link *link = troupei_me_worker(me)->running->extra->children;
		CHECK(link->child == cell_of(children[i]) && link->previous == NULL);
		CHECK(link->child->extra->link == link);
		CHECK(troupe_ref_equal(link->child->extra->parent, me->ref));
		CHECK((link->next == NULL) == (i == 0));
		CHECK(i == 0 || link->next->previous == link);
	}
	CHECK(troupe_ref_is_null(troupe_parent(me)));
	return TROUPE_HANDLED;
}

TEST(spawn, children_are_linked)
{
	stage_start(&s, 1);
	CHECK(troupe_ref_is_null(troupe_parent(NULL)));
	perform(&s, player(&s), link_children, NULL);
	stage_finish(&s);
}

/* --------------------------------------------------------------------------------------------------- without memory -- */

static size_t names(void)
{
	return troupei_registry_count(s.system.private_->registry);
}

/* With 0, 1, 2... allocations until it succeeds; till then nothing is left behind. How many it took. */
static int spawn_poorly(troupe_actor *me, bool child, const char *name)
{
	uint64_t alive = stage_alive(&s);
	for (int allowed = 0;; allowed++) {
		troupe_ref ref = { 0 };
		allocations_allowed = allowed;
		troupei_memory_fail_by(fail_when_used_up);
		troupe_status status = troupe_spawn_with(
			s.system, me, &large, NULL, TROUPE_OPTIONS(troupe_spawn_options, .child = child, .name = name), &ref);
		troupei_memory_fail_by(NULL);
		if (status == TROUPE_OK)
			return allowed;
		CHECK_EQ(status, TROUPE_ENOMEM);
		CHECK(troupe_ref_is_null(ref));
		CHECK_EQ(stage_alive(&s), alive);
		CHECK_EQ(names(), 0);
		CHECK(!child || troupei_me_worker(me)->running->extra == NULL ||
		      troupei_me_worker(me)->running->extra->children == NULL);
	}
}

static troupe_verdict spawn_child_poorly(troupe_actor *me, void *argument)
{
	(void)argument;
	CHECK(spawn_poorly(me, true, "child") >= 4); /* state, extra of both, record, name */
	return TROUPE_HANDLED;
}

TEST(spawn, without_memory_nothing_is_left)
{
	use_malloc();
	troupe_options options = stage_options(&s, 1);
	options.actors_max = ACTORS_MAX; /* it is not used up by those that failed */
	CHECK_OK(troupe_start(&options, &s.system));
	CHECK(spawn_poorly(NULL, false, NULL) >= 2);
	perform(&s, player(&s), spawn_child_poorly, NULL);
	stage_settle(&s);
	CHECK_EQ(inits, 2);
	CHECK_EQ(names(), 1);
	stage_finish(&s);
}
