/* SPDX-License-Identifier: MIT */
/* Every atomic operation we use, its order in its name, on Concurrency Kit's primitives.
 *
 * ck_pr loads, stores and compare-and-swaps promise no order by themselves off x86; the fence that the name tells is added
 * here, so that a search for `_acquire` or `_release` lists both ends of every hand-over. On x86 all of these fences are
 * compiler barriers only, save troupei_fence_full. */
#ifndef TROUPEI_BASE_ATOMICS_H
#define TROUPEI_BASE_ATOMICS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ck.h"

#define TROUPEI_CACHE_LINE 64
#define TROUPEI_HIDDEN __attribute__((visibility("hidden"))) /* of data: reached without a look in a table of addresses */
#define troupei_likely(x)   __builtin_expect(!!(x), 1)
#define troupei_unlikely(x) __builtin_expect(!!(x), 0)

/* A thread that spins tells the core so. */
static inline void troupei_spin_hint(void)
{
	ck_pr_stall();
}

/* Nothing before it is reordered with anything after it: the two halves of every "write mine, then read yours". On x86 the
 * compilers' builtin is a locked instruction on the stack, half the price of the mfence that ck_pr_fence_memory is. */
static inline void troupei_fence_full(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__sync_synchronize();
#else
	ck_pr_fence_memory();
#endif
}

/* Around a read-modify-write that is to be a full fence itself. On x86 each locked instruction is one. */
static inline void troupei_fence_around(void)
{
#if defined(__x86_64__) || defined(__i386__)
	ck_pr_barrier();
#else
	ck_pr_fence_memory();
#endif
}

static inline void *troupei_load_relaxed_ptr(const void *at)
{
	return ck_pr_md_load_ptr(at);
}

static inline void *troupei_load_acquire_ptr(const void *at)
{
	void *value = ck_pr_md_load_ptr(at);
	ck_pr_fence_acquire();
	return value;
}

static inline void troupei_store_relaxed_ptr(void *at, const void *value)
{
	ck_pr_md_store_ptr(at, value);
}

static inline void troupei_store_release_ptr(void *at, const void *value)
{
	ck_pr_fence_release();
	ck_pr_md_store_ptr(at, value);
}

/* Success releases what came before and acquires what the value it replaced was released with. @p seen: what was there. */
static inline bool troupei_cas_acqrel_ptr(void *at, void *expected, void *value, void **seen)
{
	ck_pr_fence_release();
	bool done = ck_pr_cas_ptr_value(at, expected, value, seen);
	ck_pr_fence_acquire();
	return done;
}

static inline void *troupei_swap_acqrel_ptr(void *at, void *value)
{
	ck_pr_fence_release();
	void *old = ck_pr_fas_ptr(at, value);
	ck_pr_fence_acquire();
	return old;
}

#define TROUPEI_ATOMICS(bits)                                                                           \
	static inline uint##bits##_t troupei_load_relaxed_##bits(const uint##bits##_t *at)              \
	{                                                                                               \
		return ck_pr_load_##bits(at);                                                           \
	}                                                                                               \
	static inline uint##bits##_t troupei_load_acquire_##bits(const uint##bits##_t *at)              \
	{                                                                                               \
		uint##bits##_t value = ck_pr_load_##bits(at);                                           \
		ck_pr_fence_acquire();                                                                  \
		return value;                                                                           \
	}                                                                                               \
	static inline void troupei_store_relaxed_##bits(uint##bits##_t *at, uint##bits##_t value)       \
	{                                                                                               \
		ck_pr_store_##bits(at, value);                                                          \
	}                                                                                               \
	static inline void troupei_store_release_##bits(uint##bits##_t *at, uint##bits##_t value)       \
	{                                                                                               \
		ck_pr_fence_release();                                                                  \
		ck_pr_store_##bits(at, value);                                                          \
	}

TROUPEI_ATOMICS(8)
TROUPEI_ATOMICS(32)
TROUPEI_ATOMICS(64)
#undef TROUPEI_ATOMICS

static inline bool troupei_cas_acqrel_64(uint64_t *at, uint64_t expected, uint64_t value, uint64_t *seen)
{
	ck_pr_fence_release();
	bool done = ck_pr_cas_64_value(at, expected, value, seen);
	ck_pr_fence_acquire();
	return done;
}

/* Read-modify-write with full order: counters and sets that several threads change and that a decision hangs on. */
static inline uint64_t troupei_add_full_64(uint64_t *at, uint64_t amount)
{
	troupei_fence_around();
	uint64_t old = ck_pr_faa_64(at, amount);
	troupei_fence_around();
	return old;
}

static inline uint32_t troupei_add_full_32(uint32_t *at, uint32_t amount)
{
	troupei_fence_around();
	uint32_t old = ck_pr_faa_32(at, amount);
	troupei_fence_around();
	return old;
}

/* Counts that only reports read: no order needed. */
static inline void troupei_count_relaxed_64(uint64_t *at, uint64_t amount)
{
	ck_pr_add_64(at, amount);
}

/* A counter with one writer: no locked instruction; others may read it at any time. */
static inline void troupei_count_own_64(uint64_t *at, uint64_t amount)
{
	ck_pr_store_64(at, *at + amount);
}

/* Flags that several threads set. */
static inline void troupei_or_full_8(uint8_t *at, uint8_t bits)
{
	troupei_fence_around();
	ck_pr_or_8(at, bits);
	troupei_fence_around();
}

static inline void troupei_and_full_8(uint8_t *at, uint8_t bits)
{
	troupei_fence_around();
	ck_pr_and_8(at, bits);
	troupei_fence_around();
}

#endif
