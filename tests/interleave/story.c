/* SPDX-License-Identifier: MIT */
/* The last schedule, told: one line a step, one paragraph for each time a thread went on. Functions and lines come from
 * addr2line, if there is one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine.h"

enum { PLACE_ROOM = 64, PLACES_MAX = 512 };

struct place {
	const void *at;
	char said[PLACE_ROOM];
};
static struct place places[PLACES_MAX];
static unsigned place_count;

static void want_place(const void *at)
{
	for (unsigned i = 0; i < place_count; i++)
		if (places[i].at == at)
			return;
	if (at != NULL && place_count < PLACES_MAX)
		places[place_count++] = (struct place){ .at = at };
}

static const char *said_of(const void *at)
{
	for (unsigned i = 0; i < place_count; i++)
		if (places[i].at == at)
			return places[i].said;
	return "";
}

/* Of the functions inlined into one another there, the innermost that is more than a wrapper of an operation. */
static bool is_wrapper(const char *file)
{
	return strstr(file, "atomics.h") != NULL || strstr(file, "steps.h") != NULL || strstr(file, "ck_pr.h") != NULL;
}

static void note_place(struct place *place, const char *function, char *file)
{
	char *name = strrchr(file, '/');

	if (place->said[0] != '\0' || is_wrapper(file))
		return;
	name = name != NULL ? name + 1 : file;
	name[strcspn(name, " \n")] = '\0';
	snprintf(place->said, PLACE_ROOM, "%.36s %.24s", function, name);
}

/* addr2line -a -f -i says, for each address: itself, then function and file:line in turn, from the innermost on. */
static void read_places(FILE *said)
{
	char line[512], function[512] = "";
	struct place *place = NULL;
	bool has_function = false;

	while (fgets(line, sizeof line, said) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, "0x", 2) == 0) {
			unsigned long at = strtoul(line, NULL, 16) + 1;
			place = NULL;
			for (unsigned i = 0; i < place_count; i++)
				if ((unsigned long)(uintptr_t)places[i].at == at)
					place = &places[i];
			has_function = false;
		} else if (!has_function) {
			snprintf(function, sizeof function, "%s", line);
			has_function = true;
		} else {
			if (place != NULL)
				note_place(place, function, line);
			has_function = false;
		}
	}
}

static void find_places(void)
{
	char command[PLACES_MAX * 20 + 128];
	int length = snprintf(command, sizeof command, "addr2line -a -f -i -e /proc/%d/exe", (int)getpid());

	for (unsigned i = 0; i < place_count; i++) /* one less: the call, not what comes after it */
		length += snprintf(command + length, sizeof command - (size_t)length, " %#lx",
		                   (unsigned long)(uintptr_t)places[i].at - 1);
	snprintf(command + length, sizeof command - (size_t)length, " 2>/dev/null");
	FILE *said = popen(command, "r");
	if (said == NULL)
		return;
	read_places(said);
	pclose(said);
}

static const char *const verbs[] = {
	[STEP_START] = "begins", [STEP_LOAD] = "reads", [STEP_STORE] = "writes", [STEP_CHANGE] = "changes", [STEP_FENCE] = "full fence",
	[STEP_SPIN] = "waits a moment", [STEP_WAKE] = "is awake", [STEP_LOCK] = "locks", [STEP_UNLOCK] = "unlocks or wakes",
	[STEP_SLEEP] = "looks before it sleeps", [STEP_DRAIN] = "store reaches memory:",
};

static void tell(const struct told *told)
{
	char at_room[64], before_room[64], after_room[64];
	const char *at = name_of_memory(told->at, at_room, sizeof at_room);
	const char *before = name_of_value(at, told->before, before_room, sizeof before_room);
	const char *after = name_of_value(at, told->after, after_room, sizeof after_room);

	bool waits = told->kind == STEP_STORE && engine.model == MODEL_TSO;
	printf("      %-62s %s%s", said_of(told->place), verbs[told->kind], waits ? " to its buffer" : "");
	if (told->at != NULL && at != NULL)
		printf(" %s", at);
	else if (told->at != NULL)
		printf(" %p", told->at);
	if (told->kind == STEP_LOAD)
		printf(": %s", before);
	else if (told->kind == STEP_STORE || told->kind == STEP_DRAIN)
		printf(": %s", after);
	else if (told->kind == STEP_CHANGE)
		printf(told->failed ? ": finds %s, not what it expects" : ": %s -> %s", before, after);
	else if (told->failed)
		printf(told->kind == STEP_LOCK ? ": held, sleeps" : told->kind == STEP_SLEEP ? ": changed, goes on" : "");
	printf("\n");
}

static const char *thread_name(unsigned choice)
{
	return engine.fibers[choice % FIBERS_MAX].name;
}

static void tell_end(const struct fiber *fiber)
{
	char at_room[64], value_room[64];

	printf("   at the end %s %s", fiber->name,
	       fiber->state == FIBER_ENDED ? "has ended" : fiber->state == FIBER_ASLEEP ? "sleeps" : "would go on");
	for (unsigned i = 0; i < fiber->buffered_count; i++) {
		const struct buffered *store = &fiber->buffered[i];
		const char *at = name_of_memory(store->at, at_room, sizeof at_room);
		printf("%s %s = %s", i == 0 ? "; still in its buffer:" : ",", at != NULL ? at : "?",
		       name_of_value(at, store->value, value_room, sizeof value_room));
	}
	printf("\n");
}

void story_print(void)
{
	unsigned last = 2 * FIBERS_MAX;

	place_count = 0;
	for (unsigned i = 0; i < engine.steps; i++)
		want_place(engine.told[i].place);
	want_place(engine.failure.place);
	want_place(engine.failure.other);
	find_places();
	for (unsigned i = 0; i < engine.steps; i++) {
		const struct told *told = &engine.told[i];
		if (told->choice != last && (told->choice < DRAIN || told->choice % FIBERS_MAX != last % FIBERS_MAX))
			printf("   %s\n", thread_name(told->choice));
		last = told->choice;
		tell(told);
	}
	for (unsigned i = 0; i < engine.fiber_count; i++)
		tell_end(&engine.fibers[i]);
	printf("   => %s\n", engine.failure.what);
	if (engine.failure.place != NULL)
		printf("      %s\n", said_of(engine.failure.place));
	if (engine.failure.other != NULL)
		printf("      against %s\n", said_of(engine.failure.other));
}
