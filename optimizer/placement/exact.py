"""One question to one solver: what it finds counts, what it proves is returned."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from optimizer.mathopt import Ending, NoSolution, Solver, Work, solve
from optimizer.placement.core import Core
from optimizer.placement.model import Question, build
from optimizer.placement.plan import FacilityPlan
from optimizer.placement.record import Record
from optimizer.placement.shipping import ship, shipped, suits
from optimizer.words import Bools, Floats

NEAREST: Final = 8
NEAREST_OF_MANY: Final = 4
MANY: Final = 5_000
"""Open rows that a demand may use in a first transport, by what they seem to cost; fewer for many demands."""

MOST_PAIRS: Final = 1_500_000
"""Pairs beyond which HiGHS would not end in any time."""


def run(
    core: Core,
    question: Question,
    record: Record,
    solver: Solver,
    nodes: int | None = None,
    *,
    seconds: float | None = None,
    inside: bool = True,
) -> float | None:
    """Solve a question in ``seconds``, or what is left; return its bound (None: there is no plan in it).

    ``inside``: the best plan so far lies in the question, and is where the solver starts.
    """
    model = build(core, record.problem, question)
    work = Work(record.left if seconds is None else seconds, nodes, record.limits.gap)
    hint = model.values(core, record.plan) if inside and record.plan is not None else None
    found = solve(model.linear, solver, work, hint)
    record.by_clock |= not found.repeatable
    if isinstance(found, NoSolution):
        return None if found.ending is Ending.INFEASIBLE else found.bound
    record.offer(model.plan(core, record.problem, found.values))
    return found.bound


def transport(core: Core, record: Record, worth: Floats, is_open: Bools) -> FacilityPlan | None:
    """Return how the open rows serve best if demand may be shared; None where they cannot.

    ``worth`` (R,) are prices of capacity to start from. Where other limits bear on shares, each demand may
    use only the open rows that seem cheapest at these prices; all of them, where those have no room and the
    pairs are not too many.
    """
    if suits(core, record.problem):
        flows = ship(core, worth, is_open, record.goes_on)
        return None if flows is None else shipped(core, record.problem, is_open, flows)
    free = replace(core, whole=False)
    everything = Question.everything(core).only(is_open)
    seeming = np.where(is_open[:, None], core.cost + core.use * worth[:, None], np.inf)
    nearest = NEAREST if core.demands < MANY else NEAREST_OF_MANY
    some = min(nearest, int(is_open.sum()), core.rows) - 1
    near = seeming <= np.partition(seeming, some, axis=0)[some]
    for pairs in (everything.pairs & near, everything.pairs):
        if pairs.sum() > MOST_PAIRS:
            break
        model = build(free, record.problem, replace(everything, pairs=pairs))
        found = solve(model.linear, Solver.HIGHS, Work(record.left))
        record.by_clock |= not found.repeatable
        if not isinstance(found, NoSolution):
            return model.plan(free, record.problem, found.values)
    return None
