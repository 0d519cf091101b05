#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every source file says its licence in one of its first three lines."""
import os
from c_source import files, finish, read

LINE = "SPDX-License-Identifier: MIT"
ENDINGS = (".c", ".h", ".py", ".sh", ".mk", ".map", ".in", ".list", ".cpp", ".hpp", ".go", ".rs", ".erl", ".hrl", ".toml")


def is_source(path):
    name = os.path.basename(path)
    if name.endswith(ENDINGS) or name == "Makefile":
        return True
    if "." in name:
        return False
    try:
        return read(path).startswith("#!")
    except UnicodeDecodeError:
        return False


complaints, counted = [], 0
for path in filter(is_source, files()):
    counted += 1
    if not any(LINE in line for line in read(path).split("\n")[:3]):
        complaints.append(f"{path}:1: no line {LINE}")
finish(__file__, f"{counted} files", complaints)
