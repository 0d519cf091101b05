/* SPDX-License-Identifier: MIT */
#include "source.h"
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t stopped;

static void stop(int signal_number)
{
	(void)signal_number;
	stopped = 1;
}

/* The excerpt that comes with the samples, searched from here and from the program's folder upwards. */
static FILE *open_excerpt(void)
{
	static const char name[] = "samples/data/dpkg.log";
	char path[PATH_MAX + sizeof name];
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);
	FILE *file = fopen(name, "r");

	path[n > 0 ? n : 0] = '\0';
	for (char *slash; file == NULL && (slash = strrchr(path, '/')) != NULL; *slash = '\0') {
		memcpy(slash + 1, name, sizeof name);
		file = fopen(path, "r");
	}
	return file;
}

static void open_default(struct source *source)
{
	struct stat in;

	if (fstat(0, &in) == 0 && (S_ISFIFO(in.st_mode) || S_ISREG(in.st_mode))) {
		source->name = "standard input";
		source->file = stdin;
		return;
	}
	source->name = "/var/log/dpkg.log";
	source->file = fopen(source->name, "r");
	if (source->file == NULL) {
		source->name = "samples/data/dpkg.log";
		source->file = open_excerpt();
	}
}

void source_open(struct source *source, char **arguments)
{
	struct sigaction action = { .sa_handler = stop };

	*source = (struct source){ .follow = *arguments != NULL && strcmp(*arguments, "--follow") == 0 };
	arguments += source->follow;
	if (*arguments != NULL) {
		source->name = *arguments;
		source->file = strcmp(*arguments, "-") == 0 ? stdin : fopen(*arguments, "r");
	} else {
		open_default(source);
	}
	if (source->file == NULL || (*arguments != NULL && arguments[1] != NULL)) {
		const char *why = source->file == NULL ? strerror(errno) : "one file at a time";
		fprintf(stderr, "log_report: %s: %s\n", source->name, why);
		fprintf(stderr, "usage: log_report [--follow] [file]     a log of dpkg, or - for standard input\n");
		exit(2);
	}
	if (source->follow) {
		sigaction(SIGINT, &action, NULL); /* without SA_RESTART: it wakes a sleep or a read */
		sigaction(SIGTERM, &action, NULL);
	}
}

ssize_t source_next(struct source *source)
{
	const struct timespec nap = { .tv_nsec = 100 * 1000 * 1000 };
	ssize_t n;

	if (source->idle && !stopped)
		nanosleep(&nap, NULL);
	n = getline(&source->line, &source->room, source->file);
	source->idle = source->follow && !stopped && (n < 0 || source->line[n - 1] != '\n');
	if (!source->idle)
		return n;
	clearerr(source->file);
	return n > 0 && fseeko(source->file, -n, SEEK_CUR) != 0 ? n : 0; /* half a line: again, when it is whole */
}

void source_close(struct source *source)
{
	free(source->line);
	if (source->file != stdin)
		fclose(source->file);
}
