/* SPDX-License-Identifier: MIT */
/* Systems come and go while signals come: handlers and the thread are set up and taken down as often. (What users see:
 * promises/test_report_on.c.) */
#include <unistd.h>

#include "paper.h"

enum { ROUNDS = 20 };

static void drop(void *context, const char *text)
{
	(void)context;
	CHECK(text[0] != 0);
}

static atomic_bool enough;

static void *send_signals(void *argument)
{
	while (!atomic_load(&enough)) {
		CHECK_OK(kill(getpid(), SIGUSR2));
		sleep_ns(TROUPE_US * 50);
	}
	return argument;
}

TEST(on_signal, systems_end_while_signals_come)
{
	const troupe_report_options options = { .struct_size = sizeof options, .line = drop };
	struct sigaction now, ignore = { .sa_handler = SIG_IGN };
	struct stage s;
	pthread_t thread;

	CHECK_OK(sigaction(SIGUSR2, &ignore, NULL));
	CHECK_OK(pthread_create(&thread, NULL, send_signals, NULL));
	for (int i = 0; i < ROUNDS; i++) {
		stage_start(&s, 1);
		CHECK_OK(troupe_system_report_on(s.system, SIGUSR2, &options));
		player(&s);
		stage_finish(&s);
		CHECK_OK(sigaction(SIGUSR2, NULL, &now));
		CHECK(now.sa_handler == SIG_IGN);
	}
	atomic_store(&enough, true);
	CHECK_OK(pthread_join(thread, NULL));
}

/* Somebody has put a handler over ours: it stays. */
TEST(on_signal, leaves_a_later_handler_alone)
{
	const troupe_report_options options = { .struct_size = sizeof options, .line = drop };
	struct sigaction now, ignore = { .sa_handler = SIG_IGN };
	struct stage s;

	stage_start(&s, 1);
	CHECK_OK(troupe_system_report_on(s.system, SIGUSR2, &options));
	CHECK_OK(sigaction(SIGUSR2, &ignore, NULL));
	stage_finish(&s);
	CHECK_OK(sigaction(SIGUSR2, NULL, &now));
	CHECK(now.sa_handler == SIG_IGN);
}
