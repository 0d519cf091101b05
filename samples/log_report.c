/* SPDX-License-Identifier: MIT */
/* log_report: what happened to the packages of a Debian system. Parsers make events of lines, one clerk adds them up.
 *
 *     build/samples/log_report [--follow] [file]       default /var/log/dpkg.log, or the excerpt in samples/data
 *
 * Prints how many lines of each kind there are, and checks that this makes all lines. --follow goes on reading, like
 * tail -f, and prints again when there was something new; it ends at Ctrl-C. */
#include "troupe.h"
#include "sample.h"
#include "log_report/report.h"
#include "log_report/source.h"

enum { PARSERS = 4 };
enum { PARSER_LINE = 1, CLERK_EVENT, CLERK_ASK, CLERK_REPORT };

typedef union report_reply { troupe_ref ref; const struct report *CLERK_REPORT; } report_reply;
struct ask { report_reply reply; };

typedef union parser { troupe_ref ref; const void *data; const char *PARSER_LINE; } parser;
typedef union clerk {
	troupe_ref ref; const void *data; const struct event *CLERK_EVENT; const struct ask *CLERK_ASK;
} clerk;

static troupe_verdict parser_receive(troupe_actor *me, const troupe_message *m)
{
	const clerk *to = me->state; /* all it has to know */
	parser in = { .data = m->data };

	if (m->kind != PARSER_LINE)
		return TROUPE_UNKNOWN;
	struct event event = line_parse(in.PARSER_LINE);
	troupe_status status = troupe_send_bytes(to->ref, CLERK_EVENT, &event, sizeof event);
	return status == TROUPE_OK ? TROUPE_HANDLED : troupe_fail(me, status);
}

static troupe_verdict clerk_receive(troupe_actor *me, const troupe_message *m)
{
	struct book *book = me->state;
	clerk in = { .data = m->data };
	troupe_status status = TROUPE_OK;

	if (m->kind == CLERK_EVENT)
		book_add(book, in.CLERK_EVENT);
	else if (m->kind == CLERK_ASK)
		status = troupe_send_bytes(in.CLERK_ASK->reply.ref, CLERK_REPORT, &book->report, sizeof book->report);
	else
		return TROUPE_UNKNOWN;
	return status == TROUPE_OK ? TROUPE_HANDLED : troupe_fail(me, status);
}

static void clerk_terminate(troupe_actor *me, troupe_status why)
{
	(void)why;
	book_free(me->state);
}

static const troupe_behaviour parser_behaviour = { "parser", parser_receive, .state_size = sizeof(clerk) };
static const troupe_behaviour clerk_behaviour = {
	.name = "clerk", .receive = clerk_receive, .terminate = clerk_terminate, .state_size = sizeof(struct book),
};

/* Ask for the report, when all lines are in, and print it. */
static uint64_t show(troupe_system system, clerk c, const char *source)
{
	struct report report;

	troupe_must(troupe_settle(system, SAMPLE_PATIENCE));
	troupe_must(troupe_call(c, CLERK_ASK, CLERK_REPORT, &report, SAMPLE_PATIENCE, 0));
	report_print(&report, source);
	return report_lines(&report);
}

int main(int argc, char **argv)
{
	uint64_t lines = 0, reported = 0, shown = UINT64_MAX;
	struct source source;
	parser parsers[PARSERS];
	troupe_ledger ledger;
	troupe_system system;
	ssize_t n;
	clerk c;

	source_open(&source, argv + (argc > 0));
	sample_began = sample_now();
	troupe_must(troupe_start(TROUPE_OPTIONS(troupe_options, .ledger = &ledger), &system));
	troupe_must(troupe_spawn(system, &clerk_behaviour, NULL, &c.ref));
	for (int i = 0; i < PARSERS; i++)
		troupe_must(troupe_spawn(system, &parser_behaviour, &c, &parsers[i].ref));
	do {
		n = source_next(&source);
		if (n > 0)
			troupe_must(troupe_send_bytes(parsers[lines++ % PARSERS].ref, PARSER_LINE, source.line, n + 1U));
		else if (shown != lines)
			reported = show(system, c, source.name), shown = lines;
	} while (n >= 0);
	source_close(&source);
	troupe_must(troupe_finish(system, SAMPLE_PATIENCE));
	return sample_done(reported == lines, &ledger, "log_report: %" PRIu64 " lines", lines);
}
