/* SPDX-License-Identifier: MIT */
/* What reaches beyond the process, or looks at it from outside: actors in processes of their own, reports. */
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "failures/failures.h"
#include "failures/scenes.h"

/* -------------------------------------------------------------------------------------------------------- processes -- */

static const troupe_behaviour remote = { .name = "remote", .receive = player_receive, .isolation = TROUPE_PROCESS,
	                                 .state_size = sizeof(struct player_state) };
static someone here; /* a plain actor */

static void do_there(troupe_actor *me, int64_t n)
{
	static const char bytes[3000];
	troupe_timer timer;

	(void)n;
	MAY(troupe_send_bytes(here.ref, BIG, bytes, sizeof bytes), MEMORY, GONE);
	MAY(troupe_send_from(me, here, NOTE, .n = 1), MEMORY, GONE);
	MAY(troupe_send((someone){ me->ref }, NOTE, .n = 1), MEMORY, GONE);
	MAY(troupe_ask_then(me, here, GET, NULL, LIMIT, .n = 1), MEMORY);
	MAY(troupe_monitor(me, here.ref, 0, NULL), MEMORY);
	if (MAY(troupe_after(me, LIMIT, TICK, 0, &timer), MEMORY))
		MUST(troupe_cancel(me, timer));
}

static void send_much(someone to)
{
	static const char bytes[300000];

	MAY(troupe_send_bytes(to.ref, BIG, bytes, 8), MEMORY, GONE);
	MAY(troupe_send_bytes(to.ref, BIG, bytes, sizeof bytes), MEMORY, GONE);
	for (int i = 0; i < 30; i++)
		MAY(troupe_send(to, NOTE, .n = i), MEMORY, GONE);
}

static void use_remote(someone there)
{
	call_for_value(there, 5);
	MAY(troupe_send(there, STEP, .play = do_there), MEMORY, GONE);
	settle();
	send_much(there);
	call_for_value(there, 6);
	settle();
}

void scene_processes(void)
{
	if (!begin((troupe_options){ 0 }))
		return;
	here = spawned(&player);
	someone there = spawned(&remote);
	use_remote(there);
	MAY(troupe_stop_wait(there.ref, LIMIT), MEMORY, GONE);
	end();
}

static void exit_there(troupe_actor *me, int64_t n)
{
	(void)me;
	_exit((int)n);
}

/* What fails after the process was made. */
static void spawn_watched(troupe_actor *me, int64_t n)
{
	(void)n;
	MAY(troupe_spawn_with(me->system, me, &remote, NULL,
	                      TROUPE_OPTIONS(troupe_spawn_options, .child = true, .name = "far", .link = 1, .monitor = 1), NULL),
	    THREAD);
}

/* A child of a supervisor whose process dies, and gets another one. */
void scene_process_ends(void)
{
	static const troupe_child_spec children[] = { { .name = "remote", .behaviour = &remote, .stop_within_ns = LIMIT }, { 0 } };
	static const troupe_supervisor tree = { .name = "tree", .children = children, .restarts_max = 5, .within_ns = LIMIT };
	someone top, there;

	if (!begin((troupe_options){ 0 }))
		return;
	here = spawned(&trapping_player);
	if (MAY(troupe_supervise(the_system, NULL, &tree, &top.ref), THREAD)) {
		settle();
		if (MAY(troupe_child(top.ref, "remote", &there.ref), TROUPE_EGONE, TROUPE_ENOENT)) {
			MAY(troupe_send(there, STEP, .play = exit_there, .n = 3), MEMORY, GONE);
			settle();
			call_for_value(there, 1);
		}
	}
	someone killed = spawned(&remote);
	MAY(troupe_kill(killed.ref), MEMORY, GONE);
	perform(here, spawn_watched, 0);
	end();
}

/* ----------------------------------------------------------------------------------------------------------- reports -- */

static atomic_int lines;

static void count_line(void *context, const char *text)
{
	(void)context, (void)text;
	lines++;
}

static void keep_one(void)
{
	troupe_future future;

	if (!MAY(troupe_future_open(the_system, NULL, &future), MEMORY))
		return;
	MAY(troupe_ask(here, KEEP, future.ref, .n = 1), MEMORY);
	settle();
	for (int format = TROUPE_REPORT_TEXT; format <= TROUPE_REPORT_GRAPHVIZ; format++) {
		lines = 0;
		bool written = MAY(troupe_system_report(the_system, TROUPE_OPTIONS(troupe_report_options, .line = count_line,
		                                                                   .format = (troupe_report_format)format)),
		                   MEMORY);
		HOLDS(written == (lines > 0));
	}
	MAY(troupe_system_report(the_system, NULL), MEMORY);
	troupe_future_close(future);
}

void scene_reporting(void)
{
	if (!begin((troupe_options){ 0 }))
		return;
	here = spawned(&player);
	spawned(&trapping_player);
	keep_one();
	end();
}

static void await_report(void)
{
	int ms = something_failed() ? 20 : 5000; /* a report may be lost for want of memory */

	for (int i = 0; i < ms && lines == 0; i++) {
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
		if (something_failed() && i > 20)
			break;
	}
	HOLDS(lines > 0 || something_failed());
}

void scene_report_on(void)
{
	lines = 0;
	if (!begin((troupe_options){ 0 }))
		return;
	here = spawned(&player);
	if (MAY(troupe_system_report_on(the_system, SIGUSR1, TROUPE_OPTIONS(troupe_report_options, .line = count_line)),
	        TROUPE_ETHREAD, TROUPE_EINVAL)) {
		raise(SIGUSR1);
		await_report();
		MAY(troupe_system_report_on(the_system, SIGUSR2, TROUPE_OPTIONS(troupe_report_options, .line = count_line)),
		    TROUPE_EINVAL);
	}
	end();
}

/* ------------------------------------------------------------------------------------------------- a bit of everything -- */

void scene_everybody(void)
{
	troupe_status why;

	if (!begin((troupe_options){ .workers = 2, .memory_max = UINT64_C(1) << 40, .blocking_max = 1 }))
		return;
	here = spawned(&trapping_player);
	for (int i = 0; i < 10; i++) {
		call_for_value(here, i);
		MAY(troupe_send(here, LATER, .n = i), MEMORY, GONE);
	}
	HOLDS(troupe_status_name(TROUPE_OK) != NULL && troupe_status_text(TROUPE_ENOMEM) != NULL);
	if (MAY(troupe_stop(here.ref), MEMORY, GONE))
		MAY(troupe_wait_end(here.ref, LIMIT, &why), MEMORY);
	end();
}
