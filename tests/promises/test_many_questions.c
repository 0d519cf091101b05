/* SPDX-License-Identifier: MIT */
/* Promise: 100,000 questions may be open at once, and each has its own outcome. */
#include "fixture.h"

enum { GET = 1, RELEASE, VALUE, MANY = TEST_WITH_TSAN ? 20000 : 100000 };

struct value { int64_t n; };
typedef union value_reply { troupe_ref ref; const struct value *VALUE; } value_reply;
struct get { value_reply reply; int64_t n; };
typedef union server {
	troupe_ref ref;
	const void *data;
	const struct get *GET;
	const troupe_nothing *RELEASE;
} server;

static struct get kept[MANY];
static int kept_count;
static unsigned char outcomes[MANY];
static int answered, unanswered;
static server target;

static troupe_verdict serve(troupe_actor *me, const troupe_message *m)
{
	server in = { .data = m->data };

	if (m->kind == GET) {
		CHECK_OK(troupe_keep(me, m));
		kept[kept_count++] = *in.GET;
		return TROUPE_HANDLED;
	}
	for (int i = kept_count - 1; i >= 0; i--) /* every third is never answered */
		if (i % 3 != 0)
			CHECK_OK(troupe_send(kept[i].reply, VALUE, .n = kept[i].n));
	return TROUPE_HANDLED;
}

static troupe_verdict receive(troupe_actor *me, const troupe_message *m)
{
	if (m->kind == DO)
		return do_task(me, m);
	CHECK(m->token < MANY);
	outcomes[m->token]++;
	if (m->kind == VALUE) {
		CHECK_EQ(((const struct value *)m->data)->n, m->token * 2);
		answered++;
	} else {
		CHECK_EQ(m->kind, TROUPE_UNANSWERED);
		CHECK_EQ(m->why, TROUPE_EGONE);
		unanswered++;
	}
	return TROUPE_HANDLED;
}

static troupe_verdict do_ask_all(troupe_actor *me, void *argument)
{
	(void)argument;
	for (int i = 0; i < MANY; i++) {
		troupe_ref address;
		CHECK_OK(troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .token = (uint64_t)i), &address));
		CHECK_OK(troupe_ask(target, GET, address, .n = i * 2));
	}
	return TROUPE_HANDLED;
}

TEST(many_questions, at_once_have_an_outcome_each)
{
	static const troupe_behaviour serving = { .receive = serve }, asking = { .receive = receive };
	struct fixture f;
	troupe_ref asker;
	fixture_start(&f, 2);
	CHECK_OK(troupe_spawn(f.system, &serving, NULL, &target.ref));
	CHECK_OK(troupe_spawn(f.system, &asking, NULL, &asker));
	perform(&f, asker, do_ask_all, NULL);
	CHECK_EQ(kept_count, MANY);
	CHECK_OK(troupe_send(target, RELEASE, 0));
	fixture_settle(&f);
	CHECK_EQ(unanswered, 0);
	CHECK_OK(troupe_stop(target.ref));
	fixture_settle(&f);
	CHECK_EQ(unanswered, (MANY + 2) / 3);
	CHECK_EQ(answered, MANY - unanswered);
	for (int i = 0; i < MANY; i++)
		CHECK_EQ(outcomes[i], 1);
	fixture_finish(&f);
}

TEST(many_questions, open_at_the_end_of_the_asker_close)
{
	static const troupe_behaviour serving = { .receive = serve }, asking = { .receive = receive };
	struct fixture f;
	troupe_ref asker;
	fixture_start(&f, 2);
	CHECK_OK(troupe_spawn(f.system, &serving, NULL, &target.ref));
	CHECK_OK(troupe_spawn(f.system, &asking, NULL, &asker));
	perform(&f, asker, do_ask_all, NULL);
	CHECK_OK(troupe_stop_wait(asker, LIMIT));
	fixture_finish(&f);
	CHECK_EQ(answered + unanswered, 0);
}
