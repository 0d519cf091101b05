/* SPDX-License-Identifier: MIT */
#include "base/callback.h"

__thread uint32_t troupei_callbacks __attribute__((tls_model("initial-exec")));
