/* SPDX-License-Identifier: MIT */
/* Passing messages on. What comes is detached from the group's turn, so that it counts as handled here, and posted as it is:
 * a question keeps its address, a sender its name, a payload its place. */
#include "actors/ask.h"
#include "actors/dead_letter.h"
#include "actors/post.h"
#include "groups/group.h"

/* A message that is being passed on. */
struct passing {
	struct actor_worker *worker;
	struct group *group;
	troupe_ref ref; /* the group's */
	uint64_t key;
};

static bool is_question(const struct envelope *envelope)
{
	return troupei_envelope_sort(envelope) == SORT_QUESTION;
}

static troupe_status try_post(const struct passing *p, troupe_ref to, struct envelope *envelope)
{
	struct cell *cell = troupei_ref_cell(to);

	return cell != NULL ? troupei_post_cell(p->worker->system, p->worker, cell, troupei_ref_generation(to), envelope)
	                    : TROUPE_EGONE;
}

/* Free it; a question is answered with @p why. */
static void drop(const struct passing *p, struct envelope *envelope, troupe_status why)
{
	if (is_question(envelope))
		troupei_question_fail_with(p->worker->system, p->worker, envelope, why);
	else
		troupei_envelope_free(envelope);
}

/* Nobody gets it: it was handled here, and is a dead letter as one sent on. */
static void nobody(const struct passing *p, struct envelope *envelope, troupe_status why)
{
	troupei_dead_letter(p->worker->system, p->worker, p->ref, troupei_envelope_kind(envelope),
	                    troupei_envelope_data(envelope), troupei_envelope_size(envelope), why);
	drop(p, envelope, why);
}

static bool is_refusal(troupe_status status)
{
	return status == TROUPE_EFULL || status == TROUPE_ENOMEM;
}

/* The chosen one, or who is chosen when that one is dead. Where one is as good as another, one that is full is passed over; by key
 * it is that one or nobody. */
static void to_one(const struct passing *p, struct envelope *envelope)
{
	struct group *group = p->group;
	uint32_t refusals = 0;

	while (group->seen.count > 0) {
		uint32_t at = troupei_group_choose(group, p->key, &p->worker->base.random);
		troupe_status status = try_post(p, group->seen.refs[at], envelope);
		if (status == TROUPE_OK)
			return;
		if (is_refusal(status)) {
			if (group->routing != TROUPE_BY_KEY && ++refusals < group->seen.count)
				continue;
			nobody(p, envelope, status);
			return;
		}
		troupei_group_bury(group, p->ref);
		group->turn = at; /* the next one stands there now */
	}
	nobody(p, envelope, TROUPE_ENOENT);
}

/* ------------------------------------------------------------------------------------------------------------ to all -- */

static void bury_dead(const struct passing *p)
{
	for (uint32_t i = 0; i < p->group->seen.count; i++)
		if (!troupei_member_is_in(p->group->seen.refs[i])) {
			troupei_group_bury(p->group, p->ref);
			return;
		}
}

static void drop_copies(struct envelope *copies)
{
	for (struct envelope *next; copies != NULL; copies = next) {
		next = copies->next;
		troupei_envelope_free(copies);
	}
}

/* So many copies, linked by next, all or none. False: no memory. */
static bool make_copies(const struct envelope *envelope, uint32_t count, struct envelope **copies)
{
	*copies = NULL;
	for (; count > 0; count--) {
		struct envelope *copy = troupei_envelope_copy(envelope);
		if (copy == NULL) {
			drop_copies(*copies);
			return false;
		}
		copy->next = *copies;
		*copies = copy;
	}
	return true;
}

/* A member that lives does not get it. */
static void full(const struct passing *p, troupe_ref to, struct envelope *envelope, troupe_status why)
{
	troupei_dead_letter(p->worker->system, p->worker, to, troupei_envelope_kind(envelope),
	                    troupei_envelope_data(envelope), troupei_envelope_size(envelope), why);
	drop(p, envelope, why);
}

/* False: it is gone. */
static bool deliver_one(const struct passing *p, troupe_ref to, struct envelope *copy)
{
	troupe_status status = try_post(p, to, copy);

	if (is_refusal(status))
		full(p, to, copy, status);
	else if (status != TROUPE_OK)
		drop(p, copy, TROUPE_EGONE);
	return status == TROUPE_OK || is_refusal(status);
}

/* One for each that was counted. Who has died since does not count as one that was sent to; one that was asked has its outcome
 * all the same. */
static void deliver_all(const struct passing *p, struct envelope *copies, struct envelope *last)
{
	bool asked = is_question(last), delivered = false;

	for (uint32_t i = 0; copies != NULL; i++) {
		struct envelope *copy = copies;
		copies = copy->next;
		delivered |= deliver_one(p, p->group->seen.refs[i], copy);
	}
	troupe_ref to = p->group->seen.refs[p->group->seen.count - 1];
	troupe_status status = try_post(p, to, last);
	if (status == TROUPE_OK)
		return;
	if (is_refusal(status))
		full(p, to, last, status);
	else if (delivered || asked)
		drop(p, last, TROUPE_EGONE);
	else
		nobody(p, last, TROUPE_ENOENT);
}

/* Everything that may fail comes first: it goes to all of them or to nobody. */
static void to_all(const struct passing *p, struct envelope *envelope)
{
	struct envelope *copies;
	troupe_status status = TROUPE_OK;

	bury_dead(p);
	uint32_t count = p->group->seen.count;
	if (count == 0) {
		nobody(p, envelope, TROUPE_ENOENT);
		return;
	}
	troupei_envelope_share(envelope);
	if (!make_copies(envelope, count - 1, &copies)) {
		nobody(p, envelope, TROUPE_ENOMEM);
		return;
	}
	if (is_question(envelope))
		status = troupei_ask_widen((troupe_ref){ troupei_envelope_extension(envelope)->word }, count - 1);
	if (status == TROUPE_OK) {
		deliver_all(p, copies, envelope);
		return;
	}
	drop_copies(copies);
	nobody(p, envelope, status);
}

/* ----------------------------------------------------------------------------------------------------------- receive -- */

/* What a member of a pool hands back is the message that it was. */
static void restore(struct envelope *envelope)
{
	if (troupei_envelope_sort(envelope) != SORT_RETURNED)
		return;
	envelope->size = SORT_PLAIN;
	envelope->flags &= (uint8_t)~ENVELOPE_CONTROL;
}

static uint64_t key_of(const struct group *group, const troupe_message *m)
{
	troupe_message user = *m;

	if (group->key == NULL)
		return 0;
	if (m->kind == TROUPE_RETURNED) {
		user.kind = m->returned;
		user.returned = 0;
		user.about = (troupe_ref){ 0 };
	}
	return group->key(&user);
}

troupe_verdict troupei_group_receive(troupe_actor *me, const troupe_message *m)
{
	struct passing p = { troupei_me_worker(me), *(struct group **)me->state, me->ref, 0 };

	if (m->kind <= 0 && m->kind != TROUPE_RETURNED)
		return TROUPE_UNKNOWN;
	/* Relaxed: G1. */
	if (troupei_load_relaxed_32(&p.group->version) != p.group->seen_version)
		troupei_group_refresh(p.group, p.ref);
	p.key = key_of(p.group, m);
	struct envelope *envelope = troupei_message_detach(p.worker, m);
	if (envelope == NULL) {
		troupei_dead_letter(p.worker->system, p.worker, p.ref, m->kind, m->data, m->size, TROUPE_ENOMEM);
		return TROUPE_HANDLED;
	}
	restore(envelope);
	if (p.group->routing == TROUPE_TO_ALL)
		to_all(&p, envelope);
	else
		to_one(&p, envelope);
	return TROUPE_HANDLED;
}
