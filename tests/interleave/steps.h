/* SPDX-License-Identifier: MIT */
/* Force-included (-include) before all code under test: every atomic access, fence, lock, sleep and thread becomes a step of
 * the engine, between which any other thread may go on.
 *
 * Concurrency Kit's headers are taken as they are. With CK_USE_CC_BUILTINS its operations are functions; here they become
 * calls into steps.c, and ck_ring.h, ck_ec.h and base/atomics.h expand to these. What a later change may use and nobody has
 * caught here would become a call of the thread sanitizer's run-time, which is not there: the program does not link (plain.c). */
#ifndef TROUPE_TESTS_STEPS_H
#define TROUPE_TESTS_STEPS_H

#ifndef CK_USE_CC_BUILTINS
#define CK_USE_CC_BUILTINS 1
#endif
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#include <ck_pr.h>
#pragma GCC diagnostic pop

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "calls.h"

void *step_map(size_t size);                 /* size bytes, aligned to their size */
int step_unmap(void *memory, size_t size);   /* who touches it from now on has failed */
int64_t step_clock(void);                    /* virtual: goes on a second at each look */
int step_now(struct timespec *now);          /* the same */

#define STEP_TYPE(S, T)                                                                                                         \
	static inline T step_load_##S(const T *at) { return (T)step_load(at, sizeof(T)); }                                      \
	static inline void step_store_##S(T *at, T value) { step_store(at, (uint64_t)value, sizeof(T)); }                       \
	static inline T step_swap_##S(T *at, T value) { return (T)step_swap(at, (uint64_t)value, sizeof(T)); }                  \
	static inline T step_add_##S(T *at, T amount) { return (T)step_add(at, (uint64_t)amount, sizeof(T)); }                  \
	static inline void step_or_##S(T *at, T bits) { step_or(at, (uint64_t)bits, sizeof(T)); }                               \
	static inline void step_and_##S(T *at, T bits) { step_and(at, (uint64_t)bits, sizeof(T)); }                             \
	static inline bool step_cas_##S(T *at, T expected, T value, T *seen)                                                    \
	{                                                                                                                       \
		uint64_t found;                                                                                                 \
		bool done = step_cas(at, (uint64_t)expected, (uint64_t)value, &found, sizeof(T));                               \
		*seen = (T)found;                                                                                               \
		return done;                                                                                                    \
	}                                                                                                                       \
	static inline bool step_try_##S(T *at, T expected, T value)                                                             \
	{                                                                                                                       \
		uint64_t found;                                                                                                 \
		return step_cas(at, (uint64_t)expected, (uint64_t)value, &found, sizeof(T));                                    \
	}
STEP_TYPE(uint, unsigned)
STEP_TYPE(64, uint64_t)
STEP_TYPE(32, uint32_t)
STEP_TYPE(8, uint8_t)
#undef STEP_TYPE

static inline bool step_cas_ptr(void *at, const void *expected, const void *value, void *seen)
{
	uint64_t found;
	bool done = step_cas(at, (uintptr_t)expected, (uintptr_t)value, &found, sizeof(void *));

	*(void **)seen = (void *)(uintptr_t)found;
	return done;
}

#define ck_pr_md_load_ptr(at)       ((void *)(uintptr_t)step_load((at), sizeof(void *)))
#define ck_pr_md_load_uint(at)      step_load_uint(at)
#define ck_pr_md_load_64(at)        step_load_64(at)
#define ck_pr_md_load_32(at)        step_load_32(at)
#define ck_pr_md_load_8(at)         step_load_8(at)
#define ck_pr_md_store_ptr(at, v)   step_store((at), (uintptr_t)(v), sizeof(void *))
#define ck_pr_md_store_uint(at, v)  step_store_uint((at), (v))
#define ck_pr_md_store_64(at, v)    step_store_64((at), (v))
#define ck_pr_md_store_32(at, v)    step_store_32((at), (v))
#define ck_pr_md_store_8(at, v)     step_store_8((at), (v))
#define ck_pr_fas_ptr(at, v)        ((void *)(uintptr_t)step_swap((at), (uintptr_t)(v), sizeof(void *)))
#define ck_pr_faa_32(at, v)         step_add_32((at), (v))
#define ck_pr_faa_64(at, v)         step_add_64((at), (v))
#define ck_pr_add_64(at, v)         ((void)step_add_64((at), (v)))
#define ck_pr_sub_64(at, v)         ((void)step_add_64((at), -(uint64_t)(v)))
#define ck_pr_or_64(at, v)          step_or_64((at), (v))
#define ck_pr_and_64(at, v)         step_and_64((at), (v))
#define ck_pr_or_8(at, v)           step_or_8((at), (v))
#define ck_pr_and_8(at, v)          step_and_8((at), (v))
#define ck_pr_and_32(at, v)         step_and_32((at), (v))
#define ck_pr_cas_ptr_value(at, e, v, s) step_cas_ptr((at), (e), (v), (s))
#define ck_pr_cas_uint(at, e, v)    step_try_uint((at), (e), (v))
#define ck_pr_cas_uint_value(at, e, v, s) step_cas_uint((at), (e), (v), (s))
#define ck_pr_cas_32(at, e, v)      step_try_32((at), (e), (v))
#define ck_pr_cas_32_value(at, e, v, s) step_cas_32((at), (e), (v), (s))
#define ck_pr_cas_64_value(at, e, v, s) step_cas_64((at), (e), (v), (s))
#define ck_pr_stall()               step_spin()

/* A fence orders plain accesses as C11's does; only a full one makes its own stores seen before later loads. */
#define ck_pr_barrier()             step_order(ORDER_BOTH) /* only around a read-modify-write: base/atomics.h */
#define ck_pr_fence_acquire()       step_order(ORDER_ACQUIRE)
#define ck_pr_fence_load()          step_order(ORDER_ACQUIRE)
#define ck_pr_fence_release()       step_order(ORDER_RELEASE)
#define ck_pr_fence_store()         step_order(ORDER_RELEASE)
#define ck_pr_fence_store_atomic()  step_order(ORDER_RELEASE)
#define ck_pr_fence_memory()        step_fence()
#define __sync_synchronize()        step_fence()

#define pthread_mutex_init(m, a)    (*(int *)(void *)(m) = 0)
#define pthread_mutex_destroy(m)    ((void)(m))
#define pthread_mutex_lock(m)       step_lock(m)
#define pthread_mutex_trylock(m)    step_try_lock(m)
#define pthread_mutex_unlock(m)     step_unlock(m)
#define pthread_cond_init(c, a)     ((void)(c), (void)(a))
#define pthread_cond_destroy(c)     ((void)(c))
#define pthread_cond_wait(c, m)     (step_wait((c), (m)), 0)
#define pthread_cond_timedwait(c, m, t) (step_wait((c), (m)), (void)(t), 0) /* time is never over */
#define pthread_cond_broadcast(c)   step_wake_all(c)
#define pthread_cond_signal(c)      step_wake_all(c)
#define pthread_create(t, a, f, x)  step_thread((t), (f), (x))
#define pthread_join(t, r)          step_join(t)
#define pthread_clockjoin_np(t, r, c, l) ((void)(l), step_join(t))
#define sched_yield()               step_spin()
#define nanosleep(t, r)             step_spin()
#define clock_gettime(c, t)         step_now(t)
#define syscall(...)                step_futex(__VA_ARGS__) /* nothing else is called so in the code under test */
#define mmap(at, size, ...)         step_map(size)
#define munmap(at, size)            step_unmap((at), (size))

/* Instead of base/clock.h: a schedule is to be the same at each time of the day. */
#define TROUPEI_BASE_CLOCK_H
static inline int64_t troupei_clock_ns(void)
{
	return step_clock();
}
static inline uint64_t troupei_clock_ticks(void)
{
	return (uint64_t)step_clock();
}
static inline uint64_t troupei_clock_ticks_in(int64_t ns)
{
	return (uint64_t)ns;
}

#endif
