/* SPDX-License-Identifier: MIT */
/* Reports asked for wrongly: a status, and no line. */
#include <signal.h>

#include "support/testing.h"
#include "troupe.h"

static int lines;

static void count_line(void *context, const char *text)
{
	(void)context, (void)text;
	lines++;
}

static troupe_status report(troupe_system system, troupe_report_options options)
{
	options.line = count_line;
	return troupe_system_report(system, &options);
}

TEST(report, wrongly)
{
	const troupe_system nobody = { 0 };
	troupe_system system;

	CHECK_OK(troupe_start(NULL, &system));
	CHECK_EQ(report(nobody, (troupe_report_options){ .struct_size = sizeof(troupe_report_options) }), TROUPE_EINVAL);
	CHECK_EQ(report(system, (troupe_report_options){ .struct_size = 0 }), TROUPE_EINVAL);
	CHECK_EQ(report(system, (troupe_report_options){ .struct_size = sizeof(troupe_report_options), .format = 3 }), TROUPE_EINVAL);
	CHECK_EQ(report(system, (troupe_report_options){ .struct_size = sizeof(troupe_report_options), .reserved_small = 1 }),
	         TROUPE_EINVAL);
	CHECK_EQ(report(system, (troupe_report_options){ .struct_size = sizeof(troupe_report_options),
	                                                 .actors_max = TROUPE_REPORT_ACTORS_MAX + 1 }),
	         TROUPE_EINVAL);
	CHECK_EQ(lines, 0);
	CHECK_OK(report(system, (troupe_report_options){ .struct_size = sizeof(troupe_report_options) }));
	CHECK(lines > 0);
	CHECK_OK(troupe_finish(system, TROUPE_S));
}

TEST(report, on_signals_that_are_none)
{
	const troupe_report_options wrong = { .struct_size = sizeof wrong, .format = 3 };
	const int refused[] = { -1, 1000, SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGURG };
	troupe_system system;

	CHECK_OK(troupe_start(NULL, &system));
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
		CHECK_EQ(troupe_system_report_on(system, refused[i], NULL), TROUPE_EINVAL);
	CHECK_EQ(troupe_system_report_on((troupe_system){ 0 }, SIGUSR1, NULL), TROUPE_EINVAL);
	CHECK_EQ(troupe_system_report_on(system, SIGUSR1, &wrong), TROUPE_EINVAL);
	CHECK_OK(troupe_system_report_on(system, 0, &wrong)); /* there was none: there is none */
	CHECK_OK(troupe_finish(system, TROUPE_S));
}

static troupe_status said;

static troupe_verdict ask_for_it(troupe_actor *me, const troupe_message *m)
{
	(void)m;
	said = troupe_system_report_on(me->system, SIGUSR1, NULL);
	return troupe_done(me, report(me->system, (troupe_report_options){ .struct_size = sizeof(troupe_report_options) }));
}

TEST(report, in_a_handler)
{
	static const troupe_behaviour behaviour = { .receive = ask_for_it };
	troupe_system system;
	troupe_ref ref;

	CHECK_OK(troupe_start(NULL, &system));
	CHECK_OK(troupe_spawn(system, &behaviour, NULL, &ref));
	CHECK_OK(troupe_send_bytes(ref, 1, NULL, 0));
	CHECK_OK(troupe_finish(system, TROUPE_S * 10));
	CHECK_EQ(said, TROUPE_ECONTEXT);
	CHECK(lines > 0);
}
