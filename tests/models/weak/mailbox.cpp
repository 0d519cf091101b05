/* SPDX-License-Identifier: MIT */
/* What goes over the head word of a mailbox (mailbox/mailbox.h), the count of a chunk (mailbox/chunk.h) and of a shared payload
 * (mailbox/payload.c), and the word of signals beside the head (actors/post.c, look_back in actors/turn_body.h). */
#include "weak.hpp"

using weak::acquire;
using weak::both;
using weak::fence;
using weak::release;

ORDERING(push_acquire, "PUSH.cas acquire");
ORDERING(push_release, "PUSH.cas release");
ORDERING(poke_acquire, "POKE.cas acquire");
ORDERING(take_acquire, "TAKE.swap acquire");
ORDERING(peek_acquire, "PEEK.load acquire");
ORDERING(behind_acquire, "BEHIND.swap acquire");
ORDERING(finish_release, "FINISH.cas release");
ORDERING(idle_release, "IDLE.cas release");
ORDERING(close_acquire, "CLOSE.swap acquire");
ORDERING(open_release, "OPEN.store release");

struct message {
	rl::var<message *> next;
	rl::var<int> payload;
	int generation;
};

#define IDLE   ((message *)1)
#define CLOSED ((message *)2)

enum pushed { QUEUED, WOKEN, REFUSED };

/* The cell. `state` stands for all that only the worker that runs the actor touches: tail, flags, state. */
struct mailbox {
	rl::atomic<message *> head;
	rl::var<int> state;

	pushed push(message *m)
	{
		message *seen = head.load(rl::mo_relaxed, $);

		for (;;) {
			message *before = seen;
			if (before == CLOSED)
				return REFUSED;
			m->next($) = before == IDLE ? NULL : before;
			if (head.compare_exchange_strong(seen, m, both(push_acquire, push_release), $, rl::mo_relaxed, $))
				return before == IDLE ? WOKEN : QUEUED;
			rl::yield(1, $);
		}
	}

	bool poke()
	{
		message *seen = IDLE;

		return head.compare_exchange_strong(seen, NULL, acquire(poke_acquire), $, rl::mo_relaxed, $);
	}

	bool finish(message *peeked)
	{
		message *seen = peeked;

		return head.compare_exchange_strong(seen, IDLE, release(finish_release), $, rl::mo_relaxed, $);
	}

	bool idle()
	{
		message *seen = NULL;

		return head.compare_exchange_strong(seen, IDLE, release(idle_release), $, rl::mo_relaxed, $);
	}
};

/* Two workers that send to an actor and run it when they have woken it; a third one that wakes it without a message. */
struct hand_off : rl::test_suite<hand_off, 3> {
	mailbox box;
	message messages[4];

	void before()
	{
		box.head.store(IDLE, rl::mo_relaxed, $);
		box.state($) = 0;
		for (message &m : messages)
			m.payload($) = 0;
	}

	void handle(message *m)
	{
		RL_ASSERT(m->payload($) == 1);
		m->payload($) = 2;
		box.state($) = box.state($) + 1;
	}

	void handle_all(message *batch, message *until)
	{
		while (batch != until) {
			message *next = batch->next($);
			handle(batch);
			batch = next;
		}
	}

	/* T2: the message that came alone is handled where it lies. True: and the actor went idle. */
	bool turn_alone()
	{
		message *peeked = box.head.load(acquire(peek_acquire), $);

		if (peeked == NULL || peeked->next($) != NULL)
			return false;
		handle(peeked);
		if (box.finish(peeked))
			return true;
		handle_all(box.head.exchange(NULL, acquire(behind_acquire), $), peeked);
		return false;
	}

	void turn()
	{
		box.state($) = box.state($) + 0;
		if (turn_alone())
			return;
		for (;;) {
			if (box.head.load(rl::mo_relaxed, $) != NULL)
				handle_all(box.head.exchange(NULL, acquire(take_acquire), $), NULL);
			else if (box.idle())
				return;
			else
				rl::yield(1, $);
		}
	}

	void thread(unsigned index)
	{
		if (index == 2) {
			if (box.poke())
				turn();
			return;
		}
		for (unsigned i = 0; i < 2; i++) {
			message *m = &messages[2 * index + i];
			m->payload($) = 1;
			if (box.push(m) == WOKEN)
				turn();
		}
	}

	void after()
	{
		RL_ASSERT(box.head.load(rl::mo_relaxed, $) == IDLE && box.state($) == 4);
	}
};

/* An actor ends while somebody sends to it, and the slot becomes another's, who has a new state. */
struct slot : rl::test_suite<slot, 2> {
	mailbox box;
	rl::atomic<int> generation;
	rl::var<int> behaviour;
	message messages[2];
	rl::var<int> dead;

	void before()
	{
		box.head.store(NULL, rl::mo_relaxed, $); /* it runs */
		generation.store(1, rl::mo_relaxed, $);
		behaviour($) = 1;
		dead($) = 0;
	}

	void thread(unsigned index)
	{
		if (index == 0)
			end_and_begin();
		else
			send();
	}

	void end_and_begin()
	{
		message *batch = box.head.exchange(CLOSED, acquire(close_acquire), $);
		for (message *m = batch; m != NULL; m = m->next($))
			RL_ASSERT(m->payload($) == 1);
		generation.store(2, rl::mo_release, $);
		behaviour($) = 2;
		generation.store(3, rl::mo_release, $);
		box.head.store(IDLE, release(open_release), $);
	}

	void send()
	{
		for (message &m : messages) {
			m.payload($) = 1;
			m.generation = 1;
			if (box.push(&m) != WOKEN)
				continue;
			/* C2: not for this one */
			RL_ASSERT(behaviour($) == 2 && generation.load(rl::mo_relaxed, $) == 3);
			message *all = box.head.exchange(NULL, acquire(take_acquire), $);
			RL_ASSERT(all == &m);
			RL_ASSERT(box.idle());
		}
	}
};

/* ---------------------------------------------------------------------------------------------------------- signals -- */

ORDERING(signal_or, "SIGNAL.or full");
ORDERING(look_back, "LOOK.back full");

/* A signal is set at the moment at which the actor goes idle. */
struct signals : rl::test_suite<signals, 2> {
	mailbox box;
	rl::atomic<int> set;
	rl::atomic<int> obeyed;

	void before()
	{
		box.head.store(NULL, rl::mo_relaxed, $);
		set.store(0, rl::mo_relaxed, $);
		obeyed.store(0, rl::mo_relaxed, $);
	}

	void turn()
	{
		if (set.load(rl::mo_acquire, $) != 0 && set.fetch_and(0, rl::mo_relaxed, $) != 0)
			obeyed.fetch_add(1, rl::mo_relaxed, $);
		if (!box.idle())
			return;
		fence(look_back);
		if (set.load(rl::mo_acquire, $) != 0 && box.poke())
			turn();
	}

	void thread(unsigned index)
	{
		if (index == 0) {
			turn();
			return;
		}
		set.fetch_or(1, rl::mo_relaxed, $);
		fence(signal_or);
		if (box.poke())
			turn();
	}

	void after()
	{
		RL_ASSERT(obeyed.load(rl::mo_relaxed, $) == 1);
	}
};

ORDERING(clear_full, "SIGNAL.clear full");
ORDERING(signal_release, "SIGNAL.or release");

/* V5: a new life clears the signals that were meant for the last one, and looks at what has been ordered. */
struct lives : rl::test_suite<lives, 2> {
	rl::atomic<int> set, ordered;
	rl::var<int> obeyed;

	void before()
	{
		set.store(0, rl::mo_relaxed, $);
		ordered.store(0, rl::mo_relaxed, $);
		obeyed($) = 0;
	}

	void thread(unsigned index)
	{
		if (index == 0) {
			ordered.store(1, rl::mo_relaxed, $);
			set.fetch_or(1, release(signal_release), $);
			return;
		}
		set.fetch_and(0, acquire(clear_full), $);
		if (ordered.load(rl::mo_acquire, $) != 0)
			set.fetch_or(1, rl::mo_relaxed, $);
	}

	void after()
	{
		RL_ASSERT(set.load(rl::mo_relaxed, $) == 1);
	}
};

/* ------------------------------------------------------------------------------------------------ chunks and payloads -- */

ORDERING(append_release, "APPEND.cas release");
ORDERING(seal_acquire, "SEAL.add acquire");
ORDERING(done_acquire, "RELEASE.add acquire");
ORDERING(done_release, "RELEASE.add release");

/* A writer appends to a chunk until its owner seals it; who says last that it is done with it frees it (K1, K4). */
struct chunk : rl::test_suite<chunk, 2> {
	static const int SEALED = 16, OWNER_DONE = 32, WRITER_GONE = 64;
	rl::atomic<int> state;
	rl::var<int> payload[3];
	rl::var<int> block; /* written by who frees it */

	void before()
	{
		payload[0]($) = 1;
		block($) = 1;
		state.store(1, rl::mo_relaxed, $);
	}

	void say_done(int mine, int theirs)
	{
		if (state.fetch_add(mine, both(done_acquire, done_release), $) & theirs)
			block($) = 0;
	}

	void thread(unsigned index)
	{
		if (index == 0) {
			for (int i = 1; i < 3; i++) {
				int seen = state.load(rl::mo_relaxed, $);
				if (seen >= 3)
					break;
				RL_ASSERT(block($) == 1);
				payload[seen]($) = 1;
				if (!state.compare_exchange_strong(seen, seen + 1, release(append_release), $, rl::mo_relaxed, $))
					break;
			}
			say_done(WRITER_GONE, OWNER_DONE);
			return;
		}
		int count = state.fetch_add(SEALED, acquire(seal_acquire), $) & 15;
		for (int i = 0; i < count; i++)
			RL_ASSERT(payload[i]($) == 1);
		RL_ASSERT(block($) == 1);
		say_done(OWNER_DONE, WRITER_GONE);
	}
};

ORDERING(drop_acquire, "PAYLOAD.drop acquire");
ORDERING(drop_release, "PAYLOAD.drop release");

struct payload : rl::test_suite<payload, 3> {
	rl::atomic<int> references;
	rl::var<int> bytes;

	void before()
	{
		bytes($) = 1;
		references.store(3, rl::mo_relaxed, $);
	}

	void thread(unsigned)
	{
		RL_ASSERT(bytes($) == 1);
		if (references.fetch_add(-1, both(drop_acquire, drop_release), $) == 1)
			bytes($) = 0;
	}
};

int main(int count, char **arguments)
{
	return weak::check_all(count, arguments, {
		{ "hand-off", weak::simulate<hand_off>,
		  { &push_acquire, &push_release, &poke_acquire, &take_acquire, &peek_acquire, &behind_acquire, &finish_release, &idle_release } },
		{ "slot", weak::simulate<slot>, { &push_acquire, &push_release, &close_acquire, &open_release } },
		{ "signals", weak::simulate<signals>, { &signal_or, &look_back } },
		{ "lives", weak::simulate<lives>, { &signal_release, &clear_full } },
		{ "chunk", weak::simulate<chunk>, { &append_release, &seal_acquire, &done_acquire, &done_release } },
		{ "payload", weak::simulate<payload>, { &drop_acquire, &drop_release } },
	});
}
