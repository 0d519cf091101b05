/* SPDX-License-Identifier: MIT */
/* Concurrent dictionary: K workers, each asks one dictionary N times, one question after the other; one in ten is a write.
 *
 * What it shows: data that many use belongs to one actor, and needs no lock. Each question is one message, handled alone, in
 * the order of the queue; who asked is in the message. The price is that all wait in that one queue.
 *
 * What is checked: every value says which key it is for, so an answer for another key is seen. In the end all keys must be
 * there, and the dictionary must have taken as many writes as the workers made. */
#include <stdlib.h>

#include "bench.h"

enum { KEYS = INT32_MAX / 4096, STAMPS = 4096, WRITE_PERCENT = 10 };

enum { WORKER_ANSWER = 1 };
typedef union worker {
	troupe_ref ref;
	const void *data;
	const struct bench_value *WORKER_ANSWER; /* what is there now */
} worker;

struct question {
	worker from;
	uint32_t key, value;
};
struct tally {
	uint64_t right, writes;
};
enum { DICTIONARY_WRITE = 1, DICTIONARY_READ, DICTIONARY_LEAVE };
typedef union dictionary {
	troupe_ref ref;
	const void *data;
	const struct question *DICTIONARY_WRITE;
	const struct question *DICTIONARY_READ; /* without a value */
	const struct tally *DICTIONARY_LEAVE;   /* from each worker at its end: right answers, writes */
} dictionary;

/* ------------------------------------------------------------------------------------------------ the dictionary -- */

/* A hash table with open addressing: twice as many slots as keys. */
enum { SLOT_BITS = 20 };
struct entry {
	uint32_t key_plus_one, value; /* 0: free */
};

struct dictionary_state {
	bench_main main;
	uint64_t workers; /* that have not left */
	struct entry *entries;
	uint64_t writes;
	struct tally told; /* by the workers */
};

static struct entry *slot_of(struct entry *entries, uint32_t key)
{
	uint32_t i = (key * 2654435761u) >> (32 - SLOT_BITS);

	while (entries[i].key_plus_one != 0 && entries[i].key_plus_one != key + 1)
		i = (i + 1) % (1u << SLOT_BITS);
	return &entries[i];
}

static struct entry *make_entries(void)
{
	struct entry *entries = bench_alloc(1u << SLOT_BITS, sizeof *entries);

	for (uint32_t key = 0; key < KEYS; key++)
		*slot_of(entries, key) = (struct entry){ .key_plus_one = key + 1, .value = key };
	return entries;
}

static bool all_there(struct entry *entries)
{
	uint32_t key = 0;

	while (key < KEYS && slot_of(entries, key)->value % KEYS == key)
		key++;
	return key == KEYS;
}

static void take_leave(struct dictionary_state *self, const struct tally *tally)
{
	self->told.right += tally->right;
	self->told.writes += tally->writes;
	if (--self->workers > 0)
		return;
	bool sound = self->told.writes == self->writes && all_there(self->entries);
	bench_must(troupe_send(self->main, BENCH_DONE, .value = sound ? self->told.right : 0));
}

static troupe_verdict dictionary_receive(troupe_actor *me, const troupe_message *m)
{
	struct dictionary_state *self = me->state;
	dictionary in = { .data = m->data };
	struct entry *entry;

	switch (m->kind) {
	case DICTIONARY_WRITE:
		entry = slot_of(self->entries, in.DICTIONARY_WRITE->key);
		entry->value = in.DICTIONARY_WRITE->value;
		self->writes++;
		bench_must(troupe_send(in.DICTIONARY_WRITE->from, WORKER_ANSWER, .value = entry->value));
		return TROUPE_HANDLED;
	case DICTIONARY_READ:
		entry = slot_of(self->entries, in.DICTIONARY_READ->key);
		bench_must(troupe_send(in.DICTIONARY_READ->from, WORKER_ANSWER, .value = entry->value));
		return TROUPE_HANDLED;
	case DICTIONARY_LEAVE:
		take_leave(self, in.DICTIONARY_LEAVE);
		return TROUPE_HANDLED;
	}
	return TROUPE_UNKNOWN;
}

static const troupe_behaviour keeping = {
	.name = "dictionary", .receive = dictionary_receive,
	.state_size = sizeof(struct dictionary_state),
};

/* --------------------------------------------------------------------------------------------------- the workers -- */

struct worker_state {
	dictionary dictionary;
	uint64_t left; /* questions to ask */
	struct tally tally;
	uint32_t random, key; /* the key asked about */
};

static void ask(troupe_actor *me)
{
	struct worker_state *self = me->state;
	bool write = bench_random(&self->random) % 100 < WRITE_PERCENT;

	self->left--;
	self->key = bench_random(&self->random) % KEYS;
	if (write) {
		uint32_t stamp = bench_random(&self->random) % STAMPS;
		self->tally.writes++;
		bench_must(troupe_send(self->dictionary, DICTIONARY_WRITE, .from = { me->ref }, .key = self->key,
		                       .value = self->key + stamp * KEYS));
	} else {
		bench_must(troupe_send(self->dictionary, DICTIONARY_READ, .from = { me->ref }, .key = self->key));
	}
}

static troupe_verdict worker_init(troupe_actor *me)
{
	ask(me);
	return TROUPE_HANDLED;
}

static troupe_verdict worker_receive(troupe_actor *me, const troupe_message *m)
{
	struct worker_state *self = me->state;
	worker in = { .data = m->data };

	if (m->kind != WORKER_ANSWER)
		return TROUPE_UNKNOWN;
	self->tally.right += in.WORKER_ANSWER->value % KEYS == self->key;
	if (self->left > 0) {
		ask(me);
	} else {
		bench_must(troupe_send_struct(self->dictionary, DICTIONARY_LEAVE, &self->tally));
		troupe_exit(me, TROUPE_OK);
	}
	return TROUPE_HANDLED;
}

static const troupe_behaviour working = {
	.name = "worker", .init = worker_init, .receive = worker_receive, .state_size = sizeof(struct worker_state),
};

static void run(bench *b)
{
	struct dictionary_state full = { .workers = b->k, .entries = make_entries() };
	struct worker_state initial = { .left = b->n };

	bench_begin(b);
	full.main = b->main;
	troupe_must(troupe_spawn(b->system, &keeping, &full, &initial.dictionary.ref));
	for (uint64_t i = 0; i < b->k; i++) {
		initial.random = (uint32_t)i * 2654435761u + 1;
		troupe_must(troupe_spawn(b->system, &working, &initial, NULL));
	}
	bench_expect(b, 2 * b->k * b->n, bench_end(b, BENCH_DONE), b->k * b->n);
	free(full.entries);
}

const bench_workload bench_concdict = {
	.name = "concdict",
	.what = "one dictionary, K workers ask it N times each",
	.n = 10000, .n_max = UINT32_MAX,
	.k = 20, .k_min = 1,
	.run = run,
};
