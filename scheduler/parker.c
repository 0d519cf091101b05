/* SPDX-License-Identifier: MIT */
/* Parking on ck_ec and the futex system call. */
#include "scheduler/parker.h"

#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/threads.h"

static int gettime(const struct ck_ec_ops *ops, struct timespec *out)
{
	(void)ops;
	return clock_gettime(CLOCK_MONOTONIC, out);
}

/* ck_ec asks for ever longer sleeps up to the deadline, for the sake of producers that update without a locked instruction.
 * Ours always use one, so no wake-up can be overlooked, and we sleep to the deadline at once: idle means no wake-ups. */
static void wait32(const struct ck_ec_wait_state *state, const uint32_t *address, uint32_t expected,
                   const struct timespec *ignored)
{
	const struct parker *parker =
		(const void *)((const char *)state->ops - offsetof(struct parker, ops));
	struct timespec until = { .tv_sec = (time_t)(parker->deadline_ns / 1000000000),
		                  .tv_nsec = (long)(parker->deadline_ns % 1000000000) };
	const struct timespec *limit = parker->deadline_ns == INT64_MAX ? NULL : &until;

	(void)ignored;
	syscall(SYS_futex, address, FUTEX_WAIT_BITSET_PRIVATE, expected, limit, NULL, FUTEX_BITSET_MATCH_ANY);
}

static void wake32(const struct ck_ec_ops *ops, const uint32_t *address)
{
	(void)ops;
	syscall(SYS_futex, address, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

void troupei_parker_init(struct parker *parker)
{
	ck_ec32_init(&parker->event, 0);
	parker->ops = (struct ck_ec_ops){ .gettime = gettime, .wait32 = wait32, .wake32 = wake32, .busy_loop_iter = 1 };
	parker->mode = (struct ck_ec_mode){ .ops = &parker->ops, .single_producer = false };
	parker->deadline_ns = INT64_MAX;
}

uint32_t troupei_parker_ticket(const struct parker *parker)
{
	return ck_ec32_value(&parker->event);
}

bool troupei_parker_sleep(struct parker *parker, uint32_t ticket, int64_t deadline_ns)
{
	struct timespec until = { .tv_sec = (time_t)(deadline_ns / 1000000000), .tv_nsec = (long)(deadline_ns % 1000000000) };

	if (troupei_is_simulated())
		return ck_ec32_value(&parker->event) != ticket || troupei_thread_seam->wait(parker, NULL, deadline_ns);
	parker->deadline_ns = deadline_ns;
	/* ck_ec takes a late waker's clearing of the flag, after an older wake-up, for a change: look at the value itself. It is
	 * also the acquire that sanitizers see: libck is not instrumented. */
	while (ck_ec32_wait(&parker->event, &parker->mode, ticket, deadline_ns == INT64_MAX ? NULL : &until) == 0)
		if (ck_ec32_value(&parker->event) != ticket)
			return true;
	return ck_ec32_value(&parker->event) != ticket;
}

void troupei_parker_wake(struct parker *parker)
{
	/* WAKE.add, full, pairs with the ck_ec32_value after the sleep: the work that was queued before is seen. */
	ck_ec32_add(&parker->event, &parker->mode, 1);
	if (troupei_is_simulated())
		troupei_thread_seam->wake(parker, true);
}
