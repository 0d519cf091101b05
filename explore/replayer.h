/* SPDX-License-Identifier: MIT */
/* replayer: a recorded program runs again, up to its failure, and somebody may step through it, forwards and backwards.
 *
 * The run is a process that was forked where the program starts its first system. It stops before a message's handler and asks for
 * a command there, where the actors lie. To go back, it ends, and another one is forked that goes on until then: from the start, or from
 * one of a few processes that stopped on the way and wait for just that. */
#ifndef TROUPEI_EXPLORE_REPLAYER_H
#define TROUPEI_EXPLORE_REPLAYER_H

#include <stdbool.h>
#include <stdio.h>

#include "explore/follow.h"
#include "explore/history.h"

enum replay_exit {
	REPLAY_IN_ORDER = 0,  /* the program ended in order, or the recording did */
	REPLAY_FAILED = 1,    /* it failed, as it had */
	REPLAY_USAGE = 2,     /* the file or a command is wrong */
	REPLAY_DIVERGED = 3,
	REPLAY_OTHER_PROGRAM = 4,
};

enum { CHECKPOINTS = 16, TOLD_MESSAGES = 40, CODE_AGAIN = 98, CODE_DONE = 99 };

/* What the processes of a replay share. */
struct replay_shared {
	uint64_t target;        /* stop before this message */
	uint64_t handled, last; /* so far; in all, as the first run found */
	uint32_t code;          /* of the whole: enum replay_exit */
	int signal;             /* that the program was killed by; 0: none */
	int status;             /* its exit status */
	bool has_ended;         /* in order */
	uint32_t end;           /* enum follow_end */
	uint32_t who;           /* in whose log the last message is, */
	bool is_last;           /*   and it is the last one there */
	char why[TRACE_TEXT_MAX];
	struct trace trace;
};

struct replaying {
	struct recording recording;
	struct replay_shared *shared;
	int out, commands;      /* descriptors */
	bool asks;              /* for commands */
	bool loud;
	uint64_t every;         /* messages between two checkpoints; 0: none */
};

extern struct replaying troupei_replay_under_way TROUPEI_HIDDEN;

/* Once per process: if the environment says that this program is to be replayed (TROUPE_REPLAY), do it, and exit; in the
 * processes that are the runs, it returns. */
void troupei_replay_serve(void);

/* debugger.c: stopped before message number `handled`. Returns when it is to go on; shared->target says how far. Or ends this
 * process by CODE_AGAIN or CODE_DONE. */
void troupei_debugger_stop(const struct cell *cell, const struct envelope *envelope);

/* To the user. */
void troupei_replay_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* End this run, so that another one begins that stops before the target. */
void troupei_replay_again(void) __attribute__((noreturn));

#endif
