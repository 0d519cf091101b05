/* SPDX-License-Identifier: MIT */
#include "text.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

static void complain(const char *path)
{
	fprintf(stderr, "word_count: %s: %s\n", path, strerror(errno));
	fprintf(stderr, "usage: word_count [--all] [file ...]     a text file, or - to read standard input\n");
	exit(2);
}

static void append(struct text *text, const char *path)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
	size_t room = 1 << 16, n = room;

	if (file == NULL)
		complain(path);
	while (n == room) {
		room = (1 << 16) + text->size / 2;
		char *bytes = realloc(text->bytes, text->size + room);
		if (bytes == NULL)
			complain(path);
		text->bytes = bytes;
		n = fread(bytes + text->size, 1, room, file);
		text->size += n;
	}
	if (ferror(file))
		complain(path);
	if (file != stdin)
		fclose(file);
}

struct text text_read(char **paths)
{
	struct text text = { NULL, 0 };
	struct stat in;

	if (*paths == NULL) {
		bool given = fstat(0, &in) == 0 && (S_ISFIFO(in.st_mode) || S_ISREG(in.st_mode));
		append(&text, given ? "-" : "/usr/share/common-licenses/GPL-3");
	}
	for (; *paths != NULL; paths++)
		append(&text, *paths);
	return text;
}

static bool is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

const char *text_word(const char **at, const char *end, size_t *size)
{
	const char *word, *p = *at;

	while (p < end && !is_letter(*p))
		p++;
	for (word = p; p < end && is_letter(*p); p++)
		;
	*at = p;
	*size = (size_t)(p - word);
	return p > word ? word : NULL;
}

size_t text_piece(const char *at, const char *end, size_t wanted)
{
	size_t n = wanted < (size_t)(end - at) ? wanted : (size_t)(end - at);

	while (at + n < end && is_letter(at[n]))
		n++;
	return n;
}

static int by_word(const void *a, const void *b)
{
	return strcmp((*(const struct tally *const *)a)->text, (*(const struct tally *const *)b)->text);
}

static int by_count(const void *a, const void *b)
{
	uint64_t m = (*(const struct tally *const *)a)->count, n = (*(const struct tally *const *)b)->count;

	return m != n ? (m < n) - (m > n) : by_word(a, b);
}

uint64_t text_words(struct text text)
{
	uint64_t n = 0;

	for (size_t i = 0; i < text.size; i++)
		n += is_letter(text.bytes[i]) && (i == 0 || !is_letter(text.bytes[i - 1]));
	return n;
}

uint64_t text_print(struct text text, const struct tally *list, bool all)
{
	const struct tally **words;
	uint64_t total = 0;
	size_t n = 0;

	for (const struct tally *t = list; t != NULL; t = t->next)
		n++;
	words = calloc(n + 1, sizeof *words);
	if (words == NULL)
		return 0;
	for (n = 0; list != NULL; list = list->next) {
		words[n++] = list;
		total += list->count;
	}
	qsort(words, n, sizeof *words, all ? by_word : by_count);
	if (all && text.size > 0 && !is_letter(text.bytes[0])) /* tr makes an empty line of that, and uniq counts it */
		printf("%7d \n", 1);
	for (size_t i = 0; i < n && (i < 10 || all); i++)
		printf("%7" PRIu64 " %s\n", words[i]->count, words[i]->text);
	free(words);
	return total;
}
