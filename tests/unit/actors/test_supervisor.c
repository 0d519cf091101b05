/* SPDX-License-Identifier: MIT */
/* The supervisor's side: W1 seen from inside, forged timers, and restarts, removals and ends from several threads at once. */
#include "actors/supervisor.h"

#include "stage.h"

enum { WORK = 1, FAIL, CHILDREN = 5, ROUNDS = 400 };

static struct stage s;

static troupe_verdict receive(troupe_actor *me, const troupe_message *m)
{
	return m->kind == FAIL ? troupe_fail(me, TROUPE_EUSER) : TROUPE_HANDLED;
}

static const troupe_behaviour child = { .name = "child", .receive = receive, .state_size = 8 };

TEST(supervisor, list_of_children)
{
	struct supervised records[3];
	struct supervision supervision = { 0 };

	memset(records, 0, sizeof records);
	for (int i = 0; i < 3; i++)
		troupei_supervision_append(&supervision, &records[i]);
	CHECK(supervision.first == &records[0] && supervision.last == &records[2]);
	troupei_supervision_remove(&supervision, &records[1]);
	CHECK(records[0].next == &records[2] && records[2].previous == &records[0]);
	troupei_supervision_remove(&supervision, &records[0]);
	CHECK(supervision.first == &records[2] && records[2].previous == NULL);
	troupei_supervision_remove(&supervision, &records[2]);
	CHECK(supervision.first == NULL && supervision.last == NULL);
}

TEST(supervisor, defaults)
{
	struct supervision supervision;

	troupei_supervision_init(&supervision, &(troupe_supervisor){ 0 });
	CHECK_EQ(supervision.restarts.max, 3);
	CHECK_EQ(supervision.restarts.within_ns, 5 * TROUPE_S);
	troupei_supervision_init(&supervision, &(troupe_supervisor){ .restarts_max = 7, .within_ns = 9 });
	CHECK_EQ(supervision.restarts.max, 7);
	CHECK_EQ(supervision.restarts.within_ns, 9);
}

/* A message of a timer's kind, but without a token, is not its own. */
TEST(supervisor, does_not_know_users_messages)
{
	static const troupe_supervisor tree = { 0 };
	troupe_ref top;

	stage_start(&s, 1);
	CHECK_OK(troupe_supervise(s.system, NULL, &tree, &top));
	for (int32_t kind = 1; kind < 4; kind++)
		CHECK_OK(troupe_send_bytes(top, kind, "payload", 8));
	stage_settle(&s);
	CHECK_EQ(stage_letters(&s, TROUPE_EUNKNOWN), 3);
	CHECK(troupei_supervisor_is(cell_of(top)));
	CHECK(troupei_supervision_of(cell_of(top))->begun);
	stage_finish(&s);
}

static troupe_ref top, refs[CHILDREN];
static atomic_bool over;

static void *remove_and_add(void *unused)
{
	(void)unused;
	while (!atomic_load(&over)) {
		troupe_ref added;
		troupe_status status = troupe_add_child(top, &(troupe_child_spec){ .behaviour = &child }, &added);
		CHECK(status == TROUPE_OK || status == TROUPE_EGONE || status == TROUPE_ECLOSED);
		if (status != TROUPE_OK)
			break;
		troupe_ignore(troupe_send_bytes(added, FAIL, NULL, 0));
		status = troupe_remove_child(top, added);
		CHECK(status == TROUPE_OK || status == TROUPE_EGONE || status == TROUPE_ECLOSED || status == TROUPE_ENOENT);
	}
	return NULL;
}

static void *look_up(void *stops)
{
	while (!atomic_load(&over)) {
		troupe_ref ref;
		troupe_status status = troupe_child(top, "c", &ref);
		CHECK(status == TROUPE_OK || status == TROUPE_EGONE || (*(bool *)stops && status == TROUPE_ENOENT));
		if (status == TROUPE_OK)
			CHECK(troupe_ref_equal(ref, refs[2]));
	}
	return NULL;
}

/* The hook keeps so many letters only: these threads make more. */
static void no_letter(void *context, const troupe_dead_letter *letter)
{
	(void)context, (void)letter;
}

static void no_line(void *context, const char *line)
{
	(void)context, (void)line;
}

static void several_threads(troupe_strategy strategy, bool stop_meanwhile)
{
	static const char *const names[CHILDREN] = { "a", "b", "c", "d", "e" };
	const troupe_supervisor tree = { .strategy = strategy, .restarts_max = TROUPE_UNLIMITED, .within_ns = 1 };
	pthread_t threads[3];

	troupe_options options = stage_options(&s, 2);
	options.dead_letter = no_letter;
	options.log = no_line;
	CHECK_OK(troupe_start(&options, &s.system));
	atomic_store(&over, false);
	CHECK_OK(troupe_supervise(s.system, NULL, &tree, &top));
	for (int i = 0; i < CHILDREN; i++)
		CHECK_OK(troupe_add_child(top, &(troupe_child_spec){ .name = names[i], .behaviour = &child }, &refs[i]));
	for (int i = 0; i < 3; i++)
		CHECK_OK(pthread_create(&threads[i], NULL, i == 2 ? look_up : remove_and_add, &stop_meanwhile));
	for (int round = 0; round < ROUNDS; round++) {
		CHECK_OK(troupe_send_bytes(refs[round % CHILDREN], round % 3 ? WORK : FAIL, NULL, 0));
		if (round % 50 == 0)
			troupe_ignore(troupe_kill(refs[round % CHILDREN]));
	}
	if (stop_meanwhile)
		CHECK_OK(troupe_stop_wait(top, LIMIT));
	atomic_store(&over, true);
	for (int i = 0; i < 3; i++)
		CHECK_OK(pthread_join(threads[i], NULL));
	if (!stop_meanwhile) {
		stage_settle(&s);
		CHECK_EQ(stage_alive(&s), CHILDREN + 1);
	}
	CHECK_OK(troupe_finish(s.system, LIMIT));
	CHECK_EQ(s.ledger.handled + s.ledger.dead + s.ledger.returned, s.ledger.sent);
}

TEST(supervisor, changed_by_threads_one_for_one)
{
	several_threads(TROUPE_ONE_FOR_ONE, false);
}

TEST(supervisor, changed_by_threads_one_for_all)
{
	several_threads(TROUPE_ONE_FOR_ALL, false);
}

TEST(supervisor, stopped_while_threads_change_it)
{
	several_threads(TROUPE_REST_FOR_ONE, true);
}
