/* SPDX-License-Identifier: MIT */
/* Lists of who waits for room. R1 to R3: room.h. */
#include "actors/room.h"

#include "actors/park.h"
#include "actors/post.h"
#include "base/memory.h"

void troupei_room_request_init(struct room_request *request, enum envelope_sort sort, troupe_ref who, troupe_ref about)
{
	*request = (struct room_request){ .who = who };
	request->envelope.size = (uint8_t)sort;
	request->envelope.flags = ENVELOPE_EMBEDDED | ENVELOPE_EXTENDED | ENVELOPE_CONTROL;
	request->extension = (struct envelope_extension){ TROUPE_ROOM, 0, about.bits_private };
}

void troupei_room_add(struct room *room, pthread_mutex_t *lock, struct room_request *request)
{
	request->room = room;
	request->lock = lock;
	request->next = NULL;
	request->previous = room->last;
	if (room->last != NULL)
		room->last->next = request;
	else
		room->first = request;
	room->last = request;
}

void troupei_room_remove(struct room_request *request)
{
	struct room *room = request->room;

	if (request->next != NULL)
		request->next->previous = request->previous;
	else
		room->last = request->previous;
	if (request->previous != NULL)
		request->previous->next = request->next;
	else
		room->first = request->next;
}

void troupei_room_take(struct room *room, uint32_t count, struct room_request **told)
{
	struct room_request **end = told, *request;

	while (*end != NULL)
		end = &(*end)->next;
	for (; count > 0 && (request = room->first) != NULL; count--) {
		troupei_room_remove(request);
		request->taken = true;
		if (request->changed != NULL) {
			troupei_cond_signal(request->changed);
			continue;
		}
		if (request->envelope.size == SORT_CREDIT)
			troupei_park_granted(request);
		request->next = NULL;
		*end = request;
		end = &request->next;
	}
}

void troupei_room_tell(struct troupei_system *system, struct actor_worker *worker, struct room_request *told)
{
	for (struct room_request *next; told != NULL; told = next) {
		next = told->next;
		if (troupei_post(system, worker, told->who, &told->envelope) != TROUPE_OK)
			troupei_room_discard(&told->envelope); /* it has ended meanwhile */
	}
}

static struct room_request *request_of(struct envelope *envelope)
{
	return (struct room_request *)((char *)envelope - offsetof(struct room_request, envelope));
}

void troupei_room_discard(struct envelope *envelope)
{
	bool parked = troupei_envelope_sort(envelope) == SORT_CREDIT;

	troupei_block_give(request_of(envelope),
	                   troupei_block_class(parked ? sizeof(struct park) : sizeof(struct room_request)));
}

bool troupei_room_reached(struct envelope *envelope, uint32_t life, troupe_message *out)
{
	const struct room_request *request = request_of(envelope);
	bool current = request->life == life;

	*out = (troupe_message){ .kind = TROUPE_ROOM, .token = request->token, .about = { request->extension.word } };
	troupei_room_discard(envelope);
	return current;
}
