/* SPDX-License-Identifier: MIT */
/* T1 to T3: timekeeper.h. */
#include "executors/timekeeper.h"

#include "actors/system.h"
#include "base/memory.h"

#define IDLE_NS TROUPE_S
#define REST_NS (TROUPE_S / 10) /* longer only if somebody arms one at the very moment */

/* The crew's lock is for all of it. */
static struct {
	struct crew crew;
	struct timer_wheel wheel;
	pthread_cond_t changed; /* something earlier is armed, or nothing at all */
	int64_t wakes_ns;       /* when the thread looks next */
	bool at_work;
} keeper;

static pthread_once_t once = PTHREAD_ONCE_INIT;

/* ------------------------------------------------------------------------------------------------------- the thread -- */

static void *take(struct crew *crew)
{
	(void)crew;
	keeper.at_work = troupei_timer_wheel_count(&keeper.wheel) > 0;
	return keeper.at_work ? &keeper : NULL;
}

/* Sleep until something is due, or there is nothing to wait for; what is due. */
static struct timer_entry *sleep(struct crew *crew)
{
	pthread_mutex_lock(&crew->lock);
	for (;;) {
		keeper.wakes_ns = troupei_timer_wheel_next(&keeper.wheel);
		if (keeper.wakes_ns == INT64_MAX || keeper.wakes_ns <= troupei_clock_ns())
			break;
		troupei_cond_wait(&keeper.changed, &crew->lock, keeper.wakes_ns);
	}
	struct timer_entry *due = troupei_timer_wheel_advance(&keeper.wheel, troupei_clock_ns());
	pthread_mutex_unlock(&crew->lock);
	return due;
}

/* T2. Its task ends, if it still waits. */
static void expire(struct time_limit *limit)
{
	struct troupe_job *job = troupei_job_of_limit(limit->task);

	if (job == NULL)
		return;
	struct pool *pool = job->pool;
	bool waits = job->state == JOB_QUEUED && job->limit == limit;
	if (waits) {
		job->limit = NULL;
		troupei_job_start(job);
	}
	troupei_pool_unlock(pool);
	if (waits)
		troupei_job_end(job, TROUPE_ETIMEOUT);
}

static void work(struct crew *crew, void *thing, void *own)
{
	struct timer_entry *due = sleep(crew), *next;

	(void)thing, (void)own;
	for (; due != NULL; due = next) {
		struct time_limit *limit = (struct time_limit *)due; /* the entry is its first part */
		next = due->next;
		expire(limit);
		troupei_deallocate(limit, sizeof *limit);
	}
}

static void init(void)
{
	static const struct crew_hooks hooks = { .take = take, .work = work };

	troupei_crew_init(&keeper.crew, &hooks);
	troupei_cond_init(&keeper.changed);
	troupei_timer_wheel_init(&keeper.wheel, troupei_clock_ns());
}

/* ----------------------------------------------------------------------------------------------------------- limits -- */

struct time_limit *troupei_limit_new(int64_t start_by_ns)
{
	struct time_limit *limit = troupei_allocate(sizeof *limit);

	if (limit != NULL)
		*limit = (struct time_limit){ .entry.deadline_ns = start_by_ns };
	return limit;
}

bool troupei_limit_arm(struct troupe_job *job)
{
	bool kept = true;

	pthread_once(&once, init);
	job->limit->task = troupei_job_handle(job);
	pthread_mutex_lock(&keeper.crew.lock);
	if (troupei_timer_wheel_count(&keeper.wheel) == 0)
		troupei_timer_wheel_init(&keeper.wheel, troupei_clock_ns()); /* after a simulation it may be an earlier time */
	troupei_timer_wheel_add(&keeper.wheel, &job->limit->entry);
	if (keeper.at_work && job->limit->entry.deadline_ns < keeper.wakes_ns) {
		troupei_cond_signal(&keeper.changed);
	} else if (!keeper.at_work) {
		troupei_crew_open(&keeper.crew, 0, 1, IDLE_NS);
		kept = troupei_crew_call(&keeper.crew);
	}
	pthread_mutex_unlock(&keeper.crew.lock);
	return kept;
}

void troupei_limit_take_back(struct troupe_job *job)
{
	struct time_limit *limit = job->limit;

	if (limit == NULL)
		return;
	job->limit = NULL;
	pthread_mutex_lock(&keeper.crew.lock);
	bool armed = troupei_timer_entry_is_armed(&limit->entry);
	troupei_timer_wheel_remove(&keeper.wheel, &limit->entry);
	if (troupei_timer_wheel_count(&keeper.wheel) == 0)
		troupei_cond_signal(&keeper.changed);
	pthread_mutex_unlock(&keeper.crew.lock);
	if (armed)
		troupei_deallocate(limit, sizeof *limit);
}

void troupei_timekeeper_rest(void)
{
	pthread_once(&once, init);
	pthread_mutex_lock(&keeper.crew.lock);
	if (troupei_timer_wheel_count(&keeper.wheel) == 0 && keeper.crew.threads > 0)
		troupei_crew_stop(&keeper.crew, troupei_deadline_in(REST_NS));
	pthread_mutex_unlock(&keeper.crew.lock);
}
