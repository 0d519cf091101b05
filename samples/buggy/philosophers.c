/* SPDX-License-Identifier: MIT */
/* philosophers: four of them, four forks; each takes two forks, one after the other, eats once, and puts both back.
 * Bug: deadlock by circular wait. Each holds its left fork and waits for the right one, which its neighbour holds.
 * Seen when: every fork's first FORK_TAKE is that of the philosopher to whom it is the left one.
 * Smallest: 12 messages, 14 switches. All forks are taken, and each second FORK_TAKE is put aside. Each philosopher acts
 * twice, one fork twice, as they sit in a circle, and main looks.
 * Twin: a global order of resources. All take the fork with the lower number first, so that no circle can close. */
#include "troupe.h"

enum { SEATS = 4 };
enum { FORK_TAKE = 1, FORK_DROP, PHILOSOPHER_FORK, HOST_FULL };

typedef union philosopher { troupe_ref ref; const troupe_nothing *PHILOSOPHER_FORK; } philosopher;
struct take { philosopher by; };
typedef union dinner_fork {
	troupe_ref ref; const void *data; const struct take *FORK_TAKE; const troupe_nothing *FORK_DROP;
} dinner_fork;
typedef union host { troupe_ref ref; const troupe_nothing *HOST_FULL; } host;

struct seat { dinner_fork forks[2]; host host; int held; }; /* the forks in the order in which they are taken */

#ifdef FIXED
static int first_fork(int left, int right) { return left < right ? left : right; }
#else
static int first_fork(int left, int right) { return (void)right, left; }
#endif

static troupe_verdict fork_receive(troupe_actor *me, const troupe_message *m)
{
	bool *taken = me->state;
	dinner_fork in = { .data = m->data };

	switch (m->kind) {
	case FORK_TAKE:
		if (*taken)
			return TROUPE_DEFERRED; /* until it is dropped */
		*taken = true;
		return troupe_done(me, troupe_send(in.FORK_TAKE->by, PHILOSOPHER_FORK, 0));
	case FORK_DROP:
		*taken = false;
		troupe_undefer(me);
		return TROUPE_HANDLED;
	default:
		return TROUPE_UNKNOWN;
	}
}

static troupe_verdict reach(troupe_actor *me) /* for the next fork; also the first thing in life */
{
	struct seat *self = me->state;

	return troupe_done(me, troupe_send(self->forks[self->held], FORK_TAKE, .by = { me->ref }));
}

static troupe_verdict philosopher_receive(troupe_actor *me, const troupe_message *m)
{
	struct seat *self = me->state;
	troupe_status status = TROUPE_OK;

	if (m->kind != PHILOSOPHER_FORK)
		return TROUPE_UNKNOWN;
	if (++self->held < 2)
		return reach(me);
	while (self->held > 0 && status == TROUPE_OK)
		status = troupe_send(self->forks[--self->held], FORK_DROP, 0);
	return troupe_done(me, status == TROUPE_OK ? troupe_send(self->host, HOST_FULL, 0) : status);
}

static const troupe_kind fork_kinds[] = { TROUPE_KIND(dinner_fork, FORK_TAKE), TROUPE_KIND(dinner_fork, FORK_DROP), { 0 } };
static const troupe_kind philosopher_kinds[] = { TROUPE_KIND(philosopher, PHILOSOPHER_FORK), { 0 } };

static const troupe_behaviour fork_behaviour = {
	.name = "fork", .receive = fork_receive, .state_size = sizeof(bool), .kinds = fork_kinds,
};
static const troupe_behaviour philosopher_behaviour = {
	.name = "philosopher", .init = reach, .receive = philosopher_receive, .state_size = sizeof(struct seat),
	.kinds = philosopher_kinds,
};

int main(void)
{
	dinner_fork forks[SEATS];
	troupe_system system;
	troupe_future full;
	troupe_nothing nothing;
	int fed = 0;

	troupe_must(troupe_start(NULL, &system));
	troupe_must(troupe_future_open(system, TROUPE_OPTIONS(troupe_expectation, .answers = SEATS), &full));
	for (int i = 0; i < SEATS; i++)
		troupe_must(troupe_spawn(system, &fork_behaviour, NULL, &forks[i].ref));
	for (int left = 0; left < SEATS; left++) {
		int right = (left + 1) % SEATS, first = first_fork(left, right);
		struct seat seat = { { forks[first], forks[left + right - first] }, { full.ref }, 0 };
		troupe_must(troupe_spawn(system, &philosopher_behaviour, &seat, NULL));
	}
	troupe_must(troupe_settle(system, 0)); /* nothing moves any more */
	while (troupe_future_ready(full) && troupe_next(full, HOST_FULL, &nothing, sizeof nothing) == TROUPE_OK)
		fed++;
	troupe_holds(fed == SEATS, "everybody has eaten");
	troupe_future_close(full);
	troupe_must(troupe_finish(system, 0));
	return 0;
}
