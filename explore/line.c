/* SPDX-License-Identifier: MIT */
/* The line that makes a run happen again: `random:17`, a strategy and its seed; or `choices:17:0,3*2,5`, the units that were chosen,
 * and the seed of what failed by chance. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore/explorer.h"

static size_t write_choices(const uint32_t *units, size_t count, char *line, size_t size)
{
	size_t at = 0;

	for (size_t i = 0, next; i < count && at < size; i = next) {
		for (next = i + 1; next < count && units[next] == units[i]; next++)
			;
		at += (size_t)snprintf(line + at, size - at, next - i > 1 ? "%s%" PRIu32 "*%zu" : "%s%" PRIu32, i > 0 ? "," : "",
		                       units[i], next - i);
	}
	return at;
}

void troupei_line_write(const struct search *search, char *line, size_t size)
{
	const struct trace *trace = &search->shared->trace;
	size_t at;

	if (search->replayed == NULL) {
		snprintf(line, size, "%s:%" PRIu64, troupei_strategy_name(search->options.strategy), trace->seed);
		return;
	}
	at = (size_t)snprintf(line, size, "choices:%" PRIu64 ":", trace->seed);
	if (at >= size || write_choices(trace->choices, trace->choice_count, line + at, size - at) >= size - at)
		line[0] = '\0';
}

static bool read_number(const char **at, uint64_t *out)
{
	char *end;

	if (**at < '0' || **at > '9')
		return false;
	*out = strtoull(*at, &end, 10);
	*at = end;
	return true;
}

static bool append(uint32_t **choices, size_t *count, size_t *room, uint32_t unit)
{
	if (*count == *room) {
		size_t more = *room > 0 ? 2 * *room : 64;
		uint32_t *larger = realloc(*choices, more * sizeof *larger);
		if (larger == NULL)
			return false;
		*choices = larger;
		*room = more;
	}
	(*choices)[(*count)++] = unit;
	return true;
}

static bool read_choices(const char *at, uint32_t **choices, size_t *count)
{
	size_t room = 0;
	uint64_t unit, times;

	while (*at != '\0') {
		times = 1;
		if (!read_number(&at, &unit) || unit > UINT32_MAX || (*at == '*' && (at++, !read_number(&at, &times))) ||
		    times > TRACE_CHOICES_MAX)
			return false;
		for (; times > 0; times--)
			if (*count >= TRACE_CHOICES_MAX || !append(choices, count, &room, (uint32_t)unit))
				return false;
		if (*at == ',')
			at++;
		else if (*at != '\0')
			return false;
	}
	return *choices != NULL || append(choices, count, &room, 0);
}

bool troupei_line_read(const char *line, uint32_t *strategy, uint64_t *seed, uint32_t **choices, size_t *count)
{
	const char *colon = strchr(line, ':'), *name;

	*choices = NULL;
	*count = 0;
	if (colon == NULL)
		return false;
	size_t length = (size_t)(colon - line);
	colon++;
	if (!read_number(&colon, seed))
		return false;
	if (length == strlen("choices") && memcmp(line, "choices", length) == 0) {
		if (*colon == ':' && read_choices(colon + 1, choices, count))
			return true;
		free(*choices);
		return false;
	}
	for (*strategy = 0; (name = troupei_strategy_name(*strategy)) != NULL; (*strategy)++)
		if (strlen(name) == length && memcmp(line, name, length) == 0)
			return *colon == '\0';
	return false;
}
