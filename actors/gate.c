/* SPDX-License-Identifier: MIT */
/* Gates: how threads from outside get into a system that may be about to end.
 *
 *   G1  A thread counts itself in, then looks whether the system is there.
 *   G2  Who closes takes the system away, then waits until the count is zero.
 *       A full fence stands between the two steps of each: either the thread sees that the system is gone, or the closer sees
 *       the thread. Without G1's fence a thread could use a system that has just been freed.
 *   G3  There are two counts, and threads come in under the one that the epoch names. Who waits turns the epoch first, so that
 *       newcomers cannot keep the old count from coming to zero; and does so twice, since a thread may read the epoch,
 *       sleep, and count itself in under the count that had just been waited for (as in sleepable RCU). */
#include <string.h>

#include "actors/system.h"
#include "base/threads.h"

struct gate {
	uint64_t inside[2];
	uint32_t epoch;
	struct troupei_system *system;
	uint8_t reserved;
} __attribute__((aligned(TROUPEI_CACHE_LINE)));

static struct gate gates[TROUPE_SYSTEMS_MAX + 1]; /* 0 is nobody's */
static pthread_mutex_t gates_lock = PTHREAD_MUTEX_INITIALIZER;

struct troupei_system *troupei_gate_enter(uint8_t id, struct gate_pass *pass)
{
	struct gate *gate = &gates[id];

	if (troupei_load_relaxed_ptr(&gate->system) == NULL)
		return NULL; /* do not keep a closer waiting */
	*pass = (struct gate_pass){ .id = id, .count = (uint8_t)(troupei_load_relaxed_32(&gate->epoch) & 1) };
	troupei_add_full_64(&gate->inside[pass->count], 1); /* G1 */
	struct troupei_system *system = troupei_load_acquire_ptr(&gate->system);
	if (system == NULL)
		troupei_gate_leave(pass);
	return system;
}

struct troupei_system *troupei_gate_enter_for(troupe_ref ref, struct cell *cell, struct gate_pass *pass)
{
	struct troupei_system *system = troupei_gate_enter(troupei_cell_system(cell), pass);

	/* The number may be another system's by now, and the slot; but if the actor lives, its system does. */
	if (system == NULL || troupei_ref_cell(ref) == cell)
		return system;
	troupei_gate_leave(pass);
	return NULL;
}

void troupei_gate_leave(const struct gate_pass *pass)
{
	troupei_add_full_64(&gates[pass->id].inside[pass->count], (uint64_t)-1);
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

static void wait_for_zero(const uint64_t *count)
{
	for (unsigned i = 0; troupei_load_acquire_64(count) != 0; i++) {
		troupei_thread_nap(i < 100 ? 0 : 100000);
	}
}

void troupei_gate_flush(uint8_t id)
{
	struct gate *gate = &gates[id];

	for (unsigned turn = 0; turn < 2; turn++) { /* G3 */
		uint32_t old = troupei_add_full_32(&gate->epoch, 1); /* and the fence of G2 */
		wait_for_zero(&gate->inside[old & 1]);
	}
}

void troupei_gate_close(uint8_t id)
{
	troupei_store_relaxed_ptr(&gates[id].system, NULL);
	troupei_gate_flush(id);
}

void troupei_gates_reborn(uint8_t id, struct troupei_system *system)
{
	memset(gates, 0, sizeof gates);
	pthread_mutex_init(&gates_lock, NULL);
	gates[id].reserved = 1;
	gates[id].system = system;
}

void troupei_gate_release(uint8_t id)
{
	pthread_mutex_lock(&gates_lock);
	gates[id].reserved = 0;
	pthread_mutex_unlock(&gates_lock);
}
