// SPDX-License-Identifier: MIT
// Actors that talk with many others: chameneos, big, banking.
#include "bench.hpp"

using namespace caf;

namespace {

using meet_atom = atom_constant<atom("meet")>;
using change_atom = atom_constant<atom("change")>;
using home_atom = atom_constant<atom("home")>;
using ping_atom = atom_constant<atom("ping")>;
using pong_atom = atom_constant<atom("pong")>;
using credit_atom = atom_constant<atom("credit")>;

// ---- chameneos

struct creature_state {
	uint32_t colour = 0;
	uint64_t meetings = 0;
};

uint32_t complement(uint32_t a, uint32_t b)
{
	return a == b ? a : 3 - a - b;
}

behavior creature(stateful_actor<creature_state>* self, uint32_t colour, actor mall)
{
	auto ask_to_meet = [=] { self->send(mall, meet_atom::value, self->state.colour, actor{self}); };

	self->state.colour = colour;
	ask_to_meet();
	return {
		[=](meet_atom, uint32_t other, const actor& from) {
			self->state.colour = complement(self->state.colour, other);
			self->send(from, change_atom::value, self->state.colour);
			self->state.meetings++;
			ask_to_meet();
		},
		[=](change_atom, uint32_t changed) {
			self->state.colour = changed;
			self->state.meetings++;
			ask_to_meet();
		},
		[=](home_atom) {
			self->send(mall, self->state.meetings);
			self->quit();
		},
	};
}

struct mall_state {
	uint64_t left = 0; // meetings
	actor waiting;     // null: nobody
	uint64_t home = 0, meetings = 0;
};

behavior mall(stateful_actor<mall_state>* self, parameters p, actor main)
{
	self->state.left = p.n;
	for (uint64_t i = 0; i < p.k; i++)
		self->spawn(creature, static_cast<uint32_t>(i % 3), actor{self});
	return {
		[=](meet_atom, uint32_t colour, const actor& from) {
			auto& state = self->state;
			if (state.left == 0) {
				self->send(from, home_atom::value);
			} else if (!state.waiting) {
				state.waiting = from;
			} else {
				state.left--;
				self->send(state.waiting, meet_atom::value, colour, from);
				state.waiting = nullptr;
			}
		},
		[=](uint64_t meetings) {
			self->state.meetings += meetings;
			if (++self->state.home == p.k)
				self->send(main, self->state.meetings);
		},
	};
}

// ---- big

struct peer_state {
	std::vector<actor> peers;
	uint64_t left = 0;
	uint32_t random = 0;
};

void ping_somebody(stateful_actor<peer_state>* self, uint32_t number)
{
	auto& state = self->state;
	auto other = random_of(state.random) % (state.peers.size() - 1);

	if (other >= number)
		other++;
	state.left--;
	self->send(state.peers[other], ping_atom::value);
}

behavior peer(stateful_actor<peer_state>* self, uint32_t number, uint64_t n, actor sink)
{
	self->state.left = n;
	self->state.random = number * 2654435761u + 1;
	return {
		[=](start_atom, const std::vector<actor>& peers) {
			self->state.peers = peers;
			ping_somebody(self, number);
		},
		[=](ping_atom) { return pong_atom::value; },
		[=](pong_atom) {
			if (self->state.left > 0)
				ping_somebody(self, number);
			else
				self->send(sink, done_atom::value);
		},
	};
}

struct counted {
	uint64_t count = 0;
};

behavior big_sink(stateful_actor<counted>* self, parameters p, actor main)
{
	std::vector<actor> peers;

	for (uint32_t i = 0; i < p.k; i++)
		peers.push_back(self->spawn(peer, i, p.n, actor{self}));
	for (auto& each : peers)
		self->send(each, start_atom::value, peers);
	return {
		[=](done_atom) {
			if (++self->state.count == p.k)
				self->send(main, self->state.count);
		},
	};
}

// ---- banking

struct account_state {
	std::vector<actor> accounts;
	int64_t balance = int64_t{1} << 40;
};

behavior account(stateful_actor<account_state>* self, actor teller)
{
	return {
		[=](start_atom, const std::vector<actor>& accounts) { self->state.accounts = accounts; },
		[=](work_atom, uint32_t to, int64_t amount) {
			self->state.balance -= amount;
			// await: nothing else is handled until the answer
			self->request(self->state.accounts[to], infinite, credit_atom::value, amount).await([=](done_atom) {
				self->send(teller, done_atom::value);
			});
		},
		[=](credit_atom, int64_t amount) {
			self->state.balance += amount;
			return done_atom::value;
		},
	};
}

behavior teller(stateful_actor<counted>* self, parameters p, actor main)
{
	std::vector<actor> accounts;
	uint32_t random = 123456;

	for (uint64_t i = 0; i < p.k; i++)
		accounts.push_back(self->spawn(account, actor{self}));
	for (auto& each : accounts)
		self->send(each, start_atom::value, accounts);
	for (uint64_t i = 0; i < p.n; i++) {
		auto source = random_of(random) % (p.k / 10 * 8);
		auto r = random_of(random);
		auto distance = std::max<uint64_t>(r % (p.k - source), 1);
		self->send(accounts[source], work_atom::value, static_cast<uint32_t>(source + distance), int64_t{r % 1000});
	}
	return {
		[=](done_atom) {
			if (++self->state.count == p.n)
				self->send(main, p.n);
		},
	};
}

} // namespace

outcome chameneos(actor_system& system, const parameters& p)
{
	scoped_actor self{system};
	stopwatch time;

	self->spawn(mall, p, actor{self});
	auto meetings = result_of(self);
	return {4 * p.n, time.seconds(), meetings, 2 * p.n};
}

outcome big(actor_system& system, const parameters& p)
{
	scoped_actor self{system};
	stopwatch time;

	self->spawn(big_sink, p, actor{self});
	auto finished = result_of(self);
	return {2 * p.n * p.k, time.seconds(), finished, p.k};
}

outcome banking(actor_system& system, const parameters& p)
{
	scoped_actor self{system};
	stopwatch time;

	self->spawn(teller, p, actor{self});
	auto transferred = result_of(self);
	return {4 * p.n, time.seconds(), transferred, p.n};
}
