/* SPDX-License-Identifier: MIT */
/* Threads on demand. W1 to W4: crew.h. */
#include "base/crew.h"

#include <string.h>

#include "base/clock.h"
#include "base/memory.h"

struct crew_thread {
	struct crew_thread *next; /* in crew.ended */
	struct crew *crew;
	void *own;
	pthread_t thread;
};

int64_t troupei_deadline_in(int64_t within_ns)
{
	int64_t now = troupei_clock_ns();

	return within_ns > 0 && within_ns < INT64_MAX - now ? now + within_ns : INT64_MAX;
}

void troupei_crew_init(struct crew *crew, const struct crew_hooks *hooks)
{
	memset(crew, 0, sizeof *crew);
	crew->hooks = *hooks;
	pthread_mutex_init(&crew->lock, NULL);
	troupei_cond_init(&crew->work);
	troupei_cond_init(&crew->changed);
}

void troupei_crew_fini(struct crew *crew)
{
	pthread_cond_destroy(&crew->changed);
	pthread_cond_destroy(&crew->work);
	pthread_mutex_destroy(&crew->lock);
}

/* Join who has ended: they have given up the lock, so this waits for nothing but their last steps. */
static void reap(struct crew *crew)
{
	struct crew_thread *thread;

	while ((thread = crew->ended) != NULL) {
		crew->ended = thread->next;
		troupei_thread_join(thread->thread, INT64_MAX);
		troupei_deallocate(thread, sizeof *thread);
	}
}

/* Wait to be called. False: it was quiet for so long that this thread is one too many. */
static bool wait_for_call(struct crew *crew)
{
	bool surplus = crew->threads > crew->threads_min, in_time = true;
	int64_t deadline = surplus ? troupei_deadline_in(crew->idle_ns) : INT64_MAX;

	crew->idle++;
	while (crew->called == 0 && !crew->stop && in_time)
		in_time = troupei_cond_wait(&crew->work, &crew->lock, deadline);
	crew->idle--;
	if (crew->called > 0)
		crew->called--; /* W3 */
	else if (!crew->stop && crew->threads > crew->threads_min)
		return in_time;
	return true;
}

static void *next_thing(struct crew *crew)
{
	void *thing;

	while ((thing = crew->hooks.take(crew)) == NULL)
		if (crew->stop || !wait_for_call(crew))
			return NULL;
	return thing;
}

static void leave(struct crew *crew, struct crew_thread *self)
{
	reap(crew);
	if (crew->hooks.drop != NULL)
		crew->hooks.drop(crew, self->own);
	self->next = NULL;
	crew->ended = self;
	crew->threads--;
	troupei_cond_broadcast(&crew->changed);
}

static void *thread_main(void *argument)
{
	struct crew_thread *self = argument;
	struct crew *crew = self->crew;
	void *thing;

	pthread_mutex_lock(&crew->lock);
	crew->idle--; /* W3: it was counted when it was made */
	if (crew->called > 0)
		crew->called--;
	while ((thing = next_thing(crew)) != NULL) {
		pthread_mutex_unlock(&crew->lock);
		crew->hooks.work(crew, thing, self->own);
		pthread_mutex_lock(&crew->lock);
	}
	leave(crew, self);
	pthread_mutex_unlock(&crew->lock);
	return NULL;
}

/* The thread waits for the lock before it touches anything: so it may begin before we have finished. */
static bool begin(struct crew *crew, struct crew_thread *thread)
{
	bool owns = crew->hooks.make != NULL;

	*thread = (struct crew_thread){ .crew = crew, .own = owns ? crew->hooks.make(crew) : NULL };
	if (owns && thread->own == NULL)
		return false;
	if (troupei_thread_create(&thread->thread, thread_main, thread) == 0)
		return true;
	if (owns)
		crew->hooks.drop(crew, thread->own);
	return false;
}

static bool add_thread(struct crew *crew)
{
	struct crew_thread *thread = troupei_allocate(sizeof *thread);

	reap(crew);
	if (thread == NULL)
		return false;
	if (!begin(crew, thread)) {
		troupei_deallocate(thread, sizeof *thread);
		return false;
	}
	crew->threads++;
	crew->idle++;
	return true;
}

bool troupei_crew_open(struct crew *crew, uint32_t threads_min, uint32_t threads_max, int64_t idle_ns)
{
	crew->threads_min = threads_min;
	crew->threads_max = threads_max;
	crew->idle_ns = idle_ns;
	crew->stop = false;
	while (crew->threads < threads_min && add_thread(crew))
		;
	return crew->threads > 0 || threads_min == 0;
}

bool troupei_crew_call(struct crew *crew)
{
	if (crew->idle > crew->called) {
		crew->called++;
		troupei_cond_signal(&crew->work);
	} else if (crew->threads < crew->threads_max && add_thread(crew)) {
		crew->called++;
	}
	return crew->threads > 0;
}

bool troupei_crew_stop(struct crew *crew, int64_t deadline_ns)
{
	crew->stop = true;
	troupei_cond_broadcast(&crew->work);
	while (crew->threads > 0 && troupei_cond_wait(&crew->changed, &crew->lock, deadline_ns))
		;
	if (crew->threads > 0)
		return false;
	crew->called = 0;
	reap(crew);
	return true;
}
