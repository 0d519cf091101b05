/* SPDX-License-Identifier: MIT */
/* Writing down what happens. */
#include "explore/trace.h"

#include <string.h>

/* Fowler, Noll, Vo: FNV-1a, 64 bits, by words of 32. */
static uint64_t mix(uint64_t hash, uint32_t word)
{
	return (hash ^ word) * UINT64_C(0x100000001b3);
}

void troupei_trace_begin(struct trace *trace, uint64_t seed)
{
	trace->seed = seed;
	trace->hash = UINT64_C(0xcbf29ce484222325);
	trace->steps = trace->messages = trace->kept_from = 0;
	trace->event_count = trace->choice_count = trace->messages_sent = 0;
	trace->switches = trace->choices_needed = trace->kind_count = 0;
	trace->finding = 0;
	trace->code = 0;
	trace->gave_up = false;
	trace->text[0] = '\0';
	memset(trace->names, 0, sizeof trace->names);
}

void troupei_trace_event(struct trace *trace, const struct trace_event *event)
{
	uint64_t hash = mix(trace->hash, (uint32_t)event->sort | (uint32_t)event->envelope << 8);

	hash = mix(mix(hash, (uint32_t)event->kind), event->by);
	hash = mix(mix(hash, event->to), event->message);
	hash = mix(hash, (uint32_t)event->why);
	trace->hash = mix(mix(hash, (uint32_t)event->now_ns), (uint32_t)(event->now_ns >> 32));
	if (trace->event_count == TRACE_EVENTS_MAX || trace->messages < trace->kept_from)
		return;
	trace->events[trace->event_count] = *event;
	trace->events[trace->event_count++].choices = trace->choice_count;
}

void troupei_trace_choice(struct trace *trace, uint32_t unit)
{
	if (trace->choice_count < TRACE_CHOICES_MAX)
		trace->choices[trace->choice_count++] = unit;
}
