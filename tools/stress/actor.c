/* SPDX-License-Identifier: MIT */
/* The checks around each handler: one thread at a time, state at its address, what it wrote is still there. */
#include "actor.h"

struct self self_initial(struct part *part, uint32_t index)
{
	return (struct self){
		.sender = { .part = part, .world = part_world(part, index), .dice = { dice_mix(part->seed + index) } },
		.index = index,
	};
}

/* The first time remember who and where; later compare. */
static void check_identity(troupe_actor *me, struct self *self)
{
	if (self->address == NULL) {
		self->address = self;
		self->ref_bits = me->ref.bits_private;
		if ((uintptr_t)self % 16 != 0)
			finding("the state of an actor lies at %p, not aligned", me->state);
	}
	if (self->address != self)
		finding("the state of an actor has moved from %p to %p", (void *)self->address, me->state);
	if (self->ref_bits != me->ref.bits_private)
		finding("an actor's own reference has changed");
	if (me->system.private_ != self->sender.world->system.private_)
		finding("an actor runs in another system than the one it was made in");
}

static uint64_t turns_counted(struct self *self)
{
	return atomic_load_explicit(&self->sender.part->turns[self->index], memory_order_relaxed);
}

troupe_verdict guard(troupe_actor *me, const troupe_message *m, troupe_receive *handle)
{
	struct self *self = me->state;

	if (atomic_exchange_explicit(&self->running, 1, memory_order_relaxed) != 0)
		finding("actor %u runs on two threads at once (%s)", self->index, self->sender.part->scenario->name);
	check_identity(me, self);
	payload_check(m->data, m->size);
	if (self->turns != turns_counted(self))
		finding("actor %u: its state says %llu messages, but it had %llu", self->index,
		        (unsigned long long)self->turns, (unsigned long long)turns_counted(self));
	self->turns++;
	atomic_fetch_add_explicit(&self->sender.part->turns[self->index], 1, memory_order_relaxed);
	troupe_verdict verdict = handle(me, m);
	atomic_store_explicit(&self->running, 0, memory_order_relaxed);
	return verdict;
}

void guard_terminate(troupe_actor *me)
{
	struct self *self = me->state;

	if (atomic_exchange_explicit(&self->running, 1, memory_order_relaxed) != 0)
		finding("terminate of actor %u runs while its handler does", self->index);
	if (self->turns != turns_counted(self))
		finding("actor %u ends: its state says %llu messages, but it had %llu", self->index,
		        (unsigned long long)self->turns, (unsigned long long)turns_counted(self));
	atomic_fetch_add_explicit(&self->sender.part->round->terminated, 1, memory_order_relaxed);
}

void plain_terminate(troupe_actor *me, troupe_status why)
{
	(void)why;
	guard_terminate(me);
}

troupe_verdict self_unborn(troupe_actor *me)
{
	struct self *self = me->state;

	atomic_fetch_add_explicit(&self->sender.part->round->unborn, 1, memory_order_relaxed);
	return troupe_fail(me, TROUPE_EUSER);
}

troupe_verdict self_returned(const troupe_message *m, struct self *self)
{
	const struct note *note = m->data;

	atomic_fetch_add_explicit(&self->sender.part->round->handbacks, 1, memory_order_relaxed);
	if (m->returned <= 0 || m->returned >= KIND_COUNT || troupe_ref_is_null(m->about))
		finding("TROUPE_RETURNED without its kind or without who hands it back");
	else if (m->size < sizeof *note && tiny_check(m->data, m->size))
		books_mark(0, KIND_TINY, FATE_RETURNED);
	else if (m->size >= sizeof *note && note_check(note, m->size, m->returned))
		books_mark(note->number, note->kind, FATE_RETURNED);
	return TROUPE_HANDLED;
}

bool self_accepts(struct self *self, const troupe_message *m)
{
	const struct note *note = m->data;

	if (!note_check(note, m->size, m->kind))
		return false;
	if (note->to != ANYONE && (note->to != self->index || note->part != self->sender.part->id)) {
		finding("message %llu was for actor %u of part %u, but actor %u of part %u got it",
		        (unsigned long long)note->number, note->to, (unsigned)note->part, self->index, self->sender.part->id);
		return false;
	}
	return true;
}

bool self_spawn(struct world *world, troupe_actor *parent, const troupe_behaviour *behaviour, const void *initial,
                troupe_ref *out)
{
	troupe_status status = parent != NULL ? troupe_spawn_child(parent, behaviour, initial, out)
	                                      : troupe_spawn(world->system, behaviour, initial, out);

	if (!EXPECT("a spawn", status, TROUPE_ECLOSED))
		return false;
	atomic_fetch_add_explicit(&world->round->spawned, 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&totals.actors, 1, memory_order_relaxed);
	return true;
}
