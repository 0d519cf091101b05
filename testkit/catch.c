/* SPDX-License-Identifier: MIT */
/* Keeping a message for longer than its handler. */
#include <stdlib.h>
#include <string.h>

#include "mailbox/envelope.h"
#include "testkit/kit.h"

/* How the payload came: ENVELOPE_MOVED, ENVELOPE_SHARED, or neither. */
static uint8_t flags_of(const troupe_actor *me)
{
	const struct actor_worker *worker = troupei_me_worker(me);

	return worker->current != NULL ? worker->current->flags : 0;
}

/* A moved payload is taken, since only one may own what its fields point to; a shared one is held on to. */
static bool keep_payload(struct caught *caught, troupe_actor *me, const troupe_message *m)
{
	uint8_t flags = flags_of(me);

	if (m->size == 0)
		return true;
	if (flags & ENVELOPE_MOVED) {
		caught->message.data = caught->moved = troupe_take(me, m);
		return caught->moved != NULL;
	}
	if (flags & ENVELOPE_SHARED) {
		troupe_retain(m->data);
		caught->message.data = caught->shared = m->data;
		return true;
	}
	caught->message.data = memcpy(caught->bytes, m->data, m->size);
	return true;
}

static bool make_room(struct troupei_probe *probe)
{
	size_t room = probe->room > 0 ? 2 * probe->room : 16;

	if (probe->count < probe->room)
		return true;
	struct caught **larger = realloc(probe->caught, room * sizeof *larger);
	if (larger == NULL)
		return false;
	probe->caught = larger;
	probe->room = room;
	return true;
}

struct caught *troupei_catch(struct troupei_probe *probe, troupe_actor *me, const troupe_message *m)
{
	struct caught *caught = make_room(probe) ? calloc(1, sizeof *caught + m->size) : NULL;

	if (caught == NULL)
		return NULL;
	caught->message = *m;
	if (!keep_payload(caught, me, m)) {
		free(caught);
		return NULL;
	}
	return probe->caught[probe->count++] = caught;
}

void troupei_caught_free(struct caught *caught)
{
	troupe_free(caught->moved);
	troupe_release(caught->shared);
	free(caught);
}
