/* SPDX-License-Identifier: MIT */
/* A drawing as a picture. A message that others overtake leaves its sender where it was sent, and goes down to where it is
 * handled. */
#include <string.h>

#include "explore/drawing.h"

enum { STEP_X = 150, STEP_Y = 30, TOP = 70, LEFT = 90, RIGHT = 250, BELOW = 64 };

/* The characters that XML keeps for itself. */
static void write_words(const char *words, FILE *file)
{
	for (; *words != '\0'; words++)
		switch (*words) {
		case '<':
			fputs("&lt;", file);
			break;
		case '>':
			fputs("&gt;", file);
			break;
		case '&':
			fputs("&amp;", file);
			break;
		default:
			fputc((unsigned char)*words < ' ' ? ' ' : *words, file);
		}
}

static void write_text(FILE *file, int x, int y, const char *style, const char *words)
{
	fprintf(file, "<text x=\"%d\" y=\"%d\" class=\"%s\">", x, y, style);
	write_words(words, file);
	fputs("</text>\n", file);
}

static int x_of(uint32_t column)
{
	return LEFT + (int)column * STEP_X;
}

static int y_of(uint32_t number)
{
	return TOP + (int)number * STEP_Y;
}

static const char *style_of(const struct row *row)
{
	if (row->race != 0)
		return "race";
	if (row->sort == ROW_LOST || row->sort == ROW_WAIT)
		return "lost";
	return row->sort == ROW_ASIDE || row->sort == ROW_WAITING ? "aside" : row->answer ? "answer" : "sent";
}

static void draw_at(const struct row *row, FILE *file)
{
	char words[STORY_NAME_MAX + 16];
	int x = x_of(row->to), y = y_of(row->number);
	bool own = row->sort != ROW_END && row->sort != ROW_RESTART;

	snprintf(words, sizeof words, "%s%s", row->timer ? "timer: " : own && !row->unknown && !row->news ? "self: " : "", row->label);
	fprintf(file, "<circle cx=\"%d\" cy=\"%d\" r=\"5\" class=\"%s\"/>\n", x, y, own ? style_of(row) : "end");
	write_text(file, x + 10, y + 4, row->race != 0 ? "at raced" : "at", words);
}

/* Overtaken: from just below the row that it was sent after. */
static void draw_arrow(const struct row *row, FILE *file)
{
	int from = x_of(row->from), to = x_of(row->to), y = y_of(row->number);
	bool message = row->sort != ROW_WAIT;
	int y0 = message && row->number > row->after + 1 ? y_of(row->after) + STEP_Y / 2 : y - (message ? 6 : 0);
	int short_of = to > from ? -3 : 3, beside = to > from ? -STEP_X / 2 : STEP_X / 2;

	fprintf(file, "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" class=\"%s\" marker-end=\"url(#%s)\"/>\n", from, y0, to + short_of, y,
	        style_of(row), row->race != 0 ? "red" : "head");
	/* Beside who handles it, in its row: no two are there. */
	write_text(file, to + beside, y - 6, row->race != 0 ? "label raced" : "label", row->label);
}

static void draw_row(const struct drawing *drawing, const struct row *row, FILE *file)
{
	char number[16];

	snprintf(number, sizeof number, "%u", row->number);
	write_text(file, 12, y_of(row->number) + 4, "number", number);
	if (row->from == row->to)
		draw_at(row, file);
	else
		draw_arrow(row, file);
	if (row->note[0] != '\0')
		write_text(file, x_of(drawing->column_count - 1) + (row->to == drawing->column_count - 1 && row->from == row->to ? 120 : 24),
		           y_of(row->number) + 4, row->race != 0 ? "at raced" : "at quiet", row->note);
}

static void draw_column(const struct drawing *drawing, uint32_t column, FILE *file)
{
	int x = x_of(column);

	fprintf(file, "<rect x=\"%d\" y=\"%d\" width=\"126\" height=\"28\" rx=\"5\" class=\"box\"/>\n", x - 63, TOP - 48);
	write_text(file, x, TOP - 29, "name", drawing->names[column]);
	fprintf(file, "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" class=\"life\"/>\n", x, TOP - 20, x, y_of(drawing->row_count) + 16);
}

static const char head[] =
	"<style>text{font:13px sans-serif;fill:#222} .name{text-anchor:middle;font-weight:bold} .label{text-anchor:middle;paint-order:stroke;"
	"stroke:#fff;stroke-width:4px} .at{paint-order:stroke;stroke:#fff;stroke-width:4px} .number,.quiet{fill:#888} .raced{fill:#b00020;"
	"font-weight:bold} .title{font-weight:bold;fill:#b00020} .box{fill:#eef3fa;stroke:#5b7aa6} .life{stroke:#b8c4d6;stroke-width:1.5} "
	".sent,.answer,.aside,.race,.lost{stroke-width:1.6;stroke:#333;fill:#333} .answer{stroke-dasharray:6 4} .aside{stroke-dasharray:2 4;"
	"stroke:#888} .race{stroke:#b00020;fill:#b00020;stroke-width:2.6} .lost{stroke:#b00020;stroke-dasharray:5 3} .end{fill:#222}</style>\n"
	"<defs><marker id=\"head\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"9\" markerHeight=\"9\" orient=\"auto\" "
	"markerUnits=\"userSpaceOnUse\"><path d=\"M0 0L10 5L0 10z\" fill=\"#333\"/></marker><marker id=\"red\" viewBox=\"0 0 10 10\" refX=\"9\" "
	"refY=\"5\" markerWidth=\"11\" markerHeight=\"11\" orient=\"auto\" markerUnits=\"userSpaceOnUse\"><path d=\"M0 0L10 5L0 10z\" "
	"fill=\"#b00020\"/></marker></defs>\n";

void troupei_drawing_svg(const struct drawing *drawing, FILE *file)
{
	int width = x_of(drawing->column_count) - STEP_X + RIGHT, height = y_of(drawing->row_count) + BELOW;
	char more[64];

	width = width < 560 ? 560 : width;
	fprintf(file, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n%s", width, height, width,
	        height, head);
	fprintf(file, "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n", width, height);
	for (uint32_t i = 0; i < drawing->column_count; i++)
		draw_column(drawing, i, file);
	if (drawing->left_out > 0) {
		snprintf(more, sizeof more, "... %u more before", drawing->left_out);
		write_text(file, LEFT + 10, TOP - 2, "at quiet", more);
	}
	for (uint32_t i = 0; i < drawing->row_count; i++)
		draw_row(drawing, &drawing->rows[i], file);
	write_text(file, 12, height - 18, "title", drawing->title);
	fputs("</svg>\n", file);
}
