/* SPDX-License-Identifier: MIT */
/* name_reused: a door lets in one guest at a time, whose session has the name "session". Ann says three things to hers; at some
 * moment it is closed, and the door opens one for Bob under the same name.
 * Bug: a name is reused (the ABA of registries). Ann looks the name up each time, and her words reach Bob's session.
 * Seen when: Ann's session ends and Bob's has the name before the last SESSION_SAY of hers.
 * Smallest: 3 messages, 4 switches. The session's stop, TROUPE_DOWN to the door, and Ann's first word goes to Bob's session:
 * each acts once.
 * Twin: Ann keeps the reference that she was given, which never reaches a successor: she is told that hers is gone. */
#include "troupe.h"

enum { ANN = 1, BOB };
enum { SESSION_SAY = 1, ANN_TALK };

struct say { int guest; };
typedef union session { troupe_ref ref; const void *data; const struct say *SESSION_SAY; } session;
typedef union ann { troupe_ref ref; const troupe_nothing *ANN_TALK; } ann;

struct ann_state { session session; int said; };

static troupe_verdict session_receive(troupe_actor *me, const troupe_message *m)
{
	const int *guest = me->state;
	session in = { .data = m->data };

	if (m->kind != SESSION_SAY)
		return TROUPE_UNKNOWN;
	troupe_holds(in.SESSION_SAY->guest == *guest, "a session hears its own guest alone");
	return TROUPE_HANDLED;
}

#ifdef FIXED
static troupe_status reach(const troupe_actor *me, session *out)
{
	return *out = ((const struct ann_state *)me->state)->session, TROUPE_OK;
}
#else
static troupe_status reach(const troupe_actor *me, session *out)
{
	return troupe_find(me->system, "session", &out->ref);
}
#endif

static troupe_verdict ann_talk(troupe_actor *me) /* also the first thing in life */
{
	struct ann_state *self = me->state;
	session s;

	if (self->said++ == 3 || reach(me, &s) != TROUPE_OK || troupe_send(s, SESSION_SAY, .guest = ANN) != TROUPE_OK)
		return TROUPE_HANDLED; /* all is said, or there is no session any more */
	return troupe_done(me, troupe_send((ann){ me->ref }, ANN_TALK, 0));
}

static troupe_verdict ann_receive(troupe_actor *me, const troupe_message *m)
{
	return m->kind == ANN_TALK ? ann_talk(me) : TROUPE_UNKNOWN;
}

static const troupe_kind session_kinds[] = { TROUPE_KIND(session, SESSION_SAY), { 0 } };
static const troupe_kind ann_kinds[] = { TROUPE_KIND(ann, ANN_TALK), { 0 } };

static const troupe_behaviour session_behaviour = {
	.name = "session", .receive = session_receive, .state_size = sizeof(int), .kinds = session_kinds,
};
static const troupe_behaviour ann_behaviour = {
	.name = "ann", .init = ann_talk, .receive = ann_receive, .state_size = sizeof(struct ann_state), .kinds = ann_kinds,
};

static troupe_status let_in(troupe_system system, int guest, troupe_ref *out)
{
	return troupe_spawn_with(system, NULL, &session_behaviour, &guest,
	                         TROUPE_OPTIONS(troupe_spawn_options, .name = "session"), out);
}

static troupe_verdict door_init(troupe_actor *me)
{
	const session *now = me->state;

	return troupe_done(me, troupe_monitor(me, now->ref, 0, NULL));
}

static troupe_verdict door_receive(troupe_actor *me, const troupe_message *m)
{
	return m->kind == TROUPE_DOWN ? troupe_done(me, let_in(me->system, BOB, NULL)) : TROUPE_UNKNOWN;
}

static const troupe_behaviour door_behaviour = {
	.name = "door", .init = door_init, .receive = door_receive, .state_size = sizeof(session),
};

int main(void)
{
	struct ann_state initial = { .said = 0 };
	troupe_system system;

	troupe_must(troupe_start(NULL, &system));
	troupe_must(let_in(system, ANN, &initial.session.ref));
	troupe_must(troupe_spawn(system, &door_behaviour, &initial.session, NULL));
	troupe_must(troupe_spawn(system, &ann_behaviour, &initial, NULL));
	troupe_must(troupe_stop(initial.session.ref));
	troupe_must(troupe_settle(system, 0));
	troupe_must(troupe_finish(system, 0));
	return 0;
}
