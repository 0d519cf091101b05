#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A file has at most 600 lines, a function at most 60."""
from c_source import files, finish, functions, read

FILE_LINES, FUNCTION_LINES = 600, 60

complaints, counted = [], 0
for path in files(".c", ".h"):
    text = read(path)
    lines = text.split("\n")
    counted += 1
    if len(lines) - 1 > FILE_LINES:
        complaints.append(f"{path}: {len(lines) - 1} lines, more than {FILE_LINES}")
    for function in functions(text):
        length = function.last - function.first + 1
        if length > FUNCTION_LINES:
            complaints.append(f"{path}:{function.first}: {function.name} has {length} lines, more than {FUNCTION_LINES}")
finish(__file__, f"{counted} files", complaints)
