/* SPDX-License-Identifier: MIT */
/* K1 to K5: keeper.h. */
#include "processes/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/atomics.h"
#include "base/memory.h"

enum { EVENTS_AT_ONCE = 64 };

/* epoll_data: the ward, its lowest bit set for its pidfd; 0: the eventfd. */
#define TAG_PIDFD UINT64_C(1)

void troupei_keeper_init(struct keeper *keeper, const struct keeper_hooks *hooks)
{
	memset(keeper, 0, sizeof *keeper);
	keeper->hooks = *hooks;
	keeper->epoll = keeper->wake = -1;
	pthread_mutex_init(&keeper->lock, NULL);
	pthread_cond_init(&keeper->changed, NULL);
}

static void wake(const struct keeper *keeper)
{
	ssize_t written;

	do
		written = write(keeper->wake, &(uint64_t){ 1 }, sizeof(uint64_t));
	while (written < 0 && errno == EINTR); /* else it fails only when it is signalled already */
}

/* ---------------------------------------------------------------------------------------------------------- forking -- */

static bool watch(const struct keeper *keeper, int fd, uint32_t events, uint64_t data)
{
	return epoll_ctl(keeper->epoll, EPOLL_CTL_ADD, fd, &(struct epoll_event){ .events = events, .data.u64 = data }) == 0;
}

static void close_if_open(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* To close it is not enough: a child that was just forked has it open, too, for a moment, and events would go on. */
static void unwatch(const struct keeper *keeper, int *fd)
{
	if (*fd >= 0)
		epoll_ctl(keeper->epoll, EPOLL_CTL_DEL, *fd, NULL); /* or it was never watched */
	close_if_open(fd);
}

/* In the child: signals as in a fresh process, and it ends when this thread of the parent does. */
static void be_child(pid_t parent)
{
	sigset_t none;
	struct sigaction action;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
		_exit(1);
	for (int signal = 1; signal < NSIG; signal++)
		if (sigaction(signal, NULL, &action) == 0 && action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN) {
			memset(&action, 0, sizeof action);
			action.sa_handler = SIG_DFL;
			sigaction(signal, &action, NULL);
		}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In the child: not before the parent has its pidfd. One that ended at once might be reaped, by whoever it is, and its number be
 * another's by then (K2). */
static void await_go(int parents, int theirs)
{
	char go;
	ssize_t n;

	close(parents); /* so that the end of the parent's is seen */
	while ((n = read(theirs, &go, 1)) != 1)
		if (n == 0 || errno != EINTR)
			_exit(1);
}

/* The ward's process runs, and is known by its pidfd; else errno. */
static int fork_child(const struct keeper *keeper, struct ward *ward, int theirs)
{
	pid_t parent = getpid();

	if (keeper->hooks.around != NULL)
		keeper->hooks.around(true);
	ward->pid = fork();
	int error = errno;
	if (keeper->hooks.around != NULL)
		keeper->hooks.around(false);
	if (ward->pid == 0) {
		be_child(parent);
		await_go(ward->fd, theirs);
		keeper->hooks.child(ward->owner, theirs);
		_exit(0);
	}
	if (ward->pid < 0)
		return error;
	ward->pidfd = (int)syscall(SYS_pidfd_open, ward->pid, 0);
	return ward->pidfd >= 0 ? 0 : errno;
}

/* A fork that was half done. */
static void undo(const struct keeper *keeper, struct ward *ward)
{
	unwatch(keeper, &ward->pidfd);
	unwatch(keeper, &ward->fd); /* a child that waits to go sees that, and ends */
	while (ward->pid > 0 && waitpid(ward->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static int try_fork(const struct keeper *keeper, struct ward *ward)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return errno;
	ward->fd = ends[0];
	int error = fcntl(ward->fd, F_SETFL, O_NONBLOCK) == 0 ? fork_child(keeper, ward, ends[1]) : errno;
	close(ends[1]);
	if (error == 0 && (!watch(keeper, ward->fd, EPOLLIN | EPOLLRDHUP | EPOLLET, (uintptr_t)ward) ||
	                   !watch(keeper, ward->pidfd, EPOLLIN | EPOLLONESHOT, (uintptr_t)ward | TAG_PIDFD)))
		error = errno;
	if (error == 0 && send(ward->fd, "", 1, MSG_NOSIGNAL) != 1) /* go */
		error = errno;
	if (error != 0)
		undo(keeper, ward);
	return error;
}

/* The lock is given up for the fork: the child's copy of it is nobody's. */
static void fork_wanted(struct keeper *keeper)
{
	struct ward *ward;

	while ((ward = keeper->wanted) != NULL) {
		keeper->wanted = ward->next_wanted;
		pthread_mutex_unlock(&keeper->lock);
		int error = try_fork(keeper, ward);
		pthread_mutex_lock(&keeper->lock);
		ward->error = error;
		ward->asked = false;
		if (error == 0) {
			ward->next = keeper->wards;
			keeper->wards = ward;
		}
		pthread_cond_broadcast(&keeper->changed);
	}
}

/* ----------------------------------------------------------------------------------------------------- the thread -- */

static void reap(struct ward *ward)
{
	pid_t pid;

	do
		pid = waitpid(ward->pid, &ward->status, 0); /* it is dead: this does not block */
	while (pid < 0 && errno == EINTR);
	ward->status_known = pid == ward->pid; /* K2 */
	/* DEAD.store, release, pairs with the owner's acquire: who sees it sees the status. */
	troupei_store_release_8(&ward->dead, 1);
}

static void tell(const struct keeper *keeper, const struct ward *ward)
{
	if (ward->owner != NULL)
		keeper->hooks.news(ward->owner);
}

static void handle(struct keeper *keeper, const struct epoll_event *event)
{
	struct ward *ward = (struct ward *)(uintptr_t)(event->data.u64 & ~TAG_PIDFD);
	uint64_t count;

	if (ward == NULL) {
		ssize_t n = read(keeper->wake, &count, sizeof count);
		(void)n;
		return;
	}
	if (event->data.u64 & TAG_PIDFD) {
		reap(ward);
	} else if ((event->events & EPOLLOUT) && ward->wants_room) {
		ward->wants_room = false;
		epoll_ctl(keeper->epoll, EPOLL_CTL_MOD, ward->fd,
		          &(struct epoll_event){ .events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.u64 = (uintptr_t)ward });
	}
	tell(keeper, ward);
}

/* K3: between two batches of events, so that none in hand is a freed ward's. */
static void sweep(struct keeper *keeper)
{
	for (struct ward **at = &keeper->wards, *ward; (ward = *at) != NULL;) {
		if (ward->owner != NULL || !ward->dead) {
			at = &ward->next;
			continue;
		}
		*at = ward->next;
		unwatch(keeper, &ward->pidfd);
		unwatch(keeper, &ward->fd);
		troupei_deallocate(ward, sizeof *ward);
	}
}

static void *keep(void *argument)
{
	struct keeper *keeper = argument;
	struct epoll_event events[EVENTS_AT_ONCE];

	pthread_mutex_lock(&keeper->lock);
	for (;;) {
		fork_wanted(keeper);
		sweep(keeper);
		if (keeper->stopping && keeper->wards == NULL)
			break;
		pthread_mutex_unlock(&keeper->lock);
		int n = epoll_wait(keeper->epoll, events, EVENTS_AT_ONCE, -1);
		pthread_mutex_lock(&keeper->lock);
		for (int i = 0; i < n; i++)
			handle(keeper, &events[i]);
	}
	pthread_mutex_unlock(&keeper->lock);
	troupei_memory_flush();
	return NULL;
}

/* K5. Lock held: 0 or errno. */
static int run(struct keeper *keeper)
{
	sigset_t all, before;

	if (keeper->running)
		return 0;
	keeper->epoll = epoll_create1(EPOLL_CLOEXEC);
	keeper->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	int error = keeper->epoll < 0 || keeper->wake < 0 || !watch(keeper, keeper->wake, EPOLLIN, 0) ? errno : 0;
	if (error == 0) {
		sigfillset(&all); /* the program's signals are for its own threads */
		pthread_sigmask(SIG_SETMASK, &all, &before);
		error = pthread_create(&keeper->thread, NULL, keep, keeper);
		pthread_sigmask(SIG_SETMASK, &before, NULL);
	}
	keeper->running = error == 0;
	if (error != 0) {
		close_if_open(&keeper->epoll);
		close_if_open(&keeper->wake);
	}
	return error;
}

/* ------------------------------------------------------------------------------------------------------------ owners -- */

int troupei_keeper_fork(struct keeper *keeper, void *owner, struct ward **out)
{
	struct ward *ward = troupei_allocate(sizeof *ward);

	if (ward == NULL)
		return ENOMEM;
	*ward = (struct ward){ .owner = owner, .fd = -1, .pidfd = -1, .asked = true };
	*out = ward; /* before the fork: the child reads it, too */
	pthread_mutex_lock(&keeper->lock);
	int error = run(keeper);
	if (error == 0) {
		ward->next_wanted = keeper->wanted;
		keeper->wanted = ward;
		wake(keeper);
		while (ward->asked)
			pthread_cond_wait(&keeper->changed, &keeper->lock);
		error = ward->error;
	}
	pthread_mutex_unlock(&keeper->lock);
	if (error != 0) {
		troupei_deallocate(ward, sizeof *ward);
		*out = NULL;
	}
	return error;
}

void troupei_keeper_want_room(struct keeper *keeper, struct ward *ward)
{
	pthread_mutex_lock(&keeper->lock);
	if (!ward->wants_room) {
		ward->wants_room = true;
		epoll_ctl(keeper->epoll, EPOLL_CTL_MOD, ward->fd,
		          &(struct epoll_event){ .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
			                         .data.u64 = (uintptr_t)ward });
	}
	pthread_mutex_unlock(&keeper->lock);
}

void troupei_keeper_kill(struct ward *ward)
{
	syscall(SYS_pidfd_send_signal, ward->pidfd, SIGKILL, NULL, 0); /* fails only if it is dead */
}

void troupei_keeper_drop(struct keeper *keeper, struct ward *ward)
{
	pthread_mutex_lock(&keeper->lock);
	ward->owner = NULL;
	troupei_keeper_kill(ward);
	wake(keeper);
	pthread_mutex_unlock(&keeper->lock);
}

void troupei_keeper_fini(struct keeper *keeper)
{
	pthread_mutex_lock(&keeper->lock);
	bool running = keeper->running;
	keeper->stopping = true;
	if (running)
		wake(keeper);
	pthread_mutex_unlock(&keeper->lock);
	if (running)
		pthread_join(keeper->thread, NULL);
	close_if_open(&keeper->epoll);
	close_if_open(&keeper->wake);
	pthread_cond_destroy(&keeper->changed);
	pthread_mutex_destroy(&keeper->lock);
}
