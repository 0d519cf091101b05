/* SPDX-License-Identifier: MIT */
/* The steps themselves: what the macros of steps.h make of the code under test, and what steps.c and threads.c do. */
#ifndef TROUPE_TESTS_INTERLEAVE_CALLS_H
#define TROUPE_TESTS_INTERLEAVE_CALLS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum step_order { ORDER_ACQUIRE = 1, ORDER_RELEASE = 2, ORDER_BOTH = 3 };

/* Each is one step, and relaxed: order comes from step_order and step_fence, as base/atomics.h and CK write it. A
 * read-modify-write empties the thread's own store buffer, as on x86. */
uint64_t step_load(const void *at, unsigned size);
void step_store(void *at, uint64_t value, unsigned size);
uint64_t step_swap(void *at, uint64_t value, unsigned size);
uint64_t step_add(void *at, uint64_t amount, unsigned size);
uint64_t step_or(void *at, uint64_t bits, unsigned size);
uint64_t step_and(void *at, uint64_t bits, unsigned size);
bool step_cas(void *at, uint64_t expected, uint64_t value, uint64_t *seen, unsigned size);

void step_order(enum step_order order); /* no step: what later steps mean for the order of plain accesses */
void step_fence(void);                  /* full: a step, and empties the store buffer */
void step_spin(void);                   /* let somebody else go on */

void step_lock(void *mutex);
int step_try_lock(void *mutex);
void step_unlock(void *mutex);
void step_wait(void *condition, void *mutex);
void step_wake_all(void *condition);
int step_thread(pthread_t *thread, void *(*run)(void *), void *argument);
int step_join(pthread_t thread);
long step_futex(long call, const uint32_t *word, int operation, uint32_t value, const void *limit, const void *unused,
                uint32_t mask);

#endif
