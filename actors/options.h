/* SPDX-License-Identifier: MIT */
/* options: reading an options struct of an older or newer program; and starting a system with more than these say. */
#ifndef TROUPEI_ACTORS_OPTIONS_H
#define TROUPEI_ACTORS_OPTIONS_H

#include "actors/system.h"

/* As troupe_start: in production's environment, or the simulation's. */
troupe_status troupei_system_open(const troupe_options *options, troupe_system *out);

/* The same with checked options, in an environment of the caller's: time and choice are the test's. */
troupe_status troupei_system_start(const troupe_options *options, const struct environment *environment,
                                   troupe_system *out);

#endif
