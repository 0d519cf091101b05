/* SPDX-License-Identifier: MIT */
/* What a plain thread does: send, make actors, ask and block. */
#include "micro.h"

void micro_thread_flood(struct micro_run *run)
{
	micro_actor to;

	troupe_must(troupe_spawn(run->system, &micro_sink, &(struct micro_sink){ .run = run, .left = run->n }, &to.ref));
	micro_begin(run);
	for (uint64_t i = 0; i < run->n; i++)
		micro_must(troupe_send(to, MICRO_VALUE, .value = i));
	micro_end(run);
}

void micro_thread_spawn(struct micro_run *run)
{
	troupe_ref actor;

	run->began_ns = micro_now();
	for (uint64_t i = 0; i < run->n; i++) {
		micro_must(troupe_spawn(run->system, &micro_sink, NULL, &actor));
		micro_must(troupe_stop(actor));
	}
	troupe_must(troupe_settle(run->system, 0));
	run->ns = (double)(micro_now() - run->began_ns);
}

void micro_thread_call(struct micro_run *run)
{
	struct micro_value got;
	micro_actor whom;

	troupe_must(troupe_spawn(run->system, &micro_oracle, NULL, &whom.ref));
	run->began_ns = micro_now();
	for (uint64_t i = 0; i < run->n; i++)
		micro_must(troupe_call(whom, MICRO_ASK, MICRO_VALUE, &got, 0, 0));
	run->ns = (double)(micro_now() - run->began_ns);
}
