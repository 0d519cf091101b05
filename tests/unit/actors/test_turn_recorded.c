/* SPDX-License-Identifier: MIT */
#include "actors/record.h"

#include "stage.h"

enum { ROUND_TRIPS = 1000, BALL = 1 };

static troupe_ref players[2];
static uint64_t handled;

static troupe_verdict play(troupe_actor *me, const troupe_message *m)
{
	uint64_t left = *(const uint64_t *)m->data;

	handled++;
	left--;
	if (left > 0)
		troupe_must(troupe_send_bytes(players[me->ref.bits_private == players[0].bits_private], BALL, &left, sizeof left));
	return TROUPE_HANDLED;
}

TEST(turn_recorded, a_ping_pong_is_handled_and_takes_a_few_entries)
{
	static const troupe_behaviour player = { .name = "player", .receive = play };
	troupe_system system;
	char path[64];

	snprintf(path, sizeof path, "/tmp/troupe-turn-record-%d", (int)getpid());
	CHECK_EQ(troupe_start(TROUPE_OPTIONS(troupe_options, .workers = 1, .record = path), &system), TROUPE_OK);
	unlink(path);
	for (int i = 0; i < 2; i++)
		CHECK_EQ(troupe_spawn(system, &player, NULL, &players[i]), TROUPE_OK);
	CHECK_EQ(troupe_send_bytes(players[0], BALL, &(uint64_t){ ROUND_TRIPS }, sizeof(uint64_t)), TROUPE_OK);
	CHECK_EQ(troupe_settle(system, LIMIT), TROUPE_OK);
	CHECK_EQ(handled, ROUND_TRIPS);
	const struct actor_worker *worker = (const struct actor_worker *)system.private_->scheduler.workers[0];
	CHECK(worker->recorder.version / 2 < 20); /* entries: a run of stamps is one */
	CHECK_EQ(worker->recorder.stamp / RECORD_STEP, ROUND_TRIPS - 1);
	CHECK_EQ(troupe_finish(system, LIMIT), TROUPE_OK);
}
