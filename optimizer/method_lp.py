"""The method LP: a linear program whose columns are whole ways to fill an order, and its prices of stock.

For type q with expected count D_q, way m costs c_qm and draws u_qm[i]: minimise the sum of c x, each type's x
adding up to D_q (dual v_q), each stock row within S_i (dual <= 0; its price is -dual). Columns are generated:
the best new way of a type under prices p is the one-order kernel with p added to its costs, so one function
serves the program and the live decision (Amil, Makhdoumi and Wei 2025, Management Science; prices of stock as
in Acimovic and Graves 2015, doi 10.1287/msom.2014.0505).

Under any prices p >= 0 the sum of D_q times the cheapest priced way, less p times S, bounds the program from
below (its Lagrangian); the best such bound is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from optimizer.mathopt import ColumnLP, NoSolution, Solution, SolverFailed
from optimizer.order_types import OrderTypes, Way
from optimizer.words import UNLIMITED, Floats, Ints

TOLERANCE: Final = 1e-9
"""Relative gap between program and bound at which no further way is sought."""

MOST_ROUNDS: Final = 200


@dataclass(frozen=True, slots=True, eq=False)
class MethodPrices:
    """The program's answer: its value over the ways known, a proven bound, and prices (rows,) >= 0.

    ``gate_price`` (places,) is the price of one more package from a place.
    """

    value: float
    bound: float
    price: Floats
    gate_price: Floats
    rounds: int

    @property
    def gap(self) -> float:
        """How far the value may lie above the optimum, as a share of it."""
        return (self.value - self.bound) / abs(self.value) if self.value else 0.0


class MethodLP:
    """The program over one set of types: demand and stock may move, the ways found are kept."""

    def __init__(self, types: OrderTypes) -> None:
        self.types = types
        self.ways: list[Way] = []
        self._known: set[tuple[int, tuple[int, ...]]] = set()
        zero, none = np.zeros(types.count), np.full(len(types.stock) + len(types.capacity), -np.inf)
        self._lower = np.concatenate([zero, none])
        self._upper = np.concatenate([zero, np.zeros(len(none))])
        self._master = ColumnLP(self._lower, self._upper)
        self._point: Solution | None = None
        for n, lines in enumerate(np.diff(types.first).tolist()):
            self.add(n, (types.cost.shape[1] - 1,) * lines)

    def solve(self, demand: Floats, stock: Ints, tolerance: float = TOLERANCE) -> MethodPrices:
        """Return value, bound and prices for ``demand`` (types,) orders and ``stock`` (rows,)."""
        types = self.types.with_stock(stock)
        upper = np.concatenate([demand, stock, types.capacity]).astype(np.float64)
        upper[upper >= UNLIMITED] = np.inf
        self._master.move_rows(np.concatenate([demand, self._lower[types.count :]]), upper)
        bound, rounds = -np.inf, 0
        while rounds < MOST_ROUNDS:
            rounds += 1
            point = self._solve_master()
            value, price, gate_price = self._prices(point)
            total, route, proven = types.cheapest(price, gate_price, whole=False)
            here = demand @ proven - price @ stock - gate_price @ types.capacity
            bound = max(bound, float(here))
            self._point = point
            if value - bound <= tolerance * abs(value) or not self._grow(demand, point, total, route):
                break
        return MethodPrices(value, min(bound, value), price, gate_price, rounds)

    def _solve_master(self) -> Solution:
        point = self._master.solve()
        if isinstance(point, NoSolution) or point.duals is None:
            raise SolverFailed("The method LP has no solution although every order may go unserved.")
        return point

    def _prices(self, point: Solution) -> tuple[float, Floats, Floats]:
        assert point.duals is not None
        shared = np.maximum(-point.duals[self.types.count :], 0.0)
        rows = len(self.types.stock)
        return point.cost, shared[:rows], shared[rows:]

    def _grow(self, demand: Floats, point: Solution, total: Floats, route: Ints) -> int:
        """Add the ways that are cheaper than their type's dual; return how many."""
        assert point.duals is not None
        worth = point.duals[: self.types.count]
        slack = 1e-7 * (1.0 + np.abs(worth))
        found = 0
        for n in np.flatnonzero((total < worth - slack) & (demand > 0)).tolist():
            found += self.add(n, tuple(route[self.types.first[n] : self.types.first[n + 1]].tolist()))
        return found

    def add(self, n: int, route: tuple[int, ...]) -> bool:
        """Add a way to fill type n unless it is known; return whether it was new."""
        if (n, route) in self._known:
            return False
        self._known.add((n, route))
        types, start = self.types, self.types.first.item(n)
        way = types.way(n, route)
        entries = {n: 1.0}
        for line, c in enumerate(route, start):
            row = types.row.item(line, c)
            if row < len(types.stock):
                at = types.count + row
                entries[at] = entries.get(at, 0.0) + float(types.quantity.item(line))
        for c in sorted(set(route)) if len(types.capacity) else ():
            if (gate := types.gate.item(n, c)) < len(types.capacity):
                at = types.count + len(types.stock) + gate
                entries[at] = entries.get(at, 0.0) + 1.0
        self._master.add_column(way.cost, list(entries), list(entries.values()))
        self.ways.append(way)
        return True

    def weights(self) -> Floats:
        """Return how often the last answer takes each of ``ways``."""
        assert self._point is not None
        return np.concatenate([self._point.values, np.zeros(len(self.ways) - len(self._point.values))])

    def within(self, gap: float, limit: int) -> tuple[list[Way], bool]:
        """Return the ways that an answer at most ``gap`` above the last one's value can contain.

        Also whether they are all of them: where there are more than ``limit``, the ways known are returned.
        """
        assert self._point is not None
        assert self._point.duals is not None
        _, price, gate_price = self._prices(self._point)
        worth = self._point.duals[: self.types.count]
        most = worth + gap + 1e-6 * (1.0 + np.abs(worth))
        if (every := self.types.ways_up_to(most, price, gate_price, limit)) is not None:
            return every, True
        return self.ways, False
