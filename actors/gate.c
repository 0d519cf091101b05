/* SPDX-License-Identifier: MIT */
/* Gates: how threads from outside get into a system that may be about to end.
 *
 *   G1  A thread counts itself in, then looks whether the system is there.
 *   G2  Who closes takes the system away, then waits until the count is zero.
 *       A full fence stands between the two steps of each: either the thread sees that the system is gone, or the closer sees
 *       the thread. Without G1's fence a thread could use a system that has just been freed. */
#include <sched.h>
#include <time.h>

#include "actors/system.h"

struct gate {
	uint64_t inside;
	struct troupei_system *system;
	uint8_t reserved;
} __attribute__((aligned(TROUPEI_CACHE_LINE)));

static struct gate gates[TROUPE_SYSTEMS_MAX + 1]; /* 0 is nobody's */
static pthread_mutex_t gates_lock = PTHREAD_MUTEX_INITIALIZER;

struct troupei_system *troupei_gate_enter(uint8_t id)
{
	struct gate *gate = &gates[id];

	troupei_add_full_64(&gate->inside, 1); /* G1 */
	struct troupei_system *system = troupei_load_acquire_ptr(&gate->system);
	if (system == NULL)
		troupei_gate_leave(id);
	return system;
}

void troupei_gate_leave(uint8_t id)
{
	troupei_add_full_64(&gates[id].inside, (uint64_t)-1);
}

uint8_t troupei_gate_reserve(void)
{
	unsigned id;

	pthread_mutex_lock(&gates_lock);
	for (id = 1; id <= TROUPE_SYSTEMS_MAX && gates[id].reserved; id++)
		;
	if (id <= TROUPE_SYSTEMS_MAX)
		gates[id].reserved = 1;
	pthread_mutex_unlock(&gates_lock);
	return id <= TROUPE_SYSTEMS_MAX ? (uint8_t)id : 0;
}

void troupei_gate_open(uint8_t id, struct troupei_system *system)
{
	troupei_store_release_ptr(&gates[id].system, system);
}

void troupei_gate_flush(uint8_t id)
{
	troupei_fence_full(); /* G2 */
	for (unsigned i = 0; troupei_load_acquire_64(&gates[id].inside) != 0; i++) {
		if (i < 100)
			sched_yield();
		else
			nanosleep(&(struct timespec){ .tv_nsec = 100000 }, NULL);
	}
}

void troupei_gate_close(uint8_t id)
{
	troupei_store_relaxed_ptr(&gates[id].system, NULL);
	troupei_gate_flush(id);
}

void troupei_gate_release(uint8_t id)
{
	pthread_mutex_lock(&gates_lock);
	gates[id].reserved = 0;
	pthread_mutex_unlock(&gates_lock);
}
