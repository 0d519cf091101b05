#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Calls that nobody makes here, each with its reason."""
import re
from c_source import files, finish, read, strip

BANNED = {
    "gets": "no bound", "sprintf": "no bound: snprintf", "vsprintf": "no bound: vsnprintf",
    "strcpy": "no bound: memcpy or snprintf", "strcat": "no bound: snprintf",
    "strncpy": "may leave out the final zero: memcpy or snprintf",
    "strtok": "hidden state: strtok_r", "atoi": "hides errors: strtol", "atol": "hides errors: strtol",
    "rand": "hidden state, no seed of ours", "srand": "hidden state, no seed of ours",
    "localtime": "hidden state: localtime_r", "gmtime": "hidden state: gmtime_r",
    "alloca": "no bound", "signal": "differs between systems: sigaction",
    "ck_ec_inc": "assembly that no sanitizer sees: ck_ec_add(ec, mode, 1)",
    "ck_stack_pop_mpmc": "needs memory that is never freed: push_upmc and batch_pop_upmc",
    "ck_stack_batch_pop_mpmc": "ABA in 0.7.1: push_upmc and batch_pop_upmc",
}
PREFIXES = {"ck_fifo_mpmc": "says empty when it is not in 0.7.1"}

pattern = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(|\b((?:" + "|".join(PREFIXES) + r")\w*)")
complaints, counted = [], 0
for path in files(".c", ".h"):
    counted += 1
    for number, line in enumerate(strip(read(path)).split("\n"), 1):
        for match in pattern.finditer(line):
            name = match.group(1) or match.group(2)
            reason = BANNED.get(name) or next(r for p, r in PREFIXES.items() if name.startswith(p))
            complaints.append(f"{path}:{number}: {name}: {reason}")
finish(__file__, f"{counted} files", complaints)
