/* SPDX-License-Identifier: MIT */
/* The ceiling of a system: all mailboxes together take no more memory than that, and what keeps a system alive gets through. */
#include "bounded.h"

enum { MESSAGES = 10000, SIZE = 1000, CEILING = 200000 };

static struct fixture f;
static struct notes notes[2];
static struct barrier barriers[2];

static void begin(void)
{
	troupe_options options = fixture_options(&f, 3); /* two of them are held up */

	options.memory_max = CEILING;
	CHECK_OK(troupe_start(&options, &f.system));
}

static int fill(noter n, int most)
{
	static struct note payload[SIZE / sizeof(struct note)];
	int accepted = 0;

	while (accepted < most && troupe_send_bytes(n.ref, NOTE, payload, sizeof payload) == TROUPE_OK)
		accepted++;
	return accepted;
}

TEST(ceiling, is_for_all_actors_together)
{
	begin();
	noter one = noter_spawn(&f, &notes[0], NULL), other = noter_spawn(&f, &notes[1], NULL);
	barrier_raise(&barriers[0], one.ref);
	barrier_raise(&barriers[1], other.ref);
	int accepted = fill(one, MESSAGES);
	CHECK(accepted > CEILING / SIZE / 2 && accepted <= CEILING / SIZE);
	CHECK_EQ(fill(other, 1), 0);
	barrier_open(&barriers[0]); /* what one has handled the other may be sent */
	CHECK_OK(troupe_wait_room(other.ref, LIMIT));
	CHECK_EQ(fill(other, 1), 1);
	barrier_open(&barriers[1]);
	fixture_settle(&f);
	CHECK_EQ(notes[0].count, accepted);
	CHECK_EQ(notes[1].count, 1);
	fixture_finish(&f);
	CHECK_EQ(f.letter_count, 0);
}

TEST(ceiling, lets_kills_and_stops_through)
{
	begin();
	noter one = noter_spawn(&f, &notes[0], NULL), other = noter_spawn(&f, &notes[1], NULL);
	barrier_raise(&barriers[0], one.ref);
	int accepted = fill(one, MESSAGES);
	CHECK_EQ(fill(other, 1), 0);
	CHECK_OK(troupe_stop_wait(other.ref, LIMIT));
	CHECK_OK(troupe_kill(one.ref));
	barrier_open(&barriers[0]);
	CHECK_OK(troupe_wait_end(one.ref, LIMIT, NULL));
	CHECK_EQ(f.letter_count, accepted);
	noter third = noter_spawn(&f, &notes[0], NULL); /* what was buried is given back */
	CHECK_EQ(fill(third, 1), 1);
	fixture_finish(&f);
}

struct asking {
	noter to, full;
	atomic_int answered;
};

static troupe_verdict do_ask(troupe_actor *me, void *argument)
{
	struct asking *asking = argument;

	CHECK_OK(troupe_ask_then(me, asking->to, QUERY, NULL, 0, .number = 1));
	while (fill(asking->full, 1) == 1)
		;
	return TROUPE_HANDLED;
}

static struct asking asking;

static troupe_verdict count_answers(troupe_actor *me, const troupe_message *m)
{
	asking.answered += m->kind == ANSWER;
	return m->kind == DO ? do_task(me, m) : TROUPE_HANDLED;
}

TEST(ceiling, lets_answers_through)
{
	static const troupe_behaviour asker = { .name = "asker", .receive = count_answers };
	troupe_ref ref;
	begin();
	asking.to = noter_spawn(&f, &notes[0], NULL);
	asking.full = noter_spawn(&f, &notes[1], NULL);
	barrier_raise(&barriers[0], asking.to.ref);
	barrier_raise(&barriers[1], asking.full.ref);
	CHECK_OK(troupe_spawn(f.system, &asker, NULL, &ref));
	tell(ref, do_ask, &asking);
	while (counters_of(&f).refused == 0)
		sleep_ns(TROUPE_MS / 4);
	barrier_open(&barriers[0]);
	await_flag(&asking.answered);
	barrier_open(&barriers[1]);
	fixture_finish(&f);
}

static const troupe_bounds dropping = { .messages_max = MESSAGES, .overflow = TROUPE_DROP_OLDEST };

TEST(ceiling, an_actor_with_bounds_drops_as_they_say)
{
	begin();
	noter n = noter_spawn(&f, &notes[0], &dropping);
	barrier_raise(&barriers[0], n.ref);
	CHECK_EQ(fill(n, 2 * CEILING / SIZE), 2 * CEILING / SIZE);
	CHECK(f.letter_count >= CEILING / SIZE);
	barrier_open(&barriers[0]);
	fixture_settle(&f);
	CHECK_EQ((uint64_t)notes[0].count + f.letter_count, 2 * CEILING / SIZE);
	fixture_finish(&f);
}
