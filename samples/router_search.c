/* SPDX-License-Identifier: MIT */
/* router_search: scatter and gather. A text lies in shards, each an actor with every eighth line of it. A question goes to all
 * of them by one ask to a group; three ways to gather the answers:
 *
 *     build/samples/router_search [file]      default: the GPL, as Debian ships it
 *
 *     all       each shard has answered, however many there are; the sum is checked against a plain loop
 *     quorum    two shards fall asleep: they keep questions and answer none. The first six answers are enough, at once
 *     deadline  all are wanted, and two do not come: after half a second the asker goes on with what it has */
#include "troupe.h"
#include "sample.h"

enum { SHARDS = 8, ASLEEP = 2, AWAKE = SHARDS - ASLEEP, SHARD_FIND = 1, SHARD_SLEEP, SHARD_FOUND };

struct found { uint64_t lines, shard; };
typedef union found_reply { troupe_ref ref; const struct found *SHARD_FOUND; } found_reply;
struct find { found_reply reply; char word[24]; };
typedef union shard {
	troupe_ref ref; const void *data; const struct find *SHARD_FIND; const troupe_nothing *SHARD_SLEEP;
} shard;

static char text[1 << 20]; /* read once, then only looked at */
struct part { uint64_t number, of; bool asleep; };

/* Lines with this word, of those with this number, of so many. */
static uint64_t count(struct part part, const char *word)
{
	uint64_t found = 0, n = 0;

	for (const char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		const char *at = n++ % part.of == part.number ? strstr(line, word) : NULL;
		found += at != NULL && at < end;
	}
	return found;
}

static troupe_verdict shard_receive(troupe_actor *me, const troupe_message *m)
{
	struct part *self = me->state;
	shard in = { .data = m->data };

	self->asleep |= m->kind == SHARD_SLEEP;
	if (m->kind != SHARD_FIND)
		return m->kind == SHARD_SLEEP ? TROUPE_HANDLED : TROUPE_UNKNOWN;
	if (self->asleep)
		return troupe_done(me, troupe_keep(me, m));
	return troupe_done(me, troupe_send(in.SHARD_FIND->reply, SHARD_FOUND, count(*self, in.SHARD_FIND->word), self->number));
}

static const troupe_behaviour shard_behaviour = { "shard", shard_receive, .state_size = sizeof(struct part) };
/* Ask all shards, take what comes until no more does, and compare it with a loop over the parts that answered. */
static bool search(troupe_system system, shard all, const char *word, const troupe_expectation *how, troupe_status end)
{
	troupe_status status;
	troupe_future answers;
	struct find find = { .reply = { { 0 } } };
	struct found found;
	uint64_t lines = 0, expected = 0, shards = 0;

	snprintf(find.word, sizeof find.word, "%s", word);
	troupe_must(troupe_future_open(system, how, &answers));
	troupe_must(troupe_ask_bytes(all.ref, SHARD_FIND, &find, sizeof find, offsetof(struct find, reply), answers.ref));
	for (; (status = troupe_next(answers, SHARD_FOUND, &found, sizeof found)) == TROUPE_OK; shards++) {
		lines += found.lines;
		expected += count((struct part){ found.shard, SHARDS, false }, word);
	}
	troupe_future_close(answers);
	printf("%-8s %4" PRIu64 " lines, %" PRIu64 " of %d shards%s\n", word, lines, shards, SHARDS,
	       status == TROUPE_ETIMEOUT ? ", and the time is over" : "");
	bool whole = shards < SHARDS || lines == count((struct part){ 0, 1, false }, word);
	return status == end && lines == expected && whole && shards >= AWAKE;
}

int main(int argc, char **argv)
{
	troupe_expectation every = { .struct_size = sizeof every, .answers = TROUPE_ANSWERS_ALL }, hurried = every;
	troupe_expectation quorum = { .struct_size = sizeof quorum, .answers = AWAKE, .questions = 1 };
	FILE *file = fopen(argc > 1 ? argv[1] : "/usr/share/common-licenses/GPL-3", "rb");
	troupe_ledger ledger;
	troupe_system system;
	shard all, shards[SHARDS];

	if (file == NULL || fread(text, 1, sizeof text - 1, file) == 0 || fclose(file) != 0)
		return fprintf(stderr, "usage: router_search [file]: a text file of up to a megabyte\n"), 2;
	hurried.within_ns = TROUPE_S / 2;
	sample_began = sample_now();
	troupe_must(troupe_start(TROUPE_OPTIONS(troupe_options, .ledger = &ledger), &system));
	troupe_must(troupe_group_open(system, "shards", TROUPE_OPTIONS(troupe_group_options, .routing = TROUPE_TO_ALL), &all.ref));
	for (uint64_t i = 0; i < SHARDS; i++) {
		troupe_must(troupe_spawn(system, &shard_behaviour, &(struct part){ i, SHARDS, false }, &shards[i].ref));
		troupe_must(troupe_join(all.ref, shards[i].ref));
	}
	bool ok = search(system, all, "license", &every, TROUPE_ECLOSED) && search(system, all, "work", &every, TROUPE_ECLOSED);
	for (int i = AWAKE; i < SHARDS; i++)
		troupe_must(troupe_send(shards[i], SHARD_SLEEP, 0));
	ok = search(system, all, "free", &quorum, TROUPE_ECLOSED) && search(system, all, "patent", &hurried, TROUPE_ETIMEOUT) && ok;
	troupe_must(troupe_finish(system, SAMPLE_PATIENCE));
	return sample_done(ok, &ledger, "router_search: 4 questions to %d shards", SHARDS);
}
