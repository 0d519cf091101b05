/* SPDX-License-Identifier: MIT */
/* Arming, cancelling and firing. R1 to R3: timers.h. */
#include "actors/timers.h"

#include "actors/blocking.h"
#include "actors/future.h"
#include "actors/id_table.h"
#include "actors/post.h"
#include "actors/record.h"
#include "base/check.h"
#include "base/memory.h"

/* entry.marks */
enum {
	CANCELLED = 1, /* R2; the owner's */
	PERIODIC = 2,  /* it is a struct beat */
	OF_ASK = 4,    /* the token is the slot of a reply address */
};

/* 64 bytes, since they are armed by the hundred thousand, and memory that is touched for the first time is what such a burst pays
 * for. While it is in a wheel nobody needs the envelope, and later nobody needs the links (R1). */
struct timer {
	union {
		struct timer_entry entry; /* wheel: by whose worker it is, or was last, armed */
		struct {
			unsigned char kept[offsetof(struct timer_entry, next)];
			struct envelope envelope; /* SORT_TIMER, embedded */
		};
	};
	struct envelope_extension extension; /* word: the id */
	troupe_ref owner;
	uint64_t token;
};

struct beat {
	struct timer timer;
	int64_t period_ns;
};

static_assert(sizeof(struct timer) == 64, "a block of 64 bytes");
static_assert(offsetof(struct timer, extension) == offsetof(struct timer, envelope) + sizeof(struct envelope), "one follows the other");
static_assert(TROUPE_WORKERS_MAX <= UINT16_MAX, "entry.wheel");

static struct timer *timer_of(struct envelope *envelope)
{
	return (struct timer *)((char *)envelope - offsetof(struct timer, envelope));
}

static unsigned class_for(uint8_t marks)
{
	return troupei_block_class(marks & PERIODIC ? sizeof(struct beat) : sizeof(struct timer));
}

static void timer_free(struct timer *timer)
{
	troupei_block_give(timer, class_for(timer->entry.marks));
}

/* --------------------------------------------------------------------------------------------------------- records -- */

static void arm_at(struct actor_worker *worker, struct timer *timer, int64_t deadline_ns)
{
	timer->entry.deadline_ns = deadline_ns;
	timer->entry.wheel = (uint16_t)worker->base.index;
	if (troupei_unlikely(worker->apart))
		troupei_blocking_arm(worker, &timer->entry);
	else
		troupei_timers_arm(&worker->base.timers, &timer->entry);
	if (troupei_unlikely(troupei_load_relaxed_8(&worker->base.kept) != 0)) /* it may not come to look at the time itself */
		troupei_scheduler_timer_armed(worker->base.scheduler);
}

static struct timer *timer_new(const struct actor_worker *worker, const struct timer_event *event, int64_t period_ns)
{
	uint8_t marks = (uint8_t)((period_ns > 0 ? PERIODIC : 0) | (event->ask != 0 ? OF_ASK : 0));
	struct timer *timer = troupei_block_take(class_for(marks));

	if (timer == NULL)
		return NULL;
	timer->entry.place = TIMER_NOT_ARMED;
	timer->entry.marks = marks;
	timer->extension.kind = event->kind;
	timer->extension.size = 0;
	timer->owner = worker->me.ref;
	timer->token = event->ask != 0 ? event->ask : event->token;
	if (period_ns > 0)
		((struct beat *)timer)->period_ns = period_ns;
	return timer;
}

/* Saturating: a delay of centuries is "never", not "at once". */
static int64_t deadline_in(const struct actor_worker *worker, int64_t delay_ns)
{
	int64_t now = troupei_scheduler_now(&worker->system->scheduler);

	return delay_ns < INT64_MAX - now ? now + delay_ns : INT64_MAX - 1;
}

troupe_status troupei_timer_arm(struct actor_worker *worker, int64_t delay_ns, int64_t period_ns,
                                const struct timer_event *event, uint64_t *out)
{
	if (worker->running->flags & FLAG_CLOSED)
		return TROUPE_ECLOSED;
	struct extra *extra = troupei_cell_extra(worker->running);
	struct timer *timer = extra != NULL ? timer_new(worker, event, period_ns) : NULL;

	if (timer == NULL)
		return TROUPE_ENOMEM;
	if (!troupei_id_add(&extra->timers, timer, &timer->extension.word)) {
		timer_free(timer);
		return TROUPE_ENOMEM;
	}
	*out = timer->extension.word;
	arm_at(worker, timer, deadline_in(worker, delay_ns));
	return TROUPE_OK;
}

void troupei_timer_fire(struct worker *base, struct timer_entry *entry)
{
	struct actor_worker *worker = (struct actor_worker *)base;
	struct timer *timer = (struct timer *)((char *)entry - offsetof(struct timer, entry));

	if (troupei_unlikely(troupei_ref_is_address(timer->owner))) {
		troupei_future_expire(timer->owner, timer);
		timer_free(timer);
		return;
	}
	timer->envelope.kind = 0;
	timer->envelope.size = SORT_TIMER;
	timer->envelope.flags = ENVELOPE_EMBEDDED | ENVELOPE_EXTENDED | ENVELOPE_CONTROL;
	if (troupei_post(worker->system, worker, timer->owner, &timer->envelope) != TROUPE_OK)
		timer_free(timer); /* the owner has ended, and dropped it (R2) */
}

/* On one wheel for all: futures with a time and a `then` are few. */
struct timer *troupei_timer_arm_future(struct troupei_system *system, troupe_ref address, int64_t deadline_ns)
{
	struct timer *timer = troupei_block_take(class_for(0));

	if (timer == NULL)
		return NULL;
	timer->entry.place = TIMER_NOT_ARMED;
	timer->entry.marks = 0;
	timer->entry.deadline_ns = deadline_ns;
	timer->owner = address;
	troupei_timers_arm(&system->scheduler.workers[0]->timers, &timer->entry);
	troupei_scheduler_timer_armed(&system->scheduler);
	return timer;
}

bool troupei_timer_disarm_future(struct troupei_system *system, struct timer *timer)
{
	bool armed = troupei_timers_disarm(&system->scheduler.workers[0]->timers, &timer->entry);

	if (armed)
		timer_free(timer);
	return armed;
}

void troupei_timer_discard(struct envelope *envelope)
{
	timer_free(timer_of(envelope));
}

/* The next beat after now: those that were missed are left out, the rhythm is kept. */
static int64_t next_beat(const struct actor_worker *worker, const struct timer *timer)
{
	int64_t now = troupei_scheduler_now(&worker->system->scheduler), due = timer->entry.deadline_ns;
	int64_t period = ((const struct beat *)timer)->period_ns, missed = now > due ? (now - due) / period : 0;

	if (period >= (INT64_MAX - 1 - due) / (missed + 1))
		return INT64_MAX - 1;
	return due + (missed + 1) * period;
}

bool troupei_timer_reached(struct actor_worker *worker, struct cell *owner, struct envelope *envelope,
                           struct timer_event *out)
{
	struct timer *timer = timer_of(envelope);
	bool live = (timer->entry.marks & CANCELLED) == 0, of_ask = (timer->entry.marks & OF_ASK) != 0;

	*out = (struct timer_event){ timer->extension.kind, timer->token, of_ask ? (uint32_t)timer->token : 0 };
	if (live && (timer->entry.marks & PERIODIC)) {
		arm_at(worker, timer, next_beat(worker, timer));
		return true;
	}
	if (live)
		troupei_id_remove(owner->extra->timers, (uint32_t)timer->extension.word);
	timer_free(timer);
	return live;
}

static void cancel(struct actor_worker *worker, struct timer *timer)
{
	struct scheduler *scheduler = &worker->system->scheduler;

	if (troupei_timers_disarm(&scheduler->workers[timer->entry.wheel]->timers, &timer->entry))
		timer_free(timer);
	else
		timer->entry.marks |= CANCELLED; /* on its way: R2. Only the owner's turn reads it */
}

troupe_status troupei_timer_cancel(struct actor_worker *worker, struct cell *owner, uint64_t id)
{
	struct timer *timer = owner->extra != NULL ? troupei_id_find(owner->extra->timers, id) : NULL;

	if (timer == NULL)
		return TROUPE_ENOENT;
	troupei_id_remove(owner->extra->timers, (uint32_t)id);
	cancel(worker, timer);
	return TROUPE_OK;
}

void troupei_timer_cancel_entry(struct actor_worker *worker, struct cell *owner, uint32_t place)
{
	struct timer *timer = troupei_id_at(owner->extra->timers, place);

	troupei_id_remove(owner->extra->timers, place);
	cancel(worker, timer);
}

void troupei_timer_cancel_all(struct actor_worker *worker, struct cell *owner)
{
	struct id_table *table = owner->extra != NULL ? owner->extra->timers : NULL;

	if (table == NULL)
		return;
	for (uint32_t i = 0; i < table->capacity; i++)
		if (table->entries[i].item != NULL)
			cancel(worker, table->entries[i].item);
	troupei_id_table_free(table);
	owner->extra->timers = NULL;
}

/* ------------------------------------------------------------------------------------------------------ public face -- */

static troupe_status user_timer(troupe_actor *me, int64_t delay_ns, int64_t period_ns, int32_t kind, uint64_t token,
                                troupe_timer *out)
{
	uint64_t id;

	if (me == NULL || kind <= 0 || delay_ns < 0)
		return TROUPE_EINVAL;
	troupe_status status = troupei_timer_arm(troupei_me_worker(me), delay_ns, period_ns,
	                                         &(struct timer_event){ .kind = kind, .token = token }, &id);
	if (status == TROUPE_OK && out != NULL)
		out->bits_private = troupei_id_mix(me->ref, troupe_lives(me, NULL), id);
	return status;
}

troupe_status troupe_after(troupe_actor *me, int64_t delay_ns, int32_t kind, uint64_t token, troupe_timer *out)
{
	return user_timer(me, delay_ns, 0, kind, token, out);
}

troupe_status troupe_every(troupe_actor *me, int64_t period_ns, int32_t kind, uint64_t token, troupe_timer *out)
{
	return period_ns > 0 ? user_timer(me, period_ns, period_ns, kind, token, out) : TROUPE_EINVAL;
}

troupe_status troupe_cancel(troupe_actor *me, troupe_timer timer)
{
	if (me == NULL)
		return TROUPE_EINVAL;
	return troupei_timer_cancel(troupei_me_worker(me), troupei_me_worker(me)->running,
	                            troupei_id_mix(me->ref, troupe_lives(me, NULL), timer.bits_private));
}

int64_t troupe_now(troupe_system system)
{
	if (system.private_ == NULL)
		return 0;
	int64_t now_ns = troupei_scheduler_now(&system.private_->scheduler);
	return troupei_is_noted() ? troupei_note_clock(now_ns) : now_ns;
}
