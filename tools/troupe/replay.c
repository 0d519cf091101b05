/* SPDX-License-Identifier: MIT */
/* troupe replay: the program that was recorded is started again as it was, and does the rest. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/record.h"
#include "commands.h"

enum { REQUEST_MAX = 8192, EXIT_USAGE = 2, EXIT_NO_PROGRAM = 127, EXIT_SIGNAL = 128, ARGUMENTS_MAX = 1024 };

static char request[REQUEST_MAX];

static int wrong(const char *what, const char *which)
{
	fprintf(stderr, "troupe replay: %s: %s\n", which, what);
	return EXIT_USAGE;
}

static bool add(const char *key, const char *value)
{
	size_t at = strlen(request);

	return strpbrk(value, ";=") == NULL &&
	       (size_t)snprintf(request + at, sizeof request - at, "%s%s=%s", at > 0 ? ";" : "", key, value) < sizeof request - at;
}

/* The program goes to another folder: a path that means the same there. NULL: there is no such file. */
static bool add_path(const char *key, const char *path)
{
	char *whole = realpath(path, NULL);
	bool added = whole != NULL && add(key, whole);

	if (whole == NULL)
		wrong(strerror(errno), path);
	else if (!added)
		wrong("a path with ; or = in it cannot be said to the program", path);
	free(whole);
	return added;
}

/* NULL: it is none, which has been said. */
static struct record_header *read_header(const char *path)
{
	struct record_header *header = calloc(1, RECORD_HEADER_SIZE + 1);
	int file = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = file >= 0 && header != NULL ? read(file, header, RECORD_HEADER_SIZE) : -1;

	if (file >= 0)
		close(file);
	if (got == RECORD_HEADER_SIZE && memcmp(header->magic, RECORD_MAGIC, sizeof header->magic) == 0 &&
	    header->version == RECORD_VERSION && header->words_size <= RECORD_HEADER_SIZE - sizeof *header &&
	    memchr(header->program, 0, sizeof header->program) != NULL && memchr(header->folder, 0, sizeof header->folder) != NULL)
		return header;
	if (got < 0)
		wrong(strerror(errno), path);
	else
		wrong("it is no recording, or damaged, or another version's", path);
	free(header);
	return NULL;
}

static char **arguments_of(struct record_header *header)
{
	static char *arguments[ARGUMENTS_MAX + 1];
	size_t count = 0;

	for (char *at = header->command; at < header->command + header->words_size && count < ARGUMENTS_MAX; at += strlen(at) + 1)
		arguments[count++] = at;
	arguments[count] = NULL;
	return arguments;
}

static void become(struct record_header *header, int told)
{
	char number[16];

	snprintf(number, sizeof number, "%d", told);
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* nobody is to run on when this tool is gone */
	unsetenv("TROUPE_RECORD");
	if (!add("told", number) || setenv("TROUPE_REPLAY", request, 1) != 0)
		_exit(wrong("no memory", header->program));
	if (chdir(header->folder) != 0)
		fprintf(stderr, "troupe replay: %s: %s: the program runs here instead\n", header->folder, strerror(errno));
	execv(header->program, arguments_of(header));
	fprintf(stderr, "troupe replay: %s: %s\n", header->program, strerror(errno));
	_exit(EXIT_NO_PROGRAM);
}

static int run(struct record_header *header)
{
	int told[2], status = 0;
	char byte;

	if (pipe(told) != 0)
		return wrong(strerror(errno), "no pipe");
	pid_t child = fork();
	if (child < 0)
		return wrong(strerror(errno), "no process");
	if (child == 0) {
		close(told[0]);
		become(header, told[1]);
	}
	close(told[1]);
	bool replays = read(told[0], &byte, 1) == 1;
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status))
		return EXIT_SIGNAL + WTERMSIG(status);
	if (!replays && WEXITSTATUS(status) != EXIT_NO_PROGRAM && WEXITSTATUS(status) != EXIT_USAGE)
		return wrong("it has started no system of Troupe's", header->program);
	return WEXITSTATUS(status);
}

int command_replay(int count, char **arguments)
{
	bool asks = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);

	for (; count > 0 && arguments[0][0] == '-'; count--, arguments++) {
		if (strcmp(arguments[0], "--commands") == 0 && count > 1) {
			if (strcmp(arguments[1], "-") != 0 && !add_path("commands", arguments[1]))
				return EXIT_USAGE;
			asks = true;
			count--, arguments++;
		} else if (strcmp(arguments[0], "--loud") == 0 || strcmp(arguments[0], "--other-program") == 0) {
			add(arguments[0] + 2, "1");
		} else if (strcmp(arguments[0], "--story") == 0) {
			asks = false;
		} else {
			return wrong("no such option, or its value is missing", arguments[0]);
		}
	}
	if (count != 1)
		return wrong("which recording?", "troupe replay [options] FILE");
	struct record_header *header = read_header(arguments[0]);
	if (header == NULL || !add_path("file", arguments[0]) || (asks && !add("asks", "1")))
		return EXIT_USAGE;
	return run(header);
}
