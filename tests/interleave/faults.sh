#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/interleave/faults.sh: each seeded fault is found, so that a clean run of the scenarios means something. See run.
exec "$(dirname "$0")/run" --mutants "$@"
