/* SPDX-License-Identifier: MIT */
/* A ring that doubles when it is full, and goes when it is empty after it was large. */
#include "mailbox/deque.h"

enum { CAPACITY_FIRST = 16, CAPACITY_KEPT = 256 };

static size_t size_of(uint32_t capacity)
{
	return (size_t)capacity * sizeof(struct deque_entry);
}

static bool grow(struct deque *deque)
{
	uint32_t capacity = deque->capacity > 0 ? deque->capacity * 2 : CAPACITY_FIRST;
	struct deque_entry *entries = capacity > deque->capacity ? troupei_allocate(size_of(capacity)) : NULL;

	if (entries == NULL)
		return false;
	for (uint32_t i = 0; i < deque->count; i++)
		entries[i] = *troupei_deque_at(deque, i);
	troupei_deallocate(deque->entries, size_of(deque->capacity));
	deque->entries = entries;
	deque->capacity = capacity;
	deque->first = 0;
	return true;
}

bool troupei_deque_push(struct deque *deque, struct envelope *envelope, int64_t since_ns)
{
	if (deque->count == deque->capacity && !grow(deque))
		return false;
	*troupei_deque_at(deque, deque->count++) = (struct deque_entry){ envelope, since_ns };
	return true;
}

/* After a burst its memory goes back. */
static struct envelope *popped(struct deque *deque, struct envelope *envelope)
{
	if (--deque->count == 0 && deque->capacity > CAPACITY_KEPT)
		troupei_deque_free(deque);
	return envelope;
}

struct envelope *troupei_deque_pop_oldest(struct deque *deque)
{
	if (deque->count == 0)
		return NULL;
	struct envelope *envelope = troupei_deque_at(deque, 0)->envelope;
	deque->first = (deque->first + 1) & (deque->capacity - 1);
	return popped(deque, envelope);
}

struct envelope *troupei_deque_pop_newest(struct deque *deque)
{
	if (deque->count == 0)
		return NULL;
	return popped(deque, troupei_deque_at(deque, deque->count - 1)->envelope);
}

void troupei_deque_free(struct deque *deque)
{
	troupei_deallocate(deque->entries, size_of(deque->capacity));
	*deque = (struct deque){ 0 };
}
