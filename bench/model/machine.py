# SPDX-License-Identifier: MIT
"""The machine of the model: cores with a clock each, and cache lines that are at one core at a time.

What costs time is of three kinds: work (measured, by troupe-micro), bringing a line from another core (assumed), and waiting for
a line that others want too, which nobody assumes: it comes out. Each is booked by name, so that the largest names the bottleneck."""
import heapq
import random
from collections import Counter

NEAR_NS, FAR_NS, CHIP_CORES = 60, 120, 64  # ASSUMED: a line from another core of the chip, of another chip; cores of a chip
WAIT_LOOK_NS = 10                          # ASSUMED: between two tries of a loop


class Machine:
    """Cores take their steps in the order of their clocks; a step is a function that gives the time it is over, or None: no more."""

    def __init__(self, cores, seed=1):
        self.cores, self.now = cores, 0.0
        self.random = random.Random(seed)
        self.booked = Counter()
        self.agenda, self.order = [], 0

    def at(self, time, step):
        self.order += 1
        heapq.heappush(self.agenda, (time, self.order, step))

    def run(self, until):
        while self.agenda and self.agenda[0][0] < until:
            self.now, _, step = heapq.heappop(self.agenda)
            again = step(self.now)
            if again is not None:
                self.at(again, step)

    def work(self, what, ns):
        self.booked[what] += ns
        return ns

    def bottleneck(self):
        """The most that was booked but for work, and its share of all cores' time."""
        rest = {what: ns for what, ns in self.booked.items() if what != "work"}
        what = max(rest, key=rest.get, default=None)
        total = sum(self.booked.values())
        return (what, rest[what] / total) if what and rest[what] > 0.1 * total else ("none: work", self.booked["work"] / max(total, 1))


class Line:
    """A cache line that is written: by one core at a time, the others queue."""

    def __init__(self, machine, name):
        self.machine, self.name, self.owner, self.free_at = machine, name, None, 0.0
        self.version = 0

    def bring(self, core, now):
        """When it is at the core, and the core has it alone."""
        if self.owner == core and self.free_at <= now:
            return now
        far = self.owner is not None and self.owner // CHIP_CORES != core // CHIP_CORES
        arrives = max(now, self.free_at) + (0 if self.owner is None else FAR_NS if far else NEAR_NS)
        self.machine.booked[self.name] += arrives - now
        self.owner, self.free_at = core, arrives
        return arrives

    def use(self, core, now, hold):
        """One atomic step, or what is done under a lock, of `hold` ns. When it is over."""
        over = self.bring(core, now) + hold
        self.free_at = over
        self.version += 1
        self.machine.booked["work"] += hold
        return over
