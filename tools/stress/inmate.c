/* SPDX-License-Identifier: MIT */
/* An actor in a child process: handles parcels, answers or does not, and dies of everything that a process can die of. */
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../../tests/support/faults.h"
#include "inmate.h"

static void die(struct dice *dice)
{
	static const int signals[] = { SIGKILL, SIGTERM, SIGSEGV, SIGABRT };

	kill(getpid(), signals[dice_below(dice, 4)]);
}

troupe_verdict inmate_init(troupe_actor *me)
{
	struct inmate *inmate = me->state;
	uint32_t life = atomic_fetch_add(&inmate->jail->lives[inmate->index], 1);

	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	inmate->dice = (struct dice){ dice_mix(inmate->seed + life) };
	atomic_store(&inmate->jail->pid[inmate->index], getpid());
	if (dice_one_in(&inmate->dice, 16))
		die(&inmate->dice);
	return dice_one_in(&inmate->dice, 16) ? troupe_fail(me, TROUPE_EUSER) : TROUPE_HANDLED;
}

/* ---------------------------------------------------------------------------------------------------------- parcels -- */

static void check(struct inmate *inmate, const troupe_message *m, const struct note *note)
{
	struct jail *jail = inmate->jail;

	if (!note_check(note, m->size, m->kind) || note->to != inmate->index)
		atomic_fetch_add(&jail->changed, 1);
	if (note->edge == NO_EDGE)
		return;
	if (note->sequence <= atomic_exchange(&jail->seen[inmate->index][note->edge], note->sequence))
		atomic_fetch_add(&jail->disordered, 1);
}

static troupe_verdict obey(troupe_actor *me, struct inmate *inmate, enum order order)
{
	switch (order) {
	case ORDER_REST: process_nap(dice_scaled(&inmate->dice, 1, 2000) * TROUPE_US); return TROUPE_HANDLED;
	case ORDER_UNKNOWN: return TROUPE_UNKNOWN;
	case ORDER_CRASH: fault_make((enum fault)dice_below(&inmate->dice, FAULTS)); break;
	case ORDER_QUIT: _exit((int)dice_below(&inmate->dice, 4));
	case ORDER_SIGNAL: die(&inmate->dice); break;
	case ORDER_EXIT: troupe_exit(me, dice_one_in(&inmate->dice, 2) ? TROUPE_OK : TROUPE_EUSER); break;
	case ORDER_FAIL: return troupe_fail(me, TROUPE_EUSER);
	case ORDER_FAIL_NOW: troupe_fail_now(me, TROUPE_EUSER - 1);
	case ORDER_KILL: troupe_ignore(troupe_kill(me->ref)); break;
	default: break;
	}
	return TROUPE_HANDLED;
}

static troupe_verdict receive_parcel(troupe_actor *me, struct inmate *inmate, const troupe_message *m)
{
	struct jail *jail = inmate->jail;
	const struct note *note = m->data;
	uint32_t ticket = note->burst;

	if (note->hops == ORDER_DEFER && dice_one_in(&inmate->dice, 2))
		return TROUPE_DEFERRED;
	if (note->hops == ORDER_FORWARD && troupe_forward(me, m, inmate->clerk) == TROUPE_OK)
		return TROUPE_HANDLED;
	atomic_fetch_add(&jail->begun[ticket], 1);
	check(inmate, m, note);
	if (troupe_send_bytes(inmate->clerk, KIND_ECHO, &ticket, sizeof ticket) == TROUPE_OK)
		atomic_store(&jail->echoed[ticket], 1);
	troupe_verdict verdict = obey(me, inmate, (enum order)note->hops);
	if (verdict == TROUPE_HANDLED)
		atomic_store(&jail->done[ticket], 1);
	if (dice_one_in(&inmate->dice, 8))
		troupe_undefer(me);
	return verdict;
}

/* -------------------------------------------------------------------------------------------------------- questions -- */

static void grant(const struct plea *plea)
{
	troupe_ignore(troupe_send_bytes(plea->reply, KIND_GRANT, &(struct grant){ plea->id }, sizeof(struct grant)));
}

static void grant_kept(struct inmate *inmate)
{
	while (inmate->kept_count > 0)
		grant(&inmate->kept[--inmate->kept_count]);
}

/* Ask somebody else first. */
static bool pass_up(troupe_actor *me, struct inmate *inmate, const troupe_message *m)
{
	const struct plea *plea = m->data;
	troupe_ref address;

	if (!troupe_ref_is_null(inmate->asking.reply))
		return false;
	bool hold = dice_one_in(&inmate->dice, 2);
	if (troupe_keep(me, m) != TROUPE_OK ||
	    troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .hold = hold, .token = plea->id), &address) != TROUPE_OK)
		return false;
	inmate->asking = *plea;
	struct plea favour = { .id = plea->id };
	troupe_ignore(troupe_ask_bytes(inmate->clerk, KIND_FAVOUR, &favour, sizeof favour, offsetof(struct plea, reply), address));
	return true;
}

static troupe_verdict receive_plea(troupe_actor *me, struct inmate *inmate, const troupe_message *m)
{
	const struct plea *plea = m->data;
	uint32_t share = dice_below(&inmate->dice, 100);

	if (share < 15 && pass_up(me, inmate, m))
		return TROUPE_HANDLED;
	if (share >= 15 && share < 30 && inmate->kept_count < PLEAS_KEPT && troupe_keep(me, m) == TROUPE_OK) {
		inmate->kept[inmate->kept_count++] = *plea;
		troupe_ignore(troupe_after(me, dice_scaled(&inmate->dice, 1, 2000) * TROUPE_US, KIND_ONCE, 0, NULL));
		return TROUPE_HANDLED;
	}
	if (share >= 30 && share < 36)
		return obey(me, inmate, (enum order)dice_between(&inmate->dice, ORDER_UNKNOWN, ORDER_COUNT - 1));
	if (share < 90)
		grant(plea);
	return TROUPE_HANDLED; /* or forgotten */
}

/* The favour was granted, or not. */
static void receive_outcome(struct inmate *inmate, const troupe_message *m)
{
	if (m->token != inmate->asking.id || (m->kind == KIND_GRANT && ((const struct grant *)m->data)->id != m->token))
		atomic_fetch_add(&inmate->jail->changed, 1);
	grant(&inmate->asking);
	inmate->asking = (struct plea){ 0 };
}

troupe_verdict inmate_receive(troupe_actor *me, const troupe_message *m)
{
	struct inmate *inmate = me->state;

	switch (m->kind) {
	case KIND_PARCEL: return receive_parcel(me, inmate, m);
	case KIND_PLEA: return receive_plea(me, inmate, m);
	case KIND_GRANT:
	case TROUPE_UNANSWERED: receive_outcome(inmate, m); return TROUPE_HANDLED;
	case KIND_ONCE: grant_kept(inmate); return TROUPE_HANDLED;
	default: return TROUPE_UNKNOWN;
	}
}
