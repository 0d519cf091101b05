/* SPDX-License-Identifier: MIT */
/* A drawing for https://mermaid.js.org, which GitHub shows. */
#include <string.h>

#include "explore/drawing.h"

/* A semicolon or a hash would end the line there. */
static const char *plain(const char *words, char *to)
{
	size_t i = 0;

	for (; words[i] != '\0' && i < TRACE_TEXT_MAX - 1; i++)
		to[i] = strchr(";#\n", words[i]) != NULL ? ',' : words[i];
	to[i] = '\0';
	return to;
}

static const char *arrow(const struct row *row)
{
	switch (row->sort) {
	case ROW_LOST:
		return "-x";
	case ROW_ASIDE:
	case ROW_WAITING:
		return "--)";
	default:
		return row->answer || row->sort == ROW_WAIT ? "-->>" : "->>";
	}
}

static void draw_row(const struct row *row, FILE *file)
{
	char label[TRACE_TEXT_MAX], note[TRACE_TEXT_MAX];

	plain(row->label, label);
	plain(row->note, note);
	if (row->race != 0)
		fprintf(file, "  rect rgb(255, 225, 225)\n");
	if (row->sort == ROW_END || row->sort == ROW_RESTART)
		fprintf(file, "  Note over u%u: %s\n", row->to, label);
	else
		fprintf(file, "  u%u%su%u: %s%s\n", row->from, arrow(row), row->to, row->timer ? "timer " : "", label);
	if (note[0] != '\0')
		fprintf(file, "  Note over u%u: %s\n", row->to, note);
	if (row->race != 0)
		fprintf(file, "  end\n");
}

void troupei_drawing_mermaid(const struct drawing *drawing, FILE *file)
{
	char words[TRACE_TEXT_MAX];

	fprintf(file, "sequenceDiagram\n  autonumber\n");
	for (uint32_t i = 0; i < drawing->column_count; i++)
		fprintf(file, "  participant u%u as %s\n", i, plain(drawing->names[i], words));
	if (drawing->left_out > 0)
		fprintf(file, "  Note over u0: %u more before\n", drawing->left_out);
	for (uint32_t i = 0; i < drawing->row_count; i++)
		draw_row(&drawing->rows[i], file);
	if (drawing->column_count > 0)
		fprintf(file, "  Note over u0,u%u: %s\n", drawing->column_count - 1, plain(drawing->title, words));
}
