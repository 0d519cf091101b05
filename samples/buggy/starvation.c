/* SPDX-License-Identifier: MIT */
/* starvation: a primary beats, a standby listens, and leads when the primary is dead. Both go on by sending to themselves.
 * Bug: starvation by self-sends, and so a false suspicion. The standby counts its own rounds without a beat as if they were
 * time; but they go by while the primary, alive, does not get to run. Then two lead.
 * Seen when: STANDBY_ROUND is handled three times, and no STANDBY_BEAT between.
 * Smallest: 6 messages, 3 switches. Two CROWN_LEAD, one STANDBY_BEAT, three STANDBY_ROUND: primary, standby, crown.
 * Twin: no rounds. The standby monitors the primary: TROUPE_DOWN comes when that has ended, and never before. */
#include "troupe.h"

enum { BEATS = 5, SILENCE_MAX = 3 };
enum { PRIMARY_NEXT = 1, STANDBY_BEAT, STANDBY_ROUND, CROWN_LEAD };

struct leader { troupe_ref ref; };
typedef union crown { troupe_ref ref; const void *data; const struct leader *CROWN_LEAD; } crown;
typedef union primary { troupe_ref ref; const troupe_nothing *PRIMARY_NEXT; } primary;
typedef union standby {
	troupe_ref ref; const void *data; const struct leader *STANDBY_BEAT; const troupe_nothing *STANDBY_ROUND;
} standby;

struct primary_state { crown crown; standby standby; int beats; };
struct standby_state { crown crown; int silence; bool listens; };

static troupe_verdict crown_receive(troupe_actor *me, const troupe_message *m)
{
	struct leader *self = me->state;
	crown in = { .data = m->data };

	if (m->kind != CROWN_LEAD)
		return TROUPE_UNKNOWN;
	troupe_holds(!troupe_is_alive(self->ref), "one leads at a time");
	*self = *in.CROWN_LEAD;
	return TROUPE_HANDLED;
}

static troupe_verdict primary_next(troupe_actor *me)
{
	struct primary_state *self = me->state;
	troupe_status status = troupe_send(self->standby, STANDBY_BEAT, me->ref);

	if (++self->beats == BEATS) /* then it has had enough */
		return troupe_exit(me, status), TROUPE_HANDLED;
	return troupe_done(me, status == TROUPE_OK ? troupe_send((primary){ me->ref }, PRIMARY_NEXT, 0) : status);
}

static troupe_verdict primary_init(troupe_actor *me)
{
	const struct primary_state *self = me->state;
	troupe_status status = troupe_send(self->crown, CROWN_LEAD, me->ref);

	return status == TROUPE_OK ? primary_next(me) : troupe_fail(me, status);
}

static troupe_verdict primary_receive(troupe_actor *me, const troupe_message *m)
{
	return m->kind == PRIMARY_NEXT ? primary_next(me) : TROUPE_UNKNOWN;
}

static troupe_verdict standby_lead(troupe_actor *me)
{
	const struct standby_state *self = me->state;

	return troupe_done(me, troupe_send(self->crown, CROWN_LEAD, me->ref));
}

#ifdef FIXED
static troupe_verdict listen(troupe_actor *me, troupe_ref to) { return troupe_done(me, troupe_monitor(me, to, 0, NULL)); }
#else
static troupe_verdict listen(troupe_actor *me, troupe_ref to)
{
	return (void)to, troupe_done(me, troupe_send((standby){ me->ref }, STANDBY_ROUND, 0));
}
#endif

static troupe_verdict standby_receive(troupe_actor *me, const troupe_message *m)
{
	struct standby_state *self = me->state;
	standby in = { .data = m->data };
	bool listened = self->listens;

	switch (m->kind) {
	case STANDBY_BEAT:
		self->silence = 0;
		self->listens = true;
		return listened ? TROUPE_HANDLED : listen(me, in.STANDBY_BEAT->ref);
	case STANDBY_ROUND:
		return ++self->silence == SILENCE_MAX ? standby_lead(me) : listen(me, (troupe_ref){ 0 });
	case TROUPE_DOWN:
		return standby_lead(me);
	default:
		return TROUPE_UNKNOWN;
	}
}

static const troupe_kind crown_kinds[] = { TROUPE_KIND(crown, CROWN_LEAD), { 0 } };
static const troupe_kind primary_kinds[] = { TROUPE_KIND(primary, PRIMARY_NEXT), { 0 } };
static const troupe_kind standby_kinds[] = {
	TROUPE_KIND(standby, STANDBY_BEAT), TROUPE_KIND(standby, STANDBY_ROUND), { 0 },
};

static const troupe_behaviour crown_behaviour = {
	.name = "crown", .receive = crown_receive, .state_size = sizeof(struct leader), .kinds = crown_kinds,
};
static const troupe_behaviour primary_behaviour = { /* it steps back after each message */
	.name = "primary", .init = primary_init, .receive = primary_receive, .state_size = sizeof(struct primary_state),
	.kinds = primary_kinds,
	.turn_messages_max = 1,
};
static const troupe_behaviour standby_behaviour = {
	.name = "standby", .receive = standby_receive, .state_size = sizeof(struct standby_state), .turn_messages_max = 1,
	.kinds = standby_kinds,
};

int main(void)
{
	struct primary_state initial = { .beats = 0 };
	troupe_system system;

	troupe_must(troupe_start(NULL, &system));
	troupe_must(troupe_spawn(system, &crown_behaviour, NULL, &initial.crown.ref));
	troupe_must(troupe_spawn(system, &standby_behaviour, &(struct standby_state){ .crown = initial.crown },
	                         &initial.standby.ref));
	troupe_must(troupe_spawn(system, &primary_behaviour, &initial, NULL));
	troupe_must(troupe_settle(system, 0));
	troupe_must(troupe_finish(system, 0));
	return 0;
}
