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

/* Say so, and end the test. Out of line, and called by checks that fail alone: what cr_assert makes of each check is most of what
 * compiling a test costs. */
void test_failed(const char *file, int line, const char *format, ...) __attribute__((format(printf, 3, 4), cold));

#define CHECK(condition) ((condition) ? (void)0 : test_failed(__FILE__, __LINE__, "CHECK(%s)", #condition))

/* Integers of any type, compared as C would after widening both to 64 bits (all ones stays all ones). */
#define CHECK_EQ(got, expected) \
	test_check_eq((uint64_t)(got), (uint64_t)(expected), __FILE__, __LINE__, #got, #expected)

#define CHECK_STR_EQ(got, expected) test_check_str_eq(got, expected, __FILE__, __LINE__, #got, #expected)

/* A troupe_status, or any integer that is 0 when all went well. */
#define CHECK_OK(status) test_check_ok((int64_t)(status), __FILE__, __LINE__, #status)

static inline void test_check_eq(uint64_t got, uint64_t expected, const char *file, int line, const char *what,
                                 const char *wanted)
{
	if (got != expected)
		test_failed(file, line, "%s is %" PRId64 " (0x%" PRIx64 "), not %" PRId64 " (%s)", what, (int64_t)got, got,
		            (int64_t)expected, wanted);
}

static inline void test_check_str_eq(const char *got, const char *expected, const char *file, int line, const char *what,
                                     const char *wanted)
{
	if (got == NULL || expected == NULL || strcmp(got, expected) != 0)
		test_failed(file, line, "%s is \"%s\", not \"%s\" (%s)", what, got != NULL ? got : "(null)",
		            expected != NULL ? expected : "(null)", wanted);
}

static inline void test_check_ok(int64_t status, const char *file, int line, const char *what)
{
	if (status != 0)
		test_failed(file, line, "%s is %" PRId64 ", not OK", what, status);
}

#endif
