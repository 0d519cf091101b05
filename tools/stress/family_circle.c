/* SPDX-License-Identifier: MIT */
/* Awaited questions in chains that close in circles: who is asked asks somebody else first, and awaits that. Nobody has a limit of
 * time, so all comes to rest only if every circle is found. A cast that asks upwards alone has no circles, and none may be told. */
#include <stdlib.h>

#include "cast.h"
#include "families.h"

#define KEPT_MAX 4u

struct await {
	struct note note;
	uint64_t id;
	troupe_ref reply;
};

struct kept {
	troupe_ref reply;
	uint64_t id;
};

struct circling {
	uint64_t token; /* of the question that is open; 0: none */
	bool limited;
	struct kept kept[KEPT_MAX]; /* to be answered when that is over */
	uint32_t kept_count, serial;
};

struct circle_own {
	bool upwards;
	bool patient; /* questions need no limit of time */
	bool alone; /* nothing else can wait, nor make anybody run who waits */
};

static uint32_t mine(void)
{
	return family_number(&circle_family);
}

static struct circle_own *own_of(struct player *player)
{
	return player->cast->own[mine()];
}

/* What keeps a circle from being seen (ask.h): other messages that may still come. */
static bool is_alone(const struct cast *cast)
{
	return cast->families == 1u << mine();
}

/* Who awaits somebody that begins only when it has ended itself has to wait for its supervisor's patience. */
static void start(struct cast *cast)
{
	struct circle_own *own = cast->own[mine()];

	if (!own->patient) /* those of other families are at work already, and read it */
		return;
	for (unsigned i = 0; i < cast->nests_count; i++)
		if (cast->nests[i].tree.strategy != TROUPE_ONE_FOR_ONE || cast->nests[i].may_end)
			own->patient = false;
}

static void dress(struct cast *cast, struct dice *dice, troupe_behaviour *behaviour)
{
	(void)dice;
	if (is_alone(cast))
		behaviour->traps = 0;
}

/* ----------------------------------------------------------------------------------------------------------- asking -- */

/* Whom one asks, or passes a question on to; null: nobody. */
static troupe_ref draw_other(struct player *player)
{
	struct dice *dice = &player->self.sender.dice;
	uint32_t other = cast_draw(player->cast, dice);

	if (own_of(player)->upwards && other <= player->self.index)
		return (troupe_ref){ 0 };
	/* Half of all ask a few, so that circles are many. */
	if (!own_of(player)->upwards && dice_one_in(dice, 2))
		other %= 4;
	return role_ref(&player->cast->roles[other]);
}

static bool ask(troupe_actor *me, struct player *player, struct circling *circling)
{
	struct dice *dice = &player->self.sender.dice;
	troupe_ref to = draw_other(player), address;
	bool together = !own_of(player)->alone;
	uint64_t token = ((uint64_t)mine() + 1) << 56 | (uint64_t)player->self.index << 40 |
	                 (uint64_t)(player->life & 0xffff) << 24 | (circling->serial + 1);

	if (circling->token != 0 || player->holding || troupe_ref_is_null(to))
		return false;
	circling->limited = !own_of(player)->patient || dice_one_in(dice, 16);
	int64_t within = circling->limited ? dice_scaled(dice, 100, 3000) * TROUPE_US : 0;
	troupe_status status = troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .hold = true, .token = token,
	                                                        .within_ns = within,
	                                                        .then = dice_one_in(dice, 2) ? player_receive : NULL), &address);
	/* The other family that awaits has an address of its own. */
	if (!EXPECT("troupe_expect", status, TROUPE_ECLOSED, together ? TROUPE_EINVAL : TROUPE_ECLOSED))
		return false;
	struct await question = { .id = token };
	cast_note(player->cast, &question.note, KIND_AWAIT, sizeof question);
	atomic_fetch_add_explicit(&totals.asks, 1, memory_order_relaxed);
	EXPECT("troupe_ask", troupe_ask_bytes(to, KIND_AWAIT, &question, sizeof question, offsetof(struct await, reply), address),
	       circling->limited ? TROUPE_ECLOSED : TROUPE_OK);
	circling->token = token;
	circling->serial++;
	player->holding = true;
	if (circling->limited)
		part_pending(player->self.sender.part, 1);
	return true;
}

static void act(troupe_actor *me, struct player *player)
{
	if (dice_one_in(&player->self.sender.dice, 2))
		ask(me, player, player_part(player, mine()));
}

/* -------------------------------------------------------------------------------------------------------- answering -- */

static void answer(struct player *player, const struct kept *kept)
{
	struct found found = { .id = kept->id };

	EXPECT("an answer", cast_tell(player->cast, kept->reply, KIND_AWAITED, &found, sizeof found), TROUPE_OK);
}

static void settle_up(struct player *player, struct circling *circling)
{
	while (circling->kept_count > 0)
		answer(player, &circling->kept[--circling->kept_count]);
}

/* Kept until what it asks itself is over; until it is at rest if it did not ask. */
static bool keep(troupe_actor *me, struct player *player, struct circling *circling, const troupe_message *m)
{
	const struct await *question = m->data;

	if (circling->kept_count == KEPT_MAX || !EXPECT("troupe_keep", troupe_keep(me, m), TROUPE_OK))
		return false;
	circling->kept[circling->kept_count++] = (struct kept){ question->reply, question->id };
	if (!dice_one_in(&player->self.sender.dice, 16))
		ask(me, player, circling);
	if (circling->token == 0 && !dice_one_in(&player->self.sender.dice, 16))
		settle_up(player, circling);
	return true;
}

static void asked(troupe_actor *me, struct player *player, struct circling *circling, const troupe_message *m)
{
	struct dice *dice = &player->self.sender.dice;
	const struct await question = *(const struct await *)m->data;
	uint32_t share = dice_below(dice, 100);

	if (!round_closing(player->self.sender.part->round)) {
		if (share < 60 && keep(me, player, circling, m))
			return;
		if (share >= 60 && share < 75) {
			troupe_ref other = draw_other(player);
			if (!troupe_ref_is_null(other) &&
			    EXPECT("troupe_forward", troupe_forward(me, m, other), TROUPE_EGONE, TROUPE_ECLOSED, TROUPE_EFULL))
				return;
		}
		if (share >= 95)
			return; /* forgotten */
	}
	answer(player, &(struct kept){ question.reply, question.id });
}

/* --------------------------------------------------------------------------------------------------------- outcomes -- */

static bool reason_allowed(struct player *player, const struct circling *circling, troupe_status why)
{
	if (why == TROUPE_ETIMEOUT && !circling->limited)
		return world_late_question(player->self.sender.part->round);
	return why == TROUPE_EGONE || why == TROUPE_EUNKNOWN || why == TROUPE_EFAILED || why == TROUPE_EUNANSWERED ||
	       why == TROUPE_ECLOSED || why == TROUPE_EKILLED || why == TROUPE_ECRASHED || why == TROUPE_EDEADLOCK ||
	       why == TROUPE_EFULL || why == TROUPE_ETIMEOUT;
}

static void close_question(struct player *player, struct circling *circling)
{
	if (circling->limited)
		part_pending(player->self.sender.part, -1);
	circling->token = 0;
	player->holding = false;
}

static void outcome(struct player *player, struct circling *circling, const troupe_message *m)
{
	struct world *world = player->self.sender.world;

	if (m->token != circling->token) {
		finding("role %u: an outcome (%d, %s) of a question that is closed", player->self.index, m->kind,
		        troupe_status_name(m->why));
		return;
	}
	if (m->kind == KIND_AWAITED && ((const struct found *)m->data)->id != circling->token)
		finding("role %u: an answer to another question", player->self.index);
	if (m->kind == TROUPE_UNANSWERED && !reason_allowed(player, circling, m->why))
		finding("role %u: a question that it awaits is unanswered because of %s", player->self.index,
		        troupe_status_name(m->why));
	if (m->kind == TROUPE_UNANSWERED && m->why == TROUPE_EDEADLOCK) {
		atomic_fetch_add_explicit(&world->deadlocks_seen, 1, memory_order_relaxed);
		if (own_of(player)->upwards && own_of(player)->alone)
			finding("role %u is told of a circle, where there is none", player->self.index);
	}
	close_question(player, circling);
	settle_up(player, circling);
}

/* Nothing but control messages may come meanwhile. Who drains, or is told to end by its supervisor, its parent or its system, waits
 * no more. */
static void check_held(struct player *player, const struct circling *circling, const troupe_message *m)
{
	const struct role *role = player_role(player);

	if (circling->token == 0 || m->kind < 0 || m->token != 0 || role->behaviour.leftovers == TROUPE_DRAIN ||
	    role->nest != NULL || atomic_load_explicit(&role->child, memory_order_relaxed) ||
	    round_closing(player->self.sender.part->round))
		return;
	finding("role %u awaits an answer, and is given a message of kind %d", player->self.index, m->kind);
}

static bool receive(troupe_actor *me, struct player *player, const troupe_message *m)
{
	struct circling *circling = player_part(player, mine());

	check_held(player, circling, m);
	switch (m->kind) {
	case KIND_AWAIT: asked(me, player, circling, m); return true;
	case KIND_AWAITED: outcome(player, circling, m); return true;
	case KIND_SETTLE_UP: settle_up(player, circling); return true;
	case KIND_AUDIT:
		if (circling->token != 0)
			finding("role %u awaits an answer, though all is at rest", player->self.index);
		return true;
	case TROUPE_UNANSWERED:
		if (m->token >> 56 != mine() + 1)
			return false;
		outcome(player, circling, m);
		return true;
	default: return false;
	}
}

static void over(struct player *player, troupe_status why)
{
	struct circling *circling = player_part(player, mine());

	(void)why;
	if (circling->token == 0)
		return;
	atomic_fetch_add_explicit(&player->self.sender.world->deadlocks_lost, 1, memory_order_relaxed);
	close_question(player, circling);
}

/* ------------------------------------------------------------------------------------------------------------ audit -- */

static void build(struct cast *cast, void **own)
{
	struct circle_own *circle = process_array(1, sizeof *circle);

	circle->alone = is_alone(cast);
	/* What is held back while others wait takes memory that the message might need which ends their wait. */
	circle->patient = circle->alone && cast->part->round->memory_max == 0;
	circle->upwards = dice_one_in(&cast->part->dice, 4);
	*own = circle;
}

/* Each circle fails one question. Its news is lost if the life that asked ends first. */
static void audit(struct cast *cast)
{
	struct round *round = cast->part->round;
	uint64_t seen = 0, lost = 0, told = 0;

	for (unsigned p = 0; p < round->parts_count; p++)
		if (round->parts[p].scenario != &circle_scenario)
			return;
	for (unsigned i = 0; i < round->worlds_count; i++) {
		troupe_counters counters;
		EXPECT("troupe_counters_read", troupe_counters_read(round->worlds[i].system, &counters), TROUPE_OK);
		seen += atomic_load(&round->worlds[i].deadlocks_seen);
		lost += atomic_load(&round->worlds[i].deadlocks_lost);
		told += counters.deadlocks;
	}
	if (seen > told || told > seen + lost)
		finding("%llu circles are counted, %llu questions failed by one, %llu were lost with who asked",
		        (unsigned long long)told, (unsigned long long)seen, (unsigned long long)lost);
}

static void discard(struct cast *cast)
{
	free(cast->own[mine()]);
}

const struct family circle_family = {
	.name = "circle", .state_size = sizeof(struct circling), .build = build, .dress = dress,
	.start = start, .act = act,
	.receive = receive, .over = over, .audit = audit, .discard = discard,
};

const struct scenario circle_scenario =
	CAST_SCENARIO("circle", "awaited questions in chains and circles: each circle fails one of them, all others go on",
	              &circle_family);
