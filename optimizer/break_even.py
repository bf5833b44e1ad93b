"""What would change a decision, to the cent: the freight and the quantity at which another route is chosen.

Costs add up, so an assignment that uses a package gets cheaper by exactly what the package does, and one
that does not use it stays as it is. Hence a package that the optimum does not use enters as soon as it gets
cheaper by more than (cheapest assignment with it) - (optimum), whatever it shares with other lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numba  # type: ignore[import-not-found,import-untyped,unused-ignore]
import numpy as np

from optimizer.assignment import Assignment, Part
from optimizer.forced import ForcedCosts
from optimizer.kernel import solve_one
from optimizer.problem import OrderProblem
from optimizer.reduce import TIE
from optimizer.words import UNFILLED, UNLIMITED, Floats, Ints, Term

_compiled: Callable[[Callable[..., Any]], Callable[..., Any]] = numba.njit(cache=True)

MORE_UNITS = 10
"""So many units more are tried for the break-even in quantity."""


@dataclass(frozen=True, slots=True)
class FreightBreakEven:
    """A package by ``route`` is used if its freight falls below ``level_cents``; at it, all is level.

    ``freight_cents`` is its freight now, with the ``lines`` that it would carry. The fall is one of the whole
    package, whatever it carries.
    """

    route: int
    lines: tuple[int, ...]
    freight_cents: int
    level_cents: int


@dataclass(frozen=True, slots=True)
class QuantityBreakEven:
    """From ``quantity`` units of the line, ``route`` is the one chosen for it (first such quantity)."""

    line: int
    route: int
    quantity: int


def freight_break_evens(
    problem: OrderProblem, answer: Assignment, costs: ForcedCosts, most: int
) -> tuple[FreightBreakEven, ...]:
    """Return the break-evens of at most so many routes that are not used, those nearest to entering first.

    Nothing where lines may be split, or where the answer is not proven best.
    """
    if not answer.exact or problem.limits.may_split_lines:
        return ()
    least, used = costs.bound.min(axis=0)[: problem.routes], set(answer.routes)
    order, least = np.argsort(least, kind="stable").tolist(), least.tolist()
    found: list[tuple[int, int, FreightBreakEven]] = []
    for route in order:
        if not isfinite(least[route]):
            break
        if len(found) >= most and least[route] - answer.cost_cents > sorted(found)[most - 1][0]:
            break
        if route not in used and (best := _cheapest_with(costs, route)) is not None:
            cost_cents, group = best
            parts = costs.parts(group, route)
            freight = freight_of(problem, parts, route)
            fall = cost_cents - answer.cost_cents
            if fall <= freight:
                lines = tuple(part.line for part in parts if part.route == route)
                found.append((fall, route, FreightBreakEven(route, lines, freight, freight - fall)))
    return tuple(told for _, _, told in sorted(found, key=lambda entry: entry[:2])[:most])


def _cheapest_with(costs: ForcedCosts, route: int) -> tuple[int, int] | None:
    """Return cost and group of the cheapest assignment that uses a route: some group goes there.

    None where unproven.
    """
    bounds = costs.bound[:, route].tolist()
    best: tuple[int, int] | None = None
    for group in sorted(range(len(bounds)), key=bounds.__getitem__):
        if not isfinite(bounds[group]) or (best is not None and bounds[group] >= best[0]):
            break
        found = costs.proven(group, route)
        if found is None:
            if not costs.is_impossible(group, route):
                return None
        elif best is None or found.cost_cents < best[0]:
            best = found.cost_cents, group
    return best


def freight_of(problem: OrderProblem, parts: Sequence[Part], route: int) -> int:
    """Return the freight of the package on a route, all that the term freight charges for it."""
    inside = [part for part in parts if part.route == route]
    total = 0
    if Term.FREIGHT in problem.package_terms:
        total += int(problem.package_terms[Term.FREIGHT][route])
    if (tariff := problem.tariffs[route]) is not None:
        weight = sum(part.quantity * int(problem.weight_g[part.line]) for part in inside)
        volume = sum(part.quantity * int(problem.volume_cm3[part.line]) for part in inside)
        total += tariff.freight_cents(tariff.billable_g(weight, volume))
    return total + sum(line_freight(problem, part.line, route) for part in inside)


def line_freight(problem: OrderProblem, line: int, route: int) -> int:
    """Return the freight of a whole line on a route, beside what its package pays."""
    total = 0
    if Term.FREIGHT in problem.part_terms:
        total += int(problem.part_terms[Term.FREIGHT][line, route])
    if Term.FREIGHT in problem.unit_terms:
        total += int(problem.unit_terms[Term.FREIGHT][line, route]) * int(problem.quantity[line])
    return total


def quantity_break_evens(
    problem: OrderProblem, answer: Assignment, costs: ForcedCosts
) -> Iterator[QuantityBreakEven]:
    """Yield the first quantity, up to MORE_UNITS more, at which a line leaves its route for another.

    By solving again; only where the reduced form is the whole problem, and for lines that go whole and do not
    travel in a group.
    """
    if not answer.exact or not costs.plain or problem.limits.may_split_lines:
        return
    chosen = {part.line: part.route for part in answer.parts}
    most_g = int(problem.max_weight_g.min(initial=UNLIMITED))
    spare_g = most_g - int((problem.weight_g * problem.quantity).sum())
    for place, group in enumerate(costs.reduced.groups):
        if len(group) == 1:
            yield from _quantity_break_even(problem, costs, place, group[0], chosen[group[0]], spare_g)


def _quantity_break_even(
    problem: OrderProblem, costs: ForcedCosts, place: int, line: int, chosen: int, spare_g: int
) -> Iterator[QuantityBreakEven]:
    """Look ahead by the forced costs, which grow by the route's unit cost; solve where they cross.

    Not beyond ``spare_g`` more in the order: then a package may be too heavy for the reduced form.
    """
    now, weight_g, bound = int(problem.quantity[line]), int(problem.weight_g[line]), costs.bound[place]
    most = MORE_UNITS if weight_g == 0 else min(MORE_UNITS, spare_g // weight_g)
    stock, unit = problem.stock[problem.item[line], problem.source], problem.unit_cents[line]
    unfilled = int(problem.unfilled_cents[line])
    mine = chosen if chosen != UNFILLED else len(bound) - 1
    more = 0
    while (more := _next_crossing(bound, stock - now, unit, unfilled, mine, more + 1, most)) > 0:
        route = _route_at(problem, costs, place, line, now + more)
        if route != chosen:
            if route != UNFILLED:
                yield QuantityBreakEven(line, route, now + more)
            return


@_compiled
def _next_crossing(
    bound: Floats, spare: Ints, unit: Ints, unfilled: int, mine: int, first: int, most: int
) -> int:
    """Return how many units more, from ``first`` to ``most``, bring a route level with the one of the line.

    Or take that one's last unit. 0 where there is no such number, or nobody has so many before. A column of
    ``bound`` beyond the routes is *unfilled*, of which there is always more.
    """
    ahead = np.empty(len(bound))
    for more in range(first, most + 1):
        for column in range(len(bound)):
            ahead[column] = np.inf
            if column >= len(unit):
                ahead[column] = bound[column] + unfilled * more
            elif spare[column] >= more:
                ahead[column] = bound[column] + unit[column] * more
        if not np.isfinite(ahead).any():
            return 0
        if not np.isfinite(ahead[mine]) or (ahead <= ahead[mine]).sum() > 1:
            return more
    return 0


def _route_at(problem: OrderProblem, costs: ForcedCosts, place: int, line: int, quantity: int) -> int:
    """Return the route of a line in the optimum of a plain problem with another quantity of it."""
    reduced, routes = costs.reduced, problem.routes
    stock = problem.stock[problem.item[line], problem.source]
    cents = problem.part_cents[line] + problem.unit_cents[line] * quantity
    cost = reduced.cost.copy()
    cost[place, :routes] = np.where(problem.admissible[line] & (stock >= quantity), cents * TIE, np.inf)
    if reduced.free and np.isfinite(cost[place, routes]):
        cost[place, routes] = problem.unfilled_cents[line] * quantity * TIE + 1.0
    _, found, _ = solve_one(cost, reduced.fixed, reduced.max_packages, reduced.free)
    return int(found[place]) if found[place] < routes else UNFILLED
