/* SPDX-License-Identifier: MIT */
/* DRAFT against next.h. deadlock: three clerks, each of whom awaits the signature of the next before he gives his own. The
 * circle is found, explained, and broken at one place: that clerk is told TROUPE_EDEADLOCK, and the others get an answer. */
#include <stdio.h>
#include "next.h"

enum { CLERKS = 3 };
enum { CLERK_MEET = 1, CLERK_SIGN, CLERK_SIGNED };

struct signature { bool given; };
typedef union sign_reply { troupe_ref ref; const struct signature *CLERK_SIGNED; } sign_reply;
struct sign { sign_reply reply; };

typedef union clerk {
	troupe_ref ref;
	const void *data;
	const struct meet *CLERK_MEET;
	const struct sign *CLERK_SIGN;
	const struct signature *CLERK_SIGNED;
} clerk;
struct meet { clerk next; };

struct desk { clerk next; sign_reply asker; };

static const troupe_kind clerk_kinds[] = {
	TROUPE_KIND(clerk, CLERK_MEET), TROUPE_KIND(clerk, CLERK_SIGN), TROUPE_KIND(clerk, CLERK_SIGNED), { 0 },
};

/* The next one's outcome: pass it on to who asked us. */
static troupe_verdict clerk_signed(troupe_actor *me, const troupe_message *m)
{
	struct desk *self = me->state;
	clerk in = { .data = m->data };

	if (m->kind == TROUPE_UNANSWERED)
		printf("clerk %llx: no signature: %s\n", (unsigned long long)me->ref.bits_private, troupe_status_text(m->why));
	return troupe_done(me, troupe_send(self->asker, CLERK_SIGNED,
	                                   .given = m->kind == CLERK_SIGNED && in.CLERK_SIGNED->given));
}

static troupe_verdict clerk_receive(troupe_actor *me, const troupe_message *m)
{
	struct desk *self = me->state;
	clerk in = { .data = m->data };
	troupe_ref answer;

	switch (m->kind) {
	case CLERK_MEET:
		self->next = in.CLERK_MEET->next;
		return TROUPE_HANDLED;
	case CLERK_SIGN: /* awaiting: nothing else is handled till then, the question of the one before us neither */
		self->asker = in.CLERK_SIGN->reply;
		troupe_status status = troupe_keep(me, m);
		if (status == TROUPE_OK)
			status = troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .hold = true, .then = clerk_signed), &answer);
		if (status == TROUPE_OK)
			status = troupe_ask(self->next, CLERK_SIGN, answer, 0);
		return troupe_done(me, status);
	default:
		return TROUPE_UNKNOWN;
	}
}

static void explain(void *context, const troupe_trouble *t)
{
	(void)context;
	printf("%s: %s\n", troupe_status_name(t->why), t->text);
	for (uint32_t i = 0; i < t->steps; i++)
		printf("  %s %llx waits for the answer to %s from\n", t->step[i].name,
		       (unsigned long long)t->step[i].who.bits_private, t->step[i].kind_name);
	printf("  the first\n");
}

static void print(void *context, const char *line)
{
	(void)context;
	puts(line);
}

static const troupe_behaviour clerk_behaviour = {
	"clerk", clerk_receive, .state_size = sizeof(struct desk), .kinds = clerk_kinds,
};

int main(void)
{
	struct signature got = { .given = true };
	clerk all[CLERKS];
	troupe_system system;

	troupe_must(troupe_start(TROUPE_OPTIONS(troupe_options, .trouble = explain, .deadlock_ns = 20 * TROUPE_MS), &system));
	for (int i = 0; i < CLERKS; i++)
		troupe_must(troupe_spawn(system, &clerk_behaviour, NULL, &all[i].ref));
	for (int i = 0; i < CLERKS; i++)
		troupe_must(troupe_send(all[i], CLERK_MEET, .next = all[(i + 1) % CLERKS]));
	troupe_must(troupe_call(all[0], CLERK_SIGN, CLERK_SIGNED, &got, 10 * TROUPE_S, 0));
	troupe_must(troupe_system_report(system, print, NULL));
	troupe_must(troupe_finish(system, TROUPE_S));
	return got.given ? 1 : 0; /* nobody signed, and nobody waits for ever */
}
