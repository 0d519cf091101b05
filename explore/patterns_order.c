/* SPDX-License-Identifier: MIT */
/* Patterns of which message comes first. */
#include "explore/patterns.h"
#include "explore/strategy.h"

enum { IN_A_ROW = 3 };

static bool is_handled(const struct story_message *message)
{
	return message->handled != STORY_NEVER && troupei_story_is_seen(message);
}

/* -------------------------------------------------------------------------------------------------- timer and reply -- */

/* What @p reply answers, in so far as who sent it has handled that before: asked by its receiver before place @p limit. */
static uint32_t question_of(const struct story *story, uint32_t reply, uint32_t limit)
{
	const struct story_message *answer = &story->messages[reply];

	for (uint32_t i = story->count; i-- > 0;) {
		const struct story_message *asked = &story->messages[i];
		if (asked->by == answer->to && asked->to == answer->by && asked->sent < limit && is_handled(asked) &&
		    troupei_story_follows(story, reply, i))
			return i;
	}
	return STORY_NEVER;
}

/* The same asked anew between the two places. */
static bool asked_again(const struct story *story, const struct story_message *asked, uint32_t from, uint32_t to)
{
	for (uint32_t i = 0; i < story->count; i++) {
		const struct story_message *message = &story->messages[i];
		if (message->by == asked->by && message->kind == asked->kind && message->sent > from && message->sent < to &&
		    !troupei_story_is_timer(message))
			return true;
	}
	return false;
}

static void say_late(struct telling *telling, uint32_t timer, uint32_t asked, uint32_t reply)
{
	const struct story *story = telling->story;
	const struct story_message *answer = &story->messages[reply];
	char who[STORY_NAME_MAX], a[TELLING_NAME_MAX], b[TELLING_NAME_MAX], c[TELLING_NAME_MAX];

	troupei_telling_unit(telling, answer->to, who);
	troupei_telling_message(telling, timer, a);
	troupei_telling_message(telling, reply, b);
	troupei_story_kind(story, &story->messages[asked], c);
	if (asked_again(story, &story->messages[asked], story->messages[timer].handled, answer->handled))
		troupei_telling_say(telling, "late reply: %s gave up on its %s at the %s and asked anew; then %s came, the reply to the old "
		                    "question. Let a reply say what it answers: troupe_ask does.", who, c, a, b);
	else
		troupei_telling_say(telling, "timer against reply: %s handled the %s, and then %s too, the reply to its %s. The first of the "
		                    "two must decide, and the state must say so.", who, a, b, c);
}

bool troupei_pattern_late_reply(struct telling *telling)
{
	const struct story *story = telling->story;

	for (uint32_t reply = story->count; reply-- > 0;)
		for (uint32_t timer = 0; timer < story->count; timer++) {
			const struct story_message *late = &story->messages[reply], *fired = &story->messages[timer];
			if (!is_handled(late) || !is_handled(fired) || !troupei_story_is_timer(fired) || fired->to != late->to ||
			    troupei_story_is_timer(late) || late->by == late->to || fired->handled > late->handled)
				continue;
			uint32_t asked = question_of(story, reply, fired->handled);
			if (asked == STORY_NEVER)
				continue;
			say_late(telling, timer, asked, reply);
			return true;
		}
	return false;
}

/* -------------------------------------------------------------------------------------------------------- starvation -- */

/* Something else has waited all the time from one place to the other. */
static uint32_t waits_meanwhile(const struct story *story, uint32_t unit, uint32_t from, uint32_t to)
{
	for (uint32_t i = 0; i < story->count; i++) {
		const struct story_message *message = &story->messages[i];
		if (message->to != unit && message->sent < from && message->handled > to && message->dead == STORY_NEVER &&
		    troupei_story_is_seen(message))
			return i;
	}
	return STORY_NEVER;
}

bool troupei_pattern_starvation(struct telling *telling)
{
	const struct story *story = telling->story;
	char who[STORY_NAME_MAX], kind[STORY_NAME_MAX], other[TELLING_NAME_MAX], starved[STORY_NAME_MAX];

	for (uint32_t first = 0; first < story->count; first++) {
		const struct story_message *own = &story->messages[first];
		uint32_t row = 1, last = first, next;
		if (own->by != own->to || troupei_story_is_timer(own) || !is_handled(own))
			continue;
		for (; (next = troupei_story_next_handled(story, own->to, story->messages[last].handled)) != STORY_NEVER; row++, last = next)
			if (story->messages[next].by != own->to || story->messages[next].kind != own->kind)
				break;
		uint32_t waits = waits_meanwhile(story, own->to, own->handled, story->messages[last].handled);
		if (row < IN_A_ROW || waits == STORY_NEVER)
			continue;
		troupei_telling_say(telling, "starvation: %s handled its own %s %u times in a row, and %s waited at %s all the time. How often "
		                    "one gets to run is no measure of time.", troupei_telling_unit(telling, own->to, who),
		                    troupei_story_kind(story, own, kind), row, troupei_telling_message(telling, waits, other),
		                    troupei_telling_unit(telling, story->messages[waits].to, starved));
		return true;
	}
	return false;
}

/* ------------------------------------------------------------------------------------- lost update, check then act -- */

/* What the sender of @p act had asked @p act's receiver before, and been told the outcome of. */
static uint32_t read_before(const struct story *story, uint32_t act)
{
	const struct story_message *written = &story->messages[act];

	for (uint32_t i = act; i-- > 0;) {
		const struct story_message *read = &story->messages[i];
		if (read->by == written->by && read->to == written->to && read->kind != written->kind && is_handled(read) &&
		    troupei_story_follows(story, act, i) && read->by != read->to)
			return i;
	}
	return STORY_NEVER;
}

/* Another's of the same kind that came between the two. */
static uint32_t came_between(const struct story *story, uint32_t read, uint32_t act)
{
	const struct story_message *from = &story->messages[read], *to = &story->messages[act];

	for (uint32_t i = 0; i < story->count; i++) {
		const struct story_message *other = &story->messages[i];
		if (other->to == to->to && other->by != to->by && other->kind == to->kind && is_handled(other) &&
		    other->handled > from->handled && other->handled < to->handled && !troupei_story_follows(story, act, i))
			return i;
	}
	return STORY_NEVER;
}

/* It was the handler of the last message of all that found something wrong. */
static bool is_last(const struct story *story, uint32_t message)
{
	for (uint32_t i = 0; i < story->count; i++)
		if (is_handled(&story->messages[i]) && story->messages[i].handled > story->messages[message].handled)
			return false;
	return true;
}

bool troupei_pattern_lost_update(struct telling *telling)
{
	const struct story *story = telling->story;
	char who[STORY_NAME_MAX], a[TELLING_NAME_MAX], b[TELLING_NAME_MAX], c[TELLING_NAME_MAX];

	for (uint32_t act = story->count; act-- > 0;) {
		uint32_t read = is_handled(&story->messages[act]) ? read_before(story, act) : STORY_NEVER;
		uint32_t between = read != STORY_NEVER ? came_between(story, read, act) : STORY_NEVER;
		if (between == STORY_NEVER)
			continue;
		troupei_telling_say(telling, "%s: between %s and %s, which relies on what it was told, %s came to %s. Say in one message what is "
		                    "to be done, where the state is.", is_last(story, act) ? "check-then-act across messages" : "lost update",
		                    troupei_telling_message(telling, read, a), troupei_telling_message(telling, act, b),
		                    troupei_telling_message(telling, between, c), troupei_telling_unit(telling, story->messages[act].to, who));
		return true;
	}
	return false;
}

/* -------------------------------------------------------------------------------------------------------------- join -- */

/* What @p message was sent because of; a timer, because of what its actor handled before that. */
static uint32_t cause_of(const struct story *story, uint32_t message)
{
	uint32_t cause = story->messages[message].cause, found = STORY_NEVER;

	if (cause == STORY_NEVER || !troupei_story_is_timer(&story->messages[cause]))
		return cause;
	for (uint32_t i = 0; i < story->count; i++) {
		const struct story_message *earlier = &story->messages[i];
		if (earlier->to == story->messages[cause].to && is_handled(earlier) && !troupei_story_is_timer(earlier) &&
		    earlier->handled < story->messages[cause].handled)
			found = i;
	}
	return found;
}

/* Who began what led to this message: the sender of the first in the chain of causes. */
static uint32_t origin(const struct story *story, uint32_t message, uint32_t *length)
{
	*length = 0;
	for (uint32_t cause; (cause = cause_of(story, message)) != STORY_NEVER; message = cause) {
		if (story->messages[cause].by == story->messages[cause].to)
			break;
		(*length)++;
	}
	return story->messages[message].by;
}

/* Of who has not sent it yet: of the last message to it. */
static uint32_t origin_of_missed(const struct story *story, uint32_t *length)
{
	for (uint32_t i = story->count; i-- > 0;)
		if (story->messages[i].to == story->missed.by && troupei_story_is_seen(&story->messages[i]) &&
		    !troupei_story_is_timer(&story->messages[i])) {
			uint32_t source = origin(story, i, length);
			(*length)++;
			return source;
		}
	*length = 0;
	return story->missed.by;
}

bool troupei_pattern_join(struct telling *telling)
{
	const struct story *story = telling->story;
	uint32_t first = story->race[0], second = story->race[1], length[2];
	char who[STORY_NAME_MAX], a[TELLING_NAME_MAX], from[STORY_NAME_MAX], by[STORY_NAME_MAX];
	uint32_t other = second != STORY_NEVER ? story->messages[second].by : story->missed.by;

	if (first == STORY_NEVER || story->messages[first].by == other)
		return false;
	uint32_t source = origin(story, first, &length[0]);
	if (source != (second != STORY_NEVER ? origin(story, second, &length[1]) : origin_of_missed(story, &length[1])) ||
	    length[0] + length[1] == 0 || !troupei_unit_is_actor(source))
		return false;
	troupei_telling_say(telling, "out-of-order join: what %s began comes to %s by two paths, and %s was ahead of what comes by way of "
	                    "%s. No order is kept across paths: join by number.", troupei_telling_unit(telling, source, from),
	                    troupei_telling_unit(telling, story->messages[first].to, who), troupei_telling_message(telling, first, a),
	                    troupei_telling_unit(telling, other, by));
	return true;
}
