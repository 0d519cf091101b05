/* SPDX-License-Identifier: MIT */
/* The actors one by one, and who waits for whom. */
#include "report/report.h"

static void write_actor(struct report *report, const struct report_actor *actor, void *context)
{
	struct writer *writer = context;

	(void)report;
	troupei_writer_item(writer);
	troupei_writer_text(writer, "name", actor->name);
	troupei_writer_ref(writer, "ref", actor->ref);
	troupei_writer_text(writer, "state", troupei_report_state_names[actor->state]);
	troupei_writer_number(writer, "queued", actor->queued);
	if (actor->queued_cut)
		troupei_writer_flag(writer, "or_more", true);
	if (actor->kinds[0] != 0)
		troupei_writer_text(writer, "kinds", actor->kinds);
	if (actor->deferred > 0)
		troupei_writer_number(writer, "deferred", actor->deferred);
	if (actor->questions > 0)
		troupei_writer_number(writer, "questions", actor->questions);
	if (actor->timers > 0)
		troupei_writer_number(writer, "timers", actor->timers);
	if (actor->monitors > 0)
		troupei_writer_number(writer, "monitors", actor->monitors);
	if (actor->children > 0)
		troupei_writer_number(writer, "children", actor->children);
	if (!troupe_ref_is_null(actor->parent))
		troupei_writer_ref(writer, actor->supervised ? "supervisor" : "parent", actor->parent);
	if (actor->child_name[0] != 0)
		troupei_writer_text(writer, "child", actor->child_name);
	if (actor->lives > 1)
		troupei_writer_number(writer, "lives", actor->lives);
	if (actor->why != TROUPE_OK)
		troupei_writer_text(writer, actor->supervised ? "last_ended_by" : "ends_by", troupe_status_name(actor->why));
	troupei_writer_close(writer);
}

void troupei_report_actors(struct report *report, struct writer *writer)
{
	troupei_writer_list(writer, "actors");
	troupei_report_each(report, 0, REPORT_IDLE, write_actor, writer);
	troupei_writer_list_end(writer);
	troupei_writer_object(writer, "not_listed");
	troupei_writer_number(writer, "actors", troupei_report_picks_left(&report->picks));
	troupei_writer_close(writer);
}

void troupei_report_waits(struct report *report, struct writer *writer)
{
	char kind[REPORT_NAME_MAX];

	troupei_writer_list(writer, "waits");
	for (uint32_t i = 0; i < report->edges.count; i++) {
		const struct report_edge *edge = &report->edges.edges[i];
		const struct cell *to = troupei_ref_cell(edge->to);
		troupei_writer_item(writer);
		troupei_writer_ref(writer, "from", edge->from);
		troupei_writer_ref(writer, "to", edge->to);
		troupei_writer_text(writer, "for", edge->why);
		if (edge->kind > 0 && to != NULL) {
			troupei_report_kind(troupei_load_relaxed_ptr(&to->behaviour), edge->kind, kind);
			troupei_writer_text(writer, "kind", kind);
		}
		if (edge->age_ns >= 0)
			troupei_writer_number(writer, "microseconds", (uint64_t)edge->age_ns / 1000);
		if (edge->circle)
			troupei_writer_flag(writer, "circle", true);
		troupei_writer_close(writer);
	}
	troupei_writer_list_end(writer);
}
