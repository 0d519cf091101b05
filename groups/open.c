/* SPDX-License-Identifier: MIT */
/* Opening groups, by name or not. */
#include <string.h>

#include "actors/spawn.h"
#include "actors/remote.h"
#include "groups/group.h"

static void terminate(troupe_actor *me, troupe_status why)
{
	struct group *group = *(struct group **)me->state;

	(void)why;
	troupei_pool_free(group->pool);
	group->pool = NULL;
	troupei_group_end(group, me->ref);
}

/* A pool begins by making its members; other groups have no init, and run when the first message comes. */
static const troupe_behaviour grouping = {
	.name = "group", .receive = troupei_group_receive, .terminate = terminate, .state_size = sizeof(struct group *)
};
static const troupe_behaviour pooling = {
	.name = "pool", .receive = troupei_group_receive, .init = troupei_pool_init, .terminate = terminate,
	.state_size = sizeof(struct group *)
};

bool troupei_group_options_read(troupe_group_options *own, const troupe_group_options *given)
{
	return troupei_options_read(own, sizeof *own, given) && (unsigned)own->routing <= TROUPE_TO_ALL &&
	       (own->routing == TROUPE_BY_KEY) == (own->key != NULL);
}

troupe_status troupei_group_make(troupe_system system, const troupe_group_options *options, struct pool *pool,
                                 troupe_ref *out)
{
	struct group *group = troupei_group_new(system, options);

	if (group == NULL)
		return TROUPE_ENOMEM;
	group->pool = pool;
	troupe_status status = troupe_spawn(system, pool != NULL ? &pooling : &grouping, &group, out);
	if (status == TROUPE_OK)
		troupei_group_publish(group, *out);
	else
		troupei_group_free(group);
	return status;
}

/* TROUPE_ENOENT: nobody has the name, or not any more. */
static troupe_status reopen(troupe_system system, const char *name, const troupe_group_options *options, troupe_ref *out)
{
	troupe_ref ref;
	troupe_status status = troupe_find(system, name, &ref);

	if (status != TROUPE_OK)
		return status;
	const struct group *group = troupei_group_lock(ref);
	if (group == NULL)
		return troupe_is_alive(ref) ? TROUPE_EEXIST : TROUPE_ENOENT;
	bool same = group->routing == options->routing && group->key == options->key;
	troupei_group_unlock(ref);
	if (!same)
		return TROUPE_EEXIST;
	*out = ref;
	return TROUPE_OK;
}

/* One that got no name: nobody knows of it, so it ends unseen. A signal needs no memory. */
static void discard(struct troupei_system *system, troupe_ref ref)
{
	struct cell *cell = troupei_ref_cell(ref);

	if (cell != NULL)
		troupei_signal(system, troupei_worker_of(system), cell, SIGNAL_KILL);
}

/* Somebody else may give the name away between our looks: then theirs is opened. */
static troupe_status open_named(troupe_system system, const char *name, const troupe_group_options *options,
                                troupe_ref *out)
{
	for (;;) {
		troupe_ref ref;
		troupe_status status = reopen(system, name, options, out);
		if (status != TROUPE_ENOENT)
			return status;
		status = troupei_group_make(system, options, NULL, &ref);
		if (status != TROUPE_OK)
			return status;
		status = troupe_name(ref, name);
		if (status == TROUPE_OK) {
			*out = ref;
			return TROUPE_OK;
		}
		discard(system.private_, ref);
		if (status != TROUPE_EEXIST)
			return status == TROUPE_EGONE ? TROUPE_ECLOSED : status; /* it was told to end with all the others */
	}
}

static bool is_name(const char *name)
{
	size_t length = strnlen(name, TROUPE_NAME_SIZE_MAX + 1);

	return length >= 1 && length <= TROUPE_NAME_SIZE_MAX;
}

troupe_status troupe_group_open(troupe_system system, const char *name, const troupe_group_options *options,
                                troupe_ref *out)
{
	troupe_group_options own;
	struct entrance entrance;
	troupe_ref ref;

	if (system.private_ == NULL || out == NULL || !troupei_group_options_read(&own, options))
		return TROUPE_EINVAL;
	if (name != NULL && !is_name(name))
		return TROUPE_EINVAL;
	if (troupei_is_remote())
		return TROUPE_EREMOTE;
	if (!troupei_system_enter(system.private_, &entrance))
		return TROUPE_ECLOSED;
	troupe_status status = name != NULL ? open_named(system, name, &own, &ref)
	                                    : troupei_group_make(system, &own, NULL, &ref);
	troupei_system_leave(&entrance);
	if (status == TROUPE_OK)
		*out = ref;
	return status;
}
