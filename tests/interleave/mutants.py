# SPDX-License-Identifier: MIT
"""What each scenario is made of, which constants are shrunk, and the faults that are seeded: the real files with one text exchanged.
A text that is not there exactly once is an error, so none of this goes stale unseen."""

# file, text, what is put there: so that the edges of a ring, a batch, a slab are reached within a few steps.
CONSTANTS = [
    ("scheduler/worker.h", "RING_CAPACITY = 4096,", "RING_CAPACITY = 4,"),
    ("scheduler/worker.h", "FRESH_THRESHOLD = 64,", "FRESH_THRESHOLD = 2,"),
    ("scheduler/worker.h", "LIFO_STREAK_MAX = 4,", "LIFO_STREAK_MAX = 1,"),
    ("scheduler/worker.h", "LIFO_STREAK_ALONE = 16,", "LIFO_STREAK_ALONE = 2,"),
    ("scheduler/worker.h", "AGING_TURNS = 128,", "AGING_TURNS = 2,"),
    ("scheduler/worker.h", "INJECT_TURNS = 64,", "INJECT_TURNS = 4,"),
    ("scheduler/worker.h", "BALANCE_TURNS = 1024,", "BALANCE_TURNS = 8,"),
    ("scheduler/worker.c", "SEARCH_ROUNDS = 200, INJECT_BATCH = 64", "SEARCH_ROUNDS = 1, INJECT_BATCH = 2"),
    ("scheduler/steal.c", "BALANCE_MIN = 8, LOOKS_AT_ONE = 32", "BALANCE_MIN = 2, LOOKS_AT_ONE = 1"),
    ("scheduler/steal.c", "i < 32", "i < 1"),
    ("scheduler/steal.c", "spin < 8", "spin < 1"),
    ("scheduler/idle_set.h", "IDLE_WORDS = 4,", "IDLE_WORDS = 1,"),
    ("scheduler/inject_queue.c", "size_t capacity = 1024;", "size_t capacity = 8;"),
    ("base/depot.c", "SLAB_SIZE = 2 << 20,", "SLAB_SIZE = 1024,"),
    ("base/depot.c", "CUT_AT_ONCE = 64,", "CUT_AT_ONCE = 2,"),
    ("base/depot.c", "SLABS_KEPT = 2,", "SLABS_KEPT = 0,"),
    ("base/depot.c", "SURPLUS_BYTES = 8 << 20,", "SURPLUS_BYTES = 256,"),
    ("base/memory.c", "return class < 4 ? 256u >> class : 16;", "return 2;"),
    ("actors/slots.h", "#define SLOTS_MAX  (UINT32_C(1) << 27)", "#define SLOTS_MAX  UINT32_C(64)"),
    ("actors/slots.h", "#define SLOT_CHUNK UINT32_C(1024)", "#define SLOT_CHUNK UINT32_C(4)"),
    ("actors/slots.c", "CHAIN = 512", "CHAIN = 1"),
]

SCHEDULER = ["scheduler/worker.c", "scheduler/park.c", "scheduler/steal.c", "scheduler/idle_set.c", "scheduler/inject_queue.c",
             "scheduler/parker.c", "scheduler/scheduler.c", "scheduler/fresh_stack.c", "scheduler/timers.c",
             "scheduler/timer_wheel.c", "scheduler/pace.c", "scheduler/spare.c", "scheduler/drain.c"]
BLOCKS = ["tests/interleave/blocks.c", "base/threads.c"]

SCENARIOS = {
    "handoff": ["mailbox/mailbox.c"],
    "closing": ["mailbox/mailbox.c"],
    "chunks": ["mailbox/mailbox.c", "mailbox/chunk.c", "mailbox/envelope.c", "mailbox/payload.c", "base/callback.c", "actors/flood.c", "actors/send.c"]
              + BLOCKS,
    "parking": ["scheduler/parker.c", "base/threads.c"],
    "injection": SCHEDULER + BLOCKS,
    "stealing": SCHEDULER + BLOCKS,
    "outside": SCHEDULER + BLOCKS,
    "waking": SCHEDULER + BLOCKS,
    "waking_two": SCHEDULER + BLOCKS,
    "watching": SCHEDULER + BLOCKS,
    "apart": SCHEDULER + BLOCKS,
    "spares": SCHEDULER + BLOCKS,
    "depot": ["base/memory.c"],
    "gate": ["base/threads.c"],
    "slots": ["actors/slots.c", "mailbox/mailbox.c"],
}

CAS = "troupei_cas_acqrel_ptr(&mailbox->head, "
NO_RELEASE = "({ bool done_ = ck_pr_cas_ptr_value(&mailbox->head, %s); ck_pr_fence_acquire(); done_; })"
NO_ACQUIRE = "(ck_pr_fence_release(), ck_pr_cas_ptr_value(&mailbox->head, %s))"
MAILBOX = "mailbox/mailbox.h"

# scenario, name, file, text, what is put there. A name that begins with an ordering in capitals weakens that one.
MUTANTS = [
    # -- the mailbox
    ("handoff", "PUSH.cas-no-release", MAILBOX, CAS + "head, envelope, &seen)", NO_RELEASE % "head, envelope, &seen"),
    ("handoff", "PUSH.cas-no-acquire", MAILBOX, CAS + "head, envelope, &seen)", NO_ACQUIRE % "head, envelope, &seen"),
    ("handoff", "POKE.cas-no-acquire", MAILBOX, CAS + "MAILBOX_IDLE, NULL, &seen)", NO_ACQUIRE % "MAILBOX_IDLE, NULL, &seen"),
    ("handoff", "TAKE.swap-no-acquire", MAILBOX, "troupei_swap_acqrel_ptr(&mailbox->head, NULL));",
     "(ck_pr_fence_release(), ck_pr_fas_ptr(&mailbox->head, NULL)));"),
    ("handoff", "PEEK.load-no-acquire", MAILBOX, "troupei_load_acquire_ptr(&mailbox->head)", "troupei_load_relaxed_ptr(&mailbox->head)"),
    ("handoff", "FINISH.cas-no-release", MAILBOX, CAS + "peeked, MAILBOX_IDLE, &seen)", NO_RELEASE % "peeked, MAILBOX_IDLE, &seen"),
    ("handoff", "IDLE.cas-no-release", MAILBOX, CAS + "NULL, MAILBOX_IDLE, &seen)", NO_RELEASE % "NULL, MAILBOX_IDLE, &seen"),
    ("handoff", "BEHIND.swap-no-acquire", "mailbox/mailbox.c", "troupei_swap_acqrel_ptr(&mailbox->head, NULL)",
     "(ck_pr_fence_release(), ck_pr_fas_ptr(&mailbox->head, NULL))"),
    ("handoff", "idle-without-second-look", MAILBOX, "return " + CAS + "NULL, MAILBOX_IDLE, &seen);",
     "(void)seen; troupei_store_release_ptr(&mailbox->head, MAILBOX_IDLE); return true;"),
    ("handoff", "finish-by-plain-store", MAILBOX, "return " + CAS + "peeked, MAILBOX_IDLE, &seen);",
     "seen = troupei_load_relaxed_ptr(&mailbox->head); if (seen != peeked) return false;"
     " troupei_store_release_ptr(&mailbox->head, MAILBOX_IDLE); return true;"),
    ("handoff", "take-in-two-steps", MAILBOX, "troupei_mailbox_join(&mailbox->tail, troupei_swap_acqrel_ptr(&mailbox->head, NULL));",
     "void *batch = troupei_load_acquire_ptr(&mailbox->head); troupei_store_release_ptr(&mailbox->head, NULL);"
     " troupei_mailbox_join(&mailbox->tail, batch);"),
    ("handoff", "push-by-plain-store", MAILBOX, "if (troupei_likely(" + CAS + "head, envelope, &seen)))",
     "if ((seen = troupei_load_relaxed_ptr(&mailbox->head)) == head &&"
     " (troupei_store_release_ptr(&mailbox->head, envelope), true))"),
    ("handoff", "woken-from-an-old-look", MAILBOX, "		head = seen;\n", "		head = seen == MAILBOX_IDLE ? NULL : seen;\n"),
    ("handoff", "batch-not-turned-round", MAILBOX, "			batch->next = user;\n			user = batch;",
     "			batch->next = NULL; if (user == NULL) user = batch; else user_last->next = batch; user_last = batch;"),
    ("handoff", "behind-loses-the-newest", "mailbox/mailbox.c", "	troupei_mailbox_join(&mailbox->tail, batch);",
     "	if (batch->next != NULL) troupei_mailbox_join(&mailbox->tail, batch->next);"),
    ("closing", "CLOSE.swap-no-acquire", MAILBOX, "troupei_swap_acqrel_ptr(&mailbox->head, MAILBOX_CLOSED)",
     "(ck_pr_fence_release(), ck_pr_fas_ptr(&mailbox->head, MAILBOX_CLOSED))"),
    ("closing", "close-in-two-steps", MAILBOX, "= troupei_swap_acqrel_ptr(&mailbox->head, MAILBOX_CLOSED);",
     "= troupei_load_acquire_ptr(&mailbox->head); troupei_store_release_ptr(&mailbox->head, MAILBOX_CLOSED);"),
    ("closing", "close-drops-the-batch", MAILBOX, "	if (troupei_mailbox_head_waits(batch))\n", "	if (batch == NULL)\n"),
    ("closing", "refusal-looked-at-once", MAILBOX, "		head = seen;\n", "		head = troupei_mailbox_refuses(seen) ? NULL : seen;\n"),
    # -- chunks
    ("chunks", "APPEND.cas-no-release", "mailbox/chunk.h", "	ck_pr_fence_release();\n", ""),
    ("chunks", "SEAL.add-no-acquire", "mailbox/chunk.h", "troupei_add_full_32(&chunk->state, CHUNK_SEALED)",
     "ck_pr_faa_32(&chunk->state, CHUNK_SEALED)"),
    ("chunks", "K1-append-by-plain-store", "mailbox/chunk.h", "return ck_pr_cas_32(&chunk->state, state, state + 1);",
     "troupei_store_relaxed_32(&chunk->state, state + 1); return true;"),
    ("chunks", "K1-counted-without-seal", "mailbox/chunk.h", "troupei_add_full_32(&chunk->state, CHUNK_SEALED)",
     "troupei_load_acquire_32(&chunk->state)"),
    ("chunks", "K2-appends-behind-others", "actors/flood.h", "troupei_load_relaxed_ptr(&cell->mailbox.head) == &chunk->envelope &&",
     "troupei_load_relaxed_ptr(&cell->mailbox.head) != NULL &&"),
    ("chunks", "K4-first-of-two-frees", "mailbox/chunk.c", "release(chunk, CHUNK_OWNER_DONE, CHUNK_WRITER_GONE);",
     "release(chunk, CHUNK_OWNER_DONE, CHUNK_SEALED);"),
    ("chunks", "K4-nobody-frees", "mailbox/chunk.c", "if (troupei_add_full_32(&chunk->state, mine) & theirs)",
     "if ((troupei_load_acquire_32(&chunk->state) & theirs) || (troupei_add_full_32(&chunk->state, mine), false))"),
    ("chunks", "RELEASE.add-relaxed", "mailbox/chunk.c", "troupei_add_full_32(&chunk->state, mine)", "ck_pr_faa_32(&chunk->state, mine)"),
    ("chunks", "chunk-pushed-no-release", "actors/flood.c", "!troupei_cas_acqrel_ptr(&cell->mailbox.head, head, chunk, &seen)",
     "!ck_pr_cas_ptr_value(&cell->mailbox.head, head, chunk, &seen)"),
    # -- parking
    ("parking", "wake-by-load-and-store", "scheduler/parker.c", "	ck_ec32_add(&parker->event, &parker->mode, 1);",
     "	uint32_t v = ck_pr_load_32(&parker->event.counter); ck_pr_fence_release();"
     " ck_pr_store_32(&parker->event.counter, (v + 1) & 0x7fffffff); if (v >> 31) wake32(&parker->ops, &parker->event.counter);"),
    ("parking", "WAKE.add-no-release", "scheduler/parker.c", "	ck_ec32_add(&parker->event, &parker->mode, 1);",
     "	if (ck_pr_faa_32(&parker->event.counter, 1) >> 31) ck_ec32_wake(&parker->event, &parker->ops);"),
    ("parking", "ticket-no-acquire", "scheduler/parker.c", "	return ck_ec32_value(&parker->event);",
     "	return ck_pr_load_32(&parker->event.counter) & 0x7fffffff;"),
    ("parking", "a-cleared-flag-is-a-wake-up", "scheduler/parker.c", "		if (ck_ec32_value(&parker->event) != ticket)\n			return true;",
     "		return true;"),
    ("parking", "sleep-without-look", "scheduler/parker.c", "	syscall(SYS_futex, address, FUTEX_WAIT_BITSET_PRIVATE, expected,",
     "	syscall(SYS_futex, address, FUTEX_WAIT_BITSET_PRIVATE, ck_pr_load_32(address),"),
    ("parking", "wakes-another-word", "scheduler/parker.c", "	syscall(SYS_futex, address, FUTEX_WAKE_PRIVATE,", "	syscall(SYS_futex, address + 1, FUTEX_WAKE_PRIVATE,"),
    # -- the scheduler: work from outside, quiet, stop
    ("outside", "S1-inject-no-fence", "scheduler/scheduler.c", "	troupei_fence_full(); /* S1 */\n	if", "	if"),
    ("outside", "S1-inject-looks-first", "scheduler/scheduler.c",
     "	troupei_inject_queue_push(&scheduler->inject, runnable);\n	troupei_fence_full(); /* S1 */\n	if (troupei_idle_set_should_wake(&scheduler->idle))",
     "	bool wakes = troupei_idle_set_should_wake(&scheduler->idle);\n	troupei_inject_queue_push(&scheduler->inject, runnable);\n	if (wakes)"),
    ("outside", "S2-looks-before-it-joins", "scheduler/park.c",
     "	troupei_idle_set_join(&scheduler->idle, worker->index);\n	if (!sees_work(worker)) {",
     "	bool sees = sees_work(worker);\n	troupei_idle_set_join(&scheduler->idle, worker->index);\n	if (!sees) {"),
    ("outside", "S2-joins-by-plain-store", "scheduler/idle_set.c",
     "	ck_pr_or_64(&set->words[index / 64], UINT64_C(1) << index % 64);\n	troupei_fence_full(); /* S2: before the caller looks for work */",
     "	troupei_store_relaxed_64(&set->words[index / 64], troupei_load_relaxed_64(&set->words[index / 64]) | UINT64_C(1) << index % 64);"),
    ("outside", "S2-ticket-after-the-look", "scheduler/park.c", "		sleep_until(worker, ticket, deadline);",
     "		sleep_until(worker, troupei_parker_ticket(&worker->parker), deadline);"),
    ("injection", "S5-takes-before-it-leaves", "scheduler/park.c", "	troupei_idle_set_leave(&scheduler->idle, worker->index);\n", ""),
    ("injection", "park-counted-after-the-bit", "scheduler/park.c",
     "	troupei_count_own_64(&worker->parks, 1); /* before the bit: troupei_scheduler_is_quiet */\n	troupei_idle_set_join(&scheduler->idle, worker->index);",
     "	troupei_idle_set_join(&scheduler->idle, worker->index);\n	troupei_count_own_64(&worker->parks, 1);"),
    ("injection", "settled-told-without-lock", "scheduler/scheduler.c",
     "	pthread_mutex_lock(&scheduler->settle_lock);\n	troupei_cond_broadcast(&scheduler->settled);\n	pthread_mutex_unlock(&scheduler->settle_lock);",
     "	troupei_cond_broadcast(&scheduler->settled);"),
    ("injection", "waiter-counted-by-plain-store", "scheduler/scheduler.c", "	troupei_add_full_32(&scheduler->settle_waiters, 1);",
     "	troupei_store_relaxed_32(&scheduler->settle_waiters, 1);"),
    ("injection", "stop-said-after-the-wake-up", "scheduler/scheduler.c",
     "	troupei_store_release_32(&scheduler->stop, 1); /* STOP.store, before anybody is woken by WAKE.add, which is full */\n"
     "	troupei_fence_full();\n	for (uint32_t i = 0; i < troupei_scheduler_workers(scheduler); i++) {",
     "	for (uint32_t i = 0; i <= troupei_scheduler_workers(scheduler); i++) {\n"
     "		if (i == troupei_scheduler_workers(scheduler)) { troupei_store_release_32(&scheduler->stop, 1); break; }"),
    ("injection", "inject-without-lock", "scheduler/inject_queue.c",
     "	pthread_mutex_lock(&queue->lock);\n	for (; n < max", "	for (; n < max"),
    # -- stealing
    ("stealing", "steals-as-the-only-thief", "scheduler/steal.c", "	if (!ck_ring_dequeue_spmc(&victim->ring, victim->buffer, &runnable))",
     "	if (!ck_ring_dequeue_spsc(&victim->ring, victim->buffer, &runnable))"),
    ("stealing", "owner-takes-as-the-only-one", "scheduler/worker.c",
     "	return ck_ring_dequeue_spmc(&worker->ring, worker->buffer, &runnable) ? runnable : NULL;",
     "	return ck_ring_dequeue_spsc(&worker->ring, worker->buffer, &runnable) ? runnable : NULL;"),
    ("stealing", "overflow-is-dropped", "scheduler/worker.c",
     "	if (!ring_push(worker, runnable))\n		troupei_inject_queue_push(&worker->scheduler->inject, runnable);\n	if (worker->streak",
     "	ring_push(worker, runnable);\n	if (worker->streak"),
    ("stealing", "thief-puts-into-the-victims-ring", "scheduler/steal.c", "		ck_ring_enqueue_spmc(&worker->ring, worker->buffer, runnable);",
     "		ck_ring_enqueue_spmc(&victim->ring, victim->buffer, runnable);"),
    # -- who is woken
    ("waking_two", "S1-ring-no-fence", "scheduler/worker.c", "	troupei_fence_full(); /* S1 */\n", ""),
    ("waking", "S1-ring-wakes-nobody", "scheduler/worker.c", "	if (troupei_idle_set_should_wake(&scheduler->idle))\n		troupei_scheduler_wake_one(scheduler);",
     "	(void)scheduler;"),
    ("waking", "S3-last-searcher-wakes-nobody", "scheduler/worker.c", "	if (troupei_idle_set_search_end(&scheduler->idle) && runnable != NULL)",
     "	if (troupei_idle_set_search_end(&scheduler->idle) && runnable == worker->lifo)"),
    ("waking", "S3-searchers-by-load-and-store", "scheduler/idle_set.c", "	troupei_add_full_32(&set->searching, 1);",
     "	troupei_store_relaxed_32(&set->searching, searching + 1);"),
    ("waking", "S2-joins-before-it-stops-to-search", "scheduler/worker.c",
     "	if (troupei_idle_set_search_end(&scheduler->idle) && runnable != NULL)\n		wake_for_ring(worker);",
     "	if (runnable == NULL) troupei_worker_park(worker);\n	if (troupei_idle_set_search_end(&scheduler->idle) && runnable != NULL)\n		wake_for_ring(worker);"),
    ("injection", "S4-bit-cleared-by-plain-store", "scheduler/idle_set.c",
     "		if (troupei_cas_acqrel_64(word, bits, bits & ~(UINT64_C(1) << bit), &seen)) /* S4 */",
     "		troupei_store_relaxed_64(word, bits & ~(UINT64_C(1) << bit)); seen = bits; if (seen)"),
    ("waking", "F4-publishes-nothing", "scheduler/worker.c", "	worker->lifo = NULL;\n	troupei_worker_queue(worker, runnable);\n}\n\nbool", "}\n\nbool"),
    # -- the watchdog
    ("watching", "W.dekker-watcher-no-fence", "actors/watchdog.c", "	troupei_fence_full(); /* W.dekker in park.c */\n", ""),
    ("watching", "W.dekker-watcher-looks-first", "actors/watchdog.c",
     "	troupei_store_relaxed_32(&scheduler->watcher_sleeps, 1);\n	troupei_fence_full(); /* W.dekker in park.c */\n	if (nobody_runs(system)",
     "	bool nobody = nobody_runs(system);\n	troupei_store_relaxed_32(&scheduler->watcher_sleeps, 1);\n	troupei_fence_full();\n	if (nobody"),
    ("watching", "watcher-ticket-too-late", "actors/watchdog.c",
     "		troupei_parker_sleep(&scheduler->watcher, ticket, INT64_MAX);\n	troupei_store_relaxed_32(&scheduler->watcher_sleeps, 0);",
     "		troupei_parker_sleep(&scheduler->watcher, troupei_parker_ticket(&scheduler->watcher), INT64_MAX);\n	troupei_store_relaxed_32(&scheduler->watcher_sleeps, 0);"),
    # -- threads apart, and spares
    ("apart", "apart-not-counted", "scheduler/scheduler.c", "	troupei_add_full_32(&scheduler->apart, 1);", "	(void)scheduler;"),
    ("apart", "APART.add-tells-nobody", "scheduler/scheduler.c",
     "	if (troupei_add_full_32(&scheduler->apart, (uint32_t)-1) == 1)\n		troupei_scheduler_notify_settled(scheduler);",
     "	troupei_add_full_32(&scheduler->apart, (uint32_t)-1);"),
    ("apart", "apart-counted-by-plain-store", "scheduler/scheduler.c", "	if (troupei_add_full_32(&scheduler->apart, (uint32_t)-1) == 1)",
     "	uint32_t left = troupei_load_relaxed_32(&scheduler->apart);\n	troupei_store_relaxed_32(&scheduler->apart, left - 1);\n	if (left == 1)"),
    ("spares", "P4-lifo-stays", "scheduler/spare.c", "	if (lifo != NULL)\n		give_away(worker, lifo);", "	worker->lifo = lifo;"),
    ("spares", "STOP.store-not-looked-at", "scheduler/spare.c",
     "		if (troupei_load_acquire_32(&scheduler->stop) != 0)\n			return false;\n		if (!is_resting",
     "		if (!is_resting"),
    ("spares", "COUNT.store-no-release", "scheduler/spare.c", "	troupei_store_release_32(&scheduler->worker_count, index + 1);",
     "	troupei_store_relaxed_32(&scheduler->worker_count, index + 1);"),
    ("spares", "COUNT.store-before-the-spare", "scheduler/spare.c",
     "	troupei_store_release_ptr(&scheduler->workers[index], spare);",
     "	troupei_store_release_32(&scheduler->worker_count, index + 1);\n	troupei_store_release_ptr(&scheduler->workers[index], spare);"),
    # -- the depot
    ("depot", "put-without-lock", "base/depot.c", "	pthread_mutex_lock(&depot->lock);\n	list->next_magazine", "	list->next_magazine"),
    ("depot", "M3-slab-leaves-too-early", "base/depot.c", "	return slab->in_depot == blocks_per_slab(class);", "	return slab->in_depot + 1 >= blocks_per_slab(class);"),
    ("depot", "M3-blocks-of-a-slab-stay", "base/depot.c", "			if (slab_leaves(slab_of(block), class))\n				continue;\n", ""),
    ("depot", "M1-full-magazine-forgotten", "base/memory.c",
     "	if (cache->previous != NULL)\n		troupei_depot_put(class, cache->previous, cache->previous_count);\n	cache->previous = cache->list;",
     "	cache->previous = cache->list;"),
    ("depot", "M1-magazine-stays-in-the-depot", "base/depot.c", "		depot->magazines = list->next_magazine;\n", ""),
    ("depot", "M2-trim-without-lock", "base/depot.c", "		pthread_mutex_lock(&depot->lock);\n		if (depot_has_surplus", "		if (depot_has_surplus"),
    # -- the gate
    ("gate", "G1-looks-before-it-counts", "actors/gate.c",
     "	troupei_add_full_64(&gate->inside[pass->count], 1); /* G1 */\n	struct troupei_system *system = troupei_load_acquire_ptr(&gate->system);",
     "	struct troupei_system *system = troupei_load_acquire_ptr(&gate->system);\n	troupei_add_full_64(&gate->inside[pass->count], 1);"),
    ("gate", "G1-counts-by-plain-store", "actors/gate.c", "	troupei_add_full_64(&gate->inside[pass->count], 1); /* G1 */",
     "	troupei_store_release_64(&gate->inside[pass->count], troupei_load_relaxed_64(&gate->inside[pass->count]) + 1);"),
    ("gate", "G1-acquire-dropped", "actors/gate.c", "= troupei_load_acquire_ptr(&gate->system);", "= troupei_load_relaxed_ptr(&gate->system);"),
    ("gate", "G2-turned-by-plain-store", "actors/gate.c", "troupei_add_full_32(&gate->epoch, 1);",
     "troupei_load_relaxed_32(&gate->epoch); troupei_store_relaxed_32(&gate->epoch, old + 1);"),
    ("gate", "G2-wait-no-acquire", "actors/gate.c", "troupei_load_acquire_64(count) != 0", "troupei_load_relaxed_64(count) != 0"),
    ("gate", "G2-leave-no-release", "actors/gate.c", "	troupei_add_full_64(&gates[pass->id].inside[pass->count], (uint64_t)-1);",
     "	ck_pr_faa_64(&gates[pass->id].inside[pass->count], (uint64_t)-1);"),
    ("gate", "G2-does-not-wait", "actors/gate.c", "	troupei_gate_flush(id);\n}", "}"),
    ("gate", "G3-turns-once", "actors/gate.c", "turn < 2", "turn < 1"),
    ("gate", "OPEN.store-no-release", "actors/gate.c", "	troupei_store_release_ptr(&gates[id].system, system);", "	troupei_store_relaxed_ptr(&gates[id].system, system);"),
    # -- cells
    ("slots", "C2-generation-stays", "actors/slots.h", "	troupei_store_release_32(&cell->generation, cell->generation + 1);\n}\n\n/* Give", "	(void)cell;\n}\n\n/* Give"),
    ("slots", "C4-cell-begins-open", "actors/slots.c", "		troupei_store_relaxed_ptr(&cell->mailbox.head, MAILBOX_CLOSED);\n", ""),
    ("slots", "chain-taken-without-lock", "actors/slots.c",
     "		pthread_mutex_lock(&pool->lock);\n		chain_use(cache, chain_get(pool));", "		chain_use(cache, chain_get(pool));"),
    ("slots", "chain-stays-in-the-pool", "actors/slots.c", "		troupei_store_relaxed_ptr(&pool->chains, chain->extra);", "		(void)pool;"),
    ("slots", "chunk-taken-without-lock", "actors/slots.c",
     "	pthread_mutex_lock(&chunk_lock);\n	for (chunk = chunk_hint;", "	for (chunk = chunk_hint;"),
]

# Seeded, and deep: what must come together is so rare that the bound of the others does not do. Looked for in the long run only.
LATER = [
    ("injection", "quiet-without-queues", "scheduler/scheduler.c", "!= 0 || troupei_scheduler_has_queued(scheduler))", "!= 0)"),
    ("watching", "W.dekker-worker-looks-first", "scheduler/park.c",
     "	troupei_idle_set_leave(&scheduler->idle, worker->index);\n",
     "	bool watched = troupei_load_relaxed_32(&scheduler->watcher_sleeps) != 0;\n	troupei_idle_set_leave(&scheduler->idle, worker->index);\n	if (!watched) return;\n"),
    ("injection", "quiet-after-one-look", "scheduler/scheduler.c",
     "	return troupei_idle_set_all(&scheduler->idle, troupei_scheduler_workers(scheduler)) && parks(scheduler) == before;",
     "	(void)before; return true;"),
]

# Seeded, and harmless as far as is known: another rule does the same work.
#   S4            the woken one leaves the sleepers itself when it finds work, and wakes the next (S3)
#   APART.add     the second look at the bits sees what the first missed
#   quiet, parks  nobody holds work while all bits are set (S5): the second look would do where nobody injects meanwhile
#   P2            expose, a few lines before, has woken one already
#   rest-tells    the wake-up before it makes another worker park once more, which tells
TWICE = [
    ("injection", "quiet-without-parks", "scheduler/scheduler.c", " && parks(scheduler) == before;", " && before + 1 > 0;"),
    ("waking", "S4-the-same-sleeper-twice", "scheduler/idle_set.c",
     "		if (troupei_cas_acqrel_64(word, bits, bits & ~(UINT64_C(1) << bit), &seen)) /* S4 */", "		seen = bits; if (seen)"),
    ("apart", "APART.add-after-it-is-said", "scheduler/scheduler.c",
     "	if (troupei_load_acquire_32(&scheduler->apart) != 0 || troupei_scheduler_has_queued(scheduler))",
     "	if (troupei_scheduler_has_queued(scheduler) || troupei_load_acquire_32(&scheduler->apart) != 0)"),
    ("spares", "P2-rest-wakes-nobody", "scheduler/spare.c",
     "	troupei_scheduler_wake_one(scheduler);\n	troupei_scheduler_notify_settled(scheduler);\n	for", "	troupei_scheduler_notify_settled(scheduler);\n	for"),
    ("spares", "rest-tells-nobody", "scheduler/spare.c",
     "	troupei_scheduler_wake_one(scheduler);\n	troupei_scheduler_notify_settled(scheduler);\n	for", "	troupei_scheduler_wake_one(scheduler);\n	for"),
]

# Seeded, and not to be found here: an ordering that x86-TSO has for free, and that no plain access hangs on. Each is one for the
# models of weak memory. They are built and run all the same: one that is found has been misunderstood.
BEYOND = [
    ("outside", "S2-join-no-fence", "scheduler/idle_set.c", "	troupei_fence_full(); /* S2: before the caller looks for work */\n", ""),
    ("injection", "S5-leave-no-fence", "scheduler/idle_set.c", "	troupei_fence_full(); /* S5: before the caller takes work */\n", ""),
    ("gate", "G2-flush-relaxed-add", "actors/gate.c", "troupei_add_full_32(&gate->epoch, 1);", "ck_pr_faa_32(&gate->epoch, 1);"),
    ("gate", "G1-relaxed-add", "actors/gate.c", "	troupei_add_full_64(&gate->inside[pass->count], 1); /* G1 */", "	ck_pr_faa_64(&gate->inside[pass->count], 1);"),
]
