/* SPDX-License-Identifier: MIT */
/* What an asker is told: an answer, or why there is none. Once for each question, and never for another one. */
#include "asker.h"

void open_close(struct asker *asker, struct open *open)
{
	if (open->way == ASK_HOLD)
		asker->holding = false;
	if (open->way == ASK_LINE)
		asker->line = false;
	open->used = false;
}

static struct open *find(struct asker *asker, uint64_t serial)
{
	for (uint32_t i = 0; i < OPEN_MOST; i++)
		if (asker->open[i].used && asker->open[i].serial == serial)
			return &asker->open[i];
	return NULL;
}

/* The one without a token. */
static struct open *find_line(struct asker *asker)
{
	for (uint32_t i = 0; i < OPEN_MOST; i++)
		if (asker->open[i].used && asker->open[i].way == ASK_LINE)
			return &asker->open[i];
	return NULL;
}

/* Answers say which question they are for; it must be one of this address. */
static void check_question(struct asker *asker, const struct open *open, uint64_t question)
{
	uint32_t who = (uint32_t)(question >> 32), number = (uint32_t)question;

	if (who != asker->self.index || number < open->first || number >= open->first + open->questions)
		finding("asker %u: an answer to question %u of asker %u came to the address of questions %u to %u",
		        asker->self.index, number, who, open->first, open->first + open->questions - 1);
}

static void check_place(struct asker *asker, const struct open *open, bool in_continuation)
{
	bool expected = open->way == ASK_THEN || open->way == ASK_LINE;

	if (expected != in_continuation)
		finding("asker %u: an outcome came to the %s", asker->self.index, in_continuation ? "continuation" : "receive");
}

static troupe_verdict answer_came(struct asker *asker, const troupe_message *m, bool in_continuation)
{
	const struct answer *answer = m->data;
	struct open *open = m->token != 0 ? find(asker, m->token) : find_line(asker);

	if (!self_accepts(&asker->self, m))
		return TROUPE_UNKNOWN;
	books_mark(answer->note.number, m->kind, FATE_HANDLED);
	if (open == NULL || answer->serial != open->serial) {
		finding("asker %u: an answer (token %llu, of address %llu) came when that was closed", asker->self.index,
		        (unsigned long long)m->token, (unsigned long long)answer->serial);
		return TROUPE_HANDLED;
	}
	check_question(asker, open, answer->question);
	check_place(asker, open, in_continuation);
	if (--open->answers == 0)
		open_close(asker, open);
	return TROUPE_HANDLED;
}

static bool reason_allowed(troupe_status why)
{
	return why == TROUPE_EGONE || why == TROUPE_EUNKNOWN || why == TROUPE_EFAILED || why == TROUPE_EUNANSWERED ||
	       why == TROUPE_ECLOSED || why == TROUPE_EKILLED;
}

static troupe_verdict none_came(troupe_actor *me, struct asker *asker, const troupe_message *m, bool in_continuation)
{
	struct open *open = m->token != 0 ? find(asker, m->token) : find_line(asker);

	if (open == NULL) {
		finding("asker %u: TROUPE_UNANSWERED (%s, token %llu) from an address that was closed", asker->self.index,
		        troupe_status_name(m->why), (unsigned long long)m->token);
		return TROUPE_HANDLED;
	}
	check_place(asker, open, in_continuation);
	if (m->why == TROUPE_ETIMEOUT && (open->earliest == 0 || troupe_now(me->system) < open->earliest))
		finding("asker %u: TROUPE_ETIMEOUT %s", asker->self.index, open->earliest == 0 ? "without a limit" : "too early");
	else if (m->why != TROUPE_ETIMEOUT && !reason_allowed(m->why))
		finding("asker %u: unanswered because of %s", asker->self.index, troupe_status_name(m->why));
	open_close(asker, open);
	return TROUPE_HANDLED;
}

troupe_verdict asker_outcome(troupe_actor *me, struct asker *asker, const troupe_message *m, bool in_continuation)
{
	troupe_verdict verdict;

	if (m->kind == TROUPE_UNANSWERED)
		verdict = none_came(me, asker, m, in_continuation);
	else
		verdict = answer_came(asker, m, in_continuation);
	asker_go_on(me, asker);
	return verdict;
}
