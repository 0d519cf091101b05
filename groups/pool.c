/* SPDX-License-Identifier: MIT */
/* A group that makes its members itself, as its children: so it is they who end first, and no reference to one is needed. Only
 * the worker that runs the group may give it children, so they are made by its init, from what is remembered here. */
#include <string.h>

#include "actors/spawn.h"
#include "actors/remote.h"
#include "base/memory.h"
#include "groups/group.h"

struct pool {
	const troupe_behaviour *behaviour;
	uint32_t count;
	bool has_initial;
	_Alignas(max_align_t) unsigned char initial[];
};

static size_t pool_size(const troupe_behaviour *behaviour)
{
	return sizeof(struct pool) + behaviour->state_size;
}

static struct pool *pool_new(const troupe_behaviour *behaviour, const void *initial, uint32_t count)
{
	struct pool *pool = troupei_allocate(pool_size(behaviour));

	if (pool == NULL)
		return NULL;
	*pool = (struct pool){ .behaviour = behaviour, .count = count, .has_initial = initial != NULL };
	if (initial != NULL)
		memcpy(pool->initial, initial, behaviour->state_size);
	return pool;
}

void troupei_pool_free(struct pool *pool)
{
	if (pool != NULL)
		troupei_deallocate(pool, pool_size(pool->behaviour));
}

/* Another one that is in it before anybody can send to it. */
static troupe_status add_member(troupe_actor *me, struct group *group)
{
	const struct pool *pool = group->pool;
	troupe_ref member;
	troupe_status status =
		troupe_spawn_child(me, pool->behaviour, pool->has_initial ? pool->initial : NULL, &member);

	if (status != TROUPE_OK)
		return status;
	troupei_group_lock_own(me->ref);
	status = troupei_group_add(group, member);
	troupei_group_unlock(me->ref);
	return status;
}

/* Not a failure of init, after which there is no terminate. */
troupe_verdict troupei_pool_init(troupe_actor *me)
{
	struct group *group = *(struct group **)me->state;
	troupe_status status = TROUPE_OK;

	for (uint32_t i = 0; i < group->pool->count && status == TROUPE_OK; i++)
		status = add_member(me, group);
	if (status == TROUPE_OK)
		return TROUPE_HANDLED;
	troupei_log(me->system.private_, "pool (%016llx) ended: its %u members could not be made: %s",
	            (unsigned long long)me->ref.bits_private, group->pool->count, troupe_status_name(status));
	troupe_exit(me, status);
	return TROUPE_HANDLED;
}

troupe_status troupe_group_spawn(troupe_system system, const troupe_group_options *options,
                                 const troupe_behaviour *behaviour, const void *initial, uint32_t count, troupe_ref *out)
{
	troupe_group_options own;
	troupe_ref ref;

	if (system.private_ == NULL || count == 0 || !troupei_behaviour_is_valid(behaviour))
		return TROUPE_EINVAL;
	if (out == NULL || !troupei_group_options_read(&own, options))
		return TROUPE_EINVAL;
	if (troupei_is_remote())
		return TROUPE_EREMOTE;
	struct pool *pool = pool_new(behaviour, initial, count);
	if (pool == NULL)
		return TROUPE_ENOMEM;
	troupe_status status = troupei_group_make(system, &own, pool, &ref);
	if (status == TROUPE_OK)
		*out = ref;
	else
		troupei_pool_free(pool);
	return status;
}
