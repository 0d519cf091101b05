/* SPDX-License-Identifier: MIT */
/* What was expected, and what came instead, in words. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "testkit/kit.h"

#define kit troupei_kit

void troupei_words_clear(void)
{
	kit.words[0] = '\0';
	kit.words_about = TROUPE_OK;
}

troupe_status troupei_words(troupe_status status, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(kit.words, sizeof kit.words, format, arguments);
	va_end(arguments);
	kit.words_about = status;
	return status;
}

const char *troupe_test_words(void)
{
	return kit.words;
}

const char *troupei_words_time(int64_t ns, char *text, size_t size)
{
	static const struct {
		int64_t ns;
		const char *name;
	} units[] = { { TROUPE_S, "s" }, { TROUPE_MS, "ms" }, { TROUPE_US, "us" }, { 1, "ns" } };
	size_t i = 0;

	if (ns == 0)
		i = 1;
	else
		while (ns % units[i].ns != 0)
			i++;
	snprintf(text, size, "%" PRId64 " %s", ns / units[i].ns, units[i].name);
	return text;
}

static const char *own_name(int32_t kind)
{
	switch (kind) {
	case TROUPE_LINKED:
		return "TROUPE_LINKED";
	case TROUPE_DOWN:
		return "TROUPE_DOWN";
	case TROUPE_ROOM:
		return "TROUPE_ROOM";
	case TROUPE_UNANSWERED:
		return "TROUPE_UNANSWERED";
	case TROUPE_RESTARTED:
		return "TROUPE_RESTARTED";
	case TROUPE_RETURNED:
		return "TROUPE_RETURNED";
	default:
		return "";
	}
}

const char *troupei_words_kind(const struct troupei_probe *probe, int32_t kind, char *text, size_t size)
{
	const char *name = kind < 0 ? own_name(kind) : "";

	for (const troupe_kind *row = probe->kinds; row != NULL && row->kind != 0; row++)
		if (row->kind == kind)
			name = row->name;
	if (name[0] != '\0')
		snprintf(text, size, "%s (%" PRId32 ")", name, kind);
	else
		snprintf(text, size, "kind %" PRId32, kind);
	return text;
}

/* -------------------------------------------------------------------------------------------------------- the end of it -- */

static void say_more(void)
{
	fprintf(stderr, "    seed %" PRIu64 "; TROUPE_TEST_SEED=%" PRIu64 " shows it again\n", kit.seed, kit.seed);
	for (uint32_t i = 0; kit.theirs.log == NULL && i < kit.line_count && i < KIT_LINES_MAX; i++)
		fprintf(stderr, "    logged: %s\n", kit.lines[i]);
}

void troupei_words_leave(void)
{
	fprintf(stderr, "troupe: %s\n", kit.trace->text);
	say_more();
	abort();
}

void troupe_test_must_at(troupe_status status, const char *call, const char *file, int line)
{
	const char *words = kit.words_about == status ? kit.words : troupe_status_text(status);

	if (status == TROUPE_OK)
		return;
	if (troupei_is_simulated() && kit.joined)
		troupei_simulation_fail(FINDING_PROMISE, "%s (%s:%d)", words, file, line);
	fprintf(stderr, "%s:%d: %s is %s: %s\n", file, line, call, troupe_status_name(status), words);
	if (kit.open)
		say_more();
	abort();
}
