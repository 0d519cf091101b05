# SPDX-License-Identifier: MIT
"""Results as CSV and Markdown. All take the plain data of figures.results."""
import csv
import io
import os
import re

from runner.figures import OURS

COLUMNS = ["workload", "threads", "peer", "state", "runs", "messages", "median_per_second", "least_per_second",
           "most_per_second", "rss_kb", "check", "why"]
BEGIN, END = "<!-- bench-peers: begin -->", "<!-- bench-peers: end -->"


def as_csv(results):
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for cell in results["cells"]:
        row = dict(cell)
        for name in ("median_per_second", "least_per_second", "most_per_second"):
            if name in row:
                row[name] = round(row[name])
        writer.writerow(row)
    return out.getvalue()


def runs_as_csv(cells):
    lines = ["workload,threads,run,peer,messages,seconds,rss_kb,check"]
    for c in cells:
        lines += [f"{c.workload},{c.threads},{r.number},{c.peer},{r.messages},{r.seconds:.6f},{r.rss_kb},{r.check}"
                  for r in c.runs]
    return "\n".join(lines) + "\n"


def number(value):
    """Three digits, as people read them."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def workers(threads):
    return f"{threads} worker{'s' if threads != 1 else ''}"


def markdown(head, rows):
    """A table; its first column is of words, the others of numbers."""
    lines = [head, ["---"] + ["--:"] * (len(head) - 1)] + rows
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


class Finder:
    """The cells and rows of results by their names."""

    def __init__(self, results):
        self.results = results
        self.cells = {(c["workload"], c["threads"], c["peer"]): c for c in results["cells"]}
        self.rows = {(r["workload"], r["threads"]): r for r in results["rows"]}
        self.means = {(m["threads"], m["against"]): m for m in results["means"]}
        self.workloads = list(dict.fromkeys(c["workload"] for c in results["cells"] if c["workload"] != "latency"))
        self.threads = list(dict.fromkeys(c["threads"] for c in results["cells"]))
        self.peers = [p["name"] for p in results["programs"] if p["name"] != OURS]

    def text(self, workload, threads, peer, write):
        cell = self.cells.get((workload, threads, peer))
        return "" if not cell else write(cell) if cell["state"] == "ok" else self.word(cell["state"])

    def word(self, state):
        """What stands where a figure would."""
        return {"absent": "", "timeout": f"> {self.results['timeout_s']:g} s"}.get(state, state)


def millions(cell):
    return number(cell["median_per_second"] / 1e6)


def with_spread(cell):
    return f"{millions(cell)} ({number(cell['least_per_second'] / 1e6)}..{number(cell['most_per_second'] / 1e6)})"


def megabytes(cell):
    return number(max(cell["rss_kb"], 0) / 1024)


def fastest_of(find, workload, threads):
    row = find.rows.get((workload, threads))
    return f"{find.text(workload, threads, row['fastest_peer'], millions)} {row['fastest_peer']}" if row else ""


def ratio_text(row):
    return f"{number(row['ratio'])} ({number(row['ratio_least'])}..{number(row['ratio_most'])})" if row else ""


def summary(find):
    """Troupe beside the fastest peer: what the README shows."""
    head = ["M messages/s"]
    for t in find.threads:
        head += [f"Troupe, {workers(t)}", f"fastest peer, {t}", f"ratio, {t} (least..most)"]
    rows = []
    for w in find.workloads:
        row = [w]
        for t in find.threads:
            row += [find.text(w, t, OURS, millions), fastest_of(find, w, t), ratio_text(find.rows.get((w, t)))]
        rows.append(row)
    last = ["geometric mean"]
    for t in find.threads:
        mean = find.means.get((t, "the fastest"))
        last += ["", "", f"**{number(mean['geometric_mean'])}**" if mean else ""]
    return markdown(head, rows + [last])


def against_each(find):
    head = ["Troupe against"]
    for t in find.threads:
        head += [f"{workers(t)}: geometric mean", "least", "workloads"]
    rows = []
    for name in ["the fastest"] + find.peers:
        row = [name + (" of each workload" if name == "the fastest" else "")]
        for t in find.threads:
            m = find.means.get((t, name))
            row += [number(m["geometric_mean"]), number(m["least"]), str(m["workloads"])] if m else ["", "", ""]
        rows.append(row)
    return markdown(head, rows)


def everyone(find, threads, write):
    names = [OURS] + find.peers
    return markdown(["workload"] + names, [[w] + [find.text(w, threads, p, write) for p in names] for w in find.workloads])


def scaling(find):
    by = {(s["workload"], s["peer"]): s for s in find.results["scaling"]}
    names = [OURS] + find.peers
    rows = [[w] + [number(by[w, p]["ratio"]) if (w, p) in by else "" for p in names] for w in find.workloads]
    return markdown(["workload"] + names, rows)


def latency(find):
    rows = [[f"{r['peer']}, {workers(r['threads'])}"] + [number(r[x]) for x in ("p50", "p99", "p999", "worst")]
            for r in find.results["latency"]]
    return markdown(["microseconds", "p50", "p99", "p99.9", "worst"], rows)


def where_and_how(results):
    machine, load = results["machine"], results["load"]
    versions = ", ".join(p["version"] for p in results["programs"] if p["version"])
    cut = " (or fewer: interrupted)" if results["interrupted"] else ""
    quick = "; quick: N is small, so read nothing into it" if results["quick"] else ""
    return (f"{results['date']}, {machine['cores']} cores of {machine['cpu']}, Linux {machine['kernel']},\n"
            f"load {load[0]:.1f} at the start and {load[1]:.1f} at the end. {versions}.\n"
            f"Medians of {results['runs']} runs of each{cut}, in turn{quick}. By `{results['command']}`.\n")


def notes(results):
    lines = [f"- {s['name']}: skipped, {s['why']}" for s in results["skipped"]]
    lines += [f"- {c['peer']}, {c['workload']}, {workers(c['threads'])}: {c['state']}: {c['why']}"
              for c in results["cells"] if c["state"] != "ok"]
    for w, t in dict.fromkeys((c["workload"], c["threads"]) for c in results["cells"]):
        sent = {c["messages"] for c in results["cells"] if (c["workload"], c["threads"], c["state"]) == (w, t, "ok")}
        if len(sent) > 1:
            counts = " and ".join(map(str, sorted(sent)))
            lines.append(f"- {w}, {workers(t)}: the counts of messages differ ({counts}): rates are not quite comparable")
    return "\n".join(lines) + "\n" if lines else "None.\n"


def report(results):
    """The whole of it: results.md."""
    find = Finder(results)
    parts = ["# Troupe beside its peers\n", where_and_how(results), summary(find), against_each(find)]
    for t in find.threads:
        parts += [f"## M messages/s, {workers(t)}: median (least..most)\n", everyone(find, t, with_spread)]
    for t in find.threads:
        parts += [f"## Peak memory in MB, {workers(t)} (`idle`: what it grew by)\n", everyone(find, t, megabytes)]
    if results["scaling"]:
        parts += [f"## {workers(max(find.threads))} against {min(find.threads)}: how many times as fast\n", scaling(find)]
    if results["latency"]:
        parts += ["## latency: one question while 1,000 pairs never pause\n", latency(find)]
    who = [[p["name"], p["version"], p["settings"]] for p in results["programs"]]
    parts += ["## Who ran\n", markdown(["program", "version", "settings"], who).replace("--:", "---")]
    parts += ["## What went wrong\n", notes(results)]
    return "\n".join(parts)


def block(results, chart):
    """What stands between the marks of the README."""
    find = Finder(results)
    picture = [f"![Throughput of each runtime relative to the fastest peer]({chart})\n"] if chart else []
    return "\n".join([BEGIN] + picture + [summary(find), against_each(find), where_and_how(results)]) + END


def put_into(path, text):
    """Replace the marked block of a file; False when it has no marks, and nothing is changed."""
    with open(path, encoding="utf-8") as f:
        before = f.read()
    if before.count(BEGIN) != 1 or before.count(END) != 1 or before.index(BEGIN) > before.index(END):
        return False
    after = re.sub(re.escape(BEGIN) + ".*?" + re.escape(END), lambda _: text, before, flags=re.S)
    with open(path + ".new", "w", encoding="utf-8") as f:
        f.write(after)
    os.replace(path + ".new", path)
    return True
