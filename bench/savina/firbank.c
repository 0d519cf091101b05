/* SPDX-License-Identifier: MIT */
/* Filter bank: N values go to K channels at once. Each channel is a pipeline of actors: a delay, a filter of C coefficients, one
 * that lets every C-th value through and makes the others 0, a second delay, a second filter. What comes out of all channels
 * is added up. (C is N / 3; from 6144 values on, half of what is above 2048, so that 34816 values make 16384 coefficients.)
 *
 * What it shows: blocks and wires. Each block is an actor that knows only where its values go; the wiring is done in one place.
 * Channels are at work side by side without a word about threads, and where they join, who comes early is kept for the others.
 *
 * What is checked: all that has come out, to the last bit, against a loop which computes only what the C-th values need. */
#include <stdlib.h>
#include <string.h>

#include "bench.h"

enum { SMALL = 6144, REST = 2048, INPUTS = 1000, LANES = 4, CHANNELS_MAX = 32 };

struct value {
	double value;
};
enum { BLOCK_VALUE = 1 };
typedef union block { /* whatever takes values, one after the other */
	troupe_ref ref;
	const void *data;
	const struct value *BLOCK_VALUE;
} block;

static void pass_on(block next, double value)
{
	bench_must(troupe_send(next, BLOCK_VALUE, .value = value));
}

/* The last so many values, oldest first, in one piece: each is written twice, a length apart. */
struct window {
	uint64_t length, at;
	double *values;
};

static void window_push(struct window *w, double value)
{
	if (!w->values)
		w->values = bench_alloc(2 * w->length, sizeof *w->values);
	w->values[w->at] = w->values[w->at + w->length] = value;
	w->at = w->at + 1 == w->length ? 0 : w->at + 1;
}

/* Several sums at once: an addition need not wait for the one before. */
static double filtered(const double *values, const double *coefficients, uint64_t count)
{
	double sums[LANES] = { 0 };
	uint64_t i = 0;

	for (; i + LANES <= count; i += LANES)
		for (int lane = 0; lane < LANES; lane++)
			sums[lane] += values[i + lane] * coefficients[i + lane];
	for (; i < count; i++)
		sums[0] += values[i] * coefficients[i];
	return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

/* The coefficients of the first (0) or second (1) filter of a channel, for the oldest value first. */
static double *coefficients_of(uint64_t channel, int which, uint64_t count, uint64_t channels)
{
	double *all = bench_alloc(count, sizeof *all), j = (double)channel;

	for (uint64_t n = 0; n < count; n++) {
		double i = (double)(count - 1 - n);
		all[n] = which == 0 ? i * (double)count + j * (double)channels + 2 * j + i + 1 : i * j + j * j + j + i;
	}
	return all;
}

struct line_state {
	block next;
	struct window window;
	uint64_t seen;
	double *coefficients; /* window.length of them; NULL: a delay */
};

static troupe_verdict line_receive(troupe_actor *me, const troupe_message *m)
{
	struct line_state *self = me->state;
	block in = { .data = m->data };
	struct window *w = &self->window;

	if (m->kind != BLOCK_VALUE)
		return TROUPE_UNKNOWN;
	window_push(w, in.BLOCK_VALUE->value);
	if (!self->coefficients)
		pass_on(self->next, w->values[w->at]);
	else if (++self->seen >= w->length)
		pass_on(self->next, filtered(w->values + w->at, self->coefficients, w->length));
	return TROUPE_HANDLED;
}

static void line_terminate(troupe_actor *me, troupe_status why)
{
	struct line_state *self = me->state;

	(void)why;
	free(self->window.values);
	free(self->coefficients);
}

/* A delay by one less than the window, or a filter of its length. */
static const troupe_behaviour delaying_or_filtering = {
	.name = "line", .receive = line_receive, .terminate = line_terminate, .state_size = sizeof(struct line_state),
};

struct sampler_state {
	block next;
	uint64_t rate, seen;
};

static troupe_verdict sampler_receive(troupe_actor *me, const troupe_message *m)
{
	struct sampler_state *self = me->state;
	block in = { .data = m->data };

	if (m->kind != BLOCK_VALUE)
		return TROUPE_UNKNOWN;
	pass_on(self->next, self->seen++ % self->rate == 0 ? in.BLOCK_VALUE->value : 0);
	return TROUPE_HANDLED;
}

static const troupe_behaviour sampling = {
	.name = "sampler", .receive = sampler_receive, .state_size = sizeof(struct sampler_state),
};

struct tagged {
	uint64_t channel;
	double value;
};
enum { JOIN_VALUE = 1 };
typedef union join {
	troupe_ref ref;
	const void *data;
	const struct tagged *JOIN_VALUE;
} join;

struct tag_state {
	join next;
	uint64_t channel;
};

static troupe_verdict tag_receive(troupe_actor *me, const troupe_message *m)
{
	struct tag_state *self = me->state;
	block in = { .data = m->data };

	if (m->kind != BLOCK_VALUE)
		return TROUPE_UNKNOWN;
	bench_must(troupe_send(self->next, JOIN_VALUE, .channel = self->channel, .value = in.BLOCK_VALUE->value));
	return TROUPE_HANDLED;
}

static const troupe_behaviour tagging = {
	.name = "tag", .receive = tag_receive, .state_size = sizeof(struct tag_state),
};

struct join_state {
	bench_main main;
	uint64_t channels, steps, hash;
	double *values;              /* for each step, those of all channels */
	uint64_t sent[CHANNELS_MAX]; /* by each channel */
};

/* Folds the sum of all channels in, bit by bit. */
static uint64_t fold(uint64_t hash, const double *values, uint64_t channels)
{
	double sum = 0;
	uint64_t bits;

	for (uint64_t i = 0; i < channels; i++)
		sum += values[i];
	memcpy(&bits, &sum, sizeof bits);
	return (hash ^ bits) * UINT64_C(0x9e3779b97f4a7c15) >> 1;
}

static bool all_sent(const struct join_state *self, uint64_t step)
{
	for (uint64_t i = 0; i < self->channels; i++)
		if (self->sent[i] <= step)
			return false;
	return true;
}

static troupe_verdict join_receive(troupe_actor *me, const troupe_message *m)
{
	struct join_state *self = me->state;
	join in = { .data = m->data };

	if (m->kind != JOIN_VALUE)
		return TROUPE_UNKNOWN;
	uint64_t channel = in.JOIN_VALUE->channel, step = self->sent[channel]++;

	self->values[step * self->channels + channel] = in.JOIN_VALUE->value;
	if (!all_sent(self, step))
		return TROUPE_HANDLED;
	self->hash = fold(self->hash, self->values + step * self->channels, self->channels);
	if (step + 1 == self->steps)
		bench_must(troupe_send(self->main, BENCH_DONE, .value = self->hash));
	return TROUPE_HANDLED;
}

static void join_terminate(troupe_actor *me, troupe_status why)
{
	struct join_state *self = me->state;

	(void)why;
	free(self->values);
}

static const troupe_behaviour joining = {
	.name = "join", .receive = join_receive, .terminate = join_terminate, .state_size = sizeof(struct join_state),
};

enum { SOURCE_NEXT = 1 };
typedef union source {
	troupe_ref ref;
	const troupe_nothing *SOURCE_NEXT;
} source;

/* Not 0 to begin with, as in the suite: the sampler would let that 0 through, and nothing else would ever come out. */
static double input(uint64_t t)
{
	return (double)((t + 1) % INPUTS);
}

struct source_state {
	uint64_t sent, count, channels;
	block first[CHANNELS_MAX]; /* of each channel */
};

/* A value to all channels, then a word to itself: a source that sent all at once would keep its worker for itself. */
static troupe_verdict source_receive(troupe_actor *me, const troupe_message *m)
{
	struct source_state *self = me->state;

	if (m->kind != SOURCE_NEXT)
		return TROUPE_UNKNOWN;
	for (uint64_t i = 0; i < self->channels; i++)
		pass_on(self->first[i], input(self->sent));
	if (++self->sent < self->count)
		bench_must(troupe_send((source){ me->ref }, SOURCE_NEXT, 0));
	return TROUPE_HANDLED;
}

static const troupe_behaviour sourcing = {
	.name = "source", .receive = source_receive, .state_size = sizeof(struct source_state),
};

static void spawn(bench *b, const troupe_behaviour *behaviour, const void *initial, troupe_ref *out)
{
	troupe_must(troupe_spawn(b->system, behaviour, initial, out));
}

/* The wiring of one channel, from its end to its beginning. */
static block make_channel(bench *b, join end, uint64_t channel, uint64_t count)
{
	block next;

	spawn(b, &tagging, &(struct tag_state){ .next = end, .channel = channel }, &next.ref);
	for (int which = 1; which >= 0; which--) {
		struct line_state line = { .next = next, .window.length = count };
		line.coefficients = coefficients_of(channel, which, count, b->k);
		spawn(b, &delaying_or_filtering, &line, &next.ref);
		line = (struct line_state){ .next = next, .window.length = count };
		spawn(b, &delaying_or_filtering, &line, &next.ref);
		if (which == 1)
			spawn(b, &sampling, &(struct sampler_state){ .next = next, .rate = count }, &next.ref);
	}
	return next;
}

/* What one channel makes, by a loop: of the first filter, only what the sampler lets through. */
static void channel_by_loop(bench *b, uint64_t channel, uint64_t count, uint64_t steps, double *out)
{
	double *first = coefficients_of(channel, 0, count, b->k), *second = coefficients_of(channel, 1, count, b->k);
	uint64_t middle = steps + count - 1; /* values that come from the first filter */
	double *inputs = bench_alloc(b->n + count, sizeof *inputs), *sampled = bench_alloc(middle + count, sizeof *sampled);

	for (uint64_t t = 0; t < b->n; t++)
		inputs[count - 1 + t] = input(t);
	for (uint64_t t = 0; t < middle; t += count)
		sampled[count - 1 + t] = filtered(inputs + t, first, count);
	for (uint64_t t = 0; t < steps; t++)
		out[t * b->k + channel] = filtered(sampled + t, second, count);
	free(first);
	free(second);
	free(inputs);
	free(sampled);
}

static uint64_t hash_by_loop(bench *b, uint64_t count, uint64_t steps)
{
	double *values = bench_alloc(steps * b->k, sizeof *values);
	uint64_t hash = 0;

	for (uint64_t i = 0; i < b->k; i++)
		channel_by_loop(b, i, count, steps, values);
	for (uint64_t t = 0; t < steps; t++)
		hash = fold(hash, values + t * b->k, b->k);
	free(values);
	return hash;
}

static void run(bench *b)
{
	uint64_t count = b->n <= SMALL ? b->n / 3 : (b->n - REST) / 2, middle = b->n - count + 1, steps = middle - count + 1;
	struct join_state empty = { .channels = b->k, .steps = steps, .values = bench_alloc(steps * b->k, sizeof(double)) };
	struct source_state values = { .count = b->n, .channels = b->k };
	uint64_t wanted = hash_by_loop(b, count, steps);
	join end;
	source only;

	bench_begin(b);
	empty.main = b->main;
	spawn(b, &joining, &empty, &end.ref);
	for (uint64_t i = 0; i < b->k; i++)
		values.first[i] = make_channel(b, end, i, count);
	spawn(b, &sourcing, &values, &only.ref);
	troupe_must(troupe_send(only, SOURCE_NEXT, 0));
	bench_expect(b, b->n + b->k * (2 * b->n + 3 * middle + 2 * steps), bench_end(b, BENCH_DONE), wanted);
}

const bench_workload bench_firbank = {
	.name = "firbank",
	.what = "N values through K channels of delays and filters, and their sum",
	.n = 34816, .n_min = 6, .n_max = 1000000,
	.k = 8, .k_min = 1, .k_max = CHANNELS_MAX,
	.run = run,
};
