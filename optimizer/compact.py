"""A batch as one whole-number program: every order with all its limits, hard and soft, for HiGHS.

It says everything that a problem can say (lines in parts, steps of a tariff, weight, groups, limits at a
price) and is exact, but weaker than columns of whole ways; so it answers where those cannot be used. Its
linear relaxation over types of orders is the program of Jasin and Sinha 2015 (doi 10.1287/opre.2015.1427).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from optimizer.assignment import Part
from optimizer.batch_problem import BatchProblem
from optimizer.mathopt import LinearModel
from optimizer.problem import OrderProblem
from optimizer.words import MUST_SERVE, UNFILLED, UNLIMITED, Constraint, Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """The columns of one order: ``units`` and ``part`` belong to the pairs (``line``, ``route``)."""

    line: Ints
    route: Ints
    units: Ints
    part: Ints
    package: Ints  # (routes,)
    left: Ints  # (lines,) units unserved
    leaves: Ints  # (lines,) whether any

    def parts(self, values: Floats) -> list[Part]:
        """Return the parts of a solution."""
        told = [
            Part(line, route, units)
            for line, route, units in zip(
                self.line.tolist(), self.route.tolist(), _whole(values[self.units]), strict=True
            )
            if units
        ]
        unserved = enumerate(_whole(values[self.left]))
        return told + [Part(line, UNFILLED, units) for line, units in unserved if units]


class Compact:
    """The model of a batch; ``orders`` holds the columns of each order.

    With ``times`` (orders,) each order is a type that is wanted so often, and nothing need be whole: the
    relaxation that bounds what any policy can reach.
    """

    def __init__(self, batch: BatchProblem, times: Floats | None = None) -> None:
        self.model = LinearModel()
        self._whole = times is None
        self._drawn: defaultdict[tuple[int, int], list[Ints]] = defaultdict(list)
        self._leaving: defaultdict[int, list[Ints]] = defaultdict(list)
        self._batch = batch
        self.orders = [
            self._add(o, 1.0 if times is None else float(times[o])) for o in range(len(batch.orders))
        ]
        self._share()

    def _columns(self, cost: ArrayLike, upper: ArrayLike = np.inf) -> Ints:
        return self.model.add_columns(np.asarray(cost, np.float64), upper, whole=self._whole)

    def _add(self, o: int, times: float) -> Columns:
        problem = self._batch.orders[o]
        line, route = np.nonzero(
            problem.part_admissible if problem.limits.may_split_lines else problem.admissible
        )
        must = problem.unfilled_cents == MUST_SERVE
        most = np.where(must, 0, problem.quantity) * times
        price = np.where(must, 0, problem.unfilled_cents)
        order = Columns(
            line,
            route,
            self._columns(problem.unit_cents[line, route], problem.quantity[line] * times),
            self._columns(problem.part_cents[line, route], times),
            self._columns(problem.package_cents, times),
            self._columns(price, most),
            self._columns(np.zeros(problem.lines), np.where(must, 0.0, times)),
        )
        self._serve(problem, order, times)
        self._split(problem, order, times)
        for group in problem.together:
            self._together(problem, order, group, times)
        for r in range(problem.routes):
            self._weigh(problem, order, r)
        self._note(o, problem, order)
        return order

    def _serve(self, problem: OrderProblem, order: Columns, times: float) -> None:
        """Every unit goes somewhere; units need their part, parts their package."""
        model, lines = self.model, np.arange(problem.lines)
        rows = model.add_rows(problem.quantity * times, problem.quantity * times)
        model.add_entries(rows[order.line], order.units, 1.0)
        model.add_entries(rows[lines], order.left, 1.0)
        whole = not problem.limits.may_split_lines
        least = 0.0 if whole else -np.inf
        rows = model.add_rows(np.full(len(order.units), least), 0.0)
        model.add_entries(rows, order.units, 1.0)
        model.add_entries(rows, order.part, -problem.quantity[order.line])
        rows = model.add_rows(np.full(len(order.part), -np.inf), 0.0)
        model.add_entries(rows, order.part, 1.0)
        model.add_entries(rows, order.package[order.route], -1.0)
        rows = model.add_rows(np.full(problem.lines, least), 0.0)
        model.add_entries(rows, order.left, 1.0)
        model.add_entries(rows, order.leaves, -problem.quantity)
        any_left = self._columns([problem.unfilled_fixed_cents], times)
        rows = model.add_rows(np.full(problem.lines, -np.inf), 0.0)
        model.add_entries(rows, order.leaves, 1.0)
        model.add_entries(rows, any_left, -1.0)

    def _split(self, problem: OrderProblem, order: Columns, times: float) -> None:
        """Limit packages of the order and parts of each line."""
        limits = problem.limits
        if limits.max_packages < problem.routes:
            over = self._over(problem, Constraint.ORDER_SPLIT)
            columns, signs = [*order.package, *over], [1.0] * problem.routes + [-1.0] * len(over)
            self.model.add_row(-np.inf, limits.max_packages * times, columns, signs)
        for line in range(problem.lines if limits.may_split_lines else 0):
            over = self._over(problem, Constraint.LINE_SPLIT)
            columns = [*order.part[order.line == line], order.leaves[line], *over]
            signs = [1.0] * (len(columns) - len(over)) + [-1.0] * len(over)
            self.model.add_row(-np.inf, limits.max_parts * times, columns, signs)

    def _together(self, problem: OrderProblem, order: Columns, group: Sequence[int], times: float) -> None:
        """Count the ways that a group takes, staying unserved being one."""
        used = self._columns(np.zeros(problem.routes + 1), times)
        for line in group:
            mine = order.line == line
            rows = self.model.add_rows(np.full(int(mine.sum()) + 1, -np.inf), 0.0)
            self.model.add_entries(rows, [*order.part[mine], order.leaves[line]], 1.0)
            self.model.add_entries(rows, [*used[order.route[mine]], used[-1]], -1.0)
        over = self._over(problem, Constraint.TOGETHER)
        signs = [1.0] * len(used) + [-1.0] * len(over)
        self.model.add_row(-np.inf, times, [*used, *over], signs)

    def _weigh(self, problem: OrderProblem, order: Columns, r: int) -> None:
        """Limit a package's weight and charge its tariff by steps of billable weight."""
        mine = order.route == r
        units, line, package = order.units[mine], order.line[mine], order.package[r]
        tariff, most = problem.tariffs[r], float(problem.max_weight_g[r])
        binds = (problem.weight_g * problem.quantity).sum() > most
        if not len(units) or not (binds or tariff):
            return
        over = self._over(problem, Constraint.WEIGHT)
        room = [-1000.0] * len(over)
        if binds:
            columns, weights = [*units, package, *over], [*problem.weight_g[line], -most, *room]
            self.model.add_row(-np.inf, 0.0, columns, weights)
        if tariff:
            step = self._columns(np.array(tariff.cents, np.float64), 1.0)
            self.model.add_row(0.0, 0.0, [*step, package], [1.0] * len(step) + [-1.0])
            volumetric = problem.volume_cm3[line] * tariff.g_per_litre / 1000
            for weight in (problem.weight_g[line], volumetric):
                edges = [-float(edge) for edge in tariff.up_to_g]
                self.model.add_row(-np.inf, 0.0, [*units, *step, *over], [*weight, *edges, *room])
            for column in over:  # only a package in the last step may be too heavy
                self.model.add_row(-np.inf, 0.0, [column, step[-1]], [1.0, -float(UNLIMITED)])

    def _over(self, problem: OrderProblem, constraint: Constraint) -> Ints:
        """Return the column that counts a soft limit's excess at its price, or none where it is hard."""
        if problem.limits.is_hard(constraint):
            return np.zeros(0, np.int64)
        return self._columns([problem.limits.price_cents[constraint]])

    def _note(self, o: int, problem: OrderProblem, order: Columns) -> None:
        """Remember what an order draws, and charge its own excess where that is soft."""
        batch, source = self._batch, problem.source
        own_stock: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        own_place: defaultdict[int, list[int]] = defaultdict(list)
        for line, route, column in zip(order.line.tolist(), order.route.tolist(), order.units, strict=True):
            own_stock[int(problem.item[line]), int(source[route])].append(int(column))
        for route, column in enumerate(order.package):
            own_place[int(problem.place[source[route]])].append(int(column))
        for (item, k), columns in own_stock.items():
            self._drawn[int(batch.item[o][item]), int(batch.source[o][k])].append(np.array(columns))
            self._excess(problem, Constraint.STOCK, columns, float(problem.stock[item, k]))
        for place, columns in own_place.items():
            self._leaving[int(batch.place[o][place])].append(np.array(columns))
            self._excess(problem, Constraint.CAPACITY, columns, float(problem.capacity[place]))

    def _excess(self, problem: OrderProblem, constraint: Constraint, columns: list[int], most: float) -> None:
        if not problem.limits.is_hard(constraint):
            over = self._over(problem, constraint)
            self.model.add_row(-np.inf, most, [*columns, *over], [1.0] * len(columns) + [-1.0])

    def _share(self) -> None:
        """Keep all orders together within stock and capacity, where either is hard for any of them."""
        batch = self._batch
        hard = {c: any(order.limits.is_hard(c) for order in batch.orders) for c in Constraint}
        for (item, source), columns in self._drawn.items() if hard[Constraint.STOCK] else ():
            drawn = np.concatenate(columns)
            self.model.add_row(-np.inf, float(batch.stock[item, source]), drawn, np.ones(len(drawn)))
        for place, columns in self._leaving.items() if hard[Constraint.CAPACITY] else ():
            leaving = np.concatenate(columns)
            self.model.add_row(-np.inf, float(batch.capacity[place]), leaving, np.ones(len(leaving)))


def _whole(values: Floats) -> list[int]:
    return [int(units) for units in np.rint(values).astype(np.int64)]
