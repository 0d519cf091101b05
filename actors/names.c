/* SPDX-License-Identifier: MIT */
/* Naming and finding actors. */
#include "actors/names.h"

#include "actors/ask.h"
#include "actors/remote.h"
#include "actors/spawn.h"

static bool is_alive(uint64_t bits)
{
	return troupei_ref_cell((troupe_ref){ bits }) != NULL;
}

troupe_status troupei_name_new(struct troupei_system *system, struct cell *cell, troupe_ref ref, const char *name)
{
	troupei_or_full_8(&cell->signals, SIGNAL_NAMED);
	return troupei_registry_add(system->registry, name, ref.bits_private, is_alive);
}

void troupei_name_drop_all(struct troupei_system *system, troupe_ref ref)
{
	troupei_registry_remove_actor(system->registry, ref.bits_private);
}

/* NAME.or pairs with the end of the actor: it counts its generation up, then reads the signal; we set the signal, add the name,
 * then look at the generation. Either it sees the signal, or we see that it has ended and take the name back. */
static troupe_status name_living(struct troupei_system *system, struct cell *cell, troupe_ref actor, const char *name)
{
	troupe_status status = troupei_name_new(system, cell, actor, name);

	troupei_fence_full();
	if (status == TROUPE_OK && !is_alive(actor.bits_private)) {
		troupei_name_drop_all(system, actor);
		status = TROUPE_EGONE;
	}
	return status;
}

troupe_status troupe_name(troupe_ref actor, const char *name)
{
	if (name == NULL)
		return TROUPE_EINVAL;
	if (troupei_ref_is_address(actor))
		return TROUPE_EINVAL;
	if (troupei_is_remote())
		return troupei_remote_call(CALL_NAME, actor, name, 0, NULL);
	troupei_point(NULL);
	struct cell *cell = troupei_ref_cell(actor);
	if (cell == NULL || troupei_cell_is_proxy(cell))
		return TROUPE_EGONE;
	struct gate_pass pass;
	struct troupei_system *system = troupei_gate_enter_for(actor, cell, &pass);
	if (system == NULL)
		return TROUPE_EGONE;
	troupe_status status = name_living(system, cell, actor, name);
	troupei_gate_leave(&pass);
	return status;
}

troupe_status troupe_find(troupe_system handle, const char *name, troupe_ref *out)
{
	uint64_t bits = 0;

	if (handle.private_ == NULL || name == NULL || out == NULL)
		return TROUPE_EINVAL;
	if (troupei_is_remote()) {
		troupe_status found = troupei_remote_call(CALL_FIND, (troupe_ref){ 0 }, name, 0, &bits);
		if (found == TROUPE_OK)
			out->bits_private = bits;
		return found;
	}
	troupei_point(NULL);
	troupe_status status = troupei_registry_find(handle.private_->registry, name, &bits);
	if (status == TROUPE_OK && !is_alive(bits))
		status = TROUPE_ENOENT;
	if (status == TROUPE_OK)
		out->bits_private = bits;
	return status;
}

troupe_status troupe_unname(troupe_system handle, const char *name)
{
	if (handle.private_ == NULL || name == NULL)
		return TROUPE_EINVAL;
	if (troupei_is_remote())
		return troupei_remote_call(CALL_UNNAME, (troupe_ref){ 0 }, name, 0, NULL);
	troupei_point(NULL);
	return troupei_registry_remove(handle.private_->registry, name);
}
