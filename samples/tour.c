/* SPDX-License-Identifier: MIT */
/* tour: runs every sample, one after the other, and says what each did and how fast.
 *
 *     build/samples/tour            a line for each sample, and one for all
 *     build/samples/tour --json     the same for machines, an object a line
 *     build/samples/tour --list     only their names, in the order of the tour
 *
 * The samples are the programs in the folder of this one. Each checks its own result; the tour reads the closing line
 * and the exit code. Its own: 0: all were right; 1: one was wrong, or is missing; 2: an option is not known. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "sample.h"

enum { SAMPLES_MAX = 100, LIMIT_S = 120 };
enum style { LINES, TERMINAL, JSON };
/* In which one learns. Others that are in the folder come after these. */
static const char *const order[] = {
	"hello", "ping_pong", "counter", "ring", "skynet", "bank", "dining_philosophers", "chameneos", "pipeline",
	"timers", "supervised_bank", "deadlock", "overload", "router_search", "job_pool", "word_count", "log_report",
};
enum { KNOWN = sizeof order / sizeof *order };

struct run {
	const char *name;
	char output[1 << 16]; /* what it printed, the newest of it; ends in 0 */
	size_t size;
	char error[64]; /* "": it was right, and the closing line said: */
	char what[256], messages[32];
	double seconds;
};

/* ------------------------------------------------------------------------------------------------- what there is -- */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_extra(int folder, const char *name)
{
	bool known = strcmp(name, "tour") == 0;
	struct stat s;

	for (size_t i = 0; i < KNOWN && !known; i++)
		known = strcmp(order[i], name) == 0;
	return !known && fstatat(folder, name, &s, 0) == 0 && S_ISREG(s.st_mode) && (s.st_mode & S_IXUSR) != 0;
}

/* All that are known, there or not, then the other programs of the folder. */
static size_t find_samples(const char *folder, const char **names)
{
	DIR *dir = opendir(folder);
	size_t n = KNOWN;

	memcpy(names, order, sizeof order);
	for (struct dirent *e; dir != NULL && n < SAMPLES_MAX && (e = readdir(dir)) != NULL;)
		if (is_extra(dirfd(dir), e->d_name) && (names[n] = strdup(e->d_name)) != NULL)
			n++;
	if (dir != NULL)
		closedir(dir);
	qsort(names + KNOWN, n - KNOWN, sizeof *names, by_name);
	return n;
}

/* ------------------------------------------------------------------------------------------------------- one run -- */

/* Start it with nothing to read; what it prints is to be read at *output. 0, or an errno. */
static int start(const char *folder, const char *name, pid_t *child, int *output)
{
	char path[PATH_MAX], *arguments[] = { path, NULL };
	posix_spawn_file_actions_t actions;
	int ends[2], error;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return errno;
	snprintf(path, sizeof path, "%s%s", folder, name);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
	posix_spawn_file_actions_adddup2(&actions, ends[1], 2);
	error = posix_spawn(child, path, &actions, NULL, arguments, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	*output = ends[0];
	if (error != 0)
		close(ends[0]);
	return error;
}

/* Take what has been printed. false: there will be no more. */
static bool take(struct run *run, int output)
{
	const size_t half = sizeof run->output / 2;

	if (run->size >= half) { /* the end is what matters */
		memmove(run->output, run->output + run->size - half / 2, half / 2);
		run->size = half / 2;
	}
	ssize_t n = read(output, run->output + run->size, half - 1);
	run->size += n > 0 ? (size_t)n : 0;
	run->output[run->size] = '\0';
	return n > 0;
}

/* Until its output ends: true; or its time. */
static bool listen_to(struct run *run, int output, enum style style)
{
	struct pollfd ready = { .fd = output, .events = POLLIN };
	double began = sample_now();

	for (int turn = 0; sample_now() - began < LIMIT_S; turn++) {
		if (style == TERMINAL)
			printf("\r\033[K%c      %-20s%7.1f s", "|/-\\"[turn % 4], run->name, sample_now() - began);
		fflush(stdout);
		if (poll(&ready, 1, 100) > 0 && !take(run, output))
			return true;
	}
	return false;
}

/* Read the last line: "ok  ring: 5,000,000 hops  [5,000,002 messages, 0.061 s, 82.0 M/s]". false: it is another. */
static bool read_closing_line(struct run *run)
{
	const char *line = run->output, *what, *numbers;

	for (const char *c = line; *c != '\0'; c++)
		line = c[0] == '\n' && c[1] != '\0' ? c + 1 : line;
	what = strstr(line, ": ");
	numbers = strstr(line, "  [");
	if (strncmp(line, "ok  ", 4) != 0 || what == NULL || numbers == NULL || numbers < what)
		return false;
	snprintf(run->what, sizeof run->what, "%.*s", (int)(numbers - what - 2), what + 2);
	return sscanf(numbers, "  [%31[0-9,] messages, %lf s", run->messages, &run->seconds) == 2;
}

static void run_sample(struct run *run, const char *folder, enum style style)
{
	int output = -1, status = 0;
	pid_t child;
	int error = start(folder, run->name, &child, &output);

	if (error != 0) {
		snprintf(run->error, sizeof run->error, "%s", error == ENOENT ? "is missing" : strerror(error));
		return;
	}
	bool ended = listen_to(run, output, style);
	if (!ended)
		kill(child, SIGKILL);
	close(output);
	waitpid(child, &status, 0);
	if (!ended)
		snprintf(run->error, sizeof run->error, "was not done after %d s", LIMIT_S);
	else if (WIFSIGNALED(status))
		snprintf(run->error, sizeof run->error, "ended by signal %d", WTERMSIG(status));
	else if (WEXITSTATUS(status) != 0 || !read_closing_line(run))
		snprintf(run->error, sizeof run->error, "exit code %d, and this:", WEXITSTATUS(status));
}

/* ------------------------------------------------------------------------------------------------- what is said -- */

static double number(const char *grouped)
{
	double n = 0;

	for (; *grouped != '\0'; grouped++)
		n = *grouped == ',' ? n : n * 10 + (*grouped - '0');
	return n;
}

static void print_member(const char *name, const char *text) /* of a JSON object */
{
	printf(",\"%s\":\"", name);
	for (; *text != '\0'; text++)
		printf(*text < ' ' || *text > '~' || *text == '"' || *text == '\\' ? "\\u%04x" : "%c", (unsigned char)*text);
	putchar('"');
}

static void print_run(const struct run *run, enum style style)
{
	double messages = number(run->messages), rate = run->seconds > 0 ? messages / run->seconds : 0;
	bool right = run->error[0] == '\0';

	if (style == JSON) {
		printf("{\"sample\":\"%s\",\"ok\":%s,\"messages\":%.0f,\"seconds\":%.3f", run->name,
		       right ? "true" : "false", messages, run->seconds);
		print_member(right ? "what" : "error", right ? run->what : run->error);
		print_member("output", right ? "" : run->output);
		puts("}");
		return;
	}
	printf(style == TERMINAL ? "\r\033[K" : "");
	if (right)
		printf("ok     %-20s%7.3f s %11s messages %7.1f %s/s   %s\n", run->name, run->seconds, run->messages,
		       rate / (rate < 1e6 ? 1e3 : 1e6), rate < 1e6 ? "k" : "M", run->what);
	else
		printf("WRONG  %-20s%s\n%s%s", run->name, run->error, run->output, run->size > 0 ? "\n" : "");
}

static int tour(const char *folder, const char **names, size_t n, enum style style)
{
	double began = sample_now(), messages = 0;
	static struct run run;
	size_t right = 0;
	char line[128];

	for (size_t i = 0; i < n; i++) {
		run = (struct run){ .name = names[i] };
		run_sample(&run, folder, style);
		right += run.error[0] == '\0';
		messages += number(run.messages);
		print_run(&run, style);
		fflush(stdout);
	}
	began = sample_now() - began;
	snprintf(line, sizeof line, "%zu samples, %zu right: %.0f messages in %.3f s\n", n, right, messages, began);
	if (style == JSON)
		printf("{\"samples\":%zu,\"right\":%zu,\"messages\":%.0f,\"seconds\":%.3f}\n", n, right, messages, began);
	else
		sample_print(line);
	return right == n ? 0 : 1;
}

int main(int argc, char **argv)
{
	bool json = argc == 2 && strcmp(argv[1], "--json") == 0, list = argc == 2 && strcmp(argv[1], "--list") == 0;
	static const char *names[SAMPLES_MAX];
	char folder[PATH_MAX / 2]; /* of this program, ending in a slash */
	ssize_t size = readlink("/proc/self/exe", folder, sizeof folder - 1);

	if (argc > 1 && !json && !list) {
		fprintf(stderr, "usage: %s [--json | --list]\n", argv[0]);
		return 2;
	}
	while (size > 0 && folder[size - 1] != '/')
		size--;
	folder[size > 0 ? size : 0] = '\0';
	size_t n = find_samples(folder, names);
	for (size_t i = 0; list && i < n; i++)
		puts(names[i]);
	return list ? 0 : tour(folder, names, n, json ? JSON : isatty(1) ? TERMINAL : LINES);
}
