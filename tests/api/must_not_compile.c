/* SPDX-License-Identifier: MIT */
/* Mistakes that a compiler must reject. must_not_compile.sh compiles this file with -DMISTAKE=0, which is right, and then once
 * for each number of its table, which must fail, and for the reason meant. */
#include <stdlib.h>
#include <troupe.h>

#ifndef MISTAKE
#define MISTAKE 0
#endif

enum { ADD = 1, GET, VALUE, PRINT, TEXT };

struct value { int64_t n; };
struct text { char chars[16]; };
struct print { char chars[16]; };

typedef union value_reply {
	troupe_ref ref;
	const struct value *VALUE;
} value_reply;

struct add { int64_t by; };
struct get { value_reply reply; };

typedef union counter {
	troupe_ref ref;
	const void *data;
	const struct add *ADD;
	const struct get *GET;
} counter;

typedef union printer {
	troupe_ref ref;
	const void *data;
	const struct print *PRINT;
} printer;

troupe_status sending(counter c, printer p);
troupe_status moving(counter c, int64_t *left);
troupe_status asking(troupe_actor *me, counter c, printer p, const struct get *question, int64_t *left);
troupe_status spawning(troupe_system system, counter *out, troupe_timer timer, troupe_actor *me);

troupe_status sending(counter c, printer p)
{
#if MISTAKE == 1 /* a message that is not in the receiver's protocol */
	troupe_status status = troupe_send(c, PRINT, .chars = "five");
#else
	troupe_status status = troupe_send(p, PRINT, .chars = "five");
#endif
	if (status != TROUPE_OK)
		return status;

#if MISTAKE == 2 /* the wrong type for a field */
	status = troupe_send(c, ADD, .by = "five");
#elif MISTAKE == 3 /* a field that the struct does not have */
	status = troupe_send(c, ADD, .amount = 5);
#elif MISTAKE == 4 /* a bare reference where a typed one is wanted */
	status = troupe_send(c.ref, ADD, .by = 5);
#else
	status = troupe_send(c, ADD, .by = 5);
#endif

#if MISTAKE == 5 /* ignoring a status */
	troupe_send(c, ADD, .by = 6);
#else
	troupe_ignore(troupe_send(c, ADD, .by = 6));
#endif

#if MISTAKE == 6 /* a reference to one protocol for one to another */
	c = p;
#elif MISTAKE == 7 /* comparing references as if they were numbers */
	if (c.ref == p.ref)
		return TROUPE_EGONE;
#else
	if (troupe_ref_equal(c.ref, p.ref))
		return TROUPE_EGONE;
#endif
	return status;
}

troupe_status moving(counter c, int64_t *left)
{
	struct add *add = troupe_new(sizeof *add, NULL);
	struct print *print = troupe_new(sizeof *print, NULL);
	troupe_status status;

	if (add == NULL || print == NULL)
		abort();
	add->by = 7;
	status = troupe_move(c, ADD, &add);
#if MISTAKE == 8 /* using a moved payload */
	if (status == TROUPE_OK)
		*left = add->by;
#else
	if (status != TROUPE_OK)
		*left = add->by;
#endif

#if MISTAKE == 9 /* moving a payload of another type */
	status = troupe_move(c, ADD, &print);
#elif MISTAKE == 10 /* the same, status not looked at */
	struct add *more = troupe_new(sizeof *more, NULL);
	troupe_must(troupe_move(c, ADD, &more));
	*left = more->by;
#elif MISTAKE == 11 /* sharing a payload of another type */
	status = troupe_share(c, ADD, (const struct print *)troupe_freeze(print));
#elif MISTAKE == 12 /* writing to a frozen payload */
	((const struct print *)troupe_freeze(print))->chars[0] = 0;
#elif MISTAKE == 13 /* forgetting a new payload */
	troupe_new(16, NULL);
#endif
	troupe_free(print);
	troupe_free(add); /* NULL if moved */
	return status;
}

troupe_status asking(troupe_actor *me, counter c, printer p, const struct get *question, int64_t *left)
{
	struct value value = { 0 };
	struct text text = { "" };
	troupe_status status = troupe_call(c, GET, VALUE, &value, TROUPE_S, 0);

	(void)text, (void)me, (void)p;
	*left += value.n;
#if MISTAKE == 14 /* replying with the wrong reply type */
	status = troupe_send(question->reply, TEXT, .chars = "five");
#elif MISTAKE == 15 /* the right kind of reply, another struct */
	status = troupe_send(question->reply, VALUE, text);
#else
	status = troupe_send(question->reply, VALUE, .n = 5);
#endif

#if MISTAKE == 16 /* receiving an answer into the wrong struct */
	status = troupe_call(c, GET, VALUE, &text, TROUPE_S, 0);
#elif MISTAKE == 17 /* asking with a message that has no reply */
	status = troupe_ask(c, ADD, p.ref, .by = 5);
#elif MISTAKE == 18 /* the same with a continuation */
	status = troupe_ask_then(me, c, ADD, NULL, TROUPE_S, .by = 5);
#elif MISTAKE == 19 /* expecting an answer that this question does not have */
	status = troupe_call(c, GET, TEXT, &text, TROUPE_S, 0);
#endif
	return status;
}

static troupe_verdict receive(troupe_actor *me, const troupe_message *m)
{
	counter in = { .data = m->data };
	int64_t *total = me->state;

	if (m->kind != ADD)
		return TROUPE_UNKNOWN;
#if MISTAKE == 20 /* changing a message that others may read too */
	in.ADD->by = 0;
#elif MISTAKE == 21 /* a status for a verdict: somebody else's full mailbox is no failure of this actor */
	return troupe_send(in, ADD, .by = 1);
#elif MISTAKE == 22 /* saying why it failed, without failing */
	troupe_fail(me, TROUPE_EINVAL);
#endif
	*total += in.ADD->by;
	return TROUPE_HANDLED;
}

#if MISTAKE == 23 /* a table of kinds with one that the protocol does not have */
static const troupe_kind kinds[] = { TROUPE_KIND(counter, PRINT), { 0 } };
#else
static const troupe_kind kinds[] = { TROUPE_KIND(counter, ADD), TROUPE_KIND(counter, GET), { 0 } };
#endif

#if MISTAKE == 24 /* a handler of another shape */
static troupe_verdict shapeless(void *state)
{
	(void)state;
	return TROUPE_HANDLED;
}
#define RECEIVE shapeless
#else
#define RECEIVE receive
#endif
static const troupe_behaviour behaviour = { .receive = RECEIVE, .state_size = sizeof(int64_t), .kinds = kinds };

troupe_status spawning(troupe_system system, counter *out, troupe_timer timer, troupe_actor *me)
{
#if MISTAKE == 25 /* the union for the reference in it */
	troupe_status status = troupe_spawn(system, &behaviour, NULL, out);
#else
	troupe_status status = troupe_spawn(system, &behaviour, NULL, &out->ref);
#endif
#if MISTAKE == 26 /* one handle for another */
	status = troupe_cancel(me, out->ref);
#else
	status = troupe_cancel(me, timer);
#endif
	(void)receive;
	return status;
}
