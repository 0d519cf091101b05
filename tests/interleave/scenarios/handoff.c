/* SPDX-License-Identifier: MIT */
/* Mailbox hand-off: two senders push three messages each to one actor, one of them a control message, and one pokes it; two
 * workers run it in turns. Code: mailbox/mailbox.h, mailbox/mailbox.c. The workers' turns are in small what actors/turn.c
 * does.
 *
 * Must hold: each message is handled once, in its sender's order; by one worker at a time, who sees all that the one before
 * did (I1); and none stays while nobody is scheduled. */
#include <string.h>

#include "../interleave.h"
#include "mailbox/mailbox.h"

enum { SENDERS = 2, EACH = 3, BATCH = 2, WORKERS = 2 };

struct message {
	struct envelope envelope;
	int from, number, word;
};

static struct {
	struct mailbox mailbox;
	int inside, handled, last[SENDERS]; /* the actor's state: the owner's alone */
} actor;
static struct message messages[SENDERS][EACH];
static struct handover ready;
static int left; /* books */

static void one_less(void)
{
	if (book_add(&left, -1) == 0)
		handover_close(&ready);
}

static void handle(const struct message *message)
{
	EXPECT(message->word == 42);
	EXPECT((message->envelope.flags & ENVELOPE_CONTROL) || message->number > actor.last[message->from]);
	if (!(message->envelope.flags & ENVELOPE_CONTROL))
		actor.last[message->from] = message->number;
	actor.handled++;
	one_less();
}

/* A message that came alone is handled where it lies. True: idle again. */
static bool handle_alone(struct envelope *alone)
{
	handle((struct message *)alone);
	if (troupei_mailbox_finish(&actor.mailbox, alone))
		return true;
	troupei_mailbox_take_behind(&actor.mailbox, alone);
	actor.inside = 0;
	return false;
}

static void turn(void)
{
	struct envelope *envelope = actor.mailbox.tail == NULL ? troupei_mailbox_peek(&actor.mailbox) : NULL;

	EXPECT(actor.inside == 0);
	actor.inside = 1;
	if (envelope != NULL && envelope != MAILBOX_IDLE) {
		actor.inside = 0; /* before FINISH.cas, after which it may run elsewhere */
		if (handle_alone(envelope))
			return;
		actor.inside = 1;
	}
	for (int i = 0; i < BATCH; i++) {
		troupei_mailbox_take(&actor.mailbox);
		if ((envelope = troupei_list_pop(&actor.mailbox.tail)) == NULL)
			break;
		handle((struct message *)envelope);
	}
	actor.inside = 0;
	if (actor.mailbox.tail != NULL || !troupei_mailbox_idle(&actor.mailbox))
		handover_put(&ready, &actor);
}

static void worker(void *unused)
{
	(void)unused;
	while (handover_take(&ready) != NULL)
		turn();
}

static void sender(void *at)
{
	struct message *mine = at;

	for (int i = 0; i < EACH; i++) {
		mine[i].word = 42;
		enum mailbox_push pushed = troupei_mailbox_push(&actor.mailbox, &mine[i].envelope);
		EXPECT(pushed != MAILBOX_REFUSED);
		if (pushed == MAILBOX_WOKEN)
			handover_put(&ready, &actor);
	}
	if (mine == messages[0] && troupei_mailbox_poke(&actor.mailbox))
		handover_put(&ready, &actor);
	one_less();
}

static void begin(void)
{
	static const char *const names[] = { "sender 0", "sender 1" };

	memset(&actor, 0, sizeof actor);
	memset(messages, 0, sizeof messages);
	memset(&ready, 0, sizeof ready);
	actor.mailbox.head = MAILBOX_IDLE;
	left = SENDERS * EACH + SENDERS;
	for (int s = 0; s < SENDERS; s++)
		for (int i = 0; i < EACH; i++) {
			messages[s][i].from = s;
			messages[s][i].number = i + 1;
			name_memory(&messages[s][i], sizeof messages[s][i], "message %d.%d", s, i + 1);
		}
	messages[1][1].envelope.flags = ENVELOPE_CONTROL;
	NAME(actor.mailbox.head);
	NAME(actor);
	NAME(ready);
	name_value(1, "IDLE");
	for (int s = 0; s < SENDERS; s++)
		thread_start(names[s], sender, messages[s]);
	thread_start("worker 0", worker, NULL);
	thread_start("worker 1", worker, NULL);
}

static void end(void)
{
	EXPECT(actor.handled == SENDERS * EACH);
	EXPECT(actor.mailbox.head == MAILBOX_IDLE);
}

const struct scenario scenario = { "handoff", begin, end };
