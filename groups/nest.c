/* SPDX-License-Identifier: MIT */
/* Groups in groups: does one lead to another? Whoever makes a group a member holds the lock of nesting from the look to the join, so
 * that of two who would close a circle together one sees it. G5: group.h. */
#include "base/memory.h"
#include "groups/group.h"

enum { CAPACITY_FIRST = 8 };

static pthread_mutex_t nesting = PTHREAD_MUTEX_INITIALIZER;

bool troupei_group_is(troupe_ref ref)
{
	bool is = troupei_group_lock(ref) != NULL;

	if (is)
		troupei_group_unlock(ref);
	return is;
}

/* False: no memory. */
static bool add(struct members *todo, troupe_ref ref)
{
	struct members larger;

	if (todo->count == todo->capacity) {
		if (!troupei_members_init(&larger, todo->capacity * 2))
			return false;
		troupei_members_copy(&larger, todo);
		troupei_members_fini(todo);
		*todo = larger;
	}
	troupei_members_add(todo, ref);
	return true;
}

/* Its members at this moment. False: no memory. */
static bool copy_members(troupe_ref ref, struct members *copy)
{
	const struct group *group = troupei_group_lock(ref);
	bool copied = true;

	*copy = (struct members){ 0 };
	if (group == NULL)
		return true;
	if (group->joined.count > 0 && (copied = troupei_members_init(copy, group->joined.count)))
		troupei_members_copy(copy, &group->joined);
	troupei_group_unlock(ref);
	return copied;
}

/* The groups among @p members that were not met yet are to be looked at. TROUPE_EINVAL: @p to is one of them. */
static troupe_status see(const struct members *members, troupe_ref to, struct members *todo)
{
	for (uint32_t i = 0; i < members->count; i++) {
		troupe_ref ref = members->refs[i];
		if (troupe_ref_equal(ref, to))
			return TROUPE_EINVAL;
		if (troupei_group_is(ref) && troupei_members_find(todo, ref) == MEMBERS_NONE && !add(todo, ref))
			return TROUPE_ENOMEM;
	}
	return TROUPE_OK;
}

troupe_status troupei_group_nest_begin(troupe_ref group, troupe_ref member)
{
	struct members todo, members;
	troupe_status status = TROUPE_OK;

	pthread_mutex_lock(&nesting);
	if (!troupei_members_init(&todo, CAPACITY_FIRST))
		return TROUPE_ENOMEM;
	troupei_members_add(&todo, member);
	for (uint32_t i = 0; i < todo.count && status == TROUPE_OK; i++) {
		if (!copy_members(todo.refs[i], &members))
			status = TROUPE_ENOMEM;
		else
			status = see(&members, group, &todo);
		troupei_members_fini(&members);
	}
	troupei_members_fini(&todo);
	return status;
}

void troupei_group_nest_end(void)
{
	pthread_mutex_unlock(&nesting);
}
