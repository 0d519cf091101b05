/* SPDX-License-Identifier: MIT */
/* Linked into FLAVOR=asan programs only, so that a child of a fork may allocate there.
 * The allocator of gcc's AddressSanitizer has locks of its own, and no fork handlers: a child that is forked while another
 * thread holds one waits for ever at its first allocation. (The C library's own allocator is safe; LLVM's sanitizer is since
 * version 17.) So calls from our own objects come here (ld --wrap), as readers, and a fork waits until none is under way; so it
 * does while a thread begins or ends, when the sanitizer allocates and locks its list of threads. What the C library allocates
 * inside at other times is not seen; it is rare. */
#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdlib.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void __real_free(void *memory);
int __interceptor_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
void __wrap_free(void *memory);

static pthread_rwlock_t lock = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
static _Thread_local unsigned depth; /* of this thread's reading: who reads already must not queue behind a fork */
static pthread_key_t ending;

static void enter(void)
{
	if (depth++ == 0)
		pthread_rwlock_rdlock(&lock);
}

static void leave(void)
{
	if (--depth == 0)
		pthread_rwlock_unlock(&lock);
}

static void before_fork(void)
{
	pthread_rwlock_wrlock(&lock);
}

static void after_fork(void)
{
	pthread_rwlock_unlock(&lock);
}

/* The thread that locked it has another number in the child. */
static void in_child(void)
{
	lock = (pthread_rwlock_t)PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
}

/* A thread's values are destroyed in PTHREAD_DESTRUCTOR_ITERATIONS rounds as long as some are set again; the sanitizer says
 * good-bye in the last, before this, whose key is younger. */
static void thread_ends(void *round)
{
	uintptr_t rounds = (uintptr_t)round;

	if (rounds == 1)
		enter();
	if (rounds == PTHREAD_DESTRUCTOR_ITERATIONS)
		leave();
	else
		pthread_setspecific(ending, (void *)(rounds + 1));
}

__attribute__((constructor)) static void install(void)
{
	pthread_key_create(&ending, thread_ends);
	pthread_atfork(before_fork, after_fork, in_child);
}

struct beginning {
	void *(*run)(void *);
	void *argument;
	sem_t begun;
};

static void *begin(void *of)
{
	struct beginning it = *(struct beginning *)of;

	pthread_setspecific(ending, (void *)1);
	sem_post(&((struct beginning *)of)->begun);
	return it.run(it.argument);
}

/* In the sanitizer's place, for whoever calls; a test may have one of its own. */
__attribute__((weak)) int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument)
{
	struct beginning beginning = { .run = run, .argument = argument };

	sem_init(&beginning.begun, 0, 0);
	enter();
	int wrong = __interceptor_pthread_create(thread, attributes, begin, &beginning);
	while (wrong == 0 && sem_wait(&beginning.begun) != 0)
		; /* a signal */
	leave();
	sem_destroy(&beginning.begun);
	return wrong;
}

#define WRAPPED(type, name, parameters, arguments)     \
	type __wrap_##name parameters                  \
	{                                              \
		enter();                               \
		type result = __real_##name arguments; \
		leave();                               \
		return result;                         \
	}

WRAPPED(void *, malloc, (size_t size), (size))
WRAPPED(void *, calloc, (size_t count, size_t size), (count, size))
WRAPPED(void *, realloc, (void *old, size_t size), (old, size))
WRAPPED(void *, aligned_alloc, (size_t alignment, size_t size), (alignment, size))

void __wrap_free(void *memory)
{
	enter();
	__real_free(memory);
	leave();
}
