/* SPDX-License-Identifier: MIT */
/* The wrapped calls (ld --wrap): each asks whether it is to fail, and goes on to the real one if not. */
#include "failures/calls.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "failures/inject.h"

#define CALL_KIND(name, ...) { #name, { __VA_ARGS__ } },
const struct call_kind call_kinds[CALL_COUNT] = { { "allocation", { ENOMEM } }, CALLS(CALL_KIND) SYSCALLS(CALL_KIND) };

extern const char __start_troupe_text[], __stop_troupe_text[];

/* I1 */
static int fate(enum call call, const void *caller)
{
	bool ours = (const char *)caller >= __start_troupe_text && (const char *)caller < __stop_troupe_text;

	return ours ? inject(call) : 0;
}

#define CALLER __builtin_return_address(0)
#define DECLARED(type, name, ...)     \
	type __real_##name(__VA_ARGS__); \
	type __wrap_##name(__VA_ARGS__); \
	type __wrap_##name(__VA_ARGS__)

/* Sets errno. */
#define PLAIN(type, name, failed, parameters, arguments)   \
	DECLARED(type, name, UNWRAPPED parameters)         \
	{                                                  \
		int how = fate(CALL_##name, CALLER);       \
		if (how == 0)                              \
			return __real_##name arguments;    \
		errno = how;                               \
		return failed;                             \
	}
#define UNWRAPPED(...) __VA_ARGS__

/* Returns the error. */
#define POSIX(name, parameters, arguments)                               \
	DECLARED(int, name, UNWRAPPED parameters)                        \
	{                                                                \
		int how = fate(CALL_##name, CALLER);                     \
		return how == 0 ? __real_##name arguments : how;         \
	}

POSIX(pthread_create, (pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument),
      (thread, attributes, run, argument))
POSIX(pthread_key_create, (pthread_key_t *key, void (*end)(void *)), (key, end))
POSIX(pthread_setspecific, (pthread_key_t key, const void *value), (key, value))
POSIX(pthread_getattr_np, (pthread_t thread, pthread_attr_t *attributes), (thread, attributes))

PLAIN(int, sem_wait, -1, (sem_t *semaphore), (semaphore))
PLAIN(int, nanosleep, -1, (const struct timespec *time, struct timespec *rest), (time, rest))
PLAIN(int, sched_getaffinity, -1, (pid_t pid, size_t size, cpu_set_t *set), (pid, size, set))
PLAIN(int, mprotect, -1, (void *memory, size_t size, int protection), (memory, size, protection))
PLAIN(int, socketpair, -1, (int domain, int type, int protocol, int *ends), (domain, type, protocol, ends))
PLAIN(int, eventfd, -1, (unsigned count, int flags), (count, flags))
PLAIN(int, epoll_create1, -1, (int flags), (flags))
PLAIN(int, epoll_wait, -1, (int epoll, struct epoll_event *events, int max, int within), (epoll, events, max, within))
PLAIN(pid_t, fork, -1, (void), ())
PLAIN(int, dup2, -1, (int from, int to), (from, to))
PLAIN(ssize_t, read, -1, (int fd, void *to, size_t size), (fd, to, size))
PLAIN(ssize_t, write, -1, (int fd, const void *from, size_t size), (fd, from, size))
PLAIN(ssize_t, send, -1, (int fd, const void *from, size_t size, int flags), (fd, from, size, flags))
PLAIN(int, poll, -1, (struct pollfd *fds, nfds_t count, int within), (fds, count, within))
PLAIN(int, ppoll, -1, (struct pollfd *fds, nfds_t count, const struct timespec *within, const sigset_t *mask),
      (fds, count, within, mask))
PLAIN(FILE *, fopen, NULL, (const char *path, const char *mode), (path, mode))
PLAIN(char *, fgets, NULL, (char *to, int size, FILE *file), (to, size, file))
PLAIN(int, fflush, -1, (FILE *file), (file))

/* Conditions may be over too early: the lock is given up for a moment. */
static int wake_early(pthread_mutex_t *lock)
{
	pthread_mutex_unlock(lock);
	sched_yield();
	pthread_mutex_lock(lock);
	return 0;
}

DECLARED(int, pthread_cond_wait, pthread_cond_t *condition, pthread_mutex_t *lock)
{
	if (fate(CALL_pthread_cond_wait, CALLER) == 0)
		return __real_pthread_cond_wait(condition, lock);
	return wake_early(lock);
}

DECLARED(int, pthread_cond_timedwait, pthread_cond_t *condition, pthread_mutex_t *lock, const struct timespec *until)
{
	if (fate(CALL_pthread_cond_timedwait, CALLER) == 0)
		return __real_pthread_cond_timedwait(condition, lock, until);
	return wake_early(lock);
}

/* The kernel refuses no handler of a signal that may be handled; a sandbox might. What containment installs may not fail. */
DECLARED(int, sigaction, int number, const struct sigaction *action, struct sigaction *before)
{
	bool may = action != NULL && (number == SIGUSR1 || number == SIGURG);

	if (!may || fate(CALL_sigaction, CALLER) == 0)
		return __real_sigaction(number, action, before);
	errno = EINVAL;
	return -1;
}

DECLARED(void *, mmap, void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
	bool counts = CALLER >= (const void *)__start_troupe_text && CALLER < (const void *)__stop_troupe_text;
	int how = fate(CALL_mmap, CALLER);

	if (how != 0) {
		errno = how;
		return MAP_FAILED;
	}
	void *memory = __real_mmap(at, size, protection, flags, fd, offset);
	if (counts && memory != MAP_FAILED && !(flags & MAP_FIXED))
		inject_mapped((long)size);
	return memory;
}

DECLARED(int, munmap, void *memory, size_t size)
{
	bool counts = CALLER >= (const void *)__start_troupe_text && CALLER < (const void *)__stop_troupe_text;
	int how = fate(CALL_munmap, CALLER);

	if (how == 0 && counts)
		inject_mapped(-(long)size);
	if (how == 0)
		return __real_munmap(memory, size);
	errno = how;
	return -1;
}

/* To add needs memory; to change and to take away does not. */
DECLARED(int, epoll_ctl, int epoll, int how, int fd, struct epoll_event *event)
{
	int error = how == EPOLL_CTL_ADD ? fate(CALL_epoll_ctl, CALLER) : 0;

	if (error == 0)
		return __real_epoll_ctl(epoll, how, fd, event);
	errno = error;
	return -1;
}

/* ECHILD: somebody else was faster. */
DECLARED(pid_t, waitpid, pid_t pid, int *status, int options)
{
	int how = fate(CALL_waitpid, CALLER);

	if (how == 0 || how == ECHILD) {
		pid_t waited = __real_waitpid(pid, status, options);
		if (how == 0)
			return waited;
	}
	errno = how;
	return -1;
}

DECLARED(int, prctl, int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
	if (fate(CALL_prctl, CALLER) == 0)
		return __real_prctl(option, a, b, c, d);
	errno = EINVAL;
	return -1;
}

DECLARED(int, fcntl, int fd, int command, long argument)
{
	int how = fate(CALL_fcntl, CALLER);

	if (how == 0)
		return __real_fcntl(fd, command, argument);
	errno = how;
	return -1;
}

/* The descriptor is gone all the same: close(2). */
DECLARED(int, close, int fd)
{
	int how = fate(CALL_close, CALLER), result = __real_close(fd);

	if (how == 0)
		return result;
	errno = how;
	return -1;
}

/* SHORT: one byte of the first part that has any. */
DECLARED(ssize_t, sendmsg, int fd, const struct msghdr *message, int flags)
{
	int how = fate(CALL_sendmsg, CALLER);

	if (how == SHORT) {
		for (size_t i = 0; i < message->msg_iovlen; i++)
			if (message->msg_iov[i].iov_len > 0)
				return __real_sendmsg(fd, &(struct msghdr){ .msg_iov = &(struct iovec){ message->msg_iov[i].iov_base, 1 },
				                                            .msg_iovlen = 1 },
				                      flags);
		how = 0;
	}
	if (how == 0)
		return __real_sendmsg(fd, message, flags);
	errno = how;
	return -1;
}

DECLARED(ssize_t, recv, int fd, void *to, size_t size, int flags)
{
	int how = fate(CALL_recv, CALLER);

	if (how == 0 || how == SHORT)
		return __real_recv(fd, to, how == SHORT && size > 0 ? 1 : size, flags);
	errno = how;
	return -1;
}

DECLARED(ssize_t, process_vm_readv, pid_t pid, const struct iovec *local, unsigned long locals, const struct iovec *remote,
         unsigned long remotes, unsigned long flags)
{
	int how = fate(CALL_process_vm_readv, CALLER);

	if (how == 0)
		return __real_process_vm_readv(pid, local, locals, remote, remotes, flags);
	if (how == SHORT)
		return 1;
	errno = how;
	return -1;
}

int __wrap_fprintf(FILE *file, const char *format, ...) __attribute__((format(printf, 2, 3)));
int __wrap_fprintf(FILE *file, const char *format, ...)
{
	va_list arguments;

	if (fate(CALL_fprintf, CALLER) != 0) {
		errno = ENOSPC;
		return -1;
	}
	va_start(arguments, format);
	int written = vfprintf(file, format, arguments);
	va_end(arguments);
	return written;
}

/* Which of SYSCALLS it is; CALL_COUNT: none that may fail. */
static enum call syscall_of(long number, long second)
{
	switch (number) {
	case SYS_futex:
		return second == FUTEX_WAIT_BITSET_PRIVATE ? CALL_futex : CALL_COUNT;
	case SYS_pidfd_open:
		return CALL_pidfd_open;
	case SYS_close_range:
		return CALL_close_range;
	case SYS_tgkill:
		return CALL_tgkill;
	default:
		return CALL_COUNT;
	}
}

/* All six arguments are handed on, however many were given: those that were not are not looked at. */
DECLARED(long, syscall, long number, long a, long b, long c, long d, long e, long f)
{
	enum call call = syscall_of(number, b);
	int how = call != CALL_COUNT ? fate(call, CALLER) : 0;

	if (how == 0)
		return __real_syscall(number, a, b, c, d, e, f);
	errno = how;
	return -1;
}
