/* SPDX-License-Identifier: MIT */
/* troupe explore: what is asked goes into the environment, and the program that is linked with the library does the rest. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "commands.h"

enum { REQUEST_MAX = 8192, EXIT_USAGE = 2, EXIT_NO_PROGRAM = 127, EXIT_SIGNAL = 128 };

static char request[REQUEST_MAX];

static bool add(const char *key, const char *value)
{
	size_t at = strlen(request);

	return strpbrk(value, ";=") == NULL &&
	       (size_t)snprintf(request + at, sizeof request - at, "%s%s=%s", at > 0 ? ";" : "", key, value) < sizeof request - at;
}

static bool is_number(const char *text)
{
	return text[0] != '\0' && strspn(text, "0123456789") == strlen(text) && strlen(text) < 20;
}

static int wrong(const char *what, const char *which)
{
	fprintf(stderr, "troupe explore: %s: %s\n", what, which);
	return EXIT_USAGE;
}

/* What takes none; the numbers are those of troupe_exploration_flags. */
static const struct {
	const char *option, *key, *value;
} flags[] = {
	{ "--find-unknown", "flags", "1" },     { "--find-waiting", "flags", "2" }, { "--find-dead", "dead-letters", "1" },
	{ "--allow-deadlocks", "flags", "4" },  { "--allow-leaks", "flags", "8" },  { "--no-shrink", "flags", "16" },
};

/* True: it takes a value. */
static bool takes_value(const char *option, bool *number)
{
	static const char *const numbers[] = { "--schedules", "--seed", "--steps", "--depth", "--crashes", "--refusals" };

	*number = false;
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		if (strcmp(option, numbers[i]) == 0)
			return *number = true;
	return strcmp(option, "--draw") == 0 || strcmp(option, "--strategy") == 0 || strcmp(option, "--replay") == 0;
}

/* How many arguments it took; 0: it is wrong, and that has been said. */
static int read_option(int count, char **arguments)
{
	const char *option = arguments[0];
	bool number;

	if (takes_value(option, &number)) {
		if (count < 2 || (number && !is_number(arguments[1])))
			return wrong(number ? "a number is missing" : "a value is missing", option), 0;
		if (!add(option + 2, arguments[1]))
			return wrong("that cannot be said to the program", arguments[1]), 0;
		return 2;
	}
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		if (strcmp(option, flags[i].option) == 0)
			return add(flags[i].key, flags[i].value) ? 1 : 0;
	if (strcmp(option, "--json") == 0 || strcmp(option, "--loud") == 0)
		return add(option + 2, "1") ? 1 : 0;
	return wrong("no such option", option), 0;
}

/* The child. It says by a byte that it explores: somebody may have given us a program that knows nothing of Troupe. */
static void become(char **arguments, int told)
{
	char number[16];

	snprintf(number, sizeof number, "%d", told);
	if (!add("told", number) || setenv("TROUPE_EXPLORE", request, 1) != 0)
		_exit(wrong("no memory", request));
	execvp(arguments[0], arguments);
	fprintf(stderr, "troupe explore: %s: %s\n", arguments[0], strerror(errno));
	_exit(EXIT_NO_PROGRAM);
}

static int run(char **arguments)
{
	int told[2], status = 0;
	char byte;

	if (pipe(told) != 0)
		return wrong("no pipe", strerror(errno));
	pid_t child = fork();
	if (child < 0)
		return wrong("no process", strerror(errno));
	if (child == 0) {
		close(told[0]);
		become(arguments, told[1]);
	}
	close(told[1]);
	sigaction(SIGINT, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL); /* the program has it too, and ends by it */
	bool explores = read(told[0], &byte, 1) == 1;
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status))
		return EXIT_SIGNAL + WTERMSIG(status);
	if (!explores && WEXITSTATUS(status) != EXIT_NO_PROGRAM && WEXITSTATUS(status) != EXIT_USAGE)
		return wrong("it has started no system of Troupe's", arguments[0]);
	return WEXITSTATUS(status);
}

int command_explore(int count, char **arguments)
{
	bool replays = false;

	while (count > 0 && arguments[0][0] == '-') {
		replays = replays || strcmp(arguments[0], "--replay") == 0;
		int taken = read_option(count, arguments);
		if (taken == 0)
			return EXIT_USAGE;
		count -= taken;
		arguments += taken;
	}
	if (count == 0)
		return wrong("which program?", "troupe explore [options] PROGRAM");
	if (replays && !add("loud", "1"))
		return EXIT_USAGE;
	if (request[0] == '\0' && !add("seed", "1"))
		return EXIT_USAGE;
	return run(arguments);
}
