"""The referee: whether a plan keeps every limit and costs what it claims. It knows no solver."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from optimizer.placement.answer import PlacementAnswer
from optimizer.placement.plan import FacilityPlan
from optimizer.placement.problem import CLOSED, OPEN, FacilityProblem
from optimizer.placement.verdict import (
    TOLERANCE,
    Refused,
    Verdict,
    Violation,
    check_flows,
    pass_or_refuse,
    slack,
    sums,
)
from optimizer.placement.words import Limit, PlanTerm
from optimizer.words import Floats


def check(problem: FacilityProblem, plan: FacilityPlan) -> Verdict:
    """Recount feasibility and cost of a plan from the facts of the problem alone.

    Raises Refused where the plan is not one: wrong sizes, unknown rows, a pair twice or out of order.
    """
    if len(plan.open) != problem.sites:
        raise Refused("The plan's sites do not fit the problem.")
    check_flows(plan, problem.sites, problem.demands)
    served = sums(plan.demand, plan.share, problem.demands)
    uses = plan.share * problem.uses_of(plan.site, plan.demand)
    used = np.array([sums(plan.site, use, problem.sites) for use in uses])
    violations = (
        *_flow_violations(problem, plan, served),
        *_site_violations(problem, plan, used),
        *_count_violations(problem, plan),
    )
    return Verdict(violations, _terms(problem, plan, served), used.sum(axis=0))


def referee(problem: FacilityProblem, answer: PlacementAnswer) -> None:
    """Raise Refused unless the plan passes and its value, bound, gap and status belong together."""
    pass_or_refuse("The placement", check(problem, answer.plan), answer)


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
        if kept < required - slack(required):
            yield Violation(Limit.ON_TIME, "expected units on time", required, kept)


def _pair(problem: FacilityProblem, plan: FacilityPlan, flow: np.intp) -> str:
    return f"{problem.demand_ids[plan.demand[flow]]} from {problem.site_ids[plan.site[flow]]}"


def _site_violations(problem: FacilityProblem, plan: FacilityPlan, used: Floats) -> Iterator[Violation]:
    """Yield what is wrong at sites; ``used`` (P, I) in each period."""
    most, whole = used.max(axis=0), used.sum(axis=0)
    for site, name in enumerate(problem.site_ids):
        if most[site] > problem.capacity[site] + slack(problem.capacity[site]):
            yield Violation(Limit.CAPACITY, name, most[site], problem.capacity[site])
        least = problem.min_units[site] if plan.open[site] else 0.0
        if whole[site] < least - slack(least):
            yield Violation(Limit.MIN_UNITS, name, least, whole[site])
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
    spent = float(problem.spent[plan.open].sum())
    if problem.budget is not None and spent > problem.budget + slack(problem.budget):
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
