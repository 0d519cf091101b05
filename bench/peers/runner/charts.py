# SPDX-License-Identifier: MIT
"""Pictures, by gnuplot: one row a workload, one mark a runtime, on a logarithmic scale with a line at 1."""
import os
import subprocess

from runner.figures import OURS
from runner.tables import Finder, workers

# Name, shape and colour of each runtime: told apart in black and white, and by those who see few colours.
MARKS = {"erlang": ("Erlang/OTP", 4, "#a2003d"), "go": ("Go", 6, "#0072b2"), "caf": ("CAF", 8, "#8a5a00"),
         "tokio": ("tokio", 12, "#222222")}
SPARE = [(10, "#009e73"), (14, "#cc79a7"), (2, "#56606a"), (1, "#000000")]
BAR, EDGE = "#f0b429", "#7a5a00"
ROW, TOP, BOTTOM, WIDTH = 30, 112, 74, 1120  # pixels
TICS = "0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000"


def marks_of(peers):
    spare = iter(SPARE * (1 + len(peers)))
    return {p: MARKS.get(p) or (p.replace("_", " "),) + next(spare) for p in peers}


class Panel:
    """For each runtime its points (row, value), and words at the left of rows in which somebody is missing."""

    def __init__(self, find, title, value):
        self.title, self.words = title, {}
        self.values = {p: [] for p in [OURS] + find.peers}
        for y, workload in enumerate(find.workloads):
            for peer in self.values:
                v = value(workload, peer)
                if v:
                    self.values[peer].append((y, v))


def state_of(find, workload, threads, peer):
    return find.cells.get((workload, threads, peer), {}).get("state", "absent")


def relative(find, threads):
    """Each runtime's rate divided by that of the fastest peer."""
    def value(workload, peer):
        row = find.rows.get((workload, threads))
        if not row or state_of(find, workload, threads, peer) != "ok":
            return None
        best = find.cells[workload, threads, row["fastest_peer"]]
        return find.cells[workload, threads, peer]["median_per_second"] / best["median_per_second"]

    panel = Panel(find, workers(threads), value)
    mean = find.means.get((threads, "the fastest"))
    if mean:
        panel.values[OURS].append((len(find.workloads), mean["geometric_mean"]))
    for y, w in enumerate(find.workloads):
        out = [f"{MARKS.get(p, (p,))[0]} {find.word(state_of(find, w, threads, p))}" for p in find.peers
               if state_of(find, w, threads, p) not in ("ok", "absent")]
        if out:
            panel.words[y] = ", ".join(out)
    return panel


def scaled(find):
    by = {(s["workload"], s["peer"]): s["ratio"] for s in find.results["scaling"]}
    return Panel(find, f"{workers(max(find.threads))} against {min(find.threads)}", lambda w, p: by.get((w, p)))


def memory(find, threads):
    def value(workload, peer):
        if state_of(find, workload, threads, peer) != "ok":
            return None
        return max(find.cells[workload, threads, peer]["rss_kb"], 1) / 1024

    return Panel(find, workers(threads), value)


def datablock(name, points):
    return f"${name} << EOD\n" + "".join(f"{y} {value:.5g}\n" for y, value in points) + "EOD\n"


def limits(panels):
    """Round numbers round all that is shown, and room at the right for the label of the longest bar."""
    every = [v for p in panels for points in p.values.values() for _, v in points] + [1]
    ends = [a * 10 ** e for e in range(-5, 8) for a in (1, 2, 3, 5, 7)]
    words = 4 if any(p.words for p in panels) else 1  # they stand at the left of all marks
    return max(e for e in ends if e <= min(every) * 0.93 / words), min(e for e in ends if e >= max(every) * 1.9)


class Chart:
    """What the panels of one picture share."""

    def __init__(self, name, title, label, panels, unit="", line=True, more=()):
        self.name, self.title, self.label, self.panels = name, title, label, panels
        self.unit, self.line, self.more = unit, line, list(more)  # line: one at 1, where bars begin


def plot_of(index, chart, marks, low, at_bar):
    """The plot command of one panel: our bars, their numbers behind them or in a column at the right, and everybody's marks."""
    begin = 1 if chart.line else low
    place = f"($2 > {begin} ? $2 : {begin})" if at_bar else f"({limits(chart.panels)[1]:g})"
    parts = [f"$o{index} using 2:1:({begin}):2:($1-0.36):($1+0.36) with boxxyerror fs solid 1 border lc rgb '{EDGE}' "
             f"lc rgb '{BAR}' title 'Troupe'",
             f"$o{index} using {place}:1:(sprintf($2 < 9.95 ? '%.1f{chart.unit}' : '%.0f{chart.unit}', $2)) with labels "
             f"{'left offset char 1.2,0' if at_bar else 'right'} font ',12' notitle"]
    for number, (name, shape, colour) in enumerate(marks.values()):
        parts.append(f"$p{index}_{number} using 2:1 with points pt {shape} ps marksize lw 1.8 lc rgb '{colour}' title '{name}'")
    return "plot " + ", \\\n     ".join(parts) + "\n"


def panel_of(find, chart, index, marks, height):
    """One panel: its data, its place, its labels, its plot."""
    panel, names, (low, _) = chart.panels[index], find.workloads + chart.more, limits(chart.panels)
    left, wide = 0.115, (0.985 - 0.115) / len(chart.panels)
    begin = left + index * wide
    lines = [datablock(f"o{index}", panel.values[OURS])]
    lines += [datablock(f"p{index}_{n}", panel.values[p]) for n, p in enumerate(marks)]
    lines += [f"set lmargin at screen {begin:.4f}\nset rmargin at screen {begin + wide - 0.03:.4f}\n",
              f"set title '{panel.title}' font ',14' offset 0,-0.4\nunset arrow\nunset label\n",
              "set ytics (" + ", ".join(f"'{'' if index else n}' {y}" for y, n in enumerate(names)) + ") scale 0\n",
              f"set key at screen 0.5, {1 - 50 / height:.4f} center maxrows 1 samplen 1.5 width 1 reverse Left font ',13'\n"
              if index == 0 else "unset key\n"]
    if chart.line:
        lines.append("set arrow from 1, graph 0 to 1, graph 1 nohead front lc rgb '#000000' lw 1.5\n")
    lines += [f"set label '{text}' at graph 0.01, first {y} left font ',11'\n" for y, text in panel.words.items()]
    return "".join(lines) + plot_of(index, chart, marks, low, chart.name == "ratios")


def script(find, chart):
    """(size, a whole gnuplot script); the terminal stands in front of it."""
    low, high = limits(chart.panels)
    rows = len(find.workloads) + len(chart.more)
    height = TOP + BOTTOM + ROW * rows
    marks = marks_of(find.peers)
    text = (f"set multiplot title '{chart.title}' font ',16'\n"
            f"set yrange [{rows - 0.4}:-0.6]\nset logscale x\nset xrange [{low:g}:{high:g}]\nset xtics ({TICS}) nomirror\n"
            f"set grid xtics back lt 1 lc rgb '#e2e2e2' lw 1\nset border 1 lc rgb '#000000'\nset xlabel '{chart.label}'\n"
            f"set tmargin at screen {1 - TOP / height:.4f}\nset bmargin at screen {BOTTOM / height:.4f}\n")
    text += "".join(panel_of(find, chart, index, marks, height) for index in range(len(chart.panels)))
    return f"{WIDTH},{height}", text + "unset multiplot\n"


def draw(out, name, size, text):
    """name.svg and name.png, and name.gp that made them; what gnuplot complained of, or None."""
    path = os.path.join(out, name)
    with open(path + ".gp", "w", encoding="utf-8") as f:
        for terminal, ending, font, marksize in (("svg", "svg", 13, 0.75), ("pngcairo", "png", 10, 1.3)):
            f.write(f"reset\nset encoding utf8\nmarksize = {marksize}\n"
                    f"set terminal {terminal} size {size} font 'DejaVu Sans,{font}' background '#ffffff'\n"
                    f"set output '{name}.{ending}'\n")
            f.write(text + "unset output\n")
    try:
        done = subprocess.run(["gnuplot", name + ".gp"], cwd=out, stdin=subprocess.DEVNULL, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=120)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return done.stdout.strip() or "gnuplot failed" if done.returncode else None


def wanted(find):
    """The pictures that there is something to show in."""
    if find.rows:
        yield Chart("ratios", "Throughput, relative to the fastest peer of each workload",
                    "rate / rate of the fastest peer (logarithmic)", [relative(find, t) for t in find.threads], "×",
                    more=["geometric mean"])
        yield Chart("memory", "Peak memory of the process (idle: what it grew by)",
                    "MB (logarithmic); number: Troupe", [memory(find, t) for t in find.threads], line=False)
    if find.results["scaling"]:
        yield Chart("scaling", "What more workers bring", "times as fast (logarithmic); number: Troupe", [scaled(find)], "×")


def all_of(results, out):
    """Draw what there is to draw: (names that were made, complaints)."""
    find, made, complaints = Finder(results), [], []
    for chart in wanted(find):
        complaint = draw(out, chart.name, *script(find, chart))
        if complaint:
            complaints.append(f"{chart.name}: {complaint}")
        else:
            made.append(chart.name)
    return made, complaints
