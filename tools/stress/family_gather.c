/* SPDX-License-Identifier: MIT */
/* Scatter and gather: one, some or all of a group are asked at once, by actors and by plain threads with several futures, while
 * members fail. Each address gets what it expects and closes once; at rest none is open that has nobody to wait for. */
#include <stdlib.h>
#include <string.h>

#include "cast.h"
#include "families.h"

#define OPEN_MAX 4u
#define KEPT_MAX 8u
#define FUTURES  5u

struct asked {
	uint64_t token; /* 0: free */
	troupe_ref address;
	uint32_t answers, got; /* TROUPE_ANSWERS_ALL: all of them */
	bool single;           /* one question, to one */
	bool pending;          /* it counts as work that ends by itself */
	bool hold;
};

struct kept {
	troupe_ref reply;
	uint64_t id;
};

struct gathering {
	struct asked asked[OPEN_MAX];
	struct kept kept[KEPT_MAX];
	uint32_t kept_count, serial;
};

struct gather_own {
	troupe_ref group; /* of all, in the part's home */
};

static uint32_t mine(void)
{
	return family_number(&gather_family);
}

static void free_asked(struct player *player, struct asked *asked)
{
	if (asked->pending)
		part_pending(player->self.sender.part, -1);
	asked->token = 0;
}

/* ----------------------------------------------------------------------------------------------------------- asking -- */

static bool holds(const struct gathering *gathering)
{
	for (unsigned i = 0; i < OPEN_MAX; i++)
		if (gathering->asked[i].token != 0 && gathering->asked[i].hold)
			return true;
	return false;
}

static uint32_t draw_answers(struct dice *dice)
{
	static const uint32_t answers[] = { 1, 1, 2, 5, TROUPE_ANSWERS_ALL, TROUPE_ANSWERS_ALL };

	return answers[dice_below(dice, 6)];
}

static void ask(troupe_actor *me, struct player *player, struct gathering *gathering, struct asked *asked)
{
	struct gather_own *own = player->cast->own[mine()];
	struct dice *dice = &player->self.sender.dice;
	bool limited = dice_one_in(dice, 4), hold = limited && !player->holding && !holds(gathering) && dice_one_in(dice, 2);

	*asked = (struct asked){
		.token = ((uint64_t)mine() + 1) << 56 | (uint64_t)player->self.index << 40 |
		         (uint64_t)(player->life & 0xffff) << 24 | ++gathering->serial,
		.single = dice_one_in(dice, 2), .pending = limited, .hold = hold,
	};
	asked->answers = asked->single ? 1 : draw_answers(dice);
	troupe_status status = troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .answers = asked->answers, .questions = 1,
	                                                        .hold = hold, .token = asked->token,
	                                                        .within_ns = limited ? dice_scaled(dice, 1, 3000) * TROUPE_US : 0,
	                                                        .then = dice_one_in(dice, 2) ? player_receive : NULL),
	                                     &asked->address);
	if (!EXPECT("troupe_expect", status, TROUPE_ECLOSED)) {
		asked->token = 0;
		return;
	}
	if (limited)
		part_pending(player->self.sender.part, 1);
	troupe_ref to = asked->single ? role_ref(&player->cast->roles[cast_draw(player->cast, dice)]) : own->group;
	/* It may be over before it is asked with; that is told as any other outcome. */
	EXPECT("troupe_ask", cast_seek(player->cast, to, asked->address, asked->token, true), limited ? TROUPE_ECLOSED : TROUPE_OK);
	if (dice_one_in(dice, 16)) {
		EXPECT("troupe_forget", troupe_forget(me, asked->address), TROUPE_EGONE);
		free_asked(player, asked);
	}
}

static void settle_up(struct player *player, struct gathering *gathering)
{
	for (uint32_t i = 0; i < gathering->kept_count; i++) {
		struct found found = { .id = gathering->kept[i].id };
		EXPECT("a late answer", cast_tell(player->cast, gathering->kept[i].reply, KIND_FOUND, &found, sizeof found), TROUPE_OK);
	}
	gathering->kept_count = 0;
}

static void act(troupe_actor *me, struct player *player)
{
	struct gathering *gathering = player_part(player, mine());
	struct asked *asked = &gathering->asked[dice_below(&player->self.sender.dice, OPEN_MAX)];

	if (dice_one_in(&player->self.sender.dice, 3))
		settle_up(player, gathering);
	if (asked->token == 0)
		ask(me, player, gathering, asked);
}

/* --------------------------------------------------------------------------------------------------------- outcomes -- */

static bool outcome(struct player *player, struct gathering *gathering, const troupe_message *m)
{
	struct asked *asked = NULL;

	for (unsigned i = 0; i < OPEN_MAX; i++)
		if (m->token != 0 && gathering->asked[i].token == m->token)
			asked = &gathering->asked[i];
	if (asked == NULL) {
		if (m->kind == KIND_FOUND || m->token >> 56 == mine() + 1)
			finding("role %u: an outcome (%d, %s) at an address that is closed", player->self.index, m->kind,
			        troupe_status_name(m->why));
		return m->kind == KIND_FOUND;
	}
	if (m->kind == KIND_FOUND && ((const struct found *)m->data)->id != asked->token)
		finding("role %u: an answer to another question", player->self.index);
	if (m->kind == KIND_FOUND && ++asked->got < asked->answers)
		return true;
	if (m->kind == TROUPE_UNANSWERED && m->why == TROUPE_OK && asked->answers != TROUPE_ANSWERS_ALL)
		finding("role %u: an address that expects %u answers closed well after %u", player->self.index, asked->answers, asked->got);
	if (m->kind == TROUPE_UNANSWERED && asked->single && asked->got != 0)
		finding("role %u: a question was answered, and not", player->self.index);
	free_asked(player, asked);
	return true;
}

/* Kept for later, sometimes. */
static bool keep(troupe_actor *me, struct player *player, struct gathering *gathering, const troupe_message *m)
{
	const struct seek *seek = m->data;

	if (!seek->keep || round_closing(player->self.sender.part->round) || !dice_one_in(&player->self.sender.dice, 6))
		return false;
	if (gathering->kept_count == KEPT_MAX || !EXPECT("troupe_keep", troupe_keep(me, m), TROUPE_OK))
		return false;
	gathering->kept[gathering->kept_count++] = (struct kept){ seek->reply, seek->id };
	return true;
}

static void audit_player(struct player *player, const struct gathering *gathering)
{
	for (unsigned i = 0; i < OPEN_MAX; i++)
		if (gathering->asked[i].token != 0)
			finding("role %u: a question (%s, %u of %u answers) has no outcome, though all is at rest", player->self.index,
			        gathering->asked[i].single ? "to one" : "to all", gathering->asked[i].got, gathering->asked[i].answers);
}

static bool receive(troupe_actor *me, struct player *player, const troupe_message *m)
{
	struct gathering *gathering = player_part(player, mine());

	switch (m->kind) {
	case KIND_SEEK: return keep(me, player, gathering, m);
	case KIND_FOUND:
	case TROUPE_UNANSWERED: return outcome(player, gathering, m);
	case KIND_SETTLE_UP: settle_up(player, gathering); return true;
	case KIND_AUDIT: audit_player(player, gathering); return true;
	default: return false;
	}
}

static void over(struct player *player, troupe_status why)
{
	struct gathering *gathering = player_part(player, mine());

	(void)why;
	for (unsigned i = 0; i < OPEN_MAX; i++)
		if (gathering->asked[i].token != 0)
			free_asked(player, &gathering->asked[i]);
}

/* ---------------------------------------------------------------------------------------------------------- threads -- */

static void take_outcome(struct cast *cast, troupe_future future, uint64_t id)
{
	struct found found;
	troupe_status status = troupe_next(future, KIND_FOUND, &found, sizeof found);

	if (status == TROUPE_OK && found.id != id)
		finding("a future got the answer to another question");
	if ((status == TROUPE_ETIMEOUT && !world_late_question(cast->part->round)) || status == TROUPE_EANSWER || status == TROUPE_EINVAL || status == TROUPE_ENOMEM)
		finding("troupe_next gave %s", troupe_status_name(status));
	if (status != TROUPE_OK)
		return;
	if (troupe_next(future, KIND_FOUND, &found, sizeof found) != TROUPE_ECLOSED)
		finding("a future for one answer has more");
}

/* Several questions at once; whichever is answered first is taken first. */
static void ask_futures(struct thread *thread, uint64_t *serial)
{
	struct part *part = thread->part;
	struct cast *cast = part->own;
	struct gather_own *own = cast->own[mine()];
	struct dice *dice = &thread->sender.dice;
	troupe_future futures[FUTURES];
	uint64_t ids[FUTURES];
	size_t count = 0, which;

	for (uint32_t n = dice_between(dice, 1, FUTURES); n > 0; n--) {
		struct world *world = dice_one_in(dice, 4) ? &part->round->worlds[part->home] : part_world(part, n);
		troupe_ref to = dice_one_in(dice, 3) ? own->group : role_ref(&cast->roles[cast_draw(cast, dice)]);
		if (!EXPECT("troupe_future_open", troupe_future_open(world->system, NULL, &futures[count]), TROUPE_ECLOSED))
			continue;
		ids[count] = ++*serial;
		EXPECT("troupe_ask", cast_seek(cast, to, futures[count].ref, ids[count], false), TROUPE_OK);
		count++;
	}
	while (count > 0) {
		troupe_status status = troupe_future_first(futures, count, 20 * TROUPE_S * process_slow(), &which);
		if (!EXPECT("troupe_future_first", status, TROUPE_OK) || which >= count)
			break;
		if (!troupe_future_ready(futures[which]))
			finding("troupe_future_first names a future that is not ready");
		take_outcome(cast, futures[which], ids[which]);
		troupe_future_close(futures[which]);
		futures[which] = futures[--count];
		ids[which] = ids[count];
	}
	while (count > 0)
		troupe_future_close(futures[--count]);
}

static void ask_on(struct thread *thread)
{
	uint64_t serial = 0;

	for (uint32_t i = 0; i < 200 && !round_closing(thread->part->round); i++)
		ask_futures(thread, &serial);
}

static void start(struct cast *cast)
{
	struct gather_own *own = cast->own[mine()];
	struct world *home = &cast->part->round->worlds[cast->part->home];
	struct dice *dice = &cast->part->dice;
	uint32_t most = dice_scaled(dice, 1, cast->first_count);

	EXPECT("troupe_group_open", troupe_group_open(home->system, NULL,
	                                              TROUPE_OPTIONS(troupe_group_options, .routing = TROUPE_TO_ALL), &own->group),
	       TROUPE_OK);
	for (uint32_t i = 0; i < cast->first_count && most > 0; i++) {
		if (cast->roles[i].world != home || troupe_ref_is_null(role_ref(&cast->roles[i])))
			continue;
		EXPECT("troupe_join", troupe_join(own->group, role_ref(&cast->roles[i])), TROUPE_EGONE);
		most--;
	}
	for (uint32_t n = dice_below(dice, 3); n > 0; n--)
		part_thread(cast->part, false, ask_on);
}

static void stop(struct cast *cast)
{
	EXPECT("troupe_stop of a group", troupe_stop(((struct gather_own *)cast->own[mine()])->group), TROUPE_OK);
}

static void build(struct cast *cast, void **own)
{
	(void)cast;
	*own = process_array(1, sizeof(struct gather_own));
}

static void discard(struct cast *cast)
{
	free(cast->own[mine()]);
}

const struct family gather_family = {
	.name = "gather", .state_size = sizeof(struct gathering), .build = build, .start = start, .act = act, .receive = receive,
	.over = over, .stop = stop, .discard = discard,
};

const struct scenario gather_scenario =
	CAST_SCENARIO("gather", "questions to groups: the first, some or all answers, and futures, while members fail",
	              &gather_family);
