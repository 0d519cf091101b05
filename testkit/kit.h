/* SPDX-License-Identifier: MIT */
/* kit: a test that has a simulation in its hands, and its probes.
 *
 *   K1  The test is the simulation's main thread, and as long as it does not wait in the kit it goes on: a point
 *       (base/threads.h) changes nothing. While it waits in the kit, all others come first; but what it waits for makes it the
 *       next.
 *   K2  Time stands still until nobody can go on (X5 in explore/simulation.h): the kit's strategy never chooses the clock.
 *   K3  In a simulation that is not the kit's own (troupe_explore) neither holds: who goes on is that one's choice. So a wait
 *       that is over is followed by one until the system is quiet, before it is said that nothing came.
 *   K4  All that probes keep belongs to the test and is read by it and by their handlers, which take turns with it (X1). */
#ifndef TROUPEI_TESTKIT_KIT_H
#define TROUPEI_TESTKIT_KIT_H

#include "explore/simulation.h"
#include "troupe.h"

enum { KIT_NAME_SIZE = TROUPE_NAME_SIZE_MAX + 1, KIT_LETTERS_MAX = 1024, KIT_LINES_MAX = 64, KIT_LINE_SIZE = 256 };
enum { KIT_PATIENCE = 200000 }; /* steps at one moment: after so many a test no longer stands back behind all others */

/* A message that has come. */
struct caught {
	troupe_message message;
	bool waits;
	void *moved;         /* payloads that were not copied */
	const void *shared;
	char bytes[] __attribute__((aligned(16)));
};

enum script_act { ACT_ANSWER, ACT_SWALLOW, ACT_FAIL };

/* A line of a script. */
struct script_line {
	struct script_line *next;
	int32_t kind;        /* 0: the rest */
	uint32_t times;      /* left; 0: for ever */
	enum script_act act;
	int32_t answer;
	troupe_status why;
	size_t size;
	char bytes[] __attribute__((aligned(16)));
};

/* What a probe is to do. Kept until the end, since its message may come after whoever sent it has given up. */
struct errand {
	struct errand *next;
	troupe_verdict (*play)(troupe_actor *me, void *argument);
	void *argument;
	bool done, cancelled;
};

struct troupei_probe {
	struct troupei_probe *next;
	troupe_ref ref;
	char name[KIT_NAME_SIZE];
	const troupe_kind *kinds;
	struct caught **caught;      /* all that ever came */
	size_t count, room, waiting; /* waiting: none before this one waits */
	const struct caught *last;
	bool lost;                   /* no memory for one that came */
	struct script_line *script;
	struct errand *errands;
};

struct test_kit {
	bool open, joined;           /* K3 */
	uint64_t seed;
	troupe_system system;
	troupe_options theirs;       /* their hooks */
	troupe_ledger ledger;
	struct troupei_probe *probes;
	struct trace *trace;
	uint64_t random;
	const void *listens;         /* K1: whose call ends the wait; NULL: nobody's */
	bool yields, called;         /* it stands back behind all others; its call has come */
	uint64_t letter_count;
	uint32_t line_count;
	struct {
		int32_t kind;
		troupe_status why;
	} letters[KIT_LETTERS_MAX];
	char lines[KIT_LINES_MAX][KIT_LINE_SIZE];
	troupe_status words_about;
	char words[1024];
};
extern struct test_kit troupei_kit TROUPEI_HIDDEN;

/* ------------------------------------------------------------------------------------------------------- test.c -- */

/* May the test wait here? A test has begun, and this is its thread, outside of handlers. */
bool troupei_kit_may_wait(void);

/* The books of a system that has ended. */
troupe_status troupei_kit_check_books(const troupe_ledger *ledger, uint64_t letters);

/* ------------------------------------------------------------------------------------------------------- clock.c -- */

/* So long from now. False: that is no time. */
bool troupei_kit_deadline(int64_t within_ns, int64_t *deadline_ns);

/* Until somebody calls for @p listens (NULL: nobody will), or time is over and all is idle: false. */
bool troupei_kit_wait(const void *listens, int64_t deadline_ns);

/* When somebody who waits will go on by himself: the next deadline of all, or the limit. */
int64_t troupei_kit_next_deadline(int64_t limit_ns);

/* In a handler: @p about has changed. */
void troupei_kit_call(const void *about);

/* K1, K2 */
struct strategy *troupei_kit_strategy(void);

/* ------------------------------------------------------------------------------------------------------- probe.c -- */

/* One of this test's; NULL: it is none. */
struct troupei_probe *troupei_probe_of(troupe_probe probe);
void troupei_probes_free(void);

/* catch.c: keep the message that is being handled. NULL: no memory. */
struct caught *troupei_catch(struct troupei_probe *probe, troupe_actor *me, const troupe_message *m);
void troupei_caught_free(struct caught *caught);

/* script.c: the line that serves it; NULL: none. One time of it is used up. */
struct script_line *troupei_script_find(struct troupei_probe *probe, int32_t kind, bool question);
void troupei_script_free(struct troupei_probe *probe);

/* ------------------------------------------------------------------------------------------------------- words.c -- */

/* The last expectation has failed by @p status: returns that. */
troupe_status troupei_words(troupe_status status, const char *format, ...) __attribute__((format(printf, 2, 3)));
void troupei_words_clear(void);

/* "5 ms"; into @p text, which is returned. */
const char *troupei_words_time(int64_t ns, char *text, size_t size);
/* "COUNTER_ADD (1)" */
const char *troupei_words_kind(const struct troupei_probe *probe, int32_t kind, char *text, size_t size);

/* A finding of the kit's own simulation: it is told, and the process aborted. */
void troupei_words_leave(void) __attribute__((noreturn));

#endif
