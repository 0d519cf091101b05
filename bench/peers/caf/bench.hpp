// SPDX-License-Identifier: MIT
// The CAF programs: what all workloads share. What each one does: bench/README.md.
#pragma once

#include <caf/all.hpp>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <string>

using nanoseconds = std::chrono::nanoseconds;
using std::chrono::steady_clock;

struct parameters {
	uint64_t n, k;
};

struct outcome {
	uint64_t messages;
	double seconds;
	uint64_t check, wanted;
	int64_t rss_kb = -1; // the peak of the process
};

// A workload makes its first actor, waits in the main thread for the result, and says what it found. The main thread
// sends nothing in between: all that works does so on the scheduler's threads.
using workload = outcome (*)(caf::actor_system&, const parameters&);

outcome pingpong(caf::actor_system&, const parameters&);
outcome counting(caf::actor_system&, const parameters&);
outcome ring(caf::actor_system&, const parameters&);
outcome mailbox(caf::actor_system&, const parameters&);
outcome filterbank(caf::actor_system&, const parameters&);
outcome fjthrput(caf::actor_system&, const parameters&);
outcome fjcreate(caf::actor_system&, const parameters&);
outcome fib(caf::actor_system&, const parameters&);
outcome skynet(caf::actor_system&, const parameters&);
outcome idle(caf::actor_system&, const parameters&);
outcome chameneos(caf::actor_system&, const parameters&);
outcome big(caf::actor_system&, const parameters&);
outcome banking(caf::actor_system&, const parameters&);

class stopwatch {
public:
	double seconds() const { return std::chrono::duration<double>(steady_clock::now() - start_).count(); }

private:
	steady_clock::time_point start_ = steady_clock::now();
};

// The number that somebody sends to the main thread at the end.
inline uint64_t result_of(caf::scoped_actor& self)
{
	uint64_t result = 0;

	self->receive([&](uint64_t value) { result = value; });
	return result;
}

inline void compute()
{
	static volatile double angle = 37.2;
	volatile double r = std::sin(angle);

	r = r * r;
}

inline uint32_t random_of(uint32_t& x)
{
	x = x * 1664525u + 1013904223u;
	return x >> 8;
}

// A number from /proc/self/status, such as "VmRSS:", in kB; -1: not there.
int64_t memory_kb(const std::string& key);

using start_atom = caf::atom_constant<caf::atom("start")>;
using done_atom = caf::atom_constant<caf::atom("done")>;
using work_atom = caf::atom_constant<caf::atom("work")>;
