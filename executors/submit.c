/* SPDX-License-Identifier: MIT */
/* Giving tasks to pools. */
#include <string.h>

#include "actors/remote.h"
#include "actors/waits.h"
#include "base/memory.h"
#include "executors/timekeeper.h"

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
	struct time_limit *limit;
};

static void parts_free(const struct parts *parts, size_t size)
{
	if (size > 0)
		troupei_deallocate(parts->argument, size);
	if (parts->news != NULL)
		troupei_envelope_free(parts->news);
	troupei_deallocate(parts->limit, sizeof *parts->limit);
}

/* False: no memory, for parts_free. */
static bool parts_make(struct parts *parts, const void *argument, size_t size, const troupe_task_options *options)
{
	uint64_t address = options->answer_to.bits_private;
	int64_t within_ns = options->start_within_ns;

	*parts = (struct parts){ .argument = (void *)(uintptr_t)argument };
	if (size > 0 && (parts->argument = troupei_allocate(size)) == NULL)
		return false;
	if (size > 0)
		memcpy(parts->argument, argument, size);
	if (address != 0 && (parts->news = troupei_envelope_new(SORT_QUESTION, ENVELOPE_CONTROL, 0, 0, address)) == NULL)
		return false;
	troupei_wait_doubt(options->answer_to); /* a job may answer it, whoever has the duty */
	return within_ns == 0 || (parts->limit = troupei_limit_new(troupei_deadline_in(within_ns))) != NULL;
}

/* Lock held: may another task come in? */
static troupe_status look(const struct pool *pool)
{
	uint64_t tasks = (uint64_t)pool->queued_count + pool->started_count;

	if (pool->closing)
		return TROUPE_ECLOSED;
	return pool->queue_max > 0 && tasks >= (uint64_t)pool->queue_max + pool->crew.threads_max ? TROUPE_EFULL : TROUPE_OK;
}

/* The limit is the job's as soon as that is queued. */
static troupe_status submit(struct pool *pool, const struct troupe_job *filled, struct parts *parts, troupe_task *out)
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
	parts->limit = NULL;
	if (!troupei_job_enqueue(job) || !troupei_crew_call(&pool->crew)) { /* no thread will ever look at it, or at its time */
		troupei_job_unqueue(job);
		return TROUPE_ETHREAD;
	}
	if (out != NULL)
		*out = troupei_job_handle(job);
	return TROUPE_OK;
}

/* The handler's question is the task's to answer now, as after troupe_ask. */
static void pass_question_on(troupe_ref address)
{
	struct actor_worker *worker = troupei_actor_worker();

	if (worker == NULL || troupe_ref_is_null(address))
		return;
	if (worker->question == address.bits_private)
		worker->question = 0;
	else
		troupei_ask_disown(worker, address.bits_private);
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
	bool made = parts_make(&parts, argument, size, &job.options);
	job.argument = parts.argument;
	job.news = parts.news;
	job.limit = parts.limit;
	job.start_by_ns = parts.limit != NULL ? parts.limit->entry.deadline_ns : INT64_MAX;
	struct pool *pool = made ? troupei_pool_lock(handle) : NULL;
	troupe_status status = pool != NULL ? submit(pool, &job, &parts, out) : made ? TROUPE_ECLOSED : TROUPE_ENOMEM;
	if (pool != NULL)
		troupei_pool_unlock(pool);
	if (status != TROUPE_OK)
		parts_free(&parts, size);
	else
		pass_question_on(job.options.answer_to);
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
