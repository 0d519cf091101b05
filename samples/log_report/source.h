/* SPDX-License-Identifier: MIT */
/* Where log_report's lines come from: a file, read once or followed as tail -f does. Nothing about actors. */
#ifndef LOG_REPORT_SOURCE_H
#define LOG_REPORT_SOURCE_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

struct source {
	const char *name;
	FILE *file;
	bool follow;
	bool idle;  /* the last call found nothing new */
	char *line; /* the last one read */
	size_t room;
};

/* Read "[--follow] [file]". No file: standard input if it is a pipe or a file, else dpkg's log, else the one beside the
 * samples. What cannot be opened, or is not understood, is named on stderr: exit 2. */
void source_open(struct source *source, char **arguments);

/* The length of the next line, which is in source->line; 0: there is none at the moment; below 0: this was all. With
 * follow that is after SIGINT or SIGTERM. */
ssize_t source_next(struct source *source);

void source_close(struct source *source);

#endif
