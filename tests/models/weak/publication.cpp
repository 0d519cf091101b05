/* SPDX-License-Identifier: MIT */
/* Something is made, and then one word says that it is there: release by who makes it, acquire by who finds it. One scenario for
 * all that are nothing but this, so that each name has been weakened; and the two that are a little more: the page between a courier
 * and its child process (actors/relay.c, remote.c), and the depot behind its lock (base/depot.c). */
#include "weak.hpp"

using weak::acquire;
using weak::release;

template<weak::ordering &made, weak::ordering &found> struct publication : rl::test_suite<publication<made, found>, 2> {
	rl::var<int> thing;
	rl::atomic<int> there;

	void before()
	{
		there.store(0, rl::mo_relaxed, $);
	}

	void thread(unsigned index)
	{
		if (index == 0) {
			thing($) = 1;
			there.store(1, release(made), $);
			return;
		}
		if (there.load(acquire(found), $) != 0)
			RL_ASSERT(thing($) == 1);
	}
};

#define PUBLICATION(name) \
	ORDERING(name##_store, #name ".store release"); \
	ORDERING(name##_load, #name ".store acquire")

PUBLICATION(ALL);      /* blocking.c: threads of the crew, with their zeroes */
PUBLICATION(ASKED);    /* stall.c: the request */
PUBLICATION(CONTAINS); /* blocking.c, crash.c: the shelters of all workers */
PUBLICATION(COUNT);    /* spare.c: a worker */
PUBLICATION(DEAD);     /* processes/keeper.c: the status of a child */
PUBLICATION(DONE);     /* stall.c: what was collected */
PUBLICATION(NEWS);     /* courier.c */
PUBLICATION(READY);    /* watch_point.c: the locks */
PUBLICATION(SHELTER);  /* shelter.c */

#define PUBLISHED(name) \
	{ #name, weak::simulate<publication<name##_store, name##_load>>, { &name##_store, &name##_load } }

PUBLICATION(WRITTEN);
PUBLICATION(READ);

/* One entry, and two who write and read it in turn. */
struct page : rl::test_suite<page, 2> {
	rl::var<int> entry;
	rl::atomic<int> written, read;

	void before()
	{
		written.store(0, rl::mo_relaxed, $);
		read.store(0, rl::mo_relaxed, $);
	}

	void thread(unsigned index)
	{
		for (int i = 0; i < 2; i++) {
			if (index == 0) {
				while (i - read.load(acquire(READ_load), $) >= 1)
					rl::yield(1, $);
				entry($) = i;
				written.store(i + 1, release(WRITTEN_store), $);
			} else {
				while (written.load(acquire(WRITTEN_load), $) == i)
					rl::yield(1, $);
				RL_ASSERT(entry($) == i);
				read.store(i + 1, release(READ_store), $);
			}
		}
	}
};

ORDERING(m2_put, "M2 lock");

/* A magazine goes through the depot. */
struct depot : rl::test_suite<depot, 2> {
	rl::mutex lock;
	rl::atomic<int> magazines;
	rl::var<int> block;

	void before()
	{
		magazines.store(0, rl::mo_relaxed, $);
	}

	void thread(unsigned index)
	{
		if (index == 0)
			block($) = 1;
		if (m2_put.holds)
			lock.lock($);
		int seen = magazines.load(rl::mo_relaxed, $);
		if (index == 0)
			magazines.store(1, rl::mo_relaxed, $);
		if (m2_put.holds)
			lock.unlock($);
		if (index == 1 && seen != 0)
			RL_ASSERT(block($) == 1);
	}
};

int main(int count, char **arguments)
{
	return weak::check_all(count, arguments, {
		PUBLISHED(ALL), PUBLISHED(ASKED), PUBLISHED(CONTAINS), PUBLISHED(COUNT), PUBLISHED(DEAD), PUBLISHED(DONE),
		PUBLISHED(NEWS), PUBLISHED(READY), PUBLISHED(SHELTER),
		{ "page", weak::simulate<page>, { &WRITTEN_store, &WRITTEN_load, &READ_store, &READ_load } },
		{ "depot", weak::simulate<depot>, { &m2_put } },
	});
}
