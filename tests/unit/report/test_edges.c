/* SPDX-License-Identifier: MIT */
/* An edge is red if and only if it can be walked back to where it begins: compared with a search that tries all ways. */
#include "report/edges.h"
#include "support/testing.h"

enum { NODES = 9, EDGES_MAX = 24, GRAPHS = 3000 };

static struct report_edges edges;

static void add(uint64_t from, uint64_t to)
{
	troupei_report_edges_add(&edges, &(struct report_edge){ .from = { from }, .to = { to }, .why = "" });
}

static bool circle_of(uint64_t from, uint64_t to)
{
	for (uint32_t i = 0; i < edges.count; i++)
		if (edges.edges[i].from.bits_private == from && edges.edges[i].to.bits_private == to)
			return edges.edges[i].circle;
	CHECK(!"there is such an edge");
	return false;
}

TEST(edges, chain_circle_and_what_leads_there)
{
	CHECK(troupei_report_edges_init(&edges, 8));
	add(1, 2); /* leads to a circle */
	add(2, 3);
	add(3, 2);
	add(3, 4); /* leads away from it */
	add(4, 5);
	add(6, 6);
	troupei_report_edges_mark(&edges);
	CHECK(!circle_of(1, 2));
	CHECK(circle_of(2, 3));
	CHECK(circle_of(3, 2));
	CHECK(!circle_of(3, 4));
	CHECK(!circle_of(4, 5));
	CHECK(circle_of(6, 6));
	troupei_report_edges_fini(&edges);
}

TEST(edges, no_more_than_there_is_room_for)
{
	CHECK(troupei_report_edges_init(&edges, 1));
	troupei_report_edges_mark(&edges);
	add(1, 2);
	CHECK(!edges.cut);
	add(2, 1);
	CHECK(edges.cut);
	CHECK_EQ(edges.count, 1);
	troupei_report_edges_mark(&edges);
	CHECK(!circle_of(1, 2));
	troupei_report_edges_fini(&edges);
}

/* Warshall */
static void close_over(bool reach[NODES][NODES])
{
	memset(reach, 0, NODES * sizeof reach[0]);
	for (uint32_t i = 0; i < edges.count; i++)
		reach[edges.edges[i].from.bits_private - 1][edges.edges[i].to.bits_private - 1] = true;
	for (int k = 0; k < NODES; k++)
		for (int i = 0; i < NODES; i++)
			for (int j = 0; j < NODES; j++)
				reach[i][j] |= reach[i][k] && reach[k][j];
}

TEST(edges, random_graphs)
{
	uint64_t random = 1;
	bool reach[NODES][NODES];

	for (int graph = 0; graph < GRAPHS; graph++) {
		CHECK(troupei_report_edges_init(&edges, EDGES_MAX));
		random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
		for (uint64_t i = random >> 33; i % EDGES_MAX != 0; i--) {
			random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
			add((random >> 33) % NODES + 1, (random >> 48) % NODES + 1);
		}
		close_over(reach);
		troupei_report_edges_mark(&edges);
		for (uint32_t i = 0; i < edges.count; i++)
			CHECK_EQ(edges.edges[i].circle,
			         reach[edges.edges[i].to.bits_private - 1][edges.edges[i].from.bits_private - 1]);
		troupei_report_edges_fini(&edges);
	}
}
