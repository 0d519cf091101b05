/* SPDX-License-Identifier: MIT */
/* Members for the tests of groups: each counts what it is sent, remembers it, and answers questions as it was told to. */
#ifndef TROUPE_TESTS_PROMISES_GROUPED_H
#define TROUPE_TESTS_PROMISES_GROUPED_H

#include "fixture.h"

enum { NOTE = 1, GET, VALUE, MEMBERS_MAX = 32, SEEN_MAX = 64 };

struct note { uint64_t key; uint32_t sender, n; };
struct value { uint64_t n; };
typedef union value_reply { troupe_ref ref; const struct value *VALUE; } value_reply;
struct get { value_reply reply; };
typedef union member {
	troupe_ref ref;
	const void *data;
	const struct note *NOTE;
	const struct get *GET;
	const struct task *DO;
} member;

enum manner { ANSWERS = 0, SILENT, KEEPS };

/* What a member has seen: the test's, one for each. */
struct book {
	enum manner manner;
	atomic_uint count;
	uint64_t id;
	const void *at[SEEN_MAX]; /* where payloads lay */
	uint64_t keys[SEEN_MAX];
};

static struct book books[MEMBERS_MAX];
static member members[MEMBERS_MAX];

static inline troupe_verdict note_down(struct book *book, const troupe_message *m)
{
	unsigned at = atomic_fetch_add(&book->count, 1);

	if (at < SEEN_MAX) {
		book->at[at] = m->data;
		book->keys[at] = ((const struct note *)m->data)->key;
	}
	return TROUPE_HANDLED;
}

static inline troupe_verdict member_receive(troupe_actor *me, const troupe_message *m)
{
	struct book *book = *(struct book **)me->state;
	member in = { .data = m->data };

	if (m->kind == DO)
		return do_task(me, m);
	if (m->kind == NOTE)
		return note_down(book, m);
	if (m->kind != GET)
		return TROUPE_UNKNOWN;
	atomic_fetch_add(&book->count, 1);
	if (book->manner == KEEPS)
		CHECK_OK(troupe_keep(me, m));
	if (book->manner == ANSWERS)
		CHECK_OK(troupe_send(in.GET->reply, VALUE, .n = book->id));
	return TROUPE_HANDLED;
}

static const troupe_behaviour member_behaviour = { .name = "member", .receive = member_receive,
	                                           .state_size = sizeof(struct book *) };

static inline void member_make(struct fixture *f, troupe_ref group, int i)
{
	struct book *book = &books[i];

	memset(book, 0, sizeof *book);
	book->id = (uint64_t)i;
	CHECK_OK(troupe_spawn(f->system, &member_behaviour, &book, &members[i].ref));
	CHECK_OK(troupe_join(group, members[i].ref));
}

/* A system, a group, and so many members. */
static inline member grouped(struct fixture *f, uint32_t workers, troupe_routing routing, int count)
{
	member group;

	fixture_start(f, workers);
	CHECK_OK(troupe_group_open(f->system, NULL, TROUPE_OPTIONS(troupe_group_options, .routing = routing), &group.ref));
	for (int i = 0; i < count; i++)
		member_make(f, group.ref, i);
	return group;
}

static inline void notes(member group, unsigned count)
{
	for (uint32_t i = 0; i < count; i++)
		CHECK_OK(troupe_send(group, NOTE, .key = i, .n = i));
}

static inline size_t member_count(troupe_ref group)
{
	size_t count = SIZE_MAX;

	CHECK_OK(troupe_group_members(group, NULL, 0, &count));
	return count;
}

#endif
