"""All ways to serve one line, or one group of lines that travels together, that a best answer may need."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice

from optimizer.assignment import Part
from optimizer.problem import OrderProblem
from optimizer.words import MUST_SERVE, UNFILLED, UNLIMITED, Constraint

Option = tuple[Part, ...]

MOST_OPTIONS = 4_000
"""More ways than this to serve one line are not all looked at, and the answer then gives a gap."""


@dataclass(frozen=True, slots=True)
class Options:
    """The ways to serve one group of lines; ``complete``: no best answer needs another one."""

    ways: tuple[Option, ...]
    complete: bool


def options_of(problem: OrderProblem, group: Sequence[int]) -> Options:
    """Return the ways to serve a group; a group of several lines is never split."""
    if len(group) > 1 or not problem.limits.may_split_lines:
        return Options(tuple(_whole(problem, group)), complete=True)
    ways = tuple(islice(_in_parts(problem, group[0]), MOST_OPTIONS + 1))
    return Options(ways[:MOST_OPTIONS], complete=len(ways) <= MOST_OPTIONS)


def _whole(problem: OrderProblem, group: Sequence[int]) -> Iterator[Option]:
    units = [int(problem.quantity[line]) for line in group]
    for route in (*range(problem.routes), UNFILLED):
        if route == UNFILLED:
            able = all(problem.unfilled_cents[line] != MUST_SERVE for line in group)
        else:
            able = all(problem.admissible[line, route] for line in group)
        if able:
            yield tuple(Part(line, route, q) for line, q in zip(group, units, strict=True))


def _in_parts(problem: OrderProblem, line: int) -> Iterator[Option]:
    """Yield the ways to serve one line in parts, by number of parts."""
    routes = [route for route in range(problem.routes) if problem.part_admissible[line, route]]
    if problem.unfilled_cents[line] != MUST_SERVE:
        routes.append(UNFILLED)
    limits, quantity = problem.limits, int(problem.quantity[line])
    most = limits.max_parts if limits.is_hard(Constraint.LINE_SPLIT) else quantity
    split = _every_split if is_coupled(problem, line) else _extreme_split
    for size in range(1, min(most, quantity, len(routes)) + 1):
        for chosen in combinations(routes, size):
            yield from split(problem, line, chosen)


def is_coupled(problem: OrderProblem, line: int) -> bool:
    """Say whether the amounts of a line's parts matter to anything but its own cost and stock."""
    shares = (problem.item == problem.item[line]).sum() > 1
    soft = not problem.limits.is_hard(Constraint.STOCK)
    heaviest = int((problem.weight_g * problem.quantity).sum())
    stepped = any(tariff is not None for tariff in problem.tariffs)
    return bool(shares or soft or stepped or (problem.max_weight_g < heaviest).any())


def room_of(problem: OrderProblem, line: int, route: int) -> int:
    """Return how many units of a line a route could carry by its stock; without limit where that is soft."""
    if route == UNFILLED or not problem.limits.is_hard(Constraint.STOCK):
        return UNLIMITED
    return int(problem.stock[problem.item[line], problem.source[route]])


def _extreme_split(problem: OrderProblem, line: int, chosen: tuple[int, ...]) -> Iterator[Option]:
    """Yield the one split over these routes that may be best, where only the line's own cost matters.

    Costs are affine in units, so all routes but the dearest by the unit are filled to their stock; two routes
    of one source would never both be used. Where the dearest has nothing left to carry, fewer routes do.
    """
    sources = [int(problem.source[route]) for route in chosen if route != UNFILLED]
    if len(set(sources)) < len(sources):
        return

    def unit(route: int) -> int:
        cents = problem.unfilled_cents[line] if route == UNFILLED else problem.unit_cents[line, route]
        return int(cents)

    dearest = max(chosen, key=lambda route: (unit(route), route == UNFILLED, route))
    rest = int(problem.quantity[line])
    parts = []
    for route in chosen:
        if route != dearest:
            rest -= (room := room_of(problem, line, route))
            parts.append(Part(line, route, room))
    if 1 <= rest <= room_of(problem, line, dearest):
        yield tuple(sorted((*parts, Part(line, dearest, rest))))


def _every_split(problem: OrderProblem, line: int, chosen: tuple[int, ...]) -> Iterator[Option]:
    """Yield every split of a line over exactly these routes."""
    rooms = [room_of(problem, line, route) for route in chosen]

    def amounts(place: int, rest: int) -> Iterator[tuple[int, ...]]:
        left = len(chosen) - place - 1
        if left == 0:
            if 1 <= rest <= rooms[place]:
                yield (rest,)
            return
        for units in range(1, min(rooms[place], rest - left) + 1):
            for others in amounts(place + 1, rest - units):
                yield (units, *others)

    for units in amounts(0, int(problem.quantity[line])):
        yield tuple(Part(line, route, q) for route, q in zip(chosen, units, strict=True))
