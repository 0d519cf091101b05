/* SPDX-License-Identifier: MIT */
/* Every status code: number, name and text, in one list. */
#ifndef TROUPE_STATUS_H
#define TROUPE_STATUS_H

#include "basics.h"

TROUPE_EXTERN_C_BEGIN

/* X(name, number, text). Numbers never change; new ones are added at the end, and a call may come to return one of them: take
 * what you do not know as a failure. */
#define TROUPE_STATUS_LIST(X)                                                                                   \
	X(OK, 0, "it was done")                                                                                 \
	X(EINVAL, -1, "an argument is not allowed: see the function's description")                             \
	X(ENOMEM, -2, "no memory: free some, or limit what is queued, and try again")                           \
	X(EGONE, -3, "the actor has ended, or there never was one at this reference")                           \
	X(EFULL, -4, "the bounded mailbox is full: slow down, or try again later")                              \
	X(ETIMEOUT, -5, "not within the time given")                                                            \
	X(EUNKNOWN, -6, "the receiver does not know this kind of message")                                      \
	X(EFAILED, -7, "a handler failed")                                                                      \
	X(EANSWER, -8, "the answer has another kind or size than the caller expects")                           \
	X(ECLOSED, -9, "closed: the system, the mailbox or the reply address takes no more")                    \
	X(EEXIST, -10, "another living actor has this name")                                                    \
	X(ENOENT, -11, "nobody has this name, or there is no such timer, monitor, link or member")             \
	X(ECONTEXT, -12, "this would block a worker thread: call it outside of handlers")                       \
	X(EUNANSWERED, -13, "the handler returned without answering, keeping or passing on the question")       \
	X(ELINKED, -14, "a linked actor ended by failure")                                                      \
	X(EKILLED, -15, "ended by troupe_kill")                                                                 \
	X(ELIMIT, -16, "a limit set in the options is reached: raise it, or end some actors")                   \
	X(ETHREAD, -17, "the operating system gives no more threads")                                           \
	X(EDEADLOCK, -18, "nobody can answer: who was asked waits, by way of others, for who asks; the log names them all")           \
	X(ECRASHED, -19, "a handler crashed and was contained, or its process died: the log says where")                           \
	X(ERESTARTS, -20, "restarted too often: the supervisor gave up")                                            \
	X(EREMOTE, -22, "not possible in, or for, an actor that runs in a process of its own")                        \
	X(ECANCELLED, -23, "cancelled before it started")

/* What a call reports. Codes from TROUPE_EUSER downwards are yours, for troupe_fail and troupe_exit. */
typedef enum troupe_status {
#define TROUPE_STATUS_ENUM_(name, number, text) TROUPE_##name = number,
	TROUPE_STATUS_LIST(TROUPE_STATUS_ENUM_)
#undef TROUPE_STATUS_ENUM_
	TROUPE_EUSER = -1000
} troupe_status;

/** The code's name, such as "TROUPE_EGONE".
 *  @return never NULL; static; "TROUPE_EUSER" for codes of yours, "?" for one that is not known */
TROUPE_API const char *troupe_status_name(troupe_status status);

/** One sentence about the code that says what to do about it. Never NULL; static. */
TROUPE_API const char *troupe_status_text(troupe_status status);

/** Says in the source that this status does not matter here. (A cast to void does not silence gcc.) */
static inline void troupe_ignore(troupe_status status)
{
	(void)status;
}

/** troupe_must(call): for main functions and tests. Prints the call, its place and its status and aborts unless it is
 *  TROUPE_OK. */
#define troupe_must(call) troupe_must_at((call), #call, __FILE__, __LINE__)

/** What troupe_must calls. */
TROUPE_API void troupe_must_at(troupe_status status, const char *call, const char *file, int line);

TROUPE_EXTERN_C_END
#endif
