/* SPDX-License-Identifier: MIT */
/* Crashes of all causes in contained actors, while plain threads ask them. A question to who crashes on it is answered so; that
 * every crash is logged once is checked for all families by world.c. */
#include "cast.h"
#include "families.h"

static void dress(struct cast *cast, struct dice *dice, troupe_behaviour *behaviour)
{
	(void)cast;
	if (dice_one_in(dice, 8))
		return;
	behaviour->blocks = 0;
	behaviour->isolation = TROUPE_CONTAINED;
}

/* A call has one outcome: an answer or a reason. */
static void ask(struct thread *thread)
{
	struct part *part = thread->part;
	struct cast *cast = part->own;
	struct dice *dice = &thread->sender.dice;

	for (uint32_t i = 0; i < 200 && !round_closing(part->round); i++) {
		struct seek seek = { .id = i + 1 };
		struct found found;
		cast_note(cast, &seek.note, KIND_SEEK, sizeof seek);
		atomic_fetch_add_explicit(&totals.asks, 1, memory_order_relaxed);
		troupe_status status = troupe_call_bytes(role_ref(&cast->roles[cast_draw(cast, dice)]), KIND_SEEK, &seek, sizeof seek,
		                                         offsetof(struct seek, reply), KIND_FOUND, &found, sizeof found,
		                                         20 * TROUPE_S * process_slow());
		if (status == TROUPE_OK && found.id != seek.id)
			finding("a call was answered with what belongs to another question");
		if ((status == TROUPE_ETIMEOUT && !world_late_question(part->round)) || status == TROUPE_EANSWER || status == TROUPE_EINVAL || status == TROUPE_ENOMEM)
			finding("a call gave %s", troupe_status_name(status));
	}
}

static void start(struct cast *cast)
{
	part_thread(cast->part, false, ask);
}

const struct family contain_family = { .name = "contain", .dress = dress, .start = start };

const struct scenario contain_scenario =
	CAST_SCENARIO("contain", "crashes of all causes in handlers, init and terminate, contained", &contain_family);
