/* SPDX-License-Identifier: MIT */
/* Registry: the names of one system's actors. To it an actor is 64 bits; a function tells who is alive. */
#ifndef TROUPEI_ACTORS_REGISTRY_H
#define TROUPEI_ACTORS_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "troupe/status.h"

struct registry;

/* Is there still an actor behind this reference? Called with a lock of the registry held: it must not call
 * the registry. */
typedef bool troupei_registry_alive(uint64_t ref_bits);

/* All of these from any thread, save destroy: from the last one that knows the registry. */

struct registry *troupei_registry_create(void); /* NULL: no memory */
void troupei_registry_destroy(struct registry *registry);

/** Give @p ref_bits, not 0, one more name, copied. One of an actor that is not alive any more is taken
 *  over; one that it has itself stays. An actor that ends while this runs may keep the name: who cannot
 *  rule that out looks afterwards and calls remove_actor again.
 *  @retval TROUPE_EINVAL  not 1 to TROUPE_NAME_SIZE_MAX bytes    \
 *  @retval TROUPE_EEXIST  another living actor has it            > nothing has changed
 *  @retval TROUPE_ENOMEM                                         / */
TROUPE_NODISCARD troupe_status troupei_registry_add(struct registry *registry, const char *name,
                                                    uint64_t ref_bits, troupei_registry_alive *alive);

/** Who has this name, alive or not. @retval TROUPE_ENOENT  nobody; *ref_bits is untouched */
TROUPE_NODISCARD troupe_status troupei_registry_find(struct registry *registry, const char *name,
                                                     uint64_t *ref_bits);

/** Take the name away, whoever has it. @retval TROUPE_ENOENT  nobody has it */
TROUPE_NODISCARD troupe_status troupei_registry_remove(struct registry *registry, const char *name);

/** Take all of its names away: those whose add had returned before this was called, save what another
 *  thread's call for the same actor is just taking. Needs no memory, and time for its own names only. */
void troupei_registry_remove_actor(struct registry *registry, uint64_t ref_bits);

/** How many names there are. */
size_t troupei_registry_count(struct registry *registry);

#endif
