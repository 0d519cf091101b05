/* SPDX-License-Identifier: MIT */
/* What a failed assertion prints. */
#include "base/check.h"

#include <stdio.h>
#include <stdlib.h>

void troupei_check_failed(const char *file, int line, const char *condition)
{
	fprintf(stderr, "troupe: %s:%d: this does not hold: %s\n", file, line, condition);
	fflush(stderr);
	abort();
}
