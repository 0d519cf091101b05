/* SPDX-License-Identifier: MIT */
/* Bytes taken and given back. C1 to C3: ceiling.h. */
#include "actors/ceiling.h"

static pthread_mutex_t ceiling_lock = PTHREAD_MUTEX_INITIALIZER; /* of the lists of all systems: room.h, R3 */

bool troupei_ceiling_take(struct ceiling *ceiling, uint64_t bytes)
{
	if (ceiling->max == 0)
		return true;
	if (bytes <= ceiling->max && troupei_add_full_64(&ceiling->used, bytes) + bytes <= ceiling->max)
		return true;
	if (bytes <= ceiling->max)
		troupei_add_full_64(&ceiling->used, -bytes);
	return false;
}

static bool has_room(const struct ceiling *ceiling)
{
	return troupei_load_relaxed_64(&ceiling->used) <= ceiling->max - ceiling->max / 8;
}

static struct room_request *take_all(struct ceiling *ceiling)
{
	struct room_request *told = NULL;

	pthread_mutex_lock(&ceiling_lock);
	troupei_room_take(&ceiling->room, UINT32_MAX, &told);
	troupei_store_relaxed_32(&ceiling->waited_for, 0);
	pthread_mutex_unlock(&ceiling_lock);
	return told;
}

void troupei_ceiling_release(struct ceiling *ceiling, uint64_t bytes)
{
	if (ceiling->max > 0 && bytes > 0)
		troupei_add_full_64(&ceiling->used, -bytes); /* and the fence of C3 */
}

void troupei_ceiling_notice(struct troupei_system *system, struct actor_worker *worker)
{
	struct ceiling *ceiling = &system->ceiling;

	/* Relaxed: the fence of C3 stands in release, and the list is looked at under its lock. */
	if (troupei_unlikely(troupei_load_relaxed_32(&ceiling->waited_for) != 0) && has_room(ceiling))
		troupei_room_tell(system, worker, take_all(ceiling));
}

void troupei_ceiling_give(struct troupei_system *system, struct actor_worker *worker, uint64_t bytes)
{
	troupei_ceiling_release(&system->ceiling, bytes);
	troupei_ceiling_notice(system, worker);
}

bool troupei_ceiling_wait(struct ceiling *ceiling, struct room_request *request)
{
	if (ceiling->max == 0 || has_room(ceiling))
		return false;
	pthread_mutex_lock(&ceiling_lock);
	troupei_room_add(&ceiling->room, &ceiling_lock, request);
	troupei_store_relaxed_32(&ceiling->waited_for, 1);
	troupei_fence_full(); /* C3 */
	bool waits = !has_room(ceiling);
	if (!waits)
		troupei_room_remove(request);
	pthread_mutex_unlock(&ceiling_lock);
	return waits;
}
