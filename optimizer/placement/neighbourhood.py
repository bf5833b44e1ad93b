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
        now, shares = _flows(core, record.plan)
        beyond = excess(core, duals.best, now, shares)
        chance = beyond @ shares + SLACK * (1.0 + beyond.sum())
        near = np.argsort(seeming[:, rng.choice(core.demands, p=chance / chance.sum())], kind="stable")
        rows = near[(useful | now)[near]][:size]
        local = settle(core, duals.best, duals.bound + float(beyond[rows].sum()))
        before = record.value
        question = _about(core, now, shares, rows, local)
        bound = run(core, question, record, Solver.HIGHS, record.limits.work or NODES)
        failed = 0 if record.value < before else failed + 1
        if bound is None or bound < record.value - 2 * record.limits.gap * abs(record.value):
            size = max(size - 1, FEWEST)
        elif failed:
            size = min(size + 1, core.rows)


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
