// SPDX-License-Identifier: MIT
// Few actors, many messages: pingpong, counting, ring, mailbox, filterbank.
#include "bench.hpp"

using namespace caf;

namespace {

using ping_atom = atom_constant<atom("ping")>;
using pong_atom = atom_constant<atom("pong")>;
using increment_atom = atom_constant<atom("increment")>;
using get_atom = atom_constant<atom("get")>;
using next_atom = atom_constant<atom("next")>;

struct counted {
	uint64_t count = 0;
};

// ---- pingpong

behavior pong_actor(event_based_actor* self, actor ping)
{
	return {
		[=](ping_atom) { self->send(ping, pong_atom::value); },
	};
}

behavior ping_actor(stateful_actor<counted>* self, uint64_t n, actor main)
{
	auto pong = self->spawn(pong_actor, actor{self});

	self->send(pong, ping_atom::value);
	return {
		[=](pong_atom) {
			if (++self->state.count < n)
				self->send(pong, ping_atom::value);
			else
				self->send(main, self->state.count);
		},
	};
}

// ---- counting

behavior counter(stateful_actor<counted>* self)
{
	return {
		[=](increment_atom) { self->state.count++; },
		[=](get_atom) { return self->state.count; },
	};
}

behavior producer(event_based_actor* self, uint64_t n, actor to, actor main)
{
	for (uint64_t i = 0; i < n; i++)
		self->send(to, increment_atom::value);
	self->send(to, get_atom::value);
	return {
		[=](uint64_t value) { self->send(main, value); },
	};
}

// ---- ring

struct node_state {
	actor next;
};

behavior node(stateful_actor<node_state>* self, uint64_t hops, actor main)
{
	return {
		[=](next_atom, const actor& next) { self->state.next = next; },
		[=](uint64_t left) {
			if (left > 0)
				self->send(self->state.next, left - 1);
			else
				self->send(main, hops);
		},
	};
}

// ---- mailbox

behavior receiver(stateful_actor<counted>* self, uint64_t total, actor main)
{
	return {
		[=](uint64_t) {
			if (++self->state.count == total)
				self->send(main, total);
		},
	};
}

void sender(event_based_actor* self, uint64_t n, actor to)
{
	for (uint64_t i = 0; i < n; i++)
		self->send(to, i);
}

// ---- filterbank

behavior stage(event_based_actor* self, actor next)
{
	return {
		[=](uint64_t value) { self->send(next, value + 1); },
	};
}

struct sink_state {
	uint64_t seen = 0, sum = 0;
};

behavior sink(stateful_actor<sink_state>* self, uint64_t n, actor main)
{
	return {
		[=](uint64_t value) {
			self->state.sum += value;
			if (++self->state.seen == n)
				self->send(main, self->state.sum);
		},
	};
}

} // namespace

outcome pingpong(actor_system& system, const parameters& p)
{
	scoped_actor self{system};
	stopwatch time;

	self->spawn(ping_actor, p.n, actor{self});
	auto pongs = result_of(self);
	return {2 * p.n, time.seconds(), pongs, p.n};
}

outcome counting(actor_system& system, const parameters& p)
{
	scoped_actor self{system};
	stopwatch time;

	self->spawn(producer, p.n, self->spawn(counter), actor{self});
	auto value = result_of(self);
	return {p.n + 2, time.seconds(), value, p.n};
}

outcome ring(actor_system& system, const parameters& p)
{
	scoped_actor self{system};
	stopwatch time;
	std::vector<actor> nodes;

	for (uint64_t i = 0; i < p.k; i++)
		nodes.push_back(self->spawn(node, p.n, actor{self}));
	for (uint64_t i = 0; i < p.k; i++)
		self->send(nodes[i], next_atom::value, nodes[(i + 1) % p.k]);
	self->send(nodes[0], p.n - 1);
	auto hops = result_of(self);
	return {p.n, time.seconds(), hops, p.n};
}

outcome mailbox(actor_system& system, const parameters& p)
{
	scoped_actor self{system};
	stopwatch time;
	auto only = self->spawn(receiver, p.n * p.k, actor{self});

	for (uint64_t i = 0; i < p.k; i++)
		self->spawn(sender, p.n, only);
	auto received = result_of(self);
	return {p.n * p.k, time.seconds(), received, p.n * p.k};
}

outcome filterbank(actor_system& system, const parameters& p)
{
	scoped_actor self{system};
	stopwatch time;
	auto next = self->spawn(sink, p.n, actor{self});

	for (uint64_t i = 0; i < p.k; i++)
		next = self->spawn(stage, next);
	self->spawn(sender, p.n, next);
	auto sum = result_of(self);
	return {p.n * (p.k + 1), time.seconds(), sum, p.n * (p.n - 1) / 2 + p.n * p.k};
}
