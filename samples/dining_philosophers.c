/* SPDX-License-Identifier: MIT */
/* dining_philosophers: each needs the two forks beside the plate, and each fork is shared by two. A fork, when taken,
 * defers who asks next until it is free. All ask for the fork of the lower number first: no deadlock.
 *
 *     build/samples/dining_philosophers [meals] [philosophers]     default 20000 5
 *
 * Checks that every one of them ate so many meals. */
#include "troupe.h"
#include "sample.h"

enum { FORK_TAKE = 1, FORK_DROP, FORK_YOURS, HOST_FULL };
typedef union yours_reply { troupe_ref ref; const troupe_nothing *FORK_YOURS; } yours_reply;
struct take { yours_reply reply; };
typedef union dinner_fork {
	troupe_ref ref; const void *data; const struct take *FORK_TAKE; const troupe_nothing *FORK_DROP;
} dinner_fork;
struct full { uint64_t meals; };
typedef union host { troupe_ref ref; const struct full *HOST_FULL; } host;
struct philosopher { dinner_fork forks[2]; host host; uint64_t hunger, meals, held; };

static troupe_verdict fork_taken(troupe_actor *me, const troupe_message *m)
{
	if (m->kind != FORK_DROP)
		return m->kind == FORK_TAKE ? TROUPE_DEFERRED : TROUPE_UNKNOWN;
	troupe_status status = troupe_unbecome(me); /* free again; who was deferred comes first */
	return status == TROUPE_OK ? TROUPE_HANDLED : troupe_fail(me, status);
}

static troupe_verdict fork_free(troupe_actor *me, const troupe_message *m)
{
	dinner_fork in = { .data = m->data };

	if (m->kind != FORK_TAKE)
		return TROUPE_UNKNOWN;
	troupe_status status = troupe_become(me, fork_taken);
	if (status == TROUPE_OK)
		status = troupe_send(in.FORK_TAKE->reply, FORK_YOURS, 0);
	return status == TROUPE_OK ? TROUPE_HANDLED : troupe_fail(me, status);
}

static troupe_verdict philosopher_take(troupe_actor *me) /* the next fork; also the first thing in life */
{
	struct philosopher *self = me->state;
	troupe_status status = troupe_ask_then(me, self->forks[self->held], FORK_TAKE, NULL, 0, 0);
	return status == TROUPE_OK ? TROUPE_HANDLED : troupe_fail(me, status);
}

static troupe_verdict philosopher_receive(troupe_actor *me, const troupe_message *m)
{
	struct philosopher *self = me->state;
	troupe_status status = TROUPE_OK;

	if (m->kind != FORK_YOURS) /* TROUPE_UNANSWERED: a fork is gone */
		return troupe_fail(me, m->why);
	if (++self->held < 2)
		return philosopher_take(me);
	while (self->held > 0 && status == TROUPE_OK)
		status = troupe_send(self->forks[--self->held], FORK_DROP, 0);
	if (status == TROUPE_OK && ++self->meals < self->hunger)
		return philosopher_take(me);
	if (status == TROUPE_OK)
		status = troupe_send(self->host, HOST_FULL, .meals = self->meals);
	troupe_exit(me, status);
	return TROUPE_HANDLED;
}

static const troupe_behaviour fork_behaviour = { .name = "fork", .receive = fork_free };
static const troupe_behaviour philosopher_behaviour = {
	.name = "philosopher", .state_size = sizeof(struct philosopher),
	.init = philosopher_take, .receive = philosopher_receive,
};

int main(int argc, char **argv)
{
	static dinner_fork forks[10000];
	uint64_t meals = 20000, n = 5, fed = 0;
	troupe_ledger ledger;
	troupe_system system;
	troupe_future guests;
	struct full full;

	sample_counts(argc, argv, { "meals", &meals, 1, 100000000 }, { "philosophers", &n, 2, 10000 });
	troupe_expectation all = { .struct_size = sizeof all, .answers = (uint32_t)n, .within_ns = SAMPLE_PATIENCE };
	troupe_must(troupe_start(TROUPE_OPTIONS(troupe_options, .ledger = &ledger), &system));
	troupe_must(troupe_future_open(system, &all, &guests));
	for (uint64_t i = 0; i < n; i++)
		troupe_must(troupe_spawn(system, &fork_behaviour, NULL, &forks[i].ref));
	for (uint64_t i = 0; i < n; i++) {
		uint64_t low = i + 1 < n ? i : 0, high = i + 1 < n ? i + 1 : i;
		struct philosopher p = { { forks[low], forks[high] }, .host = { guests.ref }, .hunger = meals };
		troupe_must(troupe_spawn(system, &philosopher_behaviour, &p, NULL));
	}
	while (troupe_next(guests, HOST_FULL, &full, sizeof full) == TROUPE_OK)
		fed += full.meals == meals;
	troupe_future_close(guests);
	troupe_must(troupe_finish(system, SAMPLE_PATIENCE));
	return sample_done(fed == n, &ledger,
	                   "dining_philosophers: %" PRIu64 " ate %" PRIu64 " meals each", fed, meals);
}
