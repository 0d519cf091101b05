# SPDX-License-Identifier: MIT
"""How the checks and make-man read C: without a compiler, well enough for the way this project writes it."""
import os
import re
import sys
from collections import namedtuple

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ROOMS = [r for r in ("base", "processes", "mailbox", "scheduler", "actors", "executors", "groups", "report", "explore", "testkit", "io", "streams", "store", "cluster")
         if os.path.isdir(os.path.join(ROOT, r))]

Function = namedtuple("Function", "name first last")
Declaration = namedtuple("Declaration", "name text line exported inline macro typedef")
Documented = namedtuple("Documented", "comment line declarations")


def files(*endings, under="."):
    """Every file of the project below a folder, sorted, without what was built."""
    found = []
    for folder, folders, names in os.walk(os.path.join(ROOT, under)):
        folders[:] = [f for f in folders if not f.startswith((".git", "build", "__pycache__"))]
        for name in names:
            if not endings or name.endswith(endings):
                found.append(os.path.relpath(os.path.join(folder, name), ROOT))
    return sorted(found)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as f:
        return f.read()


def finish(script, counted, complaints):
    """The end of each check: its complaints, one a line, or one line that says what was looked at."""
    name = os.path.basename(script)
    for complaint in complaints:
        print(complaint)
    print(f"{name}: {counted}: " + (f"{len(complaints)} wrong" if complaints else "ok"))
    sys.exit(1 if complaints else 0)


_TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def strip(text):
    """The text with comments and the insides of literals blanked; every line and column stays where it was."""
    def blank(match):
        found = match.group()
        if found[0] == "/":
            return re.sub(r"[^\n]", " ", found)
        return found[0] + " " * (len(found) - 2) + found[-1]
    return _TOKEN.sub(blank, text)


def without_directives(stripped):
    """Preprocessor lines, continued ones too, blanked."""
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: re.sub(r"[^\n]", " ", m.group()), stripped, flags=re.M)


def functions(text):
    """The functions defined in a file, in order; a TEST(suite, name) counts as one."""
    code = without_directives(strip(text))
    code = re.sub(r'extern\s*"[^"]*"\s*\{', lambda m: re.sub(r"[^\n]", " ", m.group()), code)
    code = re.sub(r"\b__attribute__\s*\(\(.*?\)\)", lambda m: re.sub(r"[^\n]", " ", m.group()), code, flags=re.S)
    found, depth, start, head = [], 0, 0, 0
    for at, char in enumerate(code):
        if char == "{":
            if depth == 0:
                before = code[head:at]
                called = re.search(r"(\w+)\s*\(", before)
                is_function = called and before.rstrip().endswith(")") and "=" not in before
                start = (called.group(1), head + len(before) - len(before.lstrip())) if is_function else None
            depth += 1
        elif char == "}":
            depth = max(0, depth - 1)
            if depth == 0:
                if start:
                    found.append(Function(start[0], code.count("\n", 0, start[1]) + 1, code.count("\n", 0, at) + 1))
                    start = None
                head = at + 1
        elif char == ";" and depth == 0:
            head = at + 1
    return found


def includes(text):
    """(line number, name, in angle brackets) of each #include."""
    return [(number, m.group(2), m.group(1) == "<")
            for number, line in enumerate(text.split("\n"), 1)
            for m in [re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)] if m]


_STARTS = re.compile(r"(TROUPE_API|TROUPE_NODISCARD|static inline|typedef|#define troupe_|#define TROUPE_\w+\(|template)")


def _one_declaration(text, code, at):
    """The declaration that starts at an offset, and where it ends."""
    line = text.count("\n", 0, at) + 1
    define = re.match(r"#define\s+(\w+)(\([^)]*\))?(?:[^\n]*\\\n)*[^\n]*", text[at:])
    if define:
        return Declaration(define.group(1), define.group(1) + (define.group(2) or ""), line, False, False, True,
                           False), at + define.end()
    end = at
    while end < len(code) and code[end] not in ";{":
        end += 1
    head = " ".join(text[at:end].split())
    inline, typedef = "static inline" in head, head.startswith("typedef")
    if end < len(code) and code[end] == "{":
        depth = 0
        while end < len(code):
            depth += {"{": 1, "}": -1}.get(code[end], 0)
            end += 1
            if depth == 0:
                break
    plain = re.sub(r"\b(TROUPE_API|TROUPE_NODISCARD|static inline|inline)\b\s*", "", head)
    plain = re.sub(r"__attribute__\s*\(\(.*?\)\)\s*", "", plain).strip()
    name = re.search(r"(\w+)\s*\(", plain)
    return Declaration(name.group(1) if name else "", plain, line, "TROUPE_API" in head, inline, False, typedef), end + 1


def declarations(text):
    """Every declaration of a public header that this project's style can write, documented or not."""
    code, found = strip(text), []
    for match in re.finditer(r"^" + _STARTS.pattern, code, flags=re.M):
        found.append(_one_declaration(text, code, match.start())[0])
    return [d for d in found if d.name]


def documented(text):
    """The /** comments of a header, each with the declarations directly below it (several, if no blank line is between)."""
    code, found = strip(text), []
    for match in re.finditer(r"/\*\*(?!/)(.*?)\*/[ \t]*\n", text, flags=re.S):
        at, group = match.end(), []
        while _STARTS.match(text, at):
            declaration, at = _one_declaration(text, code, at)
            group.append(declaration)
            newline = text.find("\n", at - 1)
            at = newline + 1 if newline >= 0 else len(text)
        found.append(Documented(match.group(1), text.count("\n", 0, match.start()) + 1, [d for d in group if d.name]))
    return found


def comment_lines(comment):
    """The lines of a comment without the stars, keeping what indentation they have among themselves."""
    lines = comment.split("\n")
    rest = [re.sub(r"^\s*\* ?", "", line).rstrip() for line in lines[1:]]
    indent = min((len(l) - len(l.lstrip()) for l in rest if l.strip()), default=0)
    return [lines[0].strip()] + [l[indent:] for l in rest]
