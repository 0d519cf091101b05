/* SPDX-License-Identifier: MIT */
/* What a scenario says, and what it is given. One program has one scenario. It runs on one thread: each thread of the scenario
 * is a fiber, and at each step (steps.h) the engine chooses who goes on. */
#ifndef TROUPE_TESTS_INTERLEAVE_H
#define TROUPE_TESTS_INTERLEAVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct scenario {
	const char *name;
	void (*begin)(void); /* make everything anew, and start the threads. Nobody else runs: its accesses are no steps */
	void (*end)(void);   /* all threads have ended: what must hold now? */
};
extern const struct scenario scenario;

/* Before the schedule runs, or from another thread of it. */
void thread_start(const char *name, void (*run)(void *argument), void *argument);

/* The schedule has failed. Does not return from a thread. */
void schedule_fails(const char *what);
#define EXPECT(condition)                               \
	do {                                            \
		if (!(condition))                       \
			schedule_fails(#condition);     \
	} while (0)

/* A thread-local variable of the code under test: each thread has its own copy, which begins as zeros. In begin. */
void thread_has_own(void *variable, size_t size);

/* The scenario's own books: no access of the code under test, so nothing is ordered by it. The new value. */
int book_add(int *count, int amount);

/* Threads may race for these bytes: the slots of ck_ring. In begin. */
void races_are_fine(const void *memory, size_t size);

/* For the story: how what lies here, or points here, is called. In begin. */
void name_memory(const void *memory, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
#define NAME(object) name_memory(&(object), sizeof(object), "%s", #object)
/* How this value of a mailbox's head is called. */
void name_value(uint64_t value, const char *name);

/* Memory that is back by itself at the next schedule; who touches it after arena_free has failed. */
void *arena_take(size_t size, size_t alignment);
void arena_free(void *memory, size_t size);

/* How a scenario hands things on itself: what was done before put is seen after take, nothing else is. Take sleeps while there
 * is nothing; NULL: closed. */
enum { HANDOVER_ROOM = 16 };
struct handover_item {
	void *value;
	int16_t clock[8];
};
struct handover {
	struct handover_item items[HANDOVER_ROOM];
	unsigned first, count;
	bool closed;
};
void handover_put(struct handover *handover, void *value);
void *handover_take(struct handover *handover);
void handover_close(struct handover *handover);

#endif
