/* SPDX-License-Identifier: MIT */
/* Giving tasks to pools. */
#include <string.h>

#include "actors/ask.h"
#include "actors/remote.h"
#include "base/memory.h"
#include "executors/pool.h"

static bool options_are_valid(const troupe_task_options *options, size_t size)
{
	bool answers = !troupe_ref_is_null(options->answer_to);

	if (options->start_within_ns < 0 || options->answer_kind < 0 || (size > 0 && options->release != NULL))
		return false;
	return answers == (options->answer_kind > 0) && (!answers || troupei_ref_is_address(options->answer_to));
}

/* What a task needs beside its record, made without the lock. */
struct parts {
	void *argument;
	struct envelope *news;
};

static void parts_free(const struct parts *parts, size_t size)
{
	if (size > 0)
		troupei_deallocate(parts->argument, size);
	if (parts->news != NULL)
		troupei_envelope_free(parts->news);
}

static bool parts_make(struct parts *parts, const void *argument, size_t size, const troupe_task_options *options)
{
	uint64_t address = options->answer_to.bits_private;

	*parts = (struct parts){ .argument = (void *)(uintptr_t)argument };
	if (size > 0 && (parts->argument = troupei_allocate(size)) == NULL)
		return false;
	if (size > 0)
		memcpy(parts->argument, argument, size);
	if (address != 0 && (parts->news = troupei_envelope_new(SORT_QUESTION, ENVELOPE_CONTROL, 0, 0, address)) == NULL) {
		parts_free(parts, size);
		return false;
	}
	return true;
}

/* Lock held: may another task come in? */
static troupe_status look(const struct pool *pool)
{
	uint64_t tasks = (uint64_t)pool->queued_count + pool->started_count;

	if (pool->closing)
		return TROUPE_ECLOSED;
	return pool->queue_max > 0 && tasks >= (uint64_t)pool->queue_max + pool->crew.threads_max ? TROUPE_EFULL : TROUPE_OK;
}

static troupe_status submit(struct pool *pool, const struct troupe_job *filled, troupe_task *out)
{
	struct troupe_job *job;
	troupe_status status = look(pool);

	if (status == TROUPE_OK)
		status = troupei_job_new(pool, &job);
	if (status != TROUPE_OK)
		return status;
	uint32_t index = job->index, generation = job->generation;
	*job = *filled;
	job->pool = pool;
	job->index = index;
	job->generation = generation;
	troupei_job_enqueue(job);
	if (!troupei_crew_call(&pool->crew)) { /* no thread will ever look at it */
		troupei_job_unqueue(job);
		return TROUPE_ETHREAD;
	}
	if (out != NULL)
		*out = troupei_job_handle(job);
	return TROUPE_OK;
}

troupe_status troupe_submit(troupe_pool handle, troupe_work *work, const void *argument, size_t size,
                            const troupe_task_options *options, troupe_task *out)
{
	struct troupe_job job = { .work = work, .size = size, .held = out != NULL };
	struct parts parts;

	if (handle.bits_private == 0 || work == NULL || (argument == NULL && size > 0) ||
	    !troupei_options_read(&job.options, sizeof job.options, options) || !options_are_valid(&job.options, size))
		return TROUPE_EINVAL;
	if (troupei_is_remote())
		return TROUPE_EREMOTE;
	if (job.options.answer_kind > 0 && !troupei_ask_is_open(job.options.answer_to))
		return TROUPE_ECLOSED;
	if (!parts_make(&parts, argument, size, &job.options))
		return TROUPE_ENOMEM;
	job.argument = parts.argument;
	job.news = parts.news;
	job.start_by_ns = troupei_deadline_in(job.options.start_within_ns);
	struct pool *pool = troupei_pool_lock(handle);
	troupe_status status = pool != NULL ? submit(pool, &job, out) : TROUPE_ECLOSED;
	if (pool != NULL)
		troupei_pool_unlock(pool);
	if (status != TROUPE_OK)
		parts_free(&parts, size);
	return status;
}

troupe_status troupe_submit_then(troupe_actor *me, troupe_pool pool, troupe_work *work, const void *argument, size_t size,
                                 int32_t answer_kind, troupe_receive *then, int64_t within_ns)
{
	troupe_task_options options = { .struct_size = sizeof options, .answer_kind = answer_kind };

	if (answer_kind <= 0)
		return TROUPE_EINVAL;
	troupe_status status = troupe_expect(
		me, TROUPE_OPTIONS(troupe_expectation, .then = then, .within_ns = within_ns), &options.answer_to);
	if (status != TROUPE_OK)
		return status;
	status = troupe_submit(pool, work, argument, size, &options, NULL);
	if (status != TROUPE_OK)
		troupe_ignore(troupe_forget(me, options.answer_to));
	return status;
}
