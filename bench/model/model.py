#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What Troupe would do on more cores than two: a model, driven by measured costs. docs/design/0021-scaling-model.md says what is
assumed, and how far it can be believed.

    bench/model/model.py                     the table, and beside it what was measured on one and two workers
    --costs FILE                             what `troupe-micro --json` has said (bench/model/costs.json)
    --chart FILE.svg                         draw it too"""
import argparse
import json
import math
import os
import sys

from loads import LOADS, fan_in, fork_join, streams

HERE = os.path.dirname(os.path.abspath(__file__))
CORES = [1, 2, 4, 8, 16, 32, 64, 128]
VARIANTS = {  # name -> load: the same with one thing otherwise
    "fan-in, kinder": lambda cores, cost: fan_in(cores, cost, keeps=True),
    "streams, 8 depots": lambda cores, cost: streams(cores, cost, shards=8),
    "fork-join, half search": lambda cores, cost: fork_join(cores, cost, searchers_max=cores),
}
MEASURED = {  # load -> what troupe-micro has measured of it, on one worker and on two
    "pairs": ("pairs.1", "pairs.2"), "ring": ("ring.1", "ring.2"), "fan-in": ("send.flood", "fan-in.1"),
    "fork-join": ("fork.1", "fork.2"),
}
COLOURS = ["#0072b2", "#999999", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#004d40"]


def read_costs(path):
    """name -> nanoseconds, the least of all rounds: others on the machine only add. Ends the program when the file is none."""
    try:
        with open(path, encoding="utf-8") as f:
            costs = {row["name"]: float(row["least"]) for row in json.load(f)["measures"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.exit(f"model: {path}: not what troupe-micro --json says: {error!r}")
    needed = {name for names in MEASURED.values() for name in names}
    needed |= {"send.only", "send.scatter", "steal.one", "steal.half", "block.burst"}
    missing = sorted(name for name in needed if not costs.get(name, 0) > 0)
    if missing:
        sys.exit(f"model: {path}: no cost of {', '.join(missing)}")
    return costs


def simulate(costs):
    """load -> [(units a second, (bottleneck, share))], one for each of CORES"""
    return {name: [load(cores, costs) for cores in CORES] for name, load in {**LOADS, **VARIANTS}.items()}


def print_table(curves):
    print("| load | " + " | ".join(map(str, CORES)) + " | what most time is lost by, at 128 |")
    print("|---" * (len(CORES) + 2) + "|")
    for name, curve in curves.items():
        what, share = curve[-1][1]
        print(f"| {name} | " + " | ".join(f"{units / 1e6:.1f}" for units, _ in curve) + f" | {what} ({share:.0%}) |")


def print_check(curves, costs):
    print("\n| load | measured, 1 | model, 1 | measured, 2 | model, 2 |\n|---|---|---|---|---|")
    for name, (one, two) in MEASURED.items():
        values = [1e3 / costs[one], curves[name][0][0] / 1e6, 1e3 / costs[two], curves[name][1][0] / 1e6]
        print(f"| {name} | " + " | ".join(f"{value:.1f}" for value in values) + " |")


def draw(curves, path):
    """Units a second over cores, both logarithmic."""
    width, height, left, top, bottom = 860, 520, 70, 30, 50
    right = width - 190
    low = math.floor(math.log10(min(units for curve in curves.values() for units, _ in curve)))
    high = math.ceil(math.log10(max(units for curve in curves.values() for units, _ in curve)))

    def x(cores):
        return left + math.log2(cores) / math.log2(CORES[-1]) * (right - left)

    def y(units):
        return top + (high - math.log10(units)) / (high - low) * (height - top - bottom)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="13">',
           f'<rect width="{width}" height="{height}" fill="white"/>']
    for power in range(low, high + 1):
        at = y(10 ** power)
        out.append(f'<path d="M{left} {at:.1f}H{right}" stroke="#ddd"/><text x="{left - 8}" y="{at + 4:.1f}" text-anchor="end">'
                   f'{10 ** (power - 6):g}</text>')
    for cores in CORES:
        out.append(f'<path d="M{x(cores):.1f} {top}V{height - bottom}" stroke="#eee"/>'
                   f'<text x="{x(cores):.1f}" y="{height - bottom + 18}" text-anchor="middle">{cores}</text>')
    out.append(f'<text x="{(left + right) / 2}" y="{height - 10}" text-anchor="middle">cores (beyond 2: model)</text>')
    out.append(f'<text x="{left}" y="18">millions a second</text>')
    labels = []
    for i, (name, curve) in enumerate(curves.items()):
        points = " ".join(f"{x(cores):.1f},{y(units):.1f}" for cores, (units, _) in zip(CORES, curve))
        dash = ' stroke-dasharray="5 4"' if name in VARIANTS else ""
        out.append(f'<polyline points="{points}" fill="none" stroke="{COLOURS[i % len(COLOURS)]}" stroke-width="2"{dash}/>')
        labels.append([y(curve[-1][0]), name, COLOURS[i % len(COLOURS)]])
    labels.sort()
    for before, after in zip(labels, labels[1:]):
        after[0] = max(after[0], before[0] + 16)
    out += [f'<text x="{right + 10}" y="{at + 4:.1f}" fill="{colour}">{name}</text>' for at, name, colour in labels]
    try:
        with open(path, "w", encoding="utf-8") as f:
            f.write("\n".join(out) + "\n</svg>\n")
    except OSError as error:
        sys.exit(f"model: {path} cannot be written: {error.strerror}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--costs", default=os.path.join(HERE, "costs.json"), metavar="FILE")
    parser.add_argument("--chart", metavar="FILE.svg")
    arguments = parser.parse_args()
    costs = read_costs(arguments.costs)
    curves = simulate(costs)
    print_table(curves)
    print_check(curves, costs)
    if arguments.chart is not None:
        draw(curves, arguments.chart)


main()
