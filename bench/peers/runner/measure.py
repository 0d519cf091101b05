# SPDX-License-Identifier: MIT
"""Running: one program once, and all of them in turn."""
import os
import signal
import subprocess
import sys
import time
from collections import namedtuple

from runner import workloads

Run = namedtuple("Run", "number messages seconds rss_kb check")


class Trouble(Exception):
    """A run that counts for nothing. kind: absent, wrong, timeout or failed."""

    def __init__(self, kind, why):
        super().__init__(why)
        self.kind = kind


class Cell:
    """One program with one workload on so many threads: its runs, and what went wrong, after which it is run no more."""

    def __init__(self, workload, threads, peer):
        self.workload, self.threads, self.peer = workload, threads, peer
        self.runs, self.trouble = [], None


def end(process):
    """Kill all that the program started, and collect it."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    try:
        return process.communicate(timeout=10)
    except subprocess.TimeoutExpired:
        return "", ""


def tail(text):
    return " | ".join(text.strip().split("\n")[-3:]) or "it said nothing"


def output(words, seconds):
    """(exit status, stdout, stderr), or Trouble."""
    try:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   errors="replace", start_new_session=True)
    except OSError as error:
        raise Trouble("failed", str(error)) from error
    try:
        said, complained = process.communicate(timeout=seconds)
        return process.returncode, said, complained
    except subprocess.TimeoutExpired:
        end(process)
        raise Trouble("timeout", f"not done after {seconds:g} s, killed") from None
    except BaseException:
        end(process)
        raise


def parse(said, name, threads):
    """The one line peer,workload,threads,messages,seconds,rss_kb,check as (messages, seconds, rss_kb, check)."""
    lines = said.splitlines()
    fields = lines[0].split(",", 6) if len(lines) == 1 else []
    try:
        result = int(fields[3]), float(fields[4]), int(fields[5]), fields[6]
    except (IndexError, ValueError):
        raise Trouble("failed", f"not the one line that it should print: {said[:200]!r}") from None
    if fields[1] != name or fields[2] != str(threads) or not 0 < result[1] < float("inf") or result[0] <= 0:
        raise Trouble("failed", "another workload, other threads, or no time at all: " + lines[0])
    return result


def once(program, workload, threads, quick, seconds):
    """(messages, seconds, rss_kb, check) of one run, or Trouble."""
    words, wanted = workloads.arguments(workload, threads, quick)
    status, said, complained = output([program.path] + words, seconds)
    if status == 2:
        raise Trouble("absent", "it does not have this workload, or refuses it so: " + tail(complained))
    if status == 0 or (status == 1 and said.strip()):
        result = parse(said, workload.name, threads)
        if wanted is not None and result[3] != wanted:
            raise Trouble("wrong", f"its check is {result[3]}, not {wanted}")
    if status != 0:
        how = f"signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"
        raise Trouble("failed", f"{how}: {tail(complained)}")
    return result


class Progress:
    """Which run this is and how long it may still take: on a terminal only, on one line of stderr that is written again."""

    def __init__(self, total):
        self.total, self.done, self.start, self.shown = total, 0, time.monotonic(), sys.stderr.isatty()

    def show(self, text):
        if self.shown:
            spent = time.monotonic() - self.start
            left = f", {spent / self.done * (self.total - self.done) / 60:.1f} min left" if self.done >= 5 else ""
            sys.stderr.write(f"\r\033[K[{self.done + 1}/{self.total}{left}] {text}")
            sys.stderr.flush()

    def skip(self, runs):
        """So many runs will not be: they hold up nobody."""
        self.total -= runs

    def clear(self):
        if self.shown:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()


def turns(programs, run):
    """Each run begins with another program, so that none always comes after the same neighbour."""
    first = run % len(programs)
    return programs[first:] + programs[:first]


def round_of(programs, cells, run, how, progress):
    """One run of each program on each number of threads, save those that were in trouble before."""
    for threads in dict.fromkeys(t for t, _ in cells):
        for program in turns(programs, run):
            cell = cells[threads, program.name]
            if cell.trouble:
                continue
            progress.show(f"{cell.workload}, {threads} worker{'s'[:threads != 1]}, run {run + 1} of {how.runs}: {program.name}")
            try:
                workload = workloads.BY_NAME[cell.workload]
                cell.runs.append(Run(run + 1, *once(program, workload, threads, how.quick, how.timeout)))
            except Trouble as trouble:
                cell.trouble = trouble
                progress.skip(how.runs - run - 1)
            progress.done += 1


def series(programs, how, tell):
    """(all cells, was it interrupted): for each workload A B C, B C A, ... on each number of threads; tell(its cells) when it
    is done. how: workloads, threads, runs, quick, timeout. What was measured before an interruption is kept."""
    progress = Progress(len(programs) * len(how.workloads) * len(how.threads) * how.runs)
    everything = []
    try:
        for name in how.workloads:
            cells = {(t, p.name): Cell(name, t, p.name) for t in how.threads for p in programs}
            everything += cells.values()
            for run in range(how.runs):
                round_of(programs, cells, run, how, progress)
            progress.clear()
            tell(list(cells.values()))
    except KeyboardInterrupt:
        progress.clear()
        return [c for c in everything if c.runs or c.trouble], True
    return everything, False
