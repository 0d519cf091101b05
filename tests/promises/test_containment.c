/* SPDX-License-Identifier: MIT */
/* Promise: a crash in a handler of a contained actor ends that actor, and nothing else is lost or larger for it. Each cause is met
 * so many times in one process; TROUPE_CRASHES in the environment says how many times instead (20000: 100,000 in all). */
#define TEST_SECONDS 900 /* for 100,000 */
#include <dirent.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixture.h"
#include "support/faults.h"

enum {
	EACH_CAUSE = TEST_WITH_TSAN ? 100 : TEST_WITH_ASAN ? 200 : 1000,
	AT_ONCE = 16,
	NEIGHBOURS = 4,
};

enum { CRASH = 1, ECHO, ECHOED, TICK, DONE, QUESTION };

struct number {
	int64_t n;
};
struct ask {
	troupe_ref reply;
};

static atomic_int terminated, answered, last_why;
static atomic_long ended, ended_crashed, echoed;

/* ------------------------------------------------------------------------------------------------------- the storm -- */

static troupe_verdict victim_receive(troupe_actor *me, const troupe_message *m)
{
	const struct number *cause = m->data;

	(void)me;
	fault_make((enum fault)cause->n);
	return TROUPE_HANDLED;
}

static void count_terminate(troupe_actor *me, troupe_status why)
{
	(void)me, (void)why;
	terminated++;
}

static const troupe_behaviour victim = { .name = "victim", .receive = victim_receive, .terminate = count_terminate,
	                                 .state_size = 200, .isolation = TROUPE_CONTAINED };

/* One of the others: its messages go round while victims crash. */
static troupe_verdict neighbour_receive(troupe_actor *me, const troupe_message *m)
{
	struct number *state = me->state;
	const struct number *in = m->data;

	if (in->n != state->n) /* one was lost, or came twice */
		return troupe_fail(me, TROUPE_EUSER);
	state->n++;
	echoed++;
	return TROUPE_HANDLED;
}

static const troupe_behaviour neighbour = { .name = "neighbour", .receive = neighbour_receive,
	                                    .state_size = sizeof(struct number) };

static void crash_some(struct fixture *f, int64_t cause)
{
	troupe_ref victims[AT_ONCE];

	for (int i = 0; i < AT_ONCE; i++) {
		CHECK_OK(troupe_spawn(f->system, &victim, NULL, &victims[i]));
		CHECK_OK(troupe_send_bytes(victims[i], CRASH, &(struct number){ cause }, sizeof(struct number)));
	}
	for (int i = 0; i < AT_ONCE; i++) {
		troupe_status why = TROUPE_OK;
		CHECK_OK(troupe_wait_end(victims[i], LIMIT, &why));
		CHECK(why == TROUPE_ECRASHED || why == TROUPE_EGONE);
		ended_crashed += why == TROUPE_ECRASHED;
		ended++;
	}
}

static long resident_kb(void)
{
	long pages = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	CHECK(file != NULL && fscanf(file, "%*d %ld", &pages) == 1);
	fclose(file);
	return pages * 4;
}

static int threads(void)
{
	int count = 0;
	DIR *directory = opendir("/proc/self/task");

	CHECK(directory != NULL);
	for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
		count += entry->d_name[0] != '.';
	closedir(directory);
	return count;
}

static int64_t each_cause(void)
{
	const char *wanted = getenv("TROUPE_CRASHES");

	return wanted != NULL ? strtol(wanted, NULL, 10) : EACH_CAUSE;
}

static void storm(struct fixture *f, const troupe_ref *neighbours, int64_t times)
{
	int64_t sent = 0;

	for (int64_t cause = 0; cause < FAULTS; cause++)
		for (int64_t done = 0; done < times; done += AT_ONCE) {
			for (int i = 0; i < NEIGHBOURS; i++)
				CHECK_OK(troupe_send_bytes(neighbours[i], ECHO, &(struct number){ sent }, sizeof(struct number)));
			sent++;
			crash_some(f, cause);
		}
	fixture_settle(f);
	CHECK_EQ(echoed, sent * NEIGHBOURS);
}

TEST(containment, of_every_cause_again_and_again)
{
	struct fixture f;
	troupe_ref neighbours[NEIGHBOURS];
	troupe_counters counters;
	int64_t times = each_cause();
	troupe_options options = fixture_options(&f, 2);
	options.crashes_max = UINT64_MAX;
	CHECK_OK(troupe_start(&options, &f.system));
	for (int64_t cause = 0; cause < FAULTS; cause++) /* what is made once: stacks as deep, tables of names */
		crash_some(&f, cause);
	int threads_before = threads();
	long before_kb = resident_kb(), victims_before = ended;
	for (int i = 0; i < NEIGHBOURS; i++)
		CHECK_OK(troupe_spawn(f.system, &neighbour, NULL, &neighbours[i]));
	storm(&f, neighbours, times);
	CHECK_OK(troupe_counters_read(f.system, &counters));
	CHECK(ended - victims_before >= times * FAULTS);
	CHECK_EQ(counters.crashes, ended);
	CHECK_EQ(counters.actors_alive, NEIGHBOURS);
	CHECK_EQ(terminated, 0);
	CHECK_EQ(f.letter_count, ended);
	CHECK_EQ(threads(), threads_before);
	if (!TEST_WITH_ASAN && !TEST_WITH_TSAN) /* which remember what was freed */
		cr_assert(resident_kb() - before_kb < 20000, "%ld kB more", resident_kb() - before_kb); /* two stacks of 8 MB */
	fixture_finish(&f);
	CHECK_EQ(f.ledger.dead, ended);
	CHECK_EQ(f.ledger.handled, echoed);
}

/* ------------------------------------------------------------------------------------------------------- its children -- */

static troupe_ref crashing;

static troupe_verdict do_spawn_child(troupe_actor *me, void *behaviour)
{
	return troupe_done(me, troupe_spawn_child(me, behaviour, NULL, &crashing));
}

static troupe_verdict do_crash(troupe_actor *me, void *cause)
{
	(void)me;
	fault_make((enum fault)(uintptr_t)cause);
	return TROUPE_HANDLED;
}

static const troupe_behaviour contained_doer = { .name = "contained", .receive = doer_receive, .isolation = TROUPE_CONTAINED };
static const troupe_behaviour hands_back = { .name = "handing back", .receive = doer_receive, .isolation = TROUPE_CONTAINED,
	                                     .leftovers = TROUPE_HAND_BACK };

TEST(containment, children_end_with_it_and_its_parent_lives)
{
	struct fixture f;
	fixture_start(&f, 2);
	doer parent = doer_spawn(&f);
	perform(&f, parent.ref, do_spawn_child, (void *)(uintptr_t)&contained_doer);
	troupe_ref child = crashing;
	perform(&f, child, do_spawn_child, (void *)(uintptr_t)&doer_behaviour);
	troupe_ref grandchild = crashing;
	perform(&f, child, do_crash, (void *)FAULT_NULL);
	CHECK(!troupe_is_alive(child));
	CHECK(!troupe_is_alive(grandchild));
	check_handles(&f, parent.ref);
	fixture_finish(&f);
}

static troupe_verdict returned_receive(troupe_actor *me, const troupe_message *m)
{
	if (m->kind == TROUPE_RETURNED) {
		echoed++;
		return TROUPE_HANDLED;
	}
	return doer_receive(me, m);
}

static const troupe_behaviour sender = { .name = "sender", .receive = returned_receive };

/* Leftovers are treated as its behaviour says, the message it crashed on is not sent back. */
static troupe_verdict do_fill(troupe_actor *me, void *argument)
{
	troupe_ref to = *(troupe_ref *)argument;

	for (int i = 0; i < 5; i++) {
		struct task task = { i == 0 ? do_crash : do_nothing, (void *)FAULT_ABORT };
		CHECK_OK(troupe_send_bytes_from(me, to, DO, &task, sizeof task));
	}
	return TROUPE_HANDLED;
}

TEST(containment, leftovers_are_handed_back)
{
	struct fixture f;
	struct barrier barrier;
	troupe_ref from;
	echoed = 0;
	fixture_start(&f, 2);
	CHECK_OK(troupe_spawn(f.system, &hands_back, NULL, &crashing));
	CHECK_OK(troupe_spawn(f.system, &sender, NULL, &from));
	barrier_raise(&barrier, crashing);
	tell(from, do_fill, &crashing);
	while (troupe_ledger_read(f.system, &f.ledger) == TROUPE_OK && f.ledger.sent < 7)
		sleep_ns(TROUPE_MS / 10);
	barrier_open(&barrier);
	fixture_settle(&f);
	CHECK_EQ(echoed, 4);
	CHECK_EQ(fixture_letters(&f, DO, TROUPE_ECRASHED), 1);
	fixture_finish(&f);
}

/* ----------------------------------------------------------------------------------------------------------- questions -- */

static troupe_verdict asked_receive(troupe_actor *me, const troupe_message *m)
{
	(void)m;
	fault_make(FAULT_OVERFLOW);
	return troupe_fail(me, TROUPE_EUSER);
}

static const troupe_behaviour asked = { .name = "asked", .receive = asked_receive, .isolation = TROUPE_CONTAINED };

static troupe_verdict on_outcome(troupe_actor *me, const troupe_message *m)
{
	(void)me;
	answered += m->kind == TROUPE_UNANSWERED;
	last_why = m->why;
	return TROUPE_HANDLED;
}

static troupe_verdict do_ask(troupe_actor *me, void *to)
{
	struct ask question = { { 0 } };

	return troupe_done(me, troupe_ask_then_bytes(me, *(troupe_ref *)to, QUESTION, &question, sizeof question, 0, on_outcome,
	                                             0));
}

TEST(containment, who_asked_is_told)
{
	struct fixture f;
	troupe_ref to;
	answered = last_why = 0;
	fixture_start(&f, 2);
	doer asker = doer_spawn(&f);
	CHECK_OK(troupe_spawn(f.system, &asked, NULL, &to));
	perform(&f, asker.ref, do_ask, &to);
	CHECK_EQ(answered, 1);
	CHECK_EQ(last_why, TROUPE_ECRASHED);
	CHECK_EQ(fixture_letters(&f, QUESTION, TROUPE_ECRASHED), 1);
	check_handles(&f, asker.ref);
	fixture_finish(&f);
}

/* A continuation is a handler as well: the answer that it crashes on is a dead letter. */
static troupe_verdict answer_receive(troupe_actor *me, const troupe_message *m)
{
	const struct ask *question = m->data;

	(void)me;
	return troupe_done(me, troupe_send_bytes(question->reply, DONE, NULL, 0));
}

static troupe_verdict crash_on_answer(troupe_actor *me, const troupe_message *m)
{
	(void)me;
	if (m->kind == DONE)
		fault_make(FAULT_INSTRUCTION);
	return TROUPE_HANDLED;
}

static troupe_verdict do_ask_and_crash(troupe_actor *me, void *to)
{
	struct ask question = { { 0 } };

	return troupe_done(me, troupe_ask_then_bytes(me, *(troupe_ref *)to, QUESTION, &question, sizeof question, 0,
	                                             crash_on_answer, 0));
}

TEST(containment, of_a_continuation)
{
	static const troupe_behaviour answering = { .name = "answering", .receive = answer_receive };
	struct fixture f;
	troupe_ref to, asker;
	fixture_start(&f, 2);
	CHECK_OK(troupe_spawn(f.system, &answering, NULL, &to));
	CHECK_OK(troupe_spawn(f.system, &contained_doer, NULL, &asker));
	perform(&f, asker, do_ask_and_crash, &to);
	CHECK(!troupe_is_alive(asker));
	CHECK(troupe_is_alive(to));
	CHECK_EQ(fixture_letters(&f, DONE, TROUPE_ECRASHED), 1);
	CHECK(fixture_logged(&f, "actor contained"));
	CHECK(fixture_logged(&f, "SIGILL"));
	fixture_finish(&f);
}

static void crash_a_plain_one(void)
{
	struct fixture f;
	troupe_ref to;

	fixture_start(&f, 1);
	CHECK_OK(troupe_spawn(f.system, &contained_doer, NULL, &to));
	perform(&f, doer_spawn(&f).ref, do_crash, (void *)FAULT_NULL);
	_exit(0);
}

TEST(containment, not_asked_for_is_not_given)
{
	int status;

	if (TEST_WITH_TSAN) /* which refuses threads in a forked process */
		return;
	pid_t child = fork();
	if (child == 0)
		crash_a_plain_one();
	CHECK(waitpid(child, &status, 0) == child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}
