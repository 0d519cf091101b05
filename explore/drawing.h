/* SPDX-License-Identifier: MIT */
/* drawing: a story as a sequence diagram: who stands in which column, and what happens in which row. Small enough for a screen:
 * the library's own messages and who has nothing to do with it are left out, and, if it is still too long, the beginning. */
#ifndef TROUPEI_EXPLORE_DRAWING_H
#define TROUPEI_EXPLORE_DRAWING_H

#include <stdio.h>

#include "explore/story.h"

enum { DRAWING_COLUMNS_MAX = 10, DRAWING_ROWS_MAX = 34, DRAWING_WIDTH_MAX = 118, DRAWING_NOTE_MAX = 72 };

enum row_sort {
	ROW_MESSAGE, /* handled */
	ROW_ASIDE,   /* handled, and put aside to the end */
	ROW_LOST,    /* a dead letter */
	ROW_WAITING, /* sent, and not handled to the end */
	ROW_END,     /* of an actor */
	ROW_RESTART, /* of an actor */
	ROW_WAIT,    /* by waits for to */
};

struct row {
	enum row_sort sort;
	uint32_t from, to;         /* columns; from: to's own for timers and ends */
	uint32_t number;           /* from 1 on, as drawn */
	uint32_t after;            /* it was sent behind the row of that number; 0: before them all */
	bool timer, answer, news;
	bool unknown;              /* who sent it stands in no column */
	char race;                 /* 'A' or 'B': one of the two that race; else 0 */
	char label[STORY_NAME_MAX];
	char note[DRAWING_NOTE_MAX];
};

struct drawing {
	uint32_t units[DRAWING_COLUMNS_MAX];
	char names[DRAWING_COLUMNS_MAX][STORY_NAME_MAX];
	uint32_t column_count, row_count, left_out; /* rows */
	struct row rows[DRAWING_ROWS_MAX];
	char title[TRACE_TEXT_MAX];
};

void troupei_drawing_make(const struct story *story, struct drawing *drawing);

/* draw_text.c: lines of text; what does not fit is left out. */
void troupei_drawing_text(const struct drawing *drawing, char *text, size_t size);
/* draw_svg.c, draw_mermaid.c */
void troupei_drawing_svg(const struct drawing *drawing, FILE *file);
void troupei_drawing_mermaid(const struct drawing *drawing, FILE *file);

#endif
