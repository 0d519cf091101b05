/* SPDX-License-Identifier: MIT */
/* What a probe does by itself when it is sent something. */
#include <stdlib.h>
#include <string.h>

#include "testkit/kit.h"

/* The oldest line for the kind that has times left; else, for a question, the oldest for the rest. */
struct script_line *troupei_script_find(struct troupei_probe *probe, int32_t kind, bool question)
{
	struct script_line *rest = NULL, **link = &probe->script;

	for (; *link != NULL && (*link)->kind != kind; link = &(*link)->next)
		if ((*link)->kind == 0 && question && rest == NULL)
			rest = *link;
	struct script_line *line = *link != NULL ? *link : rest;
	if (line == NULL || kind < 0)
		return NULL;
	if (line->times == 1)
		line->kind = INT32_MIN; /* used up: no kind of a message */
	else if (line->times > 1)
		line->times--;
	return line;
}

void troupei_script_free(struct troupei_probe *probe)
{
	for (struct script_line *line = probe->script, *next; line != NULL; line = next) {
		next = line->next;
		free(line);
	}
	probe->script = NULL;
}

static troupe_status add(troupe_probe handle, const struct script_line *model, const void *data)
{
	struct troupei_probe *probe = troupei_probe_of(handle);

	if (!troupei_kit_may_wait())
		return TROUPE_ECONTEXT;
	if (probe == NULL || model->kind < 0)
		return TROUPE_EINVAL;
	struct script_line *line = malloc(sizeof *line + model->size), **link = &probe->script;
	if (line == NULL)
		return TROUPE_ENOMEM;
	*line = *model;
	if (line->size > 0)
		memcpy(line->bytes, data, line->size);
	while (*link != NULL)
		link = &(*link)->next;
	*link = line;
	return TROUPE_OK;
}

troupe_status troupe_probe_answer_bytes(troupe_probe probe, int32_t kind, uint32_t times, int32_t answer, const void *data,
                                        size_t size)
{
	if (answer <= 0 || (data == NULL && size > 0) || size > TROUPE_MESSAGE_SIZE_MAX)
		return troupei_kit_may_wait() ? TROUPE_EINVAL : TROUPE_ECONTEXT;
	return add(probe,
	           &(struct script_line){ .kind = kind, .times = times, .act = ACT_ANSWER, .answer = answer, .size = size }, data);
}

troupe_status troupe_probe_swallow(troupe_probe probe, int32_t kind, uint32_t times)
{
	return add(probe, &(struct script_line){ .kind = kind > 0 ? kind : -1, .times = times, .act = ACT_SWALLOW }, NULL);
}

troupe_status troupe_probe_fail(troupe_probe probe, int32_t kind, troupe_status why)
{
	return add(probe, &(struct script_line){ .kind = kind > 0 ? kind : -1, .times = 1, .act = ACT_FAIL, .why = why }, NULL);
}
