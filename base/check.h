/* SPDX-License-Identifier: MIT */
/* Assertions in three levels. Operating errors are returned; a broken invariant or misuse stops the process, with the place.
 *   TROUPEI_ASSERT        always on: what would corrupt memory or lose a message
 *   TROUPEI_DEBUG_ASSERT  with TROUPE_DEBUG: each argument and state, misuse by the caller
 *   TROUPEI_DEBUG_WALK    with TROUPE_DEBUG: a check that walks a whole structure */
#ifndef TROUPEI_BASE_CHECK_H
#define TROUPEI_BASE_CHECK_H

#ifndef TROUPE_DEBUG
#define TROUPE_DEBUG 0
#endif

/* Print the place and the condition to stderr, and abort. */
void troupei_check_failed(const char *file, int line, const char *condition) __attribute__((noreturn, cold));

#define TROUPEI_ASSERT(condition)                                                      \
	do {                                                                           \
		if (__builtin_expect(!(condition), 0))                                 \
			troupei_check_failed(__FILE__, __LINE__, #condition);          \
	} while (0)

#if TROUPE_DEBUG
#define TROUPEI_DEBUG_ASSERT(condition) TROUPEI_ASSERT(condition)
#define TROUPEI_DEBUG_WALK(walk)        TROUPEI_ASSERT(walk)
#else
#define TROUPEI_DEBUG_ASSERT(condition) ((void)sizeof(!(condition)))
#define TROUPEI_DEBUG_WALK(walk)        ((void)sizeof(!(walk)))
#endif

#endif
