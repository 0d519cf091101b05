#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The failure loops are whole: each public function is called by a scenario of tests/failures, and each name that the library takes
from outside is one that is made to fail there, or one that is listed as harmless (tests/failures/calls.h). And the codes that a
scenario takes for right (MAY) are ones that the function's description names, or that of a function it refers to."""
import os
import re
import subprocess
from c_source import ROOT, ROOMS, declarations, documented, files, finish, read, strip

# Public functions without a scenario; headers and rooms that are for tests themselves.
WITHOUT = {"troupe_must_at": "it prints and aborts"}
HEADERS_WITHOUT = ("simulate.h", "testkit.h")
ROOMS_WITHOUT = ("explore",)

CALLS = "tests/failures/calls.h"


def imported():
    folder = os.path.join(ROOT, os.environ.get("BUILD", "build"), "obj")
    objects = [os.path.join(folder, path[:-2] + ".o") for room in ROOMS if room not in ROOMS_WITHOUT
               for path in files(".c", under=room)]
    missing = [o for o in objects if not os.path.exists(o)]
    if missing:
        finish(__file__, "objects", [f"{o} is not there: make lib" for o in missing])
    said = subprocess.run(["nm", "-u", *objects], capture_output=True, text=True, check=True).stdout
    names = {line.split()[-1].split("@")[0] for line in said.splitlines() if line.startswith(" ")}
    return {name for name in names if not name.startswith("troupe")}


def listed():
    text = read(CALLS)
    wrapped = set(re.findall(r"^\tX\((\w+),", text, re.M)) | {"syscall"}
    lines = text.split("HARMLESS, a name", 1)[1].split("*/", 1)[0].split("\n")[1:]
    harmless = {word for line in lines for word in re.split(r"\s{2,}", line.strip(" *"))[0].split()}
    return wrapped, harmless


def public():
    """Exported functions, and for each macro or inline function the names that it stands for."""
    exported, stands_for = set(), {}
    for header in files(".h", under="include"):
        text = read(header)
        if not header.endswith(HEADERS_WITHOUT):
            exported |= {d.name for d in declarations(text) if d.exported}
        code = strip(text)
        for match in re.finditer(r"^#define (troupe_\w+)\(((?:[^\n]*\\\n)*[^\n]*)", code, re.M):
            stands_for[match.group(1)] = set(re.findall(r"\btroupe_\w+", match.group(2)))
        for match in re.finditer(r"static inline [\w *]*?(troupe_\w+)\([^)]*\)\s*\{(.*?)^\}", code, re.M | re.S):
            stands_for[match.group(1)] = set(re.findall(r"\btroupe_\w+", match.group(2)))
    return exported, stands_for


def called(stands_for):
    todo = {name for path in files(".c", ".h", under="tests/failures")
            for name in re.findall(r"\b(troupe_\w+)\(", strip(read(path)))}
    seen = set()
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo |= stands_for.get(name, set())
    return seen


def descriptions():
    return {d.name: e.comment for h in files(".h", under="include") for e in documented(read(h)) for d in e.declarations}


def says(name, comments, seen):
    """The codes in a description, and in those of the functions that it names."""
    if name in seen or name not in comments:
        return set()
    seen.add(name)
    codes = set(re.findall(r"\bE[A-Z]{3,}\b|(?<=TROUPE_)E[A-Z]+", comments[name]))
    return codes.union(*(says(other, comments, seen) for other in re.findall(r"troupe_\w+", comments[name])))


def arguments(code, at):
    """Of the call whose opening bracket lies before this place."""
    depth, start, parts = 0, at, []
    while depth >= 0:
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(code[at], 0)
        if depth < 0 or (depth == 0 and code[at] == ","):
            parts.append(code[start:at].strip())
            start = at + 1
        at += 1
    return parts


def undocumented():
    """(place, function, code) of each code that a MAY takes and no description names."""
    comments = descriptions()
    text = "".join(read(p) for p in files(".c", ".h", under="tests/failures"))
    groups = {m.group(1): re.findall(r"\w+", strip(m.group(2)))
              for m in re.finditer(r"^#define ([A-Z_]+)\s+((?:TROUPE_E|[A-Z_]+,)[^\n]*)", text, re.M)}

    def expand(words):
        return {code for word in words for code in (expand(groups[word]) if word in groups else {word})}
    for path in files(".c", under="tests/failures"):
        code = strip(read(path))
        for match in re.finditer(r"\bMAY\(", code):
            call, *words = arguments(code, match.end())
            name = re.match(r"(troupe_\w+)\(", call)
            if name:
                allowed = says(name.group(1), comments, set())
                for wrong in sorted(expand(words) - {"TROUPE_" + c for c in allowed}):
                    yield f"{path}:{code.count(chr(10), 0, match.start()) + 1}", name.group(1), wrong


wrapped, harmless = listed()
names = imported()
exported, stands_for = public()
complaints = [f"the library calls {n}: make it fail, or list it as harmless, in {CALLS}" for n in sorted(names - wrapped - harmless)]
complaints += [f"{CALLS}: {n} is both made to fail and harmless" for n in sorted(wrapped & harmless)]
complaints += [f"tests/failures: no scenario calls {n}" for n in sorted(exported - called(stands_for) - set(WITHOUT))]
complaints += [f"{place}: no description says that {name} may return {wrong}" for place, name, wrong in undocumented()]
finish(__file__, f"{len(exported)} functions, {len(names)} names from outside", complaints)
