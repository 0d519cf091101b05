/* SPDX-License-Identifier: MIT */
/* troupe_system_report: everybody is named, in the state that he is in, in each format, and no more of them than asked for. */
#include "reported.h"

enum { GO = 1, WAIT, HOLD, QUESTION, ANSWER, LEAVE, REST };

static atomic_int waiting, released;

struct question {
	troupe_ref reply;
};

static void wait_for_release(void)
{
	atomic_fetch_add(&waiting, 1);
	for (int64_t waited = 0; atomic_load(&released) == 0; waited += TROUPE_MS / 10) {
		CHECK(waited < LIMIT);
		nanosleep(&(struct timespec){ .tv_nsec = 100000 }, NULL);
	}
	atomic_fetch_sub(&waiting, 1);
}

static void await_waiting(int count)
{
	for (int64_t waited = 0; atomic_load(&waiting) < count; waited += TROUPE_MS / 10) {
		CHECK(waited < LIMIT);
		nanosleep(&(struct timespec){ .tv_nsec = 100000 }, NULL);
	}
}

struct thing {
	troupe_ref other;
};

static troupe_verdict thing_receive(troupe_actor *me, const troupe_message *m)
{
	struct thing *thing = me->state;
	struct question question;

	switch (m->kind) {
	case GO:
		return TROUPE_HANDLED;
	case WAIT:
		wait_for_release();
		return TROUPE_HANDLED;
	case HOLD:
		CHECK_OK(troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .hold = true), &question.reply));
		CHECK_OK(troupe_ask_bytes(thing->other, QUESTION, &question, sizeof question, 0, question.reply));
		return TROUPE_HANDLED;
	case QUESTION:
		CHECK_OK(troupe_keep(me, m));
		return TROUPE_HANDLED;
	case LEAVE: /* with one message left, and after who is to keep the worker busy */
		CHECK_OK(troupe_send_bytes(me->ref, REST, NULL, 0));
		CHECK_OK(troupe_send_bytes(thing->other, WAIT, NULL, 0));
		troupe_exit(me, TROUPE_OK);
		return TROUPE_HANDLED;
	case REST:
	case TROUPE_UNANSWERED:
		return TROUPE_HANDLED;
	default:
		return TROUPE_UNKNOWN;
	}
}

static const troupe_kind kinds[] = { { GO, 0, "GO" }, { WAIT, 0, "WAIT" }, { HOLD, 0, "HOLD" }, { 0 } };
static const troupe_behaviour thing_behaviour = { .name = "thing", .receive = thing_receive, .state_size = sizeof(struct thing),
	                                          .kinds = kinds };
static const troupe_behaviour blocker_behaviour = { .name = "blocker", .receive = thing_receive, .kinds = kinds,
	                                            .state_size = sizeof(struct thing), .blocks = 1 };
static const troupe_behaviour drainer_behaviour = { .name = "drainer", .receive = thing_receive, .kinds = kinds,
	                                            .state_size = sizeof(struct thing), .leftovers = TROUPE_DRAIN,
	                                            .turn_messages_max = 1 };

static troupe_verdict parent_init(troupe_actor *me)
{
	return troupe_done(me, troupe_spawn_child(me, &blocker_behaviour, NULL, &((struct thing *)me->state)->other));
}

static troupe_verdict parent_receive(troupe_actor *me, const troupe_message *m)
{
	const struct thing *thing = me->state;

	if (m->kind == WAIT)
		return troupe_done(me, troupe_send_bytes(thing->other, WAIT, NULL, 0));
	troupe_exit(me, TROUPE_OK);
	return TROUPE_HANDLED;
}

static const troupe_behaviour parent_behaviour = { .name = "parent", .receive = parent_receive, .init = parent_init,
	                                           .state_size = sizeof(struct thing), .kinds = kinds };

static struct fixture f;
static struct kept_report kept = KEPT_REPORT;

static troupe_ref place(const troupe_behaviour *behaviour, troupe_ref other)
{
	const struct thing thing = { .other = other };
	troupe_ref ref;

	CHECK_OK(troupe_spawn(f.system, behaviour, &thing, &ref));
	return ref;
}

static void push(troupe_ref to, int32_t kind)
{
	CHECK_OK(troupe_send_bytes(to, kind, NULL, 0));
}

static void release_and_finish(void)
{
	atomic_store(&released, 1);
	fixture_finish(&f);
	kept_forget(&kept);
}

TEST(report, names_who_runs_waits_its_turn_or_is_idle)
{
	fixture_start(&f, 1);
	troupe_ref idle = place(&thing_behaviour, (troupe_ref){ 0 }), busy = place(&thing_behaviour, (troupe_ref){ 0 });
	troupe_ref next = place(&thing_behaviour, (troupe_ref){ 0 });
	push(busy, WAIT);
	await_waiting(1);
	push(next, GO);
	push(next, GO);
	push(next, HOLD);
	report_as(&kept, f.system, TROUPE_REPORT_TEXT, 0);
	CHECK(report_says(&kept, busy, "thing, ref"));
	CHECK(report_says(&kept, busy, "state running"));
	CHECK(report_says(&kept, next, "state queued, queued 3, kinds GO 2, HOLD 1") ||
	      report_says(&kept, next, "state queued, queued 3, kinds HOLD 1, GO 2"));
	CHECK(report_says(&kept, idle, "state idle, queued 0"));
	CHECK(strstr(kept.text, "states: running 1, blocking 0, awaiting 0, parked 0, ending 0, draining 0, restarting 0, queued 1, idle 1") != NULL);
	CHECK(strstr(kept.text, "worker 0, runs thing") != NULL && strstr(kept.text, "kind WAIT") != NULL);
	CHECK(strstr(kept.text, "because its handler has not returned") != NULL);
	CHECK(strstr(kept.text, "quiet no") != NULL);
	release_and_finish();
}

TEST(report, names_who_awaits_an_answer)
{
	fixture_start(&f, 1);
	troupe_ref keeper = place(&thing_behaviour, (troupe_ref){ 0 }), asker = place(&thing_behaviour, keeper);
	push(asker, HOLD);
	fixture_settle(&f);
	report_as(&kept, f.system, TROUPE_REPORT_TEXT, 0);
	CHECK(report_says(&kept, asker, "state awaiting"));
	CHECK(report_says(&kept, asker, "questions 1"));
	CHECK(report_says(&kept, keeper, "state idle"));
	push(asker, GO); /* it waits behind the answer */
	fixture_settle(&f);
	report_as(&kept, f.system, TROUPE_REPORT_TEXT, 0);
	CHECK(report_says(&kept, asker, "state awaiting, queued 1, kinds GO 1"));
	release_and_finish();
}

TEST(report, names_who_blocks_and_who_waits_for_its_children)
{
	fixture_start(&f, 1);
	troupe_ref parent = place(&parent_behaviour, (troupe_ref){ 0 });
	push(parent, WAIT);
	await_waiting(1);
	push(parent, LEAVE);
	report_as(&kept, f.system, TROUPE_REPORT_TEXT, 0);
	for (int64_t waited = 0; !report_says(&kept, parent, "state ending"); waited += TROUPE_MS / 10) {
		CHECK(waited < LIMIT);
		nanosleep(&(struct timespec){ .tv_nsec = 100000 }, NULL);
		report_as(&kept, f.system, TROUPE_REPORT_TEXT, 0);
	}
	CHECK(report_says(&kept, parent, "children 1"));
	CHECK(strstr(kept.text, "  blocker, ref") != NULL && strstr(kept.text, "state blocking") != NULL);
	CHECK(strstr(kept.text, "because its children have not ended, children 1") != NULL);
	CHECK(strstr(kept.text, "for end") != NULL);
	release_and_finish();
}

TEST(report, names_who_drains)
{
	fixture_start(&f, 1);
	troupe_ref busy = place(&thing_behaviour, (troupe_ref){ 0 }), drainer = place(&drainer_behaviour, busy);
	push(drainer, LEAVE);
	await_waiting(1);
	report_as(&kept, f.system, TROUPE_REPORT_TEXT, 0);
	CHECK(report_says(&kept, drainer, "state draining, queued 1, kinds 7 1"));
	CHECK(strstr(kept.text, "because it drains what is queued") != NULL);
	release_and_finish();
}

/* ------------------------------------------------------------------------------------------------------- supervision -- */

static troupe_verdict faulty_receive(troupe_actor *me, const troupe_message *m)
{
	return m->kind == GO ? troupe_fail(me, TROUPE_EFAILED) : TROUPE_UNKNOWN;
}

static const troupe_behaviour faulty_behaviour = { .name = "faulty", .receive = faulty_receive, .kinds = kinds };
static const troupe_child_spec faulty_children[] = { { .name = "the \"one\"", .behaviour = &faulty_behaviour }, { 0 } };
static const troupe_supervisor faulty_tree = { .name = "tree", .children = faulty_children, .restarts_max = 10,
	                                       .within_ns = TROUPE_S, .back_off_ns = 3600 * TROUPE_S,
	                                       .back_off_ns_max = 3600 * TROUPE_S };

static troupe_ref make_restarting(troupe_ref *top)
{
	troupe_ref child;

	CHECK_OK(troupe_supervise(f.system, NULL, &faulty_tree, top));
	CHECK_OK(troupe_child(*top, "the \"one\"", &child));
	for (int i = 0; i < 2; i++) { /* the second one in a row waits */
		push(child, GO);
		fixture_settle(&f);
	}
	return child;
}

TEST(report, names_who_waits_for_its_supervisor)
{
	troupe_ref top;

	fixture_start(&f, 1);
	troupe_ref child = make_restarting(&top);
	report_as(&kept, f.system, TROUPE_REPORT_TEXT, 0);
	CHECK(report_says(&kept, child, "faulty, ref"));
	CHECK(report_says(&kept, child, "state restarting"));
	CHECK(report_says(&kept, child, "lives 2, last_ended_by TROUPE_EFAILED") || report_says(&kept, child, "last_ended_by EFAILED"));
	CHECK(report_says(&kept, top, "children 1"));
	release_and_finish();
}

/* ----------------------------------------------------------------------------------------------------------- formats -- */

/* Python reads it, and the names are as they were. */
static void check_json(const char *text)
{
	FILE *python = popen("python3 -c 'import json, sys\n"
	                     "r = json.loads(sys.stdin.read().replace(\"\\n\", \"\"))\n"
	                     "assert [a for a in r[\"actors\"] if a.get(\"child\") == \"the \\\"one\\\"\"], r\n"
	                     "assert r[\"states\"][\"restarting\"] == 1 and r[\"system\"][\"phase\"] == \"running\"\n"
	                     "assert r[\"not_listed\"][\"actors\"] == 0 and r[\"ledger\"][\"sent\"] > 0' 2>&1", "w");

	CHECK(python != NULL);
	fputs(text, python);
	CHECK_OK(pclose(python));
}

TEST(report, is_valid_json)
{
	troupe_ref top;

	fixture_start(&f, 2);
	make_restarting(&top);
	place(&thing_behaviour, (troupe_ref){ 0 });
	check_json(report_as(&kept, f.system, TROUPE_REPORT_JSON, 0));
	release_and_finish();
}

/* Each line of a digraph: the first, settings, a node, an edge, the last. */
static bool is_dot_line(const char *line, size_t length)
{
	size_t quotes = 0;

	for (size_t i = 0; i < length; i++)
		quotes += line[i] == '"' && (i == 0 || line[i - 1] != '\\');
	return quotes % 2 == 0 && (line[length - 1] == ';' || line[length - 1] == '{' || line[length - 1] == '}');
}

TEST(report, is_a_graph)
{
	char edge[64];
	troupe_ref top;

	fixture_start(&f, 1);
	troupe_ref child = make_restarting(&top);
	const char *text = report_as(&kept, f.system, TROUPE_REPORT_GRAPHVIZ, 0);
	CHECK(strncmp(text, "digraph troupe {\n", 17) == 0);
	CHECK(strcmp(text + kept.size - 2, "}\n") == 0);
	for (const char *line = text; *line != 0; line = strchr(line, '\n') + 1)
		CHECK(is_dot_line(line, strcspn(line, "\n")));
	snprintf(edge, sizeof edge, "\"%016llx\" -> \"%016llx\";", (unsigned long long)top.bits_private,
	         (unsigned long long)child.bits_private);
	CHECK(strstr(text, edge) != NULL);
	CHECK(strstr(text, "label=\"the \\\"one\\\"\\nrestarting, 0 queued\"") != NULL);
	release_and_finish();
}

TEST(report, lists_no_more_than_asked_for_and_the_busy_first)
{
	fixture_start(&f, 1);
	for (int i = 0; i < 100; i++)
		place(&thing_behaviour, (troupe_ref){ 0 });
	troupe_ref busy = place(&thing_behaviour, (troupe_ref){ 0 });
	push(busy, WAIT);
	await_waiting(1);
	report_as(&kept, f.system, TROUPE_REPORT_TEXT, 3);
	CHECK(report_says(&kept, busy, "state running"));
	CHECK(strstr(kept.text, "not_listed: actors 98") != NULL);
	CHECK(strstr(kept.text, "running 1,") != NULL && strstr(kept.text, "idle 100") != NULL);
	CHECK(atomic_load(&kept.lines) < 40);
	release_and_finish();
}

static void *finish(void *nothing)
{
	CHECK_OK(troupe_finish(f.system, LIMIT));
	return nothing;
}

TEST(report, says_how_far_the_end_has_come)
{
	pthread_t finisher;

	fixture_start(&f, 1);
	troupe_ref busy = place(&thing_behaviour, (troupe_ref){ 0 });
	push(busy, WAIT);
	await_waiting(1);
	CHECK_OK(pthread_create(&finisher, NULL, finish, NULL));
	do
		report_as(&kept, f.system, TROUPE_REPORT_TEXT, 0);
	while (strstr(kept.text, "phase closing") == NULL);
	CHECK(strstr(kept.text, "in_the_way:\n  thing, ref") != NULL);
	atomic_store(&released, 1);
	CHECK_OK(pthread_join(finisher, NULL));
	fixture_check_ledger(&f);
	kept_forget(&kept);
}
