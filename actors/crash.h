/* SPDX-License-Identifier: MIT */
/* crash: from the signal to the jump. What happens after the jump: contain.h.
 *
 * A signal of a fault arrives on the thread that made it, on a stack of its own. The handler jumps to the top of the worker's
 * loop if nothing of the library's is half done there:
 *   H1  The thread is a worker, and it runs a contained actor: worker->running says so; nothing is armed per turn or message.
 *   H2  It is in the user's code: the innermost place that is not libc's is not the library's (text.h), and no hook is under way
 *       (callback.h). In a turn, user's code that is no hook is a handler.
 *   H3  In libc only a function that the handler called itself, that called no other, and that no file exports by a name: those
 *       are the variants of memcpy, strlen and their like that the loader chose for this processor. They hold no lock. And abort,
 *       raise and assert, which hold none either when they raise their signal.
 *   H4  There were not too many of them.
 * Otherwise the signal goes to who handled it before, and by default the process ends at the place of the crash. */
#ifndef TROUPEI_ACTORS_CRASH_H
#define TROUPEI_ACTORS_CRASH_H

#include "actors/shelter.h"

/* Before a contained actor is made. False: no memory. */
bool troupei_crash_prepare(struct troupei_system *system);

/* "SIGSEGV"; never NULL. */
const char *troupei_crash_signal_name(int signal);

#endif
