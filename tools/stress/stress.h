/* SPDX-License-Identifier: MIT */
/* troupe-stress: random actor systems from a seed, and the proof that nothing was lost, doubled, reordered or leaked.
 * It runs rounds; a round starts one to three systems, lets several scenarios run in them at once, ends them (sometimes in
 * the middle of all that), and compares what Troupe says with the tool's own books:
 *     books.c     a mark for every message that was sent, and what became of it
 *     actor.c     what all its actors have in common: the checks around each handler, sending, spawning
 *     round.c     a round from its seed; world.c its systems; part.c its scenarios and their plain threads
 *     *_scenario  the traffic
 *     cast.h      actors that fail, for the families of fault tolerance: each is one family_*.c
 *     report.c    findings and figures; watchdog.c notices a round that hangs, and shows progress
 * This header is what all of them need: the options, findings, and a few facts about the process. */
#ifndef STRESS_H
#define STRESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "troupe.h"

#include "dice.h"

struct scenario;

/* What the command line says. Written before any other thread exists, only read afterwards. */
struct config {
	const char *program;
	double seconds;
	uint32_t actors;
	uint32_t workers;
	uint64_t seed;
	uint64_t crash;      /* one order of messages in so many makes an actor crash; 0: none */
	uint64_t rounds_max; /* 0: as many as fit into the time */
	bool json;
	uint64_t chosen;             /* which scenarios may be drawn, a bit each */
	const char *families;        /* as the command line names them; NULL: all */
};

extern struct config config;

/* Reads the command line into config. Ends the program for --help, --list (0) and for mistakes (2). */
void options_read(int count, char **arguments);

/* ------------------------------------------------------------------------------------------------------- findings -- */

/** Something is wrong: says what, in which round, and which command repeats it. Any thread, also in hooks. */
void finding(const char *format, ...) __attribute__((format(printf, 1, 2)));

uint64_t findings_count(void);

/* EXPECT(what, status, allowed...): is it TROUPE_OK? Any status that is neither OK nor in the list is a finding. */
#define EXPECT(what, status, ...) status_check((what), (status), (const troupe_status[]){ __VA_ARGS__, TROUPE_OK })

/** What EXPECT calls; @p allowed ends with TROUPE_OK. */
bool status_check(const char *what, troupe_status status, const troupe_status *allowed);

/* --------------------------------------------------------------------------------------------------------- report -- */

/* What all rounds did, for the report. */
struct totals {
	_Atomic uint64_t rounds, messages, dead, returned, actors, asks, timers, payloads;
	_Atomic uint64_t lives, crashes, restarts, tasks; /* of the families of fault tolerance */
};

extern struct totals totals;

/** From now on findings belong to the round of this seed. */
void report_round(uint64_t seed);

void report_progress(bool last);
void report_end(bool interrupted);

/** Seconds since the program began. */
double report_elapsed(void);

/* ------------------------------------------------------------------------------------------------------- watchdog -- */

void watchdog_start(void);
void watchdog_stop(void);

/** A round begins (or goes on with another phase); NULL: it has ended. @p phase is static. */
void watchdog_round(const char *phase);

/** If the program crashes, it says which round it was in. */
void crash_watch(void);
void crash_round(uint64_t seed);

/** SIGINT or SIGTERM has come: end the round, then report. */
bool interrupted(void);

/* -------------------------------------------------------------------------------------------------------- process -- */

/** How much slower this build or this machine under valgrind is: 1, or 10 with a sanitizer. */
uint32_t process_slow(void);

uint64_t process_rss_bytes(void);
uint32_t process_threads(void);
uint32_t process_descriptors(void);

/** Is there a child, running or dead? */
bool process_children(void);

/** Sleep; for plain threads. */
void process_nap(int64_t ns);

/** Zeroed memory for @p count things, at least one. Never NULL: without memory the program ends. */
void *process_array(size_t count, size_t size);

/** A round has ended: has the resident memory grown over many of them? */
void process_round_ended(void);

#endif
