/* SPDX-License-Identifier: MIT */
/* Kill, stop and exit storms: actors and plain threads that send to victims, end them from several sides at once, put new
 * ones in their place, and send to those long gone. */
#include <stdlib.h>

#include "churn.h"
#include "families.h"

#define THREADS_MOST 3u
#define SLOTS_MOST   20000u

struct agitator {
	struct self self;
	uint32_t who;   /* its number among the senders */
	uint32_t steps; /* left to do */
};

static uint32_t draw_life(struct sender *sender, bool stale)
{
	struct churn *churn = sender->part->own;
	uint32_t next = atomic_load_explicit(&churn->next, memory_order_relaxed);

	if (stale)
		return dice_below(&sender->dice, next < churn->most ? next : churn->most);
	return atomic_load_explicit(&churn->current[dice_below(&sender->dice, churn->slots)], memory_order_acquire);
}

static void send_some(struct sender *sender, troupe_actor *me, uint32_t who, uint32_t index, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		life_send(sender, me, who, index);
}

static void check_gone(struct life *life, troupe_ref ref)
{
	if (troupe_is_alive(ref))
		finding("an actor is said to have ended, but lives");
	life_flag(life, LIFE_GONE);
}

/* End a life, in one of the ways that a plain thread or a handler has. */
static void end_life(struct sender *sender, troupe_actor *me, struct life *life, troupe_ref ref)
{
	troupe_status why;

	switch (dice_below(&sender->dice, me != NULL ? 4 : 7)) {
	case 0:
		life_flag(life, LIFE_KILLED);
		EXPECT("troupe_kill", troupe_kill(ref), TROUPE_EGONE, TROUPE_ECLOSED);
		break;
	case 4:
		if (EXPECT("troupe_stop_wait", troupe_stop_wait(ref, TROUPE_MS), TROUPE_ETIMEOUT))
			check_gone(life, ref);
		break;
	case 5:
		if (EXPECT("troupe_wait_end", troupe_wait_end(ref, TROUPE_US, &why), TROUPE_ETIMEOUT))
			check_gone(life, ref);
		break;
	default:
		EXPECT("troupe_stop", troupe_stop(ref), TROUPE_EGONE, TROUPE_ECLOSED);
	}
}

/* A new victim where the old one has ended. Handlers spawn in their own system, threads anywhere. */
static void replace(struct sender *sender)
{
	struct churn *churn = sender->part->own;
	uint32_t slot = dice_below(&sender->dice, churn->slots);
	struct life *life = &churn->lives[atomic_load_explicit(&churn->current[slot], memory_order_acquire)];
	troupe_ref ref = { atomic_load_explicit(&life->ref, memory_order_acquire) };

	if (!troupe_is_alive(ref) && !round_closing(sender->part->round))
		victim_spawn(sender, sender->world != NULL ? sender->world : part_world(sender->part, slot), slot);
}

void agitate(struct sender *sender, troupe_actor *me, uint32_t who)
{
	struct churn *churn = sender->part->own;
	uint32_t index = draw_life(sender, false), share = dice_below(&sender->dice, 100);
	struct life *life = &churn->lives[index];
	troupe_ref ref = { atomic_load_explicit(&life->ref, memory_order_acquire) };

	if (share < 70) {
		send_some(sender, me, who, index, dice_scaled(&sender->dice, 1, 64));
	} else if (share < 75) {
		life_send(sender, me, who, draw_life(sender, true));
	} else if (share < 85) {
		replace(sender);
	} else if (share < 95 && !troupe_ref_is_null(ref)) {
		end_life(sender, me, life, ref);
	} else if (!troupe_ref_is_null(ref)) {
		send_some(sender, me, who, index, 100);
		end_life(sender, me, life, ref);
		send_some(sender, me, who, index, 20);
	}
}

/* ------------------------------------------------------------------------------------------------------- agitators -- */

static void go_on(troupe_actor *me, struct agitator *agitator)
{
	struct self *self = &agitator->self;

	if (agitator->steps == 0 || round_closing(self->sender.part->round)) {
		part_pending(self->sender.part, -1);
		return;
	}
	agitator->steps--;
	troupe_ignore(post(&self->sender, me, WAY_COPY, &(struct letter){
		.to = me->ref, .world = self->sender.world, .kind = KIND_COMMAND,
		.note = { .to = self->index, .edge = NO_EDGE },
	}));
}

static troupe_verdict agitator_handle(troupe_actor *me, const troupe_message *m)
{
	struct agitator *agitator = me->state;
	struct churn *churn = agitator->self.sender.part->own;
	const struct note *note = m->data;

	if (m->kind == TROUPE_RETURNED) {
		if (note->to < churn->most)
			atomic_fetch_add_explicit(&churn->lives[note->to].returned, 1, memory_order_relaxed);
		return self_returned(m, &agitator->self);
	}
	if (!self_accepts(&agitator->self, m))
		return TROUPE_UNKNOWN;
	books_mark(note->number, m->kind, FATE_HANDLED);
	agitate(&agitator->self.sender, me, agitator->who);
	go_on(me, agitator);
	return TROUPE_HANDLED;
}

static troupe_verdict agitator_receive(troupe_actor *me, const troupe_message *m)
{
	return guard(me, m, agitator_handle);
}

static const troupe_behaviour agitator_behaviour = {
	.name = "agitator", .receive = agitator_receive, .terminate = plain_terminate, .state_size = sizeof(struct agitator),
};

static void agitate_from_thread(struct thread *thread)
{
	const struct churn *churn = thread->part->own;
	uint32_t steps = thread->part->budget / 32 + 1;

	for (uint32_t i = 0; i < steps && !round_closing(thread->part->round); i++)
		agitate(&thread->sender, NULL, churn->agitators + thread->index);
}

/* ---------------------------------------------------------------------------------------------------------- begins -- */

static void churn_build(struct part *part)
{
	struct churn *churn = process_array(1, sizeof *churn);

	churn->slots = dice_scaled(&part->dice, 1, part->actors < SLOTS_MOST ? part->actors : SLOTS_MOST);
	churn->most = churn->slots * 8 + 100;
	churn->agitators = dice_between(&part->dice, 1, 5);
	churn->senders = churn->agitators + THREADS_MOST;
	churn->current = process_array(churn->slots, sizeof *churn->current);
	churn->lives = process_array(churn->most, sizeof *churn->lives);
	churn->sent = process_array(churn->senders * churn->most, sizeof *churn->sent);
	churn->seen = process_array(churn->senders * churn->most, sizeof *churn->seen);
	part->own = churn;
	part_indices(part, churn->most + churn->agitators);
	part_refs(part, churn->agitators);
	for (uint32_t slot = 0; slot < churn->slots; slot++)
		victim_spawn(&part->outside, part_world(part, slot), slot);
	for (uint32_t i = 0; i < churn->agitators; i++) {
		struct agitator agitator = { .self = self_initial(part, churn->most + i), .who = i };
		agitator.steps = part->budget / 32 / churn->agitators + 1;
		self_spawn(part_world(part, churn->most + i), NULL, &agitator_behaviour, &agitator, &part->refs[i]);
	}
}

static void churn_start(struct part *part)
{
	const struct churn *churn = part->own;
	uint32_t threads = dice_below(&part->dice, THREADS_MOST + 1);

	for (uint32_t i = 0; i < churn->agitators; i++) {
		part_pending(part, 1);
		troupe_ignore(post(&part->outside, NULL, WAY_COPY, &(struct letter){
			.to = part->refs[i], .world = part_world(part, churn->most + i), .kind = KIND_COMMAND,
			.note = { .to = churn->most + i, .edge = NO_EDGE },
		}));
	}
	for (uint32_t i = 0; i < threads; i++)
		part_thread(part, false, agitate_from_thread);
}

static void churn_stop(struct part *part)
{
	struct churn *churn = part->own;

	for (uint32_t i = 0; i < churn->most; i++) {
		troupe_ref ref = { atomic_load(&churn->lives[i].ref) };
		if (!troupe_ref_is_null(ref))
			EXPECT("troupe_stop", troupe_stop(ref), TROUPE_EGONE, TROUPE_ECLOSED);
	}
	part_stop(part);
}

/* In the hook. What an actor leaves comes before terminate; what came too late comes after it. Messages that had been handed
 * back, to a sender that ended too, are for that sender and not looked at here. */
static void churn_letter(struct part *part, const troupe_dead_letter *letter)
{
	struct churn *churn = part->own;
	const struct note *note = letter->data;

	if (letter->why != TROUPE_EGONE || note->to >= churn->most)
		return;
	struct life *life = &churn->lives[note->to];
	if ((life_flags(life) & LIFE_ENDED) == 0 || letter->to.bits_private != atomic_load(&life->ref))
		return;
	atomic_fetch_add_explicit(&life->missed, 1, memory_order_relaxed);
	if (letter->to_name[0] != '?')
		finding("a dead letter to life %u, which had ended, names its receiver '%s'", note->to, letter->to_name);
}

/* What it accepted it handled (drain), or handled and handed back: unless it was killed or failed. A message that was on its
 * way while it ended may have been accepted and yet come too late. */
static void check_life(struct part *part, uint32_t index, struct life *life)
{
	uint32_t accepted = atomic_load(&life->accepted) - atomic_load(&life->missed);
	uint32_t delivered = atomic_load(&life->delivered);
	uint32_t returned = atomic_load(&life->returned), flags = life_flags(life);

	if ((flags & (LIFE_KILLED | LIFE_FAILED)) != 0 || part->round->mode == MODE_ABRUPT)
		return;
	if (life->fate == TROUPE_DRAIN && accepted != delivered)
		finding("life %u drains: it accepted %u messages, but handled %u", index, accepted, delivered);
	if (life->fate == TROUPE_HAND_BACK && (flags & LIFE_PLAIN) == 0 && part->round->mode <= MODE_SETTLED &&
	    accepted != delivered + returned)
		finding("life %u hands back: it accepted %u messages, but handled %u and returned %u", index, accepted, delivered,
		        returned);
}

static void churn_check(struct part *part)
{
	struct churn *churn = part->own;

	for (uint32_t i = 0; i < churn->most; i++)
		check_life(part, i, &churn->lives[i]);
}

static void churn_discard(struct part *part)
{
	struct churn *churn = part->own;

	free((void *)churn->current);
	free(churn->lives);
	free(churn->sent);
	free(churn->seen);
	free(churn);
}

const struct scenario churn_scenario = {
	.name = "churn", .about = "stop, kill and exit storms, all fates, stale references",
	.build = churn_build, .start = churn_start, .stop = churn_stop, .check = churn_check, .discard = churn_discard,
	.letter = churn_letter,
};
