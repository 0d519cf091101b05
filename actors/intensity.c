/* SPDX-License-Identifier: MIT */
/* A sliding window of times. */
#include "actors/intensity.h"

#include "base/memory.h"

static bool grow(struct intensity *intensity)
{
	uint32_t capacity = intensity->capacity > 0 ? intensity->capacity * 2 : 4;
	int64_t *times = capacity > 0 ? troupei_allocate(capacity * sizeof *times) : NULL;

	if (times == NULL)
		return false;
	for (uint32_t i = 0; i < intensity->count; i++)
		times[i] = intensity->times[(intensity->first + i) % intensity->capacity];
	troupei_deallocate(intensity->times, intensity->capacity * sizeof *times);
	intensity->times = times;
	intensity->capacity = capacity;
	intensity->first = 0;
	return true;
}

bool troupei_intensity_add(struct intensity *intensity, int64_t now_ns)
{
	if (intensity->max == UINT32_MAX)
		return true;
	while (intensity->count > 0 && now_ns - intensity->times[intensity->first] > intensity->within_ns) {
		intensity->first = (intensity->first + 1) % intensity->capacity;
		intensity->count--;
	}
	if (intensity->count >= intensity->max)
		return false;
	if (intensity->count == intensity->capacity && !grow(intensity))
		return false;
	intensity->times[(intensity->first + intensity->count++) % intensity->capacity] = now_ns;
	return true;
}

void troupei_intensity_clear(struct intensity *intensity)
{
	troupei_deallocate(intensity->times, intensity->capacity * sizeof *intensity->times);
	intensity->times = NULL;
	intensity->capacity = intensity->first = intensity->count = 0;
}

int64_t troupei_back_off(int64_t base_ns, int64_t max_ns, uint32_t streak, uint32_t random)
{
	int64_t wait_ns = streak > 0 ? base_ns : 0;

	if (wait_ns == 0)
		return 0; /* not after as many steps as there were tries */
	while (streak-- > 1 && wait_ns < max_ns)
		wait_ns = wait_ns > max_ns / 2 ? max_ns : wait_ns * 2;
	if (wait_ns > max_ns)
		wait_ns = max_ns;
	return wait_ns - wait_ns / 4 + (int64_t)((double)(wait_ns / 2) * ((double)random / (double)UINT32_MAX));
}
