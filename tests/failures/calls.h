/* SPDX-License-Identifier: MIT */
/* The calls of the system that the library makes, and how each may fail. A name in CALLS is wrapped by the linker (the Makefile reads
 * this list), a name in the text below is not, since it cannot fail or its failure says nothing: `make check` fails when the
 * library calls anything that stands in neither.
 *
 * EARLY: it returns at once, as conditions may. SHORT: it moves less than it was asked to. LATER: it does its work, and says the
 * opposite, as a close that is interrupted. */
#ifndef TROUPE_TESTS_FAILURES_CALLS_H
#define TROUPE_TESTS_FAILURES_CALLS_H

#include <errno.h>

enum { EARLY = -1, SHORT = -2 };

/* X(name, how it fails, ...). Those in SYSCALLS are made by way of syscall(2), which is wrapped for them. */
#define CALLS(X)                                   \
	X(pthread_create, EAGAIN)                  \
	X(pthread_key_create, EAGAIN)              \
	X(pthread_setspecific, ENOMEM)             \
	X(pthread_getattr_np, ENOMEM)              \
	X(pthread_cond_wait, EARLY)                \
	X(pthread_cond_timedwait, EARLY)           \
	X(sem_wait, EINTR)                         \
	X(nanosleep, EINTR)                        \
	X(sched_getaffinity, EINVAL)               \
	X(sigaction, EINVAL)                       \
	X(mmap, ENOMEM)                            \
	X(munmap, ENOMEM)                          \
	X(mprotect, ENOMEM)                        \
	X(socketpair, EMFILE, ENFILE, ENOMEM)      \
	X(eventfd, EMFILE, ENOMEM)                 \
	X(epoll_create1, EMFILE, ENOMEM)           \
	X(epoll_ctl, ENOMEM, ENOSPC)               \
	X(epoll_wait, EINTR)                       \
	X(fork, EAGAIN, ENOMEM)                    \
	X(waitpid, EINTR, ECHILD)                  \
	X(prctl, EINVAL)                           \
	X(fcntl, EINTR)                            \
	X(dup2, EINTR, EBUSY)                      \
	X(close, EINTR)                            \
	X(read, EINTR)                             \
	X(write, EINTR)                            \
	X(send, EINTR, EPIPE, ENOBUFS)             \
	X(sendmsg, EINTR, EAGAIN, ENOBUFS, EPIPE, SHORT) \
	X(recv, EINTR, ECONNRESET, ENOMEM, SHORT)  \
	X(poll, EINTR, ENOMEM)                     \
	X(ppoll, EINTR, ENOMEM)                    \
	X(process_vm_readv, EPERM, EFAULT, SHORT)  \
	X(fopen, EMFILE, ENOMEM)                   \
	X(fgets, EIO)                              \
	X(fprintf, ENOSPC)                         \
	X(fflush, ENOSPC)

#define SYSCALLS(X)                  \
	X(futex, EINTR, EAGAIN)      \
	X(pidfd_open, EMFILE, ENOMEM) \
	X(close_range, ENOSYS)       \
	X(tgkill, EAGAIN)

/* HARMLESS, a name and why a line:
 *   atexit getcwd madvise open posix_fallocate readlink stat strerror unlink   of the recorder and the replay alone, which say so and
 *                             go on without; tests/unit/base/test_record.c has them fail by a full file and a folder that is not there
 * malloc calloc realloc aligned_alloc        they fail by the seam in base/memory.h: the loops of allocations
 * free memcpy memmove memset memchr memcmp bcmp strlen strnlen strcmp strncmp strchr strrchr strstr strcspn strtoull    they compute
 * snprintf vsnprintf __isoc99_sscanf qsort sqrt strsignal __sched_cpucount getenv         they compute
 * pthread_mutex_init pthread_mutex_lock pthread_mutex_unlock pthread_mutex_destroy         of plain mutexes: cannot fail
 * pthread_cond_init pthread_cond_destroy pthread_cond_signal pthread_cond_broadcast pthread_condattr_init    cannot fail
 * pthread_condattr_setclock pthread_condattr_destroy pthread_once pthread_self pthread_sigmask               cannot fail
 * pthread_join pthread_clockjoin_np         of a thread that is there: but for its time
 * pthread_attr_getstack pthread_attr_getguardsize pthread_attr_destroy                     they read
 * sem_init sem_post sigemptyset sigfillset sigprocmask getpid getppid gettid sysconf clock_gettime sched_yield    cannot fail
 * sigaltstack                               of a stack that is large enough, and not in use
 * raise abort _exit siglongjmp __sigsetjmp  they leave
 * fclose __fpurge stderr stdout fwrite fputc fputs putc     what a diagnosis or a file that was read comes to
 * dladdr dl_iterate_phdr _dl_find_object _Unwind_Backtrace _Unwind_GetIP                   they read what is loaded
 * ck_ec32_wait_slow ck_ec32_wake            they sleep and wake by our own functions: futex
 * __errno_location __start_troupe_text __stop_troupe_text _GLOBAL_OFFSET_TABLE_ __tls_get_addr __stack_chk_fail    the linker's */

enum call {
	ALLOCATION, /* base/memory.h */
#define CALL_NAME(name, ...) CALL_##name,
	CALLS(CALL_NAME) SYSCALLS(CALL_NAME)
#undef CALL_NAME
	CALL_COUNT
};

enum { CALL_ERRORS_MAX = 6 };

struct call_kind {
	const char *name;
	int errors[CALL_ERRORS_MAX]; /* ended by 0 */
};

extern const struct call_kind call_kinds[CALL_COUNT];

#endif
