/* SPDX-License-Identifier: MIT */
/* Every cause of a crash, made on purpose. */
#ifndef STRESS_FAULT_H
#define STRESS_FAULT_H

#define FAULTS 5u

/** Crash, in way @p which of FAULTS. Comes back only where the machine has no such fault. */
void fault_make(unsigned which);

#endif
