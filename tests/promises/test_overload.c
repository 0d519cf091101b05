/* SPDX-License-Identifier: MIT */
/* Overload: a producer ten times faster than its consumer, under each policy. The ledger is exact and memory stays below the ceiling;
 * and, where TROUPE_OVERLOAD_SECONDS gives each policy so long (`make overload`), control messages and answers come within 5 ms
 * at p99, and the work that is accepted is done at 90 % of the rate without a producer, or more. */
#define TEST_SECONDS 600 /* `make overload` gives each policy more than a minute */
#include "fixture.h"

enum { WORK = 1, FEED, PING, PONG, FACTOR = 10, BURST = 200, SAMPLES_MAX = 1 << 16, QUEUE = 1024 };

#define WORK_NS  INT64_C(20000)           /* of the consumer, for each */
#define FEED_NS  (BURST * WORK_NS / FACTOR) /* of the producer, for a burst */
#define CEILING  (UINT64_C(4) << 20)
#define SLACK    (UINT64_C(8) << 20)      /* slabs are of 2 MB, and a few are kept */
#define SERVED   (5 * TROUPE_MS)

struct pong {
	int64_t at;
};

typedef union pong_reply {
	troupe_ref ref;
	const struct pong *PONG;
} pong_reply;

struct ping {
	pong_reply reply;
};

typedef union server {
	troupe_ref ref;
	const void *data;
	const struct ping *PING;
} server;

struct work {
	char payload[100];
};

struct delays {
	int64_t ns[SAMPLES_MAX];
	uint32_t count;
};

static struct fixture f;
static atomic_uint_fast64_t done;
static atomic_bool measuring; /* then delays are written down: by the one actor that has them, until the system has ended */
static struct delays control, asks;
static server pong_server;
static troupe_ref consumer;

static void delays_add(struct delays *delays, int64_t ns)
{
	if (measuring && delays->count < SAMPLES_MAX)
		delays->ns[delays->count++] = ns;
}

static int by_value(const void *a, const void *b)
{
	return (*(const int64_t *)a > *(const int64_t *)b) - (*(const int64_t *)a < *(const int64_t *)b);
}

static int64_t p99(struct delays *delays)
{
	qsort(delays->ns, delays->count, sizeof *delays->ns, by_value);
	return delays->count > 0 ? delays->ns[(uint64_t)delays->count * 99 / 100] : 0;
}

static int64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * TROUPE_S + t.tv_nsec;
}

/* By the thread's own time, so that others on the machine do not make work shorter. */
static void work(void)
{
	for (int64_t end = clock_ns(CLOCK_THREAD_CPUTIME_ID) + WORK_NS; clock_ns(CLOCK_THREAD_CPUTIME_ID) < end;)
		;
	atomic_fetch_add(&done, 1);
}

static troupe_verdict serve(troupe_actor *me, const troupe_message *m)
{
	return troupe_done(me, troupe_send(((server){ .data = m->data }).PING->reply, PONG, .at = troupe_now(me->system)));
}

/* Asks the server every millisecond; the answer is a control message to one who is flooded. */
static troupe_verdict consume(troupe_actor *me, const troupe_message *m)
{
	if (m->kind == WORK)
		work();
	else if (m->kind == PING)
		return troupe_done(me, troupe_ask_then(me, pong_server, PING, NULL, 0, .reply = { { 0 } }));
	else if (m->kind == PONG)
		delays_add(&control, troupe_now(me->system) - ((const struct pong *)m->data)->at);
	return TROUPE_HANDLED;
}

static troupe_verdict consume_init(troupe_actor *me)
{
	return troupe_done(me, troupe_every(me, TROUPE_MS, PING, 0, NULL));
}

/* One that asks beside all that. */
static troupe_verdict ask_on(troupe_actor *me, const troupe_message *m)
{
	int64_t *since = me->state;

	if (m->kind == PONG)
		delays_add(&asks, troupe_now(me->system) - *since);
	else if (*since = troupe_now(me->system), m->kind == PING)
		return troupe_done(me, troupe_ask_then(me, pong_server, PING, NULL, 0, .reply = { { 0 } }));
	return TROUPE_HANDLED;
}

static troupe_verdict feed(troupe_actor *me, const troupe_message *m)
{
	static const struct work payload;

	(void)me;
	for (int i = 0; m->kind == FEED && i < BURST; i++)
		troupe_ignore(troupe_send_bytes(consumer, WORK, &payload, sizeof payload));
	return TROUPE_HANDLED;
}

static troupe_verdict feed_init(troupe_actor *me)
{
	return troupe_done(me, troupe_every(me, FEED_NS, FEED, 0, NULL));
}

/* As fast as it can, by messages to itself: nothing but parking slows it down. */
static troupe_verdict push(troupe_actor *me, const troupe_message *m)
{
	feed(me, m);
	return troupe_done(me, troupe_send_bytes(me->ref, FEED, NULL, 0));
}

static troupe_verdict push_init(troupe_actor *me)
{
	return troupe_done(me, troupe_send_bytes(me->ref, FEED, NULL, 0));
}

static const troupe_behaviour serving = { .name = "server", .receive = serve };
static const troupe_behaviour consuming = { .name = "consumer", .receive = consume, .init = consume_init };
static const troupe_behaviour asking = { .name = "asker", .receive = ask_on, .init = consume_init, .state_size = 8 };
static const troupe_behaviour feeding = { .name = "producer", .receive = feed, .init = feed_init };

static const troupe_behaviour pushing = { .name = "producer", .receive = push, .init = push_init };

static int64_t seconds_given(void)
{
	const char *given = getenv("TROUPE_OVERLOAD_SECONDS");

	return given != NULL ? strtoll(given, NULL, 10) : 0;
}

static void begin(const troupe_bounds *bounds, uint64_t memory_max)
{
	troupe_options options = fixture_options(&f, 2);

	options.memory_max = memory_max;
	CHECK_OK(troupe_start(&options, &f.system));
	CHECK_OK(troupe_spawn(f.system, &serving, NULL, &pong_server.ref));
	CHECK_OK(troupe_spawn_with(f.system, NULL, &consuming, NULL, TROUPE_OPTIONS(troupe_spawn_options, .bounds = bounds),
	                           &consumer));
	CHECK_OK(troupe_spawn(f.system, &asking, NULL, NULL));
}

/* Messages a second, while so many wait already that it is never idle. */
static double unloaded(int64_t ns)
{
	uint64_t count = (uint64_t)(ns / WORK_NS);
	static const struct work payload;

	begin(NULL, 0);
	for (uint64_t i = 0; i < 2 * count; i++)
		CHECK_OK(troupe_send_bytes(consumer, WORK, &payload, sizeof payload));
	uint64_t before = done;
	int64_t since = clock_ns(CLOCK_MONOTONIC);
	sleep_ns(ns);
	double rate = (double)(done - before) / (double)(clock_ns(CLOCK_MONOTONIC) - since) * 1e9;
	CHECK_OK(troupe_kill(consumer));
	fixture_finish(&f);
	return rate;
}

struct figures {
	double rate;
	uint64_t memory;
	troupe_counters counters;
};

static struct figures loaded(const troupe_bounds *bounds, int64_t ns)
{
	struct figures figures = { .memory = 0 };
	troupe_ref producer;

	begin(bounds, CEILING);
	bool parks = bounds != NULL && bounds->overflow == TROUPE_PARK;
	CHECK_OK(troupe_spawn(f.system, parks ? &pushing : &feeding, NULL, &producer));
	sleep_ns(ns / 10); /* until it is full */
	measuring = true;
	uint64_t before = done;
	int64_t since = clock_ns(CLOCK_MONOTONIC);
	while (clock_ns(CLOCK_MONOTONIC) - since < ns) {
		sleep_ns(10 * TROUPE_MS);
		uint64_t now = troupe_memory_bytes();
		figures.memory = now > figures.memory ? now : figures.memory;
	}
	figures.rate = (double)(done - before) / (double)(clock_ns(CLOCK_MONOTONIC) - since) * 1e9;
	CHECK_OK(troupe_counters_read(f.system, &figures.counters));
	CHECK_OK(troupe_kill(producer));
	CHECK_OK(troupe_kill(consumer));
	fixture_finish(&f);
	return figures;
}

static void check_policy(const char *name, const troupe_bounds *bounds)
{
	int64_t seconds = seconds_given(), ns = seconds > 0 ? seconds * TROUPE_S : TROUPE_S / 5;
	int64_t apart = seconds > 0 ? (ns < 5 * TROUPE_S ? ns : 5 * TROUPE_S) : TROUPE_MS;
	double before = seconds > 0 ? unloaded(apart) : 0;
	uint64_t memory = troupe_memory_bytes();
	struct figures figures = loaded(bounds, ns);
	double rate = seconds > 0 ? (before + unloaded(apart)) / 2 : 0;

	CHECK(figures.memory <= memory + CEILING + SLACK);
	if (seconds == 0)
		return;
	CHECK(figures.counters.refused + figures.counters.dropped + figures.counters.parked > 0);
	printf("%-12s %6.0f/s of %6.0f/s (%3.0f %%), refused %llu, dropped %llu, parked %llu, control p99 %lld us, asks p99 %lld us, "
	       "memory +%llu KB\n", name, figures.rate, rate, 100 * figures.rate / rate,
	       (unsigned long long)figures.counters.refused, (unsigned long long)figures.counters.dropped,
	       (unsigned long long)figures.counters.parked, (long long)(p99(&control) / 1000), (long long)(p99(&asks) / 1000),
	       (unsigned long long)((figures.memory - memory) / 1024));
	fflush(stdout);
	CHECK(control.count > 0 && p99(&control) <= SERVED);
	CHECK(asks.count > 0 && p99(&asks) <= SERVED);
	CHECK(figures.rate >= 0.9 * rate);
}

TEST(overload, refuse)
{
	check_policy("refuse", &(troupe_bounds){ .messages_max = QUEUE });
}

TEST(overload, drop_newest)
{
	check_policy("drop newest", &(troupe_bounds){ .messages_max = QUEUE, .overflow = TROUPE_DROP_NEWEST });
}

TEST(overload, drop_oldest)
{
	check_policy("drop oldest", &(troupe_bounds){ .messages_max = QUEUE, .overflow = TROUPE_DROP_OLDEST });
}

TEST(overload, park)
{
	check_policy("park", &(troupe_bounds){ .messages_max = QUEUE, .overflow = TROUPE_PARK });
}

TEST(overload, bytes)
{
	check_policy("bytes", &(troupe_bounds){ .bytes_max = 1 << 20 });
}

TEST(overload, delay)
{
	check_policy("delay", &(troupe_bounds){ .delay_ns_max = 5 * TROUPE_MS, .delay_interval_ns = 20 * TROUPE_MS });
}

TEST(overload, newest_first)
{
	check_policy("newest first", &(troupe_bounds){ .delay_ns_max = 5 * TROUPE_MS, .delay_interval_ns = 20 * TROUPE_MS,
	                                               .newest_first = 1, .overflow = TROUPE_DROP_OLDEST });
}

TEST(overload, ceiling)
{
	check_policy("ceiling", NULL);
}
