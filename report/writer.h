/* SPDX-License-Identifier: MIT */
/* writer: the same report as text or as JSON. An object is a line; a list is a line for each of its objects.
 *
 *     begin   { object field* close | list { item field* close }* list_end }*   end
 *
 *   W1  What does not fit on a line is left out, field by field, and the object says so: JSON stays JSON. */
#ifndef TROUPEI_REPORT_WRITER_H
#define TROUPEI_REPORT_WRITER_H

#include "troupe/report.h"

enum { WRITER_LINE_MAX = 2048 };

struct writer {
	const troupe_report_options *options;
	char text[WRITER_LINE_MAX];
	size_t used;
	bool json;
	bool first_section, first_item, first_field;
	bool in_list;
	bool cut;  /* W1 */
};

/* One line to the user's sink. */
void troupei_writer_line(const troupe_report_options *options, const char *text);

void troupei_writer_begin(struct writer *writer, const troupe_report_options *options);
void troupei_writer_end(struct writer *writer);

void troupei_writer_object(struct writer *writer, const char *name);
void troupei_writer_list(struct writer *writer, const char *name);
void troupei_writer_item(struct writer *writer);
void troupei_writer_close(struct writer *writer);
void troupei_writer_list_end(struct writer *writer);

void troupei_writer_number(struct writer *writer, const char *key, uint64_t value);
void troupei_writer_flag(struct writer *writer, const char *key, bool value);
void troupei_writer_text(struct writer *writer, const char *key, const char *value);
void troupei_writer_ref(struct writer *writer, const char *key, troupe_ref ref);

/* @p from as a string of JSON, or of Graphviz, without the quotes; cut off where @p size ends. */
void troupei_writer_escape(char *to, size_t size, const char *from);

#endif
