/* SPDX-License-Identifier: MIT */
/* The end of actors: children before parents, without memory, slots given back by parents; and what becomes of the rest. */
#include "actors/lifecycle.h"

#include "actors/post.h"
#include "stage.h"

enum { KIND = 7, BRANCHES = 3, DEPTH = 3, TREE = 1 + 3 + 9 + 27 };

static struct stage s;

/* ------------------------------------------------------------------------------------------------------------ trees -- */

/* A tree grows by itself; each of its actors signs when it ends. */
struct node {
	unsigned number, depth;
};

static atomic_int planted, felled;
static troupe_status ended_why[TREE];
static atomic_bool has_ended[TREE];

static troupe_verdict grow(troupe_actor *me);

static void wither(troupe_actor *me, troupe_status why)
{
	const struct node *node = me->state;
	for (unsigned i = 0; i < BRANCHES && node->depth < DEPTH; i++)
		CHECK(atomic_load(&has_ended[node->number * BRANCHES + 1 + i])); /* L2 */
	ended_why[node->number] = why;
	atomic_store(&has_ended[node->number], true);
	atomic_fetch_add(&felled, 1);
}

static const troupe_behaviour tree = { .name = "tree", .receive = player_receive, .init = grow, .terminate = wither,
	                               .state_size = sizeof(struct node) };

static troupe_verdict grow(troupe_actor *me)
{
	const struct node *node = me->state;
	for (unsigned i = 0; i < BRANCHES && node->depth < DEPTH; i++) {
		struct node child = { node->number * BRANCHES + 1 + i, node->depth + 1 };
		CHECK_OK(troupe_spawn_child(me, &tree, &child, NULL));
	}
	atomic_fetch_add(&planted, 1);
	return TROUPE_HANDLED;
}

static troupe_ref plant(uint32_t workers)
{
	stage_start(&s, workers);
	troupe_ref root = spawned(&s, &tree);
	await_count(&planted, TREE);
	stage_settle(&s);
	return root;
}

static void check_felled(troupe_status root_why, troupe_status why)
{
	CHECK_EQ(felled, TREE);
	CHECK_EQ(stage_alive(&s), 0);
	for (unsigned i = 0; i < TREE; i++)
		CHECK_EQ(ended_why[i], i == 0 ? root_why : why);
	stage_finish(&s);
}

TEST(lifecycle, children_end_before_their_parents)
{
	troupe_ref root = plant(2);
	CHECK_OK(troupe_stop_wait(root, LIMIT));
	check_felled(TROUPE_OK, TROUPE_OK);
}

static troupe_verdict fail_now(troupe_actor *me, void *argument)
{
	(void)argument;
	return troupe_fail(me, TROUPE_EUSER);
}

/* Whatever ends a parent: its children are only stopped, unless it is killed. */
TEST(lifecycle, reasons_of_a_tree)
{
	tell(plant(2), fail_now, NULL);
	await_count(&felled, TREE);
	stage_settle(&s);
	check_felled(TROUPE_EUSER, TROUPE_OK);
}

TEST(lifecycle, a_killed_tree)
{
	troupe_ref root = plant(2);
	CHECK_OK(troupe_kill(root));
	CHECK_OK(troupe_wait_end(root, LIMIT, NULL));
	check_felled(TROUPE_EKILLED, TROUPE_EKILLED);
}

/* L1: not one allocation succeeds, nor is one needed. */
TEST(lifecycle, ending_needs_no_memory)
{
	use_malloc();
	troupe_ref root = plant(2);
	allocations_allowed = 0;
	troupei_memory_fail_by(fail_when_used_up);
	troupei_signal(s.system.private_, NULL, cell_of(root), SIGNAL_STOP);
	CHECK_OK(troupe_wait_end(root, LIMIT, NULL));
	troupei_memory_fail_by(NULL);
	check_felled(TROUPE_OK, TROUPE_OK);
}

static struct barrier barrier;

static troupe_verdict have_a_child(troupe_actor *me, void *child)
{
	CHECK_OK(troupe_spawn_child(me, &player_behaviour, NULL, child));
	return TROUPE_HANDLED;
}

/* L3: until the parent has heard of the end, the slot is not used again: signals set in it reach nobody else. */
TEST(lifecycle, slots_of_children_are_given_back_by_parents)
{
	troupe_ref child, other;
	troupe_options options = stage_options(&s, 2);
	options.actors_max = 2;
	CHECK_OK(troupe_start(&options, &s.system));
	troupe_ref parent = player(&s);
	perform(&s, parent, have_a_child, &child);
	hold(&barrier, parent);
	CHECK_OK(troupe_stop_wait(child, LIMIT));
	CHECK_EQ(stage_alive(&s), 1);
	CHECK_EQ(troupe_spawn(s.system, &player_behaviour, NULL, &other), TROUPE_ELIMIT);
	CHECK(cell_of(parent)->extra->children != NULL);
	let_go(&barrier);
	stage_settle(&s);
	CHECK(cell_of(parent)->extra->children == NULL);
	CHECK_OK(troupe_spawn(s.system, &player_behaviour, NULL, &other));
	stage_finish(&s);
}

static struct child_link *new_link(struct extra *parent)
{
	struct child_link *link = troupei_block_take(troupei_block_class(sizeof *link));
	CHECK(link != NULL);
	memset(link, 0, sizeof *link);
	link->next = parent->children;
	if (link->next != NULL)
		link->next->previous = link;
	return parent->children = link;
}

TEST(lifecycle, children_leave_the_list_in_any_order)
{
	for (unsigned first = 0; first < 3; first++)
		for (unsigned second = 0; second < 2; second++) {
			struct extra parent = { 0 };
			struct child_link *links[] = { new_link(&parent), new_link(&parent), new_link(&parent) };
			troupei_child_unlink(&parent, links[first]);
			links[first] = links[2];
			troupei_child_unlink(&parent, links[second]);
			CHECK(parent.children == links[1 - second]);
			CHECK(parent.children->next == NULL && parent.children->previous == NULL);
			troupei_child_unlink(&parent, links[1 - second]);
			CHECK(parent.children == NULL);
		}
}

/* ------------------------------------------------------------------------------------------------------------- init -- */

static atomic_int terminated;
static troupe_verdict init_verdict;

static troupe_verdict begin(troupe_actor *me)
{
	if (init_verdict == TROUPE_DEFERRED) {
		troupe_exit(me, TROUPE_EUSER);
		return TROUPE_HANDLED;
	}
	return troupe_fail(me, TROUPE_EUSER - 1);
}

static void count_end(troupe_actor *me, troupe_status why)
{
	(void)me;
	CHECK_EQ(why, TROUPE_EUSER);
	atomic_fetch_add(&terminated, 1);
}

static const troupe_behaviour short_lived = { .name = "short", .receive = player_receive, .init = begin,
	                                      .terminate = count_end, .leftovers = TROUPE_DRAIN };

/* One that leaves in init has begun, and terminate runs; one that fails in it has not. */
TEST(lifecycle, ended_in_init)
{
	const troupe_verdict verdicts[] = { TROUPE_DEFERRED, TROUPE_FAILED };
	stage_start(&s, 1);
	for (int i = 0; i < 2; i++) {
		init_verdict = verdicts[i];
		troupe_ref ref = spawned(&s, &short_lived);
		CHECK_OK(troupe_wait_end(ref, LIMIT, NULL));
		CHECK_EQ(terminated, 1);
	}
	CHECK(stage_logged(&s, "actor short"));
	CHECK(stage_logged(&s, "ended: init returned TROUPE_EUSER"));
	stage_finish(&s);
}

/* -------------------------------------------------------------------------------------------------------- leftovers -- */

static troupe_verdict refuse_to_live(troupe_actor *me, void *argument)
{
	(void)argument;
	troupe_exit(me, TROUPE_OK);
	return TROUPE_HANDLED;
}

static const troupe_behaviour polite = { .name = "polite", .receive = player_receive, .leftovers = TROUPE_HAND_BACK };

static troupe_verdict send_to(troupe_actor *me, void *to)
{
	CHECK_OK(troupe_send_bytes_from(me, *(troupe_ref *)to, KIND + 100000, &(uint64_t){ 5 }, 8));
	return TROUPE_HANDLED;
}

/* To nobody it cannot be handed back: it is a letter then, as it was sent, as if nothing had been tried. */
TEST(lifecycle, handing_back_to_nobody)
{
	stage_start(&s, 2);
	troupe_ref ref = spawned(&s, &polite), sender = player(&s);
	hold(&barrier, ref);
	tell(ref, refuse_to_live, NULL);
	tell(sender, send_to, &ref);
	CHECK_OK(troupe_stop_wait(sender, LIMIT));
	CHECK_OK(troupe_send_bytes(ref, KIND, &(uint64_t){ 6 }, 8));
	CHECK_OK(troupe_send_moved(ref, KIND, troupe_new(8, NULL)));
	let_go(&barrier);
	stage_settle(&s);
	CHECK_EQ(stage_letters(&s, TROUPE_EGONE), 3);
	CHECK_EQ(s.letters[0].kind, KIND + 100000);
	CHECK_EQ(s.letters[0].number, 5);
	CHECK_EQ(s.letters[1].number, 6);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(s.letters[i].to.bits_private, ref.bits_private);
	stage_finish(&s);
	CHECK_EQ(s.ledger.returned, 0);
}

/* A small message has no room for who hands it back; without memory for a larger one it is a letter. */
TEST(lifecycle, handing_back_without_memory)
{
	CHECK_OK(setenv("TROUPE_ALLOC", "malloc", 1)); /* each block may fail */
	stage_start(&s, 2);
	troupe_ref ref = spawned(&s, &polite);
	hold(&barrier, ref);
	tell(ref, refuse_to_live, NULL);
	CHECK_OK(troupe_send_bytes(ref, KIND, &(uint64_t){ 6 }, 8));
	troupei_memory_fail_by(fail_when_used_up); /* none is allowed */
	let_go(&barrier);
	CHECK_OK(troupe_wait_end(ref, LIMIT, NULL));
	troupei_memory_fail_by(NULL);
	CHECK_EQ(stage_letters(&s, TROUPE_EGONE), 1);
	CHECK_EQ(s.letters[0].number, 6);
	stage_finish(&s);
	CHECK_EQ(s.ledger.returned, 0);
}

/* From a parent to its child, in the small form: to be handed back it has to become larger. */
static troupe_ref begotten;

static troupe_verdict beget_polite(troupe_actor *me, void *argument)
{
	(void)argument;
	CHECK_OK(troupe_spawn_child(me, &polite, NULL, &begotten));
	return TROUPE_HANDLED;
}

static void leave_one_behind(bool with_memory)
{
	stage_start(&s, 2);
	perform(&s, player(&s), beget_polite, NULL);
	hold(&barrier, begotten);
	tell(begotten, refuse_to_live, NULL);
	CHECK_OK(troupe_send_bytes(begotten, KIND, &(uint64_t){ 6 }, 8));
	if (!with_memory) {
		allocations_allowed = 0;
		troupei_memory_fail_by(fail_when_used_up);
	}
	let_go(&barrier);
	stage_settle(&s);
	troupei_memory_fail_by(NULL);
	stage_finish(&s);
}

TEST(lifecycle, handing_back_frees_what_was_left)
{
	leave_one_behind(true); /* the library's own, once in a process */
	uint64_t used = troupei_memory_blocks_used();
	for (int i = 0; i < 10; i++)
		leave_one_behind(true);
	CHECK_EQ(s.ledger.returned, 1);
	CHECK_EQ(troupei_memory_blocks_used(), used);
}

TEST(lifecycle, handing_back_without_memory_makes_a_letter)
{
	use_malloc();
	leave_one_behind(false);
	CHECK_EQ(s.ledger.returned, 0);
	CHECK_EQ(s.letter_count, 1);
	CHECK_EQ(s.letters[0].number, 6);
}

/* The same when the sender lives but takes nothing any more. */
TEST(lifecycle, handing_back_to_one_that_drains)
{
	struct barrier drained;
	stage_start(&s, 3);
	troupe_ref ref = spawned(&s, &polite);
	age_next(&s);
	troupe_ref sender = spawned(&s, &drainer_behaviour);
	hold(&barrier, ref);
	tell(ref, refuse_to_live, NULL);
	tell(sender, send_to, &ref);
	drain(&drained, sender);
	let_go(&barrier);
	CHECK_OK(troupe_wait_end(ref, LIMIT, NULL));
	CHECK_EQ(stage_letters(&s, TROUPE_EGONE), 1);
	CHECK_EQ(s.letters[0].to.bits_private, ref.bits_private);
	CHECK_EQ(s.letters[0].kind, KIND + 100000);
	CHECK_EQ(s.letters[0].number, 5);
	let_go(&drained);
	stage_finish(&s);
}

static int returned[4], returned_count;

static troupe_verdict get_back(troupe_actor *me, const troupe_message *m)
{
	if (m->kind != TROUPE_RETURNED)
		return player_receive(me, m);
	CHECK_EQ(m->size, 8);
	CHECK_EQ(*(const uint64_t *)m->data, 5);
	CHECK(!troupe_is_alive(m->about));
	returned[returned_count++] = m->returned;
	return TROUPE_HANDLED;
}

static const troupe_behaviour sender_behaviour = { .receive = get_back };

static troupe_verdict send_all_ways(troupe_actor *me, void *argument)
{
	troupe_ref child;
	uint64_t *payload = troupe_new(8, NULL);
	(void)argument;
	*payload = 5;
	CHECK_OK(troupe_spawn_child(me, &polite, NULL, &child));
	tell(child, refuse_to_live, NULL);
	CHECK_OK(troupe_send_bytes(child, KIND, payload, 8));          /* small */
	CHECK_OK(troupe_send_bytes_from(me, child, KIND + 1, payload, 8)); /* extended */
	CHECK_OK(troupe_send_moved(child, KIND + 2, payload));
	return TROUPE_HANDLED;
}

TEST(lifecycle, handing_back_in_each_form)
{
	stage_start(&s, 1);
	perform(&s, spawned(&s, &sender_behaviour), send_all_ways, NULL);
	CHECK_EQ(returned_count, 3);
	for (int i = 0; i < 3; i++)
		CHECK_EQ(returned[i], KIND + i);
	stage_finish(&s);
	CHECK_EQ(s.ledger.returned, 3);
}
