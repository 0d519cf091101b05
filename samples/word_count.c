/* SPDX-License-Identifier: MIT */
/* word_count: map and reduce. Mappers find the words in pieces of text; reducers count them, each those of its own hash.
 *
 *     build/samples/word_count [--all] [file ...]      "-": standard input; default: the GPL, as Debian ships it
 *
 * Prints the ten most frequent words, and checks the sum of all against a plain loop. --all prints nothing but how often
 * each word was found, equal to the last byte to: cat file ... | tr -cs A-Za-z '\n' | tr A-Z a-z | sort | uniq -c */
#include "troupe.h"
#include "sample.h"
#include "word_count/text.h"

enum { MAPPERS = 4, REDUCERS = 4, PIECE_SIZE = 1 << 14 };
enum { MAPPER_TEXT = 1, REDUCER_WORD, REDUCER_GIVE, REDUCER_COUNTS };

struct counts { struct tally *list; }; /* belongs to who gets the answer */
typedef union counts_reply { troupe_ref ref; const struct counts *REDUCER_COUNTS; } counts_reply;
struct give { counts_reply reply; };

typedef union texts { troupe_ref ref; const void *data; const char *MAPPER_TEXT; } texts;
typedef union reducer {
	troupe_ref ref; const void *data; const char *REDUCER_WORD; const struct give *REDUCER_GIVE;
} reducer;

struct mapper { reducer reducers[REDUCERS]; };

static troupe_verdict mapper_receive(troupe_actor *me, const troupe_message *m)
{
	struct mapper *self = me->state;
	texts in = { .data = m->data };
	const char *at = in.MAPPER_TEXT, *word;
	troupe_status status = TROUPE_OK;
	size_t size;

	if (m->kind != MAPPER_TEXT)
		return TROUPE_UNKNOWN;
	while (status == TROUPE_OK && (word = text_word(&at, in.MAPPER_TEXT + m->size, &size)) != NULL) {
		uint32_t hash = 5381;
		char *copy = troupe_new(size + 1, NULL);
		for (size_t i = 0; copy != NULL && i < size; i++)
			hash = hash * 33 ^ (uint32_t)(copy[i] = (char)(word[i] | 0x20)); /* small letters */
		status = troupe_move(self->reducers[hash % REDUCERS], REDUCER_WORD, &copy);
		troupe_free(copy); /* NULL, unless it was not moved */
	}
	return status == TROUPE_OK ? TROUPE_HANDLED : troupe_fail(me, status);
}

static troupe_verdict reducer_receive(troupe_actor *me, const troupe_message *m)
{
	struct tallies *words = me->state;
	reducer in = { .data = m->data };
	troupe_status status;

	if (m->kind == REDUCER_WORD)
		status = tally_add(words, in.REDUCER_WORD) > 0 ? TROUPE_OK : TROUPE_ENOMEM;
	else if (m->kind == REDUCER_GIVE)
		status = troupe_send(in.REDUCER_GIVE->reply, REDUCER_COUNTS, .list = tally_take(words));
	else
		return TROUPE_UNKNOWN;
	return status == TROUPE_OK ? TROUPE_HANDLED : troupe_fail(me, status);
}

static const troupe_behaviour mapper_behaviour = { "mapper", mapper_receive, .state_size = sizeof(struct mapper) };
static const troupe_behaviour reducer_behaviour = { "reducer", reducer_receive, .state_size = sizeof(struct tallies) };

int main(int argc, char **argv)
{
	bool all = argc > 1 && strcmp(argv[1], "--all") == 0;
	struct text text = text_read(argv + 1 + all);
	const char *at = text.bytes, *end = at + text.size;
	struct tally *list = NULL;
	struct mapper state;
	texts mappers[MAPPERS];
	struct counts counts;
	troupe_ledger ledger;
	troupe_system system;
	size_t n;

	sample_began = sample_now();
	troupe_must(troupe_start(TROUPE_OPTIONS(troupe_options, .ledger = &ledger), &system));
	for (int i = 0; i < REDUCERS; i++)
		troupe_must(troupe_spawn(system, &reducer_behaviour, NULL, &state.reducers[i].ref));
	for (int i = 0; i < MAPPERS; i++)
		troupe_must(troupe_spawn(system, &mapper_behaviour, &state, &mappers[i].ref));
	for (int i = 0; at < end; i++, at += n) {
		n = text_piece(at, end, PIECE_SIZE);
		troupe_must(troupe_send_bytes(mappers[i % MAPPERS].ref, MAPPER_TEXT, at, n));
	}
	troupe_must(troupe_settle(system, SAMPLE_PATIENCE)); /* all words are with their reducers */
	for (int i = 0; i < REDUCERS; i++) {
		troupe_must(troupe_call(state.reducers[i], REDUCER_GIVE, REDUCER_COUNTS, &counts, SAMPLE_PATIENCE, 0));
		list = tally_join(counts.list, list);
	}
	troupe_must(troupe_finish(system, SAMPLE_PATIENCE));
	uint64_t total = text_print(text, list, all);
	bool ok = total == text_words(text);
	tally_free(list);
	free(text.bytes);
	return all ? !ok : sample_done(ok, &ledger, "word_count: %" PRIu64 " words", total);
}
