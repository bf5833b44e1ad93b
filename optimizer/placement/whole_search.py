"""Serve whole demands from sites with capacity: a local search that may pass through plans that do not fit.

A plan costs its open sites, its service and a penalty for every unit of overload; a demand is shifted to
another site (which may open that, or close the one it leaves), or two demands change places. The penalty
grows while plans do not fit and falls while they do (strategic oscillation). Between descents some demands
move at random, from the best plan so far.
"""

from __future__ import annotations

import numpy as np

from optimizer.placement.core import Core, compiled
from optimizer.words import Bools, Floats, Ints

Facts = tuple[Floats, Floats, Floats, Floats]
"""cost, use, capacity, fixed; fixed is 0 for rows that are open in any case."""

STEEPEST = 100.0
"""Penalty, in multiples of what capacity seems worth, at which a plan that does not fit is given up."""


def search(
    core: Core, row_of: Ints, worth: Floats, rounds: int, rng: np.random.Generator
) -> tuple[float, Bools, Ints]:
    """Return (cost, open rows, the row that serves each demand); the cost is infinite where nothing fits.

    ``row_of`` (J,) is where to start; ``worth`` (R,) is what a unit of capacity seems worth in each row.
    """
    value, row_of = _iterate(facts_of(core), row_of.copy(), worth, core.most, rounds, rng)
    return float(value), opened_by(core, row_of), row_of


def opened_by(core: Core, row_of: Ints) -> Bools:
    """Return the rows (R,) that serve something, must be open, or fill up the number that has to be."""
    opened = core.forced.copy()
    opened[row_of] = True
    missing = core.least - int(opened.sum())
    if missing > 0:
        closed = np.flatnonzero(~opened)
        opened[closed[np.argsort(core.fixed[closed], kind="stable")[:missing]]] = True
    return opened


def facts_of(core: Core) -> Facts:
    """Return the numbers of a core as the kernels take them."""
    use = np.ascontiguousarray(np.broadcast_to(core.use, core.cost.shape))
    return core.cost, use, core.capacity, np.where(core.forced, 0.0, core.fixed)


@compiled
def change_of_load(load: float, change: float, capacity: float) -> float:
    """Return how much the overload grows."""
    return max(load + change - capacity, 0.0) - max(load - capacity, 0.0)


@compiled
def _shift(
    facts: Facts,
    load: Floats,
    members: Ints,
    price: Floats,
    most: int,
    j: int,
    old: int,
) -> tuple[float, int]:
    """Return (change, row) of the best other row for a demand."""
    cost, use, capacity, fixed = facts
    leaving = price[old] * change_of_load(load[old], -use[old, j], capacity[old]) - cost[old, j]
    if members[old] == 1:
        leaving -= fixed[old]
    full = (members > 0).sum() - (members[old] == 1) >= most
    best, chosen = 0.0, -1
    for row in range(len(cost)):
        if row == old or cost[row, j] + leaving >= best:
            continue
        change = leaving + cost[row, j] + price[row] * change_of_load(load[row], use[row, j], capacity[row])
        if members[row] == 0:
            change += np.inf if full else fixed[row]
        if change < best:
            best, chosen = change, row
    return best, chosen


@compiled
def _swap(facts: Facts, load: Floats, price: Floats, row_of: Ints, j: int) -> tuple[float, int]:
    """Return (change, other demand) of the best exchange for a demand."""
    cost, use, capacity, _ = facts
    mine = row_of[j]
    best, chosen = 0.0, -1
    for k in range(len(row_of)):
        its = row_of[k]
        change = cost[its, j] + cost[mine, k] - cost[mine, j] - cost[its, k]
        if its == mine:
            continue
        change += price[mine] * change_of_load(load[mine], use[mine, k] - use[mine, j], capacity[mine])
        change += price[its] * change_of_load(load[its], use[its, j] - use[its, k], capacity[its])
        if change < best:
            best, chosen = change, k
    return best, chosen


@compiled
def _descend(
    facts: Facts,
    load: Floats,
    members: Ints,
    row_of: Ints,
    price: Floats,
    most: int,
) -> None:
    """Make improving shifts, and exchanges where no shift improves, until nothing does."""
    cost, use, _, _ = facts
    small = 1e-9 * (np.abs(cost).max() + price.max() * use.max())
    better = True
    while better:
        better = False
        for j in range(len(row_of)):
            old = row_of[j]
            change, row = _shift(facts, load, members, price, most, j, old)
            if change < -small:
                load[old] -= use[old, j]
                load[row] += use[row, j]
                members[old] -= 1
                members[row] += 1
                row_of[j] = row
                better = True
        if better:
            continue
        for j in range(len(row_of)):
            change, k = _swap(facts, load, price, row_of, j)
            if change < -small:
                mine, its = row_of[j], row_of[k]
                load[mine] += use[mine, k] - use[mine, j]
                load[its] += use[its, j] - use[its, k]
                row_of[j], row_of[k] = its, mine
                better = True


@compiled
def judge(facts: Facts, row_of: Ints) -> tuple[Floats, Ints, float]:
    """Return (load, number of demands, cost); load is summed anew, so that errors do not add up."""
    cost, use, _, fixed = facts
    load, members, total = np.zeros(len(cost)), np.zeros(len(cost), np.int64), 0.0
    for j in range(len(row_of)):
        load[row_of[j]] += use[row_of[j], j]
        members[row_of[j]] += 1
        total += cost[row_of[j], j]
    return load, members, total + fixed[members > 0].sum()


@compiled
def _iterate(
    facts: Facts,
    row_of: Ints,
    worth: Floats,
    most: int,
    rounds: int,
    rng: np.random.Generator,
) -> tuple[float, Ints]:
    """Descend and kick so many rounds; return the best plan that fits, its cost infinite where none does."""
    cost, use, capacity, _ = facts
    best, kept = np.inf, row_of.copy()
    base = worth + 0.1 * np.abs(cost).mean() / max(use.mean(), 1e-12)
    scale = 2.0
    for _ in range(rounds + 1):
        load, members, _ = judge(facts, row_of)
        _descend(facts, load, members, row_of, scale * base, most)
        load, members, total = judge(facts, row_of)
        if (load > capacity * (1 + 1e-12)).any() or (members > 0).sum() > most:
            scale *= 1.5
            if scale < STEEPEST:
                continue
            scale = 2.0
        else:
            scale = max(scale * 0.7, 0.5)
            if total < best:
                best, kept = total, row_of.copy()
            else:
                row_of = kept.copy()
        for _ in range(1 + int(rng.random() * 4)):
            j, row = int(rng.random() * len(row_of)), row_of[int(rng.random() * len(row_of))]
            row_of[j] = row
    return best, kept
