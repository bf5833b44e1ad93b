"""Many orders in the kernel's reduced form, tied to the stock they share: what prices are made of and act on.

The same arrays serve the method LP (whose pricing problem is the kernel), the column generation of a batch,
and the quick run of a stream of orders that judges prices against greedy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self

import numba  # type: ignore[import-not-found,import-untyped,unused-ignore]
import numpy as np

from graph.errors import BadInput
from optimizer.batch_problem import BatchProblem
from optimizer.kernel import solve_many, solve_one
from optimizer.problem import OrderProblem
from optimizer.words import MUST_SERVE, UNLIMITED, Bools, Constraint, Floats, Ints

_compiled: Callable[[Callable[..., Any]], Callable[..., Any]] = numba.njit(cache=True)

NO_ROUTE_CENTS: Final = 1e15
"""The package cost of a column that only fills up the table: no answer ever contains it."""

NO_ORDER: Final = -1
"""A period of a stream in which nobody orders."""


def fits_columns(problem: OrderProblem) -> bool:
    """Say whether an order can be told by whole ways, each line by itself.

    That is: whole lines of different items, no groups, no tariff in steps, no weight limit that several
    lines could reach together, no soft limit on the whole.
    """
    limits = problem.limits
    together = (problem.weight_g * problem.quantity).sum() > problem.max_weight_g
    several = problem.lines > 1
    soft = {Constraint.ORDER_SPLIT, Constraint.CAPACITY, Constraint.STOCK, Constraint.WEIGHT}
    return not (
        limits.may_split_lines
        or problem.together
        or len(set(problem.item.tolist())) < problem.lines
        or any(tariff is not None for tariff in problem.tariffs)
        or (several and together.any())
        or soft & set(limits.price_cents)
    )


@dataclass(frozen=True, slots=True)
class Way:
    """One way to fill a type: ``route`` is the column of ``OrderTypes`` that each of its lines takes."""

    type: int
    route: tuple[int, ...]
    cost: float


@dataclass(frozen=True, slots=True, eq=False)
class OrderTypes:
    """N orders or order types with M lines in all, C columns: their routes, then *unfilled* as the last.

    ``first`` (N + 1,) where the lines of each begin; ``cost`` (M, C) of a whole line, inf where it may not
    go; ``fixed`` (N, C) of a package; ``row`` (M, C) the stock it draws on, the last row where none;
    ``quantity`` (M,); ``gate`` (N, C) the place that a package leaves from, the last where none;
    ``max_packages`` (N,). ``stock`` (rows,) and ``capacity`` (places,) are what is shared; unfilled lines of
    types that must be served cost ``lost_cents`` instead.
    """

    first: Ints
    cost: Floats
    fixed: Floats
    row: Ints
    quantity: Ints
    gate: Ints
    max_packages: Ints
    stock: Ints
    capacity: Ints
    stock_cells: Ints  # (rows, 2) item and source of the batch
    must_serve: Bools  # (M,) the line may not stay unserved

    @classmethod
    def of(cls, batch: BatchProblem) -> Self:
        """Take a batch apart; every order must be plain, else BadInput names those that are not."""
        if odd := [order.order_id for order in batch.orders if not fits_columns(order)]:
            raise BadInput(f"Not in the kernel's reduced form: orders {', '.join(odd[:10])}.")
        columns = max((order.routes for order in batch.orders), default=0) + 1
        first = np.concatenate([[0], np.cumsum([order.lines for order in batch.orders])]).astype(np.int64)
        cost = np.full((first[-1], columns), np.inf)
        fixed = np.full((len(batch.orders), columns), NO_ROUTE_CENTS)
        cell = np.full((first[-1], columns), -1, np.int64)
        gate = np.full(fixed.shape, len(batch.capacity), np.int64)
        must_serve = np.zeros(first[-1], bool)
        for n, order in enumerate(batch.orders):
            lines, routes = slice(first[n], first[n + 1]), order.routes
            cost[lines, :routes] = np.where(order.admissible, order.line_cents, np.inf)
            fixed[n, :routes] = order.package_cents
            source = batch.source[n][order.source]
            cell[lines, :routes] = batch.item[n][order.item][:, None] * len(batch.source_ids) + source
            gate[n, :routes] = batch.place[n][order.place[order.source]]
            cost[lines, -1], must_serve[lines] = _unfilled(order)
            fixed[n, -1] = order.unfilled_fixed_cents
        cells, row = np.unique(cell, return_inverse=True)
        row = row.reshape(cell.shape)
        if len(cells) and cells[0] < 0:  # "draws on nothing" goes to the end
            cells, row = cells[1:], np.where(row == 0, len(cells) - 1, row - 1)
        pairs = np.stack(np.divmod(cells, max(len(batch.source_ids), 1)), axis=1)
        return cls(
            first,
            cost,
            fixed,
            row.astype(np.int64),
            _of_lines(batch.orders, "quantity"),
            gate,
            np.array([order.limits.max_packages for order in batch.orders], dtype=np.int64),
            batch.stock[pairs[:, 0], pairs[:, 1]],
            batch.capacity,
            pairs,
            must_serve,
        )

    @property
    def count(self) -> int:
        """N."""
        return len(self.fixed)

    @property
    def type_of_line(self) -> Ints:
        """The type that each line belongs to, (M,)."""
        return np.repeat(np.arange(self.count), np.diff(self.first))

    def with_stock(self, stock: Ints) -> Self:
        """Return the same types over other stock (rows,)."""
        return replace(self, stock=stock)

    def way(self, n: int, route: tuple[int, ...]) -> Way:
        """Return a way with its cost."""
        # Number by number: a way has one line or two, for which an array operation is long.
        start, cost, fixed = self.first.item(n), self.cost.item, self.fixed.item
        paid: float = sum(cost(line, c) for line, c in enumerate(route, start))
        return Way(n, route, paid + sum(fixed(n, c) for c in sorted(set(route))))

    def use(self, way: Way) -> tuple[Ints, Ints, Ints]:
        """Return each line's stock row in a way, the place of each package, and each line's units."""
        lines, columns = slice(self.first[way.type], self.first[way.type + 1]), list(way.route)
        rows = self.row[lines][np.arange(len(columns)), columns]
        return rows, self.gate[way.type, sorted(set(columns))], self.quantity[lines]

    def lines_of(self, chosen: Ints) -> Ints:
        """Return the lines of some types, in their order."""
        sizes = np.diff(self.first)[chosen]
        within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return np.asarray(np.repeat(self.first[chosen], sizes) + within)

    def rows_of(self, chosen: Ints) -> Ints:
        """Return the stock rows that some types can draw on, rising."""
        kept = np.unique(self.row[self.lines_of(chosen)])
        return np.asarray(kept[kept < len(self.stock)])

    def subset(self, chosen: Ints, stock: Ints, capacity: Ints) -> Self:
        """Return some of the types over other stock and capacity, with only the rows that they can use."""
        lines = self.lines_of(chosen)
        kept, row = np.unique(self.row[lines], return_inverse=True)
        kept = kept[kept < len(self.stock)]
        sizes = np.diff(self.first)[chosen]
        return replace(
            self,
            first=np.concatenate([[0], np.cumsum(sizes)]),
            cost=self.cost[lines],
            fixed=self.fixed[chosen],
            row=row.reshape(self.row[lines].shape),
            quantity=self.quantity[lines],
            gate=self.gate[chosen],
            max_packages=self.max_packages[chosen],
            stock=stock[kept],
            capacity=capacity[: len(self.capacity)],
            stock_cells=self.stock_cells[kept],
            must_serve=self.must_serve[lines],
        )

    def cheapest(
        self, price: Floats, gate_price: Floats | None = None, *, whole: bool = True
    ) -> tuple[Floats, Ints, Floats]:
        """Return (total, column of each line, proven bound) of the best way to fill each type.

        A unit of stock costs ``price`` (rows,) on top, a package from a place ``gate_price`` (places,). A way
        that needs more than there is in stock is none; where not ``whole``, only one that finds nothing is.
        """
        dear, fixed = self._priced(price, gate_price, whole=whole)
        total, route, bound = solve_many(dear, self.first, fixed, self.max_packages, True)
        return total, route, bound

    def ways_up_to(self, most: Floats, price: Floats, gate_price: Floats, limit: int) -> list[Way] | None:
        """Return every way whose priced cost is at most ``most`` (types,); None if over ``limit``."""
        dear, fixed = self._priced(price, gate_price, whole=True)
        found: list[Way] = []
        for n in range(self.count):
            lines = slice(self.first[n], self.first[n + 1])
            room = limit - len(found)
            routes = _ways_up_to(dear[lines], fixed[n], self.max_packages[n], most[n], room)
            if len(routes) > room:
                return None
            found += [self.way(n, tuple(route)) for route in routes.tolist()]
        return found

    def _priced(self, price: Floats, gate_price: Floats | None, *, whole: bool) -> tuple[Floats, Floats]:
        needed = self.quantity[:, None] if whole else 1
        enough = np.append(self.stock, UNLIMITED)[self.row] >= needed
        dear = np.where(enough, self.cost + self.quantity[:, None] * np.append(price, 0.0)[self.row], np.inf)
        if gate_price is None:
            return dear, self.fixed
        open_gate = np.append(self.capacity, UNLIMITED)[self.gate] > 0
        return dear, np.where(open_gate, self.fixed + np.append(gate_price, 0.0)[self.gate], NO_ROUTE_CENTS)


def fulfil(types: OrderTypes, stream: Ints, stock: Ints, price: Floats) -> tuple[Floats, Ints]:
    """Decide a stream of orders one by one with live stock, each exactly under the prices of stock.

    ``stream`` names types (NO_ORDER: none), ``stock`` and ``price`` are (rows,); prices of 0 are exact
    greedy. Returns the cost of each order without the prices, and the stock that is left.
    """
    left = np.append(stock, UNLIMITED)
    cost = _fulfil(
        (types.first, types.cost, types.fixed, types.row, types.quantity, types.max_packages),
        stream,
        left,
        np.append(price, 0.0),
    )
    return cost, left[:-1]


@_compiled
def _fulfil(types: tuple[Any, ...], stream: Ints, left: Ints, price: Floats) -> Floats:
    first, cost, fixed, row, quantity, max_packages = types
    paid = np.zeros(len(stream))
    columns = cost.shape[1]
    most = int((first[1:] - first[:-1]).max())
    dear = np.empty((most, columns))
    used = np.empty(columns, np.bool_)
    for period in range(len(stream)):
        n = stream[period]
        if n < 0:
            continue
        start, lines = first[n], first[n + 1] - first[n]
        for line in range(lines):
            units = quantity[start + line]
            for c in range(columns):
                draws = row[start + line, c]
                dear[line, c] = np.inf
                if left[draws] >= units:
                    dear[line, c] = cost[start + line, c] + units * price[draws]
        _, route, _ = solve_one(dear[:lines], fixed[n], max_packages[n], True)
        used[:] = False
        for line in range(lines):
            c = route[line]
            left[row[start + line, c]] -= quantity[start + line]
            paid[period] += cost[start + line, c]
            if not used[c]:
                used[c] = True
                paid[period] += fixed[n, c]
    return paid


@_compiled
def _ways_up_to(cost: Floats, fixed: Floats, max_packages: int, most: float, limit: int) -> Ints:
    """Return the column of every line for each way that costs at most ``most``; over ``limit`` it stops.

    Depth first over the lines; ``rest[l]`` is the least that the lines from l on can add.
    """
    lines, columns = cost.shape
    found = np.empty((min(limit + 1, 1_000_000), lines), np.int64)
    rest = np.zeros(lines + 1)
    for line in range(lines - 1, -1, -1):
        rest[line] = rest[line + 1] + cost[line].min()
    carried, paid = np.zeros(columns, np.int64), np.zeros(lines + 1)
    column = np.full(lines, -1, np.int64)
    count, packages, line = 0, 0, 0
    while line >= 0:
        c = column[line]
        if c >= 0:
            carried[c] -= 1
            packages -= 1 if c < columns - 1 and carried[c] == 0 else 0
        c += 1
        column[line] = c
        if c == columns:
            column[line] = -1
            line -= 1
            continue
        new = carried[c] == 0
        paid[line + 1] = paid[line] + cost[line, c] + (fixed[c] if new else 0.0)
        carried[c] += 1
        packages += 1 if c < columns - 1 and new else 0
        if packages > max_packages or paid[line + 1] + rest[line + 1] > most:
            continue
        if line < lines - 1:
            line += 1
            continue
        found[count] = column
        count += 1
        if count == len(found):
            break
    return found[:count]


def _unfilled(order: OrderProblem) -> tuple[Floats, Bools]:
    """Return what each line costs unserved; where it must be served, more than any way to serve the order."""
    must = order.unfilled_cents == MUST_SERVE
    dearest = np.where(order.admissible, order.line_cents, 0).max(axis=1, initial=0)
    lost = 2.0 * (dearest.sum() + order.package_cents.max(initial=0) * order.lines + 100)
    whole = order.unfilled_cents * order.quantity
    return np.where(must, lost, whole).astype(np.float64), must


def _of_lines(orders: Sequence[OrderProblem], name: str) -> Ints:
    return np.concatenate([getattr(order, name) for order in orders]) if orders else np.zeros(0, np.int64)
