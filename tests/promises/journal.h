/* SPDX-License-Identifier: MIT */
/* Children that write what befalls them into a journal: "+a" begins, "-a" ends, "!a" fails to begin, "a" is a message. */
#ifndef TROUPE_TESTS_PROMISES_JOURNAL_H
#define TROUPE_TESTS_PROMISES_JOURNAL_H

#include "fixture.h"

enum { SAY = 1, FAIL, LEAVE, ECHO, ECHOED, NAP };

static struct fixture f;
static pthread_mutex_t journal_lock = PTHREAD_MUTEX_INITIALIZER;
static char journal[1 << 14];
static size_t journal_length;

static inline void write_down(char sign, char name)
{
	pthread_mutex_lock(&journal_lock);
	CHECK(journal_length + 3 < sizeof journal);
	if (sign != 0)
		journal[journal_length++] = sign;
	journal[journal_length++] = name;
	journal[journal_length] = 0;
	pthread_mutex_unlock(&journal_lock);
}

static inline void clear_journal(void)
{
	pthread_mutex_lock(&journal_lock);
	journal[journal_length = 0] = 0;
	pthread_mutex_unlock(&journal_lock);
}

/* The journal comes to be this, and nothing follows. */
static inline void expect(const char *text)
{
	char now[sizeof journal] = "";

	for (int64_t waited = 0; waited < LIMIT; waited += TROUPE_MS) {
		fixture_settle(&f);
		pthread_mutex_lock(&journal_lock);
		memcpy(now, journal, journal_length + 1);
		pthread_mutex_unlock(&journal_lock);
		if (strlen(now) >= strlen(text))
			break;
		sleep_ns(TROUPE_MS);
	}
	CHECK_STR_EQ(now, text);
	clear_journal();
}

/* A child: its name, and how many more times its init fails. */
struct life {
	char name;
	uint32_t said;
	atomic_int *failing;
};

static troupe_verdict child_init(troupe_actor *me)
{
	const struct life *self = me->state;

	CHECK_EQ(self->said, 0); /* fresh in each life */
	if (self->failing != NULL && atomic_fetch_sub(self->failing, 1) > 0) {
		write_down('!', self->name);
		return troupe_fail(me, TROUPE_EUSER);
	}
	write_down('+', self->name);
	return TROUPE_HANDLED;
}

static inline void child_terminate(troupe_actor *me, troupe_status why)
{
	(void)why;
	write_down('-', ((struct life *)me->state)->name);
}

static troupe_verdict child_receive(troupe_actor *me, const troupe_message *m)
{
	struct life *self = me->state;

	switch (m->kind) {
	case SAY:
		self->said++;
		write_down(0, self->name);
		return TROUPE_HANDLED;
	case FAIL:
		return troupe_fail(me, TROUPE_EUSER - 1);
	case LEAVE:
		troupe_exit(me, TROUPE_OK);
		return TROUPE_HANDLED;
	case NAP:
		sleep_ns(20 * TROUPE_MS);
		return TROUPE_HANDLED;
	}
	return TROUPE_UNKNOWN;
}

static const troupe_behaviour child = {
	.name = "child", .receive = child_receive, .init = child_init, .terminate = child_terminate,
	.state_size = sizeof(struct life),
};

static const struct life a = { 'a', 0, NULL }, b = { 'b', 0, NULL }, c = { 'c', 0, NULL };

#define CHILD_WITH(which, ...) { .name = #which, .behaviour = &child, .initial = &(which), __VA_ARGS__ }
#define CHILD(which) CHILD_WITH(which, .restart = TROUPE_PERMANENT)

static inline troupe_ref find(troupe_ref top, const char *name)
{
	troupe_ref ref;

	CHECK_OK(troupe_child(top, name, &ref));
	return ref;
}

static inline troupe_ref start(const troupe_supervisor *tree, uint32_t workers)
{
	troupe_ref top;

	fixture_start(&f, workers);
	clear_journal();
	CHECK_OK(troupe_supervise(f.system, NULL, tree, &top));
	return top;
}

static inline void send(troupe_ref to, int32_t kind)
{
	CHECK_OK(troupe_send_bytes(to, kind, NULL, 0));
}

static inline uint64_t restarts(void)
{
	troupe_counters counters;

	CHECK_OK(troupe_counters_read(f.system, &counters));
	return counters.restarts;
}

static const troupe_child_spec three[] = { CHILD(a), CHILD(b), CHILD(c), { 0 } };

#endif
