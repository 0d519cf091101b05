/* SPDX-License-Identifier: MIT */
/* The vocabulary of every test: TEST and the CHECKs, over Criterion. Include it as "support/testing.h".
 *
 *	TEST(counter, starts_at_zero)                     suite (the file's subject), then what is shown
 *	{
 *		CHECK_OK(counter_init(&c));
 *		CHECK_EQ(counter_get(&c), 0);
 *	}
 *	TEST(counter, refuses_null, .signal = SIGABRT)    options of Criterion's Test come behind
 *
 * Each test is a process of its own and is killed after TEST_SECONDS. A failed CHECK ends the test, also when a helper
 * thread made it. When the body has returned, TEST asks the leak checker (asan) or valgrind, because Criterion by itself
 * passes a test that leaks. Leaving a test by exit() would pass it unseen: never do. CHECKs evaluate their arguments once. */
#ifndef TROUPE_TESTS_TESTING_H
#define TROUPE_TESTS_TESTING_H
#pragma GCC system_header                           /* so that TEST may stand without options, -Wpedantic or not */
#pragma GCC diagnostic ignored "-Woverride-init" /* so that a test may give its own .timeout */

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#ifndef TEST_SECONDS
#define TEST_SECONDS 60
#endif

#if defined(__has_feature)
#define TEST_HAS_FEATURE(f) __has_feature(f)
#else
#define TEST_HAS_FEATURE(f) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || TEST_HAS_FEATURE(address_sanitizer)
#define TEST_WITH_ASAN 1
#else
#define TEST_WITH_ASAN 0
#endif
#if defined(__SANITIZE_THREAD__) || TEST_HAS_FEATURE(thread_sanitizer)
#define TEST_WITH_TSAN 1
#else
#define TEST_WITH_TSAN 0
#endif

/* Not 0 when this process has leaked or, under valgrind, done anything wrong. */
#if TEST_WITH_ASAN
int __lsan_do_recoverable_leak_check(void);
static inline int test_memory_errors(void)
{
	return __lsan_do_recoverable_leak_check();
}
#elif defined(__has_include) && __has_include(<valgrind/memcheck.h>) && !TEST_WITH_TSAN
#include <valgrind/memcheck.h>
static inline int test_memory_errors(void)
{
	unsigned long leaked = 0, dubious = 0, reachable = 0, suppressed = 0;
	unsigned errors;

	if (!RUNNING_ON_VALGRIND)
		return 0;
	errors = VALGRIND_COUNT_ERRORS; /* before the leak check, which counts some of Criterion's own as errors */
	VALGRIND_DO_ADDED_LEAK_CHECK;
	VALGRIND_COUNT_LEAKS(leaked, dubious, reachable, suppressed);
	(void)dubious, (void)reachable, (void)suppressed;
	return leaked != 0 || errors != 0;
}
#else
static inline int test_memory_errors(void)
{
	return 0;
}
#endif

#define TEST(suite, name, ...)                                                                          \
	static void suite##_##name##_body(void);                                                        \
	Test(suite, name, .timeout = TEST_SECONDS, ##__VA_ARGS__)                                       \
	{                                                                                               \
		suite##_##name##_body();                                                                \
		cr_assert(test_memory_errors() == 0, "leak or memory error in this test's process");    \
	}                                                                                               \
	static void suite##_##name##_body(void)

#define CHECK(condition) cr_assert((condition), "CHECK(%s)", #condition)

/* Integers of any type, compared as C would after widening both to 64 bits (all ones stays all ones). */
#define CHECK_EQ(got, expected)                                                                         \
	do {                                                                                            \
		const uint64_t got_ = (uint64_t)(got), expected_ = (uint64_t)(expected);                \
		cr_assert(got_ == expected_, "%s is %" PRId64 " (0x%" PRIx64 "), not %" PRId64 " (%s)", #got, \
		          (int64_t)got_, got_, (int64_t)expected_, #expected);                          \
	} while (0)

#define CHECK_STR_EQ(got, expected)                                                                     \
	do {                                                                                            \
		const char *got_ = (got), *expected_ = (expected);                                      \
		cr_assert(got_ != NULL && expected_ != NULL && strcmp(got_, expected_) == 0,            \
		          "%s is \"%s\", not \"%s\" (%s)", #got, got_ != NULL ? got_ : "(null)",        \
		          expected_ != NULL ? expected_ : "(null)", #expected);                         \
	} while (0)

/* A troupe_status, or any integer that is 0 when all went well. */
#define CHECK_OK(status)                                                                                \
	do {                                                                                            \
		const int64_t status_ = (int64_t)(status);                                              \
		cr_assert(status_ == 0, "%s is %" PRId64 ", not OK", #status, status_);                 \
	} while (0)

#endif
