#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Three lists agree: what the public headers declare, what troupe.map names, what libtroupe.so exports.
exported.py --write rewrites the map from the headers."""
import os
import re
import subprocess
import sys
from c_source import ROOT, declarations, files, finish, read

BUILD = os.environ.get("BUILD", "build")


def declared():
    return {d.name for h in files(".h", under="include") for d in declarations(read(h)) if d.exported}


def mapped():
    text = re.sub(r"/\*.*?\*/|#[^\n]*", "", read("troupe.map"), flags=re.S)
    return {name for name in re.findall(r"(\w+)\s*;", text) if name not in ("global", "local")}


def exported():
    library = os.path.join(ROOT, BUILD, "libtroupe.so")
    if not os.path.exists(library):
        finish(__file__, "libtroupe.so", [f"{library} is not there: make lib"])
    lines = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True).stdout
    return {f[2].split("@")[0] for f in map(str.split, lines.splitlines()) if len(f) == 3 and f[1] != "A"}


def write():
    text = read("troupe.map")
    body = "".join(f"\t\t{name};\n" for name in sorted(declared()))
    text = re.sub(r"(TROUPE_[\d.]+ \{\n)(?:\tglobal:\n(?:\t\t.*\n)*)?(\tlocal:)",
                  lambda m: m.group(1) + ("\tglobal:\n" + body if body else "") + m.group(2), text, count=1)
    with open(os.path.join(ROOT, "troupe.map"), "w") as f:
        f.write(text)


if "--write" in sys.argv:
    write()
    sys.exit(0)
header_names, map_names, so_names = declared(), mapped(), exported()
complaints = [f"troupe.map: {n} is in no public header" for n in sorted(map_names - header_names)]
complaints += [f"troupe.map: lacks {n}, which a public header declares" for n in sorted(header_names - map_names)]
complaints += [f"libtroupe.so: lacks {n}, which troupe.map names" for n in sorted(map_names - so_names)]
complaints += [f"libtroupe.so: exports {n}, which troupe.map does not name" for n in sorted(so_names - map_names)]
finish(__file__, f"{len(so_names)} names", complaints)
