"""What a limit costs and what a site may cost: by solving the placement again with one thing changed.

Values and bounds of both solves say between which amounts the truth lies: a change saves at least
``before.bound - after.value`` and at most ``before.value - after.bound``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from optimizer.placement.answer import Infeasible, NoPlanFound, PlacementAnswer
from optimizer.placement.check import referee
from optimizer.placement.frontier import on_time_share
from optimizer.placement.plan import FacilityPlan
from optimizer.placement.problem import CLOSED, OPEN, FacilityProblem
from optimizer.placement.record import PlaceLimits
from optimizer.placement.solve import place
from optimizer.placement.verdict import TOLERANCE
from optimizer.placement.words import Limit
from optimizer.words import Floats

CAPACITY_STEP: Final = 0.05
"""A full site is given so much more, in whole units: a single unit would drown in the gap."""

ON_TIME_STEP: Final = 0.01
NEAR: Final = 1e-3
"""The share on time binds where the plan keeps less than this more."""


@dataclass(frozen=True, slots=True)
class Worth:
    """A limit that binds, of one site or of all (None), and what ``step`` more of it saves.

    ``saves`` is what the plans found differ by; ``least`` and ``most`` are proven.
    """

    limit: Limit
    site_id: str | None
    given: float
    step: float
    saves: float
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class BreakEven:
    """The fixed cost at which a site would just open, or just close; None: no plan is found that does.

    ``least`` and ``most`` are proven: below ``least`` it is worth opening, above ``most`` it is not.
    """

    site_id: str
    is_open: bool
    fixed: float
    at: float | None = None
    least: float | None = None
    most: float | None = None


def worths(
    problem: FacilityProblem,
    answer: PlacementAnswer,
    limits: PlaceLimits,
    told: Callable[[str], None] = lambda _: None,
) -> tuple[Worth, ...]:
    """Return the limits that bind the answer, each with what a step more is worth.

    ``limits`` hold for each solve.
    """
    found = []
    for limit, site, given, step, relaxed in _steps(problem, answer.plan):
        name = None if site is None else problem.site_ids[site]
        told(f"What more {limit} is worth{'' if name is None else f' at {name}'}")
        try:
            other = _refereed(relaxed, limits)
        except NoPlanFound:
            continue
        saves, most = max(answer.value - other.value, 0.0), answer.value - other.bound
        least = max(answer.bound - other.value, 0.0)
        found.append(Worth(limit, name, given, step, saves, min(least, saves), max(most, saves)))
    return tuple(found)


def break_evens(
    problem: FacilityProblem,
    answer: PlacementAnswer,
    limits: PlaceLimits,
    told: Callable[[str], None] = lambda _: None,
) -> tuple[BreakEven, ...]:
    """Return the break-even fixed cost of every site that may be open or closed; ``limits`` hold for each."""
    found = []
    for site in np.flatnonzero(problem.forced == 0):
        told(f"Break-even of {problem.site_ids[site]}")
        is_open, fixed = bool(answer.plan.open[site]), float(problem.fixed[site])
        forced = problem.forced.copy()
        forced[site] = CLOSED if is_open else OPEN
        facts = BreakEven(problem.site_ids[site], is_open, fixed)
        try:
            other = _refereed(replace(problem, forced=forced), limits)
        except (Infeasible, NoPlanFound):
            found.append(facts)
            continue
        opened, closed = (answer, other) if is_open else (other, answer)
        found.append(
            replace(
                facts,
                at=fixed + closed.value - opened.value,
                least=fixed + closed.bound - opened.value,
                most=fixed + closed.value - opened.bound,
            )
        )
    return tuple(found)


def _refereed(problem: FacilityProblem, limits: PlaceLimits) -> PlacementAnswer:
    answer = place(problem, limits=limits)
    referee(problem, answer)
    return answer


_Step = tuple[Limit, int | None, float, float, FacilityProblem]


def _steps(problem: FacilityProblem, plan: FacilityPlan) -> Iterator[_Step]:
    """Yield each limit that binds the plan: its site, its number, the step, and the problem relaxed by it."""
    count, spent = int(plan.open.sum()), float(problem.fixed[plan.open].sum())
    if (most := problem.max_sites) is not None and count >= most and most < problem.sites:
        yield Limit.MAX_SITES, None, most, 1.0, replace(problem, max_sites=most + 1)
    shut = problem.fixed[~plan.open & (problem.forced != CLOSED)]
    if (budget := problem.budget) is not None and len(shut) and spent + shut.min() > budget:
        step = float(spent + shut.min() - budget)
        yield Limit.BUDGET, None, budget, step, replace(problem, budget=budget + step)
    share = problem.min_on_time
    if share > 0 and on_time_share(problem, plan) < share + NEAR:
        step = min(ON_TIME_STEP, share)
        yield Limit.ON_TIME, None, share, step, replace(problem, min_on_time=share - step)
    handled = handled_units(problem, plan)
    for site in np.flatnonzero(handled >= problem.capacity * (1.0 - TOLERANCE)):
        if plan.open[site]:
            given = float(problem.capacity[site])
            step = max(1.0, float(np.ceil(CAPACITY_STEP * given)))
            more = problem.capacity.copy()
            more[site] += step
            yield Limit.CAPACITY, int(site), given, step, replace(problem, capacity=more)


def handled_units(problem: FacilityProblem, plan: FacilityPlan) -> Floats:
    """Return the capacity that a plan uses at each site, (I,)."""
    use = plan.share * problem.use_of(plan.site, plan.demand)
    return np.bincount(plan.site, use, problem.sites).astype(np.float64)
