/* SPDX-License-Identifier: MIT */
/* Questions that an actor keeps to answer later: a hash table by reply address, so that each answer finds its question in a
 * step. What is kept is the envelope of the news that there is no answer: if the actor ends first, sending it needs no memory. */
#include <string.h>

#include "actors/ask.h"
#include "actors/waits.h"
#include "base/memory.h"

struct kept_table {
	uint32_t capacity; /* a power of two */
	uint32_t count;
	struct envelope *buckets[]; /* linked by next */
};

enum { CAPACITY_FIRST = 4 };

static size_t table_size(uint32_t capacity)
{
	return sizeof(struct kept_table) + capacity * sizeof(struct envelope *);
}

static uint64_t address_of(const struct envelope *envelope)
{
	return troupei_envelope_extension(envelope)->word;
}

static struct envelope **bucket(struct kept_table *table, uint64_t address)
{
	return &table->buckets[(address * UINT64_C(0x9e3779b97f4a7c15)) >> 32 & (table->capacity - 1)];
}

static void insert(struct kept_table *table, struct envelope *envelope)
{
	struct envelope **at = bucket(table, address_of(envelope));

	envelope->next = *at;
	*at = envelope;
	table->count++;
}

static struct kept_table *table_new(uint32_t capacity)
{
	struct kept_table *table = troupei_allocate(table_size(capacity));

	if (table != NULL) {
		memset(table, 0, table_size(capacity));
		table->capacity = capacity;
	}
	return table;
}

static void table_free(struct kept_table *table)
{
	if (table != NULL)
		troupei_deallocate(table, table_size(table->capacity));
}

/* All that are still open go to @p to; somebody else answered the others. */
static void move_open(struct kept_table *from, struct kept_table *to)
{
	for (uint32_t i = 0; i < from->capacity; i++)
		for (struct envelope *envelope = from->buckets[i], *next; envelope != NULL; envelope = next) {
			next = envelope->next;
			if (troupei_ask_is_open((troupe_ref){ address_of(envelope) }))
				insert(to, envelope);
			else
				troupei_envelope_free(envelope);
		}
}

static uint32_t count_open(const struct kept_table *table)
{
	uint32_t open = 0;

	for (uint32_t i = 0; i < table->capacity; i++)
		for (const struct envelope *envelope = table->buckets[i]; envelope != NULL; envelope = envelope->next)
			open += troupei_ask_is_open((troupe_ref){ address_of(envelope) });
	return open;
}

/* A full table is made anew without what somebody else has answered; larger only if most of it is still open. */
static bool make_room(struct extra *extra)
{
	struct kept_table *table = extra->kept;

	if (table != NULL && table->count < table->capacity)
		return true;
	bool grows = table != NULL && count_open(table) > table->capacity / 2;
	struct kept_table *fresh = table_new(table == NULL ? CAPACITY_FIRST : grows ? table->capacity * 2 : table->capacity);
	if (fresh == NULL)
		return false;
	if (table != NULL)
		move_open(table, fresh);
	table_free(table);
	extra->kept = fresh;
	return true;
}

troupe_status troupei_ask_own(struct actor_worker *worker, uint64_t address)
{
	struct extra *extra = troupei_cell_extra(worker->running);
	struct envelope *envelope;

	if (extra == NULL || !make_room(extra))
		return TROUPE_ENOMEM;
	envelope = troupei_envelope_new(SORT_UNANSWERED, ENVELOPE_CONTROL, 0, 0, address);
	if (envelope == NULL)
		return TROUPE_ENOMEM;
	insert(extra->kept, envelope);
	troupei_wait_kept((troupe_ref){ address }, worker->me.ref, true);
	return TROUPE_OK;
}

static struct envelope **find(const struct actor_worker *worker, uint64_t address)
{
	struct extra *extra = worker != NULL && worker->running != NULL ? worker->running->extra : NULL;

	if (extra == NULL || extra->kept == NULL)
		return NULL;
	for (struct envelope **at = bucket(extra->kept, address); *at != NULL; at = &(*at)->next)
		if (address_of(*at) == address)
			return at;
	return NULL;
}

bool troupei_ask_is_owed(const struct actor_worker *worker, uint64_t address)
{
	return find(worker, address) != NULL;
}

/* Out of the table; NULL: it is not owed. */
static struct envelope *take_out(struct actor_worker *worker, uint64_t address)
{
	struct envelope **at = find(worker, address), *envelope = at != NULL ? *at : NULL;

	if (envelope == NULL)
		return NULL;
	*at = envelope->next;
	worker->running->extra->kept->count--;
	return envelope;
}

bool troupei_ask_disown(struct actor_worker *worker, uint64_t address)
{
	struct envelope *envelope = take_out(worker, address);

	if (envelope != NULL)
		troupei_envelope_free(envelope);
	return envelope != NULL;
}

bool troupei_ask_fail_owed(struct actor_worker *worker, uint64_t address, troupe_status why)
{
	struct envelope *envelope = take_out(worker, address);

	if (envelope != NULL)
		troupei_question_fail_with(worker->system, worker, envelope, why);
	return envelope != NULL;
}

troupe_status troupe_keep(troupe_actor *me, const troupe_message *m)
{
	struct actor_worker *worker = me != NULL ? troupei_me_worker(me) : NULL;

	if (worker == NULL || m != &worker->message || worker->question == 0)
		return TROUPE_EINVAL;
	troupe_status status = troupei_ask_own(worker, worker->question);
	if (status == TROUPE_OK)
		worker->question = 0;
	return status;
}

void troupei_ask_fail_kept(struct actor_worker *worker, struct cell *cell, troupe_status why)
{
	struct kept_table *table = cell->extra != NULL ? cell->extra->kept : NULL;

	if (table == NULL)
		return;
	cell->extra->kept = NULL;
	for (uint32_t i = 0; i < table->capacity; i++)
		for (struct envelope *envelope = table->buckets[i], *next; envelope != NULL; envelope = next) {
			next = envelope->next;
			troupei_question_fail_with(worker->system, worker, envelope, why);
		}
	table_free(table);
}
