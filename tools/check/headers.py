#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each public header compiles alone, twice included, as C11, C17 and C++17, with gcc and clang; each internal one as C11."""
import os
import subprocess
import tempfile
from c_source import ROOMS, ROOT, files, finish

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wundef", "-Werror", "-fsyntax-only"]
PUBLIC = [["gcc", "-std=c11"], ["gcc", "-std=c17"], ["clang", "-std=c11"], ["clang", "-std=c17"],
          ["g++", "-std=c++17"], ["clang++", "-std=c++17"]]
INTERNAL = [["gcc", "-std=c11", "-D_GNU_SOURCE", "-I."]]


def compiles(compiler, header, folder):
    """None, or what the compiler said."""
    source = os.path.join(folder, "alone.cc" if "++" in compiler[0] else "alone.c")
    with open(source, "w") as f:
        f.write(f'#include "{header}"\n#include "{header}"\nextern int nothing_else;\n')
    done = subprocess.run(compiler + WARNINGS + ["-Iinclude", source], cwd=ROOT, capture_output=True, text=True)
    return None if done.returncode == 0 else done.stderr or done.stdout


complaints, counted = [], 0
public = [h[len("include/"):] for h in files(".h", under="include")]
internal = [h for room in ROOMS for h in files(".h", under=room)]
with tempfile.TemporaryDirectory() as folder:
    for header, compilers in [(h, PUBLIC) for h in public] + [(h, INTERNAL) for h in internal]:
        for compiler in compilers:
            counted += 1
            said = compiles(compiler, header, folder)
            if said:
                complaints.append(f"{header}: not with {' '.join(compiler)}:\n{said.rstrip()}")
finish(__file__, f"{counted} compilations", complaints)
