/* SPDX-License-Identifier: MIT */
/* Names: reach an actor by what it does rather than by a reference that was handed on. */
#ifndef TROUPE_REGISTRY_H
#define TROUPE_REGISTRY_H

#include "message.h"

TROUPE_EXTERN_C_BEGIN

#define TROUPE_NAME_SIZE_MAX 63 /* bytes in a name, without the ending 0 */

/** Give a living actor a name in its system, until it ends or the name is taken away. It may have several. A name that it has
 *  already stays: so the init of a supervised actor gives itself one in each life.
 *  @param name  copied; 1 to TROUPE_NAME_SIZE_MAX bytes
 *  @retval TROUPE_EEXIST  another living actor has it                         @retval TROUPE_EGONE  @p actor has ended
 *  @retval TROUPE_EINVAL  an empty or too long name; a reply address          @retval TROUPE_ENOMEM */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_name(troupe_ref actor, const char *name);

/** Find it again: troupe_find(system, "clock", &clock.ref). @retval TROUPE_ENOENT  nobody alive has this name */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_find(troupe_system system, const char *name, troupe_ref *out);

/** Take the name away, whoever has it. @retval TROUPE_ENOENT  nobody has it */
TROUPE_API TROUPE_NODISCARD troupe_status troupe_unname(troupe_system system, const char *name);

TROUPE_EXTERN_C_END
#endif
