/* SPDX-License-Identifier: MIT */
/* References of every kind where those of another are wanted, from every place that user's code runs in: handlers, init, terminate,
 * handlers that may block, tasks, callbacks, hooks, release functions. Each call has the status that its description names,
 * wherever it is made, and nobody is any the worse for it. */
#include "victim.h"

enum kind {
	IS_NULL, IS_FORGED, IS_STALE, IS_ADDRESS, IS_OLD_ADDRESS, IS_ACTOR, IS_GROUP, IS_OLD_GROUP, IS_TOP, IS_OLD_TOP, IS_CHILD,
	IS_FOREIGN, IS_FOREIGN_GROUP, IS_FOREIGN_TOP, KINDS
};

static troupe_ref refs[KINDS];
static troupe_system foreign;
static troupe_pool pool;
static troupe_future future;
static atomic_int sweeps;

static const troupe_child_spec children[] = { { .name = "child", .behaviour = &victim_behaviour }, { 0 } };
static const troupe_supervisor tree = { .children = children };

static bool is_address(enum kind kind)
{
	return kind == IS_ADDRESS || kind == IS_OLD_ADDRESS;
}

static bool is_dead(enum kind kind)
{
	return kind == IS_NULL || kind == IS_FORGED || kind == IS_STALE || kind == IS_OLD_GROUP || kind == IS_OLD_TOP;
}

static bool is_group(enum kind kind)
{
	return kind == IS_GROUP || kind == IS_FOREIGN_GROUP;
}

static bool is_top(enum kind kind)
{
	return kind == IS_TOP || kind == IS_FOREIGN_TOP;
}

static bool is_foreign(enum kind kind)
{
	return kind >= IS_FOREIGN;
}

/* --------------------------------------------------------------------------------------------------- what is expected -- */

static troupe_status no_group(enum kind kind)
{
	return is_group(kind) ? TROUPE_OK : is_dead(kind) ? TROUPE_EGONE : TROUPE_EINVAL;
}

static troupe_status no_top(enum kind kind)
{
	if (is_top(kind))
		return TROUPE_OK;
	return is_dead(kind) && kind != IS_NULL ? TROUPE_EGONE : TROUPE_EINVAL;
}

static troupe_status no_member(enum kind group, enum kind member)
{
	if (no_group(group) != TROUPE_OK)
		return no_group(group);
	if (is_address(member) || group == member)
		return TROUPE_EINVAL;
	if (is_dead(member))
		return TROUPE_EGONE;
	return is_foreign(group) == is_foreign(member) ? TROUPE_OK : TROUPE_EINVAL;
}

static troupe_status no_actor(enum kind kind)
{
	return is_address(kind) ? TROUPE_EINVAL : is_dead(kind) ? TROUPE_EGONE : TROUPE_OK;
}

/* --------------------------------------------------------------------------------------------------------- the calls -- */

#define CHECK_CALL(call, expected)                                                                                      \
	do {                                                                                                            \
		troupe_status got_ = (call), wanted_ = (expected);                                                      \
		cr_assert(got_ == wanted_, "%s with %d, %d: %s, not %s", #call, one, other, troupe_status_name(got_),   \
		          troupe_status_name(wanted_));                                                                 \
	} while (0)

/* Several sweeps at once would find each other's members. */
static pthread_mutex_t sweep_lock = PTHREAD_MUTEX_INITIALIZER;

static void check_pair(enum kind one, enum kind other)
{
	troupe_status joins = no_member(one, other);

	CHECK_CALL(troupe_join(refs[one], refs[other]), joins);
	CHECK_CALL(troupe_leave(refs[one], refs[other]),
	           no_group(one) != TROUPE_OK ? no_group(one) : joins == TROUPE_OK ? TROUPE_OK : TROUPE_ENOENT);
	if (other != IS_CHILD)
		CHECK_CALL(troupe_remove_child(refs[one], refs[other]), is_top(one) ? TROUPE_ENOENT : no_top(one));
}

static void check_one(enum kind one)
{
	const troupe_child_spec spec = { .behaviour = &victim_behaviour };
	enum kind other = one;
	troupe_ref found = { 0 }, added = { 0 };
	size_t count;

	CHECK_CALL(troupe_group_members(refs[one], NULL, 0, &count), no_group(one));
	CHECK_CALL(troupe_group_members(refs[one], NULL, 1, &count), TROUPE_EINVAL);
	CHECK_CALL(troupe_child(refs[one], "child", &found), no_top(one));
	CHECK_CALL(troupe_child(refs[one], NULL, &found), TROUPE_EINVAL);
	CHECK_CALL(troupe_add_child(refs[one], &spec, &added), no_top(one));
	CHECK_CALL(troupe_remove_child(refs[one], added), no_top(one));
	CHECK_CALL(troupe_name(refs[one], ""), is_dead(one) ? TROUPE_EGONE : TROUPE_EINVAL);
	CHECK_CALL(troupe_submit(pool, NULL, NULL, 0, NULL, NULL), TROUPE_EINVAL);
	if (!is_address(one)) {
		const troupe_task_options options = { .struct_size = sizeof options, .answer_to = refs[one], .answer_kind = 1 };
		CHECK_CALL(troupe_submit(pool, (troupe_work *)(uintptr_t)&sweeps, NULL, 0, &options, NULL), TROUPE_EINVAL);
	}
	CHECK(troupe_is_alive(refs[one]) == (no_actor(one) == TROUPE_OK));
}

/* Everything, by everybody: @p me may be NULL. */
static void sweep(troupe_actor *me)
{
	pthread_mutex_lock(&sweep_lock);
	for (enum kind one = 0; one < KINDS; one++) {
		check_one(one);
		for (enum kind other = 0; other < KINDS; other++)
			check_pair(one, other);
	}
	pthread_mutex_unlock(&sweep_lock);
	for (enum kind one = 0, other = 0; me != NULL && one < KINDS; other = ++one) {
		troupe_monitor_id id;
		bool self = troupe_ref_equal(refs[one], me->ref);
		CHECK_CALL(troupe_unlink(me, refs[one]), is_address(one) ? TROUPE_EINVAL : TROUPE_ENOENT);
		CHECK_CALL(troupe_link(me, refs[one]), self || is_address(one) ? TROUPE_EINVAL : TROUPE_OK);
		if (!self && !is_address(one))
			CHECK_CALL(troupe_unlink(me, refs[one]), TROUPE_OK);
		CHECK_CALL(troupe_monitor(me, refs[one], 0, &id), self || is_address(one) ? TROUPE_EINVAL : TROUPE_OK);
		if (!self && !is_address(one))
			CHECK_CALL(troupe_unmonitor(me, id), TROUPE_OK);
		CHECK_CALL(troupe_unmonitor(me, (troupe_monitor_id){ refs[one].bits_private }), TROUPE_ENOENT);
	}
	atomic_fetch_add(&sweeps, 1);
}

/* What blocks, where that may not be. */
static void check_no_blocking(void)
{
	troupe_status outcome;
	troupe_task none[1] = { { 0 } };
	size_t which;

	CHECK_EQ(troupe_wait_end(actor.ref, 1, NULL), TROUPE_ECONTEXT);
	CHECK_EQ(troupe_next(future, VALUE, NULL, 0), TROUPE_ECONTEXT);
	CHECK_EQ(troupe_future_first(&future, 1, 1, &which), TROUPE_ECONTEXT);
	CHECK_EQ(troupe_task_wait(none[0], 1, &outcome), TROUPE_ECONTEXT);
	CHECK_EQ(troupe_task_next(none, 1, NULL, 1, &which), TROUPE_ECONTEXT);
	CHECK_EQ(troupe_task_all(none, 1, 1), TROUPE_ECONTEXT);
	CHECK_EQ(troupe_pool_close(pool, 1, TROUPE_RUN_QUEUED), TROUPE_ECONTEXT);
	CHECK_EQ(troupe_finish(theirs, 1), TROUPE_ECONTEXT);
	CHECK_EQ(troupe_settle(theirs, 1), TROUPE_ECONTEXT);
	CHECK_EQ(troupe_run(theirs), TROUPE_ECONTEXT);
}

/* --------------------------------------------------------------------------------------------------------- beginning -- */

static troupe_ref ended(troupe_ref ref)
{
	CHECK_OK(troupe_stop_wait(ref, LIMIT));
	return ref;
}

static void begin(void)
{
	const troupe_options options = victim_options();
	troupe_future old;

	victim_start();
	CHECK_OK(troupe_start(&options, &foreign));
	CHECK_OK(troupe_pool_open(TROUPE_OPTIONS(troupe_pool_options, .threads_max = 2), &pool));
	CHECK_OK(troupe_future_open(theirs, NULL, &future));
	CHECK_OK(troupe_future_open(theirs, NULL, &old));
	troupe_future_close(old);
	for (enum kind kind = 0; kind < KINDS; kind++) {
		troupe_system system = is_foreign(kind) ? foreign : theirs;
		if (kind == IS_STALE || kind == IS_ACTOR || kind == IS_FOREIGN)
			CHECK_OK(troupe_spawn(system, &victim_behaviour, NULL, &refs[kind]));
		if (is_group(kind) || kind == IS_OLD_GROUP)
			CHECK_OK(troupe_group_open(system, NULL, NULL, &refs[kind]));
		if (is_top(kind) || kind == IS_OLD_TOP)
			CHECK_OK(troupe_supervise(system, NULL, &tree, &refs[kind]));
	}
	refs[IS_FORGED].bits_private = UINT64_C(0x7ffe000107ffffff);
	refs[IS_ADDRESS] = future.ref;
	refs[IS_OLD_ADDRESS] = old.ref;
	CHECK_OK(troupe_child(refs[IS_TOP], "child", &refs[IS_CHILD]));
	ended(refs[IS_STALE]);
	ended(refs[IS_OLD_GROUP]);
	ended(refs[IS_OLD_TOP]);
	settle();
}

static void finish(int swept)
{
	settle();
	CHECK_EQ(sweeps, swept);
	check_answers();
	troupe_future_close(future);
	CHECK_OK(troupe_pool_close(pool, LIMIT, TROUPE_RUN_QUEUED));
	CHECK_OK(troupe_finish(foreign, LIMIT));
	CHECK_OK(troupe_finish(theirs, LIMIT));
	CHECK_EQ(final_ledger.handled + final_ledger.dead + final_ledger.returned, final_ledger.sent);
}

/* ------------------------------------------------------------------------------------------------------------ places -- */

TEST(contexts, a_plain_thread)
{
	begin();
	sweep(NULL);
	finish(1);
}

static troupe_verdict sweep_as_actor(troupe_actor *me, const troupe_message *m)
{
	(void)m;
	sweep(me);
	check_no_blocking();
	return TROUPE_HANDLED;
}

TEST(contexts, a_handler)
{
	begin();
	perform(sweep_as_actor);
	finish(1);
}

static troupe_verdict sweep_at_birth(troupe_actor *me)
{
	return sweep_as_actor(me, NULL);
}

/* Nothing that would have to be told to it later. */
static void sweep_at_end(troupe_actor *me, troupe_status why)
{
	troupe_monitor_id id;

	(void)why;
	sweep(NULL);
	check_no_blocking();
	CHECK_EQ(troupe_link(me, actor.ref), TROUPE_ECLOSED);
	CHECK_EQ(troupe_monitor(me, actor.ref, 0, &id), TROUPE_ECLOSED);
	CHECK_EQ(troupe_supervise(theirs, me, &tree, NULL), TROUPE_ECLOSED);
	CHECK_EQ(troupe_submit_then(me, pool, NULL, NULL, 0, 1, NULL, 0), TROUPE_ECLOSED);
}

TEST(contexts, init_and_terminate)
{
	static const troupe_behaviour all_life = { .receive = victim_receive, .init = sweep_at_birth, .terminate = sweep_at_end };
	troupe_ref ref;

	begin();
	CHECK_OK(troupe_spawn(theirs, &all_life, NULL, &ref));
	CHECK_OK(troupe_stop_wait(ref, LIMIT));
	finish(2);
}

static troupe_verdict sweep_blocking(troupe_actor *me, const troupe_message *m)
{
	(void)m;
	sweep(me);
	CHECK_EQ(troupe_wait_end(me->ref, 1, NULL), TROUPE_ECONTEXT);
	CHECK_EQ(troupe_wait_end(actor.ref, 1, NULL), TROUPE_ETIMEOUT);
	CHECK_EQ(troupe_finish(theirs, 1), TROUPE_ECONTEXT);
	return TROUPE_HANDLED;
}

TEST(contexts, a_handler_that_may_block)
{
	static const troupe_behaviour blocking = { .receive = sweep_blocking, .blocks = 1 };
	victim b;

	begin();
	CHECK_OK(troupe_spawn(theirs, &blocking, NULL, &b.ref));
	CHECK_OK(troupe_send(b, NOTE, .n = 1));
	finish(1);
}

static troupe_status sweep_in_task(troupe_job *job, void *argument)
{
	(void)job, (void)argument;
	sweep(NULL);
	return TROUPE_OK;
}

static void sweep_when_released(void *argument)
{
	(void)argument;
	sweep(NULL);
}

static void sweep_when_done(void *context, troupe_task task, troupe_status outcome)
{
	(void)context, (void)task, (void)outcome;
	sweep(NULL);
}

TEST(contexts, a_task_and_its_callbacks)
{
	const troupe_task_options options = {
		.struct_size = sizeof options, .release = sweep_when_released, .done = sweep_when_done
	};
	troupe_task task;

	begin();
	CHECK_OK(troupe_submit(pool, sweep_in_task, &pool, 0, &options, &task));
	CHECK_OK(troupe_task_wait(task, LIMIT, NULL));
	CHECK_OK(troupe_pool_close(pool, LIMIT, TROUPE_RUN_QUEUED)); /* done has returned */
	CHECK_OK(troupe_pool_open(TROUPE_OPTIONS(troupe_pool_options, .threads_max = 2), &pool));
	finish(3);
}

static troupe_verdict drop_payload(troupe_actor *me, const troupe_message *m)
{
	(void)me, (void)m;
	troupe_free(troupe_new(8, sweep_when_released));
	return TROUPE_HANDLED;
}

TEST(contexts, a_release_function)
{
	begin();
	perform(drop_payload);
	finish(1);
}

static atomic_bool hooked;

static void sweep_on_letter(void *context, const troupe_dead_letter *letter)
{
	(void)context, (void)letter;
	if (atomic_exchange(&hooked, false))
		sweep(NULL);
}

static void sweep_on_log(void *context, const char *line)
{
	(void)context, (void)line;
	if (atomic_exchange(&hooked, false))
		sweep(NULL);
}

static troupe_verdict fail(troupe_actor *me, const troupe_message *m)
{
	(void)m;
	return troupe_fail(me, TROUPE_EUSER);
}

/* A dead letter of a group without members, and one of a plain thread; then the failure of a supervised child. */
TEST(contexts, hooks)
{
	troupe_options options = victim_options();
	troupe_system kept;

	begin();
	kept = theirs;
	options.dead_letter = sweep_on_letter;
	options.log = sweep_on_log;
	CHECK_OK(troupe_start(&options, &theirs));
	troupe_ref group, top;
	CHECK_OK(troupe_group_open(theirs, NULL, NULL, &group));
	CHECK_OK(troupe_supervise(theirs, NULL, &tree, &top));
	hooked = true;
	CHECK_OK(troupe_send((victim){ group }, NOTE, .n = 1));
	settle();
	CHECK_EQ(sweeps, 1);
	hooked = true;
	CHECK_EQ(troupe_send((victim){ refs[IS_STALE] }, NOTE, .n = 1), TROUPE_EGONE);
	CHECK_OK(troupe_send((victim){ top }, NOTE, .n = 1));
	settle();
	CHECK_EQ(sweeps, 2);
	hooked = true;
	troupe_ref child;
	CHECK_OK(troupe_child(top, "child", &child));
	CHECK_OK(troupe_send((victim){ child }, DO, .run = fail));
	settle();
	CHECK_OK(troupe_finish(theirs, LIMIT));
	theirs = kept;
	finish(3);
}

/* In a system that is ending nothing is begun any more, but what there is can be looked at. */
static void sweep_closing(troupe_actor *me, troupe_status why)
{
	const troupe_child_spec spec = { .behaviour = &victim_behaviour };
	troupe_ref ref;

	(void)why;
	troupe_status status = troupe_add_child(refs[IS_TOP], &spec, &ref);
	CHECK(status == TROUPE_ECLOSED || status == TROUPE_EGONE);
	status = troupe_remove_child(refs[IS_TOP], refs[IS_ACTOR]);
	CHECK(status == TROUPE_ENOENT || status == TROUPE_EGONE);
	CHECK_EQ(troupe_supervise(me->system, NULL, &tree, &ref), TROUPE_ECLOSED);
	CHECK_EQ(troupe_group_open(me->system, NULL, NULL, &ref), TROUPE_ECLOSED);
	CHECK_EQ(troupe_group_spawn(me->system, NULL, &victim_behaviour, NULL, 1, &ref), TROUPE_ECLOSED);
	status = troupe_join(refs[IS_GROUP], refs[IS_ACTOR]);
	CHECK(status == TROUPE_OK || status == TROUPE_EGONE);
	CHECK_EQ(troupe_supervise(foreign, me, &tree, &ref), TROUPE_EINVAL);
	atomic_fetch_add(&sweeps, 1);
}

TEST(contexts, a_system_that_ends)
{
	static const troupe_behaviour last = { .receive = victim_receive, .terminate = sweep_closing };
	troupe_ref ref;

	begin();
	CHECK_OK(troupe_spawn(theirs, &last, NULL, &ref));
	troupe_future_close(future);
	CHECK_OK(troupe_pool_close(pool, LIMIT, TROUPE_RUN_QUEUED));
	CHECK_OK(troupe_finish(theirs, LIMIT));
	CHECK_EQ(sweeps, 1);
	CHECK_EQ(troupe_join(refs[IS_GROUP], refs[IS_ACTOR]), TROUPE_EGONE);
	CHECK_EQ(troupe_child(refs[IS_TOP], "child", &ref), TROUPE_EGONE);
	CHECK_EQ(troupe_remove_child(refs[IS_TOP], refs[IS_CHILD]), TROUPE_EGONE);
	CHECK_EQ(troupe_join(refs[IS_FOREIGN_GROUP], refs[IS_ACTOR]), TROUPE_EGONE);
	CHECK_OK(troupe_finish(foreign, LIMIT));
}
