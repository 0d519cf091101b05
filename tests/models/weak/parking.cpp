/* SPDX-License-Identifier: MIT */
/* "Write mine, then read yours": the pairs of full fences by which workers, those who bring work, the watchdog and who waits for
 * quiet do not miss each other (scheduler/idle_set.h, park.c, parker.c, scheduler.c, spare.c). What follows a miss, a system that
 * stands, is shown in ../parking.pml and ../shutdown.pml; here it is asserted that no pair misses. */
#include "weak.hpp"

using weak::acquire;
using weak::fence;
using weak::release;

ORDERING(s1, "S1 fence");
ORDERING(s2, "S2 fence");

/* One searches in vain and goes to sleep while another one queues work. */
struct falls_asleep : rl::test_suite<falls_asleep, 2> {
	rl::atomic<int> work, searching, idle;
	bool slept, woken;

	void before()
	{
		work.store(0, rl::mo_relaxed, $);
		searching.store(1, rl::mo_relaxed, $);
		idle.store(0, rl::mo_relaxed, $);
		slept = woken = false;
	}

	void thread(unsigned index)
	{
		if (index == 0) {
			work.store(1, rl::mo_relaxed, $);
			fence(s1);
			if (searching.load(rl::mo_relaxed, $) == 0 && idle.load(rl::mo_relaxed, $) != 0)
				woken = idle.fetch_and(0, rl::mo_relaxed, $) != 0;
			return;
		}
		searching.fetch_add(-1, rl::mo_relaxed, $);
		idle.fetch_or(1, rl::mo_relaxed, $);
		fence(s2);
		slept = work.load(rl::mo_relaxed, $) == 0;
	}

	void after()
	{
		RL_ASSERT(!slept || woken);
	}
};

ORDERING(wake_release, "WAKE.add release");
ORDERING(wake_acquire, "WAKE.add acquire");

/* Who wakes up sees what was written before the wake-up. */
struct wake : rl::test_suite<wake, 2> {
	rl::atomic<int> event;
	rl::var<int> work;

	void before()
	{
		event.store(0, rl::mo_relaxed, $);
		work($) = 0;
	}

	void thread(unsigned index)
	{
		if (index == 0) {
			work($) = 1;
			event.fetch_add(1, release(wake_release), $);
			return;
		}
		while (event.load(acquire(wake_acquire), $) == 0)
			rl::yield(1, $);
		RL_ASSERT(work($) == 1);
	}
};

/* One takes itself out, then looks who waits; another one says that it waits, then looks who is still in. */
template<weak::ordering &leaves, weak::ordering &waits> struct dekker : rl::test_suite<dekker<leaves, waits>, 2> {
	rl::atomic<int> in, waiting;
	bool slept, woken;

	void before()
	{
		in.store(0, rl::mo_relaxed, $);
		waiting.store(0, rl::mo_relaxed, $);
		slept = woken = false;
	}

	void thread(unsigned index)
	{
		if (index == 0) {
			in.fetch_add(1, rl::mo_relaxed, $);
			fence(leaves);
			woken = waiting.load(rl::mo_relaxed, $) != 0;
			return;
		}
		waiting.store(1, rl::mo_relaxed, $);
		fence(waits);
		slept = in.load(rl::mo_acquire, $) == 0;
	}

	void after()
	{
		RL_ASSERT(!slept || woken);
	}
};

/* park.c and watchdog.c: a worker leaves the sleepers while the watchdog goes to sleep, since all sleep. */
ORDERING(w_worker, "W.dekker worker");
ORDERING(w_watcher, "W.dekker watcher");

/* actors/ceiling.c: bytes are given back while somebody begins to wait for room. */
ORDERING(c3_release, "C3 release");
ORDERING(c3_waiter, "C3 waiter");

ORDERING(s5, "S5 fence");
ORDERING(quiet_fence, "QUIET.fence full");
ORDERING(join_full, "JOIN.or release");

/* A sleeper that sees work leaves, takes it, runs it and sleeps again, while somebody finds out whether all is quiet. */
struct quiet : rl::test_suite<quiet, 2> {
	rl::atomic<int> idle, queued, parks;
	rl::var<int> handled;

	void before()
	{
		idle.store(1, rl::mo_relaxed, $);
		queued.store(1, rl::mo_relaxed, $);
		parks.store(1, rl::mo_relaxed, $);
		handled($) = 0;
	}

	void thread(unsigned index)
	{
		if (index == 0) {
			idle.fetch_and(0, rl::mo_relaxed, $);
			fence(s5);
			queued.store(0, rl::mo_relaxed, $);
			handled($) = 1;
			parks.store(2, rl::mo_relaxed, $);
			idle.fetch_or(1, release(join_full), $);
			return;
		}
		int before = parks.load(rl::mo_acquire, $);
		if (idle.load(rl::mo_acquire, $) != 1 || queued.load(rl::mo_relaxed, $) != 0)
			return;
		fence(quiet_fence);
		if (idle.load(rl::mo_acquire, $) == 1 && parks.load(rl::mo_acquire, $) == before)
			RL_ASSERT(handled($) == 1);
	}
};

ORDERING(settle_waiter, "SETTLE.add full");

/* The last one goes to sleep while somebody begins to wait for that. */
struct settle : rl::test_suite<settle, 2> {
	rl::atomic<int> idle, waiters;
	bool waits, told;

	void before()
	{
		idle.store(0, rl::mo_relaxed, $);
		waiters.store(0, rl::mo_relaxed, $);
		waits = told = false;
	}

	void thread(unsigned index)
	{
		if (index == 0) {
			idle.fetch_or(1, rl::mo_relaxed, $);
			fence(s2);
			told = waiters.load(rl::mo_relaxed, $) != 0;
			return;
		}
		waiters.fetch_add(1, rl::mo_relaxed, $);
		fence(settle_waiter);
		waits = idle.load(rl::mo_acquire, $) != 1;
	}

	void after()
	{
		RL_ASSERT(!waits || told);
	}
};

ORDERING(apart_release, "APART.add release");
ORDERING(apart_acquire, "APART.add acquire");

/* A thread apart queues what its turn has woken, then says that it is done. */
struct apart : rl::test_suite<apart, 2> {
	rl::atomic<int> queued, turns;

	void before()
	{
		queued.store(0, rl::mo_relaxed, $);
		turns.store(1, rl::mo_relaxed, $);
	}

	void thread(unsigned index)
	{
		if (index == 0) {
			queued.store(1, rl::mo_relaxed, $);
			turns.fetch_add(-1, release(apart_release), $);
			return;
		}
		if (turns.load(acquire(apart_acquire), $) == 0)
			RL_ASSERT(queued.load(rl::mo_relaxed, $) == 1);
	}
};

ORDERING(retired_and, "RETIRED.and release");
ORDERING(off_first, "OFF.store first");

/* A spare is called: it must not see that it is called and still find itself off duty. */
struct spare : rl::test_suite<spare, 2> {
	rl::atomic<int> off, retired;

	void before()
	{
		off.store(1, rl::mo_relaxed, $);
		retired.store(1, rl::mo_relaxed, $);
	}

	void thread(unsigned index)
	{
		if (index == 0) {
			if (off_first.holds)
				off.store(0, rl::mo_relaxed, $);
			retired.fetch_and(0, release(retired_and), $);
			if (!off_first.holds)
				off.store(0, rl::mo_relaxed, $);
			return;
		}
		if (retired.load(rl::mo_acquire, $) == 0)
			RL_ASSERT(off.load(rl::mo_acquire, $) == 0);
	}
};

int main(int count, char **arguments)
{
	return weak::check_all(count, arguments, {
		{ "sleep", weak::simulate<falls_asleep>, { &s1, &s2 } },
		{ "wake", weak::simulate<wake>, { &wake_release, &wake_acquire } },
		{ "watch", weak::simulate<dekker<w_worker, w_watcher>>, { &w_worker, &w_watcher } },
		{ "ceiling", weak::simulate<dekker<c3_release, c3_waiter>>, { &c3_release, &c3_waiter } },
		{ "quiet", weak::simulate<quiet>, { &s5, &quiet_fence, &join_full } },
		{ "settle", weak::simulate<settle>, { &s2, &settle_waiter } },
		{ "apart", weak::simulate<apart>, { &apart_release, &apart_acquire } },
		{ "spare", weak::simulate<spare>, { &retired_and, &off_first } },
	});
}
