/* SPDX-License-Identifier: MIT */
/* A lock round the timer wheel. */
#include "scheduler/timers.h"

void troupei_timers_init(struct timers *timers, int64_t now_ns)
{
	pthread_mutex_init(&timers->lock, NULL);
	troupei_timer_wheel_init(&timers->wheel, now_ns);
	timers->next_ns = INT64_MAX;
}

void troupei_timers_fini(struct timers *timers)
{
	pthread_mutex_destroy(&timers->lock);
}

static void publish_next(struct timers *timers)
{
	troupei_store_relaxed_64(&timers->next_ns, (uint64_t)troupei_timer_wheel_next(&timers->wheel));
}

void troupei_timers_arm(struct timers *timers, struct timer_entry *entry)
{
	pthread_mutex_lock(&timers->lock);
	troupei_timer_wheel_add(&timers->wheel, entry);
	if (entry->deadline_ns < troupei_timers_next(timers))
		publish_next(timers);
	pthread_mutex_unlock(&timers->lock);
}

bool troupei_timers_disarm(struct timers *timers, struct timer_entry *entry)
{
	pthread_mutex_lock(&timers->lock);
	bool armed = troupei_timer_entry_is_armed(entry);
	if (armed) {
		troupei_timer_wheel_remove(&timers->wheel, entry);
		publish_next(timers);
	}
	pthread_mutex_unlock(&timers->lock);
	return armed;
}

struct timer_entry *troupei_timers_due(struct timers *timers, int64_t now_ns)
{
	pthread_mutex_lock(&timers->lock);
	struct timer_entry *due = troupei_timer_wheel_advance(&timers->wheel, now_ns);
	publish_next(timers);
	pthread_mutex_unlock(&timers->lock);
	return due;
}

size_t troupei_timers_count(struct timers *timers)
{
	pthread_mutex_lock(&timers->lock);
	size_t count = troupei_timer_wheel_count(&timers->wheel);
	pthread_mutex_unlock(&timers->lock);
	return count;
}
