/* SPDX-License-Identifier: MIT */
/* The list of what is measured. */
#include "micro.h"

#define FAN_IN(senders)                                                                                                   \
	{ "fan-in." #senders, "message", 200000, senders, 2, false, false, micro_fan_in, #senders " sender(s) to one actor" }

const struct micro_measure micro_measures[] = {
	{ "send.alone", "message", 400000, 0, 1, false, true, micro_send_alone, "two actors, to and fro: send, schedule, receive" },
	{ "send.only", "message", 200000, 0, 1, false, true, micro_send_only, "one handler sends; nobody receives meanwhile" },
	{ "send.flood", "message", 200000, 0, 1, false, true, micro_send_flood, "the same, received when that handler is over" },
	{ "send.scatter", "message", 400000, 64, 1, false, true, micro_send_scatter, "to 64 actors, through the ring; each answers" },
	{ "send.across", "message", 200000, 1, 2, false, false, micro_fan_in, "one handler sends, the other worker receives" },
	{ "thread.flood", "message", 100000, 0, 1, false, false, micro_thread_flood, "a plain thread sends, a worker receives" },
	{ "thread.spawn", "actor", 50000, 0, 1, false, false, micro_thread_spawn, "a plain thread makes an actor, and stops it" },
	{ "thread.call", "question", 1000, 0, 1, false, false, micro_thread_call, "a plain thread asks, blocks, has the answer" },
	{ "spawn.stop", "actor", 100000, 0, 1, false, true, micro_spawn, "made, stopped, ended" },
	{ "ask.then", "question", 100000, 0, 1, false, true, micro_ask_then, "interleaved: question, answer, continuation" },
	{ "ask.hold", "question", 100000, 0, 1, false, true, micro_ask_hold, "awaited: the mailbox waits for the answer" },
	{ "timer.pair", "timer", 200000, 0, 1, false, true, micro_timer_pair, "armed, and cancelled at once" },
	{ "timer.first", "timer", 100000, 0, 1, true, false, micro_timer_first, "armed, all to be kept, memory fresh" },
	{ "timer.arm", "timer", 100000, 0, 1, true, false, micro_timer_arm, "the same, when others have been there" },
	{ "timer.cancel", "timer", 100000, 0, 1, true, false, micro_timer_cancel, "one of all those cancelled" },
	{ "wake.by-thread", "wake-up", 100, 0, 1, true, false, micro_wake_by_thread, "send until a sleeping worker receives; median" },
	{ "wake.by-worker", "wake-up", 100, 0, 2, true, false, micro_wake_by_worker, "the same between workers, with the theft" },
	FAN_IN(1),
	FAN_IN(2),
	FAN_IN(4),
	FAN_IN(8),
	FAN_IN(16),
	FAN_IN(32),
	FAN_IN(64),
	{ "schedule.lifo", "turn", 1000000, 0, 0, false, true, micro_schedule_lifo, "the scheduler alone: whom it woke last" },
	{ "schedule.ring", "turn", 1000000, 64, 0, false, true, micro_schedule_ring, "64 that go round its ring" },
	{ "schedule.inject", "turn", 500000, 64, 0, false, true, micro_schedule_inject, "64 that come from other threads" },
	{ "steal.one", "theft", 200000, 0, 0, false, true, micro_steal_one, "of a single runnable, and putting it there" },
	{ "steal.half", "runnable", 1000000, 0, 0, false, true, micro_steal_half, "moved with others, half a ring at a time" },
	{ "block.pair", "block", 1000000, 0, 0, false, true, micro_block_pair, "32 bytes taken, and given back at once" },
	{ "block.burst", "block", 1000000, 2000, 0, false, true, micro_block_burst, "2,000 taken, then given back: by the depot" },
	{ "block.across", "block", 500000, 0, 0, false, false, micro_block_across, "one thread takes, another gives back" },
	{ "bulk.copied", "message", 16, 0, 1, false, false, micro_bulk_copied, "4 MB to and fro, copied" },
	{ "bulk.moved", "message", 100000, 0, 1, false, true, micro_bulk_moved, "4 MB to and fro, moved" },
	{ "bulk.shared", "message", 100000, 0, 1, false, true, micro_bulk_shared, "4 MB to and fro, shared" },
	{ .name = NULL },
};
