/* SPDX-License-Identifier: MIT */
/* waking.c with two workers and two handlers: shorter, so what hangs on the order of two stores is found sooner. */
#define WORKERS_HERE 2
#define NAME_HERE    "waking_two"
#include "waking.c"
