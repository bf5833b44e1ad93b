"""Which limits bind a plan, and the problem with each a step looser: see `optimizer.placement.worth`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from optimizer.placement.frontier import on_time_share
from optimizer.placement.plan import FacilityPlan
from optimizer.placement.problem import CLOSED, FREE, OPEN, FacilityProblem
from optimizer.placement.verdict import TOLERANCE, sums
from optimizer.placement.words import Limit
from optimizer.words import Floats

UNITS_STEP: Final = 0.05
"""By so much a site's capacity or least use moves, in whole units: a single one would drown in the gap."""

ON_TIME_STEP: Final = 0.01
NEAR: Final = 1e-3
"""The share on time binds where the plan keeps less than this more."""


@dataclass(frozen=True, slots=True, eq=False)
class Binding:
    """A limit, its site (None: of all), its number, and the problem in which it is looser by ``step``.

    ``asked``: whether it binds at all is only known once the relaxed problem is solved.
    """

    limit: Limit
    site: int | None
    given: float
    step: float
    relaxed: FacilityProblem
    asked: bool = False


def binding(problem: FacilityProblem, plan: FacilityPlan, own: int | None = None) -> Iterator[Binding]:
    """Yield the limits that bind a plan; statuses only of the first ``own`` sites (None: of all)."""
    yield from _counts(problem, plan)
    share = problem.min_on_time
    if share > 0 and on_time_share(problem, plan) < share + NEAR:
        step = min(ON_TIME_STEP, share)
        yield Binding(Limit.ON_TIME, None, share, step, replace(problem, min_on_time=share - step))
    yield from _units(problem, plan)
    yield from _statuses(problem, plan, problem.sites if own is None else own)
    if problem.single_source:
        shared = replace(problem, single_source=False)
        yield Binding(Limit.SINGLE_SOURCE, None, 1.0, 1.0, shared, asked=True)


def _counts(problem: FacilityProblem, plan: FacilityPlan) -> Iterator[Binding]:
    """Yield what limits the number of open sites and what they cost."""
    count, spent = int(plan.open.sum()), float(problem.spent[plan.open].sum())
    if (most := problem.max_sites) is not None and count >= most and most < problem.sites:
        yield Binding(Limit.MAX_SITES, None, most, 1.0, replace(problem, max_sites=most + 1))
    forced = int((problem.forced == OPEN).sum())
    if (least := problem.min_sites) is not None and max(forced, 1) < least and count <= least:
        yield Binding(Limit.MIN_SITES, None, least, 1.0, replace(problem, min_sites=least - 1))
    shut = problem.spent[~plan.open & (problem.forced != CLOSED)]
    if (budget := problem.budget) is not None and len(shut) and spent + shut.min() > budget:
        step = float(spent + shut.min() - budget)
        yield Binding(Limit.BUDGET, None, budget, step, replace(problem, budget=budget + step))


def _units(problem: FacilityProblem, plan: FacilityPlan) -> Iterator[Binding]:
    """Yield the open sites that are full in some period, or handle no more than they have to."""
    handled = handled_units(problem, plan)
    full = handled.max(axis=0) >= problem.capacity * (1.0 - TOLERANCE)
    for site in np.flatnonzero(plan.open & full):
        given = float(problem.capacity[site])
        step = max(1.0, float(np.ceil(UNITS_STEP * given)))
        more = _moved(problem.capacity, int(site), step)
        yield Binding(Limit.CAPACITY, int(site), given, step, replace(problem, capacity=more))
    idle = handled.sum(axis=0) <= problem.min_units * (1.0 + TOLERANCE)
    for site in np.flatnonzero(plan.open & idle & (problem.min_units > 0)):
        given = float(problem.min_units[site])
        step = min(given, max(1.0, float(np.ceil(UNITS_STEP * given))))
        fewer = _moved(problem.min_units, int(site), -step)
        yield Binding(Limit.MIN_UNITS, int(site), given, step, replace(problem, min_units=fewer))


def _statuses(problem: FacilityProblem, plan: FacilityPlan, own: int) -> Iterator[Binding]:
    """Yield the sites that must be open or are closed, each left free."""
    for site in np.flatnonzero(problem.forced[:own] != FREE):
        limit = Limit.FORCED_OPEN if plan.open[site] else Limit.FORCED_CLOSED
        forced = problem.forced.copy()
        forced[site] = FREE
        yield Binding(limit, int(site), 1.0, 1.0, replace(problem, forced=forced), asked=True)


def _moved(values: Floats, site: int, step: float) -> Floats:
    moved = values.copy()
    moved[site] += step
    return moved


def handled_units(problem: FacilityProblem, plan: FacilityPlan) -> Floats:
    """Return the capacity that a plan uses in each period at each site, (P, I)."""
    uses = plan.share * problem.uses_of(plan.site, plan.demand)
    return np.array([sums(plan.site, use, problem.sites) for use in uses])
