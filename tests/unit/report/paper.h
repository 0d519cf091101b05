/* SPDX-License-Identifier: MIT */
/* Where the tests of this room write. */
#ifndef TROUPE_TESTS_UNIT_REPORT_PAPER_H
#define TROUPE_TESTS_UNIT_REPORT_PAPER_H

#include "report/report.h"
#include "unit/actors/stage.h"

struct paper {
	char text[1 << 16];
	size_t used;
	unsigned lines;
	troupe_report_options options;
};

static inline void paper_line(void *context, const char *text)
{
	struct paper *paper = context;

	paper->lines++;
	paper->used += (size_t)snprintf(paper->text + paper->used, sizeof paper->text - paper->used, "%s\n", text);
	CHECK(paper->used < sizeof paper->text);
}

static inline void paper_new(struct paper *paper, troupe_report_format format, uint32_t actors_max)
{
	paper->used = paper->lines = 0;
	paper->text[0] = 0;
	paper->options = (troupe_report_options){ .struct_size = sizeof paper->options, .actors_max = actors_max, .format = format,
		                                  .line = paper_line, .context = paper };
}

/* A report of which the parts are made one by one. */
static inline void report_open(struct report *report, struct stage *s, struct paper *paper)
{
	*report = (struct report){ .system = s->system.private_, .options = &paper->options, .budget = { .messages = 1000 } };
	CHECK(troupei_report_picks_init(&report->picks, report->system, paper->options.actors_max));
	CHECK(troupei_report_edges_init(&report->edges, 8));
	troupei_report_picks_take(&report->picks, report->system);
}

static inline void report_close(struct report *report)
{
	troupei_report_edges_fini(&report->edges);
	troupei_report_picks_fini(&report->picks);
}

static inline bool paper_says(const struct paper *paper, const char *words)
{
	return strstr(paper->text, words) != NULL;
}

#endif
