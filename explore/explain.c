#include <stdio.h>
#include "explore/explorer.h"
void troupei_search_explain(struct search *search)
{
	char a[40], b[40];
	troupei_search_shrink(search);
	const struct trace *t = &search->shared->trace;
	for (uint32_t i = 0; i < t->event_count; i++) {
		const struct trace_event *e = &t->events[i];
		fprintf(stderr, "%3u sort %d env %d ctl %d kind %d by %s to %s msg %u choice %u t %ld why %d\n", i, e->sort, e->envelope, e->control, e->kind, troupei_unit_name(t, e->by, a, 40), troupei_unit_name(t, e->to, b, 40), e->message, e->choices, (long)e->now_ns, e->why);
	}
}
