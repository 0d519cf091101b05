/* SPDX-License-Identifier: MIT */
/* Waiting for tasks: one, the next, all. Who waits has marked what it waits for, and looks at all of it again whenever one of
 * these ends. Tasks of one pool have one lock, so no list of who waits for what is needed. */
#include "actors/system.h"
#include "executors/pool.h"

/* What a look at an array of tasks has shown. */
struct view {
	size_t over;
	size_t first;              /* index of the one that ended first, of those that the visit has still to come to, or failed */
	uint64_t first_sequence;   /* UINT64_MAX: there is none */
	struct troupe_job *expired; /* waits for a thread, though its time is over */
	int64_t next_ns;           /* when the next one expires */
};

enum goal { GOAL_NEXT, GOAL_FAILURE, GOAL_ALL };

/* What is asked for: the next one after so many. */
struct wish {
	enum goal goal;
	uint64_t after;
};

static void see(struct view *view, struct troupe_job *job, size_t index, const struct wish *wish, int64_t now)
{
	if (job->state == JOB_OVER) {
		bool counts = wish->goal != GOAL_FAILURE || job->outcome != TROUPE_OK;
		view->over++;
		if (counts && job->sequence > wish->after && job->sequence < view->first_sequence) {
			view->first = index;
			view->first_sequence = job->sequence;
		}
		return;
	}
	job->awaited = true;
	if (job->state == JOB_QUEUED && job->start_by_ns <= now)
		view->expired = job;
	else if (job->state == JOB_QUEUED && job->start_by_ns < view->next_ns)
		view->next_ns = job->start_by_ns;
}

/* Lock the pool of all, and look. On failure nothing is locked. */
static troupe_status look(const troupe_task *tasks, size_t n, const struct wish *wish, struct view *view, struct pool **pool)
{
	int64_t now = troupei_clock_ns();
	troupe_status status = TROUPE_OK;

	*view = (struct view){ .first_sequence = UINT64_MAX, .next_ns = INT64_MAX };
	struct troupe_job *job = troupei_job_lock(tasks[0]);
	if (job == NULL)
		return TROUPE_EGONE;
	*pool = job->pool;
	for (size_t i = 0; i < n && status == TROUPE_OK; i++) {
		job = troupei_job_find(*pool, tasks[i], &status);
		if (status == TROUPE_OK && job == troupei_job_current())
			status = TROUPE_ECONTEXT;
		if (status == TROUPE_OK)
			see(view, job, i, wish, now);
	}
	if (status != TROUPE_OK)
		troupei_pool_unlock(*pool);
	return status;
}

static bool is_reached(const struct view *view, enum goal goal, size_t n)
{
	return view->over == n || (goal != GOAL_ALL && view->first_sequence != UINT64_MAX);
}

static troupe_status wait_for(const troupe_task *tasks, size_t n, struct wish wish, int64_t within_ns, struct view *view)
{
	int64_t deadline = troupei_deadline_in(within_ns);
	struct pool *pool;

	for (;;) {
		troupe_status status = look(tasks, n, &wish, view, &pool);
		if (status != TROUPE_OK)
			return status;
		bool reached = is_reached(view, wish.goal, n);
		bool is_late = !reached && view->expired == NULL && troupei_clock_ns() >= deadline;
		if (view->expired != NULL)
			troupei_job_start(view->expired);
		else if (!reached && !is_late)
			troupei_cond_wait(&pool->ended, &pool->crew.lock, view->next_ns < deadline ? view->next_ns : deadline);
		troupei_pool_unlock(pool);
		if (view->expired != NULL)
			troupei_job_end(view->expired, TROUPE_ETIMEOUT);
		else if (reached || is_late)
			return reached ? TROUPE_OK : TROUPE_ETIMEOUT;
	}
}

static troupe_status check(const void *tasks, size_t n, int64_t within_ns)
{
	if ((tasks == NULL && n > 0) || within_ns < 0)
		return TROUPE_EINVAL;
	return troupei_must_not_block() ? TROUPE_ECONTEXT : TROUPE_OK;
}

troupe_status troupe_task_wait(troupe_task task, int64_t within_ns, troupe_status *outcome)
{
	troupe_status status = check(&task, 1, within_ns);
	struct view view;

	if (status == TROUPE_OK)
		status = wait_for(&task, 1, (struct wish){ GOAL_ALL, 0 }, within_ns, &view);
	if (status == TROUPE_OK && outcome != NULL && !troupe_task_is_over(task, outcome))
		status = TROUPE_EGONE; /* dropped meanwhile, by another thread */
	return status;
}

troupe_status troupe_task_next(const troupe_task *tasks, size_t n, uint64_t *after, int64_t within_ns, size_t *which)
{
	troupe_status status = which != NULL ? check(tasks, n, within_ns) : TROUPE_EINVAL;
	struct view view;

	if (status == TROUPE_OK && n == 0)
		return TROUPE_ENOENT;
	if (status == TROUPE_OK)
		status = wait_for(tasks, n, (struct wish){ GOAL_NEXT, after != NULL ? *after : 0 }, within_ns, &view);
	if (status != TROUPE_OK)
		return status;
	if (view.first_sequence == UINT64_MAX)
		return TROUPE_ENOENT;
	if (after != NULL)
		*after = view.first_sequence;
	*which = view.first;
	return TROUPE_OK;
}

troupe_status troupe_task_failure(const troupe_task *tasks, size_t n, int64_t within_ns, size_t *which)
{
	troupe_status status = which != NULL ? check(tasks, n, within_ns) : TROUPE_EINVAL;
	struct view view = { .first_sequence = UINT64_MAX };

	if (status == TROUPE_OK && n > 0)
		status = wait_for(tasks, n, (struct wish){ GOAL_FAILURE, 0 }, within_ns, &view);
	if (status != TROUPE_OK)
		return status;
	if (view.first_sequence == UINT64_MAX)
		return TROUPE_ENOENT;
	*which = view.first;
	return TROUPE_OK;
}

troupe_status troupe_task_all(const troupe_task *tasks, size_t n, int64_t within_ns)
{
	troupe_status status = check(tasks, n, within_ns);
	struct view view;

	return status != TROUPE_OK || n == 0 ? status : wait_for(tasks, n, (struct wish){ GOAL_ALL, 0 }, within_ns, &view);
}
