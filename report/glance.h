/* SPDX-License-Identifier: MIT */
/* glance: copying memory that may be freed, rewritten or unmapped meanwhile, because it is somebody else's who is not stopped.
 *   G1  It never faults: the kernel copies, and says so when it cannot. What has been copied may be torn or another's by now: who
 *       glances compares something afterwards that would have changed, and takes every number and pointer for what it may be. */
#ifndef TROUPEI_REPORT_GLANCE_H
#define TROUPEI_REPORT_GLANCE_H

#include <stdbool.h>
#include <stddef.h>

/* False: not all of it could be read. */
bool troupei_glance(void *to, const void *from, size_t size);

/* The string there, as much as @p size has room for; "" if it cannot be read. */
void troupei_glance_text(char *to, size_t size, const char *from);

#endif
