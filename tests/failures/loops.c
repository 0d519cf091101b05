/* SPDX-License-Identifier: MIT */
#include "failures/loops.h"

#include <errno.h>
#include <link.h>
#include <unistd.h>

enum { STRIDE = 50, SET_SIZE = 1 << 14, WRONG_MAX = 5, GOING_ON = 3 };

/* ------------------------------------------------------------------------------------------------------- sets of sites -- */

struct set {
	uint64_t members[SET_SIZE]; /* 0: free */
	uint32_t count;
};

/* True: it is new. A full one takes no more. */
static bool set_add(struct set *set, uint64_t member)
{
	uint32_t at = (uint32_t)(member >> 20) % SET_SIZE;

	member |= 1;
	for (uint32_t i = 0; i < SET_SIZE; i++, at = (at + 1) % SET_SIZE) {
		if (set->members[at] == member)
			return false;
		if (set->members[at] == 0) {
			set->members[at] = member;
			set->count++;
			return true;
		}
	}
	return false;
}

static struct set places, failures; /* of the scenario */

static uint64_t where_it_failed(void)
{
	uint64_t sum = (uint64_t)injection->plan.call * 1000 + (uint64_t)(injection->plan.error + 10);

	for (uint32_t i = 0; i < injection->frame_count && i < 5; i++)
		sum = (sum ^ injection->frames[i]) * UINT64_C(1099511628211);
	return sum;
}

/* ---------------------------------------------------------------------------------------------------------- one round -- */

const char *error_name(int error)
{
	return error == EARLY ? "EARLY" : error == SHORT ? "SHORT" : strerrorname_np(error);
}

/* What an address in it is above that in its file. */
static uintptr_t program_base(void)
{
	return _r_debug.r_map->l_addr;
}

/* With the library's calls that led to the failure. */
static void tell_wrong(const struct scenario *scenario, const struct plan *plan, const struct round *round)
{
	char command[400];

	printf("WRONG --round %s %s %s %u%s\n%s", scenario->name, call_kinds[plan->call].name, error_name(plan->error), plan->nth,
	       plan->from_there ? " on" : "", round->output);
	size_t used = (size_t)snprintf(command, sizeof command, "addr2line -sfpe /proc/%d/exe", (int)getpid());
	for (uint32_t i = 0; i < injection->frame_count && used + 24 < sizeof command; i++)
		used += (size_t)snprintf(command + used, sizeof command - used, " %#lx",
		                         (unsigned long)(injection->frames[i] - 1 - program_base()));
	fflush(stdout);
	if (injection->frame_count > 0 && system(command) != 0)
		printf("(no addr2line)\n");
	fflush(stdout);
}

static long mapped_at_best; /* when nothing failed: what the process keeps */

/* What is mapped more than that was not given back. (That of messages comes and goes by threads.) */
static void check_mapped(const struct scenario *scenario, const struct plan *plan, struct round *round)
{
	if (plan->nth == 0)
		mapped_at_best = round->mapped;
	if (round->verdict != ROUND_RIGHT || round->mapped <= mapped_at_best || plan->call == CALL_munmap || scenario->own_blocks)
		return;
	round->verdict = ROUND_WRONG;
	snprintf(round->output, sizeof round->output, "%ld bytes of address space are left\n", round->mapped - mapped_at_best);
}

static uint32_t try(const struct scenario *scenario, const struct plan *plan, struct loops *out)
{
	static struct round round;

	if (out->shows)
		fprintf(stderr, "\r\033[K%s: %s %u ", scenario->name, call_kinds[plan->call].name, plan->nth);
	run_round(scenario, plan, &round);
	check_mapped(scenario, plan, &round);
	out->rounds++;
	out->hits += round.hits > 0;
	if (round.hits > 0)
		set_add(&failures, where_it_failed());
	if (round.verdict != ROUND_RIGHT && ++out->wrong <= WRONG_MAX)
		tell_wrong(scenario, plan, &round);
	return round.hits;
}

/* ---------------------------------------------------------------------------------------------------------- one loop -- */

struct record {
	uint32_t count;
	uint8_t chosen[RECORDS_MAX + 2]; /* of the calls, from 1 */
};

static struct record records[CALL_COUNT];

static void choose(struct record *record, const uint64_t *sites)
{
	static uint32_t last[SET_SIZE];
	static struct set seen;

	memset(&seen, 0, sizeof seen);
	memset(last, 0, sizeof last);
	for (uint32_t i = 0; i < record->count && i < RECORDS_MAX; i++) {
		record->chosen[i + 1] = set_add(&seen, sites[i]) || i % STRIDE == STRIDE - 1;
		last[sites[i] % SET_SIZE] = i + 1;
	}
	for (uint32_t i = 0; i < SET_SIZE; i++)
		if (last[i] > 0)
			record->chosen[last[i]] = 1;
}

/* How often what is called when nothing fails. */
static bool record_calls(const struct scenario *scenario, struct loops *out)
{
	uint32_t wrong = out->wrong;

	try(scenario, &(struct plan){ 0 }, out);
	memset(records, 0, sizeof records);
	for (unsigned call = 0; call < CALL_COUNT; call++) {
		records[call].count = injection->count[call] < RECORDS_MAX ? injection->count[call] : RECORDS_MAX;
		for (uint32_t i = 0; i < records[call].count; i++)
			set_add(&places, injection->sites[call][i] ^ (uint64_t)call << 50);
		choose(&records[call], injection->sites[call]);
	}
	return out->wrong == wrong;
}

/* Until it gets by without a failure. What several threads do is not the same each time: so not by less than was seen. */
static void run_loop(const struct scenario *scenario, struct plan plan, struct loops *out)
{
	const struct record *record = &records[plan.call];
	uint32_t missed = 0, most = 2 * record->count + 20;

	for (plan.nth = 1; missed < GOING_ON && plan.nth <= most && out->wrong <= WRONG_MAX; plan.nth++) {
		if (out->brief && (plan.nth > record->count || !record->chosen[plan.nth]))
			continue;
		missed = try(scenario, &plan, out) > 0 || plan.nth <= record->count ? 0 : missed + 1;
	}
}

/* What there is no more of is mostly gone for longer than a moment. */
static bool lasts(enum call call)
{
	switch (call) {
	case ALLOCATION:
	case CALL_pthread_create:
	case CALL_mmap:
	case CALL_mprotect:
	case CALL_socketpair:
	case CALL_eventfd:
	case CALL_epoll_create1:
	case CALL_pidfd_open:
	case CALL_fork:
	case CALL_fopen:
	case CALL_process_vm_readv:
		return true;
	default:
		return false;
	}
}

static void run_call(const struct scenario *scenario, enum call call, struct loops *out)
{
	size_t used = strlen(out->tried);

	if (records[call].count == 0)
		return;
	snprintf(out->tried + used, sizeof out->tried - used, "%s%s %u", used > 0 ? ", " : "", call_kinds[call].name,
	         records[call].count);
	for (const int *error = call_kinds[call].errors; *error != 0; error++) {
		run_loop(scenario, (struct plan){ .call = call, .error = *error }, out);
		if (lasts(call) && *error != SHORT)
			run_loop(scenario, (struct plan){ .call = call, .error = *error, .from_there = true }, out);
	}
}

void run_loops(const struct scenario *scenario, struct loops *out)
{
	memset(&places, 0, sizeof places);
	memset(&failures, 0, sizeof failures);
	out->tried[0] = 0;
	if (!record_calls(scenario, out))
		return;
	for (unsigned call = 0; call < CALL_COUNT; call++)
		run_call(scenario, (enum call)call, out);
	out->sites += places.count;
	out->kinds += failures.count;
	if (out->shows)
		fprintf(stderr, "\r\033[K");
}
