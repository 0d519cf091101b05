/* SPDX-License-Identifier: MIT */
/* Recordings for tests: a program that is this one, forked before it has any system, is recorded; and what was recorded can be run again. */
#ifndef TROUPE_TESTS_UNIT_EXPLORE_RECORDED_H
#define TROUPE_TESTS_UNIT_EXPLORE_RECORDED_H

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "explore/replayer.h"
#include "support/testing.h"
#include "troupe.h"

enum { RECORDED_PASS = 1, RECORDED_MOST = 400 };

struct recorded_state {
	troupe_ref *next;
	uint64_t seen, order;
};

/* Passes a number on until it is 0; aborts by the order of what it got. */
static inline troupe_verdict recorded_receive(troupe_actor *me, const troupe_message *m)
{
	struct recorded_state *self = me->state;
	uint64_t left = *(const uint64_t *)m->data;

	self->seen++;
	self->order = self->order * 31 + left;
	if (self->order % 97 == 5 && self->seen > 20)
		abort();
	left--;
	return left % 1000 == 0 ? TROUPE_HANDLED : troupe_done(me, troupe_send_bytes(*self->next, RECORDED_PASS, &left, sizeof left));
}

/* Five in a ring, three numbers. */
static inline void recorded_program(void)
{
	static const troupe_behaviour behaviour = { .name = "ring", .receive = recorded_receive,
		                                    .state_size = sizeof(struct recorded_state) };
	static troupe_ref refs[5];
	troupe_system system;

	troupe_must(troupe_start(TROUPE_OPTIONS(troupe_options, .workers = 2), &system));
	for (unsigned i = 0; i < 5; i++)
		troupe_must(troupe_spawn(system, &behaviour, &(struct recorded_state){ .next = &refs[(i + 1) % 5] }, &refs[i]));
	for (uint64_t i = 1; i < 4; i++)
		troupe_must(troupe_send_bytes(refs[i], RECORDED_PASS, &(uint64_t){ i * 1000 + RECORDED_MOST }, sizeof(uint64_t)));
	troupe_must(troupe_settle(system, 0));
	troupe_must(troupe_finish(system, 0));
}

static inline const char *recorded_path(void)
{
	static char path[64];

	snprintf(path, sizeof path, "/tmp/troupe-recorded-%d", (int)getpid());
	return path;
}

/* In a child with this variable in its environment; how it ended, and what it said. */
static inline int recorded_run(const char *variable, const char *value, char *said, size_t size)
{
	int out[2], status;
	size_t at = 0;
	ssize_t got;

	CHECK_EQ(pipe(out), 0);
	pid_t child = fork();
	if (child == 0) {
		dup2(out[1], STDOUT_FILENO);
		dup2(out[1], STDERR_FILENO);
		close(out[0]);
		setenv(variable, value, 1);
		recorded_program();
		exit(0);
	}
	close(out[1]);
	while (said != NULL && at + 1 < size && (got = read(out[0], said + at, size - at - 1)) > 0)
		at += (size_t)got;
	if (said != NULL)
		said[at] = '\0';
	CHECK_EQ(waitpid(child, &status, 0), child);
	close(out[0]);
	return status;
}

/* A recording of it that ended by its abort. */
static inline void recorded_crash(void)
{
	if (TEST_WITH_TSAN)
		cr_skip("the thread sanitizer starts no threads after a fork");
	int status = recorded_run("TROUPE_RECORD", recorded_path(), NULL, 0);

	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

/* That, run again; the exit status. */
static inline int recorded_again(const char *settings, char *said, size_t size)
{
	char request[256];

	snprintf(request, sizeof request, "file=%s%s", recorded_path(), settings);
	int status = recorded_run("TROUPE_REPLAY", request, said, size);
	CHECK(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#endif
