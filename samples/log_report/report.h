/* SPDX-License-Identifier: MIT */
/* What log_report adds up, and prints. Nothing about actors. */
#ifndef LOG_REPORT_REPORT_H
#define LOG_REPORT_REPORT_H

#include <stdint.h>
#include "../tally.h"
#include "line.h"

struct report {
	uint64_t lines[LINE_KINDS];
	uint64_t packages; /* different ones */
	uint64_t busiest;  /* lines in the minute that has most of them, the first of such */
	char minute[17];
};

/* A report that grows. Starts as zeros. */
struct book {
	struct report report;
	struct tallies packages, minutes;
};

void book_add(struct book *book, const struct event *event);
void book_free(struct book *book);

/* The sum of all kinds of lines. */
uint64_t report_lines(const struct report *report);

void report_print(const struct report *report, const char *source);

#endif
