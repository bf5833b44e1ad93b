"""Branch and bound on sites where capacity does not bind, with the prices of the Lagrangian as bounds.

Once it is known which sites open, every demand goes to the cheapest: so only sites are branched on, depth
first, and the bound of a node comes from its parent's prices in a few steps, thousands of nodes a second.
In every node reduced costs settle further sites. See Held, Wolfe and Crowder 1974, doi 10.1007/BF01580223.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from optimizer.placement.answer import Infeasible
from optimizer.placement.core import Core, compiled
from optimizer.placement.lagrangian import Lagrangian
from optimizer.placement.model import Question
from optimizer.placement.record import Record
from optimizer.words import Bools, Floats

States = NDArray[np.int8]
"""(R,): 1 = open, -1 = closed, 0 = to be decided."""

STEPS: Final = 40
"""Of the prices in one node."""

CHUNK: Final = 200
"""Nodes between two looks at the clock."""


def branch(core: Core, question: Question, duals: Lagrangian, record: Record) -> None:
    """Search until the best plan is proven, or the clock or the limit on nodes stops it.

    Raises Infeasible where the search ends without a plan.
    """
    state = np.where(question.must_open, 1, np.where(question.may_open, 0, -1)).astype(np.int8)
    depth = core.rows + 2
    states, prices = np.zeros((depth, core.rows), np.int8), np.zeros((depth, core.demands))
    bounds = np.full(depth, np.inf)
    states[0], prices[0], bounds[0] = state, duals.best.price, duals.bound
    pending, nodes = 1, 0
    facts = (core.cost, core.fixed, core.least, core.most)
    while pending and record.goes_on() and not _used_up(record, nodes):
        found, best = np.zeros(core.rows, np.bool_), record.value
        pending, best = _explore(
            facts, states, prices, bounds, pending, best, record.value - record.most, found
        )
        if best < record.value:
            row_of = np.where(found[:, None], core.cost, np.inf).argmin(axis=0)
            record.offer(core.plan(record.problem, found, row_of))
        record.prove(min(float(bounds[:pending].min(initial=np.inf)), record.most))
        nodes += CHUNK
    if not pending and record.plan is None:
        raise Infeasible("No plan keeps every limit.")


def _used_up(record: Record, nodes: int) -> bool:
    return record.limits.work is not None and nodes >= record.limits.work


@compiled
def _explore(
    facts: tuple[Floats, Floats, int, int],
    states: States,
    prices: Floats,
    bounds: Floats,
    pending: int,
    best: float,
    step: float,
    found: Bools,
) -> tuple[int, float]:
    """Work off some nodes of the stack; return (nodes left, best cost), its open rows in ``found``.

    A plan counts as better if it costs less by ``step`` at least.
    """
    for _ in range(CHUNK):
        if pending == 0:
            break
        pending -= 1
        if bounds[pending] > best - step:
            continue
        state, price = states[pending].copy(), prices[pending].copy()
        bound, is_open, often = _bound_node(facts, state, price, best - step)
        value = _cost_of(facts, is_open)
        if value < best:
            best = value
            found[:] = is_open
        if bound > best - step:
            continue
        row = _most_doubtful(state, often)
        if row < 0:
            value = _cost_of(facts, state == 1)
            if value < best:
                best = value
                found[:] = state == 1
            continue
        likely = 1 if often[row] >= 0.5 else -1
        for side in (-likely, likely):
            states[pending], prices[pending], bounds[pending] = state, price, bound
            states[pending, row] = side
            pending += 1
    return pending, best


@compiled
def _cost_of(facts: tuple[Floats, Floats, int, int], is_open: Bools) -> float:
    """Return what a set of open rows costs; infinite where their number is not allowed."""
    cost, fixed, least, most = facts
    rows = np.flatnonzero(is_open)
    if len(rows) == 0 or len(rows) < least or len(rows) > most:
        return np.inf
    near = cost[rows[0]].copy()
    for row in rows[1:]:
        for j in range(len(near)):
            near[j] = min(near[j], cost[row, j])
    return float(fixed[rows].sum() + near.sum())


@compiled
def _most_doubtful(state: States, often: Floats) -> int:
    """Return the undecided row that was open nearest to half of the time; -1 where all are decided."""
    best, chosen = np.inf, -1
    for row in range(len(state)):
        if state[row] == 0 and abs(often[row] - 0.5) < best:
            best, chosen = abs(often[row] - 0.5), row
    return chosen


@compiled
def _choose(net: Floats, state: States, least: int, most: int) -> tuple[Bools, float, float]:
    """Open the rows that earn, within the limits; return them with the worst one in and the best one out."""
    is_open = state == 1
    count = is_open.sum()
    worst, best = -np.inf, np.inf
    free = np.flatnonzero(state == 0)
    for row in free[np.argsort(net[free])]:
        if (net[row] < 0 or count < least) and count < most:
            is_open[row] = True
            count += 1
            worst = net[row]
        else:
            best = min(best, net[row])
    into = worst if count >= most else max(worst, 0.0)
    out = best if count <= least else min(best, 0.0)
    return is_open, into, out


@compiled
def _net_costs(facts: tuple[Floats, Floats, int, int], state: States, price: Floats) -> Floats:
    """Return what each row costs net of what it earns at the prices: (R,)."""
    cost, fixed, _, _ = facts
    net = fixed.copy()
    for row in np.flatnonzero(state >= 0):
        earned = 0.0
        for j in range(len(price)):
            earned += max(price[j] - cost[row, j], 0.0)
        net[row] -= earned
    return net


@compiled
def _lacking(cost: Floats, price: Floats, is_open: Bools) -> Floats:
    """Return what each demand still lacks: one, less the open rows that it pays."""
    lack = np.ones(len(price))
    for row in np.flatnonzero(is_open):
        for j in range(len(price)):
            if cost[row, j] < price[j]:
                lack[j] -= 1.0
    return lack


@compiled
def _settle(net: Floats, state: States, is_open: Bools, into: float, out: float, room: float) -> None:
    """Decide the rows whose other choice would cost more than ``room`` beyond the bound."""
    for row in np.flatnonzero(state == 0):
        if is_open[row] and out - net[row] > room:
            state[row] = 1
        elif not is_open[row] and net[row] - into > room:
            state[row] = -1


@compiled
def _bound_node(
    facts: tuple[Floats, Floats, int, int], state: States, price: Floats, most_cost: float
) -> tuple[float, Bools, Floats]:
    """Move the prices to a better bound, deciding rows on the way; return (bound, open rows, how often open).

    ``state`` and ``price`` change in place; the search ends once the bound passes ``most_cost``.
    """
    cost, _, least, most = facts
    best, kept = -np.inf, price.copy()
    chosen = state == 1
    often, mean = np.zeros(len(state)), np.zeros(len(price))
    factor, failed = 0.3, 0
    for step in range(STEPS):
        net = _net_costs(facts, state, price)
        is_open, into, out = _choose(net, state, least, most)
        bound = price.sum() + net[is_open].sum()
        lack = _lacking(cost, price, is_open)
        weight = 1.0 if step == 0 else 0.15
        mean += weight * (lack - mean)
        often += weight * (is_open - often)
        if bound > best:
            best, failed = bound, 0
            kept[:], chosen[:] = price, is_open
            _settle(net, state, is_open, into, out, most_cost - bound)
        else:
            failed += 1
            if failed == 4:
                factor, failed = factor * 0.6, 0
        norm = (mean * mean).sum()
        if best > most_cost or norm < 1e-9:
            break
        ahead = min(most_cost, best + 0.2 * abs(best)) - best
        price[:] = kept + factor * max(ahead, 1e-6 * abs(best)) / norm * mean
    price[:] = kept
    return best, chosen, often
