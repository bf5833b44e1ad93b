"""The two ways in which the kernel looks for the best set of routes: by size with bounds, and by a table.

``cost`` is (routes, lines) here; ``base`` (lines,) is what each line costs without a route of the set, paid
for with ``base_fixed``: by no route at all (infinite), unfilled, or by a route that is open already.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba  # type: ignore[import-not-found,import-untyped,unused-ignore]
import numpy as np

from optimizer.words import Floats, Ints

_compiled: Callable[[Callable[..., Any]], Callable[..., Any]] = numba.njit(cache=True)

Form = tuple[Floats, Floats, Floats, Floats, Floats]
"""What ``lay_out`` returns."""

SHORT_SEARCH = 4_000
"""Sets of routes that are tried before the table takes over."""

LONG_SEARCH = 2_000_000
"""Sets of routes that are tried where there are too many lines for the table."""

TABLE_LINES = 14
"""The most lines that the table holds: it has 2^lines rows."""


@_compiled
def _cheapest(cost: Floats, chosen: Ints, base: Floats, into: Ints) -> None:
    """Write the cheapest of the chosen routes for every line, -1 for its base; the first wins a tie."""
    for line in range(base.shape[0]):
        least, route = base[line], -1
        for k in chosen:
            if cost[k, line] < least or (cost[k, line] == least and route < 0):
                least, route = cost[k, line], k
        into[line] = route


@_compiled
def _is_smaller(a: Ints, b: Ints) -> bool:
    for line in range(a.shape[0]):
        if a[line] != b[line]:
            return bool(a[line] < b[line])
    return False


@_compiled
def _from_here_on(cost: Floats, fixed: Floats) -> tuple[Floats, Floats]:
    """Return the cheapest cost of each line, and the smallest fixed cost, among the routes from k on."""
    routes, lines = cost.shape
    after, least = np.empty((routes + 1, lines)), np.empty(routes + 1)
    after[routes] = np.inf
    least[routes] = np.inf
    for k in range(routes - 1, -1, -1):
        least[k] = min(least[k + 1], fixed[k])
        for line in range(lines):
            after[k, line] = min(after[k + 1, line], cost[k, line])
    return after, least


@_compiled
def _add(now: Floats, more: Floats, into: Floats, after: Floats) -> float:
    """Write what the lines cost with one route more; return their sum if later routes may serve them too."""
    floor = 0.0
    for line in range(now.shape[0]):
        cheaper = min(now[line], more[line])
        into[line] = cheaper
        floor += min(cheaper, after[line])
    return floor


@_compiled
def _sum_with(now: Floats, more: Floats) -> float:
    total = 0.0
    for line in range(now.shape[0]):
        total += min(now[line], more[line])
    return total


@_compiled
def _search_size(
    data: tuple[Floats, Floats, Floats, Floats],
    work: tuple[Floats, Floats, Ints, Ints],
    size: int,
    best: float,
    tied: bool,
    left: int,
    route: Ints,
) -> tuple[float, bool, int]:
    """Try the sets of one size, depth first; return (best, whether it is of this size, tries left).

    ``work`` starts with what no route costs: ``now[d]`` is the cost of each line with the first d of the
    set, ``paid[d]`` their fixed costs. ``tied``: the best so far is of this size too, so that equals count.
    """
    cost, fixed, after, least = data
    now, paid, chosen, trial = work
    routes = cost.shape[0]
    depth = 1
    chosen[1] = -1
    while depth and left:
        chosen[depth] += 1
        k = chosen[depth]
        if k > routes - 1 - (size - depth):
            depth -= 1
            continue
        total = paid[depth - 1] + fixed[k]
        if depth < size:
            paid[depth] = total
            total += (size - depth) * least[k + 1] + _add(now[depth - 1], cost[k], now[depth], after[k + 1])
            if total < best or (tied and total == best):
                depth += 1
                chosen[depth] = k
            continue
        left -= 1
        total += _sum_with(now[depth - 1], cost[k])
        if total < best or (tied and total == best):
            _cheapest(cost, chosen[1 : size + 1], now[0], trial)
            if total < best or _is_smaller(trial, route):
                best, tied = total, True
                route[:] = trial
    return best, tied, left


@_compiled
def lay_out(cost: Floats, fixed: Floats) -> Form:
    """Return what every search over the same routes reads; ``cost`` is (routes, lines) from here on.

    That is ``cost`` and ``fixed``, what ``_from_here_on`` says of them, and the fixed costs by size.
    """
    after, least = _from_here_on(cost, fixed)
    return cost, fixed, after, least, np.sort(fixed)


@_compiled
def search_sets(
    form: Form,
    most: int,
    base: Floats,
    base_fixed: float,
    best: float,
    left: int,
    route: Ints,
) -> tuple[float, float]:
    """Search all sets of at most ``most`` routes by size; return (best total, proven bound).

    ``base`` is what each line costs without any route, paid for with ``base_fixed``. ``route`` is
    overwritten only by something cheaper than ``best``. The bound is the best itself unless the tries
    ``left`` were not enough.
    """
    cost, fixed, after, least, small = form
    routes, lines = cost.shape
    floor = base_fixed + _sum_with(base, after[0])
    if floor >= best:
        return best, best
    bare = base_fixed + base.sum()
    if bare < best:
        best = bare
        route[:] = -1
    if floor + least[0] >= best:
        return best, best
    now, paid = np.empty((lines + 1, lines)), np.empty(lines + 1)
    now[0] = base
    paid[0] = base_fixed
    work = (now, paid, np.empty(lines + 2, np.int64), np.empty(lines, np.int64))
    for size in range(1, min(most, routes, lines) + 1):
        floor += small[size - 1]
        if floor >= best:
            break
        best, _, left = _search_size((cost, fixed, after, least), work, size, best, False, left, route)
        if left <= 0:
            return best, min(best, floor)
    return best, best


@_compiled
def _add_route(price: Floats, fixed: float, now: Floats, grown: Floats, start: Ints) -> None:
    """Write what each set of lines costs if this route carries some of it, and the set without those."""
    for row in range(now.shape[0]):
        grown[row] = now[row] + fixed
        start[row] = row
    for line in range(price.shape[0]):
        bit = 1 << line
        if price[line] < np.inf:
            for row in range(now.shape[0]):
                if not row & bit and grown[row] + price[line] < grown[row | bit]:
                    grown[row | bit] = grown[row] + price[line]
                    start[row | bit] = start[row]


@_compiled
def _bare_sums(base: Floats, base_fixed: float, rows: int) -> Floats:
    """Return what each set of lines costs without any route; the empty set costs nothing."""
    total = np.full(rows, np.inf)
    total[0] = 0.0
    for row in range(1, rows):
        total[row] = base_fixed
        for line in range(base.shape[0]):
            if row >> line & 1:
                total[row] += base[line]
    return total


@_compiled
def _trace(by: Ints, origin: Ints, layer: int, limited: bool, route: Ints) -> None:
    """Write the route of each line by following the table back from the set of all lines."""
    row = by.shape[1] - 1
    route[:] = -1
    while row and by[layer, row] >= 0:
        before = origin[layer, row]
        for line in range(route.shape[0]):
            if (row ^ before) >> line & 1:
                route[line] = by[layer, row]
        row, layer = before, layer - 1 if limited else 0


@_compiled
def tabulate(
    cost: Floats, fixed: Floats, most: int, base: Floats, base_fixed: float, best: float, route: Ints
) -> float:
    """Return the best total by a table over sets of lines; arguments as in ``search_sets``, always exact.

    Layer m of the table counts the packages; one layer does where their number is not limited.
    """
    routes, lines = cost.shape
    rows = 1 << lines
    limited = most < min(lines, routes)
    layers = most + 1 if limited else 1
    total = np.full((layers, rows), np.inf)
    total[0] = _bare_sums(base, base_fixed, rows)
    by = np.full((layers, rows), -1, np.int64)  # the route that was added last, and the set before it
    origin = np.zeros((layers, rows), np.int64)
    grown, start = np.empty(rows), np.empty(rows, np.int64)
    for k in range(routes):
        for layer in range(max(layers - 2, 0), -1, -1):
            _add_route(cost[k], fixed[k], total[layer], grown, start)
            into = layer + 1 if limited else 0
            for row in range(rows):
                if grown[row] < total[into, row]:
                    total[into, row], by[into, row], origin[into, row] = grown[row], k, start[row]
    layer = int(np.argmin(total[:, rows - 1]))
    if total[layer, rows - 1] < best:
        best = total[layer, rows - 1]
        _trace(by, origin, layer, limited, route)
    return float(best)


@_compiled
def best_routes(
    form: Form,
    most: int,
    base: Floats,
    base_fixed: float,
    best: float,
    found: Ints,
) -> tuple[float, float]:
    """Search, and tabulate where the search was cut short; return (best, proven bound)."""
    cost, fixed = form[0], form[1]
    lines = cost.shape[1]
    limit = SHORT_SEARCH if lines <= TABLE_LINES else LONG_SEARCH
    best, bound = search_sets(form, most, base, base_fixed, best, limit, found)
    if bound < best and lines <= TABLE_LINES:
        best = tabulate(cost, fixed, most, base, base_fixed, best, found)
        bound = best
    return best, bound
