/* SPDX-License-Identifier: MIT */
/* Close against push: the actor ends at its second message while two senders still push. Code: mailbox/mailbox.h, mailbox.c.
 *
 * Must hold: each message is handled, or left over and seen by who closed, or refused and its sender's again: one of these,
 * once. */
#include <string.h>

#include "../interleave.h"
#include "mailbox/mailbox.h"

enum { SENDERS = 3, EACH = 2, ENDS_AFTER = 2 };
enum fate { NOWHERE, HANDLED, LEFT_OVER, REFUSED };

struct message {
	struct envelope envelope;
	int word;
	enum fate fate;
};

static struct mailbox mailbox;
static struct message messages[SENDERS][EACH];
static struct handover ready;
static int handled; /* the owner's alone */

static void fate_is(struct message *message, enum fate fate)
{
	EXPECT(message->word == 42);
	EXPECT(message->fate == NOWHERE);
	message->fate = fate;
}

static void close_it(void)
{
	struct envelope *envelope;

	troupei_mailbox_close(&mailbox);
	while ((envelope = troupei_list_pop(&mailbox.tail)) != NULL)
		fate_is((struct message *)envelope, LEFT_OVER);
	handover_close(&ready);
}

/* False: it is closed. */
static bool turn(void)
{
	struct envelope *envelope;

	do {
		troupei_mailbox_take(&mailbox);
		while ((envelope = troupei_list_pop(&mailbox.tail)) != NULL) {
			fate_is((struct message *)envelope, HANDLED);
			if (++handled == ENDS_AFTER) {
				close_it();
				return false;
			}
		}
	} while (!troupei_mailbox_idle(&mailbox));
	return true;
}

static void worker(void *unused)
{
	(void)unused;
	while (handover_take(&ready) != NULL)
		if (!turn())
			return;
}

static void sender(void *at)
{
	struct message *mine = at;

	for (int i = 0; i < EACH; i++) {
		mine[i].word = 42;
		enum mailbox_push pushed = troupei_mailbox_push(&mailbox, &mine[i].envelope);
		if (pushed == MAILBOX_REFUSED)
			fate_is(&mine[i], REFUSED);
		else if (pushed == MAILBOX_WOKEN)
			handover_put(&ready, &mailbox);
	}
}

static void begin(void)
{
	static const char *const names[] = { "sender 0", "sender 1", "sender 2" };

	memset(messages, 0, sizeof messages);
	memset(&ready, 0, sizeof ready);
	mailbox = (struct mailbox){ .head = MAILBOX_IDLE };
	handled = 0;
	for (int s = 0; s < SENDERS; s++)
		for (int i = 0; i < EACH; i++)
			name_memory(&messages[s][i], sizeof messages[s][i], "message %d.%d", s, i + 1);
	NAME(mailbox.head);
	NAME(ready);
	name_value(1, "IDLE");
	name_value((uintptr_t)MAILBOX_CLOSED, "CLOSED");
	for (int s = 0; s < SENDERS; s++)
		thread_start(names[s], sender, messages[s]);
	thread_start("worker 0", worker, NULL);
	thread_start("worker 1", worker, NULL);
}

static void end(void)
{
	EXPECT(handled == ENDS_AFTER);
	EXPECT(mailbox.head == MAILBOX_CLOSED);
	for (int s = 0; s < SENDERS; s++)
		for (int i = 0; i < EACH; i++)
			EXPECT(messages[s][i].fate != NOWHERE);
}

const struct scenario scenario = { "closing", begin, end };
