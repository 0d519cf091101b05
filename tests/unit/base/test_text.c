/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <sched.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/memory.h"
#include "support/testing.h"

static enum text of(void (*function)(void))
{
	return troupei_text_of((uintptr_t)function);
}

static void of_this_test(void)
{
}

TEST(text, tells_whose_it_is)
{
	CHECK(troupei_text_learn());
	CHECK_EQ(of(of_this_test), TEXT_PROGRAM);
	CHECK_EQ(of((void (*)(void))troupei_text_of), TEXT_TROUPE);
	CHECK_EQ(of((void (*)(void))troupei_check_failed), TEXT_TROUPE); /* cold, so in another section at first */
	CHECK_EQ(of((void (*)(void))troupei_block_take_slow), TEXT_TROUPE);
	CHECK_EQ(of((void (*)(void))sched_yield), TEXT_LIBC);
	CHECK_EQ(troupei_text_of(0), TEXT_PROGRAM);
}

#if !TEST_WITH_ASAN && !TEST_WITH_TSAN
TEST(text, of_what_the_loader_chose)
{
	CHECK(troupei_text_learn());
	CHECK_EQ(of((void (*)(void))strlen), TEXT_LIBC);
}
#else
TEST(text, of_a_sanitizer)
{
	CHECK(troupei_text_learn());
	CHECK_EQ(of((void (*)(void))strdup), TEXT_SANITIZER); /* (What allocates is wrapped: asan_fork.c.) */
}
#endif

TEST(text, exists)
{
	CHECK(troupei_text_exists((uintptr_t)of_this_test));
	CHECK(troupei_text_exists((uintptr_t)abort));
	CHECK(!troupei_text_exists(0));
	CHECK(!troupei_text_exists(4096));
}

TEST(text, learns_once)
{
	CHECK(troupei_text_learn());
	CHECK(troupei_text_learn());
	CHECK_EQ(of((void (*)(void))troupei_text_of), TEXT_TROUPE);
}
