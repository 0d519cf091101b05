/* SPDX-License-Identifier: MIT */
/* Pools of threads: tasks given by actors and plain threads, waited for, cancelled, too late to start. Each is run once, or
 * never, and its outcome says which; done and release are called once; who is to be answered is answered once. */
#include <stdlib.h>

#include "cast.h"
#include "families.h"

#define POOLS 2u
#define TASKS 6000u
#define BATCH 12u

struct task {
	struct cast *cast;
	uint32_t serial;
	int64_t nap_ns;
	troupe_status gives;
	bool answers;            /* an actor is told */
	_Atomic bool submitted;
	_Atomic uint32_t ran, done, released, told;
	_Atomic int32_t outcome; /* as done was told */
};

struct working {
	uint64_t token; /* of the address, one at a time; 0: free */
	uint32_t task;
};

struct pool_own {
	troupe_pool pools[POOLS];
	bool open[POOLS];
	struct task tasks[TASKS];
	_Atomic uint32_t tasks_count;
};

static uint32_t mine(void)
{
	return family_number(&pool_family);
}

/* ------------------------------------------------------------------------------------------------------------ tasks -- */

static troupe_status work(troupe_job *job, void *argument)
{
	struct task *task = argument;

	if (atomic_fetch_add_explicit(&task->ran, 1, memory_order_relaxed) != 0)
		finding("task %u runs twice", task->serial);
	if (task->nap_ns > 0)
		process_nap(task->nap_ns);
	struct found found = { .id = task->serial };
	cast_note(task->cast, &found.note, KIND_RESULT, sizeof found);
	EXPECT("troupe_job_give", troupe_job_give(job, &found, sizeof found), TROUPE_OK);
	if (task->gives != TROUPE_OK)
		troupe_job_explain(job, "on purpose");
	return task->gives;
}

static void released(void *argument)
{
	atomic_fetch_add_explicit(&((struct task *)argument)->released, 1, memory_order_relaxed);
}

static void done(void *context, troupe_task handle, troupe_status outcome)
{
	struct task *task = context;

	(void)handle;
	atomic_store_explicit(&task->outcome, outcome, memory_order_relaxed);
	atomic_fetch_add_explicit(&task->done, 1, memory_order_relaxed);
}

static struct task *task_new(struct cast *cast, struct dice *dice)
{
	struct pool_own *own = cast->own[mine()];
	uint32_t serial = atomic_fetch_add_explicit(&own->tasks_count, 1, memory_order_relaxed);

	if (serial >= TASKS)
		return NULL;
	struct task *task = &own->tasks[serial];
	task->cast = cast;
	task->serial = serial;
	task->nap_ns = dice_one_in(dice, 2) ? 0 : dice_scaled(dice, 1, 500) * TROUPE_US;
	task->gives = dice_one_in(dice, 5) ? TROUPE_EUSER : TROUPE_OK;
	atomic_fetch_add_explicit(&totals.tasks, 1, memory_order_relaxed);
	return task;
}

static bool submit(struct task *task, uint32_t pool, struct dice *dice, troupe_ref answer_to, troupe_task *out)
{
	struct pool_own *own = task->cast->own[mine()];
	bool answers = !troupe_ref_is_null(answer_to);

	task->answers = answers;
	atomic_store_explicit(&task->submitted, true, memory_order_relaxed);
	troupe_status status = troupe_submit(own->pools[pool], work, task, 0,
	                                     TROUPE_OPTIONS(troupe_task_options, .answer_to = answer_to,
	                                                    .answer_kind = answers ? KIND_RESULT : 0, .release = released,
	                                                    .start_within_ns = dice_one_in(dice, 6) ? dice_scaled(dice, 1, 1000) * TROUPE_US : 0,
	                                                    .done = done, .context = task),
	                                     out);
	if (EXPECT("troupe_submit", status, TROUPE_EFULL, TROUPE_ECLOSED))
		return true;
	atomic_store_explicit(&task->submitted, false, memory_order_relaxed);
	return false;
}

/* ----------------------------------------------------------------------------------------------------------- actors -- */

static void act(troupe_actor *me, struct player *player)
{
	struct working *working = player_part(player, mine());
	struct dice *dice = &player->self.sender.dice;
	troupe_ref address = { 0 };
	struct task *task;

	if (working->token != 0 || !dice_one_in(dice, 2) || (task = task_new(player->cast, dice)) == NULL)
		return;
	if (!dice_one_in(dice, 4)) {
		*working = (struct working){ ((uint64_t)mine() + 1) << 56 | (uint64_t)player->life << 32 | task->serial, task->serial };
		if (!EXPECT("troupe_expect", troupe_expect(me, TROUPE_OPTIONS(troupe_expectation, .token = working->token), &address),
		            TROUPE_ECLOSED)) {
			working->token = 0;
			return;
		}
	}
	if (!submit(task, dice_below(dice, POOLS), dice, address, NULL) && working->token != 0) {
		EXPECT("troupe_forget", troupe_forget(me, address), TROUPE_OK);
		working->token = 0;
	}
}

static void told(struct player *player, struct working *working, const troupe_message *m)
{
	struct pool_own *own = player->cast->own[mine()];
	struct task *task = &own->tasks[working->task];

	if (working->token == 0 || m->token != working->token) {
		finding("role %u: an outcome of a task that it does not wait for", player->self.index);
		return;
	}
	working->token = 0;
	if (m->kind == KIND_RESULT && ((const struct found *)m->data)->id != task->serial)
		finding("task %u was answered with the result of another", task->serial);
	if (atomic_fetch_add_explicit(&task->told, 1, memory_order_relaxed) != 0)
		finding("task %u was answered twice", task->serial);
	uint32_t ran = atomic_load_explicit(&task->ran, memory_order_relaxed);
	bool never = m->why == TROUPE_ECANCELLED || m->why == TROUPE_ETIMEOUT;
	if (ran != (never ? 0 : 1))
		finding("task %u ran %u times, but its answer is %d, %s", task->serial, ran, m->kind, troupe_status_name(m->why));
	if (atomic_load_explicit(&task->released, memory_order_relaxed) != 1)
		finding("task %u was answered before its argument was released", task->serial);
}

static bool receive(troupe_actor *me, struct player *player, const troupe_message *m)
{
	struct working *working = player_part(player, mine());
	bool own = m->kind == KIND_RESULT || (m->kind == TROUPE_UNANSWERED && m->token >> 56 == mine() + 1);

	(void)me;
	if (own)
		told(player, working, m);
	if (m->kind == KIND_AUDIT && working->token != 0)
		finding("role %u: task %u has no outcome, though its pool is closed and all is at rest", player->self.index,
		        working->task);
	return own;
}

/* ---------------------------------------------------------------------------------------------------------- threads -- */

struct batch {
	troupe_task handles[BATCH];
	struct task *tasks[BATCH];
	bool cancelled[BATCH];
	size_t count;
};

static void check_outcome(const struct batch *batch, size_t i, troupe_status outcome)
{
	struct task *task = batch->tasks[i];
	uint32_t ran = atomic_load_explicit(&task->ran, memory_order_relaxed);
	bool never = outcome == TROUPE_ECANCELLED || outcome == TROUPE_ETIMEOUT;

	if (batch->cancelled[i] && outcome != TROUPE_ECANCELLED)
		finding("task %u was cancelled, but its outcome is %s", task->serial, troupe_status_name(outcome));
	if (ran != (never ? 0 : 1) || (!never && outcome != task->gives))
		finding("task %u ran %u times and was to give %s, but its outcome is %s", task->serial, ran,
		        troupe_status_name(task->gives), troupe_status_name(outcome));
	size_t size = 0;
	const struct found *result = troupe_task_result(batch->handles[i], &size);
	if (!never && (result == NULL || size != sizeof *result || result->id != task->serial))
		finding("task %u has the result of another, or none", task->serial);
}

static void fill(struct batch *batch, struct cast *cast, struct dice *dice)
{
	uint32_t which = dice_below(dice, POOLS); /* tasks that are waited for together are of one pool */

	batch->count = 0;
	for (uint32_t n = dice_between(dice, 1, BATCH); n > 0; n--) {
		struct task *task = task_new(cast, dice);
		if (task == NULL)
			return;
		if (!submit(task, which, dice, (troupe_ref){ 0 }, &batch->handles[batch->count]))
			continue;
		batch->tasks[batch->count] = task;
		batch->cancelled[batch->count] = dice_one_in(dice, 4) &&
		                                 EXPECT("troupe_task_cancel", troupe_task_cancel(batch->handles[batch->count]),
		                                        TROUPE_ECLOSED);
		batch->count++;
	}
}

static void wait_one_by_one(const struct batch *batch)
{
	uint64_t after = 0;
	size_t which, visited = 0;
	troupe_status status, outcome;

	while ((status = troupe_task_next(batch->handles, batch->count, &after, 20 * TROUPE_S * process_slow(), &which)) == TROUPE_OK) {
		visited++;
		if (!troupe_task_is_over(batch->handles[which], &outcome))
			finding("troupe_task_next names a task that is not over");
		else
			check_outcome(batch, which, outcome);
	}
	if (status != TROUPE_ENOENT || visited != batch->count)
		finding("troupe_task_next visited %zu of %zu tasks, and gave %s", visited, batch->count, troupe_status_name(status));
}

static void wait_for_all(const struct batch *batch)
{
	troupe_status outcome = TROUPE_OK;

	EXPECT("troupe_task_all", troupe_task_all(batch->handles, batch->count, 20 * TROUPE_S * process_slow()), TROUPE_OK);
	for (size_t i = 0; i < batch->count; i++)
		if (EXPECT("troupe_task_wait", troupe_task_wait(batch->handles[i], TROUPE_S, &outcome), TROUPE_OK))
			check_outcome(batch, i, outcome);
}

static void submit_on(struct thread *thread)
{
	struct cast *cast = thread->part->own;
	struct dice *dice = &thread->sender.dice;
	struct batch batch;

	for (uint32_t i = 0; i < 60 && !round_closing(thread->part->round); i++) {
		fill(&batch, cast, dice);
		uint32_t how = dice_below(dice, 3);
		if (how == 0)
			wait_one_by_one(&batch);
		else if (how == 1)
			wait_for_all(&batch);
		for (size_t n = 0; n < batch.count; n++)
			troupe_task_drop(batch.handles[n]);
	}
}

/* ---------------------------------------------------------------------------------------------------- begin and end -- */

static void start(struct cast *cast)
{
	struct dice *dice = &cast->part->dice;

	for (uint32_t n = dice_below(dice, 3); n > 0; n--)
		part_thread(cast->part, false, submit_on);
}

static void build(struct cast *cast, void **own)
{
	struct pool_own *mine_own = process_array(1, sizeof *mine_own);
	struct dice *dice = &cast->part->dice;

	*own = mine_own;
	for (unsigned i = 0; i < POOLS; i++) {
		uint32_t most = dice_scaled(dice, 1, 8);
		troupe_status status =
			troupe_pool_open(TROUPE_OPTIONS(troupe_pool_options, .threads_max = most, .threads_min = dice_below(dice, most + 1),
		                                        .queue_max = dice_one_in(dice, 3) ? dice_scaled(dice, 1, 64) : 0,
		                                        .idle_ns = dice_one_in(dice, 2) ? dice_scaled(dice, 1, 2000) * TROUPE_US : 0),
		                         &mine_own->pools[i]);
		mine_own->open[i] = EXPECT("troupe_pool_open", status, TROUPE_OK);
	}
}

static void close_pools(struct cast *cast)
{
	struct pool_own *own = cast->own[mine()];

	for (unsigned i = 0; i < POOLS; i++) {
		troupe_pool_rest rest = dice_one_in(&cast->part->dice, 2) ? TROUPE_RUN_QUEUED : TROUPE_CANCEL_QUEUED;
		if (own->open[i])
			EXPECT("troupe_pool_close", troupe_pool_close(own->pools[i], 20 * TROUPE_S * process_slow(), rest), TROUPE_OK);
	}
	if (cast->part->round->mode == MODE_QUIET)
		worlds_settle(cast->part->round);
}

static void check(struct cast *cast)
{
	struct pool_own *own = cast->own[mine()];
	uint32_t count = atomic_load(&own->tasks_count);

	for (uint32_t i = 0; i < count && i < TASKS; i++) {
		struct task *task = &own->tasks[i];
		uint32_t ran = atomic_load(&task->ran), over = atomic_load(&task->done), gone = atomic_load(&task->released);
		troupe_status outcome = (troupe_status)atomic_load(&task->outcome);
		bool never = outcome == TROUPE_ECANCELLED || outcome == TROUPE_ETIMEOUT;
		uint32_t once = atomic_load(&task->submitted) ? 1 : 0;
		if (over != once || gone != once || ran != (once != 0 && !never ? 1u : 0u))
			finding("task %u was taken %u times: it ran %u, was done %u and released %u times, its outcome %s", i, once, ran,
			        over, gone, troupe_status_name(outcome));
	}
}

static void discard(struct cast *cast)
{
	free(cast->own[mine()]);
}

const struct family pool_family = {
	.name = "pool", .state_size = sizeof(struct working), .build = build, .start = start, .act = act, .receive = receive,
	.close = close_pools, .check = check, .discard = discard,
};

const struct scenario pool_scenario =
	CAST_SCENARIO("pool", "tasks of thread pools: run once or cancelled, answered once", &pool_family);
