/* SPDX-License-Identifier: MIT */
/* The table of waits. Q1 to Q5: waits.h. */
#include "actors/waits.h"

#include <string.h>
#include <sys/mman.h>

#include "base/clock.h"

/* A slot is an actor's or an address's: each uses its own half. Single words, so that they may be read at any time. */
struct wait {
	uint64_t on;      /* an actor's: what it waits for, with DEAF; 0: nothing */
	uint64_t since;   /* an actor's, in ticks */
	uint64_t holder;  /* an address's: who has the duty, with KEPT; 0: not asked yet, or nobody knows; SEVERAL. Each with TAG */
	uint32_t kind;    /* of the question, or of what found no room */
	uint8_t asked;    /* an actor's, or its slot's: Q5. Set for ever */
	uint8_t sure;     /* an actor's, read and written in its turns alone: of `on`, if that is an address */
	uint8_t round;    /* an actor's: counts what it waits for, since that may come back: Q3 */
	uint8_t reserved;
};

/* wait.sure */
enum {
	SURE,      /* it has looked for a circle */
	QUIET,     /* nobody waited for it when it went idle: Q5 */
	DISTURBED, /* it could not go idle: somebody may */
};

/* Bits of a reference that are always 0: slots have 27. */
#define MARK (UINT64_C(1) << 30)
#define DEAF MARK /* of on */
#define KEPT MARK /* of holder: not in its queue, nor with its handler */
#define TAG (UINT64_C(7) << 27) /* of holder: the last bits of the address's generation, so that a write that comes too late fails */
#define SEVERAL (UINT64_MAX & ~(MARK | TAG)) /* more than one may answer: Q4 */

static_assert(((MARK | TAG) & (SLOTS_MAX - 1)) == 0, "bits that no slot has");

static struct wait *table; /* set once, before the first system */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* Q3 */

/* The links that were seen first, to be seen again; with the lock held. */
static struct link {
	uint64_t actor, on;
	uint8_t round;
} seen[WAITS_STEPS_MAX];

bool troupei_waits_init(void)
{
	size_t size = (size_t)SLOTS_MAX * sizeof(struct wait);

	pthread_mutex_lock(&lock);
	if (table == NULL) {
		void *range = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		table = range != MAP_FAILED ? range : NULL;
	}
	pthread_mutex_unlock(&lock);
	return table != NULL;
}

bool troupei_waits_reborn(void)
{
	size_t size = (size_t)SLOTS_MAX * sizeof(struct wait);

	pthread_mutex_init(&lock, NULL);
	return mmap(table, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) !=
	       MAP_FAILED;
}

static struct wait *entry_of(uint64_t ref)
{
	return &table[(uint32_t)ref & (SLOTS_MAX - 1)];
}

/* Live generations are odd. */
static inline uint64_t tag_of(uint64_t address)
{
	return (address >> 33 & 7) << 27;
}

static bool is_address(uint64_t ref)
{
	return troupei_ref_is_address((troupe_ref){ ref });
}

/* -------------------------------------------------------------------------------------------------------- following -- */

/* What the actor waits for, with DEAF; 0: nothing. */
static uint64_t on_of(uint64_t actor)
{
	uint64_t on = troupei_load_acquire_64(&entry_of(actor)->on); /* ON.store */

	/* The generation is read after it: who has the slot next writes there only after it has changed (Q1). */
	return on != 0 && troupei_ref_cell((troupe_ref){ actor }) != NULL ? on : 0;
}

/* Who is to end this wait, with KEPT; 0: nobody knows. */
static uint64_t holder_of(uint64_t on)
{
	uint64_t holder;

	if (!is_address(on))
		return on & ~DEAF;
	holder = troupei_load_acquire_64(&entry_of(on)->holder) ^ tag_of(on); /* HOLDER.store, as above: the state is read after it */
	if (holder == 0 || holder == SEVERAL || (holder & TAG) != 0 || !troupei_ask_is_open((troupe_ref){ on & ~DEAF }))
		return 0;
	return holder;
}

/* Where a chain began: an actor, or (0) whoever waits for the address. */
struct start {
	uint64_t me, on;
};

/* The next link after the one to @p holder; actor 0: there is none. */
static struct link next_link(uint64_t holder)
{
	uint64_t actor = holder & ~KEPT;
	const uint8_t *at = &entry_of(actor)->round;
	/* ROUND.store, before and after the link: if it has changed meanwhile, who begins to wait there sees our link (Q2). */
	uint8_t round = troupei_load_acquire_8(at);
	uint64_t on = actor != 0 ? on_of(actor) : 0;

	if (on == 0 || ((holder & KEPT) && !(on & DEAF)) || troupei_load_relaxed_8(at) != round)
		return (struct link){ 0, 0, 0 };
	return (struct link){ actor, on, round };
}

static bool closes(struct link link, struct start start)
{
	return start.me != 0 ? link.actor == start.me : (link.on & ~DEAF) == start.on;
}

/* Follow the chain. How many links it takes to come back; 0: it does not. */
static uint32_t follow(struct start start, struct link *links)
{
	struct link link = next_link(holder_of(start.on));

	for (uint32_t count = 1; link.actor != 0 && count <= WAITS_STEPS_MAX; count++) {
		if (links != NULL)
			links[count - 1] = link;
		if (closes(link, start))
			return count;
		link = next_link(holder_of(link.on));
	}
	return 0;
}

/* The same once more: is each link still there? */
static bool follow_again(struct start start, const struct link *links, uint32_t count)
{
	struct link link = next_link(holder_of(start.on));

	for (uint32_t i = 0; i < count; i++) {
		if (link.actor != links[i].actor || link.on != links[i].on || link.round != links[i].round)
			return false;
		link = next_link(holder_of(link.on));
	}
	return true;
}

static void describe(struct link link, struct wait_step *out)
{
	bool address = is_address(link.on);

	*out = (struct wait_step){ .who = { link.actor }, .on = { link.on & ~DEAF }, .holder = { holder_of(link.on) & ~KEPT },
		                   .kind = (int32_t)troupei_load_relaxed_32(&entry_of(address ? link.on : link.actor)->kind),
		                   .since_ticks = troupei_load_relaxed_64(&entry_of(link.actor)->since) };
}

static void describe_all(uint32_t count, struct wait_circle *circle)
{
	circle->count = count;
	circle->kept = count < CIRCLE_STEPS_KEPT ? count : CIRCLE_STEPS_KEPT;
	describe(seen[count - 1], &circle->steps[0]);
	for (uint32_t i = 1; i < circle->kept; i++)
		describe(seen[i - 1], &circle->steps[i]);
}

/* Q3: a circle has been seen once. True: it is one; the link in @p own, which closed it, is taken away. */
static bool __attribute__((noinline)) believe(struct start start, uint64_t *own, uint64_t gone, struct wait_circle *circle)
{
	pthread_mutex_lock(&lock);
	uint32_t count = follow(start, seen);
	bool whole = count > 0 && follow_again(start, seen, count);
	if (whole) {
		describe_all(count, circle);
		troupei_store_release_64(own, gone);
	}
	pthread_mutex_unlock(&lock);
	return whole;
}

/* Does the one to whom the link leads wait for nothing, or is it nobody? A glance, which is mostly all there is to it. */
static inline bool leads_to_no_wait(uint64_t on)
{
	uint64_t holder = is_address(on) ? troupei_load_relaxed_64(&entry_of(on)->holder) & ~TAG : on;

	return holder == 0 || holder == SEVERAL || troupei_load_relaxed_64(&entry_of(holder)->on) == 0;
}

/* Q5: @p actor will be waited for, and its mailbox does not show it. Before the fence of Q2. */
static void set_asked(uint64_t actor)
{
	uint8_t *asked = &entry_of(actor)->asked;

	if (troupei_load_relaxed_8(asked) == 0)
		troupei_store_relaxed_8(asked, 1); /* relaxed: the fence of Q2 follows */
}

/* Q2: the link is written, and the fence behind it. */
static bool closes_circle(struct start start, uint64_t *own, uint64_t gone, struct wait_circle *circle)
{
	return follow(start, NULL) > 0 && believe(start, own, gone, circle);
}

/* ------------------------------------------------------------------------------------------------------- who waits -- */

/* For reports, where some milliseconds do not matter, but each wait would pay for reading the clock: a worker has read it within
 * its last 64 turns. */
static uint64_t ticks_lately(void)
{
	const struct actor_worker *worker = troupei_actor_worker();

	return worker != NULL && !worker->apart ? worker->base.timers_checked : troupei_clock_ticks();
}

static inline void write_link(struct wait *wait, uint64_t link)
{
	troupei_store_relaxed_64(&wait->since, ticks_lately());
	/* ON.store, release, pairs with on_of: who finds the link may read the rest. */
	troupei_store_release_64(&wait->on, link);
}

/* What it waits for now may have been waited for before: an actor's room, or, after a wait inside a wait, the same answer. So both
 * before its link is written and after it. */
static inline void count_round(struct wait *wait)
{
	/* ROUND.store, release, pairs with next_link: behind the end of the last wait; and behind ON.store of this one. */
	troupei_store_release_8(&wait->round, (uint8_t)(wait->round + 1));
}

static bool write_and_glance(troupe_ref me, troupe_ref on, int32_t kind, bool deaf)
{
	struct wait *wait = entry_of(me.bits_private);

	if (!is_address(on.bits_private)) {
		troupei_store_relaxed_32(&wait->kind, (uint32_t)kind);
		set_asked(on.bits_private);
	}
	troupei_store_relaxed_8(&wait->sure, SURE);
	count_round(wait);
	write_link(wait, on.bits_private | (deaf ? DEAF : 0));
	count_round(wait);
	troupei_fence_full(); /* Q2 */
	return leads_to_no_wait(on.bits_private);
}

/* It has written the link down before. Is there nothing to do about it, until it is woken again? */
static bool is_settled(const struct wait *wait)
{
	uint8_t sure = troupei_load_relaxed_8(&wait->sure);

	return sure == SURE || (sure == QUIET && troupei_load_relaxed_8(&wait->asked) == 0);
}

enum wait_hold troupei_wait_hold(troupe_ref me, troupe_ref on, bool deaf, bool quiet)
{
	struct wait *wait = entry_of(me.bits_private);
	uint64_t link = on.bits_private | (deaf ? DEAF : 0);

	if (troupei_load_relaxed_64(&wait->on) == link) {
		if (is_settled(wait))
			return HOLD_SETTLED;
	} else if (troupei_likely(quiet && troupei_load_relaxed_8(&wait->asked) == 0)) {
		troupei_store_relaxed_8(&wait->sure, QUIET);
		write_link(wait, link);
		return HOLD_QUIET;
	}
	return write_and_glance(me, on, 0, deaf) ? HOLD_SETTLED : HOLD_LOOK;
}

void troupei_wait_disturbed(troupe_ref me)
{
	troupei_store_relaxed_8(&entry_of(me.bits_private)->sure, DISTURBED);
}

bool troupei_wait_is_asked(troupe_ref me)
{
	troupei_fence_around(); /* with the CAS before it: Q5 */
	return troupei_load_relaxed_8(&entry_of(me.bits_private)->asked) != 0;
}

bool troupei_wait_look(troupe_ref me, troupe_ref on, struct wait_circle *circle)
{
	return closes_circle((struct start){ me.bits_private, on.bits_private }, &entry_of(me.bits_private)->on, 0, circle);
}

bool troupei_wait_begin(troupe_ref me, troupe_ref on, int32_t kind, bool deaf, struct wait_circle *circle)
{
	return !write_and_glance(me, on, kind, deaf) && troupei_wait_look(me, on, circle);
}

bool troupei_wait_room(troupe_ref me, troupe_ref on, int32_t kind, bool deaf)
{
	struct wait_circle circle;
	bool written = troupei_load_relaxed_64(&entry_of(me.bits_private)->on) == (on.bits_private | (deaf ? DEAF : 0));

	return !written && troupei_wait_begin(me, on, kind, deaf, &circle);
}

void troupei_wait_end(troupe_ref me)
{
	/* Release: who still reads the link sees what its wait was for as it was. */
	troupei_store_release_64(&entry_of(me.bits_private)->on, 0);
}

void troupei_wait_granted(troupe_ref me, troupe_ref on)
{
	uint64_t *own = &entry_of(me.bits_private)->on, seen_now;

	/* A CAS, since @p me itself may write down another wait at this moment: but not this one again, with DEAF or without
	 * (park.c has the receiver's lock then, as the caller has). */
	if (!troupei_cas_acqrel_64(own, on.bits_private | DEAF, 0, &seen_now))
		troupei_cas_acqrel_64(own, on.bits_private, 0, &seen_now);
}

bool troupei_wait_read(troupe_ref me, struct wait_step *out)
{
	uint64_t on = on_of(me.bits_private);

	if (on != 0)
		describe((struct link){ me.bits_private, on, 0 }, out);
	return on != 0;
}

/* ----------------------------------------------------------------------------------------------- who has the duty -- */

void troupei_wait_open(struct ask *ask, troupe_ref owner)
{
	uint64_t *holder = &table[troupei_slot_of((const struct cell *)ask)].holder;

	/* Relaxed: published with the address (OPEN.store in ask.c). */
	troupei_store_relaxed_64(holder, tag_of((uint64_t)ask->generation << 32));
	troupei_ask_mark(ask, owner.bits_private | ASK_WAITED);
}

static inline const struct ask *ask_at(troupe_ref address)
{
	return troupei_ask_of(&troupei_cells[(uint32_t)address.bits_private & (SLOTS_MAX - 1)]);
}

/* Its entry, if it is in use, and somebody may come to wait for it; else NULL. It may be another's at the next moment: then its TAG
 * is. */
static struct wait *entry_of_address(troupe_ref address)
{
	const struct ask *ask = ask_at(address);

	if (!(troupei_ask_owner(ask) & ASK_WAITED) || !troupei_cell_is_proxy((const struct cell *)ask))
		return NULL;
	return troupei_load_relaxed_32(&ask->generation) == troupei_ref_generation(address) ? entry_of(address.bits_private) : NULL;
}

/* From now on nobody knows. */
static void write_several(struct wait *wait, uint64_t tag)
{
	uint64_t holder = troupei_load_relaxed_64(&wait->holder);

	while ((holder & TAG) == tag && !troupei_cas_acqrel_64(&wait->holder, holder, SEVERAL | tag, &holder))
		;
}

/* Who may wait for the address is asking with it now, in its handler: so the address is not another's meanwhile. And it does not wait
 * for it yet, but looks for circles when it does. */
static inline bool begins_later(troupe_ref address, uint64_t by)
{
	const struct ask *ask = ask_at(address);

	return (troupei_ask_owner(ask) & ~ASK_FUTURE) == (by | ASK_WAITED) &&
	       troupei_load_relaxed_32(&ask->generation) == troupei_ref_generation(address) &&
	       (troupei_load_relaxed_64(&entry_of(by)->on) & ~DEAF) != address.bits_private;
}

bool troupei_wait_pass_first(troupe_ref address, troupe_ref by, troupe_ref to, int32_t kind)
{
	struct wait *wait = entry_of(address.bits_private);
	uint64_t tag = tag_of(address.bits_private);

	if (!begins_later(address, by.bits_private) || troupei_load_relaxed_64(&wait->holder) != tag)
		return false;
	troupei_store_relaxed_32(&wait->kind, (uint32_t)kind);
	troupei_store_release_64(&wait->holder, to.bits_private | tag); /* HOLDER.store */
	return true;
}

bool troupei_wait_pass(troupe_ref address, troupe_ref by, troupe_ref to, int32_t kind, struct wait_circle *circle)
{
	struct wait *wait = entry_of_address(address);
	uint64_t tag = tag_of(address.bits_private), before, seen_now;

	if (wait == NULL || troupei_wait_pass_first(address, by, to, kind))
		return false;
	before = troupei_load_acquire_64(&wait->holder) ^ tag;
	if ((before & TAG) != 0)
		return false;
	if (before != 0 && before != by.bits_private) {
		write_several(wait, tag);
		return false;
	}
	troupei_store_relaxed_32(&wait->kind, (uint32_t)kind);
	/* HOLDER.store: by a CAS, since two that were given the address may ask with it at once. */
	if (!troupei_cas_acqrel_64(&wait->holder, before | tag, to.bits_private | tag, &seen_now)) {
		write_several(wait, tag);
		return false;
	}
	set_asked(to.bits_private);
	troupei_fence_full(); /* Q2 */
	return closes_circle((struct start){ 0, address.bits_private }, &wait->holder, SEVERAL | tag, circle);
}

void troupei_wait_doubt(troupe_ref address)
{
	struct wait *wait = troupei_address_ask(address) != NULL ? entry_of_address(address) : NULL; /* it may be anything */

	if (wait != NULL)
		write_several(wait, tag_of(address.bits_private));
}

void troupei_wait_pass_failed(troupe_ref address, troupe_ref by)
{
	struct wait *wait = entry_of_address(address);
	uint64_t tag = tag_of(address.bits_private), seen_now;
	uint64_t holder = wait != NULL ? troupei_load_relaxed_64(&wait->holder) ^ tag : SEVERAL;

	if (by.bits_private != 0 && holder != SEVERAL && (holder & TAG) == 0) /* fails: somebody else has passed it on as well */
		troupei_cas_acqrel_64(&wait->holder, holder | tag, by.bits_private | tag, &seen_now);
}

void troupei_wait_kept(troupe_ref address, troupe_ref me, bool kept)
{
	struct wait *wait = entry_of_address(address);
	uint64_t tag = tag_of(address.bits_private), seen_now;
	uint64_t holder = wait != NULL ? troupei_load_relaxed_64(&wait->holder) ^ tag : 0;

	if (wait != NULL && (holder & ~KEPT) == me.bits_private)
		troupei_cas_acqrel_64(&wait->holder, holder | tag, me.bits_private | (kept ? KEPT : 0) | tag, &seen_now);
}
