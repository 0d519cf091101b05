// SPDX-License-Identifier: MIT
// Many actors: fjthrput, fjcreate, fib, skynet, idle.
#include "bench.hpp"

#include <atomic>
#include <thread>

using namespace caf;

namespace {

using ask_atom = atom_constant<atom("ask")>;

struct counted {
	uint64_t count = 0;
};

// Tells main when so many have told it that they are done.
behavior gathering(stateful_actor<counted>* self, uint64_t wanted, const actor& main)
{
	return {
		[=](done_atom) {
			if (++self->state.count == wanted)
				self->send(main, wanted);
		},
	};
}

// ---- fjthrput

behavior busy_worker(stateful_actor<counted>* self, uint64_t n, actor master)
{
	return {
		[=](work_atom) {
			compute();
			if (++self->state.count == n)
				self->send(master, done_atom::value);
		},
	};
}

behavior throughput_master(stateful_actor<counted>* self, parameters p, actor main)
{
	std::vector<actor> workers;

	for (uint64_t i = 0; i < p.k; i++)
		workers.push_back(self->spawn(busy_worker, p.n, actor{self}));
	for (uint64_t i = 0; i < p.n; i++)
		for (auto& worker : workers)
			self->send(worker, work_atom::value);
	return gathering(self, p.k, main);
}

// ---- fjcreate

behavior short_worker(event_based_actor* self, actor master)
{
	return {
		[=](work_atom) {
			compute();
			self->send(master, done_atom::value);
			self->quit();
		},
	};
}

behavior creation_master(stateful_actor<counted>* self, parameters p, actor main)
{
	for (uint64_t i = 0; i < p.n; i++)
		self->send(self->spawn(short_worker, actor{self}), work_atom::value);
	return gathering(self, p.n, main);
}

// ---- fib and skynet: an actor is asked, asks its children, adds their answers, answers, and ends

struct tree_state {
	actor parent;
	uint64_t missing = 0, sum = 0;
};

void answer(stateful_actor<tree_state>* self, uint64_t value)
{
	self->send(self->state.parent, value);
	self->quit();
}

void add(stateful_actor<tree_state>* self, uint64_t value)
{
	self->state.sum += value;
	if (--self->state.missing == 0)
		answer(self, self->state.sum);
}

behavior fib_actor(stateful_actor<tree_state>* self)
{
	return {
		[=](ask_atom, uint32_t n, const actor& parent) {
			self->state.parent = parent;
			if (n <= 2) {
				answer(self, 1);
				return;
			}
			self->state.missing = 2;
			for (uint32_t i = 1; i <= 2; i++)
				self->send(self->spawn(fib_actor), ask_atom::value, n - i, actor{self});
		},
		[=](uint64_t value) { add(self, value); },
	};
}

uint64_t fib_of(uint64_t n)
{
	uint64_t a = 0, b = 1;

	while (n-- > 0) {
		auto c = a + b;
		a = b;
		b = c;
	}
	return a;
}

behavior skynet_actor(stateful_actor<tree_state>* self)
{
	return {
		[=](ask_atom, uint64_t number, uint64_t size, const actor& parent) {
			self->state.parent = parent;
			if (size == 1) {
				answer(self, number);
				return;
			}
			self->state.missing = 10;
			for (uint64_t i = 0; i < 10; i++)
				self->send(self->spawn(skynet_actor), ask_atom::value, number + i * (size / 10), size / 10, actor{self});
		},
		[=](uint64_t value) { add(self, value); },
	};
}

uint64_t skynet_actors(uint64_t leaves)
{
	uint64_t count = 0;

	for (; leaves > 0; leaves /= 10)
		count += leaves;
	return count;
}

// ---- idle

std::atomic<uint64_t> ready{0}, told{0};

struct idle_state {
	uint64_t value;
};

behavior idle_actor(stateful_actor<idle_state>* self, uint64_t value)
{
	self->state.value = value;
	ready.fetch_add(1, std::memory_order_relaxed);
	return {
		[=](uint64_t more) {
			self->state.value += more;
			if (self->state.value > 0)
				told.fetch_add(1, std::memory_order_relaxed);
			self->quit();
		},
	};
}

void idle_maker(event_based_actor* self, std::vector<actor>* all, double* seconds, actor main)
{
	stopwatch time;

	for (size_t i = 0; i < all->size(); i++)
		(*all)[i] = self->spawn(idle_actor, i);
	*seconds = time.seconds();
	self->send(main, uint64_t{all->size()});
}

void idle_teller(event_based_actor* self, std::vector<actor>* all)
{
	for (auto& each : *all)
		self->send(each, uint64_t{1});
}

void wait_for(const std::atomic<uint64_t>& counter, uint64_t n)
{
	while (counter.load() < n)
		std::this_thread::sleep_for(std::chrono::milliseconds{1});
}

} // namespace

outcome fjthrput(actor_system& system, const parameters& p)
{
	scoped_actor self{system};
	stopwatch time;

	self->spawn(throughput_master, p, actor{self});
	auto workers = result_of(self);
	return {p.k * p.n, time.seconds(), workers, p.k};
}

outcome fjcreate(actor_system& system, const parameters& p)
{
	scoped_actor self{system};
	stopwatch time;

	self->spawn(creation_master, p, actor{self});
	auto workers = result_of(self);
	return {2 * p.n, time.seconds(), workers, p.n};
}

outcome fib(actor_system& system, const parameters& p)
{
	scoped_actor self{system};
	stopwatch time;
	auto wanted = fib_of(p.n);

	self->send(self->spawn(fib_actor), ask_atom::value, static_cast<uint32_t>(p.n), actor{self});
	auto sum = result_of(self);
	return {2 * (2 * wanted - 1), time.seconds(), sum, wanted};
}

outcome skynet(actor_system& system, const parameters& p)
{
	scoped_actor self{system};
	stopwatch time;

	self->send(self->spawn(skynet_actor), ask_atom::value, uint64_t{0}, p.n, actor{self});
	auto sum = result_of(self);
	return {2 * skynet_actors(p.n), time.seconds(), sum, p.n * (p.n - 1) / 2};
}

// `seconds` is the making alone, `rss_kb` what memory has grown by when all of them wait. The table of handles is there before.
outcome idle(actor_system& system, const parameters& p)
{
	scoped_actor self{system};
	std::vector<actor> all(p.n);
	double seconds = 0;
	auto before = memory_kb("VmRSS:");

	self->spawn(idle_maker, &all, &seconds, actor{self});
	result_of(self);
	wait_for(ready, p.n);
	std::this_thread::sleep_for(std::chrono::milliseconds{20});
	auto grown = memory_kb("VmRSS:") - before;
	self->spawn(idle_teller, &all);
	wait_for(told, p.n);
	return {p.n, seconds, told.load(), p.n, grown};
}
