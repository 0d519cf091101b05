/* SPDX-License-Identifier: MIT */
/* Asking: questions, reply addresses, and futures for plain threads.
 *
 * A QUESTION is a message whose struct has a member `reply`, a union like any protocol, that says what the answer is:
 *
 *     typedef union value_reply { troupe_ref ref; const struct value *VALUE; } value_reply;
 *     struct get { value_reply reply; };
 *
 * It is answered by sending to it: troupe_send(in.GET->reply, VALUE, .n = 5), at once, later, or by somebody else it was
 * passed to. Asking is: open a reply address, then send the question with it. Each question has one outcome, and that
 * arrives at the address: the answer, or the reason why none will come (the actor asked is gone, does not know the kind,
 * failed, ended; or the time is over).
 *
 * A handler that is given a question must do one of: answer it; pass it on (troupe_ask with its address, troupe_submit with
 * that as answer_to, troupe_forward, troupe_take, TROUPE_DEFERRED); or keep it (troupe_keep) and answer it, or pass it on, later.
 * One that does none of these has forgotten it: the asker is told so at once (TROUPE_EUNANSWERED) instead of waiting for its
 * time to run out.
 *
 * DEADLOCKS. An actor that awaits the one answer of an address (hold), or blocks for that of a future (troupe_next, troupe_call in
 * a behaviour with `blocks`), waits for whoever has the duty to answer: the actor in whose queue the question lies, that handles
 * it, that keeps it, or that it was passed on to. When such a wait, or passing a question on, closes a circle in which each waits
 * for the next, be it one actor that waits for itself, then at once
 *   - the log hook is told who is in it, with which kinds of messages, since when;
 *   - the one question that closed it fails: TROUPE_UNANSWERED, why is TROUPE_EDEADLOCK; where a thread blocks, troupe_next and
 *     troupe_call return TROUPE_EDEADLOCK. A limit of time (within_ns) changes nothing about that. The others go on.
 * No circle is reported that could have resolved itself but by giving up. So these are not seen: questions with several answers
 * or several that may answer; waits for one of several futures, or for an actor's end; questions that a job of a pool may answer;
 * what is kept by an actor that other messages may still make run (a timer, another question of its own, a monitor, `traps`);
 * circles of more than 4096 actors. Whoever keeps a question is taken to be the one who answers it: of a reply address that was
 * copied into another message nothing is known. */
#ifndef TROUPE_ASK_H
#define TROUPE_ASK_H

#include "actor.h"

TROUPE_EXTERN_C_BEGIN

/* From all that were asked, however many that is. When each question has had its outcome the address closes, with one
 * TROUPE_UNANSWERED: why is TROUPE_OK when they all answered. (A future: troupe_next gives TROUPE_ECLOSED then.) */
#define TROUPE_ANSWERS_ALL UINT32_MAX

/* How a reply address behaves. */
typedef struct troupe_expectation {
	uint32_t struct_size; /* see TROUPE_OPTIONS */
	uint32_t answers;     /* closes after so many; 1 to 65535; default: 1. Or TROUPE_ANSWERS_ALL */
	uint32_t questions;   /* how many are asked with it: when so many have had their outcome it closes, with TROUPE_UNANSWERED
	                         if there were fewer answers than expected; up to 65535; default: as answers; with
	                         TROUPE_ANSWERS_ALL up to 65534, default: 1. A question to a group that goes to all is one here */
	bool hold;            /* actors only. default: other messages are handled meanwhile (interleaving); true: user
	                         messages stay queued until the address closes (awaiting). See DEADLOCKS */
	int64_t within_ns;    /* then it closes with TROUPE_ETIMEOUT; default: no limit */
	uint64_t token;       /* comes back as m->token, to tell questions apart; default: 0 */
	troupe_receive *then; /* actors only: handles the outcome (a continuation); default: the actor's receive does */
} troupe_expectation;

/** Open a reply address at @p me. Each answer comes as an ordinary message of its own kind, in the control lane; the
 *  address closing before all came, as one TROUPE_UNANSWERED. At the end of the actor all of them close.
 *  @param options  NULL: one answer, no limit
 *  @param out      the address, for troupe_ask
 *  @retval TROUPE_EINVAL  a field out of range, struct_size too; a second `hold` while one is open
 *  @retval TROUPE_ENOMEM  @retval TROUPE_ELIMIT  as for troupe_spawn
 *  @retval TROUPE_ECLOSED  @p me is ending: it drains, or terminate runs */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_expect(troupe_actor *me, const troupe_expectation *options, troupe_ref *out);

/** Close a reply address early: nothing more comes from it, not even TROUPE_UNANSWERED, not even what was queued.
 *  @retval TROUPE_EGONE  it was closed already, or is not one of @p me's */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_forget(troupe_actor *me, troupe_ref address);

/** troupe_ask(to, KIND, address, .field = value, ...): send a question, its `reply` set to @p address. Several may use one
 *  address. It does not compile when KIND is not in the protocol or its struct has no member reply.
 *  @retval TROUPE_OK       the outcome will arrive at the address, also when @p to is gone, or full (TROUPE_EFULL)
 *  @retval TROUPE_ECLOSED  the address is closed or null: nothing was sent
 *  @retval TROUPE_ENOMEM   nothing was sent; the address is still open */
#define troupe_ask(to, KIND, address, ...)                                                                  \
	troupe_ask_bytes((to).ref, (KIND), &(__typeof__(*(to).KIND)){ __VA_ARGS__ }, sizeof *(to).KIND,     \
	                 offsetof(__typeof__(*(to).KIND), reply), (address))

/** troupe_ask_then(me, to, KIND, continuation, within_ns, .field = value, ...): open an address for one answer, and ask.
 *  The most usual question in one line. Codes as troupe_expect and troupe_ask; on failure the address is closed again. */
#define troupe_ask_then(me, to, KIND, continuation, within_ns, ...)                                                  \
	troupe_ask_then_bytes((me), (to).ref, (KIND), &(__typeof__(*(to).KIND)){ __VA_ARGS__ }, sizeof *(to).KIND,   \
	                      offsetof(__typeof__(*(to).KIND), reply), (continuation), (within_ns))

/** troupe_call(to, KIND, ANSWER, &out, within_ns, .field = value, ...): ask and block this thread until the answer is in out.
 *  It does not compile when ANSWER is not what KIND's reply takes, or (-Werror) out is not that answer's struct.
 *  Blocking: up to @p within_ns (0: no limit). Threads: any but a worker.
 *  @retval TROUPE_EANSWER   answered, but not with ANSWER
 *  @retval TROUPE_ECONTEXT  called inside a handler: nothing sent
 *  @retval TROUPE_ETIMEOUT  no answer in time; one that comes later is a dead letter. Or the question was too old: delay_ns_max
 *  @retval TROUPE_EGONE     @retval TROUPE_EUNKNOWN @retval TROUPE_EFAILED @retval TROUPE_EUNANSWERED @retval TROUPE_ECLOSED
 *          (EFULL, ECRASHED, EKILLED, EDEADLOCK) why there is no answer   @retval TROUPE_ENOMEM
 *  @retval TROUPE_EDEADLOCK  in a handler that may block: who would answer waits for this actor */
#define troupe_call(to, KIND, ANSWER, out, within_ns, ...)                                                           \
	((void)sizeof((out) == (to).KIND->reply.ANSWER),                                                             \
	 troupe_call_bytes((to).ref, (KIND), &(__typeof__(*(to).KIND)){ __VA_ARGS__ }, sizeof *(to).KIND,            \
	                   offsetof(__typeof__(*(to).KIND), reply), (ANSWER), (out), sizeof *(out), (within_ns)))

/** The untyped form of troupe_ask.
 *  @param reply_offset  where in the payload the address is written (8 bytes, in Troupe's copy)
 *  @retval TROUPE_EINVAL  it does not lie inside the payload; kind not above 0; size too large. Others as troupe_ask. */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_ask_bytes(troupe_ref to, int32_t kind, const void *data, size_t size,
                                                           size_t reply_offset, troupe_ref address);

/** The untyped form of troupe_ask_then. @param then  NULL: the actor's receive handles the outcome */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_ask_then_bytes(troupe_actor *me, troupe_ref to, int32_t kind,
                                                                const void *data, size_t size, size_t reply_offset,
                                                                troupe_receive *then, int64_t within_ns);

/** The untyped form of troupe_call. @param answer_size  must be the size of what is answered, else TROUPE_EANSWER */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_call_bytes(troupe_ref to, int32_t kind, const void *data, size_t size,
                                                            size_t reply_offset, int32_t answer_kind, void *answer,
                                                            size_t answer_size, int64_t within_ns);

/** Keep the question being handled, to answer it after this handler has returned: copy in.KIND->reply to your state. If the
 *  actor ends before it answers, the asker gets TROUPE_UNANSWERED (TROUPE_EGONE).
 *  @retval TROUPE_EINVAL  @p m is no question   @retval TROUPE_ENOMEM  it is not kept */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_keep(troupe_actor *me, const troupe_message *m);

/* A reply address that threads read instead of an actor: troupe_ask(c, GET, future.ref, 0), then troupe_next. It need not be
 * asked with: its reference, handed to actors in their state or in messages, is where they may send what main waits for. */
typedef struct troupe_future {
	troupe_ref ref;
} troupe_future;

/** Open one; @p options as for troupe_expect (hold and then must be 0). Yours until troupe_future_close.
 *  Threads: any, also inside a handler.
 *  @retval TROUPE_EINVAL  @retval TROUPE_ENOMEM  @retval TROUPE_ELIMIT  @retval TROUPE_ECLOSED  the system is shutting down */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_future_open(troupe_system system, const troupe_expectation *options,
                                                             troupe_future *out);

/** The next answer, copied to @p answer. Blocking: until one comes or the future closes. Threads: any but a worker; one at a
 *  time for each future. Not typed by the compiler: kind and size are compared when it comes.
 *  @retval TROUPE_EANSWER   another kind or size came: it is a dead letter
 *  @retval TROUPE_ECLOSED   all answers were taken, or @p future is not open
 *  @retval TROUPE_EINVAL    its outcomes go elsewhere: troupe_future_then
 *  @retval TROUPE_ETIMEOUT  within_ns of the future is over, or a question waited for too long in a bounded mailbox
 *  @retval TROUPE_EGONE     (EUNKNOWN, EFAILED, EUNANSWERED, EFULL, ECRASHED, EKILLED, ENOMEM) why no more come
 *  @retval TROUPE_ECONTEXT  in a handler
 *  @retval TROUPE_EDEADLOCK  in a handler that may block: who would answer waits for this actor */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_next(troupe_future future, int32_t kind, void *answer, size_t size);

/** Is there something to take, so that troupe_next would return at once? */
TROUPE_API bool troupe_future_ready(troupe_future future);

/** Wait for the first of several futures to be ready. Blocking: up to @p within_ns (0: no limit). Threads: any but a worker.
 *  @param which  the index of one that is ready, the lowest; one that is not open is ready too
 *  @retval TROUPE_ETIMEOUT  none is   @retval TROUPE_ECONTEXT  in a handler   @retval TROUPE_ENOMEM
 *  @retval TROUPE_EINVAL    @p n is 0 */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_future_first(const troupe_future *futures, size_t n, int64_t within_ns,
                                                              size_t *which);

/** Wait until @p k of several futures are ready: 1: any, @p n: all. Blocking, threads, and codes as troupe_future_first.
 *  @retval TROUPE_EINVAL  @p k is 0, or larger than @p n */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_future_some(const troupe_future *futures, size_t n, size_t k, int64_t within_ns);

/** Have each outcome given to @p then, instead of to a thread that waits: each answer as a message with kind, data, size and the
 *  token of the future, and, if the future closes with fewer answers than it expected, or was opened for TROUPE_ANSWERS_ALL, one
 *  TROUPE_UNANSWERED with why, at its time if it has one. The calls come one after the other; what is there already comes
 *  here and now. After the last one the future is closed. So chains are made: a @p then that answers another address with what
 *  it makes of the answer.
 *  @param then  called on the thread that brings the outcome, any worker too, or at the end of the system on that which ends it: must
 *               not block. One of its calls may be under way when troupe_future_close returns on another thread
 *  @retval TROUPE_EINVAL   no @p then; it has one   @retval TROUPE_ECLOSED  it is not open
 *  @retval TROUPE_ENOMEM   for its time */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_future_then(troupe_future future,
                                                             void (*then)(void *context, const troupe_message *outcome),
                                                             void *context);

/** Close and free; later answers are dead letters. Never fails; closing twice does nothing. */
TROUPE_API void troupe_future_close(troupe_future future);

TROUPE_EXTERN_C_END
#endif
