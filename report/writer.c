/* SPDX-License-Identifier: MIT */
#include "report/writer.h"

#include <stdio.h>
#include <string.h>

#include "base/callback.h"

enum { ESCAPED_MAX = 1024, CLOSING_MAX = 32 }; /* what CLOSING_MAX is kept for: "cut": true, and the brackets */

void troupei_writer_line(const troupe_report_options *options, const char *text)
{
	if (options->line == NULL) {
		fprintf(stderr, "%s\n", text);
		return;
	}
	troupei_callback_enter();
	options->line(options->context, text);
	troupei_callback_leave();
}

static void flush(struct writer *writer)
{
	writer->text[writer->used] = 0;
	troupei_writer_line(writer->options, writer->text);
	writer->used = 0;
}

/* All of it or nothing. */
static bool add(struct writer *writer, const char *text, size_t keep)
{
	size_t length = strlen(text);

	if (writer->used + length + keep >= sizeof writer->text)
		return false;
	memcpy(writer->text + writer->used, text, length);
	writer->used += length;
	return true;
}

void troupei_writer_escape(char *to, size_t size, const char *from)
{
	size_t used = 0;

	for (; *from != 0 && used + 7 < size; from++) {
		unsigned char byte = (unsigned char)*from;
		if (byte < ' ' || byte > '~')
			used += (size_t)snprintf(to + used, size - used, "\\u%04x", byte);
		else if (byte == '"' || byte == '\\')
			used += (size_t)snprintf(to + used, size - used, "\\%c", byte);
		else
			to[used++] = (char)byte;
	}
	to[used] = 0;
}

/* -------------------------------------------------------------------------------------------------------- structure -- */

void troupei_writer_begin(struct writer *writer, const troupe_report_options *options)
{
	*writer = (struct writer){ .options = options, .json = options->format == TROUPE_REPORT_JSON, .first_section = true };
	if (writer->json)
		troupei_writer_line(options, "{");
}

void troupei_writer_end(struct writer *writer)
{
	if (writer->json)
		troupei_writer_line(writer->options, "}");
}

static void section(struct writer *writer, const char *name, const char *opening)
{
	char text[96];

	if (writer->json)
		snprintf(text, sizeof text, "%s\"%s\": %s", writer->first_section ? "" : ",", name, opening);
	else
		snprintf(text, sizeof text, "%s:", name);
	add(writer, text, 0);
	writer->first_section = false;
	writer->first_field = true;
	writer->cut = false;
}

void troupei_writer_object(struct writer *writer, const char *name)
{
	section(writer, name, "{");
}

void troupei_writer_list(struct writer *writer, const char *name)
{
	section(writer, name, "[");
	flush(writer);
	writer->in_list = true;
	writer->first_item = true;
}

void troupei_writer_item(struct writer *writer)
{
	add(writer, !writer->json ? " " : writer->first_item ? "{" : ",{", 0);
	writer->first_item = false;
	writer->first_field = true;
	writer->cut = false;
}

void troupei_writer_close(struct writer *writer)
{
	if (writer->cut)
		add(writer, !writer->json ? " ..." : writer->first_field ? "\"cut\": true" : ", \"cut\": true", 0);
	if (writer->json)
		add(writer, "}", 0);
	flush(writer);
}

void troupei_writer_list_end(struct writer *writer)
{
	writer->in_list = false;
	if (writer->json)
		troupei_writer_line(writer->options, "]");
	else if (writer->first_item)
		troupei_writer_line(writer->options, "  none");
}

/* ----------------------------------------------------------------------------------------------------------- fields -- */

/* @p value as it is to stand there in JSON, and in text. */
static void field(struct writer *writer, const char *key, const char *json, const char *text)
{
	char whole[ESCAPED_MAX + 128];

	if (writer->json)
		snprintf(whole, sizeof whole, "%s\"%s\": %s", writer->first_field ? "" : ", ", key, json);
	else if (strcmp(key, "name") == 0)
		snprintf(whole, sizeof whole, "%s %s", writer->first_field ? "" : ",", text);
	else
		snprintf(whole, sizeof whole, "%s %s %s", writer->first_field ? "" : ",", key, text);
	if (!add(writer, whole, CLOSING_MAX))
		writer->cut = true;
	else
		writer->first_field = false;
}

void troupei_writer_number(struct writer *writer, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof text, "%llu", (unsigned long long)value);
	field(writer, key, text, text);
}

void troupei_writer_flag(struct writer *writer, const char *key, bool value)
{
	field(writer, key, value ? "true" : "false", value ? "yes" : "no");
}

void troupei_writer_text(struct writer *writer, const char *key, const char *value)
{
	char quoted[ESCAPED_MAX + 2] = "\"";

	troupei_writer_escape(quoted + 1, ESCAPED_MAX, value);
	size_t length = strlen(quoted);
	quoted[length] = '"';
	quoted[length + 1] = 0;
	if (!writer->json)
		quoted[length] = 0;
	field(writer, key, quoted, quoted + 1);
}

void troupei_writer_ref(struct writer *writer, const char *key, troupe_ref ref)
{
	char text[24];

	snprintf(text, sizeof text, "%016llx", (unsigned long long)ref.bits_private);
	troupei_writer_text(writer, key, text);
}
