# SPDX-License-Identifier: MIT
"""What is run: each workload's N and K, and the check that its line has to show. What they do: bench/README.md."""
from collections import namedtuple

# n, k: as in the suites they come from. quick: an N that takes some milliseconds. check: of (n, k); None: any.
Workload = namedtuple("Workload", "name n k quick check")


def fib(n):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


def solutions(n):
    """Of n queens."""
    return {8: 92, 9: 352, 10: 724, 11: 2680, 12: 14200, 13: 73712}[n]


ALL = [Workload(*row) for row in (
    ("pingpong", 2000000, None, 20000, lambda n, k: n),
    ("counting", 5000000, None, 50000, lambda n, k: n),
    ("ring", 5000000, 100, 50000, lambda n, k: n),
    ("fjthrput", 50000, 60, 500, lambda n, k: k),
    ("fjcreate", 400000, None, 4000, lambda n, k: n),
    ("fib", 25, None, 16, lambda n, k: fib(n)),
    ("chameneos", 1000000, 100, 10000, lambda n, k: 2 * n),
    ("big", 20000, 120, 200, lambda n, k: k),
    ("mailbox", 200000, 20, 2000, lambda n, k: n * k),
    ("skynet", 1000000, None, 10000, lambda n, k: n * (n - 1) // 2),
    ("idle", 1000000, None, 10000, lambda n, k: n),
    ("banking", 500000, 1000, 5000, lambda n, k: n),
    ("filterbank", 1000000, 8, 10000, lambda n, k: n * (n - 1) // 2 + n * k),
    ("philosopher", 20000, 20, 200, lambda n, k: n * k),
    ("nqueens", 12, 20, 8, lambda n, k: solutions(n)),
    ("bndbuffer", 2000, 40, 20, lambda n, k: n * k),
    ("radixsort", 100000, 60, 1000, lambda n, k: 1),
    ("latency", 10000, 1000, 100, None),
)]
BY_NAME = {w.name: w for w in ALL}
MESSAGING = [w.name for w in ALL[:13]]


def arguments(workload, threads, quick):
    """(words of the command line, the check that is right or None)."""
    n = workload.quick if quick else workload.n
    words = [workload.name, "--n", str(n), "--threads", str(threads)]
    if workload.k is not None:
        words += ["--k", str(workload.k)]
    return words, str(workload.check(n, workload.k)) if workload.check else None
