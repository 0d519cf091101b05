#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Everything that looks like C in the documents compiles, and whole programs run and return 0, optimised or not.

Looked at: ```c blocks in README.md, CONTRIBUTING.md and docs/**/*.md, and what stands between lines @code and @endcode in
the comments of public headers. Lines directly above a block may say more (behind @code in a header: the same words):
    <!-- prelude: docs/preludes/counter.c -->   put this file in front
    <!-- file: base/tally.h -->                 the block is that file: later blocks of the document may include it
A block with `int main` is a program. A block that defines functions, or that is a file, is a source. Anything else is put
into the body of a message handler, so `me` and `m` may be used and a verdict returned. A file tests/.../test_*.c is linked
with the document's other files and run by Criterion."""
import os
import re
import shlex
import subprocess
import tempfile
from c_source import ROOT, comment_lines, files, finish, functions, read

BUILD = os.environ.get("BUILD", "build")
CC = shlex.split(os.environ.get("CC", "gcc")) + ["-std=c11", "-D_GNU_SOURCE", "-Wall", "-Werror", "-Iinclude"]
FRAGMENT = ["-Wno-unused-variable", "-Wno-unused-function", "-Wno-unused-but-set-variable", "-Wno-return-type",
            "-Wno-unused-const-variable", "-Wno-unused-value"]
LEVELS = ["-O0", "-O2"]  # a user's program may be optimised: then a store to nowhere may be left out, and no crash comes
LINK = [os.path.join(BUILD, "libtroupe.a"), "-lck", "-lpthread", "-lm"]
DEFAULT_PRELUDE = "#include <troupe.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n"


def blocks_of_markdown(path):
    """(line, what is said about it, text) of each ```c block."""
    said, block, start = {}, None, 0
    for number, line in enumerate(read(path).split("\n"), 1):
        if block is not None:
            if line.strip() == "```":
                yield start, said, "\n".join(block) + "\n"
                block, said = None, {}
            else:
                block.append(line)
        elif re.match(r"```c\s*$", line):
            block, start = [], number + 1
        elif re.match(r"<!--\s*(prelude|file):", line):
            key, value = re.match(r"<!--\s*(\w+):\s*(.*?)\s*-->", line).groups()
            said[key] = value
        elif line.strip():
            said = {}


def blocks_of_header(path):
    for comment in re.finditer(r"/\*+(.*?)\*/", read(path), flags=re.S):
        first = read(path).count("\n", 0, comment.start()) + 1
        block = None
        for offset, line in enumerate(comment_lines(comment.group(1))):
            code = re.match(r"\s*@code\b\s*(?:(prelude|file):\s*(\S+))?", line)
            if code:
                block, start = [], first + offset + 1
                said = {code.group(1): code.group(2)} if code.group(1) else {}
            elif line.strip() == "@endcode" and block is not None:
                yield start, said, "\n".join(block) + "\n"
                block = None
            elif block is not None:
                block.append(line)


def fragment(path, line, text, prelude):
    """A source file round a few statements; their #includes go in front."""
    heads = "".join(re.findall(r"^#include.*\n", text, flags=re.M))
    body = re.sub(r"^#include.*$", "", text, flags=re.M)
    result = "void" if re.search(r"\breturn\s*;", body) else "troupe_verdict"
    return (f"{prelude}{heads}static {result} block(troupe_actor *me, const troupe_message *m)\n{{\n(void)me, (void)m;\n"
            f'#line {line} "{path}"\n{body}}}\n')


def run(command):
    """None, or what went wrong."""
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, errors="replace")
    except subprocess.TimeoutExpired:
        return "still running after 120 s"
    if done.returncode == 0:
        return None
    return f"exit code {done.returncode} of {' '.join(command[:1])}\n{done.stdout}{done.stderr}".rstrip()


def check_block(path, line, said, text, folder):
    """None, or what went wrong, for one block; folder keeps the files of this document."""
    prelude = read(said["prelude"]) if "prelude" in said else DEFAULT_PRELUDE
    source = os.path.join(folder, said.get("file", "block.c"))
    os.makedirs(os.path.dirname(source), exist_ok=True)
    is_program = re.search(r"\bint\s+main\s*\(", text)
    flags, see = [], [f"-I{folder}", "-I.", "-Itests"]
    if is_program or "file" in said:
        content = f'#line {line} "{path}"\n{text}'
        if said.get("file", "").endswith(".h"):
            flags = ["-Wno-pragma-once-outside-header"] if CC[0] == "clang" else []
    elif functions(text):
        content, flags = f'{prelude}#line {line} "{path}"\n{text}', FRAGMENT
    else:
        content, flags = fragment(path, line, text, prelude), FRAGMENT
    with open(source, "w") as f:
        f.write(content)
    wrong = run(CC + flags + see + ["-fsyntax-only", "-x", "c", source])
    if wrong:
        return wrong
    program = os.path.join(folder, "program")
    if is_program:
        for level in LEVELS:
            wrong = run(CC + [level] + see + ["-o", program, source] + LINK) or run([program])
            if wrong:
                return f"with {level}: {wrong}"
        return None
    if re.match(r"tests/.*test_\w+\.c$", said.get("file", "")):
        others = [os.path.join(f, n) for f, _, ns in os.walk(folder) for n in ns if n.endswith(".c") and n != "block.c"]
        support = os.path.join("tests", "support", "testing.c")
        return run(CC + see + ["-o", program] + others + [support] + LINK + ["-lcriterion"]) or run([program])
    return None


complaints, counted = [], 0
documents = [p for p in ("README.md", "CONTRIBUTING.md") if os.path.isfile(os.path.join(ROOT, p))]
documents += files(".md", under="docs")
for path in documents + files(".h", under="include"):
    blocks = blocks_of_header(path) if path.endswith(".h") else blocks_of_markdown(path)
    with tempfile.TemporaryDirectory() as folder:
        for line, said, text in blocks:
            counted += 1
            wrong = check_block(path, line, said, text, folder)
            if wrong:
                complaints.append(f"{path}:{line}: {wrong}")
finish(__file__, f"{counted} blocks", complaints)
