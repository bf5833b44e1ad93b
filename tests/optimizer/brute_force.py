"""The cheapest answers of a small problem, by asking the referee about all of them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from optimizer.assignment import Part
from optimizer.check import check
from optimizer.problem import OrderProblem
from optimizer.words import UNFILLED


def cheapest(problem: OrderProblem) -> tuple[int | None, set[tuple[Part, ...]]]:
    """Return the least cost (None: nothing is feasible) and all answers at it."""
    least: int | None = None
    found: set[tuple[Part, ...]] = set()
    for chosen in product(*(list(_ways(problem, line)) for line in range(problem.lines))):
        parts = tuple(sorted(part for way in chosen for part in way))
        verdict = check(problem, parts)
        if not verdict.feasible or (least is not None and verdict.cost_cents > least):
            continue
        if least is None or verdict.cost_cents < least:
            least, found = verdict.cost_cents, set()
        found.add(parts)
    return least, found


def _ways(problem: OrderProblem, line: int) -> Iterator[tuple[Part, ...]]:
    """Yield every way to spread the units of a line over routes and nowhere."""
    routes = [UNFILLED, *range(problem.routes)]
    quantity = int(problem.quantity[line])
    most = quantity if problem.limits.may_split_lines else 1

    def spread(place: int, rest: int, left: int) -> Iterator[tuple[Part, ...]]:
        if rest == 0:
            yield ()
            return
        if place == len(routes) or left == 0:
            return
        for units in range(rest + 1):
            here = (Part(line, routes[place], units),) if units else ()
            for others in spread(place + 1, rest - units, left - len(here)):
                yield here + others

    yield from spread(0, quantity, most)
