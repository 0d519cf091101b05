/* SPDX-License-Identifier: MIT */
/* Edges of parking: where there are any, when they go, and that none closes a circle. */
#include "actors/park.h"

#include "actors/waits.h"
#include "stage.h"

enum { MANY = 6, NOTE = 1, THOUSANDS = WAITS_STEPS_MAX + 500 };

static struct stage s;
static const troupe_bounds one = { .messages_max = 1, .overflow = TROUPE_PARK };
static const troupe_behaviour parking_player = { .name = "player", .receive = player_receive, .bounds = &one };

/* What its handler has seen of its own parking. */
struct sight {
	const troupe_ref *to;
	unsigned count;
	bool held;
	unsigned edges;
	uint64_t parked, credited;
	atomic_int done;
};

static troupe_verdict play_nothing(troupe_actor *me, void *argument)
{
	(void)me, (void)argument;
	return TROUPE_HANDLED;
}

static unsigned edges_of(const struct cell *cell)
{
	unsigned count = 0;

	for (const struct park *park = cell->extra != NULL ? cell->extra->parks : NULL; park != NULL; park = park->next)
		count++;
	return count;
}

static troupe_verdict play_send(troupe_actor *me, void *argument)
{
	struct sight *sight = argument;
	struct actor_worker *worker = troupei_me_worker(me);
	struct tally before = worker->tally;

	for (unsigned i = 0; i < sight->count; i++)
		tell(sight->to[i], play_nothing, NULL);
	sight->held = (worker->running->flags & FLAG_HOLD) != 0;
	sight->edges = edges_of(worker->running);
	sight->parked = worker->tally.parked - before.parked;
	sight->credited = worker->tally.credited - before.credited;
	sight->done = 1;
	return TROUPE_HANDLED;
}

static void send_all(struct sight *sight, troupe_ref sender, const troupe_ref *to, unsigned count)
{
	*sight = (struct sight){ .to = to, .count = count };
	tell(sender, play_send, sight);
	await_count(&sight->done, 1);
}

TEST(park, one_edge_for_each_that_is_full)
{
	static struct sight sight;
	struct barrier barriers[2];
	stage_start(&s, 3);
	troupe_ref sender = player(&s), full[2] = { spawned(&s, &parking_player), spawned(&s, &parking_player) };
	hold(&barriers[0], full[0]);
	hold(&barriers[1], full[1]);
	const troupe_ref to[] = { full[0], full[0], full[0], full[1], full[1] };
	send_all(&sight, sender, to, 5);
	CHECK(sight.held);
	CHECK_EQ(sight.edges, 2);
	CHECK_EQ(sight.parked, 2);
	CHECK_EQ(sight.credited, 0);
	struct wait_step step;
	while (!troupei_wait_read(sender, &step)) /* asks know of it, when its handler is over */
		sleep_ns(TROUPE_MS / 10);
	CHECK(troupe_ref_equal(step.on, full[1]));
	let_go(&barriers[0]);
	let_go(&barriers[1]);
	stage_settle(&s);
	CHECK_EQ(edges_of(cell_of(sender)), 0);
	CHECK_EQ(cell_of(sender)->flags & FLAG_HOLD, 0);
	CHECK(!troupei_wait_read(sender, &step));
	stage_finish(&s);
}

TEST(park, room_at_one_of_two_is_not_enough)
{
	static struct sight sight;
	struct barrier barriers[2];
	struct wait_step step;
	stage_start(&s, 3);
	troupe_ref sender = player(&s), full[2] = { spawned(&s, &parking_player), spawned(&s, &parking_player) };
	hold(&barriers[0], full[0]);
	hold(&barriers[1], full[1]);
	const troupe_ref to[] = { full[0], full[0], full[1], full[1] };
	send_all(&sight, sender, to, 4);
	let_go(&barriers[1]);
	while (!troupei_wait_read(sender, &step) || !troupe_ref_equal(step.on, full[0])) /* the table says the other one now */
		sleep_ns(TROUPE_MS / 10);
	let_go(&barriers[0]);
	stage_settle(&s);
	CHECK_EQ(edges_of(cell_of(sender)), 0);
	stage_finish(&s);
}

/* Each of them is told to send two to the next one, while all are held: the queues are full then. The last one closes the circle. */
struct ring_part {
	struct barrier barrier;
	troupe_ref next[2];
	uint64_t parked, credited;
};

static troupe_verdict play_ring(troupe_actor *me, void *argument)
{
	struct ring_part *mine = argument;
	struct actor_worker *worker = troupei_me_worker(me);
	struct tally before = worker->tally;

	mine->barrier.reached = 1;
	await_count(&mine->barrier.open, 1);
	for (int i = 0; i < 2; i++)
		tell(mine->next[i], play_nothing, NULL);
	mine->parked = worker->tally.parked - before.parked;
	mine->credited = worker->tally.credited - before.credited;
	mine->barrier.reached = 2;
	await_count(&mine->barrier.open, 2); /* so that none is emptied yet */
	return TROUPE_HANDLED;
}

TEST(park, who_would_close_a_circle_is_given_credit)
{
	static struct ring_part parts[MANY];
	troupe_ref refs[MANY];
	stage_start(&s, MANY);
	for (int i = 0; i < MANY; i++)
		refs[i] = spawned(&s, &parking_player);
	for (int i = 0; i < MANY; i++) {
		parts[i].next[0] = parts[i].next[1] = refs[(i + 1) % MANY];
		tell(refs[i], play_ring, &parts[i]);
	}
	for (int i = 0; i < MANY; i++) {
		await_count(&parts[i].barrier.reached, 1);
		parts[i].barrier.open = 1;
		await_count(&parts[i].barrier.reached, 2);
		CHECK_EQ(parts[i].parked, i < MANY - 1);
		CHECK_EQ(parts[i].credited, i == MANY - 1);
	}
	for (int i = 0; i < MANY; i++)
		parts[i].barrier.open = 2;
	stage_settle(&s);
	CHECK_EQ(stage_ledger(&s).queued, 0);
	stage_finish(&s);
}

static troupe_verdict play_see_link(troupe_actor *me, void *sender)
{
	struct wait_step step;

	(void)me;
	CHECK(!troupei_wait_read(*(troupe_ref *)sender, &step));
	return TROUPE_HANDLED;
}

static troupe_verdict play_fill(troupe_actor *me, void *to)
{
	static troupe_ref own;

	own = me->ref;
	tell(*(troupe_ref *)to, play_nothing, NULL);
	tell(*(troupe_ref *)to, play_see_link, &own);
	CHECK_EQ(edges_of(troupei_me_worker(me)->running), 1);
	return TROUPE_HANDLED;
}

/* With one worker the sender has not run when the receiver handles what left the queue empty. */
TEST(park, what_is_granted_is_not_waited_for_any_more)
{
	stage_start_timeless(&s, 1);
	troupe_ref full = spawned(&s, &parking_player);
	perform(&s, player(&s), play_fill, &full);
	stage_finish(&s);
}

#if !TEST_WITH_TSAN /* ten million steps of one thread, each of which it would look at */
static troupe_verdict play_push(troupe_actor *me, void *next)
{
	(void)me;
	for (int i = 0; i < 3; i++)
		tell(*(troupe_ref *)next, play_nothing, NULL);
	return TROUPE_HANDLED;
}

struct starts {
	troupe_ref refs[THOUSANDS];
};

static troupe_verdict play_push_all(troupe_actor *me, void *argument)
{
	struct starts *starts = argument;

	(void)me;
	for (int i = 0; i < THOUSANDS; i++)
		tell(starts->refs[i], play_push, &starts->refs[(i + 1) % THOUSANDS]);
	return TROUPE_HANDLED;
}

/* Each is told once, sends three to the next one, and is parked: until the last one, longer than the table of waits can see. */
TEST(park, a_circle_of_thousands_is_seen_too)
{
	static struct starts starts;
	stage_start(&s, 1);
	for (int i = 0; i < THOUSANDS; i++)
		starts.refs[i] = spawned(&s, &parking_player);
	perform(&s, player(&s), play_push_all, &starts);
	CHECK_EQ(stage_ledger(&s).queued, 0);
	stage_finish(&s);
}
#endif

TEST(park, an_end_takes_the_edges_along)
{
	static struct sight sight;
	struct barrier barrier;
	stage_start(&s, 2);
	troupe_ref sender = player(&s), full = spawned(&s, &parking_player);
	hold(&barrier, full);
	const troupe_ref to[] = { full, full };
	send_all(&sight, sender, to, 2);
	CHECK(cell_of(full)->extra->bounds->room.first != NULL);
	CHECK_OK(troupe_kill(sender));
	CHECK_OK(troupe_wait_end(sender, LIMIT, NULL));
	CHECK(cell_of(full)->extra->bounds->room.first == NULL);
	let_go(&barrier);
	stage_finish(&s);
}

TEST(park, without_memory_for_the_edge_nothing_is_queued)
{
	static struct sight sight;
	use_malloc();
	stage_start(&s, 2);
	troupe_ref sender = player(&s), full = spawned(&s, &parking_player);
	struct barrier barrier;
	hold(&barrier, full);
	const troupe_ref to[] = { full };
	send_all(&sight, sender, to, 1); /* full now */
	CHECK_EQ(sight.edges, 0);
	struct bounds *bounds = cell_of(full)->extra->bounds;
	struct actor_worker fake = { .running = cell_of(sender) };
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	allocations_allowed = 0;
	troupei_memory_fail_by(fail_when_used_up);
	CHECK_EQ(troupei_park(&fake, cell_of(full), &bounds->room, &lock, NOTE), TROUPE_ENOMEM);
	troupei_memory_fail_by(NULL);
	CHECK(bounds->room.first == NULL);
	let_go(&barrier);
	stage_finish(&s);
}

TEST(park, only_handlers_can)
{
	CHECK(!troupei_park_is_possible(NULL));
	CHECK(!troupei_park_is_possible(&(struct actor_worker){ .running = NULL }));
}
