/* SPDX-License-Identifier: MIT */
/* The timing wheel against the plainest model of it: an array, searched from one end to the other. */
#include "scheduler/timer_wheel.h"

#include <stdlib.h>

#include "support/testing.h"

enum { TIMERS = 200, STEPS = 3000, SEEDS = 60 };

/* The model: what was armed when; order 0 is not armed. */
struct timer {
	struct timer_entry entry;
	uint64_t order;
};

struct model {
	struct timer_wheel wheel;
	struct timer timers[TIMERS];
	int64_t now_ns;
	uint64_t orders, removals, calls_for_nothing;
	uint64_t random;
	size_t armed;
};

static uint64_t draw(uint64_t *random)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	return *random ^= *random << 17;
}

static int64_t plus(int64_t time_ns, int64_t more_ns)
{
	int64_t sum;
	if (__builtin_add_overflow(time_ns, more_ns, &sum))
		return more_ns < 0 ? INT64_MIN : INT64_MAX;
	return sum;
}

/* From nanoseconds to centuries: first draws how many bits, then the bits. */
static int64_t some_time(struct model *m)
{
	uint64_t bits = draw(&m->random) % 64;
	return (int64_t)(draw(&m->random) >> (63 - bits) >> 1);
}

/* Near, far, past, at the ends of time, or the same as another's. */
static int64_t some_deadline(struct model *m)
{
	switch (draw(&m->random) % 16) {
	case 0: return INT64_MIN;
	case 1: return INT64_MAX;
	case 2: return plus(m->now_ns, -some_time(m));
	case 3: return m->now_ns;
	case 4:
	case 5:
	case 6: return m->timers[draw(&m->random) % TIMERS].entry.deadline_ns;
	case 7: return plus(m->now_ns, (int64_t)(draw(&m->random) % 4));
	default: return plus(m->now_ns, some_time(m));
	}
}

static bool comes_before(const struct timer *a, const struct timer *b)
{
	if (a->entry.deadline_ns != b->entry.deadline_ns)
		return a->entry.deadline_ns < b->entry.deadline_ns;
	return a->order < b->order;
}

static struct timer *model_first(struct model *m)
{
	struct timer *first = NULL;
	for (struct timer *t = m->timers; t < m->timers + TIMERS; t++)
		if (t->order && (!first || comes_before(t, first)))
			first = t;
	return first;
}

static void arm(struct model *m, struct timer *t, int64_t deadline_ns)
{
	CHECK(!troupei_timer_entry_is_armed(&t->entry));
	t->entry.deadline_ns = deadline_ns;
	troupei_timer_wheel_add(&m->wheel, &t->entry);
	CHECK(troupei_timer_entry_is_armed(&t->entry));
	t->order = ++m->orders;
	m->armed++;
}

static void disarm(struct model *m, struct timer *t)
{
	CHECK(troupei_timer_entry_is_armed(&t->entry));
	troupei_timer_wheel_remove(&m->wheel, &t->entry);
	CHECK(!troupei_timer_entry_is_armed(&t->entry));
	troupei_timer_wheel_remove(&m->wheel, &t->entry); /* again: nothing */
	t->order = 0;
	m->armed--;
	m->removals++;
}

static void arm_or_remove(struct model *m, struct timer *t)
{
	if (t->order)
		disarm(m, t);
	else
		arm(m, t, some_deadline(m));
}

/* What advance returns is what the model would take, one after the other, no more and no less. */
static void advance(struct model *m, int64_t now_ns)
{
	struct timer_entry *entry = troupei_timer_wheel_advance(&m->wheel, now_ns);
	struct timer *first;

	m->now_ns = now_ns;
	m->calls_for_nothing += !entry;
	for (; entry; entry = entry->next) {
		first = model_first(m);
		CHECK(first && &first->entry == entry);
		CHECK(entry->deadline_ns <= now_ns); /* never early */
		CHECK(!troupei_timer_entry_is_armed(entry));
		first->order = 0;
		m->armed--;
	}
	first = model_first(m);
	CHECK(!first || first->entry.deadline_ns > now_ns); /* never late */
}

/* W2 to W6, and what next promises. */
static void check_wheel(struct model *m)
{
	size_t count = 0;
	for (unsigned place = 0; place < TIMER_ROWS * TIMER_LEVEL_SLOTS; place++) {
		struct timer_slot *slot = &m->wheel.slots[place];
		uint64_t row = m->wheel.occupied[place / TIMER_LEVEL_SLOTS];
		CHECK_EQ(row >> (place % TIMER_LEVEL_SLOTS) & 1, slot->first != NULL);
		for (struct timer_entry *e = slot->first; e; e = e->next, count++) {
			CHECK_EQ(e->place, place);
			CHECK(slot->earliest <= ((uint64_t)e->deadline_ns ^ (UINT64_C(1) << 63)));
			CHECK(e->next ? e->next->prev == e : slot->last == e);
		}
	}
	CHECK_EQ(count, m->armed);
	CHECK_EQ(troupei_timer_wheel_count(&m->wheel), m->armed);

	struct timer *first = model_first(m);
	int64_t next_ns = troupei_timer_wheel_next(&m->wheel);
	CHECK(first ? next_ns <= first->entry.deadline_ns : next_ns == INT64_MAX);
	CHECK(!first || m->removals || next_ns == first->entry.deadline_ns);
}

/* Now and then to the end of time, mostly not that far: there nothing is left to happen. */
static bool wants(struct model *m, int64_t now_ns)
{
	uint64_t step_ns = (uint64_t)now_ns - (uint64_t)m->now_ns;
	return now_ns >= m->now_ns && step_ns >> 50 < 1 + draw(&m->random) % 8;
}

static void random_step(struct model *m, bool may_remove)
{
	struct timer *t = &m->timers[draw(&m->random) % TIMERS];
	int64_t now_ns;

	switch (draw(&m->random) % 8) {
	case 0: now_ns = plus(m->now_ns, some_time(m) >> draw(&m->random) % 64); break;
	case 1: now_ns = troupei_timer_wheel_next(&m->wheel); break;
	case 2: now_ns = plus(t->entry.deadline_ns, -1); break; /* a moment too early */
	default:
		if (may_remove || !t->order)
			arm_or_remove(m, t);
		return;
	}
	if (wants(m, now_ns))
		advance(m, now_ns);
}

static struct model *model_new(uint64_t seed, int64_t now_ns)
{
	struct model *m = calloc(1, sizeof *m);
	CHECK(m != NULL);
	m->random = seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
	m->now_ns = now_ns;
	troupei_timer_wheel_init(&m->wheel, now_ns);
	return m;
}

static void run_model(uint64_t seed, int64_t start_ns, bool may_remove)
{
	struct model *m = model_new(seed, start_ns);
	for (int i = 0; i < STEPS; i++) {
		random_step(m, may_remove);
		if (i % 8 == 0)
			check_wheel(m);
	}
	advance(m, INT64_MAX);
	CHECK_EQ(m->armed, 0);
	check_wheel(m);
	free(m);
}

TEST(timer_wheel, agrees_with_a_model)
{
	const int64_t starts[] = { INT64_MIN, -1, 0, 1753000000123456789, INT64_MAX - 1000 };
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		run_model(seed, starts[seed % 5], true);
}

/* Then next is exact, which check_wheel sees to. */
TEST(timer_wheel, agrees_with_a_model_without_removals)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		run_model(seed, seed % 2 ? 0 : INT64_C(-1234567890123), false);
}

TEST(timer_wheel, empty_one_waits_for_ever)
{
	struct model *m = model_new(1, 5);
	CHECK_EQ(troupei_timer_wheel_next(&m->wheel), INT64_MAX);
	CHECK(troupei_timer_wheel_advance(&m->wheel, INT64_MAX) == NULL);
	CHECK_EQ(troupei_timer_wheel_count(&m->wheel), 0);
	free(m);
}

/* An entry of zeros is not armed, and the struct does not grow unnoticed. */
TEST(timer_wheel, entry_of_zeros_is_not_armed)
{
	struct timer_entry entry = { 0 };
	CHECK(!troupei_timer_entry_is_armed(&entry));
	CHECK(sizeof entry <= 32);
}

TEST(timer_wheel, exact_at_every_distance)
{
	for (int bits = 0; bits < 63; bits++) {
		struct model *m = model_new(1, 1000);
		int64_t deadline_ns = plus(1000, INT64_C(1) << bits);
		arm(m, &m->timers[0], deadline_ns);
		CHECK_EQ(troupei_timer_wheel_next(&m->wheel), deadline_ns);
		CHECK(troupei_timer_wheel_advance(&m->wheel, deadline_ns - 1) == NULL);
		CHECK(troupei_timer_wheel_advance(&m->wheel, deadline_ns) == &m->timers[0].entry);
		free(m);
	}
}

TEST(timer_wheel, earlier_clock_gets_nothing)
{
	struct model *m = model_new(1, 0);
	arm(m, &m->timers[0], 100);
	advance(m, 100);
	arm(m, &m->timers[1], 50);
	CHECK_EQ(troupei_timer_wheel_next(&m->wheel), 50);
	CHECK(troupei_timer_wheel_advance(&m->wheel, 60) == NULL);
	CHECK(troupei_timer_wheel_advance(&m->wheel, 100) == &m->timers[1].entry);
	free(m);
}

/* Who always comes back when next says so, comes for nothing at most once for each removed timer, else
 * never. */
static void follow_next(uint64_t seed, int removed)
{
	struct model *m = model_new(seed, 0);
	for (int i = 0; i < TIMERS; i++)
		arm(m, &m->timers[i], some_time(m));
	for (int i = 0; i < removed; i++)
		disarm(m, &m->timers[i]);
	while (m->armed)
		advance(m, troupei_timer_wheel_next(&m->wheel));
	CHECK(m->calls_for_nothing <= m->removals);
	free(m);
}

TEST(timer_wheel, next_wakes_nobody_for_nothing)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		follow_next(seed, 0);
		follow_next(seed, TIMERS / 2);
		follow_next(seed, TIMERS - 1);
	}
}

/* The same deadline, armed from far, from nearer and nearer, so that the later ones start on lower levels. */
TEST(timer_wheel, equal_deadlines_keep_their_order)
{
	struct model *m = model_new(1, 0);
	int64_t deadline_ns = INT64_C(123456789012345);
	for (int i = 0; i + 1 < TIMERS; i += 2) {
		int64_t before_ns = deadline_ns >> (i / 4);
		arm(m, &m->timers[i], deadline_ns);
		arm(m, &m->timers[i + 1], deadline_ns - before_ns);
		advance(m, deadline_ns - before_ns);
		check_wheel(m);
	}
	advance(m, deadline_ns);
	CHECK_EQ(m->armed, 0);
	free(m);
}

static struct timer_entry *many_armed(struct timer_wheel *wheel, int count, int64_t from_ns, int64_t step_ns)
{
	struct timer_entry *entries = calloc((size_t)count, sizeof *entries);
	CHECK(entries != NULL);
	for (int i = 0; i < count; i++) {
		entries[i].deadline_ns = from_ns + i * step_ns;
		troupei_timer_wheel_add(wheel, &entries[i]);
	}
	return entries;
}

/* Quadratic behaviour would show here: it would take minutes. */
TEST(timer_wheel, many_overdue_are_sorted)
{
	enum { MANY = 300000 };
	struct model *m = model_new(1, 0);
	struct timer_entry *entries = many_armed(&m->wheel, MANY, -1, -1);
	struct timer_entry *entry = troupei_timer_wheel_advance(&m->wheel, 0);
	for (int i = MANY - 1; i >= 0; i--, entry = entry->next)
		CHECK(entry == &entries[i]);
	CHECK(entry == NULL);
	free(entries);
	free(m);
}

TEST(timer_wheel, many_at_neighbouring_nanoseconds)
{
	enum { MANY = 300000 };
	struct model *m = model_new(1, 0);
	struct timer_entry *entries = many_armed(&m->wheel, MANY, TIMERS, 1);
	for (int i = 0; i < MANY; i++) {
		int64_t next_ns = troupei_timer_wheel_next(&m->wheel);
		CHECK_EQ(next_ns, entries[i].deadline_ns);
		CHECK(troupei_timer_wheel_advance(&m->wheel, next_ns) == &entries[i]);
		CHECK(entries[i].next == NULL);
	}
	free(entries);
	free(m);
}
