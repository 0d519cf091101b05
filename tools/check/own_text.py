#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""All code of the library lies in the section troupe_text, by which a crash in it is told from one in the program."""
import os
import subprocess
from c_source import ROOT, finish

library = os.path.join(ROOT, os.environ.get("BUILD", "build"), "libtroupe.a")
if not os.path.exists(library):
    finish(__file__, "libtroupe.a", [f"{library} is not there: make lib"])
said = subprocess.run(["objdump", "-h", library], capture_output=True, text=True, check=True).stdout
complaints, own, member = [], 0, "?"
for fields in map(str.split, said.splitlines()):
    if len(fields) >= 4 and fields[1:3] == ["file", "format"]:
        member = fields[0].rstrip(":")
    elif len(fields) == 7 and fields[1] == "troupe_text":
        own += 1
    elif len(fields) == 7 and fields[1].startswith(".text") and int(fields[2], 16) > 0:
        complaints.append(f"{member}: has code in {fields[1]}: the Makefile's own_text does not rename it")
if own == 0:
    complaints.append("libtroupe.a: nothing lies in troupe_text")
finish(__file__, f"{own} sections", complaints)
