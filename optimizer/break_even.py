"""What would change a decision, to the cent: the freight and the quantity at which another route is chosen.

Costs add up, so an assignment that uses a package gets cheaper by exactly what the package does, and one
that does not use it stays as it is. Hence a package that the optimum does not use enters as soon as it gets
cheaper by more than (cheapest assignment with it) - (optimum), whatever it shares with other lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from optimizer.assignment import Assignment, Part
from optimizer.forced import ForcedCosts, Outcome
from optimizer.kernel import solve_one
from optimizer.problem import OrderProblem
from optimizer.reduce import TIE
from optimizer.words import UNFILLED, UNLIMITED, Term

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
    least = costs.bound.min(axis=0)
    found: list[tuple[int, int, FreightBreakEven]] = []
    for route in np.argsort(least[: problem.routes], kind="stable").tolist():
        if not np.isfinite(least[route]):
            break
        if len(found) >= most and least[route] - answer.cost_cents > sorted(found)[most - 1][0]:
            break
        if route not in answer.routes and (best := _cheapest_with(costs, route)) is not None:
            freight = freight_of(problem, best.parts, route)
            fall = best.cost_cents - answer.cost_cents
            if fall <= freight:
                lines = tuple(part.line for part in best.parts if part.route == route)
                found.append((fall, route, FreightBreakEven(route, lines, freight, freight - fall)))
    return tuple(told for _, _, told in sorted(found, key=lambda entry: entry[:2])[:most])


def _cheapest_with(costs: ForcedCosts, route: int) -> Outcome | None:
    """Return the cheapest assignment that uses a route: some group goes there. None where unproven."""
    bounds = costs.bound[:, route]
    best: Outcome | None = None
    for group in np.argsort(bounds, kind="stable").tolist():
        if not np.isfinite(bounds[group]) or (best is not None and bounds[group] >= best.cost_cents):
            break
        found = costs.proven(group, route)
        if found is None:
            if not costs.is_impossible(group, route):
                return None
        elif best is None or found.cost_cents < best.cost_cents:
            best = found
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
    for place, group in enumerate(costs.reduced.groups):
        if len(group) == 1:
            yield from _quantity_break_even(problem, costs, place, group[0], chosen[group[0]])


def _quantity_break_even(
    problem: OrderProblem, costs: ForcedCosts, place: int, line: int, chosen: int
) -> Iterator[QuantityBreakEven]:
    """Look ahead by the forced costs, which grow by the route's unit cost; solve where they cross."""
    now, weight_g = int(problem.quantity[line]), int(problem.weight_g[line])
    spare_g = int(problem.max_weight_g.min(initial=UNLIMITED)) - int(
        (problem.weight_g * problem.quantity).sum()
    )
    stock = problem.stock[problem.item[line], problem.source]
    bound = costs.bound[place]
    unit = problem.unit_cents[line]
    if costs.reduced.free:
        stock, unit = np.append(stock, UNLIMITED), np.append(unit, problem.unfilled_cents[line])
    for quantity in range(now + 1, now + MORE_UNITS + 1):
        if (quantity - now) * weight_g > spare_g:
            return  # from here on a package may be too heavy for the reduced form
        ahead = np.where(stock >= quantity, bound + unit * (quantity - now), np.inf)
        mine = ahead[chosen] if chosen != UNFILLED else ahead[-1]
        if not np.isfinite(ahead).any():
            return
        if (ahead <= mine).sum() > 1 or not np.isfinite(mine):
            route = _route_at(problem, costs, place, line, quantity)
            if route != chosen:
                if route != UNFILLED:
                    yield QuantityBreakEven(line, route, quantity)
                return


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
