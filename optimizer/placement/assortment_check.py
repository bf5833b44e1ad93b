"""The referee of assortments: whether a plan keeps every limit and costs what it says. It knows no solver."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from optimizer.placement.assortment_plan import (
    AssortmentAnswer,
    AssortmentLimit,
    AssortmentPlan,
    AssortmentTerm,
)
from optimizer.placement.assortment_problem import AssortmentProblem
from optimizer.placement.verdict import (
    TOLERANCE,
    Refused,
    Verdict,
    Violation,
    check_flows,
    pass_or_refuse,
    sums,
)
from optimizer.words import Floats


def check(problem: AssortmentProblem, plan: AssortmentPlan) -> Verdict:
    """Recount feasibility and cost of a plan from the facts of the problem alone.

    Raises Refused where the plan is not one: wrong sizes, unknown rows, a flow twice or out of order.
    """
    if plan.stocked.shape != (problem.sites, problem.offers):
        raise Refused("The plan's stock does not fit the problem.")
    check_flows(plan, problem.sites, problem.demands)
    served = sums(plan.demand, plan.share, problem.demands)
    orders = plan.share * problem.orders[plan.demand]
    kind = problem.demand_type[plan.demand]
    used = sums(plan.site, orders * problem.space_of_type()[kind], problem.sites)
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
    return Verdict(violations, terms, used)


def referee(problem: AssortmentProblem, answer: AssortmentAnswer) -> None:
    """Raise Refused unless the plan passes and its value, bound, gap and status belong together."""
    pass_or_refuse("The assortment", check(problem, answer.plan), answer)


def _served_violations(served: Floats) -> Iterator[Violation]:
    for demand in np.flatnonzero(served > 1 + TOLERANCE):
        yield Violation(AssortmentLimit.SERVED, f"demand {demand}", float(served[demand]), 1.0)


def _stock_violations(problem: AssortmentProblem, plan: AssortmentPlan) -> Iterator[Violation]:
    """Yield orders served without all that they hold in stock, and bundles that are stocked in part."""
    lacking = problem.content @ (~plan.stocked).T.astype(np.float64)  # (T, S)
    bare = lacking[problem.demand_type[plan.demand], plan.site] > 0
    for site in np.unique(plan.site[bare]):
        count = int((plan.site[bare] == site).sum())
        yield Violation(AssortmentLimit.STOCKED, problem.site_ids[site], count, 0)
    most = np.zeros((problem.offers, problem.sites), np.bool_)
    least = np.ones((problem.offers, problem.sites), np.bool_)
    np.logical_or.at(most, problem.bundle, plan.stocked.T)
    np.logical_and.at(least, problem.bundle, plan.stocked.T)
    in_part = (most & ~least).any(axis=0)
    for site in np.flatnonzero(in_part):
        count = int((most & ~least)[:, site].sum())
        yield Violation(AssortmentLimit.TOGETHER, problem.site_ids[site], count, 0)


def _lane_violations(problem: AssortmentProblem, plan: AssortmentPlan, lane: Floats) -> Iterator[Violation]:
    barred = np.bincount(plan.site[np.isinf(lane)], minlength=problem.sites)
    for site in np.flatnonzero(barred):
        yield Violation(AssortmentLimit.ALLOWED, problem.site_ids[site], int(barred[site]), 0)


def _capacity_violations(problem: AssortmentProblem, used: Floats) -> Iterator[Violation]:
    limit = problem.capacity
    for site in np.flatnonzero(used > limit + TOLERANCE * np.maximum(1.0, np.abs(limit))):
        where = problem.site_ids[site]
        yield Violation(AssortmentLimit.CAPACITY, where, float(used[site]), float(limit[site]))
