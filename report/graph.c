/* SPDX-License-Identifier: MIT */
/* The same for dot: boxes are actors, solid arrows lead from supervisor or parent to child, dashed ones from who waits to whom it
 * waits for. */
#include <stdio.h>

#include "report/report.h"

enum { GRAPH_LINE_MAX = 512 };

static const char *colour(enum report_state state)
{
	switch (state) {
	case REPORT_RUNNING:
	case REPORT_BLOCKING:
		return "palegreen";
	case REPORT_QUEUED:
		return "lightyellow";
	case REPORT_IDLE:
		return "white";
	default:
		return "lightblue";
	}
}

static void write_actor(struct report *report, const struct report_actor *actor, void *context)
{
	char line[GRAPH_LINE_MAX], name[4 * REPORT_NAME_MAX];

	(void)context;
	troupei_writer_escape(name, sizeof name, actor->child_name[0] != 0 ? actor->child_name : actor->name);
	snprintf(line, sizeof line, "  \"%016llx\" [label=\"%s\\n%s, %u%s queued\", fillcolor=%s%s];",
	         (unsigned long long)actor->ref.bits_private, name, troupei_report_state_names[actor->state], actor->queued,
	         actor->queued_cut ? " or more" : "", colour(actor->state), actor->children > 0 ? ", penwidth=2" : "");
	troupei_writer_line(report->options, line);
	if (troupe_ref_is_null(actor->parent))
		return;
	snprintf(line, sizeof line, "  \"%016llx\" -> \"%016llx\"%s;", (unsigned long long)actor->parent.bits_private,
	         (unsigned long long)actor->ref.bits_private, actor->supervised ? "" : " [arrowhead=odot]");
	troupei_writer_line(report->options, line);
}

static void write_edge(const struct report *report, const struct report_edge *edge)
{
	char line[GRAPH_LINE_MAX];

	snprintf(line, sizeof line, "  \"%016llx\" -> \"%016llx\" [style=dashed, constraint=false, label=\"%s\"%s];",
	         (unsigned long long)edge->from.bits_private, (unsigned long long)edge->to.bits_private, edge->why,
	         edge->circle ? ", color=red, fontcolor=red" : "");
	troupei_writer_line(report->options, line);
}

void troupei_report_graph(struct report *report)
{
	char line[GRAPH_LINE_MAX];
	uint64_t left = troupei_report_picks_left(&report->picks);

	troupei_writer_line(report->options, "digraph troupe {");
	troupei_writer_line(report->options, "  node [shape=box, style=filled, fillcolor=white];");
	troupei_report_each(report, 0, REPORT_IDLE, write_actor, NULL);
	for (uint32_t i = 0; i < report->edges.count; i++)
		write_edge(report, &report->edges.edges[i]);
	if (left > 0) {
		snprintf(line, sizeof line, "  label=\"and %llu actors more\";", (unsigned long long)left);
		troupei_writer_line(report->options, line);
	}
	troupei_writer_line(report->options, "}");
}
