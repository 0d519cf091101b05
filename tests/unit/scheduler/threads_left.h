/* SPDX-License-Identifier: MIT */
/* pthread_create that fails when a test wants it to. Weak, so that several tests of one program may have it. */
#ifndef TROUPE_TESTS_UNIT_SCHEDULER_THREADS_LEFT_H
#define TROUPE_TESTS_UNIT_SCHEDULER_THREADS_LEFT_H

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>

/* The system's own, until so many are made; then there are no more. */
extern int threads_left;
int threads_left __attribute__((weak)) = INT_MAX;

__attribute__((weak)) int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*body)(void *),
                                         void *argument)
{
	int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
	void *found = dlsym(RTLD_NEXT, "pthread_create");
	memcpy(&real, &found, sizeof real);
	return threads_left-- > 0 ? real(thread, attributes, body, argument) : EAGAIN;
}

#endif
