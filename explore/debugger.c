/* SPDX-License-Identifier: MIT */
/* The commands of a replay that has stopped before a message. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explore/replayer.h"
#include "mailbox/chunk.h"

#define replay troupei_replay_under_way
#define shared replay.shared
#define say    troupei_replay_say

enum { LINE_MAX_ = 256, NAME_SIZE = 48, BREAKS_MAX = 16, LISTED = 12, CHAIN_MAX = 30, QUEUE_MAX = 12 };

/* Where else to stop: at what this actor handles, or at this kind. */
struct stop {
	uint32_t unit; /* UINT32_MAX: any */
	int32_t kind;
	char name[NAME_SIZE]; /* of the kind; "": by number */
};

static struct stop stops[BREAKS_MAX];
static uint32_t stop_count;

static const struct cell *here;

static const char help[] = "next [N]      go on to the next message, or N further\n"
                           "back [N]      to the one before, or N back\n"
                           "to N          to message N\n"
                           "run           to the next break, or to the end\n"
                           "list [N]      the last N messages\n"
                           "why [N]       where the message comes from\n"
                           "who ACTOR     what an actor is, and what waits for it: node 3, or 3\n"
                           "break ACTOR | break kind K     stop there too (on the way forwards)\n"
                           "quit, help\n";

/* -------------------------------------------------------------------------------------------------------------- words -- */

static const char *name(uint32_t unit, char *to)
{
	return troupei_unit_name(troupei_simulation.trace, unit, to, NAME_SIZE);
}

static const char *kind_of(const struct past_message *message, char *to)
{
	static const char *const sorts[] = { [SORT_UNANSWERED] = "(unanswered)", [SORT_STOP] = "(stop)", [SORT_KILL] = "(kill)",
		                             [SORT_CHILD_ENDED] = "(child ended)", [SORT_LIFE] = "(life)", [SORT_DOWN] = "TROUPE_DOWN",
		                             [SORT_LINKED] = "TROUPE_LINKED", [SORT_RESTARTED] = "TROUPE_RESTARTED",
		                             [SORT_RETURNED] = "TROUPE_RETURNED" };

	if (message->sort < sizeof sorts / sizeof *sorts && sorts[message->sort] != NULL)
		return sorts[message->sort];
	if (message->kind_name[0] != '\0')
		return message->kind_name;
	snprintf(to, NAME_SIZE, "%skind %d", message->sort == SORT_TIMER ? "timer, " : "", (int)message->kind);
	return to;
}

static void say_message(uint64_t number, char mark)
{
	const struct past_message *message = troupei_history(number);
	char by[NAME_SIZE], to[NAME_SIZE], kind[NAME_SIZE];

	if (message != NULL)
		say("%c %8" PRIu64 "  %s -> %s  %s  (thread %u)\n", mark, number, name(message->by, by), name(message->to, to),
		    kind_of(message, kind), message->who);
}

/* ----------------------------------------------------------------------------------------------------------- commands -- */

static void list(uint64_t count)
{
	uint64_t last = troupei_history_count();

	for (uint64_t i = last > count ? last - count + 1 : 1; i <= last; i++)
		say_message(i, i == last ? '>' : ' ');
}

/* Who sent it, in the midst of what; and so on. */
static void why(uint64_t number)
{
	for (unsigned i = 0; number != 0 && i < CHAIN_MAX; i++) {
		const struct past_message *message = troupei_history(number);
		if (message == NULL)
			break;
		say_message(number, ' ');
		number = message->cause;
	}
	if (number != 0)
		say("  and so on: message %" PRIu64 "\n", number);
}

static const struct cell *find_actor(const char *words, uint32_t *unit)
{
	const char *digits = words + strlen(words);
	char found[NAME_SIZE];

	while (digits > words && isdigit((unsigned char)digits[-1]))
		digits--;
	*unit = troupei_unit_of_actor((uint32_t)strtoul(digits, NULL, 10));
	for (uint32_t slot = 0; *digits != '\0' && (slot = troupei_units_next_slot(slot)) != UINT32_MAX; slot++)
		if (troupei_unit_of_cell(&troupei_cells[slot]) == *unit &&
		    (digits == words || strcmp(name(*unit, found), words) == 0))
			return &troupei_cells[slot];
	return NULL;
}

static uint32_t say_waiting(const struct envelope *envelope, const struct cell *cell)
{
	int32_t kind = troupei_envelope_kind(envelope);
	const char *known = troupei_kind_name(cell->behaviour, kind);

	if (known[0] != '\0')
		say("    %s\n", known);
	else
		say("    kind %d%s\n", (int)kind, troupei_envelope_sort(envelope) == SORT_TIMER ? " (timer)" : "");
	return 1;
}

static void say_queue(const struct cell *cell)
{
	const struct envelope *last = cell->mailbox.tail, *head = cell->mailbox.head;
	uint32_t count = 0;

	for (const struct envelope *at = last; at != NULL; at = at->next == last ? NULL : at->next)
		count += count < QUEUE_MAX ? say_waiting(at->next, cell) : 1;
	uint32_t listed = count;
	for (; troupei_mailbox_head_waits(head); head = head->next)
		count++;
	say("  %u messages wait%s\n", count, listed < count ? ", the newest of them not shown" : "");
}

static void who(const char *words)
{
	uint32_t unit;
	const struct cell *cell = find_actor(words, &unit);
	char own[NAME_SIZE];

	if (cell == NULL) {
		say("there is no such actor: %s\n", words);
		return;
	}
	if ((cell->generation & 1) == 0) {
		say("%s has ended\n", name(unit, own));
		return;
	}
	say("%s: %zu bytes of state at %p%s%s%s\n", name(unit, own), (size_t)cell->behaviour->state_size, troupei_cell_state(cell),
	    cell->flags & FLAG_HOLD ? ", awaits an answer" : "", cell->flags & FLAG_ENDING ? ", ends" : "",
	    cell == here ? ", is about to handle this message" : "");
	say_queue(cell);
}

static void add_break(const char *words)
{
	struct stop *stop = &stops[stop_count];
	uint32_t unit;

	if (stop_count == BREAKS_MAX) {
		say("there are %d breaks already\n", BREAKS_MAX);
		return;
	}
	*stop = (struct stop){ .unit = UINT32_MAX };
	if (strncmp(words, "kind ", 5) == 0) {
		char *end;
		stop->kind = (int32_t)strtol(words + 5, &end, 10);
		if (*end != '\0')
			snprintf(stop->name, sizeof stop->name, "%s", words + 5);
	} else if (find_actor(words, &unit) != NULL) {
		stop->unit = unit;
	} else {
		say("there is no such actor: %s\n", words);
		return;
	}
	stop_count++;
}

static bool stops_at(const struct past_message *message)
{
	for (uint32_t i = 0; i < stop_count; i++) {
		const struct stop *stop = &stops[i];
		if (stop->unit != UINT32_MAX ? message->to == stop->unit
		                             : stop->name[0] != '\0' ? strcmp(message->kind_name, stop->name) == 0
		                                                     : message->kind == stop->kind)
			return true;
	}
	return false;
}

/* Does not return if that is behind us. True: go on. */
static bool go_to(uint64_t number)
{
	uint64_t now = troupei_following.handled;

	shared->target = number > 0 ? number : 1;
	if (shared->target == now)
		say_message(now, '>');
	else if (shared->target < now)
		troupei_replay_again();
	return shared->target > now;
}

/* False: there is none. */
static bool read_line(char *line)
{
	size_t at = 0;

	for (;;) {
		char byte;
		ssize_t got = read(replay.commands, &byte, 1); /* byte by byte: another process reads on */
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0 && at == 0)
			return false;
		if (got <= 0 || byte == '\n')
			break;
		if (at + 1 < LINE_MAX_)
			line[at++] = byte;
	}
	line[at] = '\0';
	return true;
}

static void quit(void)
{
	shared->end = FOLLOW_GOES_ON;
	_exit(CODE_DONE);
}

/* True: go on. */
static bool obey(const char *line)
{
	char word[16] = "";
	int length = 0;

	sscanf(line, " %15s %n", word, &length);
	const char *rest = line + length;
	uint64_t number = strtoull(rest, NULL, 10), now = troupei_following.handled;
	uint64_t count = number > 0 ? number : 1;

	if (strcmp(word, "next") == 0 || strcmp(word, "n") == 0)
		return go_to(now + count);
	if (strcmp(word, "back") == 0 || strcmp(word, "b") == 0)
		return go_to(now > count ? now - count : 1);
	if (strcmp(word, "to") == 0 && number > 0)
		return go_to(number);
	if (strcmp(word, "run") == 0)
		return go_to(UINT64_MAX - 1);
	if (strcmp(word, "list") == 0)
		list(number > 0 ? number : LISTED);
	else if (strcmp(word, "why") == 0)
		why(number > 0 ? number : now);
	else if (strcmp(word, "who") == 0 && *rest != '\0')
		who(rest);
	else if (strcmp(word, "break") == 0 && *rest != '\0')
		add_break(rest);
	else if (strcmp(word, "quit") == 0 || strcmp(word, "q") == 0)
		quit();
	else if (word[0] != '\0')
		say("%s", help);
	return false;
}

void troupei_debugger_stop(const struct cell *cell, const struct envelope *envelope)
{
	uint64_t now = troupei_following.handled;
	char line[LINE_MAX_];

	(void)envelope;
	if (now < shared->target && !stops_at(troupei_history(now)))
		return;
	here = cell;
	say_message(now, '>');
	do {
		if (isatty(replay.commands))
			say("(replay) ");
		if (!read_line(line))
			quit();
	} while (!obey(line));
}
