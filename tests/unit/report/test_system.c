/* SPDX-License-Identifier: MIT */
/* Ledger, counters, threads, pools. */
#include "paper.h"

#include "troupe/executor.h"

static struct stage s;
static struct paper paper;
static struct writer writer;
static struct report report;

TEST(system, books_and_threads)
{
	struct barrier barrier;

	stage_start(&s, 1);
	troupe_ref busy = player(&s);
	hold(&barrier, busy);
	paper_new(&paper, TROUPE_REPORT_TEXT, 10);
	report_open(&report, &s, &paper);
	troupei_writer_begin(&writer, &paper.options);
	troupei_report_system(&report, &writer);
	troupei_report_workers(&report, &writer);
	CHECK(paper_says(&paper, "phase running, workers 1"));
	CHECK(paper_says(&paper, "ledger: sent 1, handled 0, dead 0, returned 0, queued 1"));
	CHECK(paper_says(&paper, "counters: actors_alive 1, actors_spawned 1"));
	CHECK(paper_says(&paper, "  worker 0, runs player, ref "));
	CHECK(paper_says(&paper, "kind 1000, ring 0"));
	CHECK(paper_says(&paper, "blocking: threads 0, idle 0, threads_max 64\nblocking_threads:\n  none"));
	report_close(&report);
	let_go(&barrier);
	stage_settle(&s);
	paper_new(&paper, TROUPE_REPORT_TEXT, 10);
	report_open(&report, &s, &paper);
	troupei_report_workers(&report, &writer);
	CHECK(paper_says(&paper, "  worker 0, state sleeps"));
	report_close(&report);
	stage_finish(&s);
}

static atomic_int begun, may_end;

static troupe_status wait_a_while(troupe_job *job, void *argument)
{
	(void)job, (void)argument;
	atomic_store(&begun, 1);
	await_count(&may_end, 1);
	return TROUPE_OK;
}

TEST(system, pools)
{
	troupe_pool pool;

	CHECK_OK(troupe_pool_open(TROUPE_OPTIONS(troupe_pool_options, .threads_max = 1, .name = "files"), &pool));
	for (int i = 0; i < 3; i++)
		CHECK_OK(troupe_submit(pool, wait_a_while, NULL, 0, TROUPE_OPTIONS(troupe_task_options, .name = "hash"), NULL));
	await_count(&begun, 1);
	paper_new(&paper, TROUPE_REPORT_TEXT, 10);
	troupei_writer_begin(&writer, &paper.options);
	troupei_report_pools(&writer);
	CHECK_STR_EQ(paper.text, "pools:\n  files, threads 1, threads_max 1, running 1, queued 2, over 0, tasks hash\n");
	atomic_store(&may_end, 1);
	CHECK_OK(troupe_pool_close(pool, 0, TROUPE_RUN_QUEUED));
	paper_new(&paper, TROUPE_REPORT_TEXT, 10);
	troupei_report_pools(&writer);
	CHECK_STR_EQ(paper.text, "pools:\n  none\n");
}
