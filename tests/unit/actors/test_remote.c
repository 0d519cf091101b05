/* SPDX-License-Identifier: MIT */
/* What the public functions do in the child: told by a page that test and child share. */
#include "actors/remote.h"

#include <sys/mman.h>

#include "stage.h"

enum { RESULTS = 16, NEWS = 1 };

struct page {
	troupe_ref other, me;
	atomic_int done, downs, down_why;
	int64_t results[RESULTS];
};

static struct stage s;
static struct page *page; /* shared */

static troupe_verdict receive(troupe_actor *me, const troupe_message *m)
{
	if (m->kind == PLAY)
		return player_receive(me, m);
	if (m->kind != TROUPE_DOWN && m->kind != TROUPE_LINKED)
		return TROUPE_UNKNOWN;
	CHECK(troupe_ref_equal(m->about, page->other));
	page->down_why = m->why;
	atomic_fetch_add(&page->downs, m->kind == TROUPE_DOWN ? (int)m->token : 100);
	return TROUPE_HANDLED;
}

static const troupe_behaviour apart = { .name = "apart", .receive = receive, .isolation = TROUPE_PROCESS, .traps = 1 };

static troupe_ref start(void)
{
	page = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(page != MAP_FAILED);
	stage_start(&s, 1);
	page->other = player(&s);
	page->me = spawned(&s, &apart);
	return page->me;
}

static troupe_verdict look_around(troupe_actor *me, void *nothing)
{
	int64_t *to = page->results;
	(void)nothing;
	*to++ = troupei_is_remote();
	*to++ = troupe_ref_equal(me->ref, page->me);
	*to++ = troupe_is_alive(me->ref);
	*to++ = troupe_is_alive(page->other);
	*to++ = troupe_is_alive((troupe_ref){ 0x7777700000001 });
	*to++ = troupe_stop((troupe_ref){ 0 });
	*to++ = troupe_run(me->system);
	*to++ = troupe_settle(me->system, 0);
	*to++ = troupe_finish(me->system, 0);
	*to++ = troupe_ref_is_null(troupe_parent(me));
	*to++ = (int64_t)troupe_lives(me, NULL);
	*to++ = troupe_send_bytes((troupe_ref){ 0 }, 1, NULL, 0);
	return TROUPE_HANDLED;
}

TEST(remote, sees_itself_and_others)
{
	static const int64_t expected[] = { 1, 1, 1, 1, 0, TROUPE_OK, TROUPE_ECONTEXT, TROUPE_ECONTEXT, TROUPE_ECONTEXT, 1, 0,
		                            TROUPE_EGONE };
	troupe_ref ref = start();
	CHECK(!troupei_is_remote());
	perform(&s, ref, look_around, NULL);
	for (unsigned i = 0; i < sizeof expected / sizeof *expected; i++)
		CHECK_EQ(page->results[i], expected[i]);
	stage_finish(&s);
}

static troupe_verdict watch_other(troupe_actor *me, void *nothing)
{
	troupe_monitor_id id, undone;
	(void)nothing;
	page->results[0] = troupe_monitor(me, page->other, 7, &id);
	page->results[1] = troupe_monitor(me, page->other, 8, &undone);
	page->results[2] = troupe_unmonitor(me, undone);
	page->results[3] = troupe_unmonitor(me, undone);
	page->results[4] = troupe_link(me, page->other);
	page->results[5] = troupe_monitor(me, me->ref, 0, NULL);
	return TROUPE_HANDLED;
}

TEST(remote, is_told_of_ends)
{
	troupe_ref ref = start();
	perform(&s, ref, watch_other, NULL);
	CHECK_OK(page->results[0]);
	CHECK_OK(page->results[1]);
	CHECK_OK(page->results[2]);
	CHECK_EQ(page->results[3], TROUPE_ENOENT);
	CHECK_OK(page->results[4]);
	CHECK_EQ(page->results[5], TROUPE_EINVAL);
	CHECK_OK(troupe_kill(page->other));
	await_count(&page->downs, 107);
	CHECK_EQ(page->down_why, TROUPE_EKILLED);
	stage_finish(&s);
}

static troupe_verdict name_things(troupe_actor *me, void *nothing)
{
	troupe_ref found = { 0 };
	(void)nothing;
	page->results[0] = troupe_name(page->other, "other");
	page->results[1] = troupe_find(me->system, "other", &found);
	page->results[2] = troupe_ref_equal(found, page->other);
	page->results[3] = troupe_find(me->system, "nobody", &found);
	page->results[4] = troupe_unname(me->system, "other");
	page->results[5] = troupe_name(page->other, NULL);
	return TROUPE_HANDLED;
}

TEST(remote, names_are_the_parents)
{
	troupe_ref ref = start(), found;
	perform(&s, ref, name_things, NULL);
	CHECK_OK(page->results[0]);
	CHECK_OK(page->results[1]);
	CHECK_EQ(page->results[2], 1);
	CHECK_EQ(page->results[3], TROUPE_ENOENT);
	CHECK_OK(page->results[4]);
	CHECK_EQ(page->results[5], TROUPE_EINVAL);
	CHECK_EQ(troupe_find(s.system, "other", &found), TROUPE_ENOENT);
	stage_finish(&s);
}

static troupe_verdict open_addresses(troupe_actor *me, void *nothing)
{
	troupe_ref address;
	(void)nothing;
	page->results[0] = troupe_expect(me, NULL, &address);
	page->results[1] = troupei_ref_generation(address) >= REMOTE_GENERATION;
	page->results[2] = troupe_forget(me, address);
	page->results[3] = troupe_forget(me, address);
	page->results[4] = troupe_ask_bytes(page->other, 1, &address, sizeof address, 0, address);
	page->results[5] = troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .within_ns = -1), &address);
	page->results[6] = troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .answers = 70000), &address);
	page->results[7] = troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .questions = 70000), &address);
	return TROUPE_HANDLED;
}

TEST(remote, addresses_are_no_parents_addresses)
{
	troupe_ref ref = start();
	perform(&s, ref, open_addresses, NULL);
	CHECK_OK(page->results[0]);
	CHECK_EQ(page->results[1], 1);
	CHECK_OK(page->results[2]);
	CHECK_EQ(page->results[3], TROUPE_EGONE);
	CHECK_EQ(page->results[4], TROUPE_ECLOSED);
	for (int i = 5; i <= 7; i++)
		CHECK_EQ(page->results[i], TROUPE_EINVAL);
	CHECK_EQ(cell_of(ref)->extra->courier->address_count, 0);
	stage_finish(&s);
}

static troupe_verdict quit(troupe_actor *me, void *nothing)
{
	(void)nothing;
	troupe_quit(me->system);
	return TROUPE_HANDLED;
}

TEST(remote, may_say_that_all_is_done)
{
	troupe_ref ref = start();
	tell(ref, quit, NULL);
	CHECK_OK(troupe_run(s.system));
	stage_finish(&s);
}

enum { SENDERS = 3, EACH = 200 };

static void *send_many(void *nothing)
{
	for (int i = 0; i < EACH; i++)
		CHECK_OK(troupe_send_bytes(page->other, 1, page, 100)); /* unknown to it: a dead letter */
	CHECK_EQ(troupe_name(page->other, "x"), TROUPE_EREMOTE);
	return nothing;
}

static troupe_verdict send_from_threads(troupe_actor *me, void *nothing)
{
	pthread_t threads[SENDERS];
	for (int i = 0; i < SENDERS; i++)
		CHECK_OK(pthread_create(&threads[i], NULL, send_many, nothing));
	CHECK_OK(troupe_is_alive(page->other) ? 0 : 1);
	for (int i = 0; i < SENDERS; i++)
		CHECK_OK(pthread_join(threads[i], NULL));
	page->results[0] = troupe_ref_equal(me->ref, page->me);
	return TROUPE_HANDLED;
}

TEST(remote, threads_of_a_handler_may_send)
{
	if (TEST_WITH_TSAN) {
		cr_log_info("skipped: the thread sanitizer starts no threads after a fork");
		return;
	}
	troupe_ref ref = start();
	perform(&s, ref, send_from_threads, NULL);
	CHECK_EQ(page->results[0], 1);
	CHECK_EQ(stage_ledger(&s).dead, SENDERS * EACH);
	stage_finish(&s);
}
