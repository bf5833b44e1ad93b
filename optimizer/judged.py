"""What a problem's numbers say of it, compiled: whether they are in range, and who may take which line.

A request asks for some fifty routes. Array operations on so few cost as much as they would on thousands, and
there would be a hundred of them; one compiled pass costs microseconds. What is said here in short is said at
length, with every fault and every cause by name, in ``problem_faults`` and ``causes``; tests hold both alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numba  # type: ignore[import-not-found,import-untyped,unused-ignore]
import numpy as np

from optimizer.words import (
    LINE_TERMS,
    MOST_CENTS,
    MOST_LINES,
    MOST_UNITS,
    MUST_SERVE,
    PACKAGE_TERMS,
    Bools,
    Floats,
    Ints,
    Term,
)

if TYPE_CHECKING:
    from optimizer.problem import OrderProblem

_compiled: Callable[[Callable[..., Any]], Callable[..., Any]] = numba.njit(cache=True)


def is_clean(problem: OrderProblem) -> bool:
    """Say whether a problem has no fault at all; ``problem_faults.find_faults`` names them where it has."""
    lines, routes = len(problem.line_ids), len(problem.source)
    if not (1 <= lines <= MOST_LINES and _is_shaped(problem, lines, routes)):
        return False
    package, part, unit = problem.package_terms, problem.part_terms, problem.unit_terms
    if not (
        _are_cents(package, PACKAGE_TERMS) and _are_cents(part, LINE_TERMS) and _are_cents(unit, LINE_TERMS)
    ):
        return False
    if not all(_is_affordable(cents, problem.quantity) for cents in unit.values()):
        return False
    if not 0 <= problem.unfilled_fixed_cents <= MOST_CENTS:
        return False
    named = [line for group in problem.together for line in group]
    if named and (len(set(named)) < len(named) or not all(0 <= line < lines for line in named)):
        return False
    sizes = (len(problem.item_ids), len(problem.source_ids), len(problem.carrier_ids), len(problem.place_ids))
    return bool(_is_clean(sizes, _lines(problem), _routes(problem), problem.stock, problem.capacity))


def may_go(problem: OrderProblem, quantity: Ints) -> Bools:
    """Return who may carry so many units of each line by itself: (lines, routes).

    All constraints are taken as hard; tariffs are not looked at (`causes.find_causes` knows soft ones too).
    """
    found: Bools = _may_go(
        problem.candidate,
        quantity,
        _lines(problem),
        _routes(problem),
        problem.stock,
        problem.capacity,
        problem.limits.min_p_on_time,
    )
    for block in problem.blocks:
        found &= ~block.where
    return found


def _lines(problem: OrderProblem) -> tuple[Ints, Ints, Ints, Ints, Ints, Floats]:
    return (
        *(problem.item, problem.quantity, problem.unfilled_cents),
        *(problem.weight_g, problem.volume_cm3, problem.side_cm),
    )


def _routes(problem: OrderProblem) -> tuple[Ints, Ints, Ints, Ints, Floats, Floats, Floats]:
    return (
        *(problem.source, problem.carrier, problem.place, problem.max_weight_g),
        *(problem.max_side_cm, problem.mean_days, problem.p_on_time),
    )


def _is_shaped(problem: OrderProblem, lines: int, routes: int) -> bool:
    of_line, of_route, pair = (lines,), (routes,), (lines, routes)
    sources = len(problem.source_ids)
    return (
        all(array.shape == of_line for array in _lines(problem))
        and problem.stock.shape == (len(problem.item_ids), sources)
        and problem.capacity.shape == (len(problem.place_ids),)
        and problem.place.shape == (sources,)
        and problem.candidate.shape == pair
        and problem.distance_km.shape == of_route
        and len(problem.tariffs) == routes
        and all(array.shape == of_route for place, array in enumerate(_routes(problem)) if place != _PLACE)
        and all(cents.shape == of_route for cents in problem.package_terms.values())
        and all(cents.shape == pair for cents in problem.part_terms.values())
        and all(cents.shape == pair for cents in problem.unit_terms.values())
        and all(block.where.shape == pair for block in problem.blocks)
    )


_PLACE = 2
"""Where the places of the sources stand among `_routes`: they are no column of the routes."""


def _are_cents(terms: Mapping[Term, Ints], known: tuple[Term, ...]) -> bool:
    return all(term in known and _is_within(cents.ravel(), 0, MOST_CENTS) for term, cents in terms.items())


@_compiled
def _is_within(values: Ints, low: int, high: int) -> bool:
    clean: bool = True
    for value in values:
        clean &= low <= value <= high
    return clean


@_compiled
def _is_affordable(cents: Ints, quantity: Ints) -> bool:
    """Say whether the units of no line cost too much; each amount by itself is within range."""
    clean: bool = True
    for line in range(cents.shape[0]):
        for route in range(cents.shape[1]):
            clean &= cents[line, route] * quantity[line] <= MOST_CENTS
    return clean


@_compiled
def _is_positive(values: Floats) -> bool:
    clean: bool = True
    for value in values:
        clean &= value >= 0  # NaN is no number to decide on either
    return clean


@_compiled
def _are_lines(of_lines: Any, items: int) -> bool:
    item, quantity, unfilled_cents, weight_g, volume_cm3, side_cm = of_lines
    clean: bool = _is_positive(side_cm)
    for line in range(len(item)):
        clean &= 0 <= item[line] < items and 1 <= quantity[line] <= MOST_UNITS
        clean &= MUST_SERVE <= unfilled_cents[line] <= MOST_CENTS
        clean &= unfilled_cents[line] * quantity[line] <= MOST_CENTS
        clean &= weight_g[line] >= 0 and volume_cm3[line] >= 0
    return clean


@_compiled
def _are_routes(of_routes: Any, sources: int, carriers: int, places: int) -> bool:
    source, carrier, place, max_weight_g, max_side_cm, mean_days, p_on_time = of_routes
    clean: bool = _is_positive(max_side_cm) and _is_positive(mean_days) and _is_within(place, 0, places - 1)
    taken = np.zeros((sources, carriers), np.bool_)
    for route in range(len(source)):
        if not (0 <= source[route] < sources and 0 <= carrier[route] < carriers):
            return False
        clean &= not taken[source[route], carrier[route]]
        clean &= 0 <= p_on_time[route] <= 1 and max_weight_g[route] >= 0
        taken[source[route], carrier[route]] = True
    return clean


@_compiled
def _is_clean(sizes: Any, of_lines: Any, of_routes: Any, stock: Ints, capacity: Ints) -> bool:
    items, sources, carriers, places = sizes
    clean: bool = _are_lines(of_lines, items) and _are_routes(of_routes, sources, carriers, places)
    for row in stock:
        for units in row:
            clean &= units >= 0
    for room in capacity:
        clean &= room >= 0
    return clean


@_compiled
def _may_go(
    candidate: Bools, quantity: Ints, of_lines: Any, of_routes: Any, stock: Ints, capacity: Ints, least: float
) -> Bools:
    item, _, _, weight_g, _, side_cm = of_lines
    source, _, place, max_weight_g, max_side_cm, _, p_on_time = of_routes
    found = np.empty(candidate.shape, np.bool_)
    for route in range(candidate.shape[1]):
        leaves = capacity[place[source[route]]] >= 1 and not p_on_time[route] < least
        for line in range(candidate.shape[0]):
            found[line, route] = (
                candidate[line, route]
                and leaves
                and stock[item[line], source[route]] >= quantity[line]
                and weight_g[line] * quantity[line] <= max_weight_g[route]
                and side_cm[line] <= max_side_cm[route]
            )
    return found
