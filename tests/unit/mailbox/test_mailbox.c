/* SPDX-License-Identifier: MIT */
/* The mailbox: each operation of the table alone, the lists against an array, and I1 to I4 with many senders at once. */
#include "mailbox/mailbox.h"

#include <pthread.h>
#include <sched.h>

#include "support/testing.h"

enum { NOTES = 64, SENDERS = 4, EACH = 10000, WAKES = 500 };

/* A message with its name on it. */
struct note {
	struct envelope envelope;
	uint32_t sender, number;
};

static struct note notes[NOTES];

static struct envelope *note(uint32_t number, uint8_t flags)
{
	notes[number] = (struct note){ .envelope.flags = (uint8_t)(flags | ENVELOPE_EMBEDDED), .number = number };
	return &notes[number].envelope;
}

static struct envelope *user(uint32_t number)
{
	return note(number, 0);
}

static struct envelope *control(uint32_t number)
{
	return note(number, ENVELOPE_CONTROL);
}

static uint32_t number_of(const struct envelope *envelope)
{
	return ((const struct note *)envelope)->number;
}

/* Take all off the list; they are those of @p expected, in this order. */
static void check_list(struct envelope **tail, const char *expected)
{
	char found[NOTES + 1];
	size_t n = 0;
	for (struct envelope *first; (first = troupei_list_pop(tail)) != NULL && n < NOTES;)
		found[n++] = (char)('a' + number_of(first));
	found[n] = 0;
	CHECK_STR_EQ(found, expected);
	CHECK(*tail == NULL);
}

/* ------------------------------------------------------------------------------------------------------------ states -- */

TEST(mailbox, zeros_belong_to_a_running_owner)
{
	struct mailbox mailbox = { 0 };
	CHECK(!troupei_mailbox_take(&mailbox));
	CHECK(!troupei_mailbox_poke(&mailbox));
	CHECK_EQ(troupei_mailbox_push(&mailbox, user(0)), MAILBOX_QUEUED);
	CHECK(troupei_mailbox_take(&mailbox));
	check_list(&mailbox.tail, "a");
}

TEST(mailbox, only_the_first_push_wakes)
{
	struct mailbox mailbox = { .head = MAILBOX_IDLE };
	CHECK_EQ(troupei_mailbox_push(&mailbox, user(0)), MAILBOX_WOKEN);
	CHECK_EQ(troupei_mailbox_push(&mailbox, user(1)), MAILBOX_QUEUED);
	CHECK(troupei_mailbox_take(&mailbox));
	CHECK_EQ(troupei_mailbox_push(&mailbox, user(2)), MAILBOX_QUEUED);
	CHECK(!troupei_mailbox_idle(&mailbox));
	CHECK(troupei_mailbox_take(&mailbox));
	check_list(&mailbox.tail, "abc");
	CHECK(!troupei_mailbox_take(&mailbox));
	CHECK(troupei_mailbox_idle(&mailbox));
	CHECK_EQ(troupei_mailbox_push(&mailbox, user(3)), MAILBOX_WOKEN);
}

TEST(mailbox, poke_wakes_without_a_message)
{
	struct mailbox mailbox = { .head = MAILBOX_IDLE };
	CHECK(troupei_mailbox_poke(&mailbox));
	CHECK(!troupei_mailbox_poke(&mailbox));
	CHECK_EQ(troupei_mailbox_push(&mailbox, user(0)), MAILBOX_QUEUED);
	CHECK(!troupei_mailbox_poke(&mailbox));
	CHECK(troupei_mailbox_take(&mailbox));
	CHECK(troupei_mailbox_idle(&mailbox));
	CHECK(troupei_mailbox_poke(&mailbox));
	CHECK(!troupei_mailbox_take(&mailbox));
	check_list(&mailbox.tail, "a");
}

TEST(mailbox, closed_one_refuses_and_leaves_the_message)
{
	struct mailbox mailbox = { 0 };
	struct envelope *late = user(1);
	troupei_mailbox_push(&mailbox, user(0));
	troupei_mailbox_close(&mailbox);
	late->next = late;
	CHECK_EQ(troupei_mailbox_push(&mailbox, late), MAILBOX_REFUSED);
	CHECK(late->next == late);
	CHECK(!troupei_mailbox_poke(&mailbox));
	CHECK(mailbox.head == MAILBOX_CLOSED);
	check_list(&mailbox.tail, "a");
}

TEST(mailbox, close_joins_what_was_taken_and_what_was_not)
{
	struct mailbox mailbox = { 0 };
	troupei_mailbox_push(&mailbox, user(0));
	troupei_mailbox_push(&mailbox, user(1));
	CHECK(troupei_mailbox_take(&mailbox));
	troupei_mailbox_push(&mailbox, user(2));
	troupei_mailbox_push(&mailbox, control(3));
	troupei_mailbox_close(&mailbox);
	troupei_mailbox_close(&mailbox); /* again: nothing */
	check_list(&mailbox.tail, "dabc");
}

TEST(mailbox, peek_sees_only_what_came_alone)
{
	struct mailbox mailbox = { 0 };
	CHECK(troupei_mailbox_peek(&mailbox) == NULL);
	troupei_mailbox_push(&mailbox, user(0));
	CHECK(troupei_mailbox_peek(&mailbox) == &notes[0].envelope);
	CHECK(troupei_mailbox_peek(&mailbox) == &notes[0].envelope);
	troupei_mailbox_push(&mailbox, user(1));
	CHECK(troupei_mailbox_peek(&mailbox) == NULL);
	CHECK(troupei_mailbox_take(&mailbox));
	check_list(&mailbox.tail, "ab");
}

TEST(mailbox, finish_is_idle_if_nothing_came_behind)
{
	struct mailbox mailbox = { 0 };
	troupei_mailbox_push(&mailbox, user(0));
	CHECK(troupei_mailbox_finish(&mailbox, troupei_mailbox_peek(&mailbox)));
	CHECK(mailbox.head == MAILBOX_IDLE);
	CHECK_EQ(troupei_mailbox_push(&mailbox, user(1)), MAILBOX_WOKEN);
}

TEST(mailbox, what_came_behind_is_taken_without_the_one_peeked_at)
{
	struct mailbox mailbox = { 0 };
	troupei_mailbox_push(&mailbox, user(0));
	struct envelope *peeked = troupei_mailbox_peek(&mailbox);
	CHECK(!troupei_mailbox_poke(&mailbox)); /* the owner runs */
	CHECK_EQ(troupei_mailbox_push(&mailbox, user(1)), MAILBOX_QUEUED);
	CHECK_EQ(troupei_mailbox_push(&mailbox, control(2)), MAILBOX_QUEUED);
	CHECK_EQ(troupei_mailbox_push(&mailbox, user(3)), MAILBOX_QUEUED);
	CHECK(!troupei_mailbox_finish(&mailbox, peeked));
	troupei_mailbox_take_behind(&mailbox, peeked);
	CHECK(mailbox.head == NULL);
	check_list(&mailbox.tail, "cbd");
	CHECK(troupei_mailbox_idle(&mailbox));
}

TEST(mailbox, take_behind_of_one_that_is_alone_still)
{
	struct mailbox mailbox = { 0 };
	troupei_mailbox_push(&mailbox, user(0));
	troupei_mailbox_take_behind(&mailbox, troupei_mailbox_peek(&mailbox));
	CHECK(mailbox.head == NULL);
	check_list(&mailbox.tail, "");
}

TEST(mailbox, close_of_an_empty_one)
{
	struct mailbox mailbox = { 0 };
	troupei_mailbox_close(&mailbox);
	CHECK(mailbox.head == MAILBOX_CLOSED);
	check_list(&mailbox.tail, "");
}

TEST(mailbox, proxy_refuses)
{
	struct mailbox mailbox = { .head = (void *)(intptr_t)-5 };
	CHECK_EQ(troupei_mailbox_push(&mailbox, user(0)), MAILBOX_REFUSED);
	CHECK(!troupei_mailbox_poke(&mailbox));
	CHECK(mailbox.head == (void *)(intptr_t)-5);
}

TEST(mailbox, sentinels_are_no_messages)
{
	struct envelope *states[] = { (void *)(INTPTR_MIN + 1), (void *)(intptr_t)-1 };
	CHECK(troupei_mailbox_refuses(MAILBOX_CLOSED) && !troupei_mailbox_is_proxy(MAILBOX_CLOSED));
	CHECK(!troupei_mailbox_head_waits(MAILBOX_CLOSED));
	for (int i = 0; i < 2; i++) {
		CHECK(troupei_mailbox_refuses(states[i]) && troupei_mailbox_is_proxy(states[i]));
		CHECK(!troupei_mailbox_head_waits(states[i]));
	}
	CHECK(!troupei_mailbox_refuses(NULL) && !troupei_mailbox_head_waits(NULL));
	CHECK(!troupei_mailbox_refuses(MAILBOX_IDLE) && !troupei_mailbox_head_waits(MAILBOX_IDLE));
	CHECK(!troupei_mailbox_refuses(user(0)) && troupei_mailbox_head_waits(user(0)));
}

/* ------------------------------------------------------------------------------------------------------------- lanes -- */

/* Push what @p lanes says, from 'a' on: upper case in the control lane; each '|' takes. */
static void push_and_take(struct mailbox *mailbox, const char *lanes)
{
	for (uint32_t number; *lanes != 0; lanes++)
		if (*lanes == '|')
			CHECK(troupei_mailbox_take(mailbox));
		else if (number = (uint32_t)((*lanes | 32) - 'a'), *lanes <= 'Z')
			troupei_mailbox_push(mailbox, control(number));
		else
			troupei_mailbox_push(mailbox, user(number));
}

TEST(mailbox, control_comes_before_user_and_each_lane_in_order)
{
	static const char *const cases[][2] = {
		{ "a|", "a" },         { "A|", "a" },         { "abc|", "abc" },       { "ABC|", "abc" },
		{ "aBcD|", "bdac" },   { "AbCd|", "acbd" },   { "ab|C|", "cab" },      { "A|B|", "ab" },
		{ "A|b|", "ab" },      { "aB|C|", "bca" },    { "aB|cD|", "bdac" },    { "ABc|DE|", "abdec" },
		{ "a|b|c|D|", "dabc" }, { "Ab|Cd|Ef|", "acebdf" }, { "AB|CD|ef|GH|", "abcdghef" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct mailbox mailbox = { 0 };
		push_and_take(&mailbox, cases[i][0]);
		check_list(&mailbox.tail, cases[i][1]);
	}
}

/* A list, and an array that says what must be in it. */
struct model {
	struct envelope *tail;
	uint32_t numbers[NOTES];
	bool is_control[NOTES];
	size_t count;
	uint64_t free; /* bit: this note is in no list */
	uint64_t random;
};

static uint32_t draw(struct model *m, uint32_t choices)
{
	m->random = m->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(m->random >> 33) % choices;
}

static void model_insert(struct model *m, size_t at, const uint32_t *numbers, size_t n, bool is_control)
{
	memmove(&m->numbers[at + n], &m->numbers[at], (m->count - at) * sizeof m->numbers[0]);
	memcpy(&m->numbers[at], numbers, n * sizeof m->numbers[0]);
	m->count += n;
	for (size_t i = 0; i < n; i++)
		m->is_control[numbers[i]] = is_control;
}

static size_t model_controls(const struct model *m)
{
	size_t n = 0;
	while (n < m->count && m->is_control[m->numbers[n]])
		n++;
	return n;
}

/* A list of up to three new ones, or none. */
static struct envelope *some(struct model *m, uint32_t *numbers, size_t *n, bool is_control)
{
	struct envelope *list = NULL;
	for (*n = draw(m, 4); *n > (size_t)__builtin_popcountll(m->free);)
		*n = 0;
	for (size_t i = 0; i < *n; i++) {
		numbers[i] = (uint32_t)__builtin_ctzll(m->free);
		m->free &= m->free - 1;
		troupei_list_append(&list, is_control ? control(numbers[i]) : user(numbers[i]));
	}
	return list;
}

static void model_pop(struct model *m)
{
	struct envelope *first = troupei_list_first(m->tail);
	CHECK(troupei_list_pop(&m->tail) == first);
	CHECK((first == NULL) == (m->count == 0));
	if (first == NULL)
		return;
	CHECK_EQ(number_of(first), m->numbers[0]);
	m->free |= UINT64_C(1) << m->numbers[0];
	memmove(m->numbers, m->numbers + 1, --m->count * sizeof m->numbers[0]);
}

static void model_step(struct model *m)
{
	uint32_t numbers[4];
	size_t n;
	struct envelope *list;
	switch (draw(m, 8)) {
	case 0:
		list = some(m, numbers, &n, false);
		troupei_list_prepend_all(&m->tail, list);
		model_insert(m, 0, numbers, n, false);
		break;
	case 1:
		list = some(m, numbers, &n, false);
		troupei_list_append_all(&m->tail, list);
		model_insert(m, m->count, numbers, n, false);
		break;
	case 2:
		list = some(m, numbers, &n, true);
		if (list == NULL)
			break;
		troupei_list_insert_behind_control(&m->tail, list);
		model_insert(m, model_controls(m), numbers, n, true);
		break;
	default: model_pop(m); break;
	}
}

TEST(mailbox, lists_agree_with_an_array)
{
	struct model m = { .free = UINT64_MAX, .random = 1 };
	for (int i = 0; i < 100000; i++) {
		model_step(&m);
		CHECK((m.tail == NULL) == (m.count == 0));
		if (m.count > 0)
			CHECK_EQ(number_of(m.tail), m.numbers[m.count - 1]);
	}
	while (m.count > 0)
		model_pop(&m);
	CHECK_EQ(m.free, UINT64_MAX);
}

/* ------------------------------------------------------------------------------------------------- many at once -- */

/* Whoever wakes the owner is the owner, until it is idle: so the actor wanders from thread to thread. All but the mailbox and
 * `owners` is plain, so a thread sanitizer sees whether the head word hands it over (I1). */
static struct {
	struct mailbox mailbox;
	uint32_t owners;            /* that run at this moment */
	uint32_t next[SENDERS];     /* number that each sender's next message must have */
	uint64_t received, controls;
	bool closes;                /* half-way */
	bool closed;
} actor;

static struct note sent[SENDERS][EACH];

static void receive(const struct note *one)
{
	CHECK_EQ(one->number, actor.next[one->sender]); /* I4: nothing lost, nothing twice, nothing overtaken */
	actor.next[one->sender]++;
	actor.received++;
}

/* I2: the message is ours. */
static void handle_all(void)
{
	for (struct envelope *first; (first = troupei_list_pop(&actor.mailbox.tail)) != NULL; first->next = first)
		receive((struct note *)first);
}

/* What came alone is handled where it lies. True: the owner is idle. */
static bool handle_alone(void)
{
	struct envelope *alone = troupei_mailbox_peek(&actor.mailbox);
	if (alone == NULL)
		return false;
	receive((struct note *)alone);
	troupei_add_full_32(&actor.owners, (uint32_t)-1);
	if (troupei_mailbox_finish(&actor.mailbox, alone))
		return true;
	CHECK_EQ(troupei_add_full_32(&actor.owners, 1), 0);
	troupei_mailbox_take_behind(&actor.mailbox, alone);
	alone->next = alone; /* it is ours */
	return false;
}

static void run_owner(void)
{
	do {
		CHECK_EQ(troupei_add_full_32(&actor.owners, 1), 0); /* I3: one at most */
		if (handle_alone())
			return;
		if (actor.closes && actor.received >= SENDERS * EACH / 2) {
			troupei_mailbox_close(&actor.mailbox);
			actor.closed = true;
			handle_all();
			troupei_add_full_32(&actor.owners, (uint32_t)-1);
			return;
		}
		troupei_mailbox_take(&actor.mailbox);
		handle_all();
		troupei_add_full_32(&actor.owners, (uint32_t)-1);
	} while (!troupei_mailbox_idle(&actor.mailbox));
}

static uint64_t refused[SENDERS];
static pthread_barrier_t start, end;

static void *send_all(void *number)
{
	uint32_t me = (uint32_t)(uintptr_t)number;
	pthread_barrier_wait(&start);
	for (uint32_t i = 0; i < EACH; i++) {
		sent[me][i] = (struct note){ .sender = me, .number = i };
		enum mailbox_push push = troupei_mailbox_push(&actor.mailbox, &sent[me][i].envelope);
		if (push == MAILBOX_WOKEN)
			run_owner();
		refused[me] += push == MAILBOX_REFUSED;
		CHECK(push == MAILBOX_REFUSED || refused[me] == 0); /* closed for good */
		if (i % 64 == 0)
			sched_yield();
	}
	return NULL;
}

static void *poke_often(void *unused)
{
	(void)unused;
	pthread_barrier_wait(&start);
	for (int i = 0; i < EACH / 4; i++) {
		if (troupei_mailbox_poke(&actor.mailbox))
			run_owner();
		sched_yield();
	}
	return NULL;
}

static void run_senders(void)
{
	pthread_t threads[SENDERS + 1];
	actor.mailbox.head = MAILBOX_IDLE;
	CHECK_OK(pthread_barrier_init(&start, NULL, SENDERS + 1));
	for (uintptr_t i = 0; i <= SENDERS; i++)
		CHECK_OK(pthread_create(&threads[i], NULL, i < SENDERS ? send_all : poke_often, (void *)i));
	for (int i = 0; i <= SENDERS; i++)
		CHECK_OK(pthread_join(threads[i], NULL));
}

TEST(mailbox, many_senders_one_owner_at_a_time)
{
	run_senders();
	CHECK(actor.mailbox.head == MAILBOX_IDLE);
	CHECK(actor.mailbox.tail == NULL);
	CHECK_EQ(actor.received, SENDERS * EACH);
	for (int i = 0; i < SENDERS; i++)
		CHECK_EQ(actor.next[i], EACH);
}

/* Each message is either handled or refused, and what a sender has after its first refusal is refused too. */
TEST(mailbox, close_among_senders)
{
	actor.closes = true;
	run_senders();
	uint64_t all = 0;
	for (int i = 0; i < SENDERS; i++) {
		CHECK_EQ(actor.next[i] + refused[i], EACH);
		all += refused[i];
	}
	if (actor.closed)
		CHECK(actor.mailbox.head == MAILBOX_CLOSED);
	CHECK_EQ(actor.received + all, SENDERS * EACH);
}

/* Control messages of one sender among user messages of another: each lane in order. The owner is one thread that waits. */
static uint32_t finished;

static void *send_lane(void *number)
{
	uint32_t me = (uint32_t)(uintptr_t)number;
	pthread_barrier_wait(&start);
	for (uint32_t i = 0; i < EACH; i++) {
		sent[me][i] = (struct note){ .sender = me, .number = i };
		sent[me][i].envelope.flags = me % 2 ? ENVELOPE_CONTROL : 0;
		CHECK(troupei_mailbox_push(&actor.mailbox, &sent[me][i].envelope) == MAILBOX_QUEUED);
	}
	troupei_add_full_32(&finished, 1);
	return NULL;
}

/* One batch: behind the first user message there is no control message. */
static void handle_lanes(void)
{
	bool in_user_lane = false;
	for (struct envelope *first; (first = troupei_list_pop(&actor.mailbox.tail)) != NULL;) {
		bool is_control = (first->flags & ENVELOPE_CONTROL) != 0;
		CHECK(!(in_user_lane && is_control));
		in_user_lane = !is_control;
		actor.controls += is_control;
		receive((struct note *)first);
	}
}

TEST(mailbox, lanes_with_many_senders)
{
	pthread_t threads[SENDERS];
	CHECK_OK(pthread_barrier_init(&start, NULL, SENDERS));
	for (uintptr_t i = 0; i < SENDERS; i++)
		CHECK_OK(pthread_create(&threads[i], NULL, send_lane, (void *)i));
	for (bool last = false; !last;) {
		last = troupei_load_acquire_32(&finished) == SENDERS;
		if (!troupei_mailbox_take(&actor.mailbox))
			sched_yield();
		handle_lanes();
	}
	CHECK_EQ(actor.received, SENDERS * EACH);
	CHECK_EQ(actor.controls, SENDERS / 2 * EACH);
	for (int i = 0; i < SENDERS; i++)
		CHECK_OK(pthread_join(threads[i], NULL));
}

/* From idle to busy goes exactly one: all senders start at once on an idle mailbox, again and again. */
static uint32_t woken;

static void *wake_at_once(void *number)
{
	uint32_t me = (uint32_t)(uintptr_t)number;
	for (uint32_t i = 0; i < WAKES; i++) {
		sent[me][i] = (struct note){ .sender = me, .number = i };
		pthread_barrier_wait(&start);
		bool mine = me == 0 ? troupei_mailbox_poke(&actor.mailbox)
		                    : troupei_mailbox_push(&actor.mailbox, &sent[me][i].envelope) == MAILBOX_WOKEN;
		if (mine)
			troupei_add_full_32(&woken, 1);
		if (pthread_barrier_wait(&end) == PTHREAD_BARRIER_SERIAL_THREAD) {
			CHECK_EQ(troupei_load_relaxed_32(&woken), 1);
			troupei_store_relaxed_32(&woken, 0);
			CHECK(troupei_mailbox_take(&actor.mailbox));
			handle_all();
			CHECK(troupei_mailbox_idle(&actor.mailbox));
		}
	}
	return NULL;
}

TEST(mailbox, exactly_one_wakes)
{
	pthread_t threads[SENDERS];
	actor.mailbox.head = MAILBOX_IDLE;
	CHECK_OK(pthread_barrier_init(&start, NULL, SENDERS));
	CHECK_OK(pthread_barrier_init(&end, NULL, SENDERS));
	for (uintptr_t i = 0; i < SENDERS; i++)
		CHECK_OK(pthread_create(&threads[i], NULL, wake_at_once, (void *)i));
	for (int i = 0; i < SENDERS; i++)
		CHECK_OK(pthread_join(threads[i], NULL));
	CHECK_EQ(actor.received, (SENDERS - 1) * WAKES);
	pthread_barrier_destroy(&start);
	pthread_barrier_destroy(&end);
}
