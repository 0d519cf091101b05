/* SPDX-License-Identifier: MIT */
/* A recorded program runs again: TROUPE_REPLAY in the environment says how, and `troupe replay` sets it. */
#include "explore/replayer.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/threads.h"
#include "explore/drawing.h"
#include "explore/explorer.h"
#include "troupe/simulate.h"

#define replay troupei_replay_under_way
#define shared replay.shared

struct replaying troupei_replay_under_way;

static bool served, other_program;
static int told = -1;

void troupei_replay_say(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vdprintf(replay.out, format, arguments);
	va_end(arguments);
}

#define say troupei_replay_say

/* --------------------------------------------------------------------------------------------------------- the request -- */

static bool open_commands(const char *path)
{
	replay.asks = true;
	replay.commands = open(path, O_RDONLY | O_CLOEXEC);
	if (replay.commands < 0)
		fprintf(stderr, "troupe replay: %s: %s\n", path, strerror(errno));
	return replay.commands >= 0;
}

static bool read_setting(const char *key, const char *value, const char **file)
{
	if (strcmp(key, "file") == 0)
		*file = value;
	else if (strcmp(key, "commands") == 0)
		return open_commands(value);
	else if (strcmp(key, "asks") == 0)
		replay.asks = true;
	else if (strcmp(key, "loud") == 0)
		replay.loud = true;
	else if (strcmp(key, "other-program") == 0)
		other_program = true;
	else if (strcmp(key, "told") == 0)
		told = (int)strtol(value, NULL, 10);
	else
		return false;
	return true;
}

/* key=value;key=value */
static bool read_request(char *request, const char **file)
{
	for (char *next, *at = request; at != NULL && *at != '\0'; at = next) {
		char *value = strchr(at, '=');
		next = strchr(at, ';');
		if (next != NULL)
			*next++ = '\0';
		if (value == NULL)
			return false;
		*value++ = '\0';
		if (!read_setting(at, value, file))
			return false;
	}
	return *file != NULL;
}

static bool is_same_program(const struct record_header *header)
{
	struct stat own;

	return stat("/proc/self/exe", &own) == 0 && own.st_size == header->program_size &&
	       (int64_t)own.st_mtim.tv_sec * 1000000000 + own.st_mtim.tv_nsec == header->program_changed_ns;
}

/* ------------------------------------------------------------------------------------------------------------- one run -- */

static void leave(void)
{
	shared->end = troupei_following.end;
	memcpy(shared->why, troupei_following.why, sizeof shared->why);
	_exit(CODE_DONE);
}

static void ended(void)
{
	shared->has_ended = true;
	shared->handled = troupei_following.handled;
	troupei_simulation_end();
}

void troupei_replay_again(void)
{
	_exit(CODE_AGAIN);
}

/* What became of a run, if it was more than "again". */
static void look_at(int status)
{
	if (WIFSIGNALED(status))
		shared->signal = WTERMSIG(status);
	else
		shared->status = WEXITSTATUS(status);
}

static bool goes_back_to(int status, uint64_t number)
{
	return WIFEXITED(status) && WEXITSTATUS(status) == CODE_AGAIN && shared->target >= number;
}

/* This process stays here, and goes on again from here as often as is wished. Returns in the ones that go on. */
static void checkpoint(uint64_t number)
{
	int status;

	do {
		pid_t child = fork();
		if (child == 0)
			prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (child <= 0)
			return; /* no process: then there is no going back to here */
		while (waitpid(child, &status, 0) < 0 && errno == EINTR)
			;
	} while (goes_back_to(status, number));
	if (WIFSIGNALED(status)) {
		look_at(status);
		_exit(CODE_DONE);
	}
	_exit(WEXITSTATUS(status));
}

static void before(const struct cell *cell, const struct envelope *envelope)
{
	uint64_t number = troupei_following.handled;

	shared->handled = number;
	shared->who = troupei_following.current->who;
	shared->is_last = troupei_follow_at_end();
	if (replay.every > 0 && number % replay.every == 0 && number < shared->target)
		checkpoint(number);
	if (replay.asks && shared->target != UINT64_MAX)
		troupei_debugger_stop(cell, envelope);
}

static void begin(void)
{
	struct simulation limits = { .steps_max = UINT64_MAX, .oracles = { .flags = TROUPE_ALLOW_DEADLOCKS | TROUPE_ALLOW_LEAKS } };
	int nothing = open("/dev/null", O_RDWR);

	prctl(PR_SET_PDEATHSIG, SIGKILL); /* with the one that waits for it */
	if (nothing >= 0 && !replay.loud) {
		dup2(nothing, STDOUT_FILENO);
		dup2(nothing, STDERR_FILENO);
	}
	if (nothing >= 0 && replay.commands == STDIN_FILENO) {
		replay.commands = dup(STDIN_FILENO);
		dup2(nothing, STDIN_FILENO);
	}
	atexit(ended);
	struct strategy *strategy = troupei_follow(&replay.recording);
	troupei_following.before = before;
	troupei_simulation_leave = leave;
	uint64_t from = shared->last > TOLD_MESSAGES ? shared->last - TOLD_MESSAGES : 0;
	troupei_trace_begin(&shared->trace, 1);
	shared->trace.with_kinds = true;
	troupei_simulation_begin(strategy, &shared->trace, &limits);
	shared->trace.kept_from = shared->target == UINT64_MAX && shared->last == 0 ? UINT64_MAX : from;
}

/* True: this is the run. */
static bool run(void)
{
	int status = 0;

	shared->signal = shared->status = 0;
	shared->has_ended = false;
	shared->end = FOLLOW_GOES_ON;
	shared->why[0] = '\0';
	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		begin();
		return true;
	}
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (child < 0) {
		shared->end = FOLLOW_DIVERGED;
		snprintf(shared->why, sizeof shared->why, "no process: %s", strerror(errno));
	} else if (WIFSIGNALED(status) || WEXITSTATUS(status) != CODE_DONE) {
		look_at(status);
	}
	return false;
}

/* --------------------------------------------------------------------------------------------------------- what is told -- */

static bool failed(void)
{
	return shared->signal != 0 || shared->trace.finding == FINDING_PROMISE || (shared->has_ended && shared->status != 0);
}

static bool was_cut(void)
{
	return replay.recording.header->state == RECORD_GOES_ON;
}

static uint32_t verdict(void)
{
	if (failed())
		return shared->is_last || !was_cut() ? REPLAY_FAILED : REPLAY_DIVERGED;
	if (shared->end == FOLLOW_OVER || (shared->has_ended && !was_cut()))
		return REPLAY_IN_ORDER;
	return REPLAY_DIVERGED;
}

static void say_recording(void)
{
	const struct record_header *header = replay.recording.header;

	say("recorded: %s, %" PRIu64 " messages in the logs of %" PRIu32 " threads; ", header->program,
	    troupei_recording_messages(&replay.recording), replay.recording.count);
	if (header->state == RECORD_BROKE_OFF)
		say("the recording breaks off: %.*s\n", RECORD_WORDS, header->why);
	else
		say("%s\n", was_cut() ? "it did not end in order" : "it ended in order");
}

static void say_failure(void)
{
	uint64_t number = shared->handled;

	if (shared->signal != 0)
		say("killed by signal %d (%s) in message %" PRIu64, shared->signal, strsignal(shared->signal), number);
	else if (shared->trace.finding == FINDING_PROMISE)
		say("does not hold: %s, in message %" PRIu64, shared->trace.text, number);
	else
		say("ended with exit status %d after message %" PRIu64, shared->status, number);
	if (!shared->is_last)
		say(", which is not the last one of its thread's log (%u)\n", shared->who);
	else
		say(", the last one in the log of thread %u: the same as in the recording\n", shared->who);
}

static void say_end(void)
{
	if (failed())
		say_failure();
	else if (shared->end == FOLLOW_OVER)
		say("replayed: %" PRIu64 " messages; the recording has no more\n", shared->handled);
	else if (shared->has_ended)
		say("replayed: %" PRIu64 " messages; the program ended in order\n", shared->handled);
	else
		say("the replay cannot follow the recording after message %" PRIu64 ": %s\n", shared->handled,
		    shared->why[0] != '\0' ? shared->why : shared->trace.text);
}

static void say_story(void)
{
	static char text[sizeof((troupe_finding *)0)->diagram];
	struct drawing *drawing = malloc(sizeof *drawing);
	struct story story;

	if (drawing != NULL && troupei_story_tell(&shared->trace, &story)) {
		troupei_drawing_make(&story, drawing);
		troupei_drawing_text(drawing, text, sizeof text);
		say("\n%s\n", text);
		troupei_story_free(&story);
	}
	free(drawing);
}

/* ------------------------------------------------------------------------------------------------------------ the whole -- */

static void finish(void)
{
	_exit((int)shared->code);
}

/* Each command that leads back ends the run, and another one begins. Returns in the runs. */
static void step(void)
{
	replay.every = shared->last / CHECKPOINTS + 1;
	shared->target = shared->last;
	for (;;) {
		uint64_t target = shared->target;
		shared->status = 0;
		if (run())
			return;
		if (shared->status == CODE_AGAIN && !shared->has_ended)
			continue;
		if (shared->end == FOLLOW_GOES_ON && shared->signal == 0 && !shared->has_ended && shared->trace.finding == FINDING_NONE)
			finish(); /* "quit" */
		say_end();
		shared->target = shared->handled > 0 && shared->handled < target ? shared->handled : shared->last;
	}
}

static bool prepare(const char *file)
{
	enum recording_fault fault = troupei_recording_open(&replay.recording, file);

	replay.out = dup(STDOUT_FILENO);
	if (fault != RECORDING_FINE) {
		fprintf(stderr, "troupe replay: %s: %s\n", file, troupei_recording_fault(fault));
		_exit(REPLAY_USAGE);
	}
	if (!other_program && !is_same_program(replay.recording.header)) {
		fprintf(stderr, "troupe replay: this is not the program that was recorded: its file has changed since\n");
		_exit(REPLAY_OTHER_PROGRAM);
	}
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return shared != MAP_FAILED;
}

/* Returns in the runs. */
static void replay_all(void)
{
	say_recording();
	shared->target = UINT64_MAX;
	if (run())
		return;
	say_end();
	shared->code = verdict();
	shared->last = shared->handled;
	if (shared->last == 0)
		finish();
	if (replay.asks) {
		step();
		return;
	}
	if (run())
		return;
	say_story();
	finish();
}

void troupei_replay_serve(void)
{
	const char *request = getenv("TROUPE_REPLAY"), *file = NULL;

	if (served || request == NULL || troupei_is_simulated())
		return;
	served = true;
	char *own = strdup(request); /* the settings point into it */
	unsetenv("TROUPE_REPLAY");
	unsetenv("TROUPE_RECORD");
	if (own == NULL || !read_request(own, &file)) {
		fprintf(stderr, "troupe: TROUPE_REPLAY is not a request that I know: %s\n", request);
		_exit(REPLAY_USAGE);
	}
	if (told >= 0 && write(told, "", 1) == 1)
		close(told);
	if (!prepare(file))
		_exit(REPLAY_USAGE);
	replay_all();
}
