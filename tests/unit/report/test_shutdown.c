/* SPDX-License-Identifier: MIT */
/* Who and what is in the way of an end. */
#include "paper.h"

static struct stage s;
static struct paper paper;
static struct writer writer;
static struct report report;

static void write_it(void)
{
	paper_new(&paper, TROUPE_REPORT_TEXT, 100);
	report_open(&report, &s, &paper);
	troupei_writer_begin(&writer, &paper.options);
	troupei_report_shutdown(&report, &writer);
	CHECK_EQ(report.budget.messages, REPORT_MESSAGES_MAX);
	report_close(&report);
}

static void *wait_for(void *ref)
{
	CHECK_OK(troupe_wait_end(*(troupe_ref *)ref, 0, NULL));
	return NULL;
}

TEST(shutdown, names_what_is_in_the_way)
{
	struct barrier barrier;
	pthread_t thread;

	stage_start(&s, 1);
	troupe_ref busy = player(&s);
	stage_settle(&s);
	write_it();
	CHECK_STR_EQ(paper.text, "shutdown: quiet yes, handlers_running 0, to_have_a_turn 0, wait_for_children 0, draining 0, "
	                         "threads_that_wait_for_an_end 0\nin_the_way:\n  none\n");
	CHECK_OK(pthread_create(&thread, NULL, wait_for, &busy));
	hold(&barrier, busy);
	for (int i = 0; i < 30; i++)
		tell(player(&s), play_wait, &barrier);
	do
		write_it();
	while (!paper_says(&paper, "for_an_end 1"));
	CHECK(paper_says(&paper, "quiet no, handlers_running 1, to_have_a_turn 30"));
	CHECK(paper_says(&paper, "because its handler has not returned"));
	CHECK_EQ(paper.lines, 2 + 20);
	let_go(&barrier);
	CHECK_OK(troupe_stop(busy));
	CHECK_OK(pthread_join(thread, NULL));
	stage_finish(&s);
}
