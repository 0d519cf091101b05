/* SPDX-License-Identifier: MIT */
#include "report.h"
#include <inttypes.h>
#include <stdio.h>

void book_add(struct book *book, const struct event *event)
{
	struct report *report = &book->report;
	uint64_t n = event->minute[0] != '\0' ? tally_add(&book->minutes, event->minute) : 0;

	report->lines[event->kind]++;
	report->packages += event->package[0] != '\0' && tally_add(&book->packages, event->package) == 1;
	if (n > report->busiest || (n == report->busiest && strcmp(event->minute, report->minute) < 0)) {
		report->busiest = n;
		memcpy(report->minute, event->minute, sizeof report->minute);
	}
}

void book_free(struct book *book)
{
	tally_free(tally_take(&book->packages));
	tally_free(tally_take(&book->minutes));
}

uint64_t report_lines(const struct report *report)
{
	uint64_t sum = 0;

	for (int kind = 0; kind < LINE_KINDS; kind++)
		sum += report->lines[kind];
	return sum;
}

void report_print(const struct report *report, const char *source)
{
	printf("%s: %" PRIu64 " lines, %" PRIu64 " packages", source, report_lines(report), report->packages);
	if (report->busiest > 0)
		printf(", busiest minute %s with %" PRIu64 " lines", report->minute, report->busiest);
	putchar('\n');
	for (int kind = 0; kind < LINE_KINDS; kind++)
		if (report->lines[kind] > 0)
			printf("%8" PRIu64 " %s\n", report->lines[kind], line_kind_name(kind));
	fflush(stdout);
}
