/* SPDX-License-Identifier: MIT */
/* Skynet: each actor makes ten children down to N leaves; a leaf answers its number, the others the sum of their children. */
#include "bench.h"

enum { CHILDREN = 10 };
enum { SKY_REQUEST = 1, SKY_SUM };
struct request {
	uint64_t number; /* of the first leaf below */
	uint64_t leaves; /* below */
};
typedef union sky {
	troupe_ref ref;
	const void *data;
	const struct request *SKY_REQUEST;
	const struct bench_value *SKY_SUM;
} sky;

struct sky_state {
	sky parent;
	uint64_t sum;
	uint64_t answers;
};

static troupe_verdict sky_receive(troupe_actor *me, const troupe_message *m);

static const troupe_behaviour summing = {
	.name = "sky", .receive = sky_receive, .state_size = sizeof(struct sky_state),
};

static void ask_children(troupe_actor *me, const struct request *request)
{
	uint64_t leaves = request->leaves / CHILDREN;
	sky child;

	for (uint64_t i = 0; i < CHILDREN; i++) {
		bench_must(troupe_spawn(me->system, &summing, &(struct sky_state){ .parent = { me->ref } }, &child.ref));
		bench_must(troupe_send(child, SKY_REQUEST, .number = request->number + i * leaves, .leaves = leaves));
	}
}

static void answer(troupe_actor *me, uint64_t value)
{
	struct sky_state *self = me->state;

	bench_must(troupe_send(self->parent, SKY_SUM, .value = value));
	troupe_exit(me, TROUPE_OK);
}

static troupe_verdict sky_receive(troupe_actor *me, const troupe_message *m)
{
	struct sky_state *self = me->state;
	sky in = { .data = m->data };

	switch (m->kind) {
	case SKY_REQUEST:
		if (in.SKY_REQUEST->leaves == 1)
			answer(me, in.SKY_REQUEST->number);
		else
			ask_children(me, in.SKY_REQUEST);
		return TROUPE_HANDLED;
	case SKY_SUM:
		self->sum += in.SKY_SUM->value;
		if (++self->answers == CHILDREN)
			answer(me, self->sum);
		return TROUPE_HANDLED;
	}
	return TROUPE_UNKNOWN;
}

static const char *refuse(uint64_t n, uint64_t k)
{
	(void)k;
	while (n % CHILDREN == 0)
		n /= CHILDREN;
	return n == 1 ? NULL : "skynet: --n is a power of ten";
}

static void run(bench *b)
{
	uint64_t actors = 0;
	sky root;

	for (uint64_t n = b->n; n > 0; n /= CHILDREN)
		actors += n;
	bench_begin(b);
	troupe_must(troupe_spawn(b->system, &summing, &(struct sky_state){ .parent = { b->main.ref } }, &root.ref));
	troupe_must(troupe_send(root, SKY_REQUEST, .number = 0, .leaves = b->n));
	bench_expect(b, 2 * actors, bench_end(b, SKY_SUM), b->n * (b->n - 1) / 2);
}

const bench_workload bench_skynet = {
	.name = "skynet",
	.what = "a tree of actors, ten children each, N leaves",
	.n = 1000000,
	.run = run,
	.refuse = refuse,
};
