/* SPDX-License-Identifier: MIT */
/* A growing ring behind a mutex. */
#include "scheduler/inject_queue.h"

#include <string.h>

#include "base/check.h"
#include "base/memory.h"

void troupei_inject_queue_init(struct inject_queue *queue)
{
	memset(queue, 0, sizeof *queue);
	pthread_mutex_init(&queue->lock, NULL);
}

void troupei_inject_queue_fini(struct inject_queue *queue)
{
	troupei_deallocate(queue->ring, queue->capacity * sizeof *queue->ring);
	pthread_mutex_destroy(&queue->lock);
}

static bool grow(struct inject_queue *queue, size_t capacity)
{
	struct runnable **ring = troupei_allocate(capacity * sizeof *ring);

	if (ring == NULL)
		return false;
	for (size_t i = 0; i < queue->count; i++)
		ring[i] = queue->ring[(queue->first + i) & (queue->capacity - 1)];
	troupei_deallocate(queue->ring, queue->capacity * sizeof *queue->ring);
	queue->ring = ring;
	queue->capacity = capacity;
	queue->first = 0;
	return true;
}

bool troupei_inject_queue_reserve(struct inject_queue *queue, size_t runnables)
{
	size_t capacity = 1024;
	bool done = true;

	while (capacity < runnables)
		capacity *= 2;
	pthread_mutex_lock(&queue->lock);
	if (capacity > queue->capacity)
		done = grow(queue, capacity);
	pthread_mutex_unlock(&queue->lock);
	return done;
}

void troupei_inject_queue_push(struct inject_queue *queue, struct runnable *runnable)
{
	pthread_mutex_lock(&queue->lock);
	TROUPEI_ASSERT(queue->count < queue->capacity); /* reserved: see the head of the header */
	queue->ring[(queue->first + queue->count) & (queue->capacity - 1)] = runnable;
	troupei_store_relaxed_64(&queue->count, queue->count + 1);
	pthread_mutex_unlock(&queue->lock);
}

size_t troupei_inject_queue_pop(struct inject_queue *queue, struct runnable **out, size_t max)
{
	size_t n = 0;

	if (troupei_inject_queue_is_empty(queue))
		return 0;
	pthread_mutex_lock(&queue->lock);
	for (; n < max && n < queue->count; n++)
		out[n] = queue->ring[(queue->first + n) & (queue->capacity - 1)];
	troupei_store_relaxed_64(&queue->count, queue->count - n);
	queue->first = queue->count == 0 ? 0 : (queue->first + n) & (queue->capacity - 1);
	pthread_mutex_unlock(&queue->lock);
	return n;
}
