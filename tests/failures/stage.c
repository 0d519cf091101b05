/* SPDX-License-Identifier: MIT */
/* Systems and actors of the scenarios: failures.h. */
#include "failures/failures.h"

#include <stdarg.h>
#include <unistd.h>

#include "failures/inject.h"

troupe_system the_system;
static troupe_ledger ledger;
static atomic_uint_fast64_t letters;

/* ------------------------------------------------------------------------------------------------------- what is right -- */

void fail_round(const char *format, ...)
{
	va_list arguments;

	injection->armed = false;
	if (!atomic_exchange(&injection->wrong, true)) {
		va_start(arguments, format);
		vsnprintf(injection->said, sizeof injection->said, format, arguments);
		va_end(arguments);
		fprintf(stderr, "%s\n", injection->said);
	}
	_exit(1);
}

bool something_failed(void)
{
	return injection->hits > 0;
}

bool may_at(troupe_status status, const char *call, const char *file, int line, const troupe_status *codes)
{
	if (status == TROUPE_OK)
		return true;
	while (*codes != TROUPE_OK && *codes != status)
		codes++;
	if (*codes == TROUPE_OK)
		fail_round("%s:%d: %s is %s, which it may not be", file, line, call, troupe_status_name(status));
	if (!something_failed())
		fail_round("%s:%d: %s is %s, though nothing failed", file, line, call, troupe_status_name(status));
	return false;
}

/* ------------------------------------------------------------------------------------------------------- the system -- */

static void count_letter(void *context, const troupe_dead_letter *letter)
{
	(void)context, (void)letter;
	letters++;
}

static void no_log(void *context, const char *line)
{
	(void)context, (void)line;
}

bool begin(troupe_options options)
{
	options.struct_size = sizeof options;
	options.dead_letter = count_letter;
	options.ledger = &ledger;
	if (options.log == NULL)
		options.log = no_log;
	if (options.workers == 0)
		options.workers = 1; /* so that the order, and with it the nth of something, is much the same each time */
	letters = 0;
	return MAY(troupe_start(&options, &the_system), THREAD);
}

void settle(void)
{
	MUST(troupe_settle(the_system, LIMIT));
}

void end(void)
{
	troupe_counters counters;

	settle();
	MUST(troupe_counters_read(the_system, &counters));
	HOLDS(counters.actors_spawned == counters.actors_ended + counters.actors_alive);
	MUST(troupe_finish(the_system, LIMIT));
	if (ledger.handled + ledger.dead + ledger.returned != ledger.sent || letters != ledger.dead || ledger.queued != 0)
		fail_round("the books: %llu sent, %llu handled, %llu dead (%llu letters), %llu returned, %llu queued",
		           (unsigned long long)ledger.sent, (unsigned long long)ledger.handled, (unsigned long long)ledger.dead,
		           (unsigned long long)letters, (unsigned long long)ledger.returned, (unsigned long long)ledger.queued);
}

/* ----------------------------------------------------------------------------------------------------------- actors -- */

static troupe_verdict keep(troupe_actor *me, const troupe_message *m)
{
	struct player_state *self = me->state;

	if (MAY(troupe_keep(me, m), MEMORY))
		self->kept = ((const struct get *)m->data)->reply;
	return TROUPE_HANDLED;
}

static troupe_verdict answer_kept(troupe_actor *me)
{
	struct player_state *self = me->state;
	value_reply kept = self->kept;

	self->kept = (value_reply){ { 0 } };
	return troupe_ref_is_null(kept.ref) ? TROUPE_HANDLED : troupe_done(me, troupe_send(kept, VALUE, .n = 2));
}

static troupe_verdict take(troupe_actor *me, const troupe_message *m)
{
	struct value *taken = troupe_take(me, m);
	someone self = { me->ref };

	if (taken != NULL)
		MAY(troupe_move(self, NOTE, &taken), MEMORY, GONE);
	troupe_free(taken);
	return TROUPE_HANDLED;
}

/* A question that is taken, and never answered. */
static troupe_verdict drop(troupe_actor *me, const troupe_message *m)
{
	void *taken = troupe_take(me, m);

	HOLDS(taken != NULL || something_failed());
	troupe_free(taken);
	return TROUPE_HANDLED;
}

static troupe_verdict unanswered(const troupe_message *m)
{
	static const troupe_status codes[] = { NO_ANSWER, TROUPE_EUNKNOWN, TROUPE_EDEADLOCK, TROUPE_ENOENT, TROUPE_EFULL,
		                               TROUPE_ETHREAD, TROUPE_EKILLED, TROUPE_OK };

	for (const troupe_status *code = codes; *code != m->why; code++)
		if (*code == TROUPE_OK)
			fail_round("there is no answer: %s", troupe_status_name(m->why));
	return TROUPE_HANDLED;
}

static troupe_verdict later(troupe_actor *me)
{
	struct player_state *self = me->state;

	return self->again ? TROUPE_HANDLED : TROUPE_DEFERRED;
}

troupe_verdict player_receive(troupe_actor *me, const troupe_message *m)
{
	struct player_state *self = me->state;
	const struct step *step = m->data;
	const struct get *get = m->data;

	switch (m->kind) {
	case STEP:
		step->play(me, step->n);
		return TROUPE_HANDLED;
	case GET:
		return troupe_done(me, troupe_send(get->reply, VALUE, .n = get->n + 1));
	case KEEP:
		return keep(me, m);
	case DROP:
		return drop(me, m);
	case ANSWER_KEPT:
		return answer_kept(me);
	case TAKE:
		return take(me, m);
	case PASS:
		if (!troupe_ref_is_null(self->other.ref))
			MAY(troupe_forward(me, m, self->other.ref), MEMORY, GONE);
		return TROUPE_HANDLED;
	case LATER:
		return later(me);
	case FAIL_NOW:
		troupe_fail_now(me, TROUPE_EUSER);
	case TROUPE_UNANSWERED:
		return unanswered(m);
	default:
		return m->kind < KINDS_END ? TROUPE_HANDLED : TROUPE_UNKNOWN;
	}
}

const troupe_behaviour player = { .name = "player", .receive = player_receive, .state_size = sizeof(struct player_state) };
const troupe_behaviour trapping_player = { .name = "trapping", .receive = player_receive, .traps = 1,
	                                   .state_size = sizeof(struct player_state) };

someone spawned(const troupe_behaviour *behaviour)
{
	someone made = { { 0 } };

	if (!MAY(troupe_spawn(the_system, behaviour, NULL, &made.ref), THREAD))
		made.ref = (troupe_ref){ 0 };
	return made;
}

void perform(someone actor, part *play, int64_t n)
{
	MAY(troupe_send(actor, STEP, .play = play, .n = n), MEMORY, GONE);
	settle();
}

void call_for_value(someone actor, int64_t n)
{
	struct value answer = { 0 };

	if (MAY(troupe_call(actor, GET, VALUE, &answer, LIMIT, .n = n), NO_ANSWER))
		HOLDS(answer.n == n + 1);
}
