/* SPDX-License-Identifier: MIT */
/* What scenarios are written with. A scenario uses a part of the public interface, in a process of its own, again and again, each time
 * with another failure of the world below. Whatever fails says so by a documented status; nobody waits for ever, nothing is lost,
 * nothing is left behind. What may fail stands in MAY, with the codes that its description names, and what may not in MUST. */
#ifndef TROUPE_TESTS_FAILURES_FAILURES_H
#define TROUPE_TESTS_FAILURES_FAILURES_H

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "troupe.h"

#define LIMIT (10 * TROUPE_S) /* generous: whoever waits so long waits for ever */

struct scenario {
	const char *name;
	void (*run)(void);
	bool own_blocks; /* message memory is the library's own, not malloc's: then allocations are few, and mmap is seen */
};

extern const struct scenario scenarios[]; /* ended by one without a name */

/* The end of this round: it went wrong. Any thread, any process of the round. */
void fail_round(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn, cold));

/* Has anything failed on purpose, so far? Without that all must succeed. */
bool something_failed(void);

/* TROUPE_OK: true. One of the codes, after something failed: false. Anything else is wrong. */
#define MAY(call, ...) may_at((call), #call, __FILE__, __LINE__, (const troupe_status[]){ __VA_ARGS__, TROUPE_OK })
bool may_at(troupe_status status, const char *call, const char *file, int line, const troupe_status *codes);

#define MUST(call) may_at((call), #call, __FILE__, __LINE__, (const troupe_status[]){ TROUPE_OK })

#define HOLDS(condition) ((condition) ? (void)0 : fail_round("%s:%d: this does not hold: %s", __FILE__, __LINE__, #condition))

/* Groups of codes. */
#define MEMORY   TROUPE_ENOMEM
#define THREAD   TROUPE_ENOMEM, TROUPE_ETHREAD
#define GONE     TROUPE_EGONE, TROUPE_ECLOSED /* an actor that failed before, for want of something */
#define NO_ANSWER GONE, TROUPE_ENOMEM, TROUPE_EFAILED, TROUPE_EUNANSWERED, TROUPE_ECRASHED /* why a question has none */

/* The system of the round. False: it could not start, and there is nothing more to do. */
extern troupe_system the_system;
bool begin(troupe_options options);

/* It ends, and the books are right. */
void end(void);

void settle(void);

/* ---------------------------------------------------------------------------------------------------------- actors -- */

enum { STEP = 1, NOTE, GET, KEEP, DROP, ANSWER_KEPT, TAKE, PASS, LATER, TICK, FAIL_NOW, VALUE, BIG, KINDS_END };

struct value { int64_t n; };
typedef union value_reply { troupe_ref ref; const struct value *VALUE; } value_reply;
struct get { value_reply reply; int64_t n; };

/* What an actor is told to do. It is handed the number, too. */
typedef void part(troupe_actor *me, int64_t n);
struct step { part *play; int64_t n; };

/* Anyone that the scenarios send to. */
typedef union someone {
	troupe_ref ref;
	const struct step *STEP;
	const struct value *NOTE, *TAKE, *PASS, *LATER;
	const struct get *GET, *KEEP, *DROP;
	const troupe_nothing *ANSWER_KEPT, *FAIL_NOW;
} someone;

/* Does steps, answers GET, keeps KEEP until ANSWER_KEPT, drops DROP, takes and moves on TAKE, passes PASS on to `other`, handles the rest. What
 * TROUPE_UNANSWERED says must be a reason for which there is no answer. */
troupe_verdict player_receive(troupe_actor *me, const troupe_message *m);
struct player_state { value_reply kept; someone other; bool again; };
extern const troupe_behaviour player, trapping_player; /* the second traps */

/* An actor of this behaviour; null when that may not be had. */
someone spawned(const troupe_behaviour *behaviour);

/* Let it do that, and all that follows. */
void perform(someone actor, part *play, int64_t n);

/* Ask it by troupe_call; it answers n + 1. */
void call_for_value(someone actor, int64_t n);

#endif
