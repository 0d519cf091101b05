/* SPDX-License-Identifier: MIT */
#include "base/callback.h"

__thread struct thread_own troupei_thread_own __attribute__((tls_model("initial-exec")));
