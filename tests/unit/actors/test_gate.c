/* SPDX-License-Identifier: MIT */
/* Gates: numbers, who gets in when, and that waiting for those inside ends although others keep coming. G1 to G3. */
#include <sched.h>
#include <stdatomic.h>

#include "actors/system.h"
#include "support/testing.h"

enum { THREADS = 3, ROUNDS = 200 };

static struct troupei_system there; /* only its address is of interest */
static atomic_int stop, gone, reached;

TEST(gate, numbers_are_given_once)
{
	for (unsigned id = 1; id <= TROUPE_SYSTEMS_MAX; id++)
		CHECK_EQ(troupei_gate_reserve(), id);
	CHECK_EQ(troupei_gate_reserve(), 0);
	troupei_gate_release(77);
	CHECK_EQ(troupei_gate_reserve(), 77);
	CHECK_EQ(troupei_gate_reserve(), 0);
}

TEST(gate, open_between_open_and_close)
{
	uint8_t id = troupei_gate_reserve();
	struct gate_pass pass;
	CHECK(troupei_gate_enter(id, &pass) == NULL);
	troupei_gate_open(id, &there);
	CHECK(troupei_gate_enter(id, &pass) == &there);
	CHECK_EQ(pass.id, id);
	troupei_gate_leave(&pass);
	CHECK(troupei_gate_enter(0, &pass) == NULL);
	CHECK(troupei_gate_enter((uint8_t)(id + 1), &pass) == NULL);
	troupei_gate_close(id); /* nobody is inside: it ends */
	CHECK(troupei_gate_enter(id, &pass) == NULL);
	troupei_gate_flush(id);
}

/* Whoever has a reference gets into its actor's system only while that lives. */
TEST(gate, enter_for_a_living_actor_only)
{
	uint8_t id = troupei_gate_reserve();
	struct gate_pass pass;
	CHECK(troupei_slots_init());
	troupei_gate_open(id, &there);
	struct cell *cell = &troupei_cells[1];
	cell->generation = 1;
	cell->system = id;
	troupe_ref ref = troupei_ref_of(cell);
	CHECK(troupei_gate_enter_for(ref, cell, &pass) == &there);
	troupei_gate_leave(&pass);
	troupei_cell_retire(cell);
	CHECK(troupei_gate_enter_for(ref, cell, &pass) == NULL);
	troupei_gate_close(id); /* and is not inside then */
}

static void *flush(void *id)
{
	troupei_gate_flush(*(uint8_t *)id);
	atomic_store(&reached, 1);
	return NULL;
}

TEST(gate, flush_waits_for_who_is_inside)
{
	uint8_t id = troupei_gate_reserve();
	struct gate_pass pass;
	pthread_t thread;
	troupei_gate_open(id, &there);
	for (int round = 0; round < 4; round++) { /* under both counts */
		atomic_store(&reached, 0);
		CHECK(troupei_gate_enter(id, &pass) == &there);
		CHECK_OK(pthread_create(&thread, NULL, flush, &id));
		nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
		CHECK_EQ(atomic_load(&reached), 0);
		troupei_gate_leave(&pass);
		CHECK_OK(pthread_join(thread, NULL));
		CHECK_EQ(atomic_load(&reached), 1);
	}
	troupei_gate_close(id);
}

/* Always inside, by a new pass before the old one is given up. */
static void *stay_inside(void *id)
{
	struct gate_pass passes[2];
	unsigned i = 0;
	if (troupei_gate_enter(*(uint8_t *)id, &passes[0]) == NULL)
		return NULL;
	atomic_fetch_add(&reached, 1);
	while (!atomic_load(&stop) && troupei_gate_enter(*(uint8_t *)id, &passes[(i + 1) % 2]) != NULL)
		troupei_gate_leave(&passes[i++ % 2]);
	troupei_gate_leave(&passes[i % 2]);
	return NULL;
}

static void start(pthread_t *threads, void *(*body)(void *), uint8_t *id)
{
	atomic_store(&reached, 0);
	for (int i = 0; i < THREADS; i++)
		CHECK_OK(pthread_create(&threads[i], NULL, body, id));
	while (atomic_load(&reached) < THREADS)
		sched_yield();
}

static void join(pthread_t *threads)
{
	for (int i = 0; i < THREADS; i++)
		CHECK_OK(pthread_join(threads[i], NULL));
}

TEST(gate, flush_ends_although_threads_keep_entering)
{
	uint8_t id = troupei_gate_reserve();
	pthread_t threads[THREADS];
	troupei_gate_open(id, &there);
	start(threads, stay_inside, &id);
	for (int i = 0; i < 20; i++)
		troupei_gate_flush(id);
	atomic_store(&stop, 1);
	join(threads);
	troupei_gate_close(id);
}

static void *use(void *id)
{
	struct gate_pass pass;
	atomic_fetch_add(&reached, 1);
	while (!atomic_load(&stop)) {
		if (troupei_gate_enter(*(uint8_t *)id, &pass) == NULL)
			continue;
		CHECK_EQ(atomic_load(&gone), 0); /* while we are inside it stays */
		sched_yield();
		CHECK_EQ(atomic_load(&gone), 0);
		troupei_gate_leave(&pass);
	}
	return NULL;
}

TEST(gate, after_close_nobody_is_inside)
{
	uint8_t id = troupei_gate_reserve();
	pthread_t threads[THREADS];
	start(threads, use, &id);
	for (int i = 0; i < ROUNDS; i++) {
		atomic_store(&gone, 0);
		troupei_gate_open(id, &there);
		sched_yield();
		troupei_gate_close(id);
		atomic_store(&gone, 1);
	}
	atomic_store(&stop, 1);
	join(threads);
}

TEST(gate, one_system_is_left_in_a_child)
{
	uint8_t one = troupei_gate_reserve(), other = troupei_gate_reserve();
	struct troupei_system *here = (struct troupei_system *)&one;
	struct gate_pass pass;
	troupei_gate_open(other, (struct troupei_system *)&other);
	CHECK(troupei_gate_enter(other, &pass) != NULL); /* and nobody will leave */
	troupei_gates_reborn(one, here);
	CHECK(troupei_gate_enter(other, &pass) == NULL);
	CHECK(troupei_gate_enter(one, &pass) == here);
	troupei_gate_leave(&pass);
	troupei_gate_close(one);
}
