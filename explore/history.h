/* SPDX-License-Identifier: MIT */
/* history: each message that was handled in the replay under way, by its number. */
#ifndef TROUPEI_EXPLORE_HISTORY_H
#define TROUPEI_EXPLORE_HISTORY_H

#include <stdint.h>

struct past_message {
	uint32_t by, to;       /* units */
	int32_t kind;
	uint8_t sort;          /* enum envelope_sort */
	uint16_t who;          /* the thread in whose log it is */
	uint64_t cause;        /* the message that its sender was in the midst of; 0: none, or not known */
	const char *kind_name; /* of the receiver's; "": it has none */
};

/* Number 1 is the first. Ends the program if there is no memory. */
void troupei_history_add(const struct past_message *message);
uint64_t troupei_history_count(void);

/* NULL: there is no such. */
const struct past_message *troupei_history(uint64_t number);

void troupei_history_forget(void);

#endif
