"""The referee of assortments: whether a plan keeps every limit and costs what it says. It knows no solver."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from optimizer.placement.answer import relative_gap
from optimizer.placement.assortment_plan import (
    AssortmentAnswer,
    AssortmentLimit,
    AssortmentPlan,
    AssortmentTerm,
)
from optimizer.placement.assortment_problem import AssortmentProblem
from optimizer.placement.check import TOLERANCE, Refused
from optimizer.words import Floats, Ints, Status


@dataclass(frozen=True, slots=True)
class AssortmentViolation:
    """A limit that a plan breaks: which, where in words, and the numbers behind it."""

    limit: AssortmentLimit
    where: str
    needed: float
    available: float

    def __str__(self) -> str:
        return f"{self.limit}, {self.where}: needs {self.needed:g}, there is {self.available:g}"


@dataclass(frozen=True, slots=True)
class AssortmentVerdict:
    """What the referee found: limits broken (none = feasible), cost by term, space used by site (S,)."""

    violations: tuple[AssortmentViolation, ...]
    terms: Mapping[AssortmentTerm, float]
    used: Floats

    @property
    def feasible(self) -> bool:
        """Whether no limit is broken."""
        return not self.violations

    @property
    def value(self) -> float:
        """What the plan costs."""
        return sum(self.terms.values())


def check(problem: AssortmentProblem, plan: AssortmentPlan) -> AssortmentVerdict:
    """Recount feasibility and cost of a plan from the facts of the problem alone.

    Raises Refused where the plan is not one: wrong sizes, unknown rows, a flow twice or out of order.
    """
    _check_form(problem, plan)
    served = _sums(plan.demand, plan.share, problem.demands)
    orders = plan.share * problem.orders[plan.demand]
    kind = problem.demand_type[plan.demand]
    used = _sums(plan.site, orders * problem.space_of_type()[kind], problem.sites)
    lane = problem.lane[problem.parcel[kind], plan.site, problem.demand_region[plan.demand]]
    violations = (
        *_served_violations(served),
        *_stock_violations(problem, plan),
        *_lane_violations(problem, plan, lane),
        *_capacity_violations(problem, used),
    )
    inbound = problem.inbound_of_type()[plan.site, kind]
    terms = {
        AssortmentTerm.STOCKING: float(problem.stocking[plan.stocked].sum()),
        AssortmentTerm.INBOUND: float(orders @ inbound),
        AssortmentTerm.SENDING: float((orders * lane)[orders > 0].sum()),
        AssortmentTerm.OWN: float((problem.orders * np.maximum(1.0 - served, 0.0)) @ problem.own),
    }
    return AssortmentVerdict(violations, terms, used)


def referee(problem: AssortmentProblem, answer: AssortmentAnswer) -> None:
    """Raise Refused unless the plan passes and its value, bound, gap and status belong together."""
    verdict = check(problem, answer.plan)
    wrong = [str(violation) for violation in verdict.violations]
    if not np.isclose(verdict.value, answer.value, rtol=TOLERANCE, atol=TOLERANCE):
        wrong.append(f"it costs {verdict.value:.9g}, not {answer.value:.9g}")
    if answer.bound > answer.value + TOLERANCE * max(1.0, abs(answer.value)):
        wrong.append(f"the bound {answer.bound:.9g} is above the value {answer.value:.9g}")
    if not np.isclose(answer.gap, relative_gap(answer.value, answer.bound), rtol=0, atol=TOLERANCE):
        wrong.append(f"the gap {answer.gap:g} is not that of value and bound")
    if answer.status not in {Status.OPTIMAL, Status.FEASIBLE}:
        wrong.append(f"a plan cannot be {answer.status}")
    if wrong:
        raise Refused(f"The assortment: {'; '.join(wrong)}.")


def _check_form(problem: AssortmentProblem, plan: AssortmentPlan) -> None:
    flows = len(plan.site)
    if plan.stocked.shape != (problem.sites, problem.offers):
        raise Refused("The plan's stock does not fit the problem.")
    if not flows == len(plan.demand) == len(plan.share):
        raise Refused("The plan's flows do not fit each other.")
    for rows, size in ((plan.site, problem.sites), (plan.demand, problem.demands)):
        if flows and not 0 <= rows.min() <= rows.max() < size:
            raise Refused("The plan names a site or demand that there is not.")
    if (np.diff(plan.demand * problem.sites + plan.site) <= 0).any() or not (plan.share > 0).all():
        raise Refused("The plan's flows are not sorted by demand and site, each pair once, none empty.")


def _sums(where: Ints, values: Floats, size: int) -> Floats:
    return np.asarray(np.bincount(where, values, size), np.float64)


def _served_violations(served: Floats) -> Iterator[AssortmentViolation]:
    for demand in np.flatnonzero(served > 1 + TOLERANCE):
        yield AssortmentViolation(AssortmentLimit.SERVED, f"demand {demand}", float(served[demand]), 1.0)


def _stock_violations(problem: AssortmentProblem, plan: AssortmentPlan) -> Iterator[AssortmentViolation]:
    """Yield orders served without all that they hold in stock, and bundles that are stocked in part."""
    lacking = problem.content @ (~plan.stocked).T.astype(np.float64)  # (T, S)
    bare = lacking[problem.demand_type[plan.demand], plan.site] > 0
    for site in np.unique(plan.site[bare]):
        count = int((plan.site[bare] == site).sum())
        yield AssortmentViolation(AssortmentLimit.STOCKED, problem.site_ids[site], count, 0)
    most = np.zeros((problem.offers, problem.sites), np.bool_)
    least = np.ones((problem.offers, problem.sites), np.bool_)
    np.logical_or.at(most, problem.bundle, plan.stocked.T)
    np.logical_and.at(least, problem.bundle, plan.stocked.T)
    in_part = (most & ~least).any(axis=0)
    for site in np.flatnonzero(in_part):
        count = int((most & ~least)[:, site].sum())
        yield AssortmentViolation(AssortmentLimit.TOGETHER, problem.site_ids[site], count, 0)


def _lane_violations(
    problem: AssortmentProblem, plan: AssortmentPlan, lane: Floats
) -> Iterator[AssortmentViolation]:
    barred = np.bincount(plan.site[np.isinf(lane)], minlength=problem.sites)
    for site in np.flatnonzero(barred):
        yield AssortmentViolation(AssortmentLimit.ALLOWED, problem.site_ids[site], int(barred[site]), 0)


def _capacity_violations(problem: AssortmentProblem, used: Floats) -> Iterator[AssortmentViolation]:
    limit = problem.capacity
    for site in np.flatnonzero(used > limit + TOLERANCE * np.maximum(1.0, np.abs(limit))):
        where = problem.site_ids[site]
        yield AssortmentViolation(AssortmentLimit.CAPACITY, where, float(used[site]), float(limit[site]))
