# SPDX-License-Identifier: MIT
"""Where a mutant is compiled and tried out: objects of the whole library and of the tests, of which a mutant exchanges a few."""
import concurrent.futures
import glob
import importlib.machinery
import importlib.util
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

from changes import ROOT, read

FLAGS = ("-D_GNU_SOURCE -DTROUPE_DEBUG=1 -I. -Iinclude -Itests -std=c11 -fvisibility=hidden -fPIC -pthread -w "
         "-ftls-model=initial-exec").split()
SECTION = [word for part in ("", ".unlikely", ".unlikely.", ".hot", ".hot.")
           for word in ("--rename-section", f".text{part}=troupe_text")]
LIBS = ["-lcriterion", "-lck", "-lpthread", "-lm"]
MEMORY = 40 << 20  # KiB of addresses: a mutant that allocates for ever is not to take the machine with it
INTERLEAVE = "tests/interleave/"
SCHEDULES = 2000
SAME_MOST = 4  # files that are compiled once more to see that


class Bench:
    def __init__(self, folder, jobs):
        self.folder, self.baseline, self.plain, self.symbols, self.lock = folder, {}, {}, {}, threading.Lock()
        self.jobs = jobs
        self.compiler = shlex.split(os.environ.get("CC", "clang" if shutil.which("clang") else "gcc"))
        self.uncached = self.compiler[os.path.basename(self.compiler[0]) == "ccache":]  # what is compiled once
        self.linker = next((["-fuse-ld=" + name] for name in ("lld", "gold") if shutil.which("ld." + name)), [])
        self.env = dict(os.environ, LC_ALL="C")
        self.interleave = None

    def object_of(self, source):
        return os.path.join(self.folder, source.replace("/", "_")[:-2] + ".o")

    def compile(self, source, out, overlay=None, optimise="-O0"):
        """True: done. @p overlay: a folder whose files stand before those of the tree."""
        first = [f"-I{overlay}"] if overlay else []
        path = os.path.join(overlay, source) if overlay and os.path.exists(os.path.join(overlay, source)) else source
        compiler = self.uncached if overlay else self.compiler
        done = subprocess.run([*compiler, *first, *FLAGS, optimise, "-g0", "-MMD", "-MF", out[:-1] + "d", "-c", "-o", out, path],
                              cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0 and not overlay:
            raise SystemExit(done.stderr)
        if done.returncode == 0 and not source.startswith("tests/"):
            subprocess.run(["objcopy", *SECTION, out], check=True)
        return done.returncode == 0

    def prepare(self, tests, targets):
        self.rooms = {"tests", *(source.split("/")[0] for source in targets)}
        rooms = [os.path.relpath(path, ROOT) for path in sorted(glob.glob(os.path.join(ROOT, "*/*.c")))]
        self.sources = [path for path in rooms if path.split("/")[0] not in ("samples", "bench", "tools", "tests")]
        self.support = [p for p in (os.path.relpath(p, ROOT) for p in sorted(glob.glob(os.path.join(ROOT, "tests/support/*.c"))))
                        if not p.endswith(("tsan_arena.c", "asan_fork.c"))]
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            everything = [*self.sources, *self.support, *(t + ".c" for t in tests if not t.startswith(INTERLEAVE))]
            list(pool.map(lambda source: self.compile(source, self.object_of(source)), everything))
        self.interleave = Interleave(sorted({t[len(INTERLEAVE):] for t in tests if t.startswith(INTERLEAVE)}))
        subprocess.run(["ar", "rcs", os.path.join(self.folder, "lib.a"), *map(self.object_of, self.sources)], check=True)

    def link(self, test, replaced, folder):
        """The test with some objects of the library replaced."""
        program = os.path.join(folder, "test")
        own = replaced.get(test + ".c", self.object_of(test + ".c"))
        others = [path for source, path in replaced.items() if not source.startswith("tests/")]
        done = subprocess.run(["gcc", *self.linker, "-pthread", "-o", program, own, *others, *map(self.object_of, self.support),
                               os.path.join(self.folder, "lib.a"), *LIBS], cwd=ROOT, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0 and not replaced:
            raise SystemExit(done.stderr)
        return program if done.returncode == 0 else None

    def passes(self, test, replaced, folder, seconds):
        program = self.link(test, replaced, folder)
        if program is None:
            return False  # it has lost what others need
        words = ["sh", "-c", f'ulimit -c 0; ulimit -v {MEMORY}; exec "$@"', "sh", program, "-j1", "--color=never", "--fail-fast"]
        with subprocess.Popen(words, cwd=ROOT, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              stdin=subprocess.DEVNULL, start_new_session=True) as process:
            try:
                said, _ = process.communicate(timeout=seconds)
            except subprocess.TimeoutExpired:
                said = b""
            finally:
                try:
                    os.killpg(process.pid, signal.SIGKILL)  # the test's processes too
                except ProcessLookupError:
                    pass
        return process.returncode == 0 and b"| Failing: 0 | Crashing: 0" in said

    def limit(self, test):
        with self.lock:
            known = self.baseline.get(test)
        if known is None:
            with tempfile.TemporaryDirectory(dir=self.folder) as folder:
                start = time.monotonic()
                if not self.passes(test, {}, folder, 120):
                    raise SystemExit(f"mutants: {test} fails without any change")
                known = 3 + 5 * (time.monotonic() - start)
            with self.lock:
                self.baseline[test] = known
        return known

    def uses(self, source, function):
        """Has its object the code of this inline function? Without optimisation one that is not called is not there; one that is
        always inlined is never there by name."""
        with self.lock:
            if source not in self.symbols:
                said = subprocess.run(["nm", "-j", self.object_of(source)], cwd=ROOT, capture_output=True, text=True, check=True).stdout
                self.symbols[source] = set(said.split())
            return function in self.symbols[source]

    def affected(self, mutant):
        """Sources of the rooms of the core, and tests, whose objects were made with what is changed, by what the compiler said."""
        if not mutant.path.endswith(".h"):
            return [mutant.path]
        found = []
        for deps in glob.glob(os.path.join(self.folder, "*.d")):
            with open(deps, encoding="utf-8") as f:
                words = f.read().replace("\\\n", " ").split()
            if mutant.path in (os.path.normpath(word) for word in words[1:]):
                found.append(os.path.normpath(words[1]))
        found = sorted(source for source in found if source.split("/")[0] in self.rooms)
        return ([source for source in found if self.uses(source, mutant.function)] or
                [source for source in found if re.search(rf"\b{mutant.function}\b", read(source))] or found)

    def write(self, mutant, overlay):
        path = os.path.join(overlay, mutant.path)
        os.makedirs(os.path.dirname(path))
        with open(os.path.join(ROOT, mutant.path), encoding="utf-8") as f:
            lines = f.read().split("\n")
        lines[mutant.line - 1] = mutant.after
        with open(path, "w", encoding="utf-8") as f:
            f.write("\n".join(lines))

    def optimised(self, source, overlay, folder):
        """What the optimiser makes of it, as text."""
        with self.lock:
            known = self.plain.get(source)
        if overlay is None and known is not None:
            return known
        out = os.path.join(folder, "optimised.o")
        self.compile(source, out, overlay, "-O2")
        subprocess.run(["objcopy", "--strip-all", out], check=False, stderr=subprocess.DEVNULL)
        said = subprocess.run(["objdump", "-drsj", "troupe_text", "-j", ".rodata", "-j", ".data.rel.ro", out],
                              capture_output=True, check=False).stdout.split(b"\n", 3)[-1]
        if overlay is None:
            with self.lock:
                self.plain[source] = said
        return said

    def same_code(self, affected, overlay):
        """Does the optimiser make the same of both? Then there is nothing to notice."""
        return 0 < len(affected) <= SAME_MOST and all(self.optimised(source, overlay, overlay) == self.optimised(source, None, overlay) for source in affected)

    def exchange(self, sources, overlay, replaced):
        """False: no compiler takes it."""
        for source in sources:
            out = os.path.join(overlay, source.replace("/", "_")[:-2] + ".o")
            if not self.compile(source, out, overlay):
                return False
            replaced[source] = out
        return True

    def notices(self, test, mutant, replaced, overlay):
        if test.startswith(INTERLEAVE):
            return self.interleave.finds(test[len(INTERLEAVE):], mutant, overlay)
        return not self.passes(test, replaced, overlay, self.limit(test))

    def try_out(self, mutant, tests):
        """killed, survived, same or none, and by which test. The first test sees the code of a header in itself, mostly; so what else
        was made with the header is compiled after it alone."""
        with tempfile.TemporaryDirectory(dir=self.folder) as overlay:
            self.write(mutant, overlay)
            affected = [s for s in self.affected(mutant) if not s.startswith("tests/") or s[:-2] in tests]
            first = [s for s in affected if s == tests[0] + ".c"] or affected
            replaced = {}
            if not self.exchange(first, overlay, replaced):
                return "none", ""
            if self.notices(tests[0], mutant, replaced, overlay):
                return "killed", tests[0]
            if self.same_code([s for s in affected if not s.startswith("tests/")], overlay):
                return "same", ""
            if not self.exchange([s for s in affected if s not in first], overlay, replaced):
                return "none", ""
            for test in tests if first != affected else tests[1:]:
                if self.notices(test, mutant, replaced, overlay):
                    return "killed", test
        return "survived", ""


class Interleave:
    """Scenarios of tests/interleave, which go through the orders of the steps of lock-free code."""

    def __init__(self, scenarios):
        self.scenarios, self.lock, self.builder = scenarios, threading.Lock(), None

    def prepare(self):
        """Once it is needed."""
        loader = importlib.machinery.SourceFileLoader("interleave_run", os.path.join(ROOT, INTERLEAVE, "run"))
        self.module = importlib.util.module_from_spec(importlib.util.spec_from_loader("interleave_run", loader))
        loader.exec_module(self.module)
        builder = self.module.Builder(os.environ.get("BUILD", "build"), False)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            builder.build_all(self.scenarios, pool)
        self.builder = builder

    def finds(self, scenario, mutant, overlay):
        with self.lock:
            if self.builder is None:
                self.prepare()
        builder = self.builder
        text = builder.small.get(mutant.path) or self.module.read(mutant.path)
        lines = text.split("\n")
        if lines[mutant.line - 1] != mutant.before:
            return False  # one of the constants that are small here
        lines[mutant.line - 1] = mutant.after
        folder, small = os.path.join(overlay, "interleave"), os.path.join(builder.out, "small")
        builder.write(os.path.join(folder, mutant.path), "\n".join(lines))
        normal = builder.objects(scenario, [small], os.path.join(builder.out, "objects"))
        objects = []
        try:
            for usual, changed in zip(normal, builder.objects(scenario, [folder, small], folder)):
                seen = {os.path.relpath(n, os.path.relpath(small, ROOT)) if n.startswith(os.path.relpath(small, ROOT)) else n
                        for n in builder.needs(usual[1])}
                objects.append(builder.compile(*changed) if mutant.path in seen else usual[1])
            program = builder.link(objects + builder.engine_objects, os.path.join(folder, "program"))
            done = subprocess.run([program, "--model", "tso", "--schedules", str(SCHEDULES)], cwd=ROOT, timeout=60,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        except self.module.Failed:
            return False
        except subprocess.TimeoutExpired:
            return True
        return done.returncode != 0
