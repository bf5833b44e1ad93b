"""Kick a plan of whole demands and mend it, thousands of times; only what a kick touches is looked at.

An iterated local search: a few demands move to rows that seem nearly as good for them, or a row opens, closes
or takes the place of another; from there shifts and exchanges descend in the rows so touched, and in those
that they touch in turn. What then fits and costs no more is kept.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from optimizer.placement.core import Core, compiled
from optimizer.placement.whole_search import Facts, change_of_load, facts_of, judge, opened_by
from optimizer.words import Bools, Floats, Ints

CHOICES: Final = 6
"""Rows that a demand may be kicked to, those that seem cheapest."""

SITES: Final = 0.5
"""Share of kicks that open, close or replace a row, where rows have a fixed cost."""

STEEP: Final = 4.0
"""Penalty for overload, in mean costs per unit of use."""

LONGEST: Final = 50
"""Sweeps over touched rows after one kick."""


def improve_by_kicks(
    core: Core, row_of: Ints, seeming: Floats, rounds: int, rng: np.random.Generator
) -> tuple[float, Bools, Ints]:
    """Return (cost, open rows, the row that serves each demand) of the best plan met.

    ``row_of`` (J,) is a plan that fits; ``seeming`` (R, J) is what serving costs with capacity priced in.
    """
    facts = facts_of(core)
    near = np.ascontiguousarray(np.argsort(seeming, axis=0, kind="stable")[:CHOICES].T)
    allowed = core.cost < core.forbidden
    penalty = STEEP * float(np.abs(core.cost[allowed]).mean()) / max(float(core.use.mean()), 1e-12)
    value, found = _kick(facts, near, row_of.copy(), penalty, core.most, rounds, rng)
    return float(value), opened_by(core, found), found


@compiled
def _kick(
    facts: Facts, near: Ints, row_of: Ints, penalty: float, most: int, rounds: int, rng: np.random.Generator
) -> tuple[float, Ints]:
    """Kick and mend so many rounds; return (cost, rows) of the best plan, which is the last one kept."""
    capacity, fixed = facts[2], facts[3]
    load, members, now = judge(facts, row_of)
    for _ in range(rounds):
        before = row_of.copy()
        dirty, usable = np.zeros(len(load), np.bool_), (members > 0) | (fixed == 0)
        if fixed.any() and rng.random() < SITES:
            _kick_site(facts, load, row_of, near, dirty, usable, rng)
        else:
            for _ in range(1 + int(rng.random() * 3)):
                j, row = _drawn(near, rng)
                if usable[row]:
                    _move(facts, load, row_of, dirty, j, row)
        _mend(facts, load, row_of, dirty, usable, penalty)
        load, members, total = judge(facts, row_of)
        fits = (members > 0).sum() <= most and (load <= capacity * (1 + 1e-12)).all()
        if fits and total <= now:
            now = total
        else:
            row_of = before
            load, members, _ = judge(facts, row_of)
    return now, row_of


@compiled
def _drawn(near: Ints, rng: np.random.Generator) -> tuple[int, int]:
    """Draw a demand, and one of the rows that seem cheapest for it."""
    j = int(rng.random() * len(near))
    return j, int(near[j, int(rng.random() * near.shape[1])])


@compiled
def _kick_site(
    facts: Facts,
    load: Floats,
    row_of: Ints,
    near: Ints,
    dirty: Bools,
    usable: Bools,
    rng: np.random.Generator,
) -> None:
    """Open a closed row for what it serves more cheaply, put it in the place of another, or close a row."""
    cost, use, capacity, fixed = facts
    j, row = _drawn(near, rng)
    old, way = row_of[j], rng.random()
    if not usable[row] and way < 0.5:
        usable[row] = True
        for k in range(len(row_of)):
            if (row_of[k] == old and way < 0.25) or (
                cost[row, k] < cost[row_of[k], k] and load[row] + use[row, k] <= capacity[row]
            ):
                _move(facts, load, row_of, dirty, k, row)
    elif fixed[old] > 0:
        usable[old] = False
        for k in range(len(row_of)):
            if row_of[k] == old:
                for other in near[k]:
                    if usable[other]:
                        _move(facts, load, row_of, dirty, k, other)
                        break


@compiled
def _move(facts: Facts, load: Floats, row_of: Ints, dirty: Bools, j: int, row: int) -> None:
    use, old = facts[1], row_of[j]
    load[old] -= use[old, j]
    load[row] += use[row, j]
    row_of[j] = row
    dirty[old] = True
    dirty[row] = True


@compiled
def _mend(facts: Facts, load: Floats, row_of: Ints, dirty: Bools, usable: Bools, penalty: float) -> None:
    """Shift and exchange the demands of dirty rows while that improves; what moves makes rows dirty again."""
    for _ in range(LONGEST):
        if not dirty.any():
            return
        look = dirty.copy()
        dirty[:] = False
        for j in range(len(row_of)):
            mine = row_of[j]
            if not look[mine]:
                continue
            change, row = _best_shift(facts, load, usable, penalty, j, mine)
            other = _best_swap(facts, load, row_of, penalty, j, change)
            if other >= 0:
                its = row_of[other]
                _move(facts, load, row_of, dirty, j, its)
                _move(facts, load, row_of, dirty, other, mine)
            elif row >= 0:
                _move(facts, load, row_of, dirty, j, row)


@compiled
def _best_shift(
    facts: Facts, load: Floats, usable: Bools, penalty: float, j: int, mine: int
) -> tuple[float, int]:
    """Return (change, row) of the best usable row for a demand; -1 = none improves."""
    cost, use, capacity, _ = facts
    leaving = penalty * change_of_load(load[mine], -use[mine, j], capacity[mine]) - cost[mine, j]
    best, chosen = -1e-9 * penalty * use[mine, j], -1
    for row in range(len(cost)):
        if row == mine or not usable[row] or leaving + cost[row, j] >= best:
            continue
        change = leaving + cost[row, j] + penalty * change_of_load(load[row], use[row, j], capacity[row])
        if change < best:
            best, chosen = change, row
    return best, chosen


@compiled
def _best_swap(facts: Facts, load: Floats, row_of: Ints, penalty: float, j: int, best: float) -> int:
    """Return the demand whose exchange for this one changes less than ``best``; -1 = none does."""
    cost, use, capacity, _ = facts
    mine, chosen = row_of[j], -1
    full = load[mine] > capacity[mine]
    for k in range(len(row_of)):
        its = row_of[k]
        change = cost[its, j] + cost[mine, k] - cost[mine, j] - cost[its, k]
        if its == mine or (change >= best and not full and load[its] <= capacity[its]):
            continue
        change += penalty * change_of_load(load[mine], use[mine, k] - use[mine, j], capacity[mine])
        change += penalty * change_of_load(load[its], use[its, j] - use[its, k], capacity[its])
        if change < best:
            best, chosen = change, k
    return chosen
