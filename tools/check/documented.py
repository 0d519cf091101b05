#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every public function stands under a comment that says what it does; each @param is one of its parameters; and the
version in the Makefile is the header's."""
import re
from c_source import comment_lines, declarations, documented, files, finish, read


def version():
    text = "".join(read(h) for h in files(".h", under="include"))
    number = re.search(r"#define\s+TROUPE_VERSION\s+(\d+)", text)
    wanted = re.search(r"^VERSION := (\d+)\.(\d+)\.(\d+)", read("Makefile"), re.M)
    major, minor, patch = map(int, wanted.groups())
    if number and int(number.group(1)) != major * 10000 + minor * 100 + patch:
        return [f"Makefile: VERSION {major}.{minor}.{patch} is not the header's TROUPE_VERSION {number.group(1)}"]
    return []


complaints, counted = version(), 0
for header in files(".h", under="include"):
    text = read(header)
    spoken_of = {}
    for entry in documented(text):
        for declaration in entry.declarations:
            spoken_of[declaration.name] = entry
        words = " ".join(d.text for d in entry.declarations)
        for name in re.findall(r"@param\s+(\w+)", entry.comment):
            if entry.declarations and not re.search(rf"\b{name}\b", words):
                complaints.append(f"{header}:{entry.line}: @param {name} is no parameter of {entry.declarations[0].name}")
    for declaration in declarations(text):
        if not declaration.exported:
            continue
        counted += 1
        entry = spoken_of.get(declaration.name)
        if entry is None or not "".join(comment_lines(entry.comment)).strip():
            complaints.append(f"{header}:{declaration.line}: {declaration.name} has no /** comment directly above it")
finish(__file__, f"{counted} functions", complaints)
