/* SPDX-License-Identifier: MIT */
/* Waiting for room in somebody's mailbox: as an actor, by a message; as a thread. */
#include "actors/ask.h"
#include "actors/bounds.h"
#include "actors/post.h"
#include "actors/remote.h"
#include "troupe/supervise.h"
#include "base/memory.h"

/* Wait in the mailbox of @p to. False: there is room, or nobody is there. */
static bool enlist(troupe_ref to, struct room_request *request)
{
	struct cell *cell = troupei_ref_cell(to);
	struct gate_pass pass;
	struct troupei_system *system;

	if (cell == NULL || troupei_cell_is_proxy(cell) || (system = troupei_gate_enter_for(to, cell, &pass)) == NULL)
		return false;
	bool waits = troupei_bounds_wait(system, cell, troupei_ref_generation(to), request);
	troupei_gate_leave(&pass);
	return waits;
}

troupe_status troupe_await_room(troupe_actor *me, troupe_ref to, uint64_t token)
{
	if (me == NULL || troupei_ref_is_address(to))
		return TROUPE_EINVAL;
	if (troupei_is_remote())
		return TROUPE_EREMOTE;
	struct actor_worker *worker = troupei_me_worker(me);
	if (worker->running->flags & FLAG_CLOSED)
		return TROUPE_ECLOSED;
	struct extra *extra = troupei_cell_extra(worker->running);
	struct room_request *request = extra != NULL ? troupei_block_take(troupei_block_class(sizeof *request)) : NULL;
	if (request == NULL)
		return TROUPE_ENOMEM;
	troupei_room_request_init(request, SORT_ROOM, me->ref, to);
	request->token = token;
	request->life = troupe_lives(me, NULL);
	extra->hears_of_room = true; /* a handler of that may answer what it keeps */
	if (!enlist(to, request)) {
		request->next = NULL;
		troupei_room_tell(worker->system, worker, request);
	}
	return TROUPE_OK;
}

/* ------------------------------------------------------------------------------------------------------------- threads -- */

/* True: told; false: no time is left. */
static bool wait_until(struct room_request *request, int64_t deadline_ns)
{

	pthread_mutex_lock(request->lock);
	while (!request->taken && troupei_cond_wait(request->changed, request->lock, deadline_ns))
		;
	bool taken = request->taken;
	if (!taken)
		troupei_room_remove(request);
	pthread_mutex_unlock(request->lock);
	return taken;
}

troupe_status troupe_wait_room(troupe_ref to, int64_t within_ns)
{
	const struct actor_worker *worker = troupei_actor_worker();
	struct room_request request = { .taken = false };
	pthread_cond_t changed;

	if (within_ns < 0 || troupei_ref_is_address(to))
		return TROUPE_EINVAL;
	if (troupei_is_remote())
		return TROUPE_EREMOTE;
	if (troupei_must_not_block() || (worker != NULL && troupe_ref_equal(worker->me.ref, to)))
		return TROUPE_ECONTEXT;
	int64_t deadline = troupei_deadline_in(within_ns);
	troupei_cond_init(&changed);
	request.changed = &changed;
	bool told = !enlist(to, &request) || wait_until(&request, deadline);
	pthread_cond_destroy(&changed);
	return told ? TROUPE_OK : TROUPE_ETIMEOUT;
}
