/* SPDX-License-Identifier: MIT */
/* A word of memory read and written. For the thread sanitizer this file alone of the engine is compiled so that it sees the
 * access. */
#include <string.h>

#include "engine.h"

#ifdef TROUPE_INTERLEAVE_TSAN
/* Atomic for the sanitizer's eyes; order as x86 gives it. */
#define RAW(size, act)                                       \
	switch (size) {                                      \
	case 1: { typedef uint8_t word; act; }               \
	case 4: { typedef uint32_t word; act; }              \
	default: { typedef uint64_t word; act; }             \
	}
uint64_t word_load(const void *at, unsigned size)
{
	RAW(size, return __atomic_load_n((const word *)at, __ATOMIC_ACQUIRE))
}
void word_store(void *at, uint64_t value, unsigned size)
{
	RAW(size, __atomic_store_n((word *)at, (word)value, __ATOMIC_RELEASE); return)
}
uint64_t word_swap(void *at, uint64_t value, unsigned size)
{
	RAW(size, return __atomic_exchange_n((word *)at, (word)value, __ATOMIC_SEQ_CST))
}
#else
uint64_t word_load(const void *at, unsigned size)
{
	uint64_t value = 0;

	memcpy(&value, at, size);
	return value;
}
void word_store(void *at, uint64_t value, unsigned size)
{
	memcpy(at, &value, size);
}
uint64_t word_swap(void *at, uint64_t value, unsigned size)
{
	uint64_t old = word_load(at, size);

	word_store(at, value, size);
	return old;
}
#endif
