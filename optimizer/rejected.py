"""Why candidates fall out: every cause that holds, each from the closed list and with its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np

from optimizer.assignment import Part, Unsolved
from optimizer.causes import find_causes
from optimizer.forced import ForcedCosts, forced
from optimizer.one import solve_order
from optimizer.problem import OrderProblem
from optimizer.words import Bools, Constraint, Reason


class Numbers(NamedTuple):
    """One reason with what is needed and what there is (NaN where there is nothing to count)."""

    reason: Reason
    needed: float
    available: float


class Rejection(NamedTuple):
    """A candidate that cannot carry a line whole: mending all the reasons admits it.

    No reason is given where none could be proved.
    """

    line: int
    route: int
    reasons: tuple[Numbers, ...]


def rejections(problem: OrderProblem, costs: ForcedCosts) -> tuple[Rejection, ...]:
    """Return all candidates that cannot carry their line whole, in order of (line, route)."""
    out = problem.candidate & ~problem.admissible
    found = _alone(problem, out) if out.any() else []
    if costs.plain and not (problem.admissible & ~_has_answer(problem, costs)).any():
        return tuple(found)
    for place, group in enumerate(costs.reduced.groups):
        able = problem.candidate[list(group)] & problem.admissible[list(group)]
        if costs.plain:
            able &= ~np.isfinite(costs.bound[place, : problem.routes])
        for member, route in np.argwhere(able).tolist():
            if costs.is_impossible(place, route):
                found.append(Rejection(group[member], route, _proved(problem, group[member], route)))
    return tuple(sorted(found, key=lambda rejection: (rejection.line, rejection.route)))


def _has_answer(problem: OrderProblem, costs: ForcedCosts) -> Bools:
    """Return where the reduced form can serve the order with a line's group on a route, (lines, routes)."""
    place = {line: place for place, group in enumerate(costs.reduced.groups) for line in group}
    return np.isfinite(costs.bound[[place[line] for line in range(problem.lines)], : problem.routes])


def _alone(problem: OrderProblem, out: Bools) -> list[Rejection]:
    """Return the pairs that are out by themselves with their causes, a reason that stands twice only once."""
    lines, routes = np.nonzero(out)
    told: list[dict[Reason, Numbers]] = [{} for _ in lines]
    for cause in find_causes(problem, problem.quantity):
        if problem.limits.is_hard(cause.constraint):
            needed, available = (
                values[lines, routes].astype(np.float64).tolist()
                for values in (cause.needed, cause.available)
            )
            for pair in np.flatnonzero(cause.where[lines, routes]).tolist():
                told[pair].setdefault(cause.reason, Numbers(cause.reason, needed[pair], available[pair]))
    pairs = zip(lines.tolist(), routes.tolist(), told, strict=True)
    return [Rejection(line, route, tuple(reasons.values())) for line, route, reasons in pairs]


_LIFTED: Final = (
    (Constraint.TOGETHER, Reason.TOGETHER),
    (Constraint.ORDER_SPLIT, Reason.SPLIT_LIMIT),
    (Constraint.STOCK, Reason.NOT_ENOUGH_STOCK),
    (Constraint.WEIGHT, Reason.TOO_HEAVY),
    (Constraint.CAPACITY, Reason.CAPACITY_FULL),
)
"""What may keep a candidate out although it could carry its line alone, the most telling first."""


def _proved(problem: OrderProblem, line: int, route: int) -> tuple[Numbers, ...]:
    """Return the first reason that alone keeps the order from being served with the line on the route.

    A constraint is lifted to see what the order would then use; that it is enough to mend this one number
    is then proved by another solve.
    """
    for constraint, reason in _LIFTED:
        grouped = any(line in group for group in problem.together)
        if not problem.limits.is_hard(constraint) or (reason is Reason.TOGETHER and not grouped):
            continue
        prices = {**problem.limits.price_cents, constraint: 0}
        lifted = replace(problem, limits=replace(problem.limits, price_cents=prices))
        if parts := _solved(forced(lifted, line, route)):
            numbers = _used(problem, reason, parts, line, route)
            if _solved(forced(_mended(problem, line, route, numbers), line, route)):
                return (numbers,)
    return ()


def _solved(problem: OrderProblem) -> tuple[Part, ...]:
    try:
        found = solve_order(problem)
    except Unsolved:
        return ()
    return found.parts if found else ()


def _mended(problem: OrderProblem, line: int, route: int, numbers: Numbers) -> OrderProblem:
    """Return the problem with one limit raised to what is needed, and no other."""
    needed = int(numbers.needed)
    source = int(problem.source[route])
    if numbers.reason is Reason.TOGETHER:
        return replace(problem, together=tuple(group for group in problem.together if line not in group))
    if numbers.reason is Reason.SPLIT_LIMIT:
        return replace(problem, limits=replace(problem.limits, max_packages=needed))
    if numbers.reason is Reason.NOT_ENOUGH_STOCK:
        stock = problem.stock.copy()
        stock[problem.item[line], source] = needed
        return replace(problem, stock=stock)
    if numbers.reason is Reason.TOO_HEAVY:
        max_weight_g = problem.max_weight_g.copy()
        max_weight_g[route] = needed
        return replace(problem, max_weight_g=max_weight_g)
    capacity = problem.capacity.copy()
    capacity[problem.place[source]] = needed
    return replace(problem, capacity=capacity)


def _used(problem: OrderProblem, reason: Reason, parts: Sequence[Part], line: int, route: int) -> Numbers:
    """Return what the order would use of what is limited, if the limit were lifted."""
    source = problem.source[route]
    inside = [part for part in parts if part.route == route]
    packages = {part.route for part in parts if part.route >= 0}
    item, place = problem.item[line], problem.place[source]
    if reason is Reason.TOGETHER:
        group = next(group for group in problem.together if line in group)
        able = sum(bool(problem.admissible[member, route]) for member in group)
        return Numbers(reason, len(group), able)
    if reason is Reason.SPLIT_LIMIT:
        return Numbers(reason, len(packages), problem.limits.max_packages)
    if reason is Reason.NOT_ENOUGH_STOCK:
        drawn = [p for p in parts if problem.item[p.line] == item and p.route >= 0]
        units = sum(p.quantity for p in drawn if problem.source[p.route] == source)
        return Numbers(reason, units, float(problem.stock[item, source]))
    if reason is Reason.TOO_HEAVY:
        grams = sum(part.quantity * int(problem.weight_g[part.line]) for part in inside)
        return Numbers(reason, grams, float(problem.max_weight_g[route]))
    leaving = sum(problem.place[problem.source[package]] == place for package in packages)
    return Numbers(reason, float(leaving), float(problem.capacity[place]))
