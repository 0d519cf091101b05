# SPDX-License-Identifier: MIT
"""What the runs mean: medians, spreads, ratios and their geometric means, as plain data that JSON can hold."""
import math
import statistics

OURS = "troupe"


def geometric_mean(values):
    return math.exp(statistics.fmean(math.log(v) for v in values))


def rates(cell):
    return [run.messages / run.seconds for run in cell.runs]


def measured(cell):
    return cell is not None and not cell.trouble and bool(cell.runs)


def of_cell(cell):
    """A row of results.csv. state: ok, or what was wrong; then there are no figures, however many runs went well before."""
    row = {"workload": cell.workload, "threads": cell.threads, "peer": cell.peer, "runs": len(cell.runs),
           "state": cell.trouble.kind if cell.trouble else "ok", "why": str(cell.trouble or "")}
    if measured(cell):
        each = rates(cell)
        row.update(messages=cell.runs[0].messages, median_per_second=statistics.median(each), least_per_second=min(each),
                   most_per_second=max(each), rss_kb=max(run.rss_kb for run in cell.runs), check=cell.runs[0].check)
    return row


def ratio_of(cell, other):
    """How many times as fast: of the medians, and the least and the most of the runs of one round."""
    each = [a / b for a, b in zip(rates(cell), rates(other))]
    return {"ratio": statistics.median(rates(cell)) / statistics.median(rates(other)), "ratio_least": min(each),
            "ratio_most": max(each)}


class Table:
    """Cells by (workload, threads, peer)."""

    def __init__(self, cells):
        self.cells = {(c.workload, c.threads, c.peer): c for c in cells}
        self.workloads = list(dict.fromkeys(c.workload for c in cells))
        self.threads = list(dict.fromkeys(c.threads for c in cells))
        self.peers = [p for p in dict.fromkeys(c.peer for c in cells) if p != OURS]

    def get(self, workload, threads, peer):
        cell = self.cells.get((workload, threads, peer))
        return cell if measured(cell) else None

    def rate(self, workload, threads, peer):
        cell = self.get(workload, threads, peer)
        return statistics.median(rates(cell)) if cell else None

    def fastest(self, workload, threads):
        """The peer with the highest median, or None."""
        there = [(self.rate(workload, threads, p), p) for p in self.peers if self.get(workload, threads, p)]
        return max(there)[1] if there else None

    def rows(self):
        """Troupe beside the fastest peer of each workload. The rate of `latency` says nothing: its percentiles do."""
        for workload in self.workloads:
            for threads in self.threads:
                ours, fastest = self.get(workload, threads, OURS), self.fastest(workload, threads)
                if workload != "latency" and ours and fastest:
                    yield dict({"workload": workload, "threads": threads, "fastest_peer": fastest},
                               **ratio_of(ours, self.get(workload, threads, fastest)))

    def means(self, rows):
        """Geometric means of the ratios: to the fastest peer of each workload, and to each peer where both are measured."""
        for threads in self.threads:
            found = {"the fastest": [r["ratio"] for r in rows if r["threads"] == threads]}
            for peer in self.peers:
                both = [(self.get(w, threads, OURS), self.get(w, threads, peer)) for w in self.workloads if w != "latency"]
                found[peer] = [ratio_of(a, b)["ratio"] for a, b in both if a and b]
            for against, ratios in found.items():
                if ratios:
                    yield {"threads": threads, "against": against, "geometric_mean": geometric_mean(ratios),
                           "least": min(ratios), "workloads": len(ratios)}

    def scaling(self):
        """How many times as fast with the most threads as with the fewest."""
        few, many = min(self.threads), max(self.threads)
        for workload in self.workloads if few != many else []:
            for peer in [OURS] + self.peers:
                a, b = self.get(workload, many, peer), self.get(workload, few, peer)
                if a and b and workload != "latency":
                    yield dict({"workload": workload, "peer": peer, "threads": many, "against": few}, **ratio_of(a, b))

    def latencies(self):
        """The four percentiles of `latency`, in microseconds: the median of each over the runs."""
        for threads in self.threads:
            for peer in [OURS] + self.peers:
                cell = self.get("latency", threads, peer)
                if cell:
                    each = zip(*([float(x) for x in run.check.split("/")] for run in cell.runs))
                    yield dict({"threads": threads, "peer": peer},
                               **dict(zip(("p50", "p99", "p999", "worst"), map(statistics.median, each))))


def results(cells, programs, skipped, setting):
    table = Table(cells)
    rows = list(table.rows())
    return dict(setting,
                programs=[p._asdict() for p in programs], skipped=[s._asdict() for s in skipped],
                cells=[of_cell(c) for c in cells], rows=rows, means=list(table.means(rows)), scaling=list(table.scaling()),
                latency=list(table.latencies()))
