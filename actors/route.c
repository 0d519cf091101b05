/* SPDX-License-Identifier: MIT */
/* Finding the system of a receiver, and holding it open for the time of a send. */
#include "actors/route.h"

#include "actors/dead_letter.h"
#include "actors/record.h"

static inline __attribute__((always_inline)) troupe_status open_route(struct route *route, troupe_ref to)
{
	struct actor_worker *worker = troupei_actor_worker();

	*route = (struct route){ .to = to, .cell = troupei_ref_cell(to) };
	if (route->cell == NULL)
		return TROUPE_EGONE;
	if (worker != NULL && worker->system_id == troupei_cell_system(route->cell)) {
		route->system = worker->system;
		route->worker = worker;
		return TROUPE_OK;
	}
	route->system = troupei_gate_enter_for(to, route->cell, &route->pass);
	route->gate = route->system != NULL;
	if (route->system == NULL)
		return TROUPE_EGONE;
	return troupei_system_phase(route->system) == PHASE_RUNNING ? TROUPE_OK : TROUPE_ECLOSED;
}

/* For somebody who wants to know: record.h. */
static troupe_status __attribute__((noinline, cold)) open_noted(struct route *route, troupe_ref to)
{
	troupe_status said = troupei_note_dictated();

	*route = (struct route){ .to = to };
	if (said != TROUPE_OK)
		return said;
	troupe_status status = open_route(route, to);
	if (status != TROUPE_OK)
		troupei_note_refused(status);
	return status;
}

troupe_status troupei_route_open(struct route *route, troupe_ref to)
{
	return troupei_is_noted() ? open_noted(route, to) : open_route(route, to);
}

void troupei_route_close(struct route *route)
{
	if (route->gate)
		troupei_gate_leave(&route->pass);
	route->gate = false;
}

/* A reference that is stale, but whose slot tells which system the actor lived in. */
static void open_last_system(struct route *route)
{
	uint32_t slot = troupei_ref_slot(route->to);

	if (slot >= troupei_slot_limit || troupei_cell_system(&troupei_cells[slot]) == 0)
		return;
	route->system = troupei_gate_enter(troupei_cell_system(&troupei_cells[slot]), &route->pass);
	route->gate = route->system != NULL;
}

troupe_status troupei_route_refuse(struct route *route, troupe_status why, int32_t kind, const void *data, size_t size)
{
	struct actor_worker *worker = troupei_actor_worker();
	troupe_status told = troupei_is_noted() ? troupei_note_told(why) : why;

	if (why == TROUPE_EFULL || why == TROUPE_ENOMEM) { /* it lives, and nothing has happened */
		troupei_route_close(route);
		return told;
	}
	if (worker != NULL) {
		troupei_dead_letter(worker->system, worker, route->to, kind, data, size, why);
	} else {
		if (route->system == NULL)
			open_last_system(route);
		if (route->system != NULL)
			troupei_dead_letter(route->system, NULL, route->to, kind, data, size, why);
	}
	troupei_route_close(route);
	return told;
}
