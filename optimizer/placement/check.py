"""The referee: whether a plan keeps every limit and costs what it claims. It knows no solver."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from graph.errors import MalhaError
from optimizer.placement.answer import PlacementAnswer, relative_gap
from optimizer.placement.plan import FacilityPlan
from optimizer.placement.problem import CLOSED, OPEN, FacilityProblem
from optimizer.placement.words import Limit, PlanTerm
from optimizer.words import Floats, Status

TOLERANCE: Final = 1e-6
"""Relative slack of every limit (absolute below 1): what solvers of linear programs leave."""


class Refused(MalhaError):
    """An answer that the referee does not let pass: a fault of the solver, never of the input."""


@dataclass(frozen=True, slots=True)
class Violation:
    """A limit that a plan breaks: which, where in words, and the numbers behind it."""

    limit: Limit
    where: str
    needed: float
    available: float

    def __str__(self) -> str:
        return f"{self.limit}, {self.where}: needs {self.needed:g}, there is {self.available:g}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the referee found: limits broken (none = feasible), and the cost by term."""

    violations: tuple[Violation, ...]
    terms: Mapping[PlanTerm, float]

    @property
    def feasible(self) -> bool:
        """Whether no limit is broken."""
        return not self.violations

    @property
    def value(self) -> float:
        """What the plan costs."""
        return sum(self.terms.values())


def check(problem: FacilityProblem, plan: FacilityPlan) -> Verdict:
    """Recount feasibility and cost of a plan from the facts of the problem alone.

    Raises Refused where the plan is not one: wrong sizes, unknown rows, a pair twice or out of order.
    """
    _check_form(problem, plan)
    served = np.zeros(problem.demands)
    np.add.at(served, plan.demand, plan.share)
    handled = np.zeros(problem.sites)
    np.add.at(handled, plan.site, plan.share * problem.use_of(plan.site, plan.demand))
    violations = (
        *_flow_violations(problem, plan, served),
        *_site_violations(problem, plan, handled),
        *_count_violations(problem, plan),
    )
    return Verdict(violations, _terms(problem, plan, served))


def referee(problem: FacilityProblem, answer: PlacementAnswer) -> None:
    """Raise Refused unless the plan passes and its value, bound, gap and status belong together."""
    verdict = check(problem, answer.plan)
    wrong = [str(violation) for violation in verdict.violations]
    if not np.isclose(verdict.value, answer.value, rtol=TOLERANCE, atol=TOLERANCE):
        wrong.append(f"it costs {verdict.value:.9g}, not {answer.value:.9g}")
    if answer.bound > answer.value + _slack(answer.value):
        wrong.append(f"the bound {answer.bound:.9g} is above the value {answer.value:.9g}")
    if not np.isclose(answer.gap, relative_gap(answer.value, answer.bound), rtol=0, atol=TOLERANCE):
        wrong.append(f"the gap {answer.gap:g} is not that of value and bound")
    if answer.status not in {Status.OPTIMAL, Status.FEASIBLE}:
        wrong.append(f"a plan cannot be {answer.status}")
    if wrong:
        raise Refused(f"The placement: {'; '.join(wrong)}.")


def _check_form(problem: FacilityProblem, plan: FacilityPlan) -> None:
    flows = len(plan.site)
    if len(plan.open) != problem.sites or not flows == len(plan.demand) == len(plan.share):
        raise Refused("The plan's arrays do not fit the problem or each other.")
    for rows, size in ((plan.site, problem.sites), (plan.demand, problem.demands)):
        if flows and not 0 <= rows.min() <= rows.max() < size:
            raise Refused("The plan names a site or demand that there is not.")
    pair = plan.demand * problem.sites + plan.site
    if (np.diff(pair) <= 0).any() or not (plan.share > 0).all():
        raise Refused("The plan's flows are not sorted by demand and site, each pair once, none empty.")


def _slack(limit: float) -> float:
    return TOLERANCE * max(1.0, abs(limit))


def _flow_violations(problem: FacilityProblem, plan: FacilityPlan, served: Floats) -> Iterator[Violation]:
    for demand in np.flatnonzero(served > 1 + TOLERANCE):
        yield Violation(Limit.SERVED, f"too much of {problem.demand_ids[demand]}", served[demand], 1.0)
    if problem.unserved is None:
        for demand in np.flatnonzero(served < 1 - TOLERANCE):
            yield Violation(Limit.SERVED, problem.demand_ids[demand], 1.0, served[demand])
    for flow in np.flatnonzero(np.isinf(problem.cost[plan.site, plan.demand])):
        yield Violation(Limit.ALLOWED, _pair(problem, plan, flow), plan.share[flow], 0.0)
    for flow in np.flatnonzero(~plan.open[plan.site]):
        yield Violation(Limit.OPEN, _pair(problem, plan, flow), plan.share[flow], 0.0)
    if problem.single_source:
        for flow in np.flatnonzero(plan.share < 1 - TOLERANCE):
            yield Violation(Limit.SINGLE_SOURCE, _pair(problem, plan, flow), 1.0, plan.share[flow])
    if problem.min_on_time > 0 and problem.on_time is not None:
        kept = (problem.units[plan.demand] * plan.share * problem.on_time[plan.site, plan.demand]).sum()
        required = problem.min_on_time * problem.units.sum()
        if kept < required - _slack(required):
            yield Violation(Limit.ON_TIME, "expected units on time", required, kept)


def _pair(problem: FacilityProblem, plan: FacilityPlan, flow: np.intp) -> str:
    return f"{problem.demand_ids[plan.demand[flow]]} from {problem.site_ids[plan.site[flow]]}"


def _site_violations(problem: FacilityProblem, plan: FacilityPlan, handled: Floats) -> Iterator[Violation]:
    for site, name in enumerate(problem.site_ids):
        if handled[site] > problem.capacity[site] + _slack(problem.capacity[site]):
            yield Violation(Limit.CAPACITY, name, handled[site], problem.capacity[site])
        least = problem.min_units[site] if plan.open[site] else 0.0
        if handled[site] < least - _slack(least):
            yield Violation(Limit.MIN_UNITS, name, least, handled[site])
        if problem.forced[site] == OPEN and not plan.open[site]:
            yield Violation(Limit.FORCED_OPEN, name, 1, 0)
        if problem.forced[site] == CLOSED and plan.open[site]:
            yield Violation(Limit.FORCED_CLOSED, name, 1, 0)


def _count_violations(problem: FacilityProblem, plan: FacilityPlan) -> Iterator[Violation]:
    count = int(plan.open.sum())
    if problem.min_sites is not None and count < problem.min_sites:
        yield Violation(Limit.MIN_SITES, "open sites", problem.min_sites, count)
    if problem.max_sites is not None and count > problem.max_sites:
        yield Violation(Limit.MAX_SITES, "open sites", count, problem.max_sites)
    spent = float(problem.fixed[plan.open].sum())
    if problem.budget is not None and spent > problem.budget + _slack(problem.budget):
        yield Violation(Limit.BUDGET, "fixed cost of open sites", spent, problem.budget)


def _terms(problem: FacilityProblem, plan: FacilityPlan, served: Floats) -> dict[PlanTerm, float]:
    cost = problem.cost[plan.site, plan.demand]
    allowed = np.isfinite(cost)
    terms = {
        PlanTerm.FIXED: float(problem.fixed[plan.open].sum()),
        PlanTerm.SERVING: float(cost[allowed] @ plan.share[allowed]),
    }
    if problem.unserved is not None:
        terms[PlanTerm.UNSERVED] = float(problem.unserved @ np.maximum(1.0 - served, 0.0))
    return terms
