/* SPDX-License-Identifier: MIT */
/* members: a list of references, in the order in which they joined. Whoever uses one sees to it that nobody else does. */
#ifndef TROUPEI_GROUPS_MEMBERS_H
#define TROUPEI_GROUPS_MEMBERS_H

#include "actors/slots.h"
#include "troupe.h"

struct members {
	troupe_ref *refs;
	uint32_t count, capacity;
};

enum { MEMBERS_NONE = -1 };

/* Room for so many, and none in it. False: no memory. */
bool troupei_members_init(struct members *members, uint32_t capacity);
void troupei_members_fini(struct members *members);

/* Its place; MEMBERS_NONE: it is not there. */
int64_t troupei_members_find(const struct members *members, troupe_ref ref);

/* There is room. */
void troupei_members_add(struct members *members, troupe_ref ref);

/* The others keep their order. */
void troupei_members_remove(struct members *members, uint32_t at);

/* Does it take messages at this moment? Not one that has ended, or is ending and drains. Only a "no" stays true. */
static inline bool troupei_member_is_in(troupe_ref ref)
{
	const struct cell *cell = troupei_ref_cell(ref);
	const void *head = cell != NULL ? troupei_load_relaxed_ptr(&cell->mailbox.head) : MAILBOX_CLOSED;

	return !troupei_mailbox_refuses(head);
}

/* Those that have ended. How many there were. */
uint32_t troupei_members_drop_dead(struct members *members);

/* @p to has room for all. */
void troupei_members_copy(struct members *to, const struct members *from);

#endif
