/* SPDX-License-Identifier: MIT */
/* weak: what the scenarios beside it have in common.
 *
 * A scenario is a few threads that go through one of the library's protocols, restated with Relacy's atomics, which return old
 * values wherever C11 lets them: so it shows what processors other than x86 may do. Each ordering that a comment in the sources
 * names is an ORDERING here. A scenario holds with all of them, and must fail when any single one is weakened: to relaxed, or to
 * no fence. Which ordering is shown where: ../orderings.md.
 *
 * Random executions, always the same ones. What Relacy does not do is let a load see a store that comes after it in time. */
#ifndef WEAK_WEAK_HPP
#define WEAK_WEAK_HPP

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ostream>
#include <streambuf>
#include <vector>

#include <relacy/relacy.hpp> /* last: it has its own new and assert */

namespace weak {

struct ordering {
	const char *name;
	bool holds;
};

#define ORDERING(identifier, text) static weak::ordering identifier = { text, true }

inline rl::memory_order acquire(const ordering &o) { return o.holds ? rl::mo_acquire : rl::mo_relaxed; }
inline rl::memory_order release(const ordering &o) { return o.holds ? rl::mo_release : rl::mo_relaxed; }

/* The order of a read-modify-write whose two halves have names of their own. */
inline rl::memory_order both(const ordering &acquires, const ordering &releases)
{
	if (acquires.holds && releases.holds)
		return rl::mo_acq_rel;
	return acquires.holds ? rl::mo_acquire : release(releases);
}

/* troupei_fence_full, and troupei_fence_around beside a read-modify-write. */
inline void fence(const ordering &o)
{
	if (o.holds)
		rl::atomic_thread_fence(rl::mo_seq_cst, $);
}

/* What Relacy says, as far as it fits: it must not allocate, since Relacy counts what is allocated while it runs. */
struct story : std::streambuf {
	char text[1 << 20];

	story() { clear(); }
	void clear() { setp(text, text + sizeof text - 1); }
	const char *c_str()
	{
		*pptr() = '\0';
		return text;
	}
	int overflow(int c) override { return c; }
};

struct scenario {
	const char *name;
	bool (*holds)(rl::test_params &);
	std::vector<ordering *> orderings;
};

template<class T> bool simulate(rl::test_params &params)
{
	return rl::simulate<T>(params);
}

/* How many executions until it failed, and how; 0: it did not. */
inline unsigned long failure(const scenario &s, unsigned executions, std::ostream &said, const char **how)
{
	rl::test_params params;

	params.iteration_count = executions;
	params.execution_depth_limit = 4000;
	params.output_stream = &said;
	params.progress_stream = &said;
	bool holds = s.holds(params);
	*how = rl::test_result_str(params.test_result);
	return holds ? 0 : (unsigned long)params.stop_iteration;
}

inline double seconds_since(std::chrono::steady_clock::time_point from)
{
	return std::chrono::duration<double>(std::chrono::steady_clock::now() - from).count();
}

/* One scenario, and each of its mutants. How many were not as they must be. */
inline int check(const scenario &s, unsigned executions, unsigned mutant_executions)
{
	static story told;
	static std::ostream said(&told);
	told.clear();
	auto from = std::chrono::steady_clock::now();
	const char *how;
	unsigned long failed_at = failure(s, executions, said, &how);
	int wrong = failed_at != 0;

	std::printf("%s weak %-12s %u executions, %.1f s\n", wrong ? "not ok" : "ok", s.name, executions, seconds_since(from));
	if (wrong)
		std::printf("%s\n", told.c_str());
	for (ordering *o : s.orderings) {
		told.clear();
		o->holds = false;
		failed_at = failure(s, mutant_executions, said, &how);
		o->holds = true;
		wrong += failed_at == 0;
		if (failed_at != 0)
			std::printf("ok weak %-12s without %s: fails at %lu, %s\n", s.name, o->name, failed_at, how);
		else
			std::printf("not ok weak %s without %s: nothing fails in %u executions\n", s.name, o->name, mutant_executions);
	}
	std::fflush(stdout);
	return wrong;
}

/* Arguments: executions of each scenario, and of each mutant at most. */
inline int check_all(int count, char **arguments, const std::vector<scenario> &scenarios)
{
	unsigned executions = count > 1 ? (unsigned)std::atoi(arguments[1]) : 100000;
	unsigned mutant_executions = count > 2 ? (unsigned)std::atoi(arguments[2]) : 200000;
	int wrong = 0;

	for (const scenario &s : scenarios)
		wrong += check(s, executions, mutant_executions);
	return wrong != 0;
}

} // namespace weak

#endif
