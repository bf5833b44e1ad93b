"""One node of the tree on sites with capacity: move the prices of demands, decide sites on the way.

As in :mod:`optimizer.placement.lagrangian`, a few steps at a time and with some rows decided. One cut more:
the open rows together must have room for all demand, a knapsack over what each of them costs net.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from optimizer.placement.core import Core, compiled
from optimizer.placement.site_prices import take_best
from optimizer.words import Bools, Floats

States = NDArray[np.int8]
"""(R,): 1 = open, -1 = closed, 0 = to be decided."""

Facts = tuple[Floats, Floats, Floats, Floats, bool, int, int, float]
"""cost, use, capacity, fixed, whole, least, most, and the use of all demand together."""

Choice = tuple[float, Bools, Floats]
"""What the rows cost net, which open (R,), and what the other way adds for each (R,)."""

STEPS: Final = 60
"""Of the prices in one node."""

PATIENCE: Final = 6
"""Steps without a better bound before they get shorter."""


def facts_of(core: Core) -> Facts:
    """Return the numbers of a core that its nodes share."""
    needed = float(core.use.min(axis=0).sum())
    return core.cost, core.use, core.capacity, core.fixed, core.whole, core.least, core.most, needed


@compiled
def bound_node(
    facts: Facts, state: States, price: Floats, steps: int, most_cost: float
) -> tuple[float, Bools, Floats, Floats]:
    """Move the prices to a better bound, deciding rows on the way.

    Return (bound, open rows, what the other way adds for each row, how often each was open). ``state`` and
    ``price`` change in place; the search ends once the bound passes ``most_cost``.
    """
    best, kept = -np.inf, price.copy()
    chosen, against, often = state == 1, np.zeros(len(state)), np.zeros(len(state))
    mean = np.zeros(len(price))
    factor, failed = 0.3, 0
    for step in range(steps):
        total, is_open, other = _choose(facts, state, _net_costs(facts, state, price))
        bound = price.sum() + total
        if bound > best:
            best, failed = bound, 0
            kept[:], chosen[:], against[:] = price, is_open, other
            _settle(state, is_open, other, most_cost - bound)
        else:
            failed += 1
            if failed == PATIENCE:
                factor, failed = factor * 0.66, 0
        if best > most_cost:
            break
        weight = 1.0 if step == 0 else 0.15
        mean += weight * (_lacking(facts, price, is_open) - mean)
        often += weight * (is_open - often)
        norm = (mean * mean).sum()
        if norm < 1e-9:
            break
        ahead = min(most_cost, best + 0.2 * abs(best)) - best
        price[:] = kept + factor * max(ahead, 1e-6 * abs(best)) / norm * mean
    price[:] = kept
    return best, chosen, against, often


@compiled
def _net_costs(facts: Facts, state: States, price: Floats) -> Floats:
    """Return what each row that may open costs net of what it earns at the prices: (R,)."""
    cost, use, capacity, fixed, whole, _, _, _ = facts
    net = fixed.copy()
    demand, share = np.empty(len(price), np.int64), np.empty(len(price))
    for row in np.flatnonzero(state >= 0):
        needs = use[row] if len(use) > 1 else use[0]
        net[row] -= take_best(cost[row], needs, price, capacity[row], whole, demand, share)[1]
    return net


@compiled
def _lacking(facts: Facts, price: Floats, is_open: Bools) -> Floats:
    """Return what each demand still lacks: one, less what the open rows take of it."""
    cost, use, capacity, _, whole, _, _, _ = facts
    lack = np.ones(len(price))
    demand, share = np.empty(len(price), np.int64), np.empty(len(price))
    for row in np.flatnonzero(is_open):
        needs = use[row] if len(use) > 1 else use[0]
        count = take_best(cost[row], needs, price, capacity[row], whole, demand, share)[0]
        for k in range(count):
            lack[demand[k]] -= share[k]
    return lack


@compiled
def _settle(state: States, is_open: Bools, against: Floats, room: float) -> None:
    """Decide the rows whose other way would cost more than ``room`` beyond the bound."""
    for row in np.flatnonzero(state == 0):
        if against[row] > room:
            state[row] = 1 if is_open[row] else -1


@compiled
def _choose(facts: Facts, state: States, net: Floats) -> Choice:
    """Choose the rows that cost least together: by their number or by their room, whichever proves more."""
    _, _, capacity, _, _, least, most, needed = facts
    by_count: Choice = _by_count(state, net, least, most)
    by_room: Choice = _by_room(state, net, capacity, needed)
    return by_room if by_room[0] > by_count[0] else by_count


@compiled
def _by_count(state: States, net: Floats, least: int, most: int) -> Choice:
    """Open the rows that earn, within the limits on the number of rows."""
    is_open = state == 1
    count, total = is_open.sum(), net[is_open].sum()
    worst, best = -np.inf, np.inf
    free = np.flatnonzero(state == 0)
    for row in free[np.argsort(net[free])]:
        if (net[row] < 0 or count < least) and count < most:
            is_open[row] = True
            count += 1
            total += net[row]
            worst = net[row]
        else:
            best = min(best, net[row])
    into = worst if count >= most else max(worst, 0.0)
    out = best if count <= least else min(best, 0.0)
    against = np.zeros(len(net))
    for row in free:
        against[row] = max(out - net[row] if is_open[row] else net[row] - into, 0.0)
    return (np.inf if count < least or count > most else total), is_open, against


@compiled
def _by_room(state: States, net: Floats, capacity: Floats, needed: float) -> Choice:
    """Open the rows that earn, then those with the cheapest room, the last in part, until all has room."""
    is_open = (state == 1) | ((state == 0) & (net < 0))
    total = net[is_open].sum()
    lacking, rate = needed - capacity[is_open].sum(), 0.0
    dear = np.flatnonzero((state == 0) & (net >= 0) & (capacity > 0))
    for row in dear[np.argsort(net[dear] / capacity[dear])]:
        if lacking <= 0:
            break
        rate = net[row] / capacity[row]
        total += rate * min(capacity[row], lacking)
        lacking -= capacity[row]
        is_open[row] = True
    against = np.zeros(len(net))
    for row in np.flatnonzero(state == 0):
        against[row] = abs(net[row] - (rate * capacity[row] if rate > 0 else 0.0))
    return (np.inf if lacking > 1e-9 * needed else total), is_open, against
