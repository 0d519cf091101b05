/* SPDX-License-Identifier: MIT */
/* deque: messages in the order they came, each with the time it came at; taken from either end. One thread at a time.
 * D1  What pop gives belongs to the caller; what push refuses (no memory) stays the caller's. */
#ifndef TROUPEI_MAILBOX_DEQUE_H
#define TROUPEI_MAILBOX_DEQUE_H

#include "mailbox/envelope.h"

struct deque_entry {
	struct envelope *envelope;
	int64_t since_ns;
};

struct deque {
	struct deque_entry *entries; /* a ring */
	uint32_t capacity;           /* a power of two; 0: none yet */
	uint32_t first, count;
};

/* Behind all others. False: no memory. */
bool troupei_deque_push(struct deque *deque, struct envelope *envelope, int64_t since_ns);

/* The one at this place, 0 the oldest; below count. */
static inline struct deque_entry *troupei_deque_at(const struct deque *deque, uint32_t place)
{
	return &deque->entries[(deque->first + place) & (deque->capacity - 1)];
}

/* NULL: empty. */
struct envelope *troupei_deque_pop_oldest(struct deque *deque);
struct envelope *troupei_deque_pop_newest(struct deque *deque);

/* Its own memory; it must be empty. */
void troupei_deque_free(struct deque *deque);

#endif
