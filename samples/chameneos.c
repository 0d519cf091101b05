/* SPDX-License-Identifier: MIT */
/* chameneos: creatures of three colours meet in a mall, two at a time; two that differ both take the third colour. They
 * come again until the mall has seen enough. All send to one actor, and it passes their messages on without copying.
 *
 *     build/samples/chameneos [meetings] [creatures]       default 500000 100
 *
 * The rules are those of the Savina suite. Checks the sum of what the creatures counted: two for each meeting. */
#include "troupe.h"
#include "sample.h"

enum { MALL_MEET = 1, CREATURE_CHANGE, CREATURE_LEAVE, OWNER_COUNT };
typedef union creature { /* the mall passes on MALL_MEET as it is: both know it */
	troupe_ref ref; const void *data;
	const struct visitor *MALL_MEET, *CREATURE_CHANGE; const troupe_nothing *CREATURE_LEAVE;
} creature;
struct visitor { creature who; int colour; }; /* colours are 0, 1, 2 */
typedef union mall { troupe_ref ref; const void *data; const struct visitor *MALL_MEET; } mall;
struct count { uint64_t meetings; };
typedef union owner { troupe_ref ref; const struct count *OWNER_COUNT; } owner;
struct creature_state { mall mall; owner owner; int colour; uint64_t meetings; };
struct mall_state { uint64_t to_go; creature waiting; };

static troupe_verdict mall_receive(troupe_actor *me, const troupe_message *m)
{
	struct mall_state *self = me->state;
	mall in = { .data = m->data };
	troupe_status status = TROUPE_OK;

	if (m->kind != MALL_MEET)
		return TROUPE_UNKNOWN;
	if (self->to_go == 0) {
		status = troupe_send(in.MALL_MEET->who, CREATURE_LEAVE, 0);
	} else if (troupe_ref_is_null(self->waiting.ref)) {
		self->waiting = in.MALL_MEET->who;
	} else {
		status = troupe_forward(me, m, self->waiting.ref);
		self->waiting = (creature){ 0 };
		self->to_go--;
	}
	return status == TROUPE_OK ? TROUPE_HANDLED : troupe_fail(me, status);
}

static troupe_verdict creature_receive(troupe_actor *me, const troupe_message *m)
{
	struct creature_state *self = me->state;
	creature in = { .data = m->data };
	troupe_status status = TROUPE_OK;

	switch (m->kind) {
	case MALL_MEET: /* who came first says what both become: the third colour, or the same if they are alike */
		self->colour = (6 - self->colour - in.MALL_MEET->colour) % 3;
		status = troupe_send(in.MALL_MEET->who, CREATURE_CHANGE, .colour = self->colour);
		break;
	case CREATURE_CHANGE:
		self->colour = in.CREATURE_CHANGE->colour;
		break;
	case CREATURE_LEAVE:
		troupe_exit(me, troupe_send(self->owner, OWNER_COUNT, .meetings = self->meetings));
		return TROUPE_HANDLED;
	default:
		return TROUPE_UNKNOWN;
	}
	self->meetings++;
	if (status == TROUPE_OK)
		status = troupe_send(self->mall, MALL_MEET, .who = { me->ref }, .colour = self->colour);
	return status == TROUPE_OK ? TROUPE_HANDLED : troupe_fail(me, status);
}

static const troupe_behaviour mall_behaviour = { "mall", mall_receive, .state_size = sizeof(struct mall_state) };
static const troupe_behaviour creature_behaviour = {
	"creature", creature_receive, .state_size = sizeof(struct creature_state),
};

int main(int argc, char **argv)
{
	uint64_t meetings = 500000, n = 100, sum = 0;
	troupe_ledger ledger;
	troupe_system system;
	troupe_future counts;
	struct count count;
	creature c;
	mall m;

	sample_counts(argc, argv, { "meetings", &meetings, 1, 1000000000 }, { "creatures", &n, 2, 65535 });
	troupe_expectation all = { .struct_size = sizeof all, .answers = (uint32_t)n, .within_ns = SAMPLE_PATIENCE };
	troupe_must(troupe_start(TROUPE_OPTIONS(troupe_options, .ledger = &ledger), &system));
	troupe_must(troupe_future_open(system, &all, &counts));
	troupe_must(troupe_spawn(system, &mall_behaviour, &(struct mall_state){ .to_go = meetings }, &m.ref));
	for (uint64_t i = 0; i < n; i++) {
		struct creature_state state = { .mall = m, .owner = { counts.ref }, .colour = (int)(i % 3) };
		troupe_must(troupe_spawn(system, &creature_behaviour, &state, &c.ref));
		troupe_must(troupe_send(m, MALL_MEET, .who = c, .colour = state.colour)); /* its first visit */
	}
	while (troupe_next(counts, OWNER_COUNT, &count, sizeof count) == TROUPE_OK)
		sum += count.meetings;
	troupe_future_close(counts);
	troupe_must(troupe_finish(system, SAMPLE_PATIENCE));
	return sample_done(sum == 2 * meetings, &ledger, "chameneos: %" PRIu64 " meetings", meetings);
}
