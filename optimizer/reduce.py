"""From an order problem to the kernel's reduced form and back.

The reduced form looks at every line, or group of lines that must travel together, by itself: it leaves out
what couples them (stock of one item for several lines, a package's weight, capacity, steps of a tariff,
limits at a price). So its optimum is a lower bound, and where the whole problem allows it, the optimum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from optimizer.assignment import Part
from optimizer.problem import OrderProblem
from optimizer.words import MUST_SERVE, UNFILLED, UNLIMITED, Constraint, Floats

TIE: Final = 128.0
"""Cents are multiplied by this, and every unfilled line adds 1, so that equals with fewer of them win."""


@dataclass(frozen=True, slots=True, eq=False)
class Reduced:
    """An order as the kernel takes it: groups of lines, costs times TIE, *unfilled* last if free."""

    groups: tuple[tuple[int, ...], ...]
    cost: Floats  # (groups, routes [+ 1])
    fixed: Floats  # (routes [+ 1],)
    max_packages: int
    free: bool

    def parts(self, problem: OrderProblem, routes: Sequence[int]) -> tuple[Part, ...]:
        """Return the parts of an answer from the column of every group."""
        found = []
        for group, column in zip(self.groups, routes, strict=True):
            route = UNFILLED if self.free and column == self.cost.shape[1] - 1 else int(column)
            found += [Part(line, route, int(problem.quantity[line])) for line in group]
        return tuple(sorted(found))


def reduce(problem: OrderProblem, *, whole: bool = True) -> Reduced:
    """Return the reduced form; with ``whole`` False, the one of a problem that may split its lines.

    The latter looks past stock: a part of the line may take a route that has some. As costs are affine in
    units, no split costs less than the line whole on the cheapest of its routes.
    """
    groups = groups_of(problem)
    admissible = problem.admissible if whole else problem.part_admissible
    cents = (
        problem.line_cents if whole else problem.part_cents + problem.unit_cents * problem.quantity[:, None]
    )
    line_cost = np.where(admissible, cents * TIE, np.inf)
    fixed = problem.package_cents + least_tariff(problem)
    may_leave = problem.unfilled_cents != MUST_SERVE
    free = bool(may_leave.any())
    if free:
        left = np.where(may_leave, problem.unfilled_cents * problem.quantity * TIE + 1.0, np.inf)
        line_cost = np.column_stack([line_cost, left])
        fixed = np.append(fixed, problem.unfilled_fixed_cents)
    cost = line_cost
    if len(groups) < problem.lines:
        cost = np.array([line_cost[list(group)].sum(axis=0) for group in groups])
    return Reduced(groups, cost, fixed * TIE, _most_packages(problem), free)


def groups_of(problem: OrderProblem) -> tuple[tuple[int, ...], ...]:
    """Return the lines in groups that must travel together; most groups are one line."""
    grouped = {line: tuple(sorted(group)) for group in problem.hard_together for line in group}
    return tuple(dict.fromkeys(grouped.get(line, (line,)) for line in range(problem.lines)))


def least_tariff(problem: OrderProblem) -> Floats:
    """Return what the tariff of each route charges for the lightest package."""
    return np.array([float(tariff.cents[0]) if tariff else 0.0 for tariff in problem.tariffs])


def has_partial_routes(problem: OrderProblem) -> bool:
    """Say whether some route can take a part of a line but not all of it, where parts are allowed.

    Where none can, no split is cheaper than the reduced form with whole lines.
    """
    if not problem.limits.may_split_lines:
        return False
    short = problem.stock[problem.item][:, problem.source] < problem.quantity[:, None]
    return bool((problem.part_admissible & (short | ~problem.admissible)).any())


def is_plain(problem: OrderProblem) -> bool:
    """Say whether the reduced form is the whole problem: nothing couples its lines but their packages."""
    limits = problem.limits
    if has_partial_routes(problem) or not limits.is_hard(Constraint.STOCK):
        return False
    if problem.limits.max_packages < problem.routes and not limits.is_hard(Constraint.ORDER_SPLIT):
        return False
    alone = len(set(problem.item.tolist())) == problem.lines and not any(problem.tariffs)
    apart = problem.together and not limits.is_hard(Constraint.TOGETHER)
    light = int((problem.weight_g * problem.quantity).sum()) <= int(
        problem.max_weight_g.min(initial=UNLIMITED)
    )
    return bool(alone and not apart and light and _has_room(problem))


def _has_room(problem: OrderProblem) -> bool:
    """Say whether no place could send more packages than it may; one that is full is no candidate's."""
    routes = np.bincount(problem.place[problem.source], minlength=len(problem.place_ids))
    most = np.minimum(routes, problem.lines)
    closed = (problem.capacity < 1) & problem.limits.is_hard(Constraint.CAPACITY)
    return bool(((problem.capacity >= most) | closed).all())


def _most_packages(problem: OrderProblem) -> int:
    hard = problem.limits.is_hard(Constraint.ORDER_SPLIT)
    return problem.limits.max_packages if hard else UNLIMITED
