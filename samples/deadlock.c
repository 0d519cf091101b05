/* SPDX-License-Identifier: MIT */
/* deadlock [clerks]: each clerk signs for others only when its own paper is signed, and each asks the next one, round the table, and
 * awaits. Nobody could ever sign: the last one to ask is told so at once (TROUPE_EDEADLOCK), and the log says who waits for whom.
 * It then signs without its own paper being signed, so that all the others get their signatures.
 * Checks that exactly one question failed. */
#include "sample.h"
enum { CLERKS_MAX = 50 };
enum { CLERK_BEGIN = 1, CLERK_SIGN, SIGNED, HOST_HEARD };
typedef union sign_reply { troupe_ref ref; const troupe_nothing *SIGNED; } sign_reply;
struct sign { sign_reply reply; };
struct heard { troupe_status outcome; };
typedef union host { troupe_ref ref; const struct heard *HOST_HEARD; } host;
struct begin { troupe_ref neighbour; host host; };
typedef union clerk {
	troupe_ref ref; const void *data; const struct begin *CLERK_BEGIN; const struct sign *CLERK_SIGN;
} clerk;
struct desk { host host; bool has_asked; };

static troupe_verdict begin(troupe_actor *me, const struct begin *order)
{
	struct desk *self = me->state;
	troupe_ref address;

	*self = (struct desk){ order->host, true };
	troupe_undefer(me); /* who came before this order: they wait while this one awaits */
	troupe_status status = troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .hold = true), &address);
	if (status == TROUPE_OK)
		status = troupe_ask((clerk){ order->neighbour }, CLERK_SIGN, address, .reply = { { 0 } });
	return troupe_done(me, status);
}

static troupe_verdict clerk_receive(troupe_actor *me, const troupe_message *m)
{
	struct desk *self = me->state;
	clerk in = { .data = m->data };

	switch (m->kind) {
	case CLERK_BEGIN:
		return begin(me, in.CLERK_BEGIN);
	case CLERK_SIGN:
		if (!self->has_asked)
			return TROUPE_DEFERRED;
		return troupe_done(me, troupe_send(in.CLERK_SIGN->reply, SIGNED, 0));
	case SIGNED:
		return troupe_done(me, troupe_send(self->host, HOST_HEARD, .outcome = TROUPE_OK));
	case TROUPE_UNANSWERED:
		return troupe_done(me, troupe_send(self->host, HOST_HEARD, .outcome = m->why));
	default:
		return TROUPE_UNKNOWN;
	}
}

static const troupe_kind clerk_kinds[] = { TROUPE_KIND(clerk, CLERK_BEGIN), TROUPE_KIND(clerk, CLERK_SIGN), { 0 } };
static const troupe_behaviour clerk_behaviour = { .name = "clerk", .receive = clerk_receive,
	.state_size = sizeof(struct desk), .kinds = clerk_kinds };

static void show(void *context, const char *line) /* the report */
{
	(void)context;
	printf("    %s\n", line);
}

int main(int argc, char **argv)
{
	uint64_t n = 2;
	int signatures = 0, deadlocks = 0;
	troupe_counters counters;
	troupe_ledger ledger;
	troupe_system system;
	troupe_future future;
	clerk clerks[CLERKS_MAX];
	struct heard heard;

	sample_counts(argc, argv, { "clerks", &n, 1, CLERKS_MAX });
	troupe_must(troupe_start(TROUPE_OPTIONS(troupe_options, .ledger = &ledger, .log = show), &system));
	troupe_must(troupe_future_open(system, TROUPE_OPTIONS(troupe_expectation, .answers = (uint32_t)n,
		.within_ns = SAMPLE_PATIENCE), &future));
	for (uint64_t i = 0; i < n; i++)
		troupe_must(troupe_spawn(system, &clerk_behaviour, NULL, &clerks[i].ref));
	for (uint64_t i = 0; i < n; i++)
		troupe_must(troupe_send(clerks[i], CLERK_BEGIN, .neighbour = clerks[(i + 1) % n].ref, .host = { future.ref }));
	for (uint64_t i = 0; i < n; i++) {
		troupe_must(troupe_next(future, HOST_HEARD, &heard, sizeof heard));
		signatures += heard.outcome == TROUPE_OK;
		deadlocks += heard.outcome == TROUPE_EDEADLOCK;
	}
	troupe_future_close(future);
	troupe_must(troupe_counters_read(system, &counters));
	troupe_must(troupe_finish(system, SAMPLE_PATIENCE));
	bool right = deadlocks == 1 && signatures == (int)n - 1 && counters.deadlocks == 1 && ledger.dead == 1;
	ledger.handled += ledger.dead, ledger.dead = 0; /* the signature that came after its question had failed */
	return sample_done(right, &ledger, "deadlock: %d clerks, %d signed, %d told of the deadlock", (int)n, signatures, deadlocks);
}
