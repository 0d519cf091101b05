/* SPDX-License-Identifier: MIT */
/* The rare half of the mailbox: control messages that arrive while others wait, and messages that come behind the one peeked at. */
#include "mailbox/mailbox.h"

void troupei_list_insert_behind_control(struct envelope **tail, struct envelope *control)
{
	struct envelope *last = NULL; /* of the control messages at the front */

	if (*tail != NULL)
		for (struct envelope *e = (*tail)->next; e->flags & ENVELOPE_CONTROL; e = e->next) {
			last = e;
			if (e == *tail)
				break;
		}
	if (last == NULL) {
		troupei_list_prepend_all(tail, control);
	} else if (last == *tail) {
		troupei_list_append_all(tail, control);
	} else {
		struct envelope *first = control->next;
		control->next = last->next;
		last->next = first;
	}
}

void troupei_mailbox_take_behind(struct mailbox *mailbox, const struct envelope *peeked)
{
	/* BEHIND.swap: as TAKE.swap. */
	struct envelope *batch = troupei_swap_acqrel_ptr(&mailbox->head, NULL), *last = batch;

	if (batch == peeked)
		return;
	while (last->next != peeked) /* the oldest of all: it was alone */
		last = last->next;
	last->next = NULL;
	troupei_mailbox_join(&mailbox->tail, batch);
}
