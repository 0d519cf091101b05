/* SPDX-License-Identifier: MIT */
/* timers: an actor sends itself messages: once, again and again, and one that it cancels. Their kinds are in no
 * protocol, so that nobody else can send them.
 *
 *     build/samples/timers [ticks]         default 50, one each 2 ms
 *
 * Checks that nothing came early, that all ticks came, and nothing that was cancelled. */
#include "troupe.h"
#include "sample.h"

#define PERIOD (2 * TROUPE_MS)

enum { WATCH_RUN = 1, WATCH_REPORT, WATCH_ONCE, WATCH_TICK, WATCH_NEVER, WATCH_END };

struct report { uint64_t ticks, once, never, early; };
typedef union report_reply { troupe_ref ref; const struct report *WATCH_REPORT; } report_reply;

struct run { report_reply reply; uint64_t ticks; };
typedef union watch { troupe_ref ref; const void *data; const struct run *WATCH_RUN; } watch;

struct watch_state { struct run run; int64_t began; troupe_timer tick; struct report seen; };

static troupe_status watch_start(troupe_actor *me, struct watch_state *self)
{
	troupe_timer never = { 0 };
	troupe_status status = troupe_after(me, PERIOD, WATCH_ONCE, 0, NULL);

	if (status == TROUPE_OK)
		status = troupe_every(me, PERIOD, WATCH_TICK, 0, &self->tick);
	if (status == TROUPE_OK)
		status = troupe_after(me, 0, WATCH_NEVER, 0, &never); /* due at once, but ... */
	return status == TROUPE_OK ? troupe_cancel(me, never) : status;
}

static troupe_verdict watch_receive(troupe_actor *me, const troupe_message *m)
{
	struct watch_state *self = me->state;
	watch in = { .data = m->data };
	troupe_status status = TROUPE_OK;
	int64_t since_start = troupe_now(me->system) - self->began; /* nanoseconds */

	switch (m->kind) {
	case WATCH_RUN: /* a question, answered at the end */
		self->run = *in.WATCH_RUN;
		self->began = troupe_now(me->system);
		status = troupe_keep(me, m);
		if (status == TROUPE_OK)
			status = watch_start(me, self);
		break;
	case WATCH_ONCE:
		self->seen.once++;
		self->seen.early += since_start < PERIOD;
		break;
	case WATCH_TICK:
		self->seen.ticks++;
		self->seen.early += since_start < (int64_t)self->seen.ticks * PERIOD;
		if (self->seen.ticks < self->run.ticks)
			break;
		status = troupe_cancel(me, self->tick);
		if (status == TROUPE_OK) /* does another come after all? */
			status = troupe_after(me, 5 * PERIOD, WATCH_END, 0, NULL);
		break;
	case WATCH_NEVER:
		self->seen.never++;
		break;
	case WATCH_END:
		troupe_exit(me, troupe_send_bytes(self->run.reply.ref, WATCH_REPORT, &self->seen, sizeof self->seen));
		break;
	default:
		return TROUPE_UNKNOWN;
	}
	return status == TROUPE_OK ? TROUPE_HANDLED : troupe_fail(me, status);
}

static const troupe_behaviour watch_behaviour = {
	.name = "watch", .receive = watch_receive, .state_size = sizeof(struct watch_state),
};

int main(int argc, char **argv)
{
	uint64_t ticks = 50;
	struct report r;
	troupe_ledger ledger;
	troupe_system system;
	watch w;

	sample_counts(argc, argv, { "ticks", &ticks, 1, 100000 });
	troupe_must(troupe_start(TROUPE_OPTIONS(troupe_options, .ledger = &ledger), &system));
	troupe_must(troupe_spawn(system, &watch_behaviour, NULL, &w.ref));
	troupe_must(troupe_call(w, WATCH_RUN, WATCH_REPORT, &r, SAMPLE_PATIENCE, .ticks = ticks));
	troupe_must(troupe_finish(system, SAMPLE_PATIENCE));
	return sample_done(r.ticks == ticks && r.once == 1 && r.never == 0 && r.early == 0, &ledger,
	                   "timers: %" PRIu64 " ticks, %" PRIu64 " early", r.ticks, r.early);
}
