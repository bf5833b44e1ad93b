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

from optimizer.kernel_search import Form, best_routes, lay_out
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
    form = lay_out(across, packages)
    best, bound = best_routes(form, max_packages, base, 0.0, np.inf, found)
    if free:
        base[:] = cost[:, routes]
        served = best
        best, proven = best_routes(form, max_packages, base, fixed[routes], served, found)
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
def _others(cost: Floats, fixed: Floats, line: int, free: bool) -> tuple[Floats, Form]:
    """Return the costs of all lines but one, (columns, lines), and what searches over its routes read."""
    rest = _without(np.ascontiguousarray(cost.T), line)
    routes = cost.shape[1] - 1 if free else cost.shape[1]
    return rest, lay_out(rest[:routes], fixed[:routes])


@_compiled
def _force(
    paid: float, others: Any, unserved: float, most: int, free: bool, column: int, best: float, into: Ints
) -> tuple[float, float]:
    """Solve the other lines when one was ``paid`` for and its column is open; return (total, proven bound).

    ``best`` is a total that is known to be reached (infinite if none is), and ``into`` (other lines,) the
    columns that reach it: they are overwritten only by something cheaper. ``unserved``: paid once where one
    of the others goes unserved.
    """
    rest, form = others
    routes, lines = len(form[1]), rest.shape[1]
    found, nobody = np.full(lines, -2), free and column == routes
    left = most if nobody else most - 1
    served, bound = best_routes(form, left, rest[column], paid, best, found)
    least, base = served, np.full(lines, column)
    if free and not nobody:
        both = np.minimum(rest[column], rest[routes])
        least, proven = best_routes(form, left, both, paid + unserved, served, found)
        bound = min(bound, proven)
        if least < served:
            base[rest[routes] < rest[column]] = routes
    if least < best:
        for line in range(lines):
            into[line] = found[line] if found[line] >= 0 else base[line]
    return least, bound


@_compiled
def solve_with(
    cost: Floats, fixed: Floats, max_packages: int, free: bool, line: int, column: int
) -> tuple[float, Ints, float]:
    """Return (total, route of each line, proven bound) with one line forced on one column."""
    found = np.full(cost.shape[0], column)
    paid = cost[line, column] + fixed[column]
    if cost.shape[0] == 1 or paid == np.inf:
        return paid, found, paid
    others = _others(cost, fixed, line, free)
    rest = found[1:].copy()
    unserved = fixed[cost.shape[1] - 1]
    best, bound = _force(paid, others, unserved, max_packages, free, column, np.inf, rest)
    found[:line], found[line + 1 :] = rest[:line], rest[line:]
    return best, found, bound


@_compiled
def _moved(cost: Floats, fixed: Floats, most: int, free: bool, route: Ints, line: int, column: int) -> float:
    """Return what an answer costs with one line moved to a column, infinite where packages are too many."""
    columns = cost.shape[1]
    used = np.zeros(columns, np.bool_)
    used[column] = True
    total = cost[line, column]
    for other in range(cost.shape[0]):
        if other != line:
            total += cost[other, route[other]]
            used[route[other]] = True
    packages = 0
    for k in range(columns):
        if used[k]:
            total += fixed[k]
            packages += 0 if free and k == columns - 1 else 1
    return total if packages <= most else np.inf


@_compiled
def solve_forced(cost: Floats, fixed: Floats, max_packages: int, free: bool) -> tuple[Floats, Floats]:
    """Return (total, proven bound) of the order with each line forced on each column, (lines, columns) each.

    What the best answer comes to with that line moved is where each search starts from.
    """
    lines, columns = cost.shape
    total, bound = np.empty(cost.shape), np.empty(cost.shape)
    if lines == 1:
        total[0] = cost[0] + fixed
        return total, total.copy()
    answer, route, _ = solve_one(cost, fixed, max_packages, free)
    unserved, into = fixed[columns - 1], np.empty(lines - 1, np.int64)
    for line in range(lines):
        others = _others(cost, fixed, line, free)
        rest = others[0]
        apart = (np.inf, np.inf)  # what the others cost where they cannot share the line's package
        known = False
        for column in range(columns):
            paid = cost[line, column] + fixed[column]
            total[line, column] = bound[line, column] = paid
            if paid == np.inf:
                continue
            nobody = free and column == columns - 1
            if not nobody and (rest[column] == np.inf).all():
                if not known:
                    apart = _force(0.0, others, unserved, max_packages, free, column, np.inf, into)
                    known = True
                total[line, column], bound[line, column] = paid + apart[0], paid + apart[1]
                continue
            start = np.inf
            if answer < np.inf:
                start = _moved(cost, fixed, max_packages, free, route, line, column)
            total[line, column], bound[line, column] = _force(
                paid, others, unserved, max_packages, free, column, start, into
            )
    return total, bound
