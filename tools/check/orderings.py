#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every memory ordering that a comment of the library names has a row in tests/models/orderings.md, with a test that fails when it is
weakened; every full fence stands beside a name; and what the table says is there."""
import os
import re
from c_source import ROOMS, ROOT, files, finish, read

TABLE = "tests/models/orderings.md"
NAME = re.compile(r"\b(?:[A-Z]{2,}\.[a-z]{2,}|W\.dekker)\b")
FENCE = re.compile(r"\btroupei_fence_(?:full|around)\(\)")
BESIDE = re.compile(NAME.pattern + r"|\b[A-Z][0-9]\b")
OWN = ("base/atomics.h", "scheduler/idle_set.c")  # the fences themselves; and those round its `or` and `and`, which S2 and S5 name
LINES_ABOVE = 7


def comments(text):
    return re.findall(r"/\*.*?\*/", text, re.S)


def names_of(path):
    return {name for comment in comments(read(path)) for name in NAME.findall(comment)}


def fences_without_name(path):
    lines = read(path).split("\n")
    for number, line in enumerate(lines, 1):
        if FENCE.search(line) and not BESIDE.search(" ".join(lines[max(0, number - 1 - LINES_ABOVE):number])):
            yield number


def rows():
    """(name, places, tests) of each row."""
    for line in read(TABLE).split("\n"):
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if len(cells) == 4 and cells[0].startswith("`"):
            yield cells[0].strip("`"), cells[1].split(", "), re.findall(r"`([^`]+)`", cells[2])


def is_there(test):
    match = re.fullmatch(r"(weak/\w+\.cpp): (.+)|(\w+\.pml) BUG (\d+)", test)
    path = match and os.path.join("tests/models", match[1] or match[3])
    if not path or not os.path.isfile(os.path.join(ROOT, path)):
        return False
    text = read(path)
    if match[3]:
        return re.search(rf"^ \* BUG {match[4]} +\w+ ", text, re.M) and re.search(rf"\bBUG (?:==|!=) {match[4]}\b", text)
    publication = re.fullmatch(r"(\w+)\.store (?:release|acquire)", match[2])
    return f'"{match[2]}"' in text or (publication and f"PUBLICATION({publication[1]})" in text)


complaints, named = [], {}
for room in ROOMS:
    for path in files(".c", ".h", under=room):
        for name in names_of(path):
            named.setdefault(name, path)
        if path not in OWN:
            complaints += [f"{path}:{number}: a full fence with no name beside it" for number in fences_without_name(path)]
known = set()
for name, places, tests in rows():
    known.add(name)
    here = [place for place in places if os.path.isfile(os.path.join(ROOT, place)) and re.search(rf"\b{re.escape(name)}\b", read(place))]
    complaints += [f"{TABLE}: {name} is not in {place}" for place in places if place not in here]
    complaints += [f"{TABLE}: {name}: no such test: {test}" for test in tests if not is_there(test)]
    if not tests:
        complaints.append(f"{TABLE}: {name}: no test fails when it is weakened")
complaints += [f"{path}: {name} has no row in {TABLE}" for name, path in sorted(named.items()) if name not in known]
finish(__file__, f"{len(known)} named orderings", complaints)
