/* SPDX-License-Identifier: MIT */
/* The way out of a turn. The way in, once for each worker: troupei_worker_main. */
#include "scheduler/worker.h"

void troupei_worker_escape(struct worker *worker)
{
	siglongjmp(worker->top, 1);
}
