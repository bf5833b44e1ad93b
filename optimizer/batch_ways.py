"""A batch of plain orders: column generation for bound and ways, whole-number programs over ways for answers.

The method LP (every order a type that is wanted once) gives the bound and the ways worth having. A first
answer takes each order's heaviest way, or the kernel's best under the prices where that no longer fits. Then
neighbourhoods of orders that compete for the same stock are freed and solved again, over their own ways and
what the others leave: large neighbourhood search in the manner of Shaw 1998 (doi 10.1007/3-540-49481-2_30).
A neighbourhood whose own LP bound is reached is proven and left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import NamedTuple, Self

import numpy as np

from optimizer.mathopt import LinearModel, NoSolution, Solver, Work, solve
from optimizer.method_lp import MethodLP, MethodPrices
from optimizer.order_types import OrderTypes, Way
from optimizer.words import UNLIMITED, Ints

WHOLE = 1e-6
"""A bound is rounded up to whole cents, less this share of it for the solver's arithmetic."""


@dataclass(frozen=True, slots=True)
class Search:
    """How the neighbourhoods are searched: deterministic but for the clock.

    At most ``rounds`` neighbourhoods of at first ``size`` orders, ``nodes`` for each program; ``patience``
    rounds without gain make them larger by half, ten times as many end the search. ``ways``: the most that
    are listed where all are wanted; ``master``: the most that the program over all orders chooses among.
    """

    rounds: int = 2_000
    size: int = 24
    largest: int = 120
    nodes: int = 500
    patience: int = 12
    ways: int = 20_000
    master: int = 4_000
    seed: int = 1


@dataclass(slots=True, eq=False)
class Used:
    """What ways leave of ``stock`` (rows + 1,) and ``room`` (places + 1,); the last is never used up."""

    types: OrderTypes
    stock: Ints
    room: Ints

    @classmethod
    def of(cls, types: OrderTypes) -> Self:
        """Begin with all there is."""
        return cls(types, np.append(types.stock, UNLIMITED), np.append(types.capacity, UNLIMITED))

    def move(self, way: Way, sign: int) -> None:
        """Take (-1) or give back (+1) what a way uses."""
        rows, gates, units = self.types.use(way)
        np.add.at(self.stock, rows, sign * units)
        np.add.at(self.room, gates, sign)

    def fits(self, way: Way) -> bool:
        """Say whether there is enough for a way."""
        rows, gates, units = self.types.use(way)
        return bool((self.stock[rows] >= units).all() and (self.room[gates] > 0).all())


@dataclass(slots=True, eq=False)
class WaySearch:
    """The search over one batch.

    ``seconds_left`` says how long it may go on (None: no clock), ``told`` hears the cost and bound reached.
    ``stopped``: the clock ended it or one of its programs.
    """

    types: OrderTypes
    search: Search
    seconds_left: Callable[[], float | None]
    told: Callable[[float, float], None]
    bound: float = -np.inf
    stopped: bool = False
    _ways: list[Way] = field(default_factory=list)
    _left: Used | None = None
    _pool: dict[int, set[tuple[int, ...]]] = field(default_factory=dict)

    def run(self) -> list[Way]:
        """Return one way per order, by order; ``bound`` is proven."""
        types = self.types
        program = MethodLP(types)
        prices = program.solve(np.ones(types.count), types.stock)
        self.bound = rounded_up(prices.bound)
        self._accept(first_answer(types, program, prices))
        self._choose_among(program.ways)
        if not self._prove(program):
            self._improve()
            self._prove(program)
        return self._ways

    @property
    def cost(self) -> float:
        """What the ways cost together."""
        return sum(way.cost for way in self._ways)

    def _accept(self, ways: list[Way]) -> None:
        """Take an answer for the whole batch."""
        self._ways, self._left = ways, Used.of(self.types)
        for way in ways:
            self._left.move(way, -1)
            self._pool.setdefault(way.type, set()).add(way.route)
        self.told(self.cost, self.bound)

    def _out_of_time(self) -> bool:
        left = self.seconds_left()
        self.stopped = self.stopped or (left is not None and left <= 0)
        return self.stopped

    def _prove(self, program: MethodLP) -> bool:
        """Solve over all ways that a better answer could contain, where they are few.

        Return whether that settled the batch.
        """
        if self.cost <= self.bound:
            return True
        kept, complete = program.within(self.cost - self.bound, self.search.ways)
        if not complete or self._out_of_time():
            return False
        work = Work(seconds=self.seconds_left(), nodes=10 * self.search.nodes)
        found = solve_ways(self.types, kept, self._ways, work)
        self.stopped |= not found.repeatable
        self.bound = max(self.bound, min(rounded_up(found.bound), self.cost))
        if found.ways and sum(way.cost for way in found.ways) < self.cost:
            self.bound = min(self.bound, sum(way.cost for way in found.ways))
            self._accept(found.ways)
        return self.cost <= self.bound

    def _choose_among(self, ways: Sequence[Way]) -> None:
        """Solve over the ways that the program needed, where they are few, in a quarter of the time."""
        if len(ways) > self.search.master or self.cost <= self.bound or self._out_of_time():
            return
        left = self.seconds_left()
        work = Work(seconds=None if left is None else left / 4, nodes=self.search.nodes)
        found = solve_ways(self.types, ways, self._ways, work)
        self.stopped |= not found.repeatable
        if found.ways and sum(way.cost for way in found.ways) < self.cost:
            self._accept(found.ways)

    def _improve(self) -> None:
        """Free neighbourhoods until nothing has been gained for long."""
        search, rng = self.search, np.random.default_rng(self.search.seed)
        size, idle = min(search.size, self.types.count), 0
        rivals = rivals_of(self.types)
        for _ in range(search.rounds):
            if self.cost <= self.bound or idle >= 10 * search.patience or self._out_of_time():
                return
            assert self._left is not None
            orders = neighbours(self.types, self._left, rivals, size, rng)
            idle = 0 if self._solve_again(orders) else idle + 1
            if idle and idle % search.patience == 0:
                size = min(size + size // 2, search.largest, self.types.count)

    def _solve_again(self, orders: Ints) -> bool:
        """Free some orders and solve them over what the others leave; return whether that is cheaper."""
        assert self._left is not None
        old = [self._ways[n] for n in orders.tolist()]
        for way in old:
            self._left.move(way, 1)
        part = self.types.subset(orders, self._left.stock, self._left.room)
        new = self._cheaper(part, orders, old)
        for way in new or old:
            self._ways[way.type] = way
            self._left.move(way, -1)
        if new:
            self.told(self.cost, self.bound)
        return bool(new)

    def _cheaper(self, part: OrderTypes, orders: Ints, old: Sequence[Way]) -> list[Way]:
        """Return a cheaper answer for a neighbourhood, by order; none where none is found."""
        before = sum(way.cost for way in old)
        start = [Way(position, way.route, way.cost) for position, way in enumerate(old)]
        program = MethodLP(part)
        for position, n in enumerate(orders.tolist()):
            for route in sorted(self._pool.get(n, ())):
                program.add(position, route)
        bound = rounded_up(program.solve(np.ones(part.count), part.stock).bound)
        if bound >= before:
            return []
        kept, _ = program.within(before - bound, self.search.ways)
        found = solve_ways(part, kept, start, Work(nodes=self.search.nodes)).ways
        new = [Way(int(orders[way.type]), way.route, way.cost) for way in found]
        if sum(way.cost for way in new) >= before:
            return []
        for way in new:
            self._pool.setdefault(way.type, set()).add(way.route)
        return new


def rounded_up(bound: float) -> float:
    """Return a bound on whole cents, in whole cents."""
    return float(ceil(bound - WHOLE * max(1.0, abs(bound) * 1e-3)))


def first_answer(types: OrderTypes, program: MethodLP, prices: MethodPrices) -> list[Way]:
    """Return an answer close to the program's: its heaviest ways first, else the best that still fits."""
    left, weight = Used.of(types), program.weights()
    chosen: dict[int, Way] = {}
    for k in np.argsort(-weight, kind="stable").tolist():
        way = program.ways[k]
        if weight[k] > 0 and way.type not in chosen and left.fits(way):
            chosen[way.type] = way
            left.move(way, -1)
    for n in range(types.count):
        if n not in chosen:
            rows = np.unique(types.row[types.first[n] : types.first[n + 1]])
            part = types.subset(np.array([n]), left.stock, left.room)
            _, route, _ = part.cheapest(prices.price[rows[rows < len(types.stock)]], prices.gate_price)
            chosen[n] = types.way(n, tuple(route.tolist()))
            left.move(chosen[n], -1)
    return [chosen[n] for n in range(types.count)]


def rivals_of(types: OrderTypes) -> dict[int, Ints]:
    """Return the types that could draw on each stock row."""
    row, kind = types.row[:, :-1].ravel(), np.repeat(types.type_of_line, types.row.shape[1] - 1)
    usable = np.isfinite(types.cost[:, :-1]).ravel() & (row < len(types.stock))
    pairs = np.unique(np.stack([row[usable], kind[usable]], axis=1), axis=0)
    starts = np.flatnonzero(np.diff(pairs[:, 0], prepend=-1))
    return {int(block[0, 0]): block[:, 1] for block in np.split(pairs, starts[1:]) if len(block)}


def neighbours(
    types: OrderTypes, left: Used, rivals: dict[int, Ints], size: int, rng: np.random.Generator
) -> Ints:
    """Return ``size`` orders that compete: from a random one along the stock that is nearly used up."""
    picked: set[int] = set()
    queue: list[int] = []
    while len(picked) < size:
        n = queue.pop(int(rng.integers(len(queue)))) if queue else int(rng.integers(types.count))
        if n in picked:
            continue
        picked.add(n)
        rows = np.unique(types.row[types.first[n] : types.first[n + 1], :-1]).tolist()
        tight = [row for row in rows if row in rivals and left.stock[row] < len(rivals[row])]
        for row in rng.permutation(np.array(tight, dtype=np.int64)).tolist()[:4]:
            queue += rng.permutation(rivals[row]).tolist()[:4]
    return np.array(sorted(picked), dtype=np.int64)


class Found(NamedTuple):
    """One way per type, or none at all; no choice among the given ways costs less than ``bound``."""

    ways: list[Way]
    bound: float
    repeatable: bool


def solve_ways(types: OrderTypes, ways: Sequence[Way], start: Sequence[Way], work: Work) -> Found:
    """Choose one way per type at least cost, starting from ``start`` (a way per type)."""
    ways = list(dict.fromkeys([*ways, *start]))
    model = LinearModel()
    column = model.add_columns([way.cost for way in ways], 1.0, whole=True)
    once = model.add_rows(np.ones(types.count), 1.0)
    stock, capacity = model.add_rows(-np.inf, types.stock), model.add_rows(-np.inf, types.capacity)
    model.add_entries(once[[way.type for way in ways]], column, 1.0)
    for k, way in enumerate(ways):
        rows, gates, units = types.use(way)
        real = rows < len(stock)
        model.add_entries(stock[rows[real]], k, units[real])
        model.add_entries(capacity[gates[gates < len(capacity)]], k, 1.0)
    chosen = set(start)
    found = solve(model, Solver.HIGHS, work, np.array([float(way in chosen) for way in ways]))
    if isinstance(found, NoSolution):
        return Found([], found.bound, found.repeatable)
    taken = [ways[k] for k in np.flatnonzero(found.values > 0.5).tolist()]
    return Found(sorted(taken, key=lambda way: way.type), found.bound, found.repeatable)
