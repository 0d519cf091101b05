/* SPDX-License-Identifier: MIT */
#include "line.h"
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char *const names[LINE_KINDS] = {
	"unknown", "startup", "conffile", "install", "upgrade", "configure", "trigproc", "disappear", "remove", "purge",
	"status not-installed", "status config-files", "status half-installed", "status unpacked",
	"status half-configured", "status triggers-awaited", "status triggers-pending", "status installed",
};

const char *line_kind_name(int kind)
{
	return names[kind];
}

static bool has_time(const char *line)
{
	static const char form[] = "0000-00-00 00:00:00 ";
	size_t i = 0;

	while (form[i] != '\0' && (form[i] == '0' ? isdigit((unsigned char)line[i]) != 0 : line[i] == form[i]))
		i++;
	return form[i] == '\0';
}

static int find_kind(const char *name)
{
	for (int kind = LINE_UNKNOWN + 1; kind < LINE_KINDS; kind++)
		if (strcmp(names[kind], name) == 0)
			return kind;
	return LINE_UNKNOWN;
}

struct event line_parse(const char *line)
{
	struct event event = { .kind = LINE_UNKNOWN };
	char action[32], first[80], second[80], status[128];
	bool is_status;

	if (!has_time(line) || sscanf(line + 20, "%31s %79s %79s", action, first, second) < 3)
		return event;
	is_status = strcmp(action, "status") == 0;
	snprintf(status, sizeof status, "status %s", first);
	event.kind = find_kind(is_status ? status : action);
	if (event.kind == LINE_UNKNOWN)
		return event;
	memcpy(event.minute, line, 16);
	if (strcmp(action, "startup") != 0 && strcmp(action, "conffile") != 0) {
		const char *package = is_status ? second : first;
		memcpy(event.package, package, strcspn(package, ":"));
	}
	return event;
}
