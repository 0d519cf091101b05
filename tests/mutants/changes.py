# SPDX-License-Identifier: MIT
"""What a mutant is, and which ones a source has. Read as text: tools/check/c_source.py."""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools", "check"))
sys.dont_write_bytecode = True
from c_source import functions, read, strip  # noqa: E402

TURNED = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "&&": "||", "||": "&&", "true": "false",
          "false": "true", "+=": "-=", "-=": "+=", "++": "--", "--": "++", "+": "-", "-": "+", "|=": "&=", "&=": "|="}
TOKEN = re.compile(r"(?<=[ (])(<=?|>=?|==|!=|&&|\|\||\+=|-=|\|=|&=|[+-])(?= )|\+\+|--|\b(?:true|false)\b")
NUMBER = re.compile(r"(?<![\w.\"])(\d+)(?![\w.\"])")
LEAST = re.compile(r"([\w.>-]+) [<>]=? ([\w.>-]+) \? (?:\1 : \2|\2 : \1)(?![\w.>-])")  # of two: which one, if they are equal, is all the same
CLAMP = re.compile(r"^\s*(?:if|while) \(([\w.>-]+) [<>]=? ([\w.>()-]+)\)\n\s*(?:\1 = \2|\2 = \1);$")
CONDITION = re.compile(r"^(\s*(?:\} )?(?:else )?(?:if|while) )(\(.*\))( \{)?$")
STATEMENT = re.compile(r"^\s*(?:[A-Za-z_*(][\w.>\[\]()*&, -]*(?: [-+|&]?= .*|\(.*\))|\S+(?:\+\+|--)|break|continue);$")
NOT_ONE = re.compile(r"^\s*(?:return|static|struct|const|typedef|extern|enum|union|unsigned|bool|void|u?int\d+_t|size_t|char|\(void\)|"
                     r"TROUPEI_ASSERT|static_assert|#)\b|^\s*\(void\)")


class Mutant:
    def __init__(self, path, line, function, before, after, what):
        self.path, self.line, self.function, self.before, self.after, self.what = path, line, function, before, after, what

    def changed(self):
        """What tells it from others of its function, whatever lines stand before it."""
        return f"{self.path} {self.function}: {self.before.strip()} -> {self.after.strip() or '(left out)'}"

    def name(self):
        return self.changed().replace(" ", f":{self.line} ", 1)


def code_lines(text):
    """Numbers of the lines that do something: inside functions, outside preprocessor conditions of other builds."""
    depth, off = 0, []
    for number, line in enumerate(strip(text).split("\n"), 1):
        stripped = line.strip()
        if stripped.startswith("#"):
            if stripped.startswith(("#if", "#ifdef", "#ifndef")):
                off.append(bool(re.match(r"#if !|#ifdef __SANITIZE|#if defined\(__SANITIZE", stripped)))
            elif stripped.startswith(("#else", "#elif")) and off:
                off[-1] = len(off) > 1 or not off[-1] and not stripped.endswith("_H")
            elif stripped.startswith("#endif") and off:
                off.pop()
            continue
        if depth > 0 and stripped and stripped not in ("{", "}") and not any(off):
            yield number, line
        if not stripped.startswith(("struct", "enum", "union", "typedef")) or depth > 0:
            depth += line.count("{") - line.count("}")
        elif "{" in line and "}" not in line:
            depth -= 1000  # the body of a type, until its closing brace
        if depth < 0 and stripped.startswith("}"):
            depth = 0


def mutants_of(path):
    text = read(path)
    lines, found = text.split("\n"), functions(text)
    for number, bare in code_lines(text):
        line, bare = lines[number - 1], bare.rstrip()
        function = next((f.name for f in found if f.first <= number <= f.last), None)
        if function is None or number in (f.first for f in found):
            continue

        def changed(start, end, to, what):
            return Mutant(path, number, function, line, line[:start] + to + line[end:], what)

        condition = CONDITION.match(bare)
        if condition:
            yield changed(condition.start(2), condition.end(2), f"(!{condition[2]})", "condition negated")
        if STATEMENT.match(bare) and not NOT_ONE.match(bare):
            indent = len(line) - len(line.lstrip())
            yield changed(indent, len(bare), ";", "statement left out")
        if re.match(r"\s*(static_assert|TROUPEI_ASSERT|case |default)", bare):
            continue
        same = [range(*m.span()) for m in LEAST.finditer(bare)]
        if CLAMP.match("\n".join(lines[number - 1:number + 1])):
            same.append(range(len(bare)))
        for token in TOKEN.finditer(bare):
            if token[0][0] in "<>" and any(token.start() in span for span in same):
                continue
            if condition and token[0] in ("==", "!=") and not re.search(r"&&|\|\|", bare):
                continue  # the condition negated once more
            yield changed(token.start(), token.end(), TURNED[token[0]], f"{token[0]} turned")
        for digits in NUMBER.finditer(bare):
            yield changed(digits.start(1), digits.end(1), str(int(digits[1]) + 1), "constant one larger")
