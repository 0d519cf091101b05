/* SPDX-License-Identifier: MIT */
/* Pools: opened, found, closed; and what their threads do. P1 to P5: pool.h. */
#include "executors/timekeeper.h"

#include <stdio.h>
#include <string.h>

#include "actors/remote.h"
#include "actors/system.h"
#include "base/callback.h"
#include "base/memory.h"

#define IDLE_NS_DEFAULT (10 * TROUPE_S)

enum { NAMED_MAX = 20 };

static struct pool pools[TROUPE_POOLS_MAX];
static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER; /* who is open, by which name; before a pool's lock */
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* ---------------------------------------------------------------------------------------------------------- threads -- */

static void *take(struct crew *crew)
{
	struct troupe_job *job = ((struct pool *)crew)->queued.first;

	if (job != NULL)
		troupei_job_start(job);
	return job;
}

static void work(struct crew *crew, void *thing, void *own)
{
	struct troupe_job *job = thing;
	troupe_status outcome = TROUPE_ETIMEOUT;

	(void)own;
	troupei_thread_own.pool = crew;
	if (job->start_by_ns == INT64_MAX || troupei_clock_ns() < job->start_by_ns) {
		troupei_thread_own.task = job;
		outcome = job->work(job, job->argument);
		troupei_thread_own.task = NULL;
	}
	troupei_job_end(job, outcome);
	troupei_thread_own.pool = NULL;
}

struct troupe_job *troupei_job_current(void)
{
	return troupei_thread_own.task;
}

/* ------------------------------------------------------------------------------------------------------------ table -- */

static void table_init(void)
{
	static const struct crew_hooks hooks = { .take = take, .work = work };

	for (uint32_t i = 0; i < TROUPE_POOLS_MAX; i++) {
		troupei_crew_init(&pools[i].crew, &hooks);
		troupei_cond_init(&pools[i].ended);
		pools[i].generation = 1;
	}
}

struct pool *troupei_pool_at(uint32_t place)
{
	pthread_once(&once, table_init);
	return place < TROUPE_POOLS_MAX ? &pools[place] : NULL;
}

uint32_t troupei_pool_place(const struct pool *pool)
{
	return (uint32_t)(pool - pools);
}

static troupe_pool handle_of(const struct pool *pool)
{
	return (troupe_pool){ (uint64_t)pool->generation << 32 | (troupei_pool_place(pool) + 1) };
}

struct pool *troupei_pool_lock(troupe_pool handle)
{
	struct pool *pool = troupei_pool_at((uint32_t)handle.bits_private - 1);

	if (pool == NULL)
		return NULL;
	pthread_mutex_lock(&pool->crew.lock);
	if (pool->open && pool->generation == handle.bits_private >> 32)
		return pool;
	pthread_mutex_unlock(&pool->crew.lock);
	return NULL;
}

void troupei_pool_unlock(struct pool *pool)
{
	pthread_mutex_unlock(&pool->crew.lock);
}

/* ---------------------------------------------------------------------------------------------------------- opening -- */

static bool name_is_valid(const char *name)
{
	return name[0] != 0 && strnlen(name, TROUPE_NAME_SIZE_MAX + 1) <= TROUPE_NAME_SIZE_MAX;
}

static bool options_are_valid(const troupe_pool_options *options)
{
	return options->threads_max > 0 && options->threads_max <= TROUPE_POOL_THREADS_MAX &&
	       options->threads_min <= options->threads_max && options->idle_ns >= 0 &&
	       (options->name == NULL || name_is_valid(options->name));
}

/* The pool of this name, locked; @p name "": one that is not open. NULL: none. The table's lock is held. */
static struct pool *table_find(const char *name)
{
	for (uint32_t i = 0; i < TROUPE_POOLS_MAX; i++) {
		struct pool *pool = troupei_pool_at(i);
		pthread_mutex_lock(&pool->crew.lock);
		if (pool->open == (name[0] != 0) && strcmp(pool->name, name) == 0)
			return pool;
		pthread_mutex_unlock(&pool->crew.lock);
	}
	return NULL;
}

/* The place is free, and locked. */
static troupe_status open_at(struct pool *pool, const troupe_pool_options *options)
{
	int64_t idle_ns = options->idle_ns > 0 ? options->idle_ns : IDLE_NS_DEFAULT;

	if (!troupei_crew_open(&pool->crew, options->threads_min, options->threads_max, idle_ns))
		return TROUPE_ETHREAD;
	snprintf(pool->name, sizeof pool->name, "%s", options->name != NULL ? options->name : "");
	pool->queue_max = options->queue_max;
	pool->log = options->log;
	pool->context = options->context;
	pool->over_count = 0;
	pool->closing = false;
	pool->open = true;
	return TROUPE_OK;
}

static troupe_status open_named(const troupe_pool_options *options, troupe_pool *out)
{
	struct pool *pool = options->name != NULL ? table_find(options->name) : NULL;

	if (pool != NULL) {
		troupei_pool_unlock(pool);
		return TROUPE_EEXIST;
	}
	pool = table_find("");
	if (pool == NULL)
		return TROUPE_ELIMIT;
	troupe_status status = open_at(pool, options);
	if (status == TROUPE_OK)
		*out = handle_of(pool);
	troupei_pool_unlock(pool);
	return status;
}

troupe_status troupe_pool_open(const troupe_pool_options *options, troupe_pool *out)
{
	troupe_pool_options own;

	if (options == NULL || out == NULL || !troupei_options_read(&own, sizeof own, options) || !options_are_valid(&own))
		return TROUPE_EINVAL;
	if (troupei_is_remote())
		return TROUPE_EREMOTE;
	pthread_mutex_lock(&table_lock);
	troupe_status status = open_named(&own, out);
	pthread_mutex_unlock(&table_lock);
	return status;
}

troupe_status troupe_pool_find(const char *name, troupe_pool *out)
{
	if (name == NULL || out == NULL || !name_is_valid(name))
		return TROUPE_EINVAL;
	if (troupei_is_remote())
		return TROUPE_EREMOTE;
	pthread_mutex_lock(&table_lock);
	struct pool *pool = table_find(name);
	bool found = pool != NULL && !pool->closing;
	if (found)
		*out = handle_of(pool);
	if (pool != NULL)
		troupei_pool_unlock(pool);
	pthread_mutex_unlock(&table_lock);
	return found ? TROUPE_OK : TROUPE_ENOENT;
}

troupe_status troupe_pool_read(troupe_pool handle, troupe_pool_numbers *out)
{
	if (out == NULL || handle.bits_private == 0)
		return TROUPE_EINVAL;
	if (troupei_is_remote())
		return TROUPE_EREMOTE;
	struct pool *pool = troupei_pool_lock(handle);
	if (pool == NULL)
		return TROUPE_ECLOSED;
	*out = (troupe_pool_numbers){ .threads = pool->crew.threads, .running = pool->started_count,
		                      .queued = pool->queued_count, .over = pool->over_count };
	troupei_pool_unlock(pool);
	return TROUPE_OK;
}

/* ---------------------------------------------------------------------------------------------------------- closing -- */

/* The lock is held, and given up while each is told. */
static void cancel_queued(struct pool *pool)
{
	struct troupe_job *job;

	while ((job = pool->queued.first) != NULL) {
		troupei_job_start(job);
		troupei_pool_unlock(pool);
		troupei_job_end(job, TROUPE_ECANCELLED);
		pthread_mutex_lock(&pool->crew.lock);
	}
}

static void log_line(const struct pool *pool, const char *line)
{
	if (pool->log != NULL)
		pool->log(pool->context, line);
	else
		fprintf(stderr, "troupe: %s\n", line);
}

/* Copied with the lock held, told without (P5). */
static void name_running(struct pool *pool)
{
	char names[NAMED_MAX][TROUPE_NAME_SIZE_MAX + 1], line[2 * TROUPE_NAME_SIZE_MAX + 64];
	const char *name = pool->name[0] != 0 ? pool->name : "(no name)";
	uint32_t count = 0, all = pool->started_count;

	for (struct troupe_job *job = pool->started.first; job != NULL && count < NAMED_MAX; job = job->next)
		snprintf(names[count++], sizeof names[0], "%s", job->options.name != NULL ? job->options.name : "task");
	troupei_pool_unlock(pool);
	for (uint32_t i = 0; i < count; i++) {
		snprintf(line, sizeof line, "in the way of the end of pool %s: %.*s", name, TROUPE_NAME_SIZE_MAX, names[i]);
		log_line(pool, line);
	}
	snprintf(line, sizeof line, "in the way of the end of pool %s: and %u tasks more", name, all - count);
	if (all > count)
		log_line(pool, line);
	pthread_mutex_lock(&pool->crew.lock);
}

/* The lock is held; this thread is the closer, so nobody else opens or closes the place meanwhile. */
static troupe_status close_locked(struct pool *pool, int64_t deadline_ns, troupe_pool_rest rest)
{
	pool->closing = true;
	if (rest == TROUPE_CANCEL_QUEUED)
		cancel_queued(pool);
	bool in_time = troupei_crew_stop(&pool->crew, deadline_ns);
	cancel_queued(pool);
	if (!in_time) {
		name_running(pool);
		return TROUPE_ETIMEOUT;
	}
	pool->open = false;
	pool->name[0] = 0;
	pool->generation++;
	troupei_jobs_trim(pool);
	return TROUPE_OK;
}

troupe_status troupe_pool_close(troupe_pool handle, int64_t within_ns, troupe_pool_rest rest)
{
	int64_t deadline = troupei_deadline_in(within_ns);

	if (handle.bits_private == 0 || within_ns < 0 || (unsigned)rest > TROUPE_CANCEL_QUEUED)
		return TROUPE_EINVAL;
	if (troupei_is_remote())
		return TROUPE_EREMOTE;
	struct pool *pool = troupei_pool_lock(handle);
	if (pool == NULL)
		return TROUPE_ECLOSED;
	troupe_status status = pool->has_closer ? TROUPE_ECLOSED : TROUPE_OK;
	if (troupei_must_not_block() || troupei_thread_own.pool == pool)
		status = TROUPE_ECONTEXT;
	if (status == TROUPE_OK) {
		pool->has_closer = true;
		status = close_locked(pool, deadline, rest);
		pool->has_closer = false;
	}
	troupei_pool_unlock(pool);
	if (status == TROUPE_OK)
		troupei_timekeeper_rest();
	return status;
}
