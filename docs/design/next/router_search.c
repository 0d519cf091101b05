/* SPDX-License-Identifier: MIT */
/* DRAFT against next.h. router_search: a question is scattered to all shards, and what came by the deadline is the answer.
 * The group multiplies the question; the front need not know how many shards there are. */
#include <stdio.h>
#include <string.h>
#include "next.h"

enum { SHARDS = 8, WORDS = 1000, QUERIES = 10, SLOTS = 16, FRONT_QUERY = 1, SHARD_FIND, SHARD_LATER, HITS };

struct hits { uint32_t hits, shards; };
typedef union hits_reply { troupe_ref ref; const struct hits *HITS; } hits_reply;
struct query { hits_reply reply; char word[24]; };

typedef union front { troupe_ref ref; const void *data; const struct query *FRONT_QUERY; const struct hits *HITS; } front;
typedef union shard { troupe_ref ref; const void *data; const struct query *SHARD_FIND; } shard;
struct words  { uint32_t number, slow; struct query later; };
struct slot   { hits_reply to; struct hits sum; };
struct search { shard shards; uint64_t asked; struct slot slot[SLOTS]; };

static troupe_status answer(struct words *self, const struct query *query)
{
	struct hits found = { .shards = 1 };
	char word[24];

	for (uint32_t i = self->number; i < WORDS; i += SHARDS)
		found.hits += snprintf(word, sizeof word, "%u", i) > 0 && strstr(word, query->word) != NULL;
	return troupe_send_struct(query->reply, HITS, &found); /* too late is no failure */
}

static troupe_verdict shard_receive(troupe_actor *me, const troupe_message *m)
{
	struct words *self = me->state;
	shard in = { .data = m->data };

	if (m->kind == SHARD_LATER || self->slow == 0)
		return troupe_done(me, answer(self, m->kind == SHARD_LATER ? &self->later : in.SHARD_FIND));
	if (troupe_deadline(me, m) < troupe_now(me->system) + self->slow * TROUPE_MS)
		return TROUPE_HANDLED; /* in vain: not answering is an outcome too */
	self->later = *in.SHARD_FIND;
	troupe_status status = troupe_keep(me, m);
	return troupe_done(me, status != TROUPE_OK ? status : troupe_after(me, self->slow * TROUPE_MS, SHARD_LATER, 0, NULL));
}

/* TROUPE_UNANSWERED: all have had their outcome, or the time is over. */
static troupe_verdict front_gather(troupe_actor *me, const troupe_message *m)
{
	struct search *self = me->state;
	struct slot *slot = &self->slot[m->token % SLOTS];
	front in = { .data = m->data };

	if (m->kind == TROUPE_UNANSWERED)
		return troupe_done(me, troupe_send_struct(slot->to, HITS, &slot->sum));
	slot->sum.hits += in.HITS->hits, slot->sum.shards += in.HITS->shards;
	return TROUPE_HANDLED;
}

static troupe_verdict front_receive(troupe_actor *me, const troupe_message *m)
{
	struct search *self = me->state;
	front in = { .data = m->data };
	int64_t left = troupe_deadline(me, m) - troupe_now(me->system) - 2 * TROUPE_MS; /* the way back */
	troupe_ref to;

	const char *word = in.FRONT_QUERY->word;
	self->slot[self->asked % SLOTS] = (struct slot){ .to = in.FRONT_QUERY->reply };
	troupe_status status = troupe_keep(me, m);
	if (status == TROUPE_OK)
		status = troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .answers = UINT32_MAX, .within_ns = left > 0 ? left : 1,
		                                          .token = self->asked++, .then = front_gather), &to);
	if (status == TROUPE_OK)
		status = troupe_ask(self->shards, SHARD_FIND, to, .word = { word[0], word[1] }); /* all of them */
	return troupe_done(me, status);
}

static const troupe_behaviour searching = { "front", front_receive, .state_size = sizeof(struct search) };
static const troupe_behaviour finding = { "shard", shard_receive, .state_size = sizeof(struct words) };

int main(void)
{
	struct search search = { 0 };
	troupe_system system;
	struct hits got;
	front all;

	troupe_must(troupe_start(NULL, &system));
	troupe_must(troupe_group_open(system, "shards", TROUPE_OPTIONS(troupe_group_options, .routing = TROUPE_TO_ALL),
	                              &search.shards.ref));
	troupe_spawn_options shard_options = { .struct_size = sizeof shard_options, .joins = search.shards.ref };
	for (uint32_t i = 0; i < SHARDS; i++) {
		struct words words = { .number = i, .slow = i % 4 == 3 ? i * 5 : 0 };
		troupe_must(troupe_spawn_with(system, NULL, &finding, &words, &shard_options, NULL));
	}
	troupe_must(troupe_spawn(system, &searching, &search, &all.ref));
	for (int i = 0; i < QUERIES; i++) {
		troupe_must(troupe_call(all, FRONT_QUERY, HITS, &got, 10 * TROUPE_MS * (1 + i), .word = { (char)('0' + i) }));
		printf("%d: %u hits from %u of %d shards\n", i, got.hits, got.shards, SHARDS);
	}
	return troupe_finish(system, TROUPE_S) == TROUPE_OK && got.shards == SHARDS ? 0 : 1;
}
