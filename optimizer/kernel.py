"""One order, exactly: the cheapest set of routes and the cheapest of them for every line. No solver.

The reduced form: ``cost`` (lines, routes) in cents, infinite where a line may not go; ``fixed`` (routes,)
once for a package. With ``free`` the last column is no route but *unfilled*: it is no package, and its
``fixed`` is paid once. Sets of routes are searched by their number m of packages and given up as soon as
the cheapest lines and the m smallest fixed costs cannot beat the best answer. Whole numbers below 2^53 are
compared exactly; of equals, the answer without unfilled lines wins, then the one with fewer packages, then
the one with the smaller routes line by line.

Where that search is long, the best way to cover every set of lines with the first k routes is tabulated,
which is exact for any number of routes (the dynamic program over subsets of Erickson, Monma and Veinott
1987, doi 10.1287/moor.12.4.634, on one level). The table then settles ties, always the same way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba  # type: ignore[import-not-found,import-untyped,unused-ignore]
import numpy as np

from optimizer.kernel_search import best_routes
from optimizer.words import Floats, Ints

_compiled: Callable[[Callable[..., Any]], Callable[..., Any]] = numba.njit(cache=True)


@_compiled
def _one_line(cost: Floats, fixed: Floats, routes: int, free: bool, route: Ints) -> float:
    best = cost[0, routes] + fixed[routes] if free else np.inf
    route[0] = routes
    for k in range(routes):
        price = cost[0, k] + fixed[k]
        if price < best or (price == best and route[0] == routes):
            best, route[0] = price, k
    return float(best)


@_compiled
def solve_one(cost: Floats, fixed: Floats, max_packages: int, free: bool) -> tuple[float, Ints, float]:
    """Return (total, route of each line, proven bound) of one order in its reduced form.

    The total is infinite where the order cannot be served; its routes are then meaningless. The bound
    equals the total unless an order of many lines and many routes outlasts the search.
    """
    lines, columns = cost.shape
    routes = columns - 1 if free else columns
    route = np.zeros(lines, np.int64)
    if lines == 1:
        best = _one_line(cost, fixed, routes, free, route)
        return best, route, best
    across, packages = np.ascontiguousarray(cost[:, :routes].T), fixed[:routes]
    found = np.zeros(lines, np.int64)
    base = np.full(lines, np.inf)
    best, bound = best_routes(across, packages, max_packages, base, 0.0, np.inf, found)
    if free:
        base[:] = cost[:, routes]
        served = best
        best, proven = best_routes(across, packages, max_packages, base, fixed[routes], served, found)
        bound = min(bound, proven)
    for line in range(lines):
        route[line] = found[line] if found[line] >= 0 else routes
    return best, route, bound


@_compiled
def solve_many(
    cost: Floats, first: Ints, fixed: Floats, max_packages: Ints, free: bool
) -> tuple[Floats, Ints, Floats]:
    """Solve many orders over the same routes: (total, route of each line, bound).

    ``cost`` is (all lines, routes); the lines of order o are ``first[o]`` to ``first[o + 1]``; ``fixed`` is
    (orders, routes). An order without lines costs nothing.
    """
    orders = fixed.shape[0]
    total, bound = np.zeros(orders), np.zeros(orders)
    route = np.zeros(cost.shape[0], np.int64)
    for order in range(orders):
        start, end = first[order], first[order + 1]
        if end > start:
            total[order], route[start:end], bound[order] = solve_one(
                cost[start:end], fixed[order], max_packages[order], free
            )
    return total, route, bound


@_compiled
def _without(array: Floats, line: int) -> Floats:
    """Return the last axis without one line."""
    lines = array.shape[-1]
    left = np.empty((array.shape[0], lines - 1))
    left[:, :line] = array[:, :line]
    left[:, line:] = array[:, line + 1 :]
    return left


@_compiled
def _force(form: tuple[Floats, Floats, int, bool], line: int, column: int, into: Ints) -> tuple[float, float]:
    """Solve with a line forced on a column; return (total, proven bound) and write all routes.

    The route is then open for all lines, and the search is for what else to open.
    """
    cost, fixed, most, free = form
    lines, routes = cost.shape[0], cost.shape[1] - 1 if free else cost.shape[1]
    paid = cost[line, column] + fixed[column]
    into[:] = column
    if lines == 1 or paid == np.inf:
        return paid, paid
    rest = _without(np.ascontiguousarray(cost.T), line)
    across, packages = rest[:routes], fixed[:routes]
    found, nobody = np.zeros(lines - 1, np.int64), free and column == routes
    left = most if nobody else most - 1
    best, bound = best_routes(across, packages, left, rest[column], paid, np.inf, found)
    base = np.full(lines - 1, column)
    if free and not nobody:
        both = np.minimum(rest[column], rest[routes])
        served = best
        best, proven = best_routes(across, packages, left, both, paid + fixed[routes], served, found)
        bound = min(bound, proven)
        if best < served:
            base[rest[routes] < rest[column]] = routes
    for place in range(lines - 1):
        into[place + (place >= line)] = found[place] if found[place] >= 0 else base[place]
    return best, bound


@_compiled
def solve_with(
    cost: Floats, fixed: Floats, max_packages: int, free: bool, line: int, column: int
) -> tuple[float, Ints, float]:
    """Return (total, route of each line, proven bound) with one line forced on one column."""
    found = np.zeros(cost.shape[0], np.int64)
    best, bound = _force((cost, fixed, max_packages, free), line, column, found)
    return best, found, bound


@_compiled
def solve_forced(cost: Floats, fixed: Floats, max_packages: int, free: bool) -> Floats:
    """Return a proven bound of the order with each line forced on each column in turn: (lines, columns)."""
    found = np.zeros(cost.shape[0], np.int64)
    bound = np.empty(cost.shape)
    form = (cost, fixed, max_packages, free)
    for line in range(cost.shape[0]):
        for column in range(cost.shape[1]):
            bound[line, column] = _force(form, line, column, found)[1]
    return bound
