/* SPDX-License-Identifier: MIT */
#include "explore/history.h"

#include <stdlib.h>

static struct {
	struct past_message *messages;
	uint64_t count, room;
} history;

void troupei_history_add(const struct past_message *message)
{
	if (history.count == history.room) {
		history.room = history.room > 0 ? 2 * history.room : 1024;
		history.messages = realloc(history.messages, history.room * sizeof *history.messages);
		if (history.messages == NULL)
			abort();
	}
	history.messages[history.count++] = *message;
}

uint64_t troupei_history_count(void)
{
	return history.count;
}

const struct past_message *troupei_history(uint64_t number)
{
	return number > 0 && number <= history.count ? &history.messages[number - 1] : NULL;
}

void troupei_history_forget(void)
{
	free(history.messages);
	history.messages = NULL;
	history.count = history.room = 0;
}
