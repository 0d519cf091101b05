/* SPDX-License-Identifier: MIT */
/* DRAFT against next.h. overload: a producer ten times faster than its consumer, for a second under each policy. Printed are
 * the queue, its memory, what was refused and dropped, and how old a message was when it was handled. */
#include <inttypes.h>
#include <stdio.h>
#include "next.h"

enum { WORK = 1, PRODUCE, REPORT };

struct work { uint64_t number; unsigned char padding[200]; };
typedef union worker { troupe_ref ref; const void *data; const struct work *WORK; } worker;

struct producer { worker to; uint64_t sent; bool waits; };
struct reporter { worker of; uint32_t left; };

static troupe_verdict consumer_receive(troupe_actor *me, const troupe_message *m)
{
	int64_t until = troupe_now(me->system) + 100 * TROUPE_US; /* ten in a millisecond */

	if (m->kind != WORK)
		return TROUPE_UNKNOWN;
	while (troupe_now(me->system) < until)
		;
	return TROUPE_HANDLED;
}

static troupe_verdict producer_init(troupe_actor *me)
{
	return troupe_done(me, troupe_every(me, TROUPE_MS, PRODUCE, 0, NULL)); /* the kinds it gets: PRODUCE, TROUPE_ROOM */
}

static troupe_verdict producer_receive(troupe_actor *me, const troupe_message *m)
{
	struct producer *self = me->state;

	self->waits = self->waits && m->kind != TROUPE_ROOM;
	for (int i = 0; i < 100 && !self->waits; i++) { /* a hundred in a millisecond */
		troupe_status status = troupe_send(self->to, WORK, .number = self->sent);
		if (status == TROUPE_EFULL) { /* refused: nothing happened. Wait to be told, instead of trying again */
			self->waits = true;
			return troupe_done(me, troupe_await_room(me, self->to.ref, 0));
		}
		if (status != TROUPE_OK)
			return troupe_fail(me, status);
		self->sent++; /* under TROUPE_PARK: this one may be the last before we are parked, which the code need not know */
	}
	return TROUPE_HANDLED;
}

static troupe_verdict reporter_init(troupe_actor *me)
{
	return troupe_done(me, troupe_every(me, 100 * TROUPE_MS, REPORT, 0, NULL));
}

static troupe_verdict reporter_receive(troupe_actor *me, const troupe_message *m)
{
	struct reporter *self = me->state;
	troupe_actor_numbers n;

	if (m->kind == REPORT && troupe_actor_read(self->of.ref, &n) == TROUPE_OK)
		printf("  queue %6" PRIu64 " %8" PRIu64 " bytes, of all %9" PRIu64 "; refused %5" PRIu64 ", dropped %6" PRIu64
		       "; delay %6.1f ms, longest %6.1f ms\n", n.queued, n.queued_bytes, troupe_memory_bytes(), n.refused,
		       n.dropped, (double)n.delay_ns / 1e6, (double)n.delay_ns_max / 1e6);
	return --self->left > 0 ? TROUPE_HANDLED : troupe_done(me, troupe_quit(me->system));
}

static const troupe_behaviour consumer_behaviour = { .name = "consumer", .receive = consumer_receive };
static const troupe_behaviour producer_behaviour = {
	"producer", producer_receive, .init = producer_init, .state_size = sizeof(struct producer),
};
static const troupe_behaviour reporter_behaviour = {
	"reporter", reporter_receive, .init = reporter_init, .state_size = sizeof(struct reporter),
};
static const troupe_bounds policies[] = {
	{ 1000, TROUPE_REFUSE, .bytes_max = 1 << 20 },
	{ 1000, TROUPE_DROP_NEWEST, .bytes_max = 1 << 20 },
	{ 1000, TROUPE_DROP_OLDEST, .delay_ns_max = 50 * TROUPE_MS },
	{ 1000, TROUPE_PARK, .bytes_max = 1 << 20 },
};

int main(void)
{
	static const char *const names[] = { "refuse", "drop newest", "drop oldest", "park the sender" };
	troupe_system system;
	worker w;

	for (int i = 0; i < 4; i++) {
		puts(names[i]);
		troupe_must(troupe_start(NULL, &system));
		troupe_must(troupe_spawn_with(system, NULL, &consumer_behaviour, NULL,
		                              TROUPE_OPTIONS(troupe_spawn_options, .bounds = &policies[i]), &w.ref));
		troupe_must(troupe_spawn(system, &producer_behaviour, &(struct producer){ .to = w }, NULL));
		troupe_must(troupe_spawn(system, &reporter_behaviour, &(struct reporter){ w, 10 }, NULL));
		troupe_must(troupe_run(system));
		troupe_ignore(troupe_finish(system, TROUPE_S));
	}
	return 0;
}
