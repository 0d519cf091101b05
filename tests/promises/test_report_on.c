/* SPDX-License-Identifier: MIT */
/* troupe_system_report_on: a signal, and a report is written by a thread; the signal is given back at the end. */
#include <signal.h>
#include <unistd.h>

#include "reported.h"

static atomic_int old_signals;

static void old_handler(int signal)
{
	(void)signal;
	atomic_fetch_add(&old_signals, 1);
}

static void install_old(void)
{
	const struct sigaction action = { .sa_handler = old_handler };

	CHECK_OK(sigaction(SIGUSR1, &action, NULL));
}

static void raise_now(int signal)
{
	CHECK_OK(kill(getpid(), signal));
}

static void await_reports(struct kept_report *kept, int count)
{
	for (int64_t waited = 0; atomic_load(&kept->reports) < count; waited += TROUPE_MS / 4) {
		CHECK(waited < LIMIT);
		sleep_ns(TROUPE_MS / 4);
	}
}

static troupe_status on(struct fixture *f, int signal, struct kept_report *kept)
{
	return troupe_system_report_on(f->system, signal, TROUPE_OPTIONS(troupe_report_options, .line = keep_line, .context = kept));
}

TEST(report_on, writes_when_the_signal_comes)
{
	static struct fixture f;
	static struct kept_report kept = KEPT_REPORT;

	fixture_start(&f, 1);
	doer_spawn(&f);
	CHECK_OK(on(&f, SIGUSR1, &kept));
	for (int i = 1; i < 4; i++) {
		raise_now(SIGUSR1);
		await_reports(&kept, i);
	}
	fixture_finish(&f);
	CHECK(strstr(kept.text, "\n  doer, ref") != NULL);
	kept_forget(&kept);
}

/* A worker that cannot come back is when one wants it. */
TEST(report_on, writes_while_every_worker_is_stuck)
{
	static struct fixture f;
	static struct kept_report kept = KEPT_REPORT;
	struct barrier barrier;

	fixture_start(&f, 1);
	doer stuck = doer_spawn(&f);
	CHECK_OK(on(&f, SIGUSR1, &kept));
	barrier_raise(&barrier, stuck.ref);
	raise_now(SIGUSR1);
	await_reports(&kept, 1);
	CHECK(report_says(&kept, stuck.ref, "state running"));
	barrier_open(&barrier);
	fixture_finish(&f);
	kept_forget(&kept);
}

TEST(report_on, gives_the_signal_back)
{
	static struct fixture one, other;
	static struct kept_report kept = KEPT_REPORT, theirs = KEPT_REPORT;

	install_old();
	fixture_start(&one, 1);
	fixture_start(&other, 1);
	CHECK_OK(on(&one, SIGUSR1, &kept));
	CHECK_OK(on(&other, SIGUSR1, &theirs));
	raise_now(SIGUSR1);
	await_reports(&kept, 1);
	await_reports(&theirs, 1);
	CHECK_OK(on(&one, 0, NULL));
	raise_now(SIGUSR1);
	await_reports(&theirs, 2);
	CHECK_EQ(kept.reports, 1);
	CHECK_EQ(old_signals, 0);
	fixture_finish(&other);
	raise_now(SIGUSR1);
	CHECK_EQ(old_signals, 1);
	CHECK_EQ(theirs.reports, 2);
	fixture_finish(&one);
	kept_forget(&kept);
	kept_forget(&theirs);
}

TEST(report_on, another_signal_instead)
{
	static struct fixture f;
	static struct kept_report kept = KEPT_REPORT;

	install_old();
	fixture_start(&f, 1);
	CHECK_OK(on(&f, SIGUSR1, &kept));
	CHECK_OK(on(&f, SIGUSR2, &kept));
	raise_now(SIGUSR1);
	CHECK_EQ(old_signals, 1);
	raise_now(SIGUSR2);
	await_reports(&kept, 1);
	fixture_finish(&f);
	kept_forget(&kept);
}

TEST(report_on, goes_to_the_log_by_default)
{
	static struct fixture f;

	fixture_start(&f, 1);
	CHECK_OK(troupe_system_report_on(f.system, SIGUSR1, NULL));
	raise_now(SIGUSR1);
	for (int64_t waited = 0; !fixture_logged(&f, "not_listed: actors 0"); waited += TROUPE_MS / 4) {
		CHECK(waited < LIMIT);
		sleep_ns(TROUPE_MS / 4);
	}
	fixture_finish(&f);
}
