/* SPDX-License-Identifier: MIT */
/* stop_before_drain: lines go from a reader by way of a formatter to a writer. When all is read, main stops the other two.
 * Bug: stop before drain. The last stage is stopped while the one before it is not empty: those lines are lost.
 * Seen when: the writer's end comes before the formatter has handled each FORMATTER_LINE.
 * Smallest: 8 messages, 6 switches. Three times READER_NEXT and FORMATTER_LINE, two stops; no WRITER_LINE. Main acts between
 * the stages.
 * Twin: stages are stopped in the order of the flow, each after the one before it has ended: so each handles all it has. */
#include "troupe.h"

enum { LINES = 3 };
enum { READER_NEXT = 1, FORMATTER_LINE, WRITER_LINE, HOST_READ, HOST_WRITTEN };

struct line { int number; };
struct count { int lines; };
typedef union host { troupe_ref ref; const struct count *HOST_READ, *HOST_WRITTEN; } host;
typedef union writer { troupe_ref ref; const struct line *WRITER_LINE; } writer;
typedef union reader { troupe_ref ref; const troupe_nothing *READER_NEXT; } reader;
typedef union formatter { troupe_ref ref; const void *data; const struct line *FORMATTER_LINE; } formatter;

struct reader_state { formatter to; host host; int lines; };
struct writer_state { host host; int written; };

#ifdef FIXED
static void stop_all(formatter f, writer w)
{
	troupe_must(troupe_stop_wait(f.ref, 0));
	troupe_must(troupe_stop_wait(w.ref, 0));
}
#else
static void stop_all(formatter f, writer w)
{
	troupe_must(troupe_stop_wait(w.ref, 0));
	troupe_must(troupe_stop_wait(f.ref, 0));
}
#endif

static troupe_verdict reader_next(troupe_actor *me) /* also the first thing in life */
{
	struct reader_state *self = me->state;

	if (self->lines == LINES)
		return troupe_done(me, troupe_send(self->host, HOST_READ, self->lines));
	if (troupe_send(self->to, FORMATTER_LINE, self->lines++) != TROUPE_OK)
		return TROUPE_FAILED;
	return troupe_done(me, troupe_send((reader){ me->ref }, READER_NEXT, 0));
}

static troupe_verdict reader_receive(troupe_actor *me, const troupe_message *m)
{
	return m->kind == READER_NEXT ? reader_next(me) : TROUPE_UNKNOWN;
}

static troupe_verdict formatter_receive(troupe_actor *me, const troupe_message *m)
{
	const writer *to = me->state;
	formatter in = { .data = m->data };

	if (m->kind != FORMATTER_LINE)
		return TROUPE_UNKNOWN;
	troupe_ignore(troupe_send_struct(*to, WRITER_LINE, in.FORMATTER_LINE)); /* if it is gone, that is its own affair */
	return TROUPE_HANDLED;
}

static troupe_verdict writer_receive(troupe_actor *me, const troupe_message *m)
{
	struct writer_state *self = me->state;

	self->written += m->kind == WRITER_LINE;
	return m->kind == WRITER_LINE ? TROUPE_HANDLED : TROUPE_UNKNOWN;
}

static void writer_terminate(troupe_actor *me, troupe_status why)
{
	const struct writer_state *self = me->state;

	(void)why;
	troupe_ignore(troupe_send(self->host, HOST_WRITTEN, .lines = self->written));
}

static const troupe_kind reader_kinds[] = { TROUPE_KIND(reader, READER_NEXT), { 0 } };
static const troupe_kind formatter_kinds[] = { TROUPE_KIND(formatter, FORMATTER_LINE), { 0 } };
static const troupe_kind writer_kinds[] = { TROUPE_KIND(writer, WRITER_LINE), { 0 } };

static const troupe_behaviour reader_behaviour = {
	.name = "reader", .init = reader_next, .receive = reader_receive, .state_size = sizeof(struct reader_state),
	.kinds = reader_kinds,
	.turn_messages_max = 1, /* so that the others go on while it reads */
};
static const troupe_behaviour formatter_behaviour = {
	.name = "formatter", .receive = formatter_receive, .state_size = sizeof(writer), .kinds = formatter_kinds,
};
static const troupe_behaviour writer_behaviour = {
	.name = "writer", .receive = writer_receive, .terminate = writer_terminate, .state_size = sizeof(struct writer_state),
	.kinds = writer_kinds,
};

int main(void)
{
	troupe_system system;
	troupe_future heard;
	struct count read, written;
	formatter f;
	writer w;

	troupe_must(troupe_start(NULL, &system));
	troupe_must(troupe_future_open(system, TROUPE_OPTIONS(troupe_expectation, .answers = 2), &heard));
	host listener = { heard.ref };
	troupe_must(troupe_spawn(system, &writer_behaviour, &(struct writer_state){ listener, 0 }, &w.ref));
	troupe_must(troupe_spawn(system, &formatter_behaviour, &w, &f.ref));
	troupe_must(troupe_spawn(system, &reader_behaviour, &(struct reader_state){ f, listener, 0 }, NULL));
	troupe_must(troupe_next(heard, HOST_READ, &read, sizeof read));
	stop_all(f, w);
	troupe_must(troupe_next(heard, HOST_WRITTEN, &written, sizeof written));
	troupe_holds(written.lines == read.lines, "every line that was read is written");
	troupe_future_close(heard);
	troupe_must(troupe_finish(system, 0));
	return 0;
}
