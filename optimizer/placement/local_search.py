"""Open, close or swap sites where capacity does not bind: a local search that weighs all moves at once.

Each demand goes to its cheapest open site. What every opening, closing and swap would change is summed in one
pass over the costs from each demand's two cheapest open sites (Whitaker 1983; Resende and Werneck 2004,
doi 10.1023/B:HEUR.0000019986.96257.50). Between searches some sites are swapped at random.
"""

from __future__ import annotations

import numpy as np

from optimizer.placement.core import Core, compiled
from optimizer.words import Bools, Floats, Ints


def search(core: Core, is_open: Bools, rounds: int, rng: np.random.Generator) -> tuple[float, Bools, Ints]:
    """Improve open rows; return (cost, open rows, the row that serves each demand)."""
    start, limits = _within_limits(core, is_open), (core.least, core.most)
    value, found = _iterate(core.cost, core.fixed, core.forced, limits, start, rounds, rng)
    first, _ = _two_nearest(core.cost, found)
    return float(value), found, first


def _within_limits(core: Core, is_open: Bools) -> Bools:
    """Open what must be open, and as many rows as the limits ask for; at least one."""
    start = is_open | core.forced
    least = max(core.least, 1)
    if (missing := least - int(start.sum())) > 0:
        closed = np.flatnonzero(~start)
        start[closed[np.argsort(core.cost[closed].sum(axis=1), kind="stable")[:missing]]] = True
    if (excess := int(start.sum()) - core.most) > 0:
        spare = np.flatnonzero(start & ~core.forced)
        start[spare[np.argsort(-core.cost[spare].sum(axis=1), kind="stable")[:excess]]] = False
    return start


@compiled
def _two_nearest(cost: Floats, is_open: Bools) -> tuple[Ints, Ints]:
    """Return the cheapest and second cheapest open row of each demand (-1 where there is no second)."""
    demands = cost.shape[1]
    first, second = np.full(demands, -1), np.full(demands, -1)
    for row in np.flatnonzero(is_open):
        for j in range(demands):
            if first[j] < 0 or cost[row, j] < cost[first[j], j]:
                second[j] = first[j]
                first[j] = row
            elif second[j] < 0 or cost[row, j] < cost[second[j], j]:
                second[j] = row
    return first, second


@compiled
def _closing(cost: Floats, fixed: Floats, first: Ints, second: Ints) -> Floats:
    """Return what closing each row would add to the cost: (R,)."""
    loss = -fixed.copy()
    for j in range(cost.shape[1]):
        if second[j] >= 0:
            loss[first[j]] += cost[second[j], j] - cost[first[j], j]
        else:
            loss[first[j]] = np.inf
    return loss


@compiled
def _opening(price: Floats, first: Ints, near: Floats, far: Floats, spared: Floats) -> float:
    """Return what a row at ``price`` saves; ``spared``: what less the closing of each other then loses."""
    spared[:] = 0.0
    saved = 0.0
    for j in range(len(price)):
        if price[j] < far[j]:
            if price[j] < near[j]:
                saved += near[j] - price[j]
                spared[first[j]] += far[j] - near[j]
            else:
                spared[first[j]] += far[j] - price[j]
    return saved


@compiled
def _distances(cost: Floats, first: Ints, second: Ints) -> tuple[Floats, Floats]:
    """Return each demand's cost from its two cheapest open rows (infinite where there is one only)."""
    near, far = np.empty(len(first)), np.full(len(first), np.inf)
    for j in range(len(first)):
        near[j] = cost[first[j], j]
        if second[j] >= 0:
            far[j] = cost[second[j], j]
    return near, far


@compiled
def _best_move(
    cost: Floats, fixed: Floats, forced: Bools, limits: tuple[int, int], is_open: Bools
) -> tuple[float, float, int, int]:
    """Return (cost now, change, row to open, row to close) of the best move; -1 = none."""
    first, second = _two_nearest(cost, is_open)
    near, far = _distances(cost, first, second)
    now = fixed[is_open].sum() + near.sum()
    loss = _closing(cost, fixed, first, second)
    spared = np.zeros(len(fixed))
    closable = np.flatnonzero(is_open & ~forced)
    best, opening, closing = 0.0, -1, -1
    if is_open.sum() > limits[0]:
        for row in closable:
            if loss[row] < best:
                best, opening, closing = loss[row], -1, int(row)
    for row in np.flatnonzero(~is_open):
        change = fixed[row] - _opening(cost[row], first, near, far, spared)
        if is_open.sum() < limits[1] and change < best:
            best, opening, closing = change, int(row), -1
        for other in closable:
            if change + loss[other] - spared[other] < best:
                best, opening, closing = change + loss[other] - spared[other], int(row), int(other)
    return now, best, opening, closing


@compiled
def _descend(cost: Floats, fixed: Floats, forced: Bools, limits: tuple[int, int], is_open: Bools) -> float:
    """Make the best move while one helps; change ``is_open``, return the cost."""
    while True:
        now, change, opening, closing = _best_move(cost, fixed, forced, limits, is_open)
        if change >= -1e-9 * abs(now):
            return float(now)
        if opening >= 0:
            is_open[opening] = True
        if closing >= 0:
            is_open[closing] = False


@compiled
def _kick(is_open: Bools, forced: Bools, swaps: int, rng: np.random.Generator) -> None:
    """Swap some open rows for closed ones, at random."""
    for _ in range(swaps):
        opened, closed = np.flatnonzero(is_open & ~forced), np.flatnonzero(~is_open)
        if len(opened) == 0 or len(closed) == 0:
            return
        is_open[opened[int(rng.random() * len(opened))]] = False
        is_open[closed[int(rng.random() * len(closed))]] = True


@compiled
def _iterate(
    cost: Floats,
    fixed: Floats,
    forced: Bools,
    limits: tuple[int, int],
    start: Bools,
    rounds: int,
    rng: np.random.Generator,
) -> tuple[float, Bools]:
    """Descend, then kick and descend so many rounds from the best found."""
    best = start.copy()
    value = _descend(cost, fixed, forced, limits, best)
    for turn in range(rounds):
        tried = best.copy()
        _kick(tried, forced, 1 + turn % 4, rng)
        now = _descend(cost, fixed, forced, limits, tried)
        if now <= value:
            best, value = tried, now
    return value, best
