/* SPDX-License-Identifier: MIT */
/* Payloads that own memory go from hand to hand: moved, taken, held, forwarded, dropped, freed, shared, retained. Wherever
 * they get to, each is released exactly once. */
#include "cargo.h"
#include "families.h"

#define RETAINED_MOST 4u

struct carrier {
	struct self self;
	struct cargo *held;                  /* taken, to be sent on later */
	const void *retained[RETAINED_MOST]; /* references to shared payloads */
	uint32_t next;
};

/* ------------------------------------------------------------------------------------------------------- receiving -- */

static troupe_verdict receive_shared(troupe_actor *me, struct carrier *carrier, const troupe_message *m)
{
	books_mark(0, KIND_SHARED, FATE_HANDLED);
	if (dice_one_in(&carrier->self.sender.dice, 8) && troupe_take(me, m) != NULL)
		finding("troupe_take gave away a shared payload");
	if (dice_one_in(&carrier->self.sender.dice, 2)) {
		const void **place = &carrier->retained[carrier->next++ % RETAINED_MOST];
		if (*place != NULL && !note_check(*place, ((const struct note *)*place)->size, KIND_SHARED))
			finding("a retained payload has changed");
		troupe_release(*place);
		troupe_retain(m->data);
		*place = m->data;
	}
	return TROUPE_HANDLED;
}

static void check_taken(troupe_actor *me, const troupe_message *m)
{
	if (troupe_take(me, m) != NULL)
		finding("troupe_take gave the same payload twice");
	if (troupe_forward(me, m, me->ref) != TROUPE_EINVAL)
		finding("troupe_forward passed on what was taken");
}

static struct cargo *take(troupe_actor *me, const troupe_message *m)
{
	struct cargo *cargo = troupe_take(me, m);

	if (cargo == NULL) {
		finding("troupe_take gave nothing for a moved payload");
		return NULL;
	}
	if ((const void *)cargo != m->data)
		finding("troupe_take copied a moved payload");
	cargo->visits++;
	return cargo;
}

static void hold(struct carrier *carrier, struct cargo *cargo)
{
	struct cargo *before = carrier->held;

	carrier->held = cargo;
	if (before != NULL && cargo_good(before))
		cargo_move(&carrier->self.sender, before);
}

/* On, unless it has come far enough. */
static void handle_taken(struct carrier *carrier, struct cargo *cargo, uint32_t share_of)
{
	if (cargo->note.hops == 0 || share_of < 5) {
		troupe_free(cargo);
		return;
	}
	cargo->note.hops--;
	if (share_of < 20)
		hold(carrier, cargo);
	else
		cargo_move(&carrier->self.sender, cargo);
}

static troupe_verdict receive_cargo(troupe_actor *me, struct carrier *carrier, const troupe_message *m)
{
	struct sender *sender = &carrier->self.sender;
	const struct cargo *seen = m->data;
	uint64_t number = seen->note.number;
	uint32_t share_of = dice_below(&sender->dice, 100);

	if (!cargo_good(seen))
		return TROUPE_UNKNOWN;
	if (share_of >= 95)
		return share_of == 99 && dice_one_in(&sender->dice, 20) ? troupe_fail(me, TROUPE_EUSER) : TROUPE_UNKNOWN;
	if (share_of >= 85 && seen->note.hops > 0) {
		troupe_status status = troupe_forward(me, m, sender->part->refs[cargo_draw(sender)]);
		if (EXPECT("troupe_forward", status, TROUPE_EGONE, TROUPE_ECLOSED))
			return TROUPE_HANDLED;
	}
	if (!books_seen(number))
		books_mark(number, KIND_CARGO, FATE_HANDLED);
	if (share_of >= 80)
		return TROUPE_HANDLED;
	struct cargo *cargo = take(me, m);
	if (cargo == NULL)
		return TROUPE_HANDLED;
	if (share_of == 50)
		check_taken(me, m);
	handle_taken(carrier, cargo, share_of);
	return TROUPE_HANDLED;
}

/* A payload that was sent by copy may be taken too, changed, and sent on by moving. */
static troupe_verdict receive_loose(troupe_actor *me, struct carrier *carrier, const troupe_message *m)
{
	struct sender *sender = &carrier->self.sender;
	struct note *note = troupe_take(me, m);
	uint32_t to = cargo_draw(sender);

	books_mark(((const struct note *)m->data)->number, KIND_LOOSE, FATE_HANDLED);
	if (note == NULL) {
		finding("troupe_take gave nothing for a copied payload");
		return TROUPE_HANDLED;
	}
	if (note->hops == 0 || !post_begin(sender, note, KIND_LOOSE, note->size)) {
		troupe_free(note);
		return TROUPE_HANDLED;
	}
	uint64_t number = note->number, letters = books_letters_here();
	note->hops--;
	note_fill(note);
	troupe_status status = troupe_send_moved(sender->part->refs[to], KIND_LOOSE, note);
	post_done(sender, part_world(sender->part, to), number, KIND_LOOSE, status, letters);
	if (status != TROUPE_OK)
		troupe_free(note);
	return TROUPE_HANDLED;
}

static troupe_verdict carrier_handle(troupe_actor *me, const troupe_message *m)
{
	struct carrier *carrier = me->state;

	if (m->kind == TROUPE_RETURNED)
		return self_returned(m, &carrier->self);
	if (!self_accepts(&carrier->self, m))
		return TROUPE_UNKNOWN;
	if (dice_one_in(&carrier->self.sender.dice, 16) && !round_closing(carrier->self.sender.part->round))
		cargo_share(&carrier->self.sender);
	if (m->kind == KIND_SHARED)
		return receive_shared(me, carrier, m);
	return m->kind == KIND_CARGO ? receive_cargo(me, carrier, m) : receive_loose(me, carrier, m);
}

static troupe_verdict carrier_receive(troupe_actor *me, const troupe_message *m)
{
	return guard(me, m, carrier_handle);
}

static void carrier_terminate(troupe_actor *me, troupe_status why)
{
	struct carrier *carrier = me->state;

	plain_terminate(me, why);
	troupe_free(carrier->held);
	for (uint32_t i = 0; i < RETAINED_MOST; i++)
		troupe_release(carrier->retained[i]);
}

#define CARRIER(fate)                                                                                      \
	{                                                                                                  \
		.name = "carrier", .receive = carrier_receive, .terminate = carrier_terminate,             \
		.state_size = sizeof(struct carrier), .leftovers = (fate)                                  \
	}

static const troupe_behaviour carrier_behaviours[] = {
	CARRIER(TROUPE_DEAD_LETTER), CARRIER(TROUPE_HAND_BACK), CARRIER(TROUPE_DRAIN),
};

static void payload_build(struct part *part)
{
	part_indices(part, part->actors);
	part_refs(part, part->actors);
	for (uint32_t i = 0; i < part->actors; i++) {
		struct carrier carrier = { .self = self_initial(part, i) };
		self_spawn(part_world(part, i), NULL, &carrier_behaviours[dice_below(&part->dice, 3)], &carrier, &part->refs[i]);
	}
}

static void start_loose(struct part *part, uint16_t hops)
{
	uint32_t to = dice_below(&part->dice, part->refs_count);

	troupe_ignore(post(&part->outside, NULL, WAY_COPY, &(struct letter){
		.to = part->refs[to], .world = part_world(part, to), .kind = KIND_LOOSE, .size = note_size(&part->dice),
		.note = { .to = ANYONE, .edge = NO_EDGE, .hops = hops },
	}));
}

static void payload_start(struct part *part)
{
	uint32_t cargoes = dice_scaled(&part->dice, 1, part->budget < 1000 ? part->budget : 1000);
	uint32_t hops = part->budget / cargoes;

	for (uint32_t i = 0; i < cargoes; i++) {
		struct cargo *cargo = cargo_new(&part->dice);
		if (cargo == NULL)
			return;
		cargo->note.hops = (uint16_t)(hops < UINT16_MAX ? hops : UINT16_MAX);
		if (dice_one_in(&part->dice, 50))
			troupe_free(cargo);
		else
			cargo_move(&part->outside, cargo);
		if (dice_one_in(&part->dice, 4))
			start_loose(part, (uint16_t)dice_below(&part->dice, 100));
	}
}

const struct scenario payload_scenario = {
	.name = "payload", .about = "moved, taken, held, forwarded and shared payloads, released once",
	.build = payload_build, .start = payload_start,
};
