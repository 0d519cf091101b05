/* SPDX-License-Identifier: MIT */
/* A line for each actor, and one for each wait. */
#include "paper.h"

static struct stage s;
static struct paper paper;
static struct writer writer;
static struct report report;

TEST(actors, a_line_each)
{
	stage_start(&s, 1);
	troupe_ref one = player(&s), other = player(&s);
	char expected[256];

	paper_new(&paper, TROUPE_REPORT_TEXT, 1);
	report_open(&report, &s, &paper);
	troupei_report_edges_add(&report.edges, &(struct report_edge){ .from = one, .to = other, .why = "answer", .kind = 5,
	                                                               .age_ns = 7000, .circle = true });
	troupei_writer_begin(&writer, &paper.options);
	troupei_report_waits(&report, &writer);
	troupei_report_actors(&report, &writer);
	snprintf(expected, sizeof expected,
	         "waits:\n  from %016llx, to %016llx, for answer, kind 5, microseconds 7, circle yes\n"
	         "actors:\n  player, ref %016llx, state idle, queued 0\nnot_listed: actors 1\n",
	         (unsigned long long)one.bits_private, (unsigned long long)other.bits_private,
	         (unsigned long long)one.bits_private);
	CHECK_STR_EQ(paper.text, expected);
	report_close(&report);
	stage_finish(&s);
}
