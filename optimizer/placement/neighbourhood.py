"""Change a few sites of a plan at a time, each time as well as can be (large neighbourhood search).

A demand is drawn, most likely where the plan costs most beyond the bound; the sites that would serve it best
at the bound's prices, and whatever they serve now, are put in question together, all else stays. What those
sites cost beyond the bound is all that a better answer could save, which rules out most pairs
(:mod:`optimizer.placement.fixing`). HiGHS answers within so many nodes. Questions grow while they are
answered without a better plan, and shrink while they are not answered.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from optimizer.mathopt import Solver
from optimizer.placement.core import Core
from optimizer.placement.exact import run
from optimizer.placement.fixing import excess, settle
from optimizer.placement.lagrangian import Lagrangian
from optimizer.placement.model import SLACK, Question
from optimizer.placement.plan import FacilityPlan
from optimizer.placement.record import Record
from optimizer.words import Bools, Floats, Ints

NODES: Final = 50
QUESTION_S: Final = 2.0
"""Seconds for one question, where the whole search has a clock."""

FEWEST: Final = 3
"""Sites in one question, at least."""

PATIENCE: Final = 8
LONG_PATIENCE: Final = 200
"""Questions without a better plan after which to stop; the second where a proof is far away anyway, and there
are no sites to choose, on which a tree could go on."""

PROVABLE: Final = 15_000
"""Pairs left in question from which on it is."""


class Neighbourhoods:
    """Questions about a few rows at a time; taken up again, the search goes on where it stood."""

    def __init__(self, core: Core, record: Record) -> None:
        """Begin with the smallest."""
        self._core, self._record = core, record
        self._rng = np.random.default_rng(record.limits.seed)
        self._size, self._patience = FEWEST, PATIENCE

    def improve(self, duals: Lagrangian) -> None:
        """Ask while that helps; each time with twice the patience."""
        core, record = self._core, self._record
        useful = (duals.often > 0.01) | duals.best.is_open | core.forced
        seeming = core.cost - duals.best.price + core.use * duals.best.worth[:, None]
        failed, patience, self._patience = 0, self._patience, 2 * self._patience
        if not core.fixed.any() and int(settle(core, duals.best, record.value).pairs.sum()) > PROVABLE:
            patience = LONG_PATIENCE
        while record.plan is not None and failed < patience and record.goes_on():
            now, shares = _flows(core, record.plan)
            beyond = excess(core, duals.best, now, shares)
            chance = beyond @ shares + SLACK * (1.0 + beyond.sum())
            demand = self._rng.choice(core.demands, p=chance / chance.sum())
            near = np.argsort(seeming[:, demand], kind="stable")
            rows = near[(useful | now)[near]][: self._size]
            local = settle(core, duals.best, duals.bound + float(beyond[rows].sum()))
            before = record.value
            question = _about(core, now, shares, rows, local)
            nodes = record.limits.work or NODES
            seconds = None if record.left is None else min(record.left, QUESTION_S)
            bound = run(core, question, record, Solver.HIGHS, nodes, seconds=seconds)
            failed = 0 if record.value < before else failed + 1
            if bound is None or bound < record.value - 2 * record.limits.gap * abs(record.value):
                self._size = max(self._size - 1, FEWEST)
            elif failed:
                self._size = min(self._size + 1, core.rows)


def _flows(core: Core, plan: FacilityPlan) -> tuple[Bools, Floats]:
    """Return which rows a plan opens (R,), and what share of which demand each serves (R, J)."""
    row_of = np.full(len(plan.open) + 1, -1)
    row_of[core.row_site] = np.arange(core.rows)
    shares = np.zeros((core.rows, core.demands))
    shares[row_of[plan.site], plan.demand] = plan.share
    nobody = core.row_site < 0
    shares[nobody] = np.maximum(1.0 - shares.sum(axis=0), 0.0)
    return np.where(nobody, True, plan.open[core.row_site]), shares


def _about(core: Core, now: Bools, shares: Floats, rows: Ints, local: Question) -> Question:
    """Put the given rows, and all that one of them serves, in question, as far as ``local`` allows."""
    asked, strong = np.zeros((2, core.rows, core.demands), np.bool_)
    asked[np.ix_(rows, shares[rows].any(axis=0))] = True
    pairs = (shares > 0) | (asked & local.pairs)
    nobody = core.row_site < 0
    pairs[nobody] = core.cost[nobody] < core.forbidden
    may_open, must_open = now.copy(), now.copy()
    may_open[rows] |= local.may_open[rows]
    must_open[rows] = core.forced[rows]
    strong[rows] = pairs[rows] & local.strong[rows]
    return Question(may_open, must_open, pairs, strong)
