"""Change a few sites of a plan at a time, each time as well as can be (large neighbourhood search).

A demand is drawn; the sites that would serve it best at the bound's prices, and whatever they serve now, are
put in question together, all else stays. HiGHS answers within so many nodes. Questions grow while they are
answered outright and shrink while they are not.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from optimizer.mathopt import Solver
from optimizer.placement.core import Core
from optimizer.placement.exact import run
from optimizer.placement.fixing import settle
from optimizer.placement.lagrangian import Lagrangian
from optimizer.placement.model import Question
from optimizer.placement.plan import FacilityPlan
from optimizer.placement.record import Record
from optimizer.words import Bools, Ints

NODES: Final = 200
FEWEST: Final = 3
"""Sites in one question, at least."""

PATIENCE: Final = 25
LONG_PATIENCE: Final = 200
"""Questions without a better plan after which to stop; the second where a proof is far away anyway."""

PROVABLE: Final = 15_000
"""Pairs left in question from which on it is."""


def improve(core: Core, record: Record, duals: Lagrangian) -> None:
    """Ask about a few rows at a time while that helps."""
    rng = np.random.default_rng(record.limits.seed)
    useful = (duals.often > 0.01) | duals.best.is_open | core.forced
    seeming = core.cost - duals.best.price + core.use * duals.best.worth[:, None]
    left = int(settle(core, duals.best, record.value).pairs.sum())
    patience = PATIENCE if left <= PROVABLE else LONG_PATIENCE
    size, failed = FEWEST, 0
    while record.plan is not None and failed < patience and record.goes_on():
        now, there = _flows(core, record.plan)
        near = np.argsort(seeming[:, rng.integers(core.demands)], kind="stable")
        rows = near[(useful | now)[near]][:size]
        before = record.value
        question = _about(core, now, there, rows)
        bound = run(core, question, record, Solver.HIGHS, record.limits.work or NODES)
        failed = 0 if record.value < before else failed + 1
        answered = bound is not None and bound >= record.value * (1 - 2 * record.limits.gap)
        size = min(size + 1, core.rows) if answered else max(size - 1, FEWEST)


def _flows(core: Core, plan: FacilityPlan) -> tuple[Bools, Bools]:
    """Return which rows a plan opens (R,), and which row serves which demand (R, J)."""
    row_of = np.full(len(plan.open) + 1, -1)
    row_of[core.row_site] = np.arange(core.rows)
    there = np.zeros((core.rows, core.demands), np.bool_)
    there[row_of[plan.site], plan.demand] = True
    nobody = core.row_site < 0
    there[nobody] = True
    return np.where(nobody, True, plan.open[core.row_site]), there


def _about(core: Core, now: Bools, there: Bools, rows: Ints) -> Question:
    """Put the given rows, and every demand that one of them serves, in question."""
    pairs = there.copy()
    touched = there[rows].any(axis=0)
    pairs[np.ix_(rows, touched)] = True
    pairs &= core.cost < core.forbidden
    may_open, must_open = now.copy(), now.copy()
    may_open[rows], must_open[rows] = True, core.forced[rows]
    strong = np.zeros_like(pairs)
    strong[rows] = pairs[rows]
    return Question(may_open, must_open, pairs, strong)
