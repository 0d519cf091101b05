/* SPDX-License-Identifier: MIT */
/* What ck_ec.h calls in libck when somebody sleeps. libck is compiled and makes no steps; so here is the same again, step for
 * step, after reading src/ck_ec.c of 0.7.1: flag the word, look, sleep while it is flagged. Only the growing time limits are
 * left out, which scheduler/parker.c does without. This is the one restatement in these explorations. */
#include "base/ck.h"

#define FLAG (UINT32_C(1) << 31)

void ck_ec32_wake(struct ck_ec32 *event, const struct ck_ec_ops *ops)
{
	ck_pr_and_32(&event->counter, ~FLAG);
	ops->wake32(ops, &event->counter);
}

/* Until the word is not @p expected, for a moment. */
static uint32_t wait_easily(const struct ck_ec32 *event, const struct ck_ec_ops *ops, uint32_t expected)
{
	uint32_t current = ck_pr_load_32(&event->counter);

	for (uint32_t i = 0; i < ops->busy_loop_iter && current == expected; i++) {
		ck_pr_stall();
		current = ck_pr_load_32(&event->counter);
	}
	return current;
}

/* True: it has another value by now. */
static bool flag(struct ck_ec32 *event, uint32_t current, uint32_t value)
{
	uint32_t seen;

	if (current != value)
		return current != (value | FLAG);
	return !ck_pr_cas_32_value(&event->counter, value, value | FLAG, &seen) && seen != (value | FLAG);
}

static bool is_over(const struct ck_ec_ops *ops, const struct timespec *deadline)
{
	struct timespec now;

	return deadline != NULL && ops->gettime(ops, &now) == 0 &&
	       (now.tv_sec > deadline->tv_sec || (now.tv_sec == deadline->tv_sec && now.tv_nsec >= deadline->tv_nsec));
}

int ck_ec32_wait_slow(struct ck_ec32 *event, const struct ck_ec_ops *ops, uint32_t value, const struct timespec *deadline)
{
	struct ck_ec_wait_state state = { .ops = ops };

	while (ck_ec32_value(event) == value) {
		if (flag(event, wait_easily(event, ops, value), value))
			break;
		if (wait_easily(event, ops, value | FLAG) != (value | FLAG))
			break;
		do {
			if (is_over(ops, deadline))
				return -1;
			ops->wait32(&state, &event->counter, value | FLAG, deadline);
		} while (ck_pr_load_32(&event->counter) == (value | FLAG));
	}
	ck_pr_fence_acquire();
	return 0;
}
