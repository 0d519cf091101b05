/* SPDX-License-Identifier: MIT */
#include "groups/members.h"

#include <string.h>

#include "base/check.h"
#include "base/memory.h"

bool troupei_members_init(struct members *members, uint32_t capacity)
{
	*members = (struct members){ .refs = troupei_allocate(capacity * sizeof(troupe_ref)), .capacity = capacity };
	if (members->refs == NULL)
		members->capacity = 0;
	return members->refs != NULL;
}

void troupei_members_fini(struct members *members)
{
	troupei_deallocate(members->refs, members->capacity * sizeof(troupe_ref));
	*members = (struct members){ 0 };
}

int64_t troupei_members_find(const struct members *members, troupe_ref ref)
{
	for (uint32_t i = 0; i < members->count; i++)
		if (troupe_ref_equal(members->refs[i], ref))
			return i;
	return MEMBERS_NONE;
}

void troupei_members_add(struct members *members, troupe_ref ref)
{
	TROUPEI_ASSERT(members->count < members->capacity);
	members->refs[members->count++] = ref;
}

void troupei_members_remove(struct members *members, uint32_t at)
{
	members->count--;
	memmove(members->refs + at, members->refs + at + 1, (members->count - at) * sizeof(troupe_ref));
}

uint32_t troupei_members_drop_dead(struct members *members)
{
	uint32_t before = members->count, kept = 0;

	for (uint32_t i = 0; i < before; i++)
		if (troupei_member_is_in(members->refs[i]))
			members->refs[kept++] = members->refs[i];
	members->count = kept;
	return before - kept;
}

void troupei_members_copy(struct members *to, const struct members *from)
{
	TROUPEI_ASSERT(from->count <= to->capacity);
	if (from->count > 0)
		memcpy(to->refs, from->refs, from->count * sizeof(troupe_ref));
	to->count = from->count;
}
