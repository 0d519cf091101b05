#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Who includes whom: the arrows of the architecture, and no cycle among headers."""
import os
from c_source import ROOT, ROOMS, files, finish, includes, read

# What each place may include: rooms, "include" (the public headers), "ck", "criterion"; libc and itself always.
ALLOWED = {
    "base": {"ck"},
    "processes": {"base"},
    "mailbox": {"base"},
    "scheduler": {"base"},
    "actors": {"base", "processes", "mailbox", "scheduler", "include"},
    "executors": {"base", "mailbox", "scheduler", "actors", "include"},
    "groups": {"base", "mailbox", "actors", "include"},
    "report": {"base", "mailbox", "scheduler", "actors", "executors", "include"},
    "testkit": {"base", "mailbox", "scheduler", "actors", "explore", "include"},
    "explore": {"base", "mailbox", "scheduler", "actors", "include"},
    "io": {"base", "actors", "include"},
    "streams": {"base", "actors", "include"},
    "store": {"base", "actors", "include"},
    "cluster": {"base", "actors", "io", "include"},
    "include": set(),
    "samples": {"include"},
    "bench": {"include"},
    "bench/micro": {"include", "base", "scheduler"},
    "tools/stress": {"include", "tests/support"},  # faults made on purpose
    "tools/buggy": {"include"},
    "tests/promises": {"include", "tests/support", "criterion"},
    "tests/input": {"include", "tests/support", "criterion"},
    "tests/failures": {"include", "base", "tests/support"},
    "tests/api": {"include"},
    "tests/install": {"include"},
    "tests/support": {"include", "ck", "criterion", "valgrind"},
}
for room in ROOMS:
    ALLOWED["tests/unit/" + room] = ALLOWED[room] | {room, "include", "tests/support", "criterion"}
for room in ("groups", "report"):
    if room in ROOMS:
        ALLOWED["tests/unit/" + room] |= {"tests/unit/actors"}  # its stage
OUTSIDE = {"ck_": "ck", "criterion/": "criterion", "valgrind/": "valgrind"}


def place_of(path):
    return max((p for p in ALLOWED if path.startswith(p + "/")), key=len, default=None)


def resolve(path, name, angled):
    """The project's file that an #include means, or None."""
    roots = ([] if angled else [os.path.dirname(path)]) + [".", "include", "tests", "tests/support", "bench"]
    for root in roots:
        candidate = os.path.normpath(os.path.join(root, name))
        if os.path.isfile(os.path.join(ROOT, candidate)):
            return candidate
    return None


def target_of(path, name, angled):
    """(place, file) of what is included; place None is libc."""
    found = resolve(path, name, angled)
    if found:
        return place_of(found) or os.path.dirname(found), found
    if not angled:
        return "nowhere", None
    return next((t for start, t in OUTSIDE.items() if name.startswith(start)), None), None


def cycles(graph):
    """One line for each header that reaches itself."""
    def reach(start):
        seen, todo = set(), list(graph.get(start, ()))
        while todo:
            at = todo.pop()
            if at not in seen:
                seen.add(at)
                todo += graph.get(at, ())
        return seen
    return [f"{h}: includes itself in a circle" for h in sorted(graph) if h in reach(h)]


complaints, counted, graph = [], 0, {}
for path in files(".c", ".h"):
    place = place_of(path)
    if place is None:
        continue
    for line, name, angled in includes(read(path)):
        counted += 1
        target, found = target_of(path, name, angled)
        if target == "nowhere":
            complaints.append(f'{path}:{line}: "{name}" is not in the project; write <{name}> if it is not ours')
        elif target is not None and target != place and target not in ALLOWED[place]:
            complaints.append(f"{path}:{line}: {place} must not include {name} ({target}); it may include "
                              + (", ".join(sorted(ALLOWED[place])) or "nobody") + ", itself and libc")
        if found and found.endswith(".c") and not place.startswith("tests/unit/"):
            complaints.append(f"{path}:{line}: includes a .c file")
        if found and path.endswith(".h"):
            graph.setdefault(path, set()).add(found)
finish(__file__, f"{counted} includes", complaints + cycles(graph))
