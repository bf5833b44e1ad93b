"""Scarcity prices: what a unit of stock is worth to the orders still to come, and whether to believe it.

Prices are the method LP's duals on remaining stock and expected demand, averaged over sampled futures: one
future's duals jump between the corners of a degenerate program. Of the futures averaged a quarter is drawn
anew at each solve, the others are those of the solves before, so that prices are refreshed often for little.

Prices are wrong until checked. Over a window of past orders the priced policy and exact greedy are both run
from the same stock; each is charged what it spent plus what the orders still to come would cost with the
stock that it left (the method LP again: greedy spends less at first, and leaves the wrong stock). Where
prices lose, they count as 0 until they win again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from hashlib import sha256
from typing import Final, Self

import numpy as np

from optimizer.method_lp import MethodLP
from optimizer.order_types import OrderTypes, fulfil
from optimizer.policy import PriceSchedule
from optimizer.words import UNLIMITED, Bools, Floats, Ints

FUTURE_TOLERANCE: Final = 1e-4
"""Relative gap at which a future's program is good enough: an average needs no more."""

MOST_PRICE_CENTS: Final = 10**8
"""A price above it (a unit that nothing can replace) is cut off."""


class Trigger(StrEnum):
    """Why prices are solved again."""

    FIRST = "first"
    HOURS = "hours"
    ORDERS = "orders"
    STOCK_OUT = "stock_out"


@dataclass(frozen=True, slots=True)
class SinceSolve:
    """What has happened since prices were last solved."""

    hours: float
    orders: int
    stock_outs: int


def is_due(schedule: PriceSchedule, since: SinceSolve | None) -> Trigger | None:
    """Return why prices are due, or None; ``since`` None: they have never been solved."""
    if since is None:
        return Trigger.FIRST
    if since.stock_outs:
        return Trigger.STOCK_OUT
    if since.orders >= schedule.resolve_after_orders:
        return Trigger.ORDERS
    return Trigger.HOURS if since.hours >= schedule.resolve_every_hours else None


@dataclass(frozen=True, slots=True, eq=False)
class Demand:
    """Orders of each type still to come over the horizon: mean and variance, (types,) each."""

    mean: Floats
    var: Floats

    @classmethod
    def over(cls, days: float, rate: Floats, rate_var: Floats) -> Self:
        """Return the demand of so many days at rates known up to a variance (gamma-Poisson)."""
        return cls(rate * days, rate * days + rate_var * days**2)

    def sample(self, rng: np.random.Generator) -> Floats:
        """Draw one future: Poisson, or negative binomial where the variance is larger than the mean."""
        more = np.maximum(self.var - self.mean, 0.0)
        rate = self.mean.copy()
        wide = (more > 1e-12) & (self.mean > 0)
        rate[wide] = rng.gamma(self.mean[wide] ** 2 / more[wide], more[wide] / self.mean[wide])
        return rng.poisson(rate).astype(np.float64)


@dataclass(frozen=True, slots=True)
class Shadow:
    """The window's verdict: spent plus cost to come, in cents, with prices and by exact greedy."""

    orders: int
    priced_cents: float
    greedy_cents: float

    @property
    def believed(self) -> bool:
        """Whether prices did not lose."""
        return self.priced_cents <= self.greedy_cents * (1 + 1e-9)


@dataclass(frozen=True, slots=True, eq=False)
class Contest:
    """Which types could use up a stock: all others go their cheapest way, and have no part in any price.

    Items that are ordered together are of one ``group`` (lines,): a shortage of one moves the others.
    """

    columns: OrderTypes
    item: Ints  # (lines,) the item of each line, the last one more than there are for those without stock
    group: Ints  # (items + 1,)

    @classmethod
    def of(cls, columns: OrderTypes) -> Self:
        """Find the groups."""
        items = int(columns.stock_cells[:, 0].max(initial=-1)) + 1
        of_row = np.append(columns.stock_cells[:, 0], items)
        item = of_row[columns.row.min(axis=1, initial=len(columns.stock))]
        group, kind = np.arange(items + 1), columns.type_of_line
        while len(item):
            least = np.minimum.reduceat(group[item], columns.first[:-1])
            joined = group.copy()
            np.minimum.at(joined, item, least[kind])
            if np.array_equal(joined, group):
                break
            group = joined
        return cls(columns, item, group)

    def types(self, future: Floats, stock: Ints) -> Bools:
        """Return the types that are wanted in a future and whose groups lack something in it, (types,)."""
        columns, wanted = self.columns, future > 0
        if (columns.capacity < UNLIMITED).any():
            return wanted
        kind = columns.type_of_line
        units = np.bincount(self.item, future[kind] * columns.quantity, minlength=len(self.group))
        item = columns.stock_cells[:, 0]
        short = np.zeros(len(self.group), np.bool_)
        short[self.group[item[(stock > 0) & (stock <= units[item])]]] = True
        contested = np.zeros(columns.count, np.bool_)
        contested[kind[short[self.group[self.item]]]] = True
        return contested & wanted


class Pricer:
    """Keeps the prices of one set of order types: ``price`` (rows,) is in force, 0 where not believed."""

    def __init__(self, types: OrderTypes, schedule: PriceSchedule, seed: int) -> None:
        self.types, self.schedule = types, schedule
        self.shadow: Shadow | None = None
        self._rng = np.random.default_rng(seed)
        self._contest = Contest.of(types)
        self._futures: list[Floats] = []
        self._window: list[Ints] = []
        self._opening: tuple[Ints, Floats] | None = None  # stock and prices when the window began

    @property
    def solved(self) -> Floats:
        """The prices as they were solved, (rows,), believed or not."""
        return np.asarray(np.mean(self._futures, axis=0))

    @property
    def price(self) -> Floats:
        """The prices in force, (rows,)."""
        believed = self.shadow is None or self.shadow.believed
        return self.solved if believed else np.zeros(len(self.types.stock))

    def solve(self, demand: Demand, stock: Ints) -> Floats:
        """Solve again for remaining demand and stock (rows,); return the prices in force."""
        if self._opening is not None and sum(map(len, self._window)) >= self.schedule.shadow_orders:
            self._judge(demand)
        most = self.schedule.futures
        fresh = max(1, most // 4) if self._futures else most
        for _ in range(fresh):
            found = self._prices(demand.sample(self._rng), stock)
            self._futures.append(np.minimum(found, MOST_PRICE_CENTS))
        self._futures = self._futures[-most:]
        if self._opening is None:
            self._opening = stock.copy(), self.solved
        return self.price

    def saw(self, stream: Ints) -> None:
        """Take note of the orders (types) that came since the last solve."""
        if self._opening is not None:
            self._window.append(stream[stream >= 0])

    def received(self, units: Ints) -> None:
        """Take note of stock (rows,) that came in; the window counts it as there from its beginning."""
        if self._opening is not None:
            self._opening = self._opening[0] + units, self._opening[1]

    def bound(self, demand: Floats, stock: Ints) -> float:
        """Return a proven lower bound on serving so many orders of each type from a stock, in cents."""
        return self._program.solve(demand, stock).bound

    @cached_property
    def _program(self) -> MethodLP:
        """The program over all types; what it learns of them in one solve serves the next."""
        return MethodLP(self.types)

    def _prices(self, future: Floats, stock: Ints) -> Floats:
        """Return the prices of one future, (rows,): from its contested part alone where that is small."""
        chosen = np.flatnonzero(self._contest.types(future, stock))
        if 2 * len(chosen) > self.types.count:
            return self._program.solve(future, stock, FUTURE_TOLERANCE).price
        price = np.zeros(len(stock))
        if len(chosen):
            part = self.types.subset(chosen, stock, self.types.capacity)
            rows = self.types.rows_of(chosen)
            price[rows] = MethodLP(part).solve(future[chosen], part.stock, FUTURE_TOLERANCE).price
        return price

    def _judge(self, demand: Demand) -> None:
        """Run the window both ways, and begin the next one."""
        assert self._opening is not None
        stock, price = self._opening
        stream = np.concatenate(self._window)
        totals = []
        for acting in (price, np.zeros_like(price)):
            spent, left = fulfil(self.types, stream, stock, acting)
            to_come = self._program.solve(demand.mean, left, FUTURE_TOLERANCE / 100)
            totals.append(float(spent.sum()) + to_come.value)
        self.shadow = Shadow(len(stream), *totals)
        self._window, self._opening = [], None


@dataclass(frozen=True, eq=False)
class PriceTable:
    """Prices as decisions use them: whole cents a unit of (item, source), all others 0; a plain value.

    ``version`` is the SHA-256 of all that is in it.
    """

    as_of_s: int
    cents: dict[tuple[str, str], int]
    trigger: Trigger
    shadow: Shadow | None

    @classmethod
    def of(cls, names: Sequence[tuple[str, str]], pricer: Pricer, as_of_s: int, trigger: Trigger) -> Self:
        """Return the pricer's prices in force; ``names`` are (item, source) of the rows of its types."""
        found = zip(names, np.rint(pricer.price).astype(np.int64).tolist(), strict=True)
        cents = {name: price for name, price in sorted(found) if price}
        return cls(as_of_s, cents, trigger, pricer.shadow)

    @cached_property
    def version(self) -> str:
        """Return what names these prices in a decision."""
        shadow = None
        if self.shadow is not None:
            totals = round(self.shadow.priced_cents), round(self.shadow.greedy_cents)
            shadow = [self.shadow.orders, *totals]
        told = [
            self.as_of_s,
            str(self.trigger),
            shadow,
            [[*cell, cents] for cell, cents in self.cents.items()],
        ]
        return sha256(json.dumps(told, separators=(",", ":")).encode()).hexdigest()

    def of_order(self, item_ids: tuple[str, ...], source_ids: tuple[str, ...]) -> Ints:
        """Return the price of one unit of each item at each source, (items, sources) whole cents."""
        told = [[self.cents.get((item, source), 0) for source in source_ids] for item in item_ids]
        return np.array(told, dtype=np.int64).reshape(len(item_ids), len(source_ids))
