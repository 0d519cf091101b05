/* SPDX-License-Identifier: MIT */
/* double_grant: three users share a printer. A lock lets in one at a time, and passes on what a user that dies has held. The
 * first user is killed at some moment.
 * Bug: a lock is granted twice after a crash. The news of an end comes ahead of what the dead user had sent: its LOCK_RELEASE
 * is taken for that of its successor, who still prints, and the third user is let in too.
 * Seen when: TROUPE_DOWN of the first user overtakes its LOCK_RELEASE, while both others wait.
 * Smallest: 14 messages, 11 switches. Three LOCK_ACQUIRE and USER_GRANTED, USER_PRINTED and LOCK_RELEASE of the first, what
 * the printer is told of these (4), its kill, TROUPE_DOWN. The first acts thrice, the lock and the others twice, main and
 * the printer once.
 * Twin: a release says whose it is (a fencing token), and counts only if that one is the holder. */
#include "troupe.h"

enum { USERS = 3 };
enum { LOCK_ACQUIRE = 1, LOCK_RELEASE, USER_GRANTED, USER_PRINTED, PRINTER_BEGIN, PRINTER_END };

typedef union user { troupe_ref ref; const troupe_nothing *USER_GRANTED, *USER_PRINTED; } user;
struct by { user user; };
typedef union lock { troupe_ref ref; const void *data; const struct by *LOCK_ACQUIRE, *LOCK_RELEASE; } lock;
typedef union printer { troupe_ref ref; const void *data; const struct by *PRINTER_BEGIN, *PRINTER_END; } printer;

struct user_state { lock lock; printer printer; };

static bool same(user a, user b) { return troupe_ref_equal(a.ref, b.ref); }

#ifdef FIXED
static bool counts(user holder, user by) { return same(holder, by); }
#else
static bool counts(user holder, user by) { return (void)holder, (void)by, true; }
#endif

static troupe_verdict lock_grant(troupe_actor *me, user next)
{
	*(user *)me->state = next;
	troupe_ignore(troupe_send(next, USER_GRANTED, 0)); /* if it is dead already, the news of that comes at once */
	return troupe_done(me, troupe_monitor(me, next.ref, 0, NULL));
}

static troupe_verdict lock_receive(troupe_actor *me, const troupe_message *m)
{
	user *holder = me->state;
	lock in = { .data = m->data };

	switch (m->kind) {
	case LOCK_ACQUIRE:
		return troupe_ref_is_null(holder->ref) ? lock_grant(me, in.LOCK_ACQUIRE->user) : TROUPE_DEFERRED;
	case LOCK_RELEASE:
		if (!counts(*holder, in.LOCK_RELEASE->user))
			return TROUPE_HANDLED;
		break;
	case TROUPE_DOWN:
		if (!same(*holder, (user){ m->about }))
			return TROUPE_HANDLED;
		break;
	default:
		return TROUPE_UNKNOWN;
	}
	*holder = (user){ { 0 } }; /* free: the first of those that wait comes next */
	troupe_undefer(me);
	return TROUPE_HANDLED;
}

static troupe_verdict user_init(troupe_actor *me)
{
	const struct user_state *self = me->state;

	return troupe_done(me, troupe_send(self->lock, LOCK_ACQUIRE, { me->ref }));
}

static troupe_verdict user_receive(troupe_actor *me, const troupe_message *m)
{
	const struct user_state *self = me->state;
	troupe_status status;

	switch (m->kind) {
	case USER_GRANTED:
		status = troupe_send(self->printer, PRINTER_BEGIN, { me->ref });
		return troupe_done(me, status == TROUPE_OK ? troupe_send((user){ me->ref }, USER_PRINTED, 0) : status);
	case USER_PRINTED:
		status = troupe_send(self->printer, PRINTER_END, { me->ref });
		return troupe_done(me, status == TROUPE_OK ? troupe_send(self->lock, LOCK_RELEASE, { me->ref }) : status);
	default:
		return TROUPE_UNKNOWN;
	}
}

static troupe_verdict printer_receive(troupe_actor *me, const troupe_message *m)
{
	user *self = me->state; /* who prints */
	printer in = { .data = m->data };

	if (m->kind == PRINTER_BEGIN) {
		troupe_holds(!troupe_is_alive(self->ref), "one user prints at a time");
		*self = in.PRINTER_BEGIN->user;
	} else if (same(*self, in.PRINTER_END->user)) {
		*self = (user){ { 0 } };
	}
	return TROUPE_HANDLED;
}

static const troupe_kind lock_kinds[] = { TROUPE_KIND(lock, LOCK_ACQUIRE), TROUPE_KIND(lock, LOCK_RELEASE), { 0 } };
static const troupe_kind printer_kinds[] = {
	TROUPE_KIND(printer, PRINTER_BEGIN), TROUPE_KIND(printer, PRINTER_END), { 0 },
};
static const troupe_kind user_kinds[] = { TROUPE_KIND(user, USER_GRANTED), TROUPE_KIND(user, USER_PRINTED), { 0 } };

static const troupe_behaviour lock_behaviour = {
	.name = "lock", .receive = lock_receive, .state_size = sizeof(user), .kinds = lock_kinds,
};
static const troupe_behaviour printer_behaviour = {
	.name = "printer", .receive = printer_receive, .state_size = sizeof(user), .kinds = printer_kinds,
};
static const troupe_behaviour user_behaviour = {
	.name = "user", .init = user_init, .receive = user_receive, .state_size = sizeof(struct user_state),
	.kinds = user_kinds,
};

int main(void)
{
	struct user_state initial;
	user users[USERS];
	troupe_system system;

	troupe_must(troupe_start(NULL, &system));
	troupe_must(troupe_spawn(system, &lock_behaviour, NULL, &initial.lock.ref));
	troupe_must(troupe_spawn(system, &printer_behaviour, NULL, &initial.printer.ref));
	for (int i = 0; i < USERS; i++)
		troupe_must(troupe_spawn(system, &user_behaviour, &initial, &users[i].ref));
	troupe_must(troupe_kill(users[0].ref));
	troupe_must(troupe_settle(system, 0));
	troupe_must(troupe_finish(system, 0));
	return 0;
}
