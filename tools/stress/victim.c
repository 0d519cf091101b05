/* SPDX-License-Identifier: MIT */
/* Victims: what they do with messages, and how they end by themselves. */
#include "churn.h"

struct victim {
	struct self self;
};

static struct churn *churn_of(struct sender *sender)
{
	return sender->part->own;
}

static void check_order(struct victim *victim, const struct note *note)
{
	struct churn *churn = churn_of(&victim->self.sender);

	if (note->edge == NO_EDGE)
		return;
	uint32_t *seen = &churn->seen[note->edge];
	if (note->sequence != *seen + 1)
		finding("order: to life %u number %u came after number %u", victim->self.index, note->sequence, *seen);
	*seen = note->sequence;
}

/* Ends in one of all ways; says what became of the message. */
static troupe_verdict end_oneself(troupe_actor *me, struct victim *victim, struct life *life)
{
	uint32_t way = dice_below(&victim->self.sender.dice, 8);

	if (way == 0)
		EXPECT("troupe_stop of oneself", troupe_stop(me->ref), TROUPE_ECLOSED);
	if (way == 1 || way == 2)
		troupe_exit(me, TROUPE_OK);
	if (way <= 2)
		return TROUPE_HANDLED;
	life_flag(life, way == 3 ? LIFE_KILLED : LIFE_FAILED);
	if (way == 3)
		EXPECT("troupe_kill of oneself", troupe_kill(me->ref), TROUPE_ECLOSED);
	if (way == 4)
		troupe_exit(me, TROUPE_EUSER);
	if (way == 5)
		return TROUPE_FAILED;
	return way >= 6 ? troupe_fail(me, TROUPE_EUSER) : TROUPE_HANDLED;
}

static troupe_verdict victim_handle(troupe_actor *me, const troupe_message *m)
{
	struct victim *victim = me->state;
	struct sender *sender = &victim->self.sender;
	struct churn *churn = churn_of(sender);
	struct life *life = &churn->lives[victim->self.index];
	const struct note *note = m->data;
	troupe_verdict verdict = TROUPE_HANDLED;

	if (m->kind == TROUPE_RETURNED)
		return self_returned(m, &victim->self);
	if (!self_accepts(&victim->self, m))
		return TROUPE_UNKNOWN;
	atomic_fetch_add_explicit(&life->delivered, 1, memory_order_relaxed);
	check_order(victim, note);
	if (dice_one_in(&sender->dice, 500))
		verdict = end_oneself(me, victim, life);
	else if (dice_one_in(&sender->dice, 100))
		verdict = TROUPE_UNKNOWN;
	if (verdict != TROUPE_HANDLED)
		return verdict;
	books_mark(note->number, m->kind, FATE_HANDLED);
	if (note->edge != NO_EDGE && dice_one_in(&sender->dice, 8))
		life_send(sender, me, ANYONE, dice_below(&sender->dice, atomic_load(&churn->next)));
	return TROUPE_HANDLED;
}

static troupe_verdict victim_receive(troupe_actor *me, const troupe_message *m)
{
	return guard(me, m, victim_handle);
}

static void victim_terminate(troupe_actor *me, troupe_status why)
{
	struct victim *victim = me->state;

	plain_terminate(me, why);
	life_flag(&churn_of(&victim->self.sender)->lives[victim->self.index], LIFE_ENDED);
}

#define VICTIM(fate, turn)                                                                                             \
	{                                                                                                              \
		.name = "victim", .receive = victim_receive, .terminate = victim_terminate,                            \
		.state_size = sizeof(struct victim), .leftovers = (fate), .turn_messages_max = (turn)                  \
	}

static const troupe_behaviour victim_behaviours[] = {
	VICTIM(TROUPE_DEAD_LETTER, 0), VICTIM(TROUPE_HAND_BACK, 0), VICTIM(TROUPE_DRAIN, 0),
	VICTIM(TROUPE_DEAD_LETTER, 1), VICTIM(TROUPE_HAND_BACK, 3), VICTIM(TROUPE_DRAIN, 5),
};

void victim_spawn(struct sender *sender, struct world *world, uint32_t slot)
{
	struct churn *churn = churn_of(sender);
	uint32_t index = atomic_fetch_add(&churn->next, 1);
	const troupe_behaviour *behaviour = &victim_behaviours[dice_below(&sender->dice, 6)];
	troupe_ref ref;

	if (index >= churn->most) {
		atomic_fetch_sub(&churn->next, 1);
		return;
	}
	struct victim victim = { .self = self_initial(sender->part, index) };
	victim.self.sender.world = world;
	victim.self.sender.dice = dice_split(&sender->dice, index);
	churn->lives[index].world = world;
	churn->lives[index].fate = behaviour->leftovers;
	if (!self_spawn(world, NULL, behaviour, &victim, &ref))
		return;
	atomic_store_explicit(&churn->lives[index].ref, ref.bits_private, memory_order_release);
	atomic_store_explicit(&churn->current[slot], index, memory_order_release);
}

void life_send(struct sender *sender, troupe_actor *me, uint32_t who, uint32_t index)
{
	struct churn *churn = churn_of(sender);
	struct life *life = &churn->lives[index < churn->most ? index : 0];
	troupe_ref ref = { atomic_load_explicit(&life->ref, memory_order_acquire) };
	uint32_t edge = who == ANYONE ? NO_EDGE : who * churn->most + index;
	enum way way = dice_one_in(&sender->dice, 16) ? WAY_MOVE : WAY_FROM;

	if (troupe_ref_is_null(ref) || index >= churn->most)
		return;
	bool gone = (life_flags(life) & LIFE_GONE) != 0;
	if (who == ANYONE || way == WAY_MOVE || me == NULL)
		life_flag(life, LIFE_PLAIN);
	uint64_t letters = books_letters_here();
	troupe_status status = post(sender, me, way, &(struct letter){
		.to = ref, .world = life->world, .kind = KIND_PARCEL, .size = note_size(&sender->dice),
		.note = { .to = index, .edge = edge, .sequence = edge == NO_EDGE ? 0 : ++churn->sent[edge] },
	});
	if (status == TROUPE_OK)
		atomic_fetch_add_explicit(&life->accepted, 1, memory_order_relaxed);
	if (status == TROUPE_EGONE && letters != books_letters_here())
		atomic_fetch_sub_explicit(&life->missed, 1, memory_order_relaxed); /* refused, not missed */
	if (gone && status != TROUPE_EGONE && status != TROUPE_ENOMEM)
		finding("life %u had ended, but a send to it gave %s", index, troupe_status_name(status));
}
