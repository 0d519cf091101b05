/* SPDX-License-Identifier: MIT */
/* Linked into FLAVOR=asan programs only, so that a child of a fork may allocate there.
 * The allocator of gcc's AddressSanitizer has locks of its own, and no fork handlers: a child that is forked while another
 * thread holds one waits for ever at its first allocation. (The C library's own allocator is safe; LLVM's sanitizer is since
 * version 17.) So calls from our own objects come here (ld --wrap), as readers, and a fork waits until none is under way. What
 * the C library allocates inside is not seen; it is rare. */
#include <pthread.h>
#include <stdlib.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void __real_free(void *memory);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
void __wrap_free(void *memory);

static pthread_rwlock_t lock = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;

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

__attribute__((constructor)) static void install(void)
{
	pthread_atfork(before_fork, after_fork, in_child);
}

#define WRAPPED(type, name, parameters, arguments)    \
	type __wrap_##name parameters                 \
	{                                             \
		pthread_rwlock_rdlock(&lock);         \
		type result = __real_##name arguments; \
		pthread_rwlock_unlock(&lock);         \
		return result;                        \
	}

WRAPPED(void *, malloc, (size_t size), (size))
WRAPPED(void *, calloc, (size_t count, size_t size), (count, size))
WRAPPED(void *, realloc, (void *old, size_t size), (old, size))
WRAPPED(void *, aligned_alloc, (size_t alignment, size_t size), (alignment, size))

void __wrap_free(void *memory)
{
	pthread_rwlock_rdlock(&lock);
	__real_free(memory);
	pthread_rwlock_unlock(&lock);
}
