/* SPDX-License-Identifier: MIT */
/* Every scenario: what it uses is in its name. */
#ifndef TROUPE_TESTS_FAILURES_SCENES_H
#define TROUPE_TESTS_FAILURES_SCENES_H

/* X(name, own): a function scene_<name>; whether message memory is the library's own: failures.h */
#define SCENES(X)      \
	X(processes, false)   \
	X(process_ends, false) \
	X(supervising, false) \
	X(everybody, false)   \
	X(sending, false)     \
	X(payloads, false)    \
	X(ceiling, false)     \
	X(bounds, false)      \
	X(parking, false)     \
	X(spawning, false)    \
	X(starting, false)    \
	X(topology, false)    \
	X(ending, false)      \
	X(becoming, false)    \
	X(naming, false)      \
	X(watching, false)    \
	X(asking, false)      \
	X(futures, false)     \
	X(deadlock, false)    \
	X(timing, false)      \
	X(groups, false)      \
	X(group_pool, false)  \
	X(pools, false)       \
	X(tasks, false)       \
	X(mapping, false)     \
	X(blocking, false)    \
	X(containing, false)  \
	X(stalling, false)    \
	X(reporting, false)   \
	X(report_on, false)   \
	X(two_workers, false) \
	X(own_blocks, true)

#define SCENE_DECLARED(name, own) void scene_##name(void);
SCENES(SCENE_DECLARED)
#undef SCENE_DECLARED

#endif
