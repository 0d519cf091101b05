/* SPDX-License-Identifier: MIT */
/* ring: one token goes round a ring of actors. It measures the plain cost of passing a message on.
 *
 *     build/samples/ring [hops] [actors]   default 5000000 100
 *
 * The token carries the address that awaits the result, so that whoever holds it last can answer. Checks who it was. */
#include "troupe.h"
#include "sample.h"

enum { MEMBER_START = 1, MEMBER_TOKEN, MEMBER_DONE };

struct done { uint64_t place; };
typedef union done_reply { troupe_ref ref; const struct done *MEMBER_DONE; } done_reply;

typedef union member {
	troupe_ref ref;
	const void *data;
	const struct start *MEMBER_START;
	const struct token *MEMBER_TOKEN;
} member;

struct start { done_reply reply; uint64_t hops; member next; }; /* closes the ring, then starts the token */
struct token { uint64_t hops_left; done_reply result; };

struct member_state { uint64_t place; member next; };

static troupe_verdict member_receive(troupe_actor *me, const troupe_message *m)
{
	struct member_state *self = me->state;
	member in = { .data = m->data };
	troupe_status status;

	switch (m->kind) {
	case MEMBER_START:
		self->next = in.MEMBER_START->next;
		status = troupe_keep(me, m);
		if (status == TROUPE_OK)
			status = troupe_send(self->next, MEMBER_TOKEN, .hops_left = in.MEMBER_START->hops - 1,
			                     .result = in.MEMBER_START->reply);
		break;
	case MEMBER_TOKEN:
		if (in.MEMBER_TOKEN->hops_left == 0)
			status = troupe_send(in.MEMBER_TOKEN->result, MEMBER_DONE, .place = self->place);
		else
			status = troupe_send(self->next, MEMBER_TOKEN, .hops_left = in.MEMBER_TOKEN->hops_left - 1,
			                     .result = in.MEMBER_TOKEN->result);
		break;
	default:
		return TROUPE_UNKNOWN;
	}
	return status == TROUPE_OK ? TROUPE_HANDLED : troupe_fail(me, status);
}

static const troupe_kind member_kinds[] = {
	TROUPE_KIND(member, MEMBER_START), TROUPE_KIND(member, MEMBER_TOKEN), { 0 },
};
static const troupe_behaviour member_behaviour = {
	.name = "member", .receive = member_receive, .state_size = sizeof(struct member_state), .kinds = member_kinds,
};

static member member_spawn(troupe_system system, uint64_t place, member next)
{
	member new;

	troupe_must(troupe_spawn(system, &member_behaviour, &(struct member_state){ place, next }, &new.ref));
	return new;
}

int main(int argc, char **argv)
{
	uint64_t hops = 5000000, actors = 100;
	troupe_ledger ledger;
	troupe_system system;
	struct done done;

	sample_counts(argc, argv, { "hops", &hops, 1, 1000000000 }, { "actors", &actors, 2, 1000000 });
	troupe_must(troupe_start(TROUPE_OPTIONS(troupe_options, .ledger = &ledger), &system));
	member first = member_spawn(system, 0, (member){ 0 }), next = first;
	for (uint64_t place = actors - 1; place > 0; place--) /* from the end, as each must know the next */
		next = member_spawn(system, place, next);
	troupe_must(troupe_call(first, MEMBER_START, MEMBER_DONE, &done, SAMPLE_PATIENCE, .hops = hops, .next = next));
	troupe_must(troupe_finish(system, SAMPLE_PATIENCE));
	return sample_done(done.place == hops % actors, &ledger,
	                   "ring: %" PRIu64 " hops round %" PRIu64 " actors", hops, actors);
}
