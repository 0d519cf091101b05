/* SPDX-License-Identifier: MIT */
/* The C library's threads, or a simulation's. */
#include "base/threads.h"

#include <sched.h>
#include <time.h>

#include "base/clock.h"
#include "base/sanitizers.h"

#if TROUPEI_ASAN
#include <sanitizer/asan_interface.h>
#endif

const struct thread_seam *troupei_thread_seam;
bool troupei_noted;

void troupei_point_now(const void *about)
{
	troupei_thread_seam->point(about);
}

static struct timespec at(int64_t ns)
{
	return (struct timespec){ .tv_sec = (time_t)(ns / 1000000000), .tv_nsec = (long)(ns % 1000000000) };
}

int troupei_thread_create(pthread_t *thread, void *(*run)(void *argument), void *argument)
{
	if (troupei_is_simulated())
		return troupei_thread_seam->create(thread, run, argument);
	return pthread_create(thread, NULL, run, argument);
}

bool troupei_thread_join(pthread_t thread, int64_t deadline_ns)
{
	struct timespec until = at(deadline_ns);

	if (troupei_is_simulated())
		return troupei_thread_seam->join(thread, deadline_ns);
	if (deadline_ns == INT64_MAX)
		return pthread_join(thread, NULL) == 0;
	return pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &until) == 0;
}

void troupei_thread_nap(int64_t ns)
{
	struct timespec length = at(ns);

	if (troupei_is_simulated())
		troupei_thread_seam->wait(NULL, NULL, troupei_clock_ns() + ns);
	else if (ns == 0)
		sched_yield();
	else
		nanosleep(&length, NULL);
}

void troupei_thread_stack(uintptr_t *low, size_t *guard)
{
	pthread_attr_t attributes;
	size_t size;
	void *at;

	*low = *guard = 0;
	if (troupei_is_simulated()) {
		troupei_thread_seam->stack(low, guard);
		return;
	}
	if (pthread_getattr_np(pthread_self(), &attributes) != 0)
		return;
	if (pthread_attr_getstack(&attributes, &at, &size) == 0)
		*low = (uintptr_t)at;
	pthread_attr_getguardsize(&attributes, guard);
	pthread_attr_destroy(&attributes);
}

void troupei_thread_landed(void)
{
#if TROUPEI_ASAN
	uintptr_t low, here = (uintptr_t)__builtin_frame_address(0);
	size_t guard;

	troupei_thread_stack(&low, &guard);
	if (low != 0 && low < here)
		__asan_unpoison_memory_region((const void *)low, here - low);
#endif
}

void troupei_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t monotonic;

	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &monotonic);
	pthread_condattr_destroy(&monotonic);
}

bool troupei_cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t deadline_ns)
{
	struct timespec until = at(deadline_ns);

	if (troupei_is_simulated())
		return troupei_thread_seam->wait(cond, lock, deadline_ns);
	if (deadline_ns == INT64_MAX)
		return pthread_cond_wait(cond, lock) == 0;
	return pthread_cond_timedwait(cond, lock, &until) == 0;
}

void troupei_cond_signal(pthread_cond_t *cond)
{
	if (troupei_is_simulated())
		troupei_thread_seam->wake(cond, false);
	else
		pthread_cond_signal(cond);
}

void troupei_cond_broadcast(pthread_cond_t *cond)
{
	if (troupei_is_simulated())
		troupei_thread_seam->wake(cond, true);
	else
		pthread_cond_broadcast(cond);
}
