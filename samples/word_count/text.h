/* SPDX-License-Identifier: MIT */
/* What word_count needs and what is not about actors: reading text, finding words in it, printing counts. */
#ifndef WORD_COUNT_TEXT_H
#define WORD_COUNT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include "../tally.h"

struct text {
	char *bytes;
	size_t size;
};

/* All files one after the other, as cat does. No path: standard input if that is a pipe or a file, else a text that
 * comes with Debian. What cannot be read is named on stderr: exit 2. */
struct text text_read(char **paths);

/* The next word, of letters A to Z and a to z, from *at on; *at is behind it then. NULL: there is none. */
const char *text_word(const char **at, const char *end, size_t *size);

/* How much of the text to cut off: @p wanted bytes, and what belongs to the last word of them. */
size_t text_piece(const char *at, const char *end, size_t wanted);

/* How many words it has, found by nobody but this function. */
uint64_t text_words(struct text text);

/* Print how often each word on the list was in the text, the ten most frequent ones or all. The sum of the counts. */
uint64_t text_print(struct text text, const struct tally *list, bool all);

#endif
