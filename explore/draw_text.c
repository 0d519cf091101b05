/* SPDX-License-Identifier: MIT */
/* A drawing as lines of text: a lifeline is a column of bars, a message an arrow in the row in which it is handled. */
#include <string.h>

#include "explore/drawing.h"

enum { MARGIN = 5, NARROWEST = 9, WIDEST = 22, LINE_SIZE = DRAWING_WIDTH_MAX + DRAWING_NOTE_MAX + 16 };

struct page {
	const struct drawing *drawing;
	uint32_t step;      /* from lifeline to lifeline */
	char *text;
	size_t size, at;
	char line[LINE_SIZE];
};

static uint32_t place(const struct page *page, uint32_t column)
{
	return MARGIN + page->step / 2 + column * page->step;
}

/* Without blanks at its end. */
static void end_line(struct page *page)
{
	size_t length = LINE_SIZE - 1;

	page->line[length] = '\0';
	while (length > 0 && page->line[length - 1] == ' ')
		length--;
	page->line[length] = '\0';
	if (page->at + length + 2 > page->size)
		return;
	memcpy(page->text + page->at, page->line, length);
	page->text[page->at + length] = '\n';
	page->at += length + 1;
	page->text[page->at] = '\0';
}

static void put(struct page *page, uint32_t at, const char *words)
{
	size_t length = strlen(words);

	if (at < LINE_SIZE - 1)
		memcpy(page->line + at, words, length < LINE_SIZE - 1 - at ? length : LINE_SIZE - 1 - at);
}

static void begin_line(struct page *page, bool bars)
{
	memset(page->line, ' ', sizeof page->line);
	for (uint32_t i = 0; bars && i < page->drawing->column_count; i++)
		page->line[place(page, i)] = '|';
}

/* To so many characters; its number stays. */
static void shorten(const char *from, char *to, uint32_t width)
{
	const char *number = strrchr(from, ' ');
	size_t length = number != NULL ? strlen(number) : 0;

	if (strlen(from) <= width || length >= width)
		snprintf(to, STORY_NAME_MAX, "%.*s", (int)width, from);
	else
		snprintf(to, STORY_NAME_MAX, "%.*s%s", (int)(width - length), from, number != NULL ? number : "");
}

static void draw_heads(struct page *page)
{
	begin_line(page, false);
	for (uint32_t i = 0; i < page->drawing->column_count; i++) {
		char name[STORY_NAME_MAX];
		shorten(page->drawing->names[i], name, page->step - 1);
		uint32_t half = (uint32_t)strlen(name) / 2, at = place(page, i);
		put(page, at > half ? at - half : 0, name);
	}
	end_line(page);
}

/* What happens at one lifeline: beside it. */
static void draw_at(struct page *page, const struct row *row)
{
	char words[STORY_NAME_MAX + 16];
	const char *mark = row->sort == ROW_END ? "X" : row->sort == ROW_RESTART ? "@" : row->timer ? "o" : "*";
	const char *before = row->timer ? "timer " : row->unknown || row->news || row->sort == ROW_END || row->sort == ROW_RESTART ? "" : "self ";

	put(page, place(page, row->to), mark);
	snprintf(words, sizeof words, " %s%s", before, row->label);
	put(page, place(page, row->to) + 1, words);
}

static char shaft(const struct row *row)
{
	return row->race != 0 ? '=' : row->sort == ROW_WAIT ? '~' : row->answer ? '.' : '-';
}

static void draw_arrow(struct page *page, const struct row *row)
{
	bool right = row->to > row->from;
	uint32_t from = place(page, row->from), to = place(page, row->to);
	uint32_t left = (right ? from : to) + 1, end = right ? to : from, room = end - left;
	char label[STORY_NAME_MAX];
	const char *head = row->sort == ROW_LOST ? "x" : row->sort == ROW_ASIDE ? "o" : right ? ">" : "<";

	memset(page->line + left, shaft(row), room);
	snprintf(label, sizeof label, "%.*s", room > 4 ? (int)room - 3 : 1, row->label);
	put(page, left + (room - (uint32_t)strlen(label)) / 2, label);
	put(page, right ? end - 1 : left, head);
}

static void draw_row(struct page *page, const struct row *row)
{
	char number[16];

	begin_line(page, true);
	snprintf(number, sizeof number, "%3u", row->number);
	put(page, 0, number);
	if (row->from == row->to)
		draw_at(page, row);
	else
		draw_arrow(page, row);
	put(page, place(page, page->drawing->column_count - 1) + (row->to == page->drawing->column_count - 1 && row->from == row->to ? page->step : 3),
	    row->note);
	end_line(page);
}

void troupei_drawing_text(const struct drawing *drawing, char *text, size_t size)
{
	struct page page = { .drawing = drawing, .text = text, .size = size };
	char words[64];

	text[0] = '\0';
	if (drawing->row_count == 0)
		return;
	page.step = (80 - MARGIN) / drawing->column_count;
	page.step = page.step > WIDEST ? WIDEST : page.step < NARROWEST ? NARROWEST : page.step;
	draw_heads(&page);
	if (drawing->left_out > 0) {
		begin_line(&page, true);
		snprintf(words, sizeof words, "... %u more", drawing->left_out);
		put(&page, place(&page, drawing->column_count - 1) + 3, words);
		end_line(&page);
	}
	for (uint32_t i = 0; i < drawing->row_count; i++)
		draw_row(&page, &drawing->rows[i]);
	begin_line(&page, false);
	put(&page, 0, " !!");
	put(&page, MARGIN, drawing->title);
	end_line(&page);
}
