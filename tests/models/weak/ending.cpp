/* SPDX-License-Identifier: MIT */
/* Who may still be there when something ends: the gate of a system (actors/gate.c), the end of an actor and those who want to know
 * of it (lifecycle.c with wait.c, watch_point.c and names.c). */
#include "weak.hpp"

using weak::acquire;
using weak::fence;
using weak::release;

ORDERING(g1, "G1 fence");
ORDERING(g2, "G2 fence");
ORDERING(leave_release, "LEAVE.add release");
ORDERING(zero_acquire, "LEAVE.add acquire");

/* Two threads come in while the system is taken away and freed. */
struct gate : rl::test_suite<gate, 3> {
	rl::atomic<int> system, epoch, inside[2];
	rl::var<int> memory;

	void before()
	{
		system.store(1, rl::mo_relaxed, $);
		epoch.store(0, rl::mo_relaxed, $);
		inside[0].store(0, rl::mo_relaxed, $);
		inside[1].store(0, rl::mo_relaxed, $);
		memory($) = 1;
	}

	void outside()
	{
		int count = epoch.load(rl::mo_relaxed, $) & 1;

		inside[count].fetch_add(1, rl::mo_relaxed, $);
		fence(g1);
		if (system.load(rl::mo_acquire, $) != 0)
			RL_ASSERT(memory($) == 1);
		inside[count].fetch_add(-1, release(leave_release), $);
	}

	void close()
	{
		system.store(0, rl::mo_relaxed, $);
		for (int turn = 0; turn < 2; turn++) {
			int old = epoch.fetch_add(1, rl::mo_relaxed, $) & 1;
			fence(g2);
			while (inside[old].load(acquire(zero_acquire), $) != 0)
				rl::yield(1, $);
		}
		memory($) = 0; /* freed */
	}

	void thread(unsigned index)
	{
		if (index == 0)
			close();
		else
			outside();
	}
};

/* The same with the phase: who is let in has been counted, or sees it. */
struct phase : rl::test_suite<phase, 2> {
	rl::atomic<int> phase_now, inside;
	rl::var<int> accepted;

	void before()
	{
		phase_now.store(0, rl::mo_relaxed, $);
		inside.store(0, rl::mo_relaxed, $);
		accepted($) = 0;
	}

	void thread(unsigned index)
	{
		if (index == 0) {
			phase_now.store(1, rl::mo_release, $);
			fence(g2);
			while (inside.load(acquire(zero_acquire), $) != 0)
				rl::yield(1, $);
			accepted($) = accepted($) + 0; /* what is here now is all */
			return;
		}
		inside.fetch_add(1, rl::mo_relaxed, $);
		fence(g1);
		if (phase_now.load(rl::mo_acquire, $) == 0)
			accepted($) = 1;
		inside.fetch_add(-1, release(leave_release), $);
	}
};

/* An actor ends; somebody sets a signal in its cell, so as to hear of that, and looks whether it lives. */
template<weak::ordering &ended, weak::ordering &wanted> struct end : rl::test_suite<end<ended, wanted>, 2> {
	rl::atomic<int> generation, signals;
	bool lives, told;

	void before()
	{
		generation.store(1, rl::mo_relaxed, $);
		signals.store(0, rl::mo_relaxed, $);
		lives = told = false;
	}

	void thread(unsigned index)
	{
		if (index == 0) {
			generation.store(2, rl::mo_release, $);
			fence(ended);
			told = signals.load(rl::mo_acquire, $) != 0;
			return;
		}
		signals.fetch_or(1, rl::mo_relaxed, $);
		fence(wanted);
		lives = generation.load(rl::mo_relaxed, $) == 1;
	}

	void after()
	{
		RL_ASSERT(!lives || told);
	}
};

ORDERING(end_generation, "END.generation full");
ORDERING(watch_or, "WATCH.or full");
ORDERING(monitor_or, "MONITOR.or full");
ORDERING(name_or, "NAME.or full");

int main(int count, char **arguments)
{
	return weak::check_all(count, arguments, {
		{ "gate", weak::simulate<gate>, { &g1, &g2, &leave_release, &zero_acquire } },
		{ "phase", weak::simulate<phase>, { &g1, &g2, &leave_release, &zero_acquire } },
		{ "waited for", weak::simulate<end<end_generation, watch_or>>, { &end_generation, &watch_or } },
		{ "monitored", weak::simulate<end<end_generation, monitor_or>>, { &end_generation, &monitor_or } },
		{ "named", weak::simulate<end<end_generation, name_or>>, { &end_generation, &name_or } },
	});
}
