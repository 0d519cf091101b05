/* SPDX-License-Identifier: MIT */
/* The registry: every code, a model, a million names, several threads, and no memory. */
#include "actors/registry.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/memory.h"
#include "support/testing.h"
#include "troupe/registry.h"

#if TEST_WITH_TSAN || TEST_WITH_ASAN
enum { STEPS = 20000, MANY = 100000 };
#else
enum { STEPS = 100000, MANY = 1000000 };
#endif
enum { ACTORS = 16, NAMES = 200, THREADS = 4, NAME_SIZE = 16 };

/* The actors of these tests are 1 to ACTORS, and some are dead. */
static atomic_bool dead[ACTORS + 1];

static bool is_alive(uint64_t ref_bits)
{
	return ref_bits > ACTORS || !dead[ref_bits];
}

static bool nobody_is_alive(uint64_t ref_bits)
{
	(void)ref_bits;
	return false;
}

static struct registry *created(void)
{
	struct registry *registry = troupei_registry_create();
	CHECK(registry != NULL);
	CHECK_EQ(troupei_registry_count(registry), 0);
	return registry;
}

/* Who has it; 0: nobody. */
static uint64_t found(struct registry *registry, const char *name)
{
	uint64_t ref_bits = 0;
	troupe_status status = troupei_registry_find(registry, name, &ref_bits);
	CHECK_EQ(status, ref_bits == 0 ? TROUPE_ENOENT : TROUPE_OK);
	return ref_bits;
}

static uint64_t draw(uint64_t *random)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	return *random ^= *random << 17;
}

TEST(registry, finds_what_was_added)
{
	struct registry *registry = created();
	CHECK_EQ(found(registry, "clock"), 0);
	CHECK_OK(troupei_registry_add(registry, "clock", 7, is_alive));
	CHECK_EQ(found(registry, "clock"), 7);
	CHECK_EQ(found(registry, "clocks"), 0);
	CHECK_EQ(found(registry, "cloc"), 0);
	CHECK_EQ(troupei_registry_count(registry), 1);
	CHECK_OK(troupei_registry_remove(registry, "clock"));
	CHECK_EQ(troupei_registry_remove(registry, "clock"), TROUPE_ENOENT);
	CHECK_EQ(found(registry, "clock"), 0);
	CHECK_EQ(troupei_registry_count(registry), 0);
	troupei_registry_destroy(registry);
}

/* These two have one hash, of all its 64 bits. */
TEST(registry, names_of_the_same_hash_are_two)
{
	static const char *const names[] = { "8yn0iYCKYHlIj4-BwPqk", "GReLUrM4wMqfg9yzV3KQ" };
	struct registry *registry = created();
	CHECK_OK(troupei_registry_add(registry, names[0], 7, is_alive));
	CHECK_EQ(found(registry, names[1]), 0);
	CHECK_OK(troupei_registry_add(registry, names[1], 8, is_alive));
	CHECK_EQ(found(registry, names[0]), 7);
	CHECK_EQ(found(registry, names[1]), 8);
	troupei_registry_destroy(registry);
}

TEST(registry, copies_the_name)
{
	struct registry *registry = created();
	char name[] = "clock";
	CHECK_OK(troupei_registry_add(registry, name, 7, is_alive));
	name[0] = 'b';
	CHECK_EQ(found(registry, "clock"), 7);
	CHECK_EQ(found(registry, "block"), 0);
	troupei_registry_destroy(registry);
}

TEST(registry, refuses_names_of_a_bad_length)
{
	struct registry *registry = created();
	char name[TROUPE_NAME_SIZE_MAX + 2];
	memset(name, 'n', sizeof name);
	name[TROUPE_NAME_SIZE_MAX + 1] = '\0';
	const char *bad[] = { NULL, "", name };
	for (int i = 0; i < 3; i++) {
		CHECK_EQ(troupei_registry_add(registry, bad[i], 1, is_alive), TROUPE_EINVAL);
		CHECK_EQ(found(registry, bad[i]), 0);
		CHECK_EQ(troupei_registry_remove(registry, bad[i]), TROUPE_ENOENT);
	}
	name[TROUPE_NAME_SIZE_MAX] = '\0';
	CHECK_OK(troupei_registry_add(registry, name, 1, is_alive));
	CHECK_OK(troupei_registry_add(registry, "n", 1, is_alive));
	CHECK_EQ(found(registry, name), 1);
	CHECK_EQ(troupei_registry_count(registry), 2);
	troupei_registry_destroy(registry);
}

TEST(registry, a_living_actor_keeps_its_name)
{
	struct registry *registry = created();
	CHECK_OK(troupei_registry_add(registry, "clock", 1, is_alive));
	CHECK_EQ(troupei_registry_add(registry, "clock", 2, is_alive), TROUPE_EEXIST);
	CHECK_OK(troupei_registry_add(registry, "clock", 1, is_alive)); /* it has it */
	CHECK_EQ(found(registry, "clock"), 1);
	CHECK_EQ(troupei_registry_count(registry), 1);
	troupei_registry_destroy(registry);
}

/* And what is taken away later is the dead one's other name alone. */
TEST(registry, a_dead_actor_loses_its_name)
{
	struct registry *registry = created();
	CHECK_OK(troupei_registry_add(registry, "clock", 1, is_alive));
	CHECK_OK(troupei_registry_add(registry, "watch", 1, is_alive));
	dead[1] = true;
	CHECK_OK(troupei_registry_add(registry, "clock", 2, is_alive));
	CHECK_EQ(found(registry, "clock"), 2);
	CHECK_EQ(found(registry, "watch"), 1);
	CHECK_EQ(troupei_registry_count(registry), 2);
	troupei_registry_remove_actor(registry, 1);
	CHECK_EQ(found(registry, "clock"), 2);
	CHECK_EQ(found(registry, "watch"), 0);
	CHECK_EQ(troupei_registry_count(registry), 1);
	troupei_registry_destroy(registry);
}

TEST(registry, the_dead_may_name_themselves_again)
{
	struct registry *registry = created();
	CHECK_OK(troupei_registry_add(registry, "clock", 1, is_alive));
	CHECK_OK(troupei_registry_add(registry, "clock", 1, nobody_is_alive));
	CHECK_EQ(troupei_registry_count(registry), 1);
	troupei_registry_remove_actor(registry, 1);
	CHECK_EQ(troupei_registry_count(registry), 0);
	troupei_registry_destroy(registry);
}

TEST(registry, removing_an_actor_without_names_does_nothing)
{
	struct registry *registry = created();
	troupei_registry_remove_actor(registry, 1);
	CHECK_OK(troupei_registry_add(registry, "clock", 1, is_alive));
	troupei_registry_remove_actor(registry, 2);
	CHECK_EQ(found(registry, "clock"), 1);
	troupei_registry_destroy(registry);
}

static const char *name_of(char *text, unsigned i)
{
	snprintf(text, NAME_SIZE, "name %u", i);
	return text;
}

struct model {
	struct registry *registry;
	uint64_t has[NAMES]; /* who; 0: nobody */
	uint64_t random;
};

static void model_add(struct model *m, unsigned i, uint64_t actor)
{
	char text[NAME_SIZE];
	bool taken = m->has[i] != 0 && is_alive(m->has[i]);
	troupe_status status = troupei_registry_add(m->registry, name_of(text, i), actor, is_alive);
	CHECK_EQ(status, taken && m->has[i] != actor ? TROUPE_EEXIST : TROUPE_OK);
	if (!taken)
		m->has[i] = actor;
}

static void model_remove(struct model *m, unsigned i)
{
	char text[NAME_SIZE];
	troupe_status status = troupei_registry_remove(m->registry, name_of(text, i));
	CHECK_EQ(status, m->has[i] == 0 ? TROUPE_ENOENT : TROUPE_OK);
	m->has[i] = 0;
}

static void model_remove_actor(struct model *m, uint64_t actor)
{
	troupei_registry_remove_actor(m->registry, actor);
	for (unsigned i = 0; i < NAMES; i++)
		if (m->has[i] == actor)
			m->has[i] = 0;
}

static void model_check(struct model *m)
{
	char text[NAME_SIZE];
	size_t count = 0;
	for (unsigned i = 0; i < NAMES; i++) {
		CHECK_EQ(found(m->registry, name_of(text, i)), m->has[i]);
		count += m->has[i] != 0;
	}
	CHECK_EQ(troupei_registry_count(m->registry), count);
}

TEST(registry, agrees_with_a_model)
{
	struct model m = { .registry = created(), .random = 1 };
	for (int step = 0; step < STEPS; step++) {
		unsigned i = (unsigned)(draw(&m.random) % NAMES);
		uint64_t actor = 1 + draw(&m.random) % ACTORS;
		switch (draw(&m.random) % 64) {
		case 0: model_remove_actor(&m, actor); break;
		case 1: dead[actor] = !dead[actor]; break;
		case 2: model_check(&m); break;
		default: draw(&m.random) % 3 == 0 ? model_remove(&m, i) : model_add(&m, i, actor);
		}
	}
	for (uint64_t actor = 1; actor <= ACTORS; actor++)
		model_remove_actor(&m, actor);
	model_check(&m);
	CHECK_EQ(troupei_registry_count(m.registry), 0);
	troupei_registry_destroy(m.registry);
}

static size_t bytes_asked_for;

static bool count_bytes(size_t size)
{
	bytes_asked_for += size;
	return false;
}

static uint64_t one_of_many(unsigned i)
{
	return 100 + (i < MANY / 2 ? i : MANY);
}

/* One each for half a million actors, and half a million for one. With the smaller tables that were given
 * back, a name takes fewer than 150 bytes; what stays is less. */
TEST(registry, a_million_names)
{
	struct registry *registry = created();
	char text[NAME_SIZE];
	troupei_memory_fail_by(count_bytes);
	for (unsigned i = 0; i < MANY; i++)
		CHECK_OK(troupei_registry_add(registry, name_of(text, i), one_of_many(i), is_alive));
	troupei_memory_fail_by(NULL);
	CHECK(bytes_asked_for / MANY < 150);
	CHECK_EQ(troupei_registry_count(registry), MANY);
	for (unsigned i = 0; i < MANY; i++)
		CHECK_EQ(found(registry, name_of(text, i)), one_of_many(i));
	troupei_registry_remove_actor(registry, 100 + MANY);
	CHECK_EQ(troupei_registry_count(registry), MANY / 2);
	for (unsigned i = 0; i < MANY / 2; i += 2)
		troupei_registry_remove_actor(registry, 100 + i);
	for (unsigned i = 1; i < MANY / 2; i += 2)
		CHECK_OK(troupei_registry_remove(registry, name_of(text, i)));
	CHECK_EQ(troupei_registry_count(registry), 0);
	troupei_registry_destroy(registry);
}

static int allocations_allowed;

static bool fail_when_used_up(size_t size)
{
	(void)size;
	return allocations_allowed-- <= 0;
}

/* With 0, 1, 2... allocations until it succeeds; in between all is as before. */
static void add_with_little_memory(struct model *m, unsigned i, uint64_t actor)
{
	char text[NAME_SIZE];
	troupe_status status = TROUPE_ENOMEM;
	for (int allowed = 0; status != TROUPE_OK; allowed++) {
		allocations_allowed = allowed;
		troupei_memory_fail_by(fail_when_used_up);
		status = troupei_registry_add(m->registry, name_of(text, i), actor, is_alive);
		troupei_memory_fail_by(NULL);
		CHECK_EQ(status, allowed > 0 && allocations_allowed >= 0 ? TROUPE_OK : TROUPE_ENOMEM);
		if (status == TROUPE_OK)
			m->has[i] = actor;
		model_check(m);
	}
}

TEST(registry, without_memory_nothing_changes)
{
	struct model m = { .registry = created() };
	for (unsigned i = 0; i < NAMES; i++)
		add_with_little_memory(&m, i, 100 + i);
	for (unsigned i = 0; i < NAMES; i++)
		model_remove(&m, i);
	dead[1] = true;
	for (unsigned i = 0; i < NAMES; i++)
		model_add(&m, i, 1);
	for (unsigned i = 0; i < NAMES; i++)
		add_with_little_memory(&m, i, 300 + i);
	troupei_registry_destroy(m.registry);
}

TEST(registry, create_without_memory)
{
	troupei_memory_fail_by(fail_when_used_up);
	CHECK(troupei_registry_create() == NULL);
	troupei_memory_fail_by(NULL);
}

/* It must not ask for memory: there is none. */
TEST(registry, removing_needs_no_memory)
{
	struct model m = { .registry = created() };
	for (unsigned i = 0; i < NAMES; i++)
		model_add(&m, i, 1 + i % 2);
	allocations_allowed = 0;
	troupei_memory_fail_by(fail_when_used_up);
	model_remove_actor(&m, 1);
	for (unsigned i = 0; i < NAMES; i++)
		model_remove(&m, i);
	CHECK_EQ(allocations_allowed, 0);
	troupei_memory_fail_by(NULL);
	CHECK_EQ(troupei_registry_count(m.registry), 0);
	troupei_registry_destroy(m.registry);
}

/* -----------------------------------------------------------------------------------------------------------
 * threads -- */

struct worker {
	pthread_t thread;
	struct registry *registry;
	uint64_t number;
};

static void run_threads(struct registry *registry, void *(*body)(void *))
{
	struct worker workers[THREADS];
	for (unsigned i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){ .registry = registry, .number = i + 1 };
		CHECK_OK(pthread_create(&workers[i].thread, NULL, body, &workers[i]));
	}
	for (unsigned i = 0; i < THREADS; i++)
		CHECK_OK(pthread_join(workers[i].thread, NULL));
}

/* Everybody does everything with everybody's names; few names and actors, so that they meet. */
static void *disturb(void *argument)
{
	struct worker *self = argument;
	uint64_t random = self->number, ref_bits;
	char text[NAME_SIZE];
	for (int step = 0; step < STEPS; step++) {
		const char *name = name_of(text, (unsigned)(draw(&random) % 32));
		uint64_t actor = 1 + draw(&random) % ACTORS;
		switch (draw(&random) % 8) {
		case 0: troupei_registry_remove_actor(self->registry, actor); break;
		case 1: dead[actor] = !dead[actor]; break;
		case 2: troupe_ignore(troupei_registry_remove(self->registry, name)); break;
		case 3: troupe_ignore(troupei_registry_find(self->registry, name, &ref_bits)); break;
		default: troupe_ignore(troupei_registry_add(self->registry, name, actor, is_alive));
		}
	}
	return NULL;
}

/* What is left agrees in both indexes: each actor finds its own names, and then there are none. */
TEST(registry, threads_leave_it_in_order)
{
	struct registry *registry = created();
	run_threads(registry, disturb);
	for (uint64_t actor = 1; actor <= ACTORS; actor++)
		troupei_registry_remove_actor(registry, actor);
	CHECK_EQ(troupei_registry_count(registry), 0);
	troupei_registry_destroy(registry);
}

/* An actor of one's own, and names that others cannot have but may take away. */
static void *keep_promises(void *argument)
{
	struct worker *self = argument;
	char own[32], others[32];
	for (unsigned step = 0; step < STEPS / 10; step++) {
		uint64_t actor = 1000 * self->number + step % 3;
		for (unsigned i = 0; i < 8; i++) {
			snprintf(own, sizeof own, "%" PRIu64 " %u", self->number, i);
			CHECK_OK(troupei_registry_add(self->registry, own, actor, is_alive));
		}
		snprintf(others, sizeof others, "%" PRIu64 " %u", self->number % THREADS + 1, step % 8);
		troupe_ignore(troupei_registry_remove(self->registry, others));
		troupei_registry_remove_actor(self->registry, actor);
		for (unsigned i = 0; i < 8; i++) {
			snprintf(own, sizeof own, "%" PRIu64 " %u", self->number, i);
			CHECK_EQ(found(self->registry, own), 0);
		}
	}
	return NULL;
}

TEST(registry, threads_get_what_is_promised)
{
	struct registry *registry = created();
	run_threads(registry, keep_promises);
	CHECK_EQ(troupei_registry_count(registry), 0);
	troupei_registry_destroy(registry);
}
