/* SPDX-License-Identifier: MIT */
/* Nodes, arrows to children, waits, and a note of those left out. */
#include "paper.h"

static struct stage s;
static struct paper paper;
static struct report report;

static troupe_verdict bear(troupe_actor *me, void *child)
{
	CHECK_OK(troupe_spawn_child(me, &player_behaviour, NULL, child));
	return TROUPE_HANDLED;
}

TEST(graph, nodes_and_arrows)
{
	char arrow[128];
	troupe_ref child;

	stage_start(&s, 1);
	troupe_ref parent = player(&s);
	perform(&s, parent, bear, &child);
	player(&s);
	paper_new(&paper, TROUPE_REPORT_GRAPHVIZ, 2);
	report_open(&report, &s, &paper);
	troupei_report_edges_add(&report.edges, &(struct report_edge){ .from = child, .to = parent, .why = "answer" });
	troupei_report_graph(&report);
	CHECK(paper_says(&paper, "[label=\"player\\nidle, 0 queued\", fillcolor=white, penwidth=2];"));
	CHECK(paper_says(&paper, "label=\"and 1 actors more\";"));
	snprintf(arrow, sizeof arrow, "\"%016llx\" -> \"%016llx\" [style=dashed, constraint=false, label=\"answer\"];",
	         (unsigned long long)child.bits_private, (unsigned long long)parent.bits_private);
	CHECK(paper_says(&paper, arrow));
	report_close(&report);
	stage_finish(&s);
}
