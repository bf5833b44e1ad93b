"""Scarcity prices in a replay: solved again by the replayed clock, from what was known then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import polars as pl

from graph.orders import Order
from inventory.forecast import PURCHASES, expected_orders
from inventory.ledger import Ledger
from optimizer.policy import PriceSchedule
from optimizer.prices import Pricer, PriceTable, Shadow, SinceSolve, Trigger, is_due
from replay.desk import Desk
from replay.kinds import Kinds, contested
from replay.market import Market
from replay.moving import REFIT_DAYS
from replay.recorded import Past
from replay.shadow import SEED, Kind, judge, kind_of, stream_of

PAUSE: Final = timedelta(days=1)
"""Prices are not solved again sooner, however many places run out: in a long tail every day some do."""


class ReplayedPrices:
    """The prices of one policy over its own shelves; ``table`` is in force, None before the first solve.

    Demand and the market of order types are learned anew every ``REFIT_DAYS``, as the network's freight is;
    stock is read at each solve.
    """

    def __init__(self, schedule: PriceSchedule, demand: pl.DataFrame) -> None:
        """``demand``: all purchases (`inventory.forecast.PURCHASES`); those still to come are not read."""
        self.table: PriceTable | None = None
        self._schedule, self._demand = schedule, demand
        self._kinds: Kinds | None = None
        self._learned: datetime | None = None
        self._left: dict[tuple[str, str], int] = {}
        self._orders, self._stock_outs = 0, 0
        self._window: list[dict[str, Any]] = []
        self._seen: list[Kind | None] = []  # the kind of each order of the window
        self._shadow: Shadow | None = None

    def at(self, now: datetime, desk: Desk, ledger: Ledger) -> PriceTable | None:
        """Return the prices for an order decided at ``now``, solved again if that is due."""
        if (trigger := self._trigger(now)) is not None:
            self.table = self._solve(now, desk, ledger, trigger)
            self._orders, self._stock_outs = 0, 0
        return self.table

    def saw(self, order: Order, sent: Iterable[tuple[int, str, int]]) -> None:
        """Take note of a decided order: what was ``sent``, as (line, source_id, units)."""
        lines: list[dict[str, Any]] = [
            {"product_id": line.product_id, "quantity": line.quantity, "parts": []} for line in order.lines
        ]
        for line, source_id, units in sent:
            name = order.lines[line].product_id, source_id
            lines[line]["parts"].append({"source_id": source_id, "quantity": units})
            if name in self._left:
                self._left[name] -= units
                self._stock_outs += self._left[name] == 0
        record = {"lines": lines, "order": {"destination": {"zip_prefix": order.zip_prefix}}}
        self._window.append(record)
        self._seen.append(kind_of(record))
        self._orders += 1

    def _trigger(self, now: datetime) -> Trigger | None:
        if self.table is None:
            return Trigger.FIRST
        seconds = now.timestamp() - self.table.as_of_s
        if seconds < PAUSE.total_seconds():
            return None
        return is_due(self._schedule, SinceSolve(seconds / 3600, self._orders, self._stock_outs))

    def _solve(self, now: datetime, desk: Desk, ledger: Ledger, trigger: Trigger) -> PriceTable:
        if self._kinds is None or self._learned is None or now - self._learned >= timedelta(days=REFIT_DAYS):
            self._learned, arrays = now, desk.network.arrays
            self._kinds = Kinds.of(arrays, expected_orders(self._demand, now, contested(arrays, ledger)))
        market = Market.among(replace(desk, prices=None), self._kinds, now, ledger, now)
        self._left = dict(zip(market.names, market.columns.stock.tolist(), strict=True))
        if not market.types:
            return PriceTable(int(now.timestamp()), {}, trigger, self._shadow)
        stream = stream_of(market, self._seen)
        if len(stream) >= self._schedule.shadow_orders:
            self._shadow = judge(market, self._schedule, stream, self._window)
            self._window, self._seen = [], []
        pricer = Pricer(market.columns, self._schedule, SEED)
        pricer.shadow = self._shadow
        pricer.solve(market.demand(self._schedule), market.columns.stock)
        return PriceTable.of(market.names, pricer, int(now.timestamp()), trigger)


def purchases_of(past: Past) -> pl.DataFrame:
    """Return all purchases as the forecast reads them."""
    categories: Mapping[str, Any] = {"product_id": pl.String, "category": pl.String}
    products = past.tables["products"].select(pl.col(name).cast(kind) for name, kind in categories.items())
    return (
        past.lines.group_by("order_id", "purchased_s", "product_id", "zip_prefix")
        .agg(units=pl.col("quantity").sum())
        .with_columns(region=pl.col("zip_prefix").str.slice(0, 3))
        .join(products, on="product_id", how="left")
        .select(PURCHASES)
        .sort("purchased_s", "order_id", "product_id")
    )
