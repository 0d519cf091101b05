/* SPDX-License-Identifier: MIT */
/* Reply addresses (actors/ask.c: A1, A2) and who waits for whom (actors/waits.h: Q2, Q5; waits.c). */
#include "weak.hpp"

using weak::acquire;
using weak::fence;
using weak::release;

ORDERING(open_release, "OPEN.store release");
ORDERING(take_acquire, "TAKE.cas acquire");
ORDERING(take_release, "TAKE.cas release");
ORDERING(take_once, "TAKE.cas in one step");
ORDERING(close_once, "CLOSE.cas in one step");
ORDERING(close_acquire, "CLOSE.cas acquire");
ORDERING(widen_once, "WIDEN.cas in one step");

/* The state of an address: its generation, and the questions that have no outcome; 0 of them: closed. */
struct address {
	rl::atomic<int> state;

	static int made(int generation, int questions) { return generation * 16 + questions; }
	static bool is_open(int state, int generation) { return state / 16 == generation && state % 16 != 0; }

	bool change(int &seen, int to, rl::memory_order order, const weak::ordering &once)
	{
		if (once.holds)
			return state.compare_exchange_strong(seen, to, order, $, rl::mo_relaxed, $);
		int now = state.load(rl::mo_relaxed, $);
		bool same = now == seen;
		if (same)
			state.store(to, rl::mo_release, $);
		seen = now;
		return same;
	}

	bool take(int generation)
	{
		int seen = state.load(acquire(take_acquire), $);

		while (is_open(seen, generation)) {
			if (change(seen, seen - 1, release(take_release), take_once))
				return true;
			rl::yield(1, $);
		}
		return false;
	}

	bool close(int generation)
	{
		int seen = state.load(rl::mo_relaxed, $);

		while (is_open(seen, generation)) {
			if (change(seen, made(generation, 0), acquire(close_acquire), close_once))
				return true;
			rl::yield(1, $);
		}
		return false;
	}
};

/* Two bring outcomes to an address that has just been opened: they see whose it is. */
struct asked : rl::test_suite<asked, 3> {
	address at;
	rl::var<int> owner;

	void before()
	{
		at.state.store(0, rl::mo_relaxed, $);
	}

	void thread(unsigned index)
	{
		if (index == 0) {
			owner($) = 1;
			at.state.store(address::made(1, 2), release(open_release), $);
		} else if (address::is_open(at.state.load(acquire(take_acquire), $), 1)) {
			RL_ASSERT(owner($) == 1);
			RL_ASSERT(at.take(1));
		}
	}
};

/* Two outcomes for one question, and its end: one of the three comes first. */
struct outcomes : rl::test_suite<outcomes, 3> {
	address at;
	rl::atomic<int> came;

	void before()
	{
		at.state.store(address::made(1, 1), rl::mo_relaxed, $);
		came.store(0, rl::mo_relaxed, $);
	}

	void thread(unsigned index)
	{
		if (index == 0 ? at.close(1) : at.take(1))
			came.fetch_add(1, rl::mo_relaxed, $);
	}

	void after()
	{
		RL_ASSERT(came.load(rl::mo_relaxed, $) == 1);
	}
};

/* The question is passed on to one more while it gets an outcome. */
struct widened : rl::test_suite<widened, 2> {
	address at;

	void before()
	{
		at.state.store(address::made(1, 2), rl::mo_relaxed, $);
	}

	void thread(unsigned index)
	{
		int seen = at.state.load(rl::mo_relaxed, $);

		if (index == 0) {
			at.take(1);
			return;
		}
		while (!at.change(seen, seen + 1, rl::mo_relaxed, widen_once))
			rl::yield(1, $);
	}

	void after()
	{
		RL_ASSERT(at.state.load(rl::mo_relaxed, $) == address::made(1, 2));
	}
};

/* A closed address is made anew for another owner: who took from it has read what it had to. */
struct used_again : rl::test_suite<used_again, 2> {
	address at;
	rl::var<int> owner;

	void before()
	{
		owner($) = 1;
		at.state.store(address::made(1, 2), rl::mo_relaxed, $);
	}

	void thread(unsigned index)
	{
		if (index == 0) {
			int seen = address::made(1, 2), mine = owner($);
			at.change(seen, seen - 1, release(take_release), take_once);
			RL_ASSERT(mine == 1);
			return;
		}
		while (at.state.load(rl::mo_relaxed, $) == address::made(1, 2))
			rl::yield(1, $);
		if (at.close(1))
			owner($) = 2;
	}
};

/* ------------------------------------------------------------------------------------------------------------ waits -- */

ORDERING(q2, "Q2 fence");
ORDERING(on_release, "ON.store release");
ORDERING(on_acquire, "ON.store acquire");

/* Two begin to wait for each other: at least one sees the circle. */
struct circle : rl::test_suite<circle, 2> {
	rl::atomic<int> on[2];
	bool found[2];

	void before()
	{
		for (int i = 0; i < 2; i++) {
			on[i].store(0, rl::mo_relaxed, $);
			found[i] = false;
		}
	}

	void thread(unsigned me)
	{
		on[me].store(1, rl::mo_release, $);
		fence(q2);
		found[me] = on[1 - me].load(rl::mo_acquire, $) != 0;
	}

	void after()
	{
		RL_ASSERT(found[0] || found[1]);
	}
};

/* Who finds a link may read what the wait is for. */
struct link_found : rl::test_suite<link_found, 2> {
	rl::atomic<int> on, kind;

	void before()
	{
		on.store(0, rl::mo_relaxed, $);
		kind.store(0, rl::mo_relaxed, $);
	}

	void thread(unsigned index)
	{
		if (index == 0) {
			kind.store(7, rl::mo_relaxed, $);
			on.store(1, release(on_release), $);
			return;
		}
		if (on.load(acquire(on_acquire), $) != 0)
			RL_ASSERT(kind.load(rl::mo_relaxed, $) == 7);
	}
};

ORDERING(q5, "Q5 fence");

/* An actor writes its link and goes idle without a look, while somebody else says that it will be waited for. */
struct asked_meanwhile : rl::test_suite<asked_meanwhile, 2> {
	rl::atomic<int> on, head, asked;
	bool seen, looks;

	void before()
	{
		on.store(0, rl::mo_relaxed, $);
		head.store(0, rl::mo_relaxed, $);
		asked.store(0, rl::mo_relaxed, $);
		seen = looks = false;
	}

	void thread(unsigned index)
	{
		int running = 0;

		if (index == 0) {
			on.store(1, rl::mo_release, $);
			head.compare_exchange_strong(running, 1, rl::mo_acq_rel, $, rl::mo_relaxed, $); /* IDLE.cas */
			fence(q5);
			looks = asked.load(rl::mo_relaxed, $) != 0;
			return;
		}
		asked.store(1, rl::mo_relaxed, $);
		fence(q2);
		seen = on.load(rl::mo_acquire, $) != 0;
	}

	void after()
	{
		RL_ASSERT(seen || looks);
	}
};

ORDERING(round_release, "ROUND.store release");
ORDERING(round_acquire, "ROUND.store acquire");

/* An actor waits for one thing, no more, and for another; the same round before and after a link tells which wait it is of. */
struct rounds : rl::test_suite<rounds, 2> {
	rl::atomic<int> round, on;

	void before()
	{
		round.store(0, rl::mo_relaxed, $);
		on.store(0, rl::mo_relaxed, $);
	}

	void thread(unsigned index)
	{
		if (index == 0) {
			for (int wait = 1; wait <= 2; wait++) {
				round.store(2 * wait - 1, release(round_release), $);
				on.store(wait, release(on_release), $);
				round.store(2 * wait, release(round_release), $);
			}
			return;
		}
		int before = round.load(acquire(round_acquire), $);
		int link = on.load(acquire(on_acquire), $);
		if (round.load(rl::mo_relaxed, $) == before) {
			RL_ASSERT(before != 4 || link == 2);
			RL_ASSERT(before > 2 || link != 2);
		}
	}
};

ORDERING(holder_release, "HOLDER.store release");
ORDERING(holder_acquire, "HOLDER.store acquire");

struct duty : rl::test_suite<duty, 2> {
	rl::atomic<int> holder, kind;

	void before()
	{
		holder.store(0, rl::mo_relaxed, $);
		kind.store(0, rl::mo_relaxed, $);
	}

	void thread(unsigned index)
	{
		if (index == 0) {
			kind.store(7, rl::mo_relaxed, $);
			holder.store(1, release(holder_release), $);
			return;
		}
		if (holder.load(acquire(holder_acquire), $) != 0)
			RL_ASSERT(kind.load(rl::mo_relaxed, $) == 7);
	}
};

int main(int count, char **arguments)
{
	return weak::check_all(count, arguments, {
		{ "asked", weak::simulate<asked>, { &open_release, &take_acquire } },
		{ "outcomes", weak::simulate<outcomes>, { &take_once, &close_once } },
		{ "widened", weak::simulate<widened>, { &widen_once, &take_once } },
		{ "used again", weak::simulate<used_again>, { &take_release, &close_acquire } },
		{ "circle", weak::simulate<circle>, { &q2 } },
		{ "link", weak::simulate<link_found>, { &on_release, &on_acquire } },
		{ "asked then", weak::simulate<asked_meanwhile>, { &q2, &q5 } },
		{ "rounds", weak::simulate<rounds>, { &round_release, &round_acquire, &on_release, &on_acquire } },
		{ "duty", weak::simulate<duty>, { &holder_release, &holder_acquire } },
	});
}
