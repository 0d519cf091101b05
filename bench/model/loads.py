# SPDX-License-Identifier: MIT
"""What the cores do: five kinds of load. Each gives units a second on so many cores, and what most time was lost by.

Costs come from the measured ones (costs.json): nanoseconds, by the names of troupe-micro. The steps are those of the code: where a line
is written that others want, there is a Line."""
from machine import Line, Machine, NEAR_NS, WAIT_LOOK_NS

MAGAZINE = 256       # blocks: base/depot.c, base/memory.c
TURN = 64            # messages
SENDS_ALONE = 16     # turns from the lifo slot until all else is looked at: F1
LOOK_EVERY = 8       # messages of a turn between two looks for new ones


def rate(units, ns):
    return units / ns * 1e9


def pairs(cores, cost, until=200_000.0):
    """64 pairs a core play ping-pong. Nothing that is written is shared: blocks come from, and go to, the own magazines."""
    machine, done = Machine(cores), [0]

    def step(now):
        done[0] += SENDS_ALONE
        return now + machine.work("work", SENDS_ALONE * cost["pairs.1"])

    for core in range(cores):
        machine.at(core * 0.1, step)
    machine.run(until)
    return rate(done[0], until), machine.bottleneck()


def ring(cores, cost, until=200_000.0):
    """One token goes round. F3: it stays where it is; nobody is woken for it, whatever the number of cores."""
    machine, done = Machine(cores), [0]

    def step(now):
        done[0] += 1
        return now + machine.work("work", cost["ring.1"])

    machine.at(0.0, step)
    machine.run(until)
    machine.booked["one token"] += (cores - 1) * until
    return rate(done[0], until), machine.bottleneck()


def fan_in(cores, cost, keeps=False, until=200_000.0):
    """All cores but one send, as fast as they can, to one actor. A push reads the head, links, and swaps it if it is still the same;
    if not, it pauses and tries again. `keeps`: the line stays at the core for the second try (the kinder guess)."""
    machine = Machine(cores)
    head, queued, received = Line(machine, "mailbox head"), [0], [0]
    receive = max(cost["send.flood"] - cost["send.only"], 1.0)
    if cores == 1:
        return rate(1, cost["send.flood"]), ("none: work", 1.0)
    if cores == 2:  # alone at the mailbox: chunks, and no contention
        return rate(1, max(cost["send.only"], cost["fan-in.1"])), ("one receiver", 0.5)

    def sender(core):
        seen = [None]  # the version that was read

        def step(now):
            if seen[0] is None:
                now = head.bring(core, now + machine.work("work", cost["send.only"]))
                seen[0] = head.version
                return now + machine.work("work", WAIT_LOOK_NS / 2)
            now = head.bring(core, now)
            if head.version != seen[0]:
                machine.booked["mailbox head: tried again"] += WAIT_LOOK_NS
                seen[0] = head.version
                if not keeps:
                    return now + WAIT_LOOK_NS
            seen[0] = None
            queued[0] += 1
            return head.use(core, now, 1.0)
        return step

    def receiver(now):
        if queued[0] == 0:
            machine.booked["receiver waits"] += WAIT_LOOK_NS * 10
            return now + WAIT_LOOK_NS * 10
        now = head.use(0, now, 1.0)
        taken, queued[0] = queued[0], 0
        received[0] += taken
        return now + machine.work("work", taken * receive) + machine.work("messages from other cores", taken * 0.5 * NEAR_NS)

    machine.at(0.0, receiver)
    for core in range(1, cores):
        machine.at(core * 3.0, sender(core))
    machine.run(until)
    return rate(received[0], until), machine.bottleneck()


def streams(cores, cost, until=400_000.0, shards=1):
    """Half of the cores send, each to an actor on another core, in bursts too short for chunks: a block a message. It is freed where it
    was not taken, so each 256 messages a magazine goes through the depot twice."""
    machine, done = Machine(cores), [0]
    if cores == 1:
        return rate(1, cost["send.scatter"]), ("none: work", 1.0)
    depots = [Line(machine, "depot lock") for _ in range(shards)]
    each = max(cost["send.scatter"] / 2 + 0.5 * NEAR_NS, 1.0)  # half of a message's work, and its line brought over

    def worker(core):
        depot = depots[(core // 2) % shards]

        def step(now):
            if core % 2 == 0:
                done[0] += MAGAZINE
            now += machine.work("work", MAGAZINE * each)
            # under the lock who takes a magazine reads its first block, which another core has written
            return depot.use(core, now, cost["block.burst"] + (NEAR_NS if core % 2 == 0 else 0))
        return step

    for core in range(cores - cores % 2):
        machine.at(core * 37.0, worker(core))
    machine.run(until)
    return rate(done[0], until), machine.bottleneck()


def fork_join(cores, cost, searchers_max=16, leaves=100_000):
    """A tree of actors, ten children each, depth first; who has nothing steals half of what another has queued. Searching is counted
    in one word for all (idle_set.h), and each look at a victim brings the line of its ring. Half of the workers may search at once, but no more than
    so many."""
    machine = Machine(cores)
    searching = Line(machine, "idle-set counter")
    rings = [Line(machine, "looking at others' rings") for _ in range(cores)]
    stacks = [[] for _ in range(cores)]
    stacks[0].append(leaves)
    searchers, left, last = [0], [leaves], [0.0]
    is_searching = [False] * cores

    def begin(core, now):
        if is_searching[core]:
            return now
        if 2 * searchers[0] >= cores or searchers[0] >= searchers_max:
            machine.booked["sleeping"] += 1000
            return now + 1000
        searchers[0] += 1
        is_searching[core] = True
        return searching.use(core, now, 5.0)

    def end(core, now):
        if is_searching[core]:
            searchers[0] -= 1
            is_searching[core] = False
            now = searching.use(core, now, 5.0)
        return now

    def steal(core, now):
        first = machine.random.randrange(cores)
        for i in range(cores):
            victim = (first + i) % cores
            if victim == core:
                continue
            now = rings[victim].bring(core, now)
            if len(stacks[victim]) >= 2:
                count = (len(stacks[victim]) + 1) // 2
                stacks[core], stacks[victim] = stacks[victim][:count], stacks[victim][count:]
                return rings[victim].use(core, now, cost["steal.one"] + count * cost["steal.half"])
        return now + WAIT_LOOK_NS

    def worker(core):
        def step(now):
            if left[0] <= 0:
                return None
            if not stacks[core]:
                now = begin(core, now)
                return steal(core, now) if is_searching[core] else now
            now = end(core, now)
            size = stacks[core].pop()
            now = rings[core].bring(core, now) + machine.work("work", cost["fork.1"] * 9 / 10)
            if size <= 1:
                left[0] -= 1
                last[0] = max(last[0], now)
            else:
                part = max(size // 10, 1)
                stacks[core] += [part] * min(10, size)
            return now
        return step

    for core in range(cores):
        machine.at(core * 0.1, worker(core))
    machine.run(float("inf"))
    return rate(leaves, last[0]), machine.bottleneck()


LOADS = {"pairs": pairs, "ring": ring, "fan-in": fan_in, "streams": streams, "fork-join": fork_join}
