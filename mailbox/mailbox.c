/* SPDX-License-Identifier: MIT */
/* The rare half of the mailbox: control messages that arrive while others wait. */
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
