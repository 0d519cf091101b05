/* SPDX-License-Identifier: MIT */
/* Timers: once and periodic, many, cancelled at random, also when their message is queued already, and actors that die with
 * timers armed. Never early, never after the cancel, once is once. */
#include <stdlib.h>

#include "actor.h"
#include "families.h"

#define ARMED_MOST 24u

struct armed {
	bool used;
	uint64_t token;
	int64_t due;     /* not before; of a periodic one: the next tick not before */
	int64_t period;  /* 0: once */
	uint32_t ticks;  /* until it is cancelled */
	troupe_timer timer;
};

struct waiter {
	struct self self;
	struct armed armed[ARMED_MOST];
	uint64_t tokens;
	uint32_t steps;    /* timers still to be armed */
	troupe_timer last; /* one that is over */
	bool drains;       /* while it does, at its end, its timers may have ended before it */
	bool finished;
};

static int64_t draw_delay(struct dice *dice)
{
	uint32_t share = dice_below(dice, 16);

	if (share == 0)
		return 0;
	return share < 12 ? dice_scaled(dice, 1, 2000) * TROUPE_US : dice_between(dice, 1, 20000000);
}

static void check_over(troupe_actor *me, troupe_timer timer)
{
	troupe_status status = troupe_cancel(me, timer);

	if (status != TROUPE_ENOENT)
		finding("troupe_cancel of a timer that is over gave %s", troupe_status_name(status));
}

static void arm(troupe_actor *me, struct waiter *waiter, struct armed *armed)
{
	struct dice *dice = &waiter->self.sender.dice;
	bool again = dice_one_in(dice, 4);
	int64_t delay = again ? dice_scaled(dice, 50, 3000) * TROUPE_US : draw_delay(dice);
	int64_t now = troupe_now(me->system);
	troupe_status status;

	*armed = (struct armed){ .token = ++waiter->tokens, .due = now + delay, .period = again ? delay : 0,
		                 .ticks = dice_between(dice, 1, 10) };
	if (again)
		status = troupe_every(me, delay, KIND_AGAIN, armed->token, &armed->timer);
	else
		status = troupe_after(me, delay, KIND_ONCE, armed->token, &armed->timer);
	armed->used = EXPECT("arming a timer", status, waiter->drains ? TROUPE_ECLOSED : TROUPE_OK);
	atomic_fetch_add_explicit(&totals.timers, 1, memory_order_relaxed);
}

static void cancel(troupe_actor *me, struct waiter *waiter, struct armed *armed)
{
	if (EXPECT("troupe_cancel of an armed timer", troupe_cancel(me, armed->timer), waiter->drains ? TROUPE_ENOENT : TROUPE_OK))
		check_over(me, armed->timer);
	armed->used = false;
	waiter->last = armed->timer;
}

static bool idle(const struct waiter *waiter)
{
	for (uint32_t i = 0; i < ARMED_MOST; i++)
		if (waiter->armed[i].used)
			return false;
	return true;
}

static void finish(struct waiter *waiter)
{
	if (!waiter->finished)
		part_pending(waiter->self.sender.part, -1);
	waiter->finished = true;
}

/* At the end of a round periodic timers are cancelled, the others come. */
static void wind_up(troupe_actor *me, struct waiter *waiter)
{
	waiter->steps = 0;
	for (uint32_t i = 0; i < ARMED_MOST; i++)
		if (waiter->armed[i].used && waiter->armed[i].period != 0)
			cancel(me, waiter, &waiter->armed[i]);
}

static void arm_some(troupe_actor *me, struct waiter *waiter, uint32_t more)
{
	for (uint32_t i = 0; i < ARMED_MOST && more > 0 && waiter->steps > 0; i++) {
		if (waiter->armed[i].used)
			continue;
		arm(me, waiter, &waiter->armed[i]);
		waiter->steps--;
		more--;
	}
}

static void go_on(troupe_actor *me, struct waiter *waiter)
{
	struct dice *dice = &waiter->self.sender.dice;

	do {
		arm_some(me, waiter, dice_between(dice, 1, ARMED_MOST / 2));
		struct armed *one = &waiter->armed[dice_below(dice, ARMED_MOST)];
		if (one->used && dice_one_in(dice, 3))
			cancel(me, waiter, one);
		if (round_closing(waiter->self.sender.part->round))
			wind_up(me, waiter);
	} while (idle(waiter) && waiter->steps > 0);
	if (idle(waiter))
		finish(waiter);
}

static void tick(troupe_actor *me, struct waiter *waiter, const troupe_message *m)
{
	int64_t now = troupe_now(me->system);
	struct armed *armed = NULL;

	for (uint32_t i = 0; i < ARMED_MOST; i++)
		if (waiter->armed[i].used && waiter->armed[i].token == m->token)
			armed = &waiter->armed[i];
	if (armed == NULL || (armed->period != 0) != (m->kind == KIND_AGAIN)) {
		finding("waiter %u: timer %llu came, but it was cancelled or over", waiter->self.index,
		        (unsigned long long)m->token);
		return;
	}
	if (now < armed->due)
		finding("waiter %u: timer %llu came %lld ns early", waiter->self.index, (unsigned long long)m->token,
		        (long long)(armed->due - now));
	armed->due += armed->period;
	if (armed->period == 0) {
		armed->used = false;
		waiter->last = armed->timer;
		check_over(me, armed->timer);
	} else if (--armed->ticks == 0) {
		cancel(me, waiter, armed);
	}
}

static troupe_verdict waiter_handle(troupe_actor *me, const troupe_message *m)
{
	struct waiter *waiter = me->state;

	if (m->kind == KIND_ONCE || m->kind == KIND_AGAIN) {
		if (m->size != 0 || m->data != NULL)
			finding("a timer's message is not empty");
		tick(me, waiter, m);
	} else if (!self_accepts(&waiter->self, m)) {
		return TROUPE_UNKNOWN;
	} else {
		books_mark(((const struct note *)m->data)->number, m->kind, FATE_HANDLED);
	}
	if (waiter->last.bits_private != 0 && dice_one_in(&waiter->self.sender.dice, 8))
		check_over(me, waiter->last);
	go_on(me, waiter);
	if (dice_one_in(&waiter->self.sender.dice, 400))
		troupe_exit(me, TROUPE_OK);
	return TROUPE_HANDLED;
}

static troupe_verdict waiter_receive(troupe_actor *me, const troupe_message *m)
{
	return guard(me, m, waiter_handle);
}

static void waiter_terminate(troupe_actor *me, troupe_status why)
{
	plain_terminate(me, why);
	finish(me->state);
}

#define WAITER(fate)                                                                                     \
	{                                                                                                \
		.name = "waiter", .receive = waiter_receive, .terminate = waiter_terminate,              \
		.state_size = sizeof(struct waiter), .leftovers = (fate)                                 \
	}

static const troupe_behaviour waiter_behaviours[] = { WAITER(TROUPE_DEAD_LETTER), WAITER(TROUPE_DRAIN) };

static void poke(struct sender *sender, uint32_t i)
{
	troupe_ignore(post(sender, NULL, WAY_COPY, &(struct letter){
		.to = sender->part->refs[i], .world = part_world(sender->part, i), .kind = KIND_COMMAND,
		.note = { .to = i, .edge = NO_EDGE },
	}));
}

/* User messages meanwhile, and now and then a death from outside. */
static void disturb(struct thread *thread)
{
	struct part *part = thread->part;

	for (uint32_t i = 0; i < 300 && !round_closing(part->round); i++) {
		uint32_t which = dice_below(&thread->sender.dice, part->refs_count);
		poke(&thread->sender, which);
		if (dice_one_in(&thread->sender.dice, 64))
			EXPECT("troupe_kill", troupe_kill(part->refs[which]), TROUPE_EGONE, TROUPE_ECLOSED);
		if (dice_one_in(&thread->sender.dice, 64))
			EXPECT("troupe_stop", troupe_stop(part->refs[which]), TROUPE_EGONE, TROUPE_ECLOSED);
		process_nap(dice_below(&thread->sender.dice, 100) * TROUPE_US);
	}
}

static void timers_build(struct part *part)
{
	uint32_t waiters = part->actors, each = part->budget / 4 / waiters + 1;

	part_indices(part, waiters);
	part_refs(part, waiters);
	for (uint32_t i = 0; i < waiters; i++) {
		const troupe_behaviour *behaviour = &waiter_behaviours[dice_below(&part->dice, 2)];
		struct waiter waiter = { .self = self_initial(part, i), .steps = each < 300 ? each : 300,
			                 .drains = behaviour->leftovers == TROUPE_DRAIN };
		part_pending(part, 1);
		self_spawn(part_world(part, i), NULL, behaviour, &waiter, &part->refs[i]);
	}
}

static void timers_start(struct part *part)
{
	for (uint32_t i = 0; i < part->refs_count; i++)
		poke(&part->outside, i);
	if (dice_one_in(&part->dice, 2))
		part_thread(part, false, disturb);
}

const struct scenario timers_scenario = {
	.name = "timers", .about = "timers, once and again, cancelled at random, dying with them",
	.build = timers_build, .start = timers_start,
};
