/* SPDX-License-Identifier: MIT */
/* The line that makes a run happen again: `random:17`, a strategy and its seed; `pct.3.128:17`, one that has a depth, and knows how
 * many choices to expect; or `choices:17:0,3*2,5`, the units that were chosen, and the seed of what failed by chance; `choices.12:...` if there were so
 * many workers, and not as many as usual. */
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
	const struct strategy *strategy = search->strategy;
	const char *name = troupei_strategy_name(search->options.strategy);
	size_t at;

	if (search->replayed == NULL && search->options.strategy == TROUPE_PCT) {
		snprintf(line, size, "%s.%" PRIu32 ".%" PRIu32 ":%" PRIu64, name, strategy->depth, troupei_search_expects(search),
		         trace->seed);
		return;
	}
	if (search->replayed == NULL && !strategy->one_seed) {
		snprintf(line, size, "%s:%" PRIu64, name, trace->seed);
		return;
	}
	at = (size_t)(strategy->workers > 0 ? snprintf(line, size, "choices.%" PRIu32 ":%" PRIu64 ":", strategy->workers, trace->seed)
	                                    : snprintf(line, size, "choices:%" PRIu64 ":", trace->seed));
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

static bool read_32(const char **at, uint32_t *out)
{
	uint64_t number;

	if (!read_number(at, &number) || number > UINT32_MAX)
		return false;
	*out = (uint32_t)number;
	return true;
}

/* `.3.128`, behind the name of a strategy that has a depth. */
static bool read_depth(const char **at, struct line *out)
{
	if (**at != '.')
		return true;
	(*at)++;
	if (!read_32(at, &out->depth) || *(*at)++ != '.')
		return false;
	return read_32(at, &out->expected);
}

static bool read_strategy(const char **at, struct line *out)
{
	size_t length = strcspn(*at, ".:");
	const char *name;

	for (out->strategy = 0; (name = troupei_strategy_name(out->strategy)) != NULL; out->strategy++)
		if (strlen(name) == length && memcmp(*at, name, length) == 0)
			break;
	*at += length;
	return name != NULL && read_depth(at, out);
}

bool troupei_line_read(const char *text, struct line *out)
{
	static const char choices[] = "choices";
	const char *at = text;

	*out = (struct line){ 0 };
	if (strncmp(at, choices, strlen(choices)) != 0)
		return read_strategy(&at, out) && *at++ == ':' && read_number(&at, &out->seed) && *at == '\0';
	at += strlen(choices);
	if (*at == '.' && (at++, !read_32(&at, &out->workers) || out->workers > TROUPE_WORKERS_MAX))
		return false;
	if (*at++ == ':' && read_number(&at, &out->seed) && *at == ':' && read_choices(at + 1, &out->choices, &out->count))
		return true;
	free(out->choices);
	return false;
}
