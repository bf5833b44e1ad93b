"""Ship shared demand from open rows with capacity at least cost: shortest paths between rows.

There are few rows and many demands, so the transport problem is solved on the rows alone. A row's price is
what a unit of its capacity costs; at given prices every demand goes where it is cheapest, and what capacity
is left over goes, as one demand more that costs nothing, where capacity is cheapest. Rows that are then
overloaded hand demand on, along the chain of rows where that costs least, to one that has room, and prices
follow (successive shortest paths; Ahuja, Magnanti and Orlin 1993, Network Flows, 9.7). The end is optimal.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from optimizer.placement.core import Core, compiled
from optimizer.placement.plan import FacilityPlan
from optimizer.placement.problem import FacilityProblem
from optimizer.words import Bools, Floats, Ints

CHAINS: Final = 1_000
"""Chains of hand-overs between two looks at the clock."""

STEPS: Final = 20
"""Of the prices towards full rows before the first chain; fewer chains are then needed."""

PATIENCE: Final = 4
"""Steps without better prices before they get shorter."""

NOTHING: Final = 1e-10
CRUMB: Final = 1e-13
"""Overload, and what is left of a lot, that do not count; relative to all load."""


class Shipping(NamedTuple):
    """L lots (all demand that uses capacity, and the capacity left over) on their way to N rows."""

    unit: Floats  # (L, N) cost of one unit of a lot
    capacity: Floats  # (N,)
    price: Floats  # (N,) of a unit of capacity
    load: Floats  # (N,)
    lots: Ints  # (N,) how many lots a row holds
    lot: NDArray[np.int32]  # (N, L) which
    held: Floats  # (N, L) and how much of each
    change: Floats  # (N, N) cost of handing one unit on from a row to another
    handed: Ints  # (N, N) the lot that this cost belongs to


def suits(core: Core, problem: FacilityProblem) -> bool:
    """Return whether capacity is the only limit on shares, and a demand uses the same of it everywhere."""
    aside = problem.budget is not None or problem.min_on_time > 0 or bool(problem.min_units.any())
    return not aside and len(core.use) == 1


def ship(
    core: Core, worth: Floats, is_open: Bools, goes_on: Callable[[], bool]
) -> tuple[Floats, Ints, Ints, Floats] | None:
    """Return (prices of capacity (R,), rows, demands and shares of the flows) that cost least.

    ``worth`` (R,) are prices to start from, better ones save time. None: no room for all demand, only pairs
    that are not allowed would do, or stopped by ``goes_on``.
    """
    rows, use = np.flatnonzero(is_open), core.use[0]
    total = float(use.sum())
    capacity = np.minimum(core.capacity[rows], total)
    spare = float(capacity.sum()) - total
    if not len(rows) or spare < -NOTHING * total:
        return None
    using = np.flatnonzero(use > 10 * CRUMB * total)
    unit = np.zeros((len(using) + 1, len(rows)))
    unit[:-1] = core.cost[np.ix_(rows, using)].T
    unit[:-1] /= use[using, None]
    amount = np.append(use[using], max(spare, 0.0))
    state = _begin(unit, amount, capacity, worth[rows].astype(np.float64))
    while not _hand_on(state, CHAINS, NOTHING * total, CRUMB * total):
        if not goes_on():
            return None
    row, lot, held = _flows(state)
    price = np.zeros(core.rows)
    price[rows] = state.price - state.price.min()
    idle = np.flatnonzero(use <= 10 * CRUMB * total)
    cheapest = core.cost[np.ix_(rows, idle)].argmin(axis=0)
    row, demand = np.append(row, cheapest), np.append(using[lot], idle)
    share = np.append(held / np.bincount(lot, held)[lot], np.ones(len(idle)))  # crumbs swept up
    row = rows[row]
    return None if (core.cost[row, demand] >= core.forbidden).any() else (price, row, demand, share)


def shipped(
    core: Core, problem: FacilityProblem, is_open: Bools, flows: tuple[Floats, Ints, Ints, Floats]
) -> FacilityPlan:
    """Return the plan of open rows and what :func:`ship` found for them."""
    _, row, demand, share = flows
    opened = np.zeros(problem.sites, np.bool_)
    sites = core.row_site[is_open]
    opened[sites[sites >= 0]] = True
    real = core.row_site[row] >= 0
    return FacilityPlan.of(opened, core.row_site[row[real]], demand[real], share[real])


def _begin(unit: Floats, amount: Floats, capacity: Floats, price: Floats) -> Shipping:
    """Put every lot where it is cheapest at good prices."""
    size, rows = unit.shape
    _price(unit, amount, capacity, price, STEPS)
    state = Shipping(
        *(unit, capacity, price, np.zeros(rows), np.zeros(rows, np.int64)),
        *(np.empty((rows, size), np.int32), np.empty((rows, size))),
        *(np.full((rows, rows), np.inf), np.zeros((rows, rows), np.int64)),
    )
    _place(state, amount)
    return state


def _flows(state: Shipping) -> tuple[Ints, Ints, Floats]:
    """Return (row, lot, amount) of what the rows hold, the capacity left over apart."""
    row = np.repeat(np.arange(len(state.lots)), state.lots)
    lot = np.concatenate([state.lot[n, :k] for n, k in enumerate(state.lots)]).astype(np.int64)
    held = np.concatenate([state.held[n, :k] for n, k in enumerate(state.lots)])
    real = lot < len(state.unit) - 1
    return row[real], lot[real], held[real]


@compiled
def _price(unit: Floats, amount: Floats, capacity: Floats, price: Floats, steps: int) -> None:
    """Move prices (N,) up where rows are overloaded and down where they have room; keep the best ones."""
    best, kept, factor, failed = -np.inf, price.copy(), 0.01, 0
    mean = np.zeros(len(capacity))
    for step in range(steps):
        load, value = np.zeros(len(capacity)), -(price * capacity).sum()
        for k in range(len(unit)):
            row = np.argmin(unit[k] + price)
            load[row] += amount[k]
            value += amount[k] * (unit[k, row] + price[row])
        if value > best:
            best, failed = value, 0
            kept[:] = price
        else:
            failed += 1
            if failed == PATIENCE:
                factor, failed = factor * 0.5, 0
        mean += (1.0 if step == 0 else 0.2) * (load - capacity - mean)
        norm = (mean * mean).sum()
        if norm == 0.0:
            break
        price[:] = kept + factor * abs(best) / norm * mean
    price[:] = kept


@compiled
def _place(state: Shipping, amount: Floats) -> None:
    for k in range(len(amount)):
        if amount[k] > 0:
            row = np.argmin(state.unit[k] + state.price)
            state.load[row] += amount[k]
            _append(state, k, row, amount[k])


@compiled
def _give(state: Shipping, k: int, row: int, amount: float) -> None:
    """Let a row hold so much more of a lot."""
    for place in range(state.lots[row]):
        if state.lot[row, place] == k:
            state.held[row, place] += amount
            return
    _append(state, k, row, amount)


@compiled
def _append(state: Shipping, k: int, row: int, amount: float) -> None:
    """Let a row hold a lot that it does not hold yet."""
    unit, _, _, _, lots, lot, held, change, handed = state
    lot[row, lots[row]] = k
    held[row, lots[row]] = amount
    lots[row] += 1
    for other in range(len(lots)):
        cost = unit[k, other] - unit[k, row]
        if other != row and cost < change[row, other]:
            change[row, other] = cost
            handed[row, other] = k


@compiled
def _take(state: Shipping, k: int, row: int, amount: float, crumb: float) -> None:
    """Let a row hold so much less of a lot; where that was all of it, see what it hands on cheapest now."""
    unit, _, _, _, lots, lot, held, change, handed = state
    place = 0
    while lot[row, place] != k:
        place += 1
    held[row, place] -= amount
    if held[row, place] > crumb:
        return
    lots[row] -= 1
    last = lots[row]
    lot[row, place], held[row, place] = lot[row, last], held[row, last]
    for other in range(len(lots)):
        if other == row or handed[row, other] != k:
            continue
        change[row, other] = np.inf
        for place in range(last):
            its = lot[row, place]
            cost = unit[its, other] - unit[its, row]
            if cost < change[row, other]:
                change[row, other] = cost
                handed[row, other] = its


@compiled
def _chain(state: Shipping, nothing: float) -> tuple[int, Ints]:
    """Return the row with room that overloaded rows reach most cheaply (-1: none), and whence each is.

    Prices move so that no hand-over is cheaper than free (Dijkstra's algorithm with reduced costs).
    """
    _, capacity, price, load, _, _, _, change, _ = state
    rows = len(load)
    far = np.where(load > capacity + nothing, 0.0, np.inf)
    whence, done = np.full(rows, -1), np.zeros(rows, np.bool_)
    while True:
        at, least = -1, np.inf
        for row in range(rows):
            if not done[row] and far[row] < least:
                at, least = row, far[row]
        if at < 0:
            return -1, whence
        if load[at] < capacity[at] - nothing:
            price -= np.minimum(far, least)
            return at, whence
        done[at] = True
        for row in range(rows):
            if done[row]:
                continue
            way = least + max(change[at, row] + price[row] - price[at], 0.0)
            if way < far[row]:
                far[row] = way
                whence[row] = at


@compiled
def _hand_on(state: Shipping, chains: int, nothing: float, crumb: float) -> bool:
    """Follow so many chains; return whether no row is overloaded any more."""
    _, capacity, _, load, _, lot, held, _, handed = state
    for _ in range(chains):
        end, whence = _chain(state, nothing)
        if end < 0 or not (load > capacity + nothing).any():
            return True
        amount, row = capacity[end] - load[end], end
        while whence[row] >= 0:
            before = whence[row]
            place = 0
            while lot[before, place] != handed[before, row]:
                place += 1
            amount = min(amount, held[before, place])
            row = before
        amount = min(amount, load[row] - capacity[row])
        load[row] -= amount
        load[end] += amount
        row = end
        while whence[row] >= 0:
            before = whence[row]
            k = handed[before, row]
            _take(state, k, before, amount, crumb)
            _give(state, k, row, amount)
            row = before
    return False
