/* SPDX-License-Identifier: MIT */
/* The only door to Concurrency Kit (0.7.1 as Debian 12 ships it, and newer).
 *
 * Used:    ck_pr (atomic operations), ck_ring in its SPMC form (run queues), ck_ec32 with many producers (parking).
 * Shape:   a mailbox is ck_stack's push_upmc / batch_pop_upmc with sentinels in the head word: see mailbox/mailbox.h.
 * Refused: ck_fifo_mpmc (0.7.1 may say "empty" when it is not: fixed upstream by e78c421), ck_stack_batch_pop_mpmc mixed with
 *          pop_mpmc (ABA), ck_ring's MPMC enqueue (not lock-free), ck_ec_inc (inline assembly that sanitizers do not see;
 *          we call ck_ec_add), ck_hp_fifo, ck_ht (faults fixed after 0.7.1).
 * Not x86: 0.7.1 lacks fences in ck_ring off x86; there, build against a CK from 2026-06-11 or later. */
#ifndef TROUPEI_BASE_CK_H
#define TROUPEI_BASE_CK_H

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wundef"
#pragma GCC diagnostic ignored "-Wshadow"
#include <ck_ec.h>
#include <ck_pr.h>
#include <ck_ring.h>
#pragma GCC diagnostic pop

#endif
