/* SPDX-License-Identifier: MIT */
/* inject_queue: work from threads that are not workers, and what a worker's own queue has no room for. First in first out,
 * behind a mutex: it is off the hot path. It cannot overflow, and so pushing cannot fail: room for every runnable there is was
 * reserved when the runnable was made. */
#ifndef TROUPEI_SCHEDULER_INJECT_QUEUE_H
#define TROUPEI_SCHEDULER_INJECT_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/atomics.h"
#include "scheduler/runnable.h"

struct inject_queue {
	pthread_mutex_t lock;
	struct runnable **ring; /* capacity is a power of two */
	size_t capacity;
	size_t first;
	uint64_t count; /* written with the lock held, read without */
};

void troupei_inject_queue_init(struct inject_queue *queue);
void troupei_inject_queue_fini(struct inject_queue *queue);

/* Make room for @p runnables in all. False: no memory, and nothing has changed. */
bool troupei_inject_queue_reserve(struct inject_queue *queue, size_t runnables);

void troupei_inject_queue_push(struct inject_queue *queue, struct runnable *runnable);

/* Up to @p max of the oldest, into @p out; how many. */
size_t troupei_inject_queue_pop(struct inject_queue *queue, struct runnable **out, size_t max);

static inline bool troupei_inject_queue_is_empty(const struct inject_queue *queue)
{
	/* Relaxed: a glance. Where sleep hangs on it, a full fence stands before it (idle_set.h). */
	return troupei_load_relaxed_64(&queue->count) == 0;
}

#endif
