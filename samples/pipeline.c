/* SPDX-License-Identifier: MIT */
/* pipeline: three actors in a ring, each does one thing to the buffers that come by: fill, invert, add up. Four buffers
 * of 1 MB go round. They are moved: no byte is copied, and with four under way nobody drowns in work.
 *
 *     build/samples/pipeline [buffers]     default 200
 *
 * Checks the sum of all bytes against plain C. */
#include "troupe.h"
#include "sample.h"

enum { BUFFER_SIZE = 1 << 20, UNDER_WAY = 4, STAGES = 3 };
enum { STAGE_BUFFER = 1, OWNER_SUM };

typedef union stage { troupe_ref ref; const void *data; const struct buffer *STAGE_BUFFER; } stage;
struct buffer { stage first; uint8_t bytes[BUFFER_SIZE]; };
struct sum { uint64_t sum; };
typedef union owner { troupe_ref ref; const struct sum *OWNER_SUM; } owner;
typedef uint64_t work(uint8_t *bytes);

static uint64_t fill(uint8_t *bytes)
{
	for (size_t i = 0; i < BUFFER_SIZE; i++)
		bytes[i] = (uint8_t)i;
	return 0;
}

static uint64_t invert(uint8_t *bytes)
{
	for (size_t i = 0; i < BUFFER_SIZE; i++)
		bytes[i] = (uint8_t)~bytes[i];
	return 0;
}

static uint64_t add_up(uint8_t *bytes)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < BUFFER_SIZE; i++)
		sum += bytes[i];
	return sum;
}

struct stage_state { work *work; stage next; owner owner; uint64_t to_do, sum; };

static troupe_verdict stage_receive(troupe_actor *me, const troupe_message *m)
{
	struct stage_state *self = me->state;
	troupe_status status = TROUPE_OK;

	if (m->kind != STAGE_BUFFER)
		return TROUPE_UNKNOWN;
	if (self->to_do == 0) /* the first stage, at the end: a payload that is not taken is freed */
		return TROUPE_HANDLED;
	struct buffer *b = troupe_take(me, m); /* ours now, to be changed */
	if (b == NULL)
		return troupe_fail(me, TROUPE_ENOMEM);
	self->sum += self->work(b->bytes);
	if (--self->to_do == 0)
		status = troupe_send(self->owner, OWNER_SUM, .sum = self->sum);
	if (status == TROUPE_OK)
		status = troupe_move(troupe_ref_is_null(self->next.ref) ? b->first : self->next, STAGE_BUFFER, &b);
	troupe_free(b); /* NULL, unless it could not be moved */
	return status == TROUPE_OK ? TROUPE_HANDLED : troupe_fail(me, status);
}

static const troupe_behaviour stage_behaviour = { "stage", stage_receive, .state_size = sizeof(struct stage_state) };

int main(int argc, char **argv)
{
	static work *const works[STAGES] = { add_up, invert, fill }; /* the last first: each must know the next */
	static struct buffer plain;
	troupe_expectation all = { .struct_size = sizeof all, .answers = STAGES, .within_ns = SAMPLE_PATIENCE };
	uint64_t buffers = 200, total = 0;
	troupe_ledger ledger;
	troupe_system system;
	troupe_future sums;
	struct sum one;
	stage next = { { 0 } };

	sample_counts(argc, argv, { "buffers", &buffers, 1, 1000000 });
	troupe_must(troupe_start(TROUPE_OPTIONS(troupe_options, .ledger = &ledger), &system));
	troupe_must(troupe_future_open(system, &all, &sums));
	for (int i = 0; i < STAGES; i++) {
		struct stage_state state = { .work = works[i], .next = next, .owner = { sums.ref }, .to_do = buffers };
		troupe_must(troupe_spawn(system, &stage_behaviour, &state, &next.ref));
	}
	for (int i = 0; i < UNDER_WAY; i++) {
		struct buffer *b = troupe_new(sizeof *b, NULL);
		troupe_must(b == NULL ? TROUPE_ENOMEM : TROUPE_OK);
		b->first = next;
		troupe_must(troupe_move(next, STAGE_BUFFER, &b));
	}
	while (troupe_next(sums, OWNER_SUM, &one, sizeof one) == TROUPE_OK)
		total += one.sum;
	troupe_future_close(sums);
	troupe_must(troupe_finish(system, SAMPLE_PATIENCE));
	fill(plain.bytes);
	invert(plain.bytes);
	return sample_done(total == buffers * add_up(plain.bytes), &ledger, "pipeline: %" PRIu64 " MB", buffers);
}
