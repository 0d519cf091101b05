/* SPDX-License-Identifier: MIT */
/* names: the registry as actors see it. */
#ifndef TROUPEI_ACTORS_NAMES_H
#define TROUPEI_ACTORS_NAMES_H

#include "actors/system.h"

/* Name an actor that nobody can reach yet. TROUPE_EINVAL, TROUPE_EEXIST, TROUPE_ENOMEM. */
troupe_status troupei_name_new(struct troupei_system *system, struct cell *cell, troupe_ref ref, const char *name);

/* Take away all names of an actor that has ended. */
void troupei_name_drop_all(struct troupei_system *system, troupe_ref ref);

#endif
