/* SPDX-License-Identifier: MIT */
#include "base/callback.h"

#include <pthread.h>

#include "support/testing.h"

TEST(callback, counts_how_deep)
{
	CHECK(!troupei_in_callback());
	troupei_callback_enter();
	troupei_callback_enter();
	CHECK(troupei_in_callback());
	troupei_callback_leave();
	CHECK(troupei_in_callback());
	troupei_callback_leave();
	CHECK(!troupei_in_callback());
}

static void *look(void *seen)
{
	*(int *)seen = troupei_in_callback();
	return NULL;
}

TEST(callback, is_of_one_thread)
{
	pthread_t thread;
	int seen = 1;
	troupei_callback_enter();
	CHECK_OK(pthread_create(&thread, NULL, look, &seen));
	CHECK_OK(pthread_join(thread, NULL));
	CHECK_EQ(seen, 0);
	troupei_callback_leave();
}
