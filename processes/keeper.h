/* SPDX-License-Identifier: MIT */
/* keeper: one thread that has the child processes of a system. It makes them, tells their owners when there is something to
 * read, room to write, or a death, and sees that none is left: no zombie, no descriptor, no orphan.
 *
 *   K1  It forks, nobody else: PR_SET_PDEATHSIG goes off when the forking *thread* ends, and this one lives as long as the
 *       system. Its stack holds nothing of anybody's, and it holds no lock but those that `around` takes for the fork.
 *   K2  A child is known by its pidfd. It is killed through it, so that a number that was used again is never hit, and waited
 *       for by it alone: SIGCHLD may be ignored, or the program reap what it does not know; then how it died is not known.
 *   K3  A ward is freed by the keeper, when its owner has dropped it and its process is dead and reaped.
 *   K4  The owner is told with the lock held: after troupei_keeper_drop it is not told any more.
 *   K5  There is no thread before the first child. */
#ifndef TROUPEI_PROCESSES_KEEPER_H
#define TROUPEI_PROCESSES_KEEPER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct ward;

/* What the user of a keeper gives it. */
struct keeper_hooks {
	void (*news)(void *owner);        /* something to read, room to write, or dead: look. Must not block */
	void (*around)(bool before);      /* take, and let go of, what must be whole in the child; may be NULL */
	void (*child)(void *owner, int fd); /* what runs in the child; does not return */
};

struct keeper {
	struct keeper_hooks hooks;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t thread;
	bool running, stopping;
	int epoll, wake;         /* -1: not open */
	struct ward *wards;
	struct ward *wanted;     /* to be forked */
};

/* A child process. Read by its owner. */
struct ward {
	struct ward *next, *next_wanted;
	void *owner;             /* NULL: dropped */
	int fd;                  /* this side of the socket; non-blocking */
	int pidfd;
	pid_t pid;
	int error;               /* of the fork: errno */
	bool asked;              /* the fork is still to be tried */
	bool wants_room;
	uint8_t dead;            /* any thread */
	bool status_known;       /* once dead */
	int status;              /* as waitpid gives it */
};

void troupei_keeper_init(struct keeper *keeper, const struct keeper_hooks *hooks);

/* Every ward has been dropped: wait for the deaths, end the thread. Blocking. */
void troupei_keeper_fini(struct keeper *keeper);

/* Make a child for @p owner: 0, or an errno (EAGAIN: no process, EMFILE and ENFILE: no descriptors, ENOMEM) and nothing is left
 * behind. Blocks while the keeper forks. */
int troupei_keeper_fork(struct keeper *keeper, void *owner, struct ward **out);

/* Tell the owner, once, when the socket has room again. */
void troupei_keeper_want_room(struct keeper *keeper, struct ward *ward);

/* SIGKILL. */
void troupei_keeper_kill(struct ward *ward);

/* The owner is done with it: kill it if it lives. */
void troupei_keeper_drop(struct keeper *keeper, struct ward *ward);

#endif
