/* SPDX-License-Identifier: MIT */
/* The parent's side: one behaviour for one of the user's, a window, and what becomes of a child that goes wrong. */
#include "actors/courier.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stage.h"

static struct stage s;

static troupe_verdict count_small(troupe_actor *me, const troupe_message *m)
{
	return m->kind == PLAY ? player_receive(me, m) : TROUPE_HANDLED;
}

static const troupe_behaviour apart = { .name = "apart", .receive = count_small, .isolation = TROUPE_PROCESS };

static void *shared_memory(void)
{
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(memory != MAP_FAILED);
	return memory;
}

/* It waits, in its process, until the test lets it go on. */
static troupe_ref waiting(struct barrier *shared)
{
	troupe_ref ref = spawned(&s, &apart);
	tell(ref, play_wait, shared);
	await_count(&shared->reached, 1);
	return ref;
}

TEST(courier, one_behaviour_for_one_of_the_users)
{
	stage_start(&s, 1);
	const troupe_behaviour *one = troupei_courier_behaviour(s.system.private_, &apart);
	CHECK(one == troupei_courier_behaviour(s.system.private_, &apart));
	CHECK(one != &apart && one->receive != apart.receive);
	CHECK_STR_EQ(one->name, "apart");
	CHECK_EQ(one->isolation, TROUPE_PROCESS);
	stage_finish(&s);
}

/* Glances at what another thread is writing. */
static bool __attribute__((no_sanitize("thread"), noinline)) holds(const struct cell *cell)
{
	return (*(volatile const uint8_t *)&cell->flags & FLAG_HOLD) != 0;
}

static uint32_t __attribute__((no_sanitize("thread"), noinline)) in_flight(const struct cell *cell)
{
	return *(volatile uint32_t *)&cell->extra->courier->in_flight;
}

TEST(courier, takes_no_more_than_a_window_from_its_mailbox)
{
	enum { MESSAGES = 2000, WINDOW = 256 };
	struct barrier *shared = shared_memory();
	stage_start(&s, 1);
	troupe_ref ref = waiting(shared);
	for (int i = 0; i < MESSAGES; i++)
		CHECK_OK(troupe_send_bytes(ref, 1, &i, sizeof i));
	while (!holds(cell_of(ref)) || in_flight(cell_of(ref)) < WINDOW)
		sleep_ns(TROUPE_MS / 10);
	CHECK_EQ(in_flight(cell_of(ref)), WINDOW);
	CHECK_EQ(troupe_settle(s.system, TROUPE_MS), TROUPE_ETIMEOUT); /* P6 */
	let_go(shared);
	stage_settle(&s);
	CHECK_EQ(in_flight(cell_of(ref)), 0);
	CHECK_EQ(stage_ledger(&s).queued, 0);
	CHECK(!holds(cell_of(ref)));
	CHECK_EQ(stage_ledger(&s).handled, MESSAGES + 1);
	stage_finish(&s);
}

TEST(courier, the_ledger_counts_what_waits_there_as_queued)
{
	struct barrier *shared = shared_memory();
	stage_start(&s, 1);
	troupe_ref ref = waiting(shared);
	for (int i = 0; i < 10; i++)
		CHECK_OK(troupe_send_bytes(ref, 1, &i, sizeof i));
	CHECK_EQ(stage_ledger(&s).queued, 11);
	CHECK_OK(troupe_kill(ref));
	CHECK_OK(troupe_wait_end(ref, LIMIT, NULL));
	stage_settle(&s);
	CHECK_EQ(stage_ledger(&s).dead, 11);
	CHECK_EQ(stage_letters(&s, TROUPE_EKILLED), 11);
	stage_finish(&s);
}

static troupe_verdict write_garbage(troupe_actor *me, void *nothing)
{
	char garbage[200];
	(void)me, (void)nothing;
	memset(garbage, 0xee, sizeof garbage);
	CHECK_EQ(write(3, garbage, sizeof garbage), sizeof garbage);
	pause();
	return TROUPE_HANDLED;
}

static troupe_verdict close_everything(troupe_actor *me, void *nothing)
{
	(void)me, (void)nothing;
	close(3);
	pause();
	return TROUPE_HANDLED;
}

static void goes_wrong(part *how, const char *words)
{
	troupe_status why = TROUPE_OK;
	struct barrier *shared = shared_memory();
	stage_start(&s, 1);
	troupe_ref ref = waiting(shared);
	tell(ref, how, NULL);
	let_go(shared);
	CHECK_OK(troupe_wait_end(ref, LIMIT, &why));
	CHECK(why == TROUPE_ECRASHED || why == TROUPE_EGONE);
	stage_finish(&s);
	CHECK(stage_logged(&s, words));
	CHECK_EQ(stage_letters(&s, TROUPE_ECRASHED), 1);
}

TEST(courier, who_speaks_nonsense_is_killed)
{
	goes_wrong(write_garbage, "it speaks nonsense");
}

TEST(courier, who_closes_its_socket_is_killed)
{
	goes_wrong(close_everything, "signal 9");
}

static troupe_verdict give_up(troupe_actor *me, const troupe_message *m)
{
	(void)me, (void)m;
	abort();
}

TEST(courier, a_crash_names_the_kind_that_was_handled)
{
	static const troupe_kind kinds[] = { { .kind = 5, .name = "KIND_FIVE" }, { 0 } };
	static troupe_behaviour named;
	named = apart;
	named.kinds = kinds;
	named.receive = give_up;
	stage_start(&s, 1);
	troupe_ref ref = spawned(&s, &named);
	CHECK_OK(troupe_send_bytes(ref, 5, NULL, 0));
	CHECK_OK(troupe_wait_end(ref, LIMIT, NULL));
	stage_finish(&s);
	CHECK(stage_logged(&s, "in its handler of KIND_FIVE"));
}

TEST(courier, without_memory_there_is_a_status_and_nothing_else)
{
	troupe_ref ref;
	unsigned made = 0;
	use_malloc();
	stage_start(&s, 1);
	for (int allowed = 0; made == 0; allowed++) {
		allocations_allowed = allowed;
		troupei_memory_fail_by(fail_when_used_up);
		troupe_status status = troupe_spawn(s.system, &apart, NULL, &ref);
		troupei_memory_fail_by(NULL);
		CHECK(status == TROUPE_OK || status == TROUPE_ENOMEM);
		stage_settle(&s);
		made = stage_alive(&s); /* its worker may be the one that had no memory for it, after the spawn */
		CHECK(made == 0 || status == TROUPE_OK);
	}
	stage_settle(&s);
	CHECK_OK(troupe_stop_wait(ref, LIMIT));
	stage_finish(&s);
}

TEST(courier, the_name_that_is_taken_ends_the_child)
{
	troupe_ref ref;
	stage_start(&s, 1);
	CHECK_OK(troupe_spawn_with(s.system, NULL, &apart, NULL, TROUPE_OPTIONS(troupe_spawn_options, .name = "it"), &ref));
	CHECK_EQ(troupe_spawn_with(s.system, NULL, &apart, NULL, TROUPE_OPTIONS(troupe_spawn_options, .name = "it"), &ref),
	         TROUPE_EEXIST);
	stage_settle(&s);
	stage_finish(&s);
	CHECK_EQ(waitpid(-1, NULL, WNOHANG), -1);
}
