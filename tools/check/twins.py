#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every file with code in a room has its unit test tests/unit/<room>/test_<file>.c, and every unit test its file.
What is too much for one is test_<file>_<more>.c."""
import os
from c_source import ROOT, ROOMS, files, finish, functions, read

complaints, counted = [], 0
for room in ROOMS:
    stems = {}
    for path in files(".c", ".h", under=room):
        stem = os.path.splitext(os.path.basename(path))[0]
        # x_body.h is what x.c compiles, and others too
        stems.setdefault(stem.removesuffix("_body"), []).append(path)
    for stem, paths in stems.items():
        if not any(functions(read(path)) for path in paths):
            continue
        counted += 1
        twin = f"tests/unit/{room}/test_{stem}.c"
        if not os.path.isfile(os.path.join(ROOT, twin)):
            complaints.append(f"{paths[0]}: has no test: {twin} is missing")
    for path in files(".c", under=f"tests/unit/{room}"):
        name = os.path.basename(path)
        if name.startswith("test_allocation_"):
            continue  # fails each allocation of the whole room in turn
        if name.startswith("test_") and not any(name[5:-2] == stem or name[5:].startswith(stem + "_") for stem in stems):
            complaints.append(f"{path}: tests a file that does not exist: {room}/{name[5:-2]}.c or .h")
finish(__file__, f"{counted} files with code", complaints)
