/* SPDX-License-Identifier: MIT */
/* Reports while actors are made, send, ask, fail, restart and end on all threads: they are written whole, and nobody notices. */
#include "reported.h"

enum { TREES = 4, WRITERS = 2, REPORTS = 12, GROW = 1, FALL, QUERY };

struct query {
	troupe_ref reply;
};

static atomic_bool enough;

static troupe_verdict leaf_receive(troupe_actor *me, const troupe_message *m)
{
	struct query query;

	switch (m->kind) {
	case GROW:
		for (int i = 0; i < 4 && !atomic_load(&enough); i++) {
			static const troupe_behaviour leaf = { .name = "leaf", .receive = leaf_receive, .state_size = 64 };
			troupe_ref child;
			if (troupe_spawn_child(me, &leaf, NULL, &child) != TROUPE_OK)
				break;
			troupe_ignore(troupe_send_bytes(child, FALL, NULL, 0));
			if (troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .within_ns = TROUPE_S), &query.reply) == TROUPE_OK)
				troupe_ignore(troupe_ask_bytes(child, QUERY, &query, sizeof query, 0, query.reply));
		}
		return TROUPE_HANDLED;
	case FALL:
		troupe_exit(me, TROUPE_OK);
		return TROUPE_HANDLED;
	case QUERY:
		return TROUPE_HANDLED;
	case TROUPE_UNANSWERED:
		if (!atomic_load(&enough))
			troupe_ignore(troupe_send_bytes(me->ref, GROW, NULL, 0));
		return TROUPE_HANDLED;
	default:
		return TROUPE_UNKNOWN;
	}
}

static troupe_verdict root_init(troupe_actor *me)
{
	return troupe_done(me, troupe_send_bytes(me->ref, GROW, NULL, 0));
}

static troupe_verdict root_receive(troupe_actor *me, const troupe_message *m)
{
	static atomic_uint calls;

	if (m->kind == TROUPE_UNANSWERED && atomic_fetch_add(&calls, 1) % 64 == 63)
		return troupe_fail(me, TROUPE_EFAILED);
	return leaf_receive(me, m);
}

static const troupe_behaviour root_behaviour = { .name = "root", .receive = root_receive, .init = root_init };
static const troupe_child_spec roots[] = { { .name = "a", .behaviour = &root_behaviour },
	                                   { .name = "b", .behaviour = &root_behaviour }, { 0 } };
static const troupe_supervisor tree = { .name = "tree", .children = roots, .restarts_max = UINT32_MAX, .within_ns = TROUPE_S };

static struct fixture f;

static void drop_line(void *count, const char *text)
{
	CHECK(text[0] != 0);
	atomic_fetch_add((atomic_int *)count, 1);
}

static void *write_reports(void *argument)
{
	atomic_int lines = 0;

	for (int i = 0; i < REPORTS; i++)
		CHECK_OK(troupe_system_report(f.system, TROUPE_OPTIONS(troupe_report_options, .format = (troupe_report_format)(i % 3),
		                                                       .line = drop_line, .context = &lines)));
	CHECK(atomic_load(&lines) > REPORTS);
	return argument;
}

TEST(report_storm, whoever_comes_and_goes)
{
	pthread_t writers[WRITERS];
	troupe_ref top;
	troupe_options options = fixture_options(&f, 2);

	options.dead_letter = NULL;
	CHECK_OK(troupe_start(&options, &f.system));
	for (int i = 0; i < TREES; i++)
		CHECK_OK(troupe_supervise(f.system, NULL, &tree, &top));
	for (int i = 0; i < WRITERS; i++)
		CHECK_OK(pthread_create(&writers[i], NULL, write_reports, NULL));
	for (int i = 0; i < WRITERS; i++)
		CHECK_OK(pthread_join(writers[i], NULL));
	atomic_store(&enough, true);
	CHECK_OK(troupe_finish(f.system, LIMIT));
	CHECK_EQ(f.ledger.sent, f.ledger.handled + f.ledger.dead + f.ledger.returned);
}
