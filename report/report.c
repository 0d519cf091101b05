/* SPDX-License-Identifier: MIT */
#include "actors/remote.h"
#include "report/report.h"

#include "actors/waits.h"
#include "base/clock.h"

enum { ACTORS_DEFAULT = 1000, EDGES_PER_ACTOR = 2 };

bool troupei_report_options_read(troupe_report_options *own, const troupe_report_options *given)
{
	if (!troupei_options_read(own, sizeof *own, given))
		return false;
	if ((unsigned)own->format > TROUPE_REPORT_GRAPHVIZ || own->reserved_small != 0 || own->actors_max > TROUPE_REPORT_ACTORS_MAX)
		return false;
	if (own->actors_max == 0)
		own->actors_max = ACTORS_DEFAULT;
	return true;
}

void troupei_report_each(struct report *report, enum report_state first, enum report_state last,
                         void (*each)(struct report *report, const struct report_actor *actor, void *context), void *context)
{
	struct report_picks *picks = &report->picks;
	struct report_actor actor;

	for (unsigned state = first; state <= last; state++)
		for (uint32_t i = picks->first[state]; i != PICK_NONE; i = picks->picks[i].next)
			if (troupei_report_look(picks->picks[i].cell, picks->picks[i].generation, (enum report_state)state,
			                        &report->budget, &report->names, &actor))
				each(report, &actor, context);
}

static int64_t age_of(uint64_t since_ticks)
{
	uint64_t now = troupei_clock_ticks();
	double seconds = (double)(now - since_ticks) / (double)troupei_clock_ticks_in(TROUPE_S);

	return now > since_ticks ? (int64_t)(seconds * 1e9) : 0;
}

/* Of an actor: the answer or the room that it waits for (waits.h), and of its parent: its end. */
static void collect_waits(struct report *report, const struct report_pick *pick)
{
	troupe_ref ref = troupei_ref(troupei_slot_of(pick->cell), pick->generation), parent = troupei_report_parent(pick->cell);
	struct wait_step step;

	if (troupei_wait_read(ref, &step) && !troupe_ref_is_null(step.holder))
		troupei_report_edges_add(&report->edges,
		                         &(struct report_edge){ .from = ref, .to = step.holder, .kind = step.kind,
		                                                .why = troupei_ref_is_address(step.on) ? "answer" : "room",
		                                                .age_ns = age_of(step.since_ticks) });
	if (!troupe_ref_is_null(parent) && troupei_report_waits_for_children(parent))
		troupei_report_edges_add(&report->edges,
		                         &(struct report_edge){ .from = parent, .to = ref, .why = "end", .age_ns = -1 });
}

static void collect(struct report *report)
{
	troupei_report_picks_take(&report->picks, report->system);
	for (uint32_t i = 0; i < report->picks.count; i++)
		collect_waits(report, &report->picks.picks[i]);
	troupei_report_edges_mark(&report->edges);
	report->budget = (struct report_budget){ REPORT_MESSAGES_MAX, report->system };
}

static void write_all(struct report *report)
{
	struct writer writer;

	troupei_writer_begin(&writer, report->options);
	troupei_report_system(report, &writer);
	troupei_report_workers(report, &writer);
	troupei_report_pools(&writer);
	troupei_report_shutdown(report, &writer);
	troupei_report_waits(report, &writer);
	troupei_report_actors(report, &writer);
	troupei_writer_end(&writer);
}

troupe_status troupei_report_write(struct troupei_system *system, const troupe_report_options *options)
{
	struct report report = { .system = system, .options = options };

	if (!troupei_report_picks_init(&report.picks, system, options->actors_max))
		return TROUPE_ENOMEM;
	if (!troupei_report_edges_init(&report.edges, EDGES_PER_ACTOR * options->actors_max)) {
		troupei_report_picks_fini(&report.picks);
		return TROUPE_ENOMEM;
	}
	collect(&report);
	if (options->format == TROUPE_REPORT_GRAPHVIZ)
		troupei_report_graph(&report);
	else
		write_all(&report);
	troupei_report_edges_fini(&report.edges);
	troupei_report_picks_fini(&report.picks);
	return TROUPE_OK;
}

troupe_status troupe_system_report(troupe_system handle, const troupe_report_options *given)
{
	troupe_report_options options;
	struct gate_pass pass;

	if (handle.private_ == NULL || !troupei_report_options_read(&options, given))
		return TROUPE_EINVAL;
	if (troupei_is_remote())
		return TROUPE_EREMOTE;
	struct troupei_system *system = troupei_gate_enter(handle.private_->id, &pass);
	if (system == NULL)
		return TROUPE_ECLOSED;
	troupe_status status = troupei_report_write(system, &options);
	troupei_gate_leave(&pass);
	return status;
}
