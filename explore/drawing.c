/* SPDX-License-Identifier: MIT */
/* What a drawing shows of a story. */
#include "explore/drawing.h"

#include <stdlib.h>
#include <string.h>

#include "explore/strategy.h"
#include "mailbox/envelope.h"
#include "troupe/status.h"

/* A row in the making: a message, or an event that is none. */
struct moment {
	uint32_t at;      /* place in the trace */
	uint32_t message; /* STORY_NEVER: none */
	enum row_sort sort;
	uint32_t by, to;
};

enum { MOMENTS_MAX = STORY_MESSAGES_MAX * 2 };

struct draft {
	const struct story *story;
	struct drawing *drawing;
	struct moment *moments;
	uint32_t count;
};

/* ----------------------------------------------------------------------------------------------------------- moments -- */

static void add(struct draft *draft, struct moment moment)
{
	if (draft->count < MOMENTS_MAX)
		draft->moments[draft->count++] = moment;
}

static void add_messages(struct draft *draft)
{
	const struct story *story = draft->story;

	for (uint32_t i = 0; i < story->count; i++) {
		const struct story_message *message = &story->messages[i];
		struct moment moment = { .at = message->handled, .message = i, .by = message->by, .to = message->to };
		if (!troupei_story_is_seen(message))
			continue;
		moment.sort = message->dead != STORY_NEVER ? ROW_LOST : message->aside ? ROW_ASIDE : ROW_MESSAGE;
		if (message->dead != STORY_NEVER)
			moment.at = message->dead;
		if (moment.at == STORY_NEVER)
			moment.sort = ROW_WAITING;
		add(draft, moment);
	}
}

/* The second life of an actor, and each after it. */
static bool is_restart(const struct trace *trace, uint32_t at)
{
	const struct trace_event *event = &trace->events[at];

	if (event->sort != TRACE_HANDLE || event->envelope != SORT_LIFE || event->kind != 1)
		return false;
	for (uint32_t i = 0; i < at; i++)
		if (trace->events[i].sort == TRACE_HANDLE && trace->events[i].envelope == SORT_LIFE && trace->events[i].to == event->to &&
		    trace->events[i].kind == 1)
			return true;
	return false;
}

static void add_events(struct draft *draft)
{
	const struct trace *trace = draft->story->trace;

	for (uint32_t i = 0; i < trace->event_count; i++) {
		const struct trace_event *event = &trace->events[i];
		if (event->sort == TRACE_END)
			add(draft, (struct moment){ i, STORY_NEVER, ROW_END, event->to, event->to });
		else if (event->sort == TRACE_WAIT && event->to != UNIT_NONE)
			add(draft, (struct moment){ i, STORY_NEVER, ROW_WAIT, event->by, event->to });
		else if (is_restart(trace, i))
			add(draft, (struct moment){ i, STORY_NEVER, ROW_RESTART, event->to, event->to });
	}
}

static int by_time(const void *a, const void *b)
{
	const struct moment *one = a, *other = b;

	if (one->at != other->at)
		return one->at < other->at ? -1 : 1;
	return one->message < other->message ? -1 : one->message > other->message;
}

/* ---------------------------------------------------------------------------------------------------- what is needed -- */

static bool is_marked(const struct story *story, uint32_t message)
{
	return message != STORY_NEVER && (message == story->race[0] || message == story->race[1]);
}

/* Has it to do with the last one that was handled, or with the pair? */
static bool is_needed(const struct draft *draft, const struct moment *moment, uint32_t last)
{
	const struct story *story = draft->story;

	if (moment->message == STORY_NEVER || last == STORY_NEVER || moment->message == last || is_marked(story, moment->message))
		return true;
	if (moment->to == story->messages[last].to || moment->sort != ROW_MESSAGE)
		return true;
	for (uint32_t i = 0; i < 2; i++)
		if (story->race[i] != STORY_NEVER && troupei_story_follows(story, story->race[i], moment->message))
			return true;
	return troupei_story_follows(story, last, moment->message);
}

static uint32_t last_handled(const struct draft *draft)
{
	for (uint32_t i = draft->count; i-- > 0;)
		if (draft->moments[i].message != STORY_NEVER && draft->moments[i].sort == ROW_MESSAGE)
			return draft->moments[i].message;
	return STORY_NEVER;
}

static void keep_needed(struct draft *draft)
{
	uint32_t last = last_handled(draft), kept = 0;

	if (draft->count <= DRAWING_ROWS_MAX)
		return;
	for (uint32_t i = 0; i < draft->count; i++)
		if (is_needed(draft, &draft->moments[i], last))
			draft->moments[kept++] = draft->moments[i];
	draft->drawing->left_out = draft->count - kept;
	draft->count = kept;
	if (kept <= DRAWING_ROWS_MAX)
		return;
	uint32_t early = kept - DRAWING_ROWS_MAX;
	memmove(draft->moments, draft->moments + early, DRAWING_ROWS_MAX * sizeof *draft->moments);
	draft->drawing->left_out += early;
	draft->count = DRAWING_ROWS_MAX;
}

/* ----------------------------------------------------------------------------------------------------------- columns -- */

static bool takes_part(const struct draft *draft, uint32_t unit)
{
	for (uint32_t i = 0; i < draft->count; i++)
		if (draft->moments[i].message != STORY_NEVER && (draft->moments[i].by == unit || draft->moments[i].to == unit))
			return true;
	return false;
}

/* Ends of who takes no part are none of it. */
static void drop_strangers(struct draft *draft)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < draft->count; i++)
		if (draft->moments[i].sort == ROW_WAIT || takes_part(draft, draft->moments[i].to))
			draft->moments[kept++] = draft->moments[i];
	draft->count = kept;
}

/* UINT32_MAX: it has none. */
static uint32_t column_of(const struct drawing *drawing, uint32_t unit)
{
	for (uint32_t i = 0; i < drawing->column_count; i++)
		if (drawing->units[i] == unit)
			return i;
	return UINT32_MAX;
}

static void add_column(struct draft *draft, uint32_t unit)
{
	struct drawing *drawing = draft->drawing;
	uint32_t at = drawing->column_count;

	if (unit >= UNIT_NONE || column_of(drawing, unit) != UINT32_MAX || at == DRAWING_COLUMNS_MAX)
		return;
	for (; at > 0 && drawing->units[at - 1] > unit; at--)
		drawing->units[at] = drawing->units[at - 1];
	drawing->units[at] = unit;
	drawing->column_count++;
}

/* The last rows matter most: so their units come in first if there are too many; they stand in the order of their numbers. */
static void add_columns(struct draft *draft)
{
	for (uint32_t i = draft->count; i-- > 0;) {
		add_column(draft, draft->moments[i].to);
		add_column(draft, draft->moments[i].by);
	}
	for (uint32_t i = 0; i < draft->drawing->column_count; i++)
		troupei_unit_name(draft->story->trace, draft->drawing->units[i], draft->drawing->names[i], STORY_NAME_MAX);
}

/* -------------------------------------------------------------------------------------------------------------- rows -- */

/* The number of the last row before @p sent. */
static uint32_t row_before(const struct draft *draft, uint32_t sent)
{
	uint32_t number = 0;

	for (uint32_t i = 0; i < draft->count && draft->moments[i].at < sent; i++)
		number = i + 1;
	return number < draft->drawing->row_count ? number : draft->drawing->row_count;
}

/* What became of it, if that is not plain. */
static void write_fate(const struct row *row, const struct story_message *message, char *fate, size_t size)
{
	fate[0] = '\0';
	if (row->sort == ROW_ASIDE)
		snprintf(fate, size, "put aside to the end");
	else if (row->sort == ROW_WAITING)
		snprintf(fate, size, "not handled");
	else if (row->sort == ROW_LOST)
		snprintf(fate, size, "%s", message->why == TROUPE_EUNKNOWN ? "not known there" :
		                           message->why == TROUPE_EFAILED ? "its handler failed" : "lost: it has ended");
	else if (message->crashed)
		snprintf(fate, size, "its handler was made to fail");
	else if (!row->timer && row->number > row->after + 2)
		snprintf(fate, size, row->after > 0 ? "sent after %u" : "sent before 1", row->after);
}

static void annotate(struct row *row, const struct story_message *message, bool missed)
{
	const char *race = row->race == 'B' ? "B" : row->race == 0 ? "" : missed ? "A: races with one not sent yet" : "A: races with B";
	char fate[32];

	write_fate(row, message, fate, sizeof fate);
	snprintf(row->note, sizeof row->note, "%s%s%s", race, race[0] != '\0' && fate[0] != '\0' ? ", " : "", fate);
}

static void fill_message(const struct draft *draft, struct row *row, uint32_t index)
{
	const struct story_message *message = &draft->story->messages[index];

	row->timer = troupei_story_is_timer(message);
	row->answer = troupei_story_is_answer(message);
	row->after = row_before(draft, message->sent);
	row->race = draft->story->race[0] == index ? 'A' : draft->story->race[1] == index ? 'B' : '\0';
	troupei_story_kind(draft->story, message, row->label);
	annotate(row, message, draft->story->missed.by != UINT32_MAX);
	row->unknown = row->unknown || (row->from == row->to && !troupei_unit_is_actor(message->by));
	row->news = troupei_story_is_news_of_end(message);
}

static void add_row(struct draft *draft, const struct moment *moment)
{
	struct drawing *drawing = draft->drawing;
	uint32_t from = column_of(drawing, moment->by), to = column_of(drawing, moment->to);

	if (to == UINT32_MAX)
		return;
	struct row *row = &drawing->rows[drawing->row_count];
	*row = (struct row){ .sort = moment->sort, .from = from != UINT32_MAX ? from : to, .to = to, .unknown = from == UINT32_MAX };
	row->number = drawing->row_count + 1;
	if (moment->message != STORY_NEVER)
		fill_message(draft, row, moment->message);
	else
		snprintf(row->label, sizeof row->label, "%s", moment->sort == ROW_END ? "ends" : moment->sort == ROW_WAIT ? "waits for" : "restarted");
	drawing->row_count++;
}

void troupei_drawing_make(const struct story *story, struct drawing *drawing)
{
	struct draft draft = { .story = story, .drawing = drawing };

	memset(drawing, 0, sizeof *drawing);
	snprintf(drawing->title, sizeof drawing->title, "%s", story->trace->text);
	draft.moments = malloc(MOMENTS_MAX * sizeof *draft.moments);
	if (draft.moments == NULL)
		return;
	add_messages(&draft);
	add_events(&draft);
	qsort(draft.moments, draft.count, sizeof *draft.moments, by_time);
	drop_strangers(&draft);
	keep_needed(&draft);
	add_columns(&draft);
	for (uint32_t i = 0; i < draft.count; i++)
		add_row(&draft, &draft.moments[i]);
	free(draft.moments);
}
