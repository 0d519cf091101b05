/* SPDX-License-Identifier: MIT */
/* Who is in a group: joining, leaving, being found dead. G1 to G3: group.h. */
#include "groups/group.h"
#include "actors/remote.h"

enum { CAPACITY_FIRST = 8 };

/* With the lock held. Relaxed: the lock hands the list over; G1 says how a later message comes to see the number. */
static void changed(struct group *group)
{
	troupei_store_relaxed_32(&group->version, group->version + 1);
}

/* G2, G3. False: no memory. */
static bool make_room(struct group *group)
{
	struct members larger, fresh;
	uint32_t capacity = group->joined.capacity > 0 ? group->joined.capacity * 2 : CAPACITY_FIRST;

	if (group->joined.count < group->joined.capacity || troupei_members_drop_dead(&group->joined) > 0)
		return true;
	if (!troupei_members_init(&larger, capacity))
		return false;
	if (!troupei_members_init(&fresh, capacity)) {
		troupei_members_fini(&larger);
		return false;
	}
	troupei_members_copy(&larger, &group->joined);
	troupei_members_fini(&group->joined);
	troupei_members_fini(&group->fresh);
	group->joined = larger;
	group->fresh = fresh;
	return true;
}

troupe_status troupei_group_add(struct group *group, troupe_ref member)
{
	if (troupei_members_find(&group->joined, member) != MEMBERS_NONE)
		return TROUPE_OK;
	if (!make_room(group))
		return TROUPE_ENOMEM;
	troupei_members_add(&group->joined, member);
	changed(group);
	return TROUPE_OK;
}

/* Why nothing was locked. */
static troupe_status no_group(troupe_ref ref)
{
	return troupei_ref_is_address(ref) || troupe_is_alive(ref) ? TROUPE_EINVAL : TROUPE_EGONE;
}

static troupe_status join(troupe_ref ref, troupe_ref member)
{
	if (troupei_is_remote())
		return TROUPE_EREMOTE;
	const struct cell *cell = troupei_ref_cell(member);
	struct group *group = troupei_group_lock(ref);
	if (group == NULL)
		return no_group(ref);
	troupe_status status = TROUPE_EINVAL;
	if (troupei_ref_is_address(member) || troupe_ref_equal(ref, member))
		status = TROUPE_EINVAL;
	else if (cell == NULL || !troupei_member_is_in(member))
		status = TROUPE_EGONE;
	else if (troupei_cell_system(cell) == group->system)
		status = troupei_group_add(group, member);
	troupei_group_unlock(ref);
	return status;
}

troupe_status troupe_join(troupe_ref ref, troupe_ref member)
{
	if (troupe_ref_equal(ref, member) || !troupei_group_is(member))
		return join(ref, member);
	troupe_status status = troupei_group_nest_begin(ref, member);
	if (status == TROUPE_OK)
		status = join(ref, member);
	troupei_group_nest_end();
	return status;
}

/* With the lock held. */
static troupe_status leave(struct group *group, troupe_ref member)
{
	int64_t at = troupei_members_find(&group->joined, member);

	if (at == MEMBERS_NONE)
		return TROUPE_ENOENT;
	troupei_members_remove(&group->joined, (uint32_t)at);
	changed(group);
	return troupei_member_is_in(member) ? TROUPE_OK : TROUPE_ENOENT;
}

troupe_status troupe_leave(troupe_ref ref, troupe_ref member)
{
	if (troupei_is_remote())
		return TROUPE_EREMOTE;
	struct group *group = troupei_group_lock(ref);
	if (group == NULL)
		return no_group(ref);
	troupe_status status = leave(group, member);
	troupei_group_unlock(ref);
	return status;
}

void troupei_group_forget(troupe_ref ref, troupe_ref member)
{
	struct group *group = troupei_group_lock(ref);

	if (group == NULL)
		return;
	troupe_ignore(leave(group, member));
	troupei_group_unlock(ref);
}

troupe_status troupe_group_members(troupe_ref ref, troupe_ref *members, size_t room, size_t *count)
{
	if (count == NULL || (members == NULL && room > 0))
		return TROUPE_EINVAL;
	if (troupei_is_remote())
		return TROUPE_EREMOTE;
	struct group *group = troupei_group_lock(ref);
	if (group == NULL)
		return no_group(ref);
	if (troupei_members_drop_dead(&group->joined) > 0)
		changed(group);
	for (size_t i = 0; i < group->joined.count && i < room; i++)
		members[i] = group->joined.refs[i];
	*count = group->joined.count;
	troupei_group_unlock(ref);
	return TROUPE_OK;
}

/* ---------------------------------------------------------------------------------------------------- the router -- */

static void refresh_locked(struct group *group)
{
	if (group->fresh.refs != NULL) {
		troupei_members_fini(&group->seen);
		group->seen = group->fresh;
		group->fresh = (struct members){ 0 };
	}
	troupei_members_copy(&group->seen, &group->joined);
	group->seen_version = group->version;
}

void troupei_group_refresh(struct group *group, troupe_ref ref)
{
	troupei_group_lock_own(ref);
	refresh_locked(group);
	troupei_group_unlock(ref);
}

void troupei_group_bury(struct group *group, troupe_ref ref)
{
	troupei_group_lock_own(ref);
	if (troupei_members_drop_dead(&group->joined) > 0)
		changed(group);
	refresh_locked(group);
	troupei_group_unlock(ref);
}
