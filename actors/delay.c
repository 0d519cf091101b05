/* SPDX-License-Identifier: MIT */
/* The law of RFC 8289, section 5, message by message. */
#include "actors/delay.h"

#include <math.h>

enum { SOON = 16 }; /* intervals: it stands again so soon that the rate of dropping goes on from where it was */

/* No message has waited less than the target for an interval. One alone is no queue. */
static bool is_standing(struct delay *delay, int64_t now, int64_t since, bool last)
{
	if (now - since < delay->target || last) {
		delay->first_above = 0;
		return false;
	}
	if (delay->first_above == 0) {
		delay->first_above = now + delay->interval;
		return false;
	}
	return now >= delay->first_above;
}

static int64_t next_drop(const struct delay *delay, int64_t from)
{
	return from + (int64_t)((double)delay->interval / sqrt((double)delay->count));
}

static void begin(struct delay *delay, int64_t now)
{
	uint32_t more = delay->count - delay->last_count;
	bool soon = more > 1 && (now - delay->drop_next) / SOON < delay->interval;

	delay->standing = true;
	delay->count = soon ? more : 1;
	delay->last_count = delay->count;
	delay->drop_next = next_drop(delay, now);
}

bool troupei_delay_drops(struct delay *delay, int64_t now_ns, int64_t since_ns, bool last)
{
	if (delay->target == 0)
		return false;
	bool stands = is_standing(delay, now_ns, since_ns, last);
	if (stands && !delay->standing) {
		begin(delay, now_ns);
		return true;
	}
	delay->standing = stands;
	if (!stands)
		return false;
	if ((now_ns - since_ns) / 2 >= delay->target)
		return true;
	if (now_ns < delay->drop_next)
		return false;
	delay->count++;
	delay->drop_next = next_drop(delay, delay->drop_next);
	return true;
}
