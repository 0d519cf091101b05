/* SPDX-License-Identifier: MIT */
/* How often each text was seen: a list, and a search tree over it (POSIX tsearch). Nothing about actors. */
#ifndef TALLY_H
#define TALLY_H
#include <search.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct tally { struct tally *next; uint64_t count; char text[]; };
struct tallies { struct tally *first; void *tree; };

static inline int tally_by_text(const void *a, const void *b)
{
	return strcmp(((const struct tally *)a)->text, ((const struct tally *)b)->text);
}

/* Count @p text once more. How often it was seen by now; 0: no memory, nothing has changed. */
static inline uint64_t tally_add(struct tallies *all, const char *text)
{
	struct tally *new = malloc(sizeof *new + strlen(text) + 1), **found;

	if (new == NULL)
		return 0;
	new->count = 0;
	memcpy(new->text, text, strlen(text) + 1);
	found = tsearch(new, &all->tree, tally_by_text); /* the older one, if there is one of the same text */
	if (found != NULL && *found == new) {
		new->next = all->first;
		all->first = new;
	} else {
		free(new);
	}
	return found != NULL ? ++(*found)->count : 0;
}

/* The list, which is the caller's from now on: each element came from malloc. Nothing is left. */
static inline struct tally *tally_take(struct tallies *all)
{
	struct tally *list = all->first;

	for (struct tally *t = list; t != NULL; t = t->next)
		tdelete(t, &all->tree, tally_by_text);
	all->first = NULL;
	return list;
}

/* Two lists in one. */
static inline struct tally *tally_join(struct tally *a, struct tally *b)
{
	struct tally **end = &a;

	while (*end != NULL)
		end = &(*end)->next;
	*end = b;
	return a;
}

static inline void tally_free(struct tally *list)
{
	for (struct tally *next; list != NULL; list = next) {
		next = list->next;
		free(list);
	}
}
#endif
