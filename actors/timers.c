/* SPDX-License-Identifier: MIT */
/* Arming, cancelling and firing. R1 to R3: timers.h. */
#include "actors/timers.h"

#include <string.h>

#include "actors/blocking.h"
#include "actors/post.h"
#include "base/check.h"
#include "base/memory.h"

struct timer {
	struct timer_entry entry;
	struct envelope envelope; /* SORT_TIMER, embedded; the extension's word is the id */
	struct envelope_extension extension;
	troupe_ref owner;
	int64_t period_ns;        /* 0: once */
	uint64_t token;
	uint32_t worker;          /* in whose wheel it is, or was last */
	uint32_t ask;
	bool cancelled;           /* R2; the owner's */
};

/* What an actor knows its timers by. An id is index + 1 and, above it, the entry's generation. */
struct timer_table_entry {
	struct timer *timer; /* NULL: free */
	uint32_t generation;
	uint32_t next_free;  /* index + 1; 0: none */
};

struct timer_table {
	uint32_t capacity;
	uint32_t first_free; /* index + 1; 0: none */
	struct timer_table_entry entries[];
};

static struct timer *timer_of(struct envelope *envelope)
{
	return (struct timer *)((char *)envelope - offsetof(struct timer, envelope));
}

static unsigned timer_class(void)
{
	return troupei_block_class(sizeof(struct timer));
}

/* ---------------------------------------------------------------------------------------------------------- table -- */

static size_t table_size(uint32_t capacity)
{
	return sizeof(struct timer_table) + capacity * sizeof(struct timer_table_entry);
}

static bool table_grow(struct extra *extra)
{
	struct timer_table *old = extra->timers;
	uint32_t from = old != NULL ? old->capacity : 0, capacity = from > 0 ? from * 2 : 4;
	struct timer_table *table = troupei_reallocate(old, old != NULL ? table_size(from) : 0, table_size(capacity));

	if (table == NULL)
		return false;
	table->capacity = capacity;
	table->first_free = 0;
	for (uint32_t i = capacity; i-- > from;) {
		table->entries[i] = (struct timer_table_entry){ .generation = 1, .next_free = table->first_free };
		table->first_free = i + 1;
	}
	extra->timers = table;
	return true;
}

static bool table_add(struct extra *extra, struct timer *timer, uint64_t *id)
{
	if ((extra->timers == NULL || extra->timers->first_free == 0) && !table_grow(extra))
		return false;
	uint32_t index = extra->timers->first_free - 1;
	struct timer_table_entry *entry = &extra->timers->entries[index];
	extra->timers->first_free = entry->next_free;
	entry->timer = timer;
	*id = (uint64_t)entry->generation << 32 | (index + 1);
	return true;
}

static struct timer_table_entry *table_find(const struct extra *extra, uint64_t id)
{
	uint32_t index = (uint32_t)id - 1;

	if (extra == NULL || extra->timers == NULL || index >= extra->timers->capacity)
		return NULL;
	struct timer_table_entry *entry = &extra->timers->entries[index];
	return entry->timer != NULL && entry->generation == id >> 32 ? entry : NULL;
}

static void table_remove(struct timer_table *table, struct timer_table_entry *entry)
{
	entry->timer = NULL;
	entry->generation++;
	entry->next_free = table->first_free;
	table->first_free = (uint32_t)(entry - table->entries) + 1;
}

/* --------------------------------------------------------------------------------------------------------- records -- */

static void arm_at(struct actor_worker *worker, struct timer *timer, int64_t deadline_ns)
{
	timer->entry.deadline_ns = deadline_ns;
	timer->worker = worker->base.index;
	if (troupei_unlikely(worker->apart))
		troupei_blocking_arm(worker, &timer->entry);
	else
		troupei_timers_arm(&worker->base.timers, &timer->entry);
}

static struct timer *timer_new(const struct actor_worker *worker, const struct timer_event *event, int64_t period_ns)
{
	struct timer *timer = troupei_block_take(timer_class());

	if (timer == NULL)
		return NULL;
	memset(timer, 0, sizeof *timer);
	timer->entry.place = TIMER_NOT_ARMED;
	timer->envelope.size = SORT_TIMER;
	timer->envelope.flags = ENVELOPE_EMBEDDED | ENVELOPE_EXTENDED | ENVELOPE_CONTROL;
	timer->extension.kind = event->kind;
	timer->owner = worker->me.ref;
	timer->period_ns = period_ns;
	timer->token = event->token;
	timer->ask = event->ask;
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
	if (!table_add(extra, timer, &timer->extension.word)) {
		troupei_block_give(timer, timer_class());
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

	if (troupei_post(worker->system, worker, timer->owner, &timer->envelope) != TROUPE_OK)
		troupei_block_give(timer, timer_class()); /* the owner has ended, and dropped it (R2) */
}

void troupei_timer_discard(struct envelope *envelope)
{
	troupei_block_give(timer_of(envelope), timer_class());
}

/* The next beat after now: those that were missed are left out, the rhythm is kept. */
static int64_t next_beat(const struct actor_worker *worker, const struct timer *timer)
{
	int64_t now = troupei_scheduler_now(&worker->system->scheduler), due = timer->entry.deadline_ns;
	int64_t missed = now > due ? (now - due) / timer->period_ns : 0;

	if (timer->period_ns >= (INT64_MAX - 1 - due) / (missed + 1))
		return INT64_MAX - 1;
	return due + (missed + 1) * timer->period_ns;
}

bool troupei_timer_reached(struct actor_worker *worker, struct cell *owner, struct envelope *envelope,
                           struct timer_event *out)
{
	struct timer *timer = timer_of(envelope);
	bool live = !timer->cancelled;

	*out = (struct timer_event){ timer->extension.kind, timer->token, timer->ask };
	if (live && timer->period_ns > 0) {
		arm_at(worker, timer, next_beat(worker, timer));
		return true;
	}
	if (live)
		table_remove(owner->extra->timers, table_find(owner->extra, timer->extension.word));
	troupei_block_give(timer, timer_class());
	return live;
}

static void cancel(struct actor_worker *worker, struct timer *timer)
{
	struct scheduler *scheduler = &worker->system->scheduler;

	if (troupei_timers_disarm(&scheduler->workers[timer->worker]->timers, &timer->entry))
		troupei_block_give(timer, timer_class());
	else
		timer->cancelled = true; /* on its way: R2. Only the owner's turn reads it */
}

troupe_status troupei_timer_cancel(struct actor_worker *worker, struct cell *owner, uint64_t id)
{
	struct timer_table_entry *entry = table_find(owner->extra, id);

	if (entry == NULL)
		return TROUPE_ENOENT;
	struct timer *timer = entry->timer;
	table_remove(owner->extra->timers, entry);
	cancel(worker, timer);
	return TROUPE_OK;
}

void troupei_timer_cancel_entry(struct actor_worker *worker, struct cell *owner, uint32_t place)
{
	struct timer_table_entry *entry = &owner->extra->timers->entries[place - 1];
	struct timer *timer = entry->timer;

	table_remove(owner->extra->timers, entry);
	cancel(worker, timer);
}

void troupei_timer_cancel_all(struct actor_worker *worker, struct cell *owner)
{
	struct timer_table *table = owner->extra != NULL ? owner->extra->timers : NULL;

	if (table == NULL)
		return;
	for (uint32_t i = 0; i < table->capacity; i++)
		if (table->entries[i].timer != NULL)
			cancel(worker, table->entries[i].timer);
	troupei_deallocate(table, table_size(table->capacity));
	owner->extra->timers = NULL;
}

/* ------------------------------------------------------------------------------------------------------ public face -- */

/* Ids are an actor's own: mixed with who it is, so that another actor's is not taken for one of them. */
static uint64_t salt(const troupe_actor *me)
{
	return (me->ref.bits_private + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

static troupe_status user_timer(troupe_actor *me, int64_t delay_ns, int64_t period_ns, int32_t kind, uint64_t token,
                                troupe_timer *out)
{
	uint64_t id;

	if (me == NULL || kind <= 0 || delay_ns < 0)
		return TROUPE_EINVAL;
	troupe_status status = troupei_timer_arm(troupei_me_worker(me), delay_ns, period_ns,
	                                         &(struct timer_event){ .kind = kind, .token = token }, &id);
	if (status == TROUPE_OK && out != NULL)
		out->bits_private = id ^ salt(me);
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
	return troupei_timer_cancel(troupei_me_worker(me), troupei_me_worker(me)->running, timer.bits_private ^ salt(me));
}

int64_t troupe_now(troupe_system system)
{
	return system.private_ != NULL ? troupei_scheduler_now(&system.private_->scheduler) : 0;
}
