/* SPDX-License-Identifier: MIT */
/* join_order: the text and the picture of a page go to a converter each, and from there to a joiner, which puts them together
 * and asks for the next page.
 * Bug: an order assumed across two paths. What one sender sends to one receiver keeps its order; what goes by way of others
 * does not. Pictures take longer, so the joiner takes it that the text is there when the picture comes.
 * Seen when: JOINER_PICTURE of a page overtakes its JOINER_TEXT.
 * Smallest: 3 messages, 3 switches. Nothing of the text: CONVERTER_HALF, CONVERTER_DONE, JOINER_PICTURE of the first
 * picture.
 * Twin: a join by number. Whichever half comes first waits for the other half of the same page. */
#include "troupe.h"

enum { PAGES = 3 };
enum { SOURCE_NEXT = 1, CONVERTER_HALF, CONVERTER_DONE, JOINER_TEXT, JOINER_PICTURE, HOST_JOINED };

typedef union host { troupe_ref ref; const troupe_nothing *HOST_JOINED; } host;
typedef union source { troupe_ref ref; const troupe_nothing *SOURCE_NEXT; } source;
struct half { int page; source from; };
typedef union converter { troupe_ref ref; const void *data; const struct half *CONVERTER_HALF; } converter;
typedef union joiner { troupe_ref ref; const struct half *JOINER_TEXT, *JOINER_PICTURE; } joiner;

struct source_state { converter text, picture; host host; int page; }; /* pages count from 1 */
struct converter_state { joiner to; int kind; int64_t takes_ns; struct half half; };
struct joiner_state { int text, picture; };                            /* the pages of the last ones that came */

static troupe_verdict source_next(troupe_actor *me) /* also the first thing in life */
{
	struct source_state *self = me->state;
	troupe_status status;

	if (self->page++ == PAGES)
		return troupe_done(me, troupe_send(self->host, HOST_JOINED, 0));
	status = troupe_send(self->text, CONVERTER_HALF, self->page, { me->ref });
	return troupe_done(me, status == TROUPE_OK ? troupe_send(self->picture, CONVERTER_HALF, self->page, { me->ref }) : status);
}

static troupe_verdict source_receive(troupe_actor *me, const troupe_message *m)
{
	return m->kind == SOURCE_NEXT ? source_next(me) : TROUPE_UNKNOWN;
}

static troupe_verdict converter_receive(troupe_actor *me, const troupe_message *m)
{
	struct converter_state *self = me->state;
	converter in = { .data = m->data };

	if (m->kind == CONVERTER_DONE)
		return troupe_done(me, troupe_send_bytes(self->to.ref, self->kind, &self->half, sizeof self->half));
	self->half = *in.CONVERTER_HALF;
	return troupe_done(me, troupe_after(me, self->takes_ns, CONVERTER_DONE, 0, NULL));
}

#ifdef FIXED
static bool is_whole(const struct joiner_state *self, int kind) { return (void)kind, self->text == self->picture; }
#else
static bool is_whole(const struct joiner_state *self, int kind) { return (void)self, kind == JOINER_PICTURE; }
#endif

static troupe_verdict joiner_receive(troupe_actor *me, const troupe_message *m)
{
	struct joiner_state *self = me->state;
	const struct half *half = m->data;

	*(m->kind == JOINER_TEXT ? &self->text : &self->picture) = half->page;
	if (!is_whole(self, m->kind))
		return TROUPE_HANDLED;
	troupe_holds(self->text == self->picture, "text and picture are of one page");
	return troupe_done(me, troupe_send(half->from, SOURCE_NEXT, 0));
}

static const troupe_kind source_kinds[] = { TROUPE_KIND(source, SOURCE_NEXT), { 0 } };
static const troupe_kind converter_kinds[] = {
	TROUPE_KIND(converter, CONVERTER_HALF), TROUPE_KIND_ANY_SIZE(CONVERTER_DONE), { 0 },
};
static const troupe_kind joiner_kinds[] = { TROUPE_KIND(joiner, JOINER_TEXT), TROUPE_KIND(joiner, JOINER_PICTURE), { 0 } };

static const troupe_behaviour source_behaviour = {
	.name = "source", .init = source_next, .receive = source_receive, .state_size = sizeof(struct source_state),
	.kinds = source_kinds,
};
static const troupe_behaviour converter_behaviour = {
	.name = "converter", .receive = converter_receive, .state_size = sizeof(struct converter_state),
	.kinds = converter_kinds,
};
static const troupe_behaviour joiner_behaviour = {
	.name = "joiner", .receive = joiner_receive, .state_size = sizeof(struct joiner_state), .kinds = joiner_kinds,
};

int main(void)
{
	struct converter_state text = { .kind = JOINER_TEXT, .takes_ns = 1 * TROUPE_MS };
	struct converter_state picture = { .kind = JOINER_PICTURE, .takes_ns = 10 * TROUPE_MS };
	struct source_state initial = { .page = 0 };
	troupe_system system;
	troupe_future joined;
	troupe_nothing nothing;

	troupe_must(troupe_start(NULL, &system));
	troupe_must(troupe_future_open(system, NULL, &joined));
	initial.host.ref = joined.ref;
	troupe_must(troupe_spawn(system, &joiner_behaviour, NULL, &text.to.ref));
	picture.to = text.to;
	troupe_must(troupe_spawn(system, &converter_behaviour, &text, &initial.text.ref));
	troupe_must(troupe_spawn(system, &converter_behaviour, &picture, &initial.picture.ref));
	troupe_must(troupe_spawn(system, &source_behaviour, &initial, NULL));
	troupe_must(troupe_next(joined, HOST_JOINED, &nothing, sizeof nothing));
	troupe_future_close(joined);
	troupe_must(troupe_finish(system, 0));
	return 0;
}
