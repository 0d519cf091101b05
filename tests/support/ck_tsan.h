/* SPDX-License-Identifier: MIT */
/* Concurrency Kit as ThreadSanitizer can see it. Force-included (-include) in FLAVOR=tsan builds, and only there.
 *
 * CK's operations are inline assembly, which TSan does not see: a correct program is reported as racy. CK's own builtins
 * (CK_USE_CC_BUILTINS) show it the read-modify-writes, but loads and stores stay plain volatile ones. So this header takes
 * the builtins and then replaces loads, stores and swaps, before ck_stack.h, ck_ring.h and ck_ec.h expand them.
 *
 * TSan does not model stand-alone fences either. The order goes on the accesses instead, as x86 gives it: every load
 * acquires, every store releases, every read-modify-write is sequentially consistent. Hence the limit of this shim: a fence
 * that is missing for a weaker machine stays invisible. */
#ifndef TROUPE_TESTS_CK_TSAN_H
#define TROUPE_TESTS_CK_TSAN_H

#ifndef CK_USE_CC_BUILTINS
#define CK_USE_CC_BUILTINS 1
#endif
#include <ck_pr.h>

#define TSAN_SHIM(S, T)                                                                                 \
	static inline T tsan_load_##S(const T *p) { return __atomic_load_n(p, __ATOMIC_ACQUIRE); }      \
	static inline void tsan_store_##S(T *p, T v) { __atomic_store_n(p, v, __ATOMIC_RELEASE); }      \
	static inline T tsan_swap_##S(T *p, T v) { return __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST); }
TSAN_SHIM(char, char)
TSAN_SHIM(int, int)
TSAN_SHIM(uint, unsigned)
TSAN_SHIM(64, uint64_t)
TSAN_SHIM(32, uint32_t)
TSAN_SHIM(16, uint16_t)
TSAN_SHIM(8, uint8_t)
#undef TSAN_SHIM

static inline void *tsan_load_ptr(const void *p)
{
	return __atomic_load_n((void *const *)p, __ATOMIC_ACQUIRE);
}
static inline void tsan_store_ptr(void *p, const void *v)
{
	__atomic_store_n((void **)p, (void *)(uintptr_t)v, __ATOMIC_RELEASE);
}
static inline void *tsan_swap_ptr(void *p, void *v)
{
	return __atomic_exchange_n((void **)p, v, __ATOMIC_SEQ_CST);
}

#define ck_pr_md_load_ptr(p)      tsan_load_ptr(p)
#define ck_pr_md_load_char(p)     tsan_load_char(p)
#define ck_pr_md_load_int(p)      tsan_load_int(p)
#define ck_pr_md_load_uint(p)     tsan_load_uint(p)
#define ck_pr_md_load_64(p)       tsan_load_64(p)
#define ck_pr_md_load_32(p)       tsan_load_32(p)
#define ck_pr_md_load_16(p)       tsan_load_16(p)
#define ck_pr_md_load_8(p)        tsan_load_8(p)
#define ck_pr_md_store_ptr(p, v)  tsan_store_ptr(p, v)
#define ck_pr_md_store_char(p, v) tsan_store_char(p, v)
#define ck_pr_md_store_int(p, v)  tsan_store_int(p, v)
#define ck_pr_md_store_uint(p, v) tsan_store_uint(p, v)
#define ck_pr_md_store_64(p, v)   tsan_store_64(p, v)
#define ck_pr_md_store_32(p, v)   tsan_store_32(p, v)
#define ck_pr_md_store_16(p, v)   tsan_store_16(p, v)
#define ck_pr_md_store_8(p, v)    tsan_store_8(p, v)
#define ck_pr_fas_ptr(p, v)       tsan_swap_ptr(p, v)
#define ck_pr_fas_char(p, v)      tsan_swap_char(p, v)
#define ck_pr_fas_int(p, v)       tsan_swap_int(p, v)
#define ck_pr_fas_uint(p, v)      tsan_swap_uint(p, v)
#define ck_pr_fas_64(p, v)        tsan_swap_64(p, v)
#define ck_pr_fas_32(p, v)        tsan_swap_32(p, v)
#define ck_pr_fas_16(p, v)        tsan_swap_16(p, v)
#define ck_pr_fas_8(p, v)         tsan_swap_8(p, v)

/* The compare-and-swap of two words, which the builtins of CK lack (-mcx16). */
__extension__ typedef __int128 tsan_two_words;

static inline bool ck_pr_cas_ptr_2_value(void *target, void *compare, void *set, void *old)
{
	tsan_two_words expected, wanted, found;

	__builtin_memcpy(&expected, compare, sizeof expected);
	__builtin_memcpy(&wanted, set, sizeof wanted);
	found = __sync_val_compare_and_swap((tsan_two_words *)target, expected, wanted);
	__builtin_memcpy(old, &found, sizeof found);
	return found == expected;
}
static inline bool ck_pr_cas_ptr_2(void *target, void *compare, void *set)
{
	tsan_two_words old;

	return ck_pr_cas_ptr_2_value(target, compare, set, &old);
}
#define CK_F_PR_CAS_PTR_2
#define CK_F_PR_CAS_PTR_2_VALUE

#endif
