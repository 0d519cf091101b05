/* SPDX-License-Identifier: MIT */
/* What the tests of this room share: a system that remembers its dead letters and log lines, whose end checks the books; and
 * players, actors that do what a test hands them, with the room's insides in sight. */
#ifndef TROUPE_TESTS_UNIT_ACTORS_STAGE_H
#define TROUPE_TESTS_UNIT_ACTORS_STAGE_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "actors/options.h"
#include "actors/spawn.h"
#include "base/memory.h"
#include "support/testing.h"

#define LIMIT (30 * TROUPE_S) /* generous: no test depends on speed */

#define NO_WORKER ((struct actor_worker *)NULL) /* who counts, when a test does */

enum { LETTERS_MAX = 1024, LINES_MAX = 64 };

struct letter {
	troupe_ref to;
	int32_t kind;
	troupe_status why;
	uint32_t size;
	uint64_t number; /* the first bytes of its payload */
	char to_name[16], kind_name[16];
};

struct stage {
	troupe_system system;
	troupe_ledger ledger; /* the final one */
	pthread_mutex_t lock;
	unsigned letter_count, line_count;
	struct letter letters[LETTERS_MAX];
	char lines[LINES_MAX][256];
	void (*logged)(const char *line); /* also called for each line */
};

static inline void stage_dead_letter(void *context, const troupe_dead_letter *letter)
{
	struct stage *s = context;

	pthread_mutex_lock(&s->lock);
	CHECK(s->letter_count < LETTERS_MAX);
	struct letter *kept = &s->letters[s->letter_count++];
	*kept = (struct letter){ .to = letter->to, .kind = letter->kind, .why = letter->why, .size = letter->size };
	if (letter->size > 0)
		memcpy(&kept->number, letter->data, letter->size < 8 ? letter->size : 8);
	snprintf(kept->to_name, sizeof kept->to_name, "%s", letter->to_name);
	snprintf(kept->kind_name, sizeof kept->kind_name, "%s", letter->kind_name);
	pthread_mutex_unlock(&s->lock);
}

static inline void stage_log(void *context, const char *line)
{
	struct stage *s = context;

	pthread_mutex_lock(&s->lock);
	if (s->line_count < LINES_MAX)
		snprintf(s->lines[s->line_count], sizeof s->lines[0], "%s", line);
	s->line_count++;
	pthread_mutex_unlock(&s->lock);
	if (s->logged != NULL)
		s->logged(line);
}

static inline troupe_options stage_options(struct stage *s, uint32_t workers)
{
	memset(s, 0, sizeof *s);
	pthread_mutex_init(&s->lock, NULL);
	return (troupe_options){ .struct_size = sizeof(troupe_options), .workers = workers, .context = s,
		                 .dead_letter = stage_dead_letter, .log = stage_log, .ledger = &s->ledger };
}

static inline void stage_start(struct stage *s, uint32_t workers)
{
	troupe_options options = stage_options(s, workers);

	CHECK_OK(troupe_start(&options, &s->system));
}

/* The same where turns end by count alone, so that who runs when can be foretold. */
static inline void stage_start_timeless(struct stage *s, uint32_t workers)
{
	troupe_options options = stage_options(s, workers);

	options.turn_ns_max = INT64_MAX;
	CHECK_OK(troupe_start(&options, &s->system));
}

static inline void stage_check_books(const struct stage *s)
{
	CHECK_EQ(s->ledger.handled + s->ledger.dead + s->ledger.returned, s->ledger.sent);
	CHECK_EQ(s->letter_count, s->ledger.dead);
}

static inline void stage_finish(struct stage *s)
{
	CHECK_OK(troupe_finish(s->system, LIMIT));
	stage_check_books(s);
}

static inline void stage_settle(struct stage *s)
{
	CHECK_OK(troupe_settle(s->system, LIMIT));
}

static inline troupe_ledger stage_ledger(const struct stage *s)
{
	troupe_ledger ledger;

	CHECK_OK(troupe_ledger_read(s->system, &ledger));
	return ledger;
}

static inline uint64_t stage_alive(const struct stage *s)
{
	troupe_counters counters;

	CHECK_OK(troupe_counters_read(s->system, &counters));
	return counters.actors_alive;
}

/* How many letters there were with this reason. */
static inline unsigned stage_letters(struct stage *s, troupe_status why)
{
	unsigned count = 0;

	pthread_mutex_lock(&s->lock);
	for (unsigned i = 0; i < s->letter_count; i++)
		count += s->letters[i].why == why;
	pthread_mutex_unlock(&s->lock);
	return count;
}

/* Is there a log line with these words? */
static inline bool stage_logged(struct stage *s, const char *words)
{
	bool found = false;

	pthread_mutex_lock(&s->lock);
	for (unsigned i = 0; i < s->line_count && i < LINES_MAX; i++)
		found = found || strstr(s->lines[i], words) != NULL;
	pthread_mutex_unlock(&s->lock);
	return found;
}

static inline void sleep_ns(int64_t ns)
{
	nanosleep(&(struct timespec){ .tv_sec = (time_t)(ns / TROUPE_S), .tv_nsec = (long)(ns % TROUPE_S) }, NULL);
}

/* Wait until a count that somebody else raises is so high. */
static inline void await_count(atomic_int *count, int value)
{
	for (int64_t waited = 0; atomic_load(count) < value; waited += TROUPE_MS / 10) {
		CHECK(waited < LIMIT);
		sleep_ns(TROUPE_MS / 10);
	}
}

/* ---------------------------------------------------------------------------------------------------------- players -- */

enum { PLAY = 1000 };

typedef troupe_verdict part(troupe_actor *me, void *argument);

struct script {
	part *play;
	void *argument;
};

static inline troupe_verdict player_receive(troupe_actor *me, const troupe_message *m)
{
	const struct script *script = m->data;

	return m->kind == PLAY ? script->play(me, script->argument) : TROUPE_UNKNOWN;
}

static const troupe_behaviour player_behaviour = { .name = "player", .receive = player_receive };

static inline troupe_ref spawned(struct stage *s, const troupe_behaviour *behaviour)
{
	troupe_ref ref;

	CHECK_OK(troupe_spawn(s->system, behaviour, NULL, &ref));
	return ref;
}

static inline troupe_ref player(struct stage *s)
{
	return spawned(s, &player_behaviour);
}

static inline void tell(troupe_ref to, part *play, void *argument)
{
	CHECK_OK(troupe_send_bytes(to, PLAY, &(struct script){ play, argument }, sizeof(struct script)));
}

/* The same, and all that follows from it. */
static inline void perform(struct stage *s, troupe_ref to, part *play, void *argument)
{
	tell(to, play, argument);
	stage_settle(s);
}

/* A reference that nobody has any more. */
static inline troupe_ref ended_player(struct stage *s)
{
	troupe_ref ref = player(s);

	CHECK_OK(troupe_stop_wait(ref, LIMIT));
	return ref;
}

/* The actor that is spawned next from here has another generation than those before. */
static inline void age_next(struct stage *s)
{
	struct cell *cell;

	CHECK_OK(troupei_cell_take(s->system.private_, NULL, &cell));
	troupei_cell_retire(cell);
	troupei_cell_give(s->system.private_, NULL, cell);
}

static inline struct cell *cell_of(troupe_ref ref)
{
	struct cell *cell = troupei_ref_cell(ref);

	CHECK(cell != NULL);
	return cell;
}

/* A message that lets its actor wait: hold returns when it waits. */
struct barrier {
	atomic_int reached, open;
};

static inline troupe_verdict play_wait(troupe_actor *me, void *argument)
{
	struct barrier *barrier = argument;

	(void)me;
	atomic_fetch_add(&barrier->reached, 1);
	await_count(&barrier->open, 1);
	return TROUPE_HANDLED;
}

static inline void hold(struct barrier *barrier, troupe_ref actor)
{
	*barrier = (struct barrier){ 0 };
	tell(actor, play_wait, barrier);
	await_count(&barrier->reached, 1);
}

static inline void let_go(struct barrier *barrier)
{
	atomic_store(&barrier->open, 1);
}

/* An actor that lives still, but takes nothing: it has left with one message left, and waits over that. */
static inline troupe_verdict drainer_receive(troupe_actor *me, const troupe_message *m)
{
	struct barrier *const *barrier = m->data;

	return m->kind == PLAY ? player_receive(me, m) : play_wait(me, *barrier);
}

static const troupe_behaviour drainer_behaviour = { .name = "drainer", .receive = drainer_receive,
	                                            .leftovers = TROUPE_DRAIN };

static inline troupe_verdict play_drain(troupe_actor *me, void *barrier)
{
	CHECK_OK(troupe_send_bytes(me->ref, PLAY + 1, &barrier, sizeof barrier));
	troupe_exit(me, TROUPE_OK);
	return TROUPE_HANDLED;
}

static inline void drain(struct barrier *barrier, troupe_ref drainer)
{
	*barrier = (struct barrier){ 0 };
	tell(drainer, play_drain, barrier);
	await_count(&barrier->reached, 1);
}

/* ----------------------------------------------------------------------------------------------------------- memory -- */

/* Given to troupei_memory_fail_by, so many allocations more succeed. */
static atomic_int allocations_allowed;

static inline bool fail_when_used_up(size_t size)
{
	(void)size;
	return atomic_fetch_sub(&allocations_allowed, 1) <= 0;
}

/* Before anything else in a test: every block is an allocation of its own, so that each may fail. */
static inline void use_malloc(void)
{
	CHECK_OK(setenv("TROUPE_ALLOC", "malloc", 1));
	CHECK(troupei_memory_is_malloc());
}

#endif
