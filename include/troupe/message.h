/* SPDX-License-Identifier: MIT */
/* References and messages: what a handler is given, how a payload is copied, moved or shared. */
#ifndef TROUPE_MESSAGE_H
#define TROUPE_MESSAGE_H

#include "status.h"

TROUPE_EXTERN_C_BEGIN

/* A way to reach an actor or a reply address: slot and generation, a plain value, copied freely, owning nothing. {0} is the
 * null reference: sends to it give TROUPE_EGONE. One that outlives its actor stays legal and never reaches a successor. */
typedef struct troupe_ref {
	uint64_t bits_private;
} troupe_ref;

/** Is this the null reference? */
static inline bool troupe_ref_is_null(troupe_ref ref)
{
	return ref.bits_private == 0;
}

/** Do both reach the same actor? */
static inline bool troupe_ref_equal(troupe_ref a, troupe_ref b)
{
	return a.bits_private == b.bits_private;
}

/* A running set of actors and its worker threads: see system.h. */
typedef struct troupe_system {
	struct troupei_system *private_;
} troupe_system;

/* The actor that is running, as its own handler sees it. Read the fields, do not write them. Not valid after the handler. */
typedef struct troupe_actor {
	void *state;          /* state_size bytes, 16-byte aligned from 32 bytes on, else 8; one address for its whole life */
	troupe_ref ref;       /* this actor; typed: (counter){ me->ref } */
	troupe_system system; /* where it lives */
} troupe_actor;

/* What a handler is given. Valid, with its payload, until the handler returns. */
typedef struct troupe_message {
	int32_t kind;         /* above 0: yours; below 0: enum troupe_kind_own */
	uint32_t size;        /* bytes at data */
	const void *data;     /* the payload, aligned for any type of its size up to 16; NULL when size is 0 */
	uint64_t token;       /* answers, TROUPE_UNANSWERED, timers, monitors, TROUPE_ROOM: the number you gave; else 0 */
	troupe_ref sender;    /* of messages sent with troupe_send_from; else null */
	troupe_ref about;     /* Troupe's own kinds: the actor concerned; else null */
	troupe_status why;    /* Troupe's own kinds: the reason; else TROUPE_OK */
	int32_t returned;     /* TROUPE_RETURNED: the kind that the message had; else 0 */
} troupe_message;

/* The largest payload, copied or moved, in bytes. */
#define TROUPE_MESSAGE_SIZE_MAX UINT32_C(0x7fffffff)

/* The payload of a kind that says it all by itself: `const troupe_nothing *RESET;`, troupe_send(c, RESET, 0). */
typedef struct troupe_nothing {
	uint8_t zero;
} troupe_nothing;

/* Messages from Troupe itself. They come in the control lane, before user messages. A handler that does not know one of
 * them returns TROUPE_UNKNOWN as for any other kind, and it is dropped. -6 is kept; new ones
 * will come only to actors that asked for them. */
enum troupe_kind_own {
	TROUPE_LINKED = -1,     /* to who traps: about, linked to you, has ended; why. See watch.h */
	TROUPE_DOWN = -2,       /* about, which you monitor, has ended for good; token, why (EGONE: before you asked) */
	TROUPE_ROOM = -5,       /* about, whose room you await, has some: troupe_await_room in bounds.h; token */
	TROUPE_UNANSWERED = -3, /* no (further) answer will come to your reply address; token, why */
	TROUPE_RESTARTED = -4,  /* about, whose lives you monitor, has begun another one; token, why the last one ended. See watch.h */
	TROUPE_RETURNED = -7    /* about hands back a message it did not handle: its kind in returned, its payload in data */
};

/* ---------------------------------------------------------------------------------------------------------- sending -- */

/** troupe_send(to, KIND, .field = value, ...): send a message with these fields, the others 0. Nothing to say: a single 0.
 *  It does not compile when the protocol of @p to has no KIND, or KIND's struct no such field. For C++ see below.
 *  @retval TROUPE_OK       queued: handled after everything that this thread (or actor) sent @p to earlier
 *  @retval TROUPE_EGONE    @p to has ended, or never was an actor; the message is a dead letter
 *  @retval TROUPE_ECLOSED  @p to is ending, or its system is, and takes no more; the message is a dead letter
 *  @retval TROUPE_EFULL    @p to has bounds (bounds.h), or the system a ceiling, and it does not fit: nothing has happened, and
 *                          there is no dead letter. To wait for room: troupe_await_room
 *  @retval TROUPE_ENOMEM   no memory for the message; nothing was queued and nothing counted
 *  To a reply address: TROUPE_OK or TROUPE_ENOMEM only. An answer that nobody waits for any more is a dead letter
 *  (reason TROUPE_ECLOSED), but to be late is no failure of who answers. */
#define troupe_send(to, KIND, ...) \
	troupe_send_bytes((to).ref, (KIND), &(__typeof__(*(to).KIND)){ __VA_ARGS__ }, sizeof *(to).KIND)

/** troupe_send_struct(to, KIND, &payload): the same for a struct that is there already. Copied; codes as troupe_send. Does not
 *  compile (-Werror) when it is not KIND's struct. */
#define troupe_send_struct(to, KIND, payload) \
	((void)sizeof((payload) == (to).KIND), troupe_send_bytes((to).ref, (KIND), (payload), sizeof *(to).KIND))

/** troupe_send_from(me, to, KIND, .field = value, ...): the same, and the receiver reads who sent it in m->sender. Costs 16
 *  bytes more in the message; if it cannot be handled it comes back as TROUPE_RETURNED where the receiver's
 *  behaviour says TROUPE_HAND_BACK. Codes as troupe_send. */
#define troupe_send_from(me, to, KIND, ...) \
	troupe_send_bytes_from((me), (to).ref, (KIND), &(__typeof__(*(to).KIND)){ __VA_ARGS__ }, sizeof *(to).KIND)

/** The untyped send, for bindings and for payloads of varying size: copies @p size bytes.
 *  @param kind  above 0
 *  @param data  @p size bytes; NULL when @p size is 0
 *  @retval TROUPE_EINVAL  kind not above 0, data NULL with size above 0, or more than TROUPE_MESSAGE_SIZE_MAX bytes
 *  Others as troupe_send. */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_send_bytes(troupe_ref to, int32_t kind, const void *data, size_t size);

/** The untyped form of troupe_send_from. @retval TROUPE_EINVAL also when @p me is NULL. */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_send_bytes_from(troupe_actor *me, troupe_ref to, int32_t kind,
                                                                 const void *data, size_t size);

/** troupe_move(to, KIND, &payload): send without copying. The payload came from troupe_new or troupe_take.
 *  TROUPE_OK: it is the receiver's, and your pointer is NULL now, so that a later use is a crash at once and not a race.
 *  Otherwise (codes as troupe_send, EINVAL for a NULL payload, and EREMOTE for one with a release function to or from an actor
 *  in a process) it is still yours and the pointer unchanged.
 *  It does not compile (-Werror) when the pointer is not one to KIND's struct. */
#define troupe_move(to, KIND, payload_address) \
	((void)sizeof(*(payload_address) == (to).KIND), troupe_move_out((to).ref, (KIND), (payload_address)))

/** troupe_share(to, KIND, payload): send one more reference to an immutable payload made by troupe_freeze.
 *  The caller keeps its own reference. Codes as troupe_move. Does not compile when the types differ. */
#define troupe_share(to, KIND, payload) \
	((void)sizeof((payload) == (to).KIND), troupe_send_shared((to).ref, (KIND), (payload)))

/** What troupe_move calls. The payload passes to the receiver on TROUPE_OK only. */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_send_moved(troupe_ref to, int32_t kind, void *payload);

/** What troupe_share calls. */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_send_shared(troupe_ref to, int32_t kind, const void *payload);

/** troupe_send_moved for the pointer that lies at @p payload_address; puts NULL there on TROUPE_OK. Inline, so that
 *  analysers see the NULL. */
TROUPE_NODISCARD static inline troupe_status troupe_move_out(troupe_ref to, int32_t kind, void *payload_address)
{
	void *payload, *nothing = NULL;

	__builtin_memcpy(&payload, payload_address, sizeof payload);
	troupe_status status = troupe_send_moved(to, kind, payload);
	if (status == TROUPE_OK)
		__builtin_memcpy(payload_address, &nothing, sizeof nothing);
	return status;
}

/** Pass on the message being handled, as it is and without copying, question or not; it counts as handled here. Its payload
 *  is not here any more then: m->data is NULL.
 *  Not typed: @p to must speak the same kind. On failure the message is still here.
 *  @retval TROUPE_EINVAL  one of Troupe's own kinds, an answer, a timer's message, or taken or forwarded already; or @p to is
 *                         a reply address
 *  Others as troupe_send, but there is no dead letter. */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_forward(troupe_actor *me, const troupe_message *m, troupe_ref to);

/* --------------------------------------------------------------------------------------------------------- payloads -- */

/** A payload of @p size zeroed bytes that can be sent without copying; yours until moved, frozen or freed.
 *  @param size     1 to TROUPE_MESSAGE_SIZE_MAX
 *  @param release  called once, on any thread, when the payload goes, wherever it has got to (dead letters too), to free
 *                  what its fields own; NULL: nothing
 *  @return NULL: no memory, or size not allowed */
TROUPE_API TROUPE_NODISCARD void *troupe_new(size_t size, void (*release)(void *payload));

/** Free a payload that was not sent; calls its release function. NULL is allowed. */
TROUPE_API void troupe_free(void *payload);

/** Take over the payload of the message being handled: it outlives the handler, may be changed, and is yours to move or
 *  free. m->data stays readable until then. A moved payload is not copied, one sent by copy is copied once.
 *  A question stays one: moving it passes on the duty to answer. It is the handler's from then on, as memory from malloc is: one
 *  that fails, leaves by troupe_fail_now or crashes before it has put it away leaks it.
 *  @return NULL: it is shared, or empty, or taken or forwarded already, or there is no memory */
TROUPE_API TROUPE_NODISCARD void *troupe_take(troupe_actor *me, const troupe_message *m);

/** Make a payload immutable and counted, with one reference, the caller's. The old pointer must not be written through.
 *  NULL gives NULL. */
TROUPE_API const void *troupe_freeze(void *payload);

/** Add a reference to a frozen payload; a handler that wants to keep a shared m->data retains it. NULL is allowed. */
TROUPE_API void troupe_retain(const void *payload);

/** Drop a reference to a frozen payload; the last one frees it. NULL is allowed. */
TROUPE_API void troupe_release(const void *payload);

TROUPE_EXTERN_C_END

#ifdef __cplusplus
/* Typed sends for C++, which has no address of a temporary: troupe_tell(c, &counter::COUNTER_ADD, COUNTER_ADD, add{ 5 }). */
template <class Protocol, class Payload>
TROUPE_NODISCARD inline troupe_status troupe_tell(const Protocol &to, const Payload *Protocol::*, int32_t kind,
                                                  const Payload &payload)
{
	return troupe_send_bytes(to.ref, kind, &payload, sizeof payload);
}
#endif

#endif
