/* SPDX-License-Identifier: MIT */
/* Posting what is ready: counted once if it is a user's, left to the caller if it is refused; signals and their hint. */
#include "actors/post.h"

#include "actors/dead_letter.h"
#include "actors/spawn.h"
#include "stage.h"

static struct stage s, other;

/* A cell that nobody runs, as if it were running: its head is the test's. */
static struct cell *stand_in(void *head)
{
	struct cell *cell;
	CHECK_OK(troupei_cell_take(s.system.private_, NULL, &cell));
	cell->mailbox = (struct mailbox){ .head = head };
	cell->signals = cell->flags = 0;
	return cell;
}

static void dismiss(struct cell *cell)
{
	struct envelope *envelope;
	troupei_mailbox_close(&cell->mailbox);
	while ((envelope = troupei_list_pop(&cell->mailbox.tail)) != NULL)
		troupei_envelope_bury(s.system.private_, NULL, cell, envelope, TROUPE_EGONE);
	troupei_cell_retire(cell);
	troupei_cell_give(s.system.private_, NULL, cell);
}

static struct envelope *plain(void)
{
	struct envelope *envelope = troupei_envelope_new(SORT_PLAIN, 0, 5, 0, 0);
	CHECK(envelope != NULL);
	return envelope;
}

static troupe_status post(troupe_ref to, struct envelope *envelope)
{
	return troupei_post(s.system.private_, NULL, to, envelope);
}

TEST(post, counts_users_messages_once)
{
	stage_start(&s, 1);
	struct cell *cell = stand_in(NULL);
	CHECK_OK(post(troupei_ref_of(cell), plain()));
	CHECK_EQ(stage_ledger(&s).sent, 1);
	CHECK_EQ(cell->mailbox.head->generation, cell->generation);
	const enum envelope_sort own[] = { SORT_STOP, SORT_KILL };
	for (int i = 0; i < 2; i++)
		CHECK_OK(post(troupei_ref_of(cell), troupei_envelope_new(own[i], 0, 0, 0, 0)));
	CHECK_EQ(stage_ledger(&s).sent, 1);
	dismiss(cell);
	CHECK_EQ(stage_letters(&s, TROUPE_EGONE), 1);
	stage_finish(&s);
}

static void check_refused(troupe_ref to, troupe_status why)
{
	struct envelope *envelope = plain();
	CHECK_EQ(post(to, envelope), why);
	CHECK_EQ(troupei_envelope_kind(envelope), 5);
	troupei_envelope_free(envelope); /* ours still */
	CHECK_EQ(stage_ledger(&s).sent, 0);
}

TEST(post, what_is_refused_is_the_callers_and_not_counted)
{
	stage_start(&s, 1);
	struct cell *cell = stand_in(MAILBOX_CLOSED);
	check_refused(troupei_ref_of(cell), TROUPE_ECLOSED);
	cell->mailbox.head = (void *)(INTPTR_MIN + 1);
	check_refused(troupei_ref_of(cell), TROUPE_ECLOSED);
	check_refused((troupe_ref){ 0 }, TROUPE_EGONE);
	check_refused(troupei_ref(troupei_slot_of(cell), cell->generation + 2), TROUPE_EGONE);
	check_refused(ended_player(&s), TROUPE_EGONE);
	dismiss(cell);
	stage_finish(&s);
}

/* It says that a control message waits behind others; one that wakes the actor is seen without. */
TEST(post, control_hint)
{
	stage_start(&s, 1);
	struct cell *cell = stand_in(NULL);
	CHECK_OK(post(troupei_ref_of(cell), plain()));
	CHECK_EQ(cell->signals, 0);
	CHECK_OK(post(troupei_ref_of(cell), troupei_envelope_new(SORT_PLAIN, ENVELOPE_CONTROL, 5, 0, 0)));
	CHECK_EQ(cell->signals, SIGNAL_CONTROL);
	dismiss(cell);
	stage_finish(&s);
}

static atomic_int handled;

static troupe_verdict count(troupe_actor *me, const troupe_message *m)
{
	(void)me, (void)m;
	atomic_fetch_add(&handled, 1);
	return TROUPE_HANDLED;
}

static const troupe_behaviour counter_behaviour = { .receive = count };

static troupe_verdict post_from_worker(troupe_actor *me, void *to)
{
	struct actor_worker *worker = troupei_me_worker(me);
	CHECK_OK(troupei_post(worker->system, worker, *(troupe_ref *)to, plain()));
	return TROUPE_HANDLED;
}

TEST(post, wakes_who_is_idle)
{
	stage_start(&s, 1);
	troupe_ref to = spawned(&s, &counter_behaviour);
	for (int i = 1; i <= 10; i++) {
		CHECK_OK(post(to, plain()));
		stage_settle(&s);
		CHECK_EQ(handled, 2 * i - 1);
		perform(&s, player(&s), post_from_worker, &to);
		CHECK_EQ(handled, 2 * i);
	}
	stage_finish(&s);
	CHECK_EQ(s.ledger.handled, 10 + 10 + 10);
}

/* A message counts where it is handled. */
TEST(post, into_another_system)
{
	stage_start(&s, 1);
	stage_start(&other, 1);
	troupe_ref to = spawned(&other, &counter_behaviour);
	perform(&s, player(&s), post_from_worker, &to);
	stage_settle(&other);
	CHECK_EQ(handled, 1);
	CHECK_EQ(stage_ledger(&s).sent, 1);
	CHECK_EQ(stage_ledger(&other).sent, 1);
	stage_finish(&other);
	stage_finish(&s);
}

/* The bit stays set for the running one; an idle one is woken, and ends. */
TEST(post, signals)
{
	stage_start(&s, 1);
	struct cell *cell = stand_in(NULL);
	troupei_signal(s.system.private_, NULL, cell, SIGNAL_STOP);
	troupei_signal(s.system.private_, NULL, cell, SIGNAL_KILL);
	CHECK_EQ(cell->signals, SIGNAL_STOP | SIGNAL_KILL);
	CHECK(cell->mailbox.head == NULL);
	dismiss(cell);
	const uint8_t signals[] = { SIGNAL_STOP, SIGNAL_KILL };
	for (int i = 0; i < 2; i++) {
		troupe_ref ref = player(&s);
		troupei_signal(s.system.private_, NULL, cell_of(ref), signals[i]);
		CHECK_OK(troupe_wait_end(ref, LIMIT, NULL));
	}
	stage_finish(&s);
	CHECK_EQ(s.ledger.sent, 0);
}
