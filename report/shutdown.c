/* SPDX-License-Identifier: MIT */
/* What is in the way of the system's end: what must be over before troupe_finish comes to its next step. */
#include <stdio.h>

#include "actors/shutdown.h"
#include "report/report.h"

enum { NAMED_MAX = 20 };

struct in_the_way {
	struct writer *writer;
	unsigned named;
};

/* Why an actor in this state keeps a system from its end, which settles first, and then tells everybody to stop; NULL: it does not.
 * One that awaits an answer stops waiting when it is told to. */
static const char *reason(const struct report_actor *actor)
{
	switch (actor->state) {
	case REPORT_RUNNING:
	case REPORT_BLOCKING:
		return "its handler has not returned";
	case REPORT_ENDING:
		return "its children have not ended";
	case REPORT_DRAINING:
		return "it drains what is queued";
	case REPORT_QUEUED:
		return "it has not had its turn";
	default:
		return NULL;
	}
}

static void name(struct report *report, const struct report_actor *actor, void *context)
{
	struct in_the_way *way = context;
	const char *because = reason(actor);

	(void)report;
	if (because == NULL || way->named >= NAMED_MAX)
		return;
	way->named++;
	troupei_writer_item(way->writer);
	troupei_writer_text(way->writer, "name", actor->name);
	troupei_writer_ref(way->writer, "ref", actor->ref);
	troupei_writer_text(way->writer, "because", because);
	if (actor->state == REPORT_ENDING)
		troupei_writer_number(way->writer, "children", actor->children);
	troupei_writer_close(way->writer);
}

void troupei_report_shutdown(struct report *report, struct writer *writer)
{
	struct troupei_system *system = report->system;
	const uint64_t *states = report->picks.states;
	struct in_the_way way = { .writer = writer };

	troupei_writer_object(writer, "shutdown");
	troupei_writer_flag(writer, "quiet", troupei_scheduler_is_quiet(&system->scheduler));
	troupei_writer_number(writer, "handlers_running", states[REPORT_RUNNING] + states[REPORT_BLOCKING]);
	troupei_writer_number(writer, "to_have_a_turn", states[REPORT_QUEUED]);
	troupei_writer_number(writer, "wait_for_children", states[REPORT_ENDING]);
	troupei_writer_number(writer, "draining", states[REPORT_DRAINING]);
	troupei_writer_number(writer, "threads_that_wait_for_an_end", troupei_wait_count(system));
	troupei_writer_close(writer);
	troupei_writer_list(writer, "in_the_way");
	report->budget.messages = 0;
	troupei_report_each(report, 0, REPORT_QUEUED, name, &way);
	report->budget.messages = REPORT_MESSAGES_MAX;
	troupei_writer_list_end(writer);
}
