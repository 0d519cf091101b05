/* SPDX-License-Identifier: MIT */
/* Version, visibility, units of time: what every other header needs. */
#ifndef TROUPE_BASICS_H
#define TROUPE_BASICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define TROUPE_EXTERN_C_BEGIN extern "C" {
#define TROUPE_EXTERN_C_END   }
#else
#define TROUPE_EXTERN_C_BEGIN
#define TROUPE_EXTERN_C_END
#endif

/* 0.1.0: major * 10000 + minor * 100 + patch. Before 1.0 the binary interface may change with the minor number. */
#define TROUPE_VERSION 100

#define TROUPE_API       __attribute__((visibility("default")))
#define TROUPE_NODISCARD __attribute__((warn_unused_result))
#define TROUPE_NORETURN  __attribute__((noreturn))

/* Durations are int64_t nanoseconds: 5 * TROUPE_MS. */
#define TROUPE_US INT64_C(1000)
#define TROUPE_MS INT64_C(1000000)
#define TROUPE_S  INT64_C(1000000000)

/** TROUPE_OPTIONS(type, .field = value, ...): a pointer to an options struct whose struct_size is filled in, so that a newer
 *  library can serve an older program. A struct_size of 0 is TROUPE_EINVAL. C only. */
#define TROUPE_OPTIONS(type, ...) (&(type){ .struct_size = sizeof(type), __VA_ARGS__ })

#endif
