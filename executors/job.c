/* SPDX-License-Identifier: MIT */
/* The record of a task, from its submission to its end. P1 to P5: pool.h. */
#include <stdio.h>
#include <string.h>

#include "actors/ask.h"
#include "actors/remote.h"
#include "base/callback.h"
#include "base/memory.h"
#include "executors/timekeeper.h"

enum { CHUNKS_MAX = (1 << JOB_INDEX_BITS) / JOB_CHUNK };

static uint64_t sequence_last; /* of all pools */

/* ---------------------------------------------------------------------------------------------------------- records -- */

static troupe_status chunk_add(struct pool *pool)
{
	size_t size = pool->chunk_count * sizeof *pool->chunks;

	if (pool->chunk_count == CHUNKS_MAX)
		return TROUPE_ELIMIT;
	struct troupe_job *chunk = troupei_allocate(JOB_CHUNK * sizeof *chunk);
	struct troupe_job **chunks = chunk != NULL ? troupei_reallocate(pool->chunks, size, size + sizeof *chunks) : NULL;
	if (chunks == NULL) {
		troupei_deallocate(chunk, JOB_CHUNK * sizeof *chunk);
		return TROUPE_ENOMEM;
	}
	pool->chunks = chunks;
	memset(chunk, 0, JOB_CHUNK * sizeof *chunk);
	for (uint32_t i = JOB_CHUNK; i-- > 0;) {
		chunk[i] = (struct troupe_job){ .next = pool->free, .pool = pool, .generation = pool->job_generation + 1,
			                        .index = pool->chunk_count * JOB_CHUNK + i };
		pool->free = &chunk[i];
	}
	pool->chunks[pool->chunk_count++] = chunk;
	return TROUPE_OK;
}

troupe_status troupei_job_new(struct pool *pool, struct troupe_job **out)
{
	troupe_status status = pool->free == NULL ? chunk_add(pool) : TROUPE_OK;

	if (status != TROUPE_OK)
		return status;
	struct troupe_job *job = pool->free;
	pool->free = job->next;
	*job = (struct troupe_job){ .pool = pool, .index = job->index, .generation = job->generation };
	pool->job_count++;
	*out = job;
	return TROUPE_OK;
}

/* Later records begin above all generations that there were, so that old handles stay stale. */
void troupei_jobs_trim(struct pool *pool)
{
	size_t size = pool->chunk_count * sizeof *pool->chunks;

	if (pool->open || pool->job_count > 0)
		return;
	for (uint32_t i = 0; i < pool->chunk_count; i++) {
		for (uint32_t k = 0; k < JOB_CHUNK; k++)
			if (pool->chunks[i][k].generation > pool->job_generation)
				pool->job_generation = pool->chunks[i][k].generation;
		troupei_deallocate(pool->chunks[i], JOB_CHUNK * sizeof **pool->chunks);
	}
	troupei_deallocate(pool->chunks, size);
	pool->chunks = NULL;
	pool->chunk_count = 0;
	pool->free = NULL;
}

void troupei_job_free(struct troupe_job *job)
{
	struct pool *pool = job->pool;

	troupei_deallocate(job->result, job->result_size);
	job->result = NULL;
	job->state = JOB_FREE;
	job->generation++;
	job->next = pool->free;
	pool->free = job;
	pool->job_count--;
	troupei_jobs_trim(pool);
}

/* P4 */
static void free_if_done(struct troupe_job *job)
{
	if (!job->held && !job->busy)
		troupei_job_free(job);
}

troupe_task troupei_job_handle(const struct troupe_job *job)
{
	uint64_t place = troupei_pool_place(job->pool);

	return (troupe_task){ (uint64_t)job->generation << 32 | place << JOB_INDEX_BITS | job->index };
}

/* Held or not. NULL: there is none. */
static struct troupe_job *record_of(const struct pool *pool, troupe_task handle)
{
	uint32_t index = (uint32_t)handle.bits_private & ((1 << JOB_INDEX_BITS) - 1);
	bool exists = index < pool->chunk_count * JOB_CHUNK;
	struct troupe_job *job = exists ? &pool->chunks[index / JOB_CHUNK][index % JOB_CHUNK] : NULL;

	return job != NULL && job->state != JOB_FREE && job->generation == handle.bits_private >> 32 ? job : NULL;
}

struct troupe_job *troupei_job_find(const struct pool *pool, troupe_task handle, troupe_status *why)
{
	bool theirs = (uint32_t)handle.bits_private >> JOB_INDEX_BITS != troupei_pool_place(pool);
	struct troupe_job *job = !theirs ? record_of(pool, handle) : NULL;

	if (job != NULL && (job->held || (job->busy && job->state == JOB_OVER))) /* by its callback, which runs */
		return job;
	*why = theirs && handle.bits_private != 0 ? TROUPE_EINVAL : TROUPE_EGONE;
	return NULL;
}

/* Whether or not its pool is open still. In the child of a fork there are none: another thread may have held the lock there. */
struct troupe_job *troupei_job_lock(troupe_task handle)
{
	struct pool *pool = troupei_is_remote() ? NULL : troupei_pool_at((uint32_t)handle.bits_private >> JOB_INDEX_BITS);
	troupe_status why;

	if (pool == NULL)
		return NULL;
	pthread_mutex_lock(&pool->crew.lock);
	struct troupe_job *job = troupei_job_find(pool, handle, &why);
	if (job == NULL)
		troupei_pool_unlock(pool);
	return job;
}

struct troupe_job *troupei_job_of_limit(troupe_task handle)
{
	struct pool *pool = troupei_pool_at((uint32_t)handle.bits_private >> JOB_INDEX_BITS);

	pthread_mutex_lock(&pool->crew.lock);
	struct troupe_job *job = record_of(pool, handle);
	if (job == NULL)
		troupei_pool_unlock(pool);
	return job;
}

/* ------------------------------------------------------------------------------------------------------------ lists -- */

static void list_append(struct job_list *list, struct troupe_job *job)
{
	job->next = NULL;
	job->previous = list->last;
	if (list->last != NULL)
		list->last->next = job;
	else
		list->first = job;
	list->last = job;
}

static void list_remove(struct job_list *list, struct troupe_job *job)
{
	if (job->previous != NULL)
		job->previous->next = job->next;
	else
		list->first = job->next;
	if (job->next != NULL)
		job->next->previous = job->previous;
	else
		list->last = job->previous;
}

bool troupei_job_enqueue(struct troupe_job *job)
{
	job->state = JOB_QUEUED;
	job->busy = true;
	list_append(&job->pool->queued, job);
	job->pool->queued_count++;
	return job->limit == NULL || troupei_limit_arm(job);
}

void troupei_job_unqueue(struct troupe_job *job)
{
	list_remove(&job->pool->queued, job);
	job->pool->queued_count--;
	troupei_limit_take_back(job);
	troupei_job_free(job);
}

void troupei_job_start(struct troupe_job *job)
{
	struct pool *pool = job->pool;

	list_remove(&pool->queued, job);
	pool->queued_count--;
	troupei_limit_take_back(job);
	job->state = JOB_STARTED;
	list_append(&pool->started, job);
	pool->started_count++;
}

/* ---------------------------------------------------------------------------------------------------------- its end -- */

/* The question has no answer: the news of it was made with the task. */
static void fail_question(const struct troupe_job *job, troupe_status why)
{
	troupe_ref address = job->options.answer_to;
	struct gate_pass pass;
	struct troupei_system *system =
		troupei_gate_enter(troupei_cell_system(&troupei_cells[troupei_ref_slot(address)]), &pass);

	if (system == NULL) {
		troupei_envelope_free(job->news);
		return;
	}
	troupei_question_fail_with(system, troupei_worker_of(system), job->news, why);
	troupei_gate_leave(&pass);
}

static void answer(struct troupe_job *job, troupe_status outcome)
{
	if (job->news == NULL)
		return;
	if (outcome == TROUPE_OK)
		outcome = troupe_send_bytes(job->options.answer_to, job->options.answer_kind, job->result, job->result_size);
	if (outcome == TROUPE_OK)
		troupei_envelope_free(job->news);
	else
		fail_question(job, outcome);
	job->news = NULL;
}

static void release(struct troupe_job *job)
{
	troupei_callback_enter(); /* who cancels may be a handler, which must not be left from here: callback.h, C1 */
	if (job->size > 0)
		troupei_deallocate(job->argument, job->size);
	else if (job->options.release != NULL)
		job->options.release(job->argument);
	troupei_callback_leave();
	job->argument = NULL;
}

static void publish(struct troupe_job *job, troupe_status outcome)
{
	struct pool *pool = job->pool;

	list_remove(&pool->started, job);
	pool->started_count--;
	pool->over_count++;
	job->state = JOB_OVER;
	job->outcome = outcome;
	job->sequence = troupei_add_full_64(&sequence_last, 1) + 1;
	if (job->awaited)
		troupei_cond_broadcast(&pool->ended);
}

/* P5. The lock is held, and given up. `busy` keeps the record. */
static void call_done(struct troupe_job *job, troupe_status outcome)
{
	struct pool *pool = job->pool;
	troupe_task handle = troupei_job_handle(job);
	struct job_call *call;

	if (job->options.done != NULL) {
		troupei_pool_unlock(pool);
		troupei_callback_enter();
		job->options.done(job->options.context, handle, outcome);
		troupei_callback_leave();
		pthread_mutex_lock(&pool->crew.lock);
	}
	while ((call = job->calls) != NULL) {
		job->calls = call->next;
		troupei_pool_unlock(pool);
		troupei_callback_enter();
		call->done(call->context, handle, outcome);
		troupei_callback_leave();
		troupei_deallocate(call, sizeof *call);
		pthread_mutex_lock(&pool->crew.lock);
	}
}

void troupei_job_end(struct troupe_job *job, troupe_status outcome)
{
	struct pool *pool = job->pool;

	release(job);
	answer(job, outcome);
	pthread_mutex_lock(&pool->crew.lock);
	publish(job, outcome);
	call_done(job, outcome);
	job->busy = false;
	free_if_done(job);
	troupei_pool_unlock(pool);
}

/* ------------------------------------------------------------------------------------------------------ public face -- */

troupe_status troupe_job_give(troupe_job *job, const void *result, size_t size)
{
	if (job == NULL || job != troupei_job_current() || (result == NULL && size > 0) || size > TROUPE_MESSAGE_SIZE_MAX)
		return TROUPE_EINVAL;
	void *copy = size > 0 ? troupei_allocate(size) : NULL;
	if (size > 0 && copy == NULL)
		return TROUPE_ENOMEM;
	if (size > 0)
		memcpy(copy, result, size);
	troupei_deallocate(job->result, job->result_size);
	job->result = copy;
	job->result_size = size;
	return TROUPE_OK;
}

void troupe_job_explain(troupe_job *job, const char *text)
{
	if (job != NULL && job == troupei_job_current())
		snprintf(job->text, sizeof job->text, "%s", text != NULL ? text : "");
}

troupe_status troupe_task_cancel(troupe_task handle)
{
	if (troupei_is_remote())
		return TROUPE_EREMOTE;
	struct troupe_job *job = troupei_job_lock(handle);
	if (job == NULL)
		return TROUPE_EGONE;
	bool waits = job->state == JOB_QUEUED;
	if (waits)
		troupei_job_start(job);
	troupei_pool_unlock(job->pool);
	if (!waits)
		return TROUPE_ECLOSED;
	troupei_job_end(job, TROUPE_ECANCELLED);
	return TROUPE_OK;
}

bool troupe_task_is_over(troupe_task handle, troupe_status *outcome)
{
	struct troupe_job *job = troupei_job_lock(handle);

	if (job == NULL)
		return false;
	bool over = job->state == JOB_OVER;
	if (over && outcome != NULL)
		*outcome = job->outcome;
	troupei_pool_unlock(job->pool);
	return over;
}

troupe_task_state troupe_task_look(troupe_task handle)
{
	static const troupe_task_state states[] = { [JOB_FREE] = TROUPE_TASK_NONE,
		                                    [JOB_QUEUED] = TROUPE_TASK_WAITING,
		                                    [JOB_STARTED] = TROUPE_TASK_RUNNING,
		                                    [JOB_OVER] = TROUPE_TASK_OVER };
	struct troupe_job *job = troupei_job_lock(handle);

	if (job == NULL)
		return TROUPE_TASK_NONE;
	troupe_task_state state = states[job->state];
	troupei_pool_unlock(job->pool);
	return state;
}

/* Lock held. While callbacks are under way another one joins the queue. False: they are all done. */
static bool join_calls(struct troupe_job *job, struct job_call *call)
{
	struct job_call **link = &job->calls;

	if (!job->busy)
		return false;
	while (*link != NULL)
		link = &(*link)->next;
	*link = call;
	return true;
}

troupe_status troupe_task_then(troupe_task handle, void (*done)(void *context, troupe_task task, troupe_status outcome),
                               void *context)
{
	struct job_call *call = done != NULL ? troupei_allocate(sizeof *call) : NULL;

	if (call == NULL)
		return done != NULL ? TROUPE_ENOMEM : TROUPE_EINVAL;
	*call = (struct job_call){ .done = done, .context = context };
	struct troupe_job *job = troupei_job_lock(handle);
	bool joined = job != NULL && join_calls(job, call);
	troupe_status outcome = job != NULL ? job->outcome : TROUPE_EGONE;
	if (job != NULL)
		troupei_pool_unlock(job->pool);
	if (!joined)
		troupei_deallocate(call, sizeof *call);
	if (job == NULL)
		return TROUPE_EGONE;
	if (!joined)
		done(context, handle, outcome);
	return TROUPE_OK;
}

const void *troupe_task_result(troupe_task handle, size_t *size)
{
	struct troupe_job *job = troupei_job_lock(handle);

	if (job == NULL)
		return NULL;
	const void *result = job->state == JOB_OVER ? job->result : NULL;
	if (size != NULL && result != NULL)
		*size = job->result_size;
	troupei_pool_unlock(job->pool);
	return result;
}

const char *troupe_task_text(troupe_task handle)
{
	struct troupe_job *job = troupei_job_lock(handle);

	if (job == NULL)
		return "";
	const char *text = job->state == JOB_OVER ? job->text : "";
	troupei_pool_unlock(job->pool);
	return text;
}

void troupe_task_drop(troupe_task handle)
{
	struct troupe_job *job = troupei_job_lock(handle);

	if (job == NULL)
		return;
	struct pool *pool = job->pool;
	job->held = false;
	free_if_done(job);
	troupei_pool_unlock(pool);
}
