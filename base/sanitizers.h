/* SPDX-License-Identifier: MIT */
/* sanitizers: which one is this built with? gcc says so by a macro, clang by a feature. */
#ifndef TROUPEI_BASE_SANITIZERS_H
#define TROUPEI_BASE_SANITIZERS_H

#if defined(__has_feature)
#define TROUPEI_HAS_FEATURE(f) __has_feature(f)
#else
#define TROUPEI_HAS_FEATURE(f) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || TROUPEI_HAS_FEATURE(address_sanitizer)
#define TROUPEI_ASAN 1
#else
#define TROUPEI_ASAN 0
#endif

#if defined(__SANITIZE_THREAD__) || TROUPEI_HAS_FEATURE(thread_sanitizer)
#define TROUPEI_TSAN 1
#else
#define TROUPEI_TSAN 0
#endif

#endif
