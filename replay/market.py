"""The kinds of orders that compete for stock: what scarcity prices are solved for.

Only order types with a choice are priced: where one source alone has all that an order wants, a price on its
stock changes nothing. The region's first zip prefix stands for all of it. Daily capacity and the hour of the
day do not count here: prices look ahead over days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Self

import numpy as np

from graph.arrays import NetworkArrays
from graph.days import DAY_S
from graph.demand import OrderType
from graph.errors import BadInput
from graph.model import NEVER, OFFER_LAPSE_DAYS, UNKNOWN
from graph.option_sources import source_id
from graph.option_table import Asked, OptionTable
from graph.orders import Order, OrderLine
from inventory.events import StockKey
from inventory.ledger import Ledger
from optimizer.batch_problem import BatchProblem
from optimizer.order_types import NO_ROUTE_CENTS, OrderTypes, fits_columns
from optimizer.policy import Policy, PriceSchedule
from optimizer.prices import Demand
from optimizer.problem import OrderProblem
from optimizer.words import UNLIMITED, Bools, Ints
from replay.desk import Desk
from replay.kinds import Kinds
from replay.places import Places

_STRANGE: Final = -2
"""The code of a seller or a warehouse that the network does not know."""


@dataclass(frozen=True, slots=True, eq=False)
class Market:
    """Order types with a choice over the stock as it is now; ``names`` are (item, source) of its rows.

    ``left_out`` have a choice too, but whole ways cannot tell them (`fits_columns`: weight limits).
    """

    types: tuple[OrderType, ...]
    columns: OrderTypes
    names: tuple[tuple[str, str], ...]
    left_out: int

    @classmethod
    def of(cls, desk: Desk, types: Sequence[OrderType], at: datetime, ledger: Ledger, now: datetime) -> Self:
        """Return the market of types expected at ``at``; BadInput where the policy's orders do not fit."""
        return cls.among(desk, Kinds.of(desk.network.arrays, types), at, ledger, now)

    @classmethod
    def among(cls, desk: Desk, kinds: Kinds, at: datetime, ledger: Ledger, now: datetime) -> Self:
        """Return the same of types that were looked up before."""
        more = _more(desk.network.arrays, kinds, ledger)
        kinds = kinds.with_choice(desk.network.arrays, more)
        limits = desk.policy.limits(promised=False)
        if limits.may_split_lines or limits.price_cents:
            return cls._one_by_one(desk, kinds, at, ledger, now)
        return cls._at_once(desk, kinds, at, ledger, more)

    @classmethod
    def _one_by_one(
        cls,
        desk: Desk,
        kinds: Kinds,
        at: datetime,
        ledger: Ledger,
        now: datetime,
    ) -> Self:
        """Ask the desk about each type: it knows limits at a price, too."""
        calm = replace(desk, policy=desk.policy.at_any_hour())
        zips = [desk.network.arrays.zip_prefixes[row] for row in kinds.dest.tolist()]
        found = [
            (kind, _problem(calm, kind, zip_prefix, at, ledger, now))
            for kind, zip_prefix in zip(kinds.types, zips, strict=True)
        ]
        fit = [(kind, problem) for kind, problem in found if fits_columns(problem)]
        if found and not fit:
            raise BadInput(
                f"Policy {desk.policy.name}: prices need orders of whole lines without a soft limit on the "
                "whole. Take [prices] out of the policy, or max_parts and such soft limits."
            )
        batch = BatchProblem.of([problem for _, problem in fit])
        columns = OrderTypes.of(batch)
        cells = columns.stock_cells.tolist()
        names = tuple((batch.item_ids[item], batch.source_ids[source]) for item, source in cells)
        return cls(tuple(kind for kind, _ in fit), columns, names, len(found) - len(fit))

    @classmethod
    def _at_once(
        cls,
        desk: Desk,
        kinds: Kinds,
        at: datetime,
        ledger: Ledger,
        more: Mapping[str, Sequence[str]],
    ) -> Self:
        """Lay out all types as arrays; what comes out is what the desk would say of each."""
        arrays, policy = desk.network.arrays, desk.policy
        light = [row for row, kind in enumerate(kinds.types) if _is_light(arrays, kind)]
        fit = kinds.take(np.array(light, np.int64))
        asked = _asked(arrays, fit, more)
        at_s = int(at.timestamp())
        days = desk.network.meta.parameters.get("offer_lapse_days", OFFER_LAPSE_DAYS)
        assert isinstance(days, int)
        table = OptionTable.of(desk.network, asked, at_s, at_s - days * DAY_S)
        columns, cells = _columns(arrays, policy, asked, table)
        names = _names(arrays, cells)
        keys = [StockKey.of_source(*name) for name in names]
        found = ledger.available(sorted(keys))
        stock = np.array([min(max(found[key], 0), UNLIMITED) for key in keys], np.int64)
        return cls(fit.types, columns.with_stock(stock), names, len(kinds) - len(fit))

    def demand(self, schedule: PriceSchedule) -> Demand:
        """Return what is to come over the horizon."""
        rate = np.array([kind.mean_per_day for kind in self.types])
        return Demand.over(schedule.horizon_days, rate, np.array([kind.var_per_day for kind in self.types]))


def _more(arrays: NetworkArrays, kinds: Kinds, ledger: Ledger) -> dict[str, Sequence[str]]:
    """Return, by product, the sources that have units of it and no offer in the network."""
    products = np.unique(kinds.product[kinds.product != UNKNOWN])
    ids = arrays.product_ids
    units = ledger.units([ids[row] for row in products.tolist()])
    keys = [key for key, lying in units.items() if lying.current > 0]
    places: dict[str, list[str]] = {}
    for row in np.flatnonzero(~_are_offered(arrays, keys)).tolist():
        places.setdefault(keys[row].product_id, []).append(keys[row].source_id)
    found: dict[str, Sequence[str]] = {}
    for product_id, names in sorted(places.items()):
        order = Order("order type", arrays.zip_prefixes[0], (OrderLine("1", product_id, 1),))
        known = Places.among(arrays, order, {product_id: sorted(names)})
        if located := known.more.get("1"):
            found[product_id] = located
    return found


def _are_offered(arrays: NetworkArrays, keys: Sequence[StockKey]) -> Bools:
    """Say which places (keys,) are sources that the network knows to offer their product."""
    table = arrays.product_sources
    sellers, warehouses = len(arrays.seller_ids), len(arrays.warehouse_ids)
    known = np.repeat(np.arange(len(table.index)), np.diff(table.index.pointers))
    offered = table.last_sold_s[table.index.rows] != NEVER
    rows = table.index.rows[offered]

    def codes(product: Ints, seller: Ints, warehouse: Ints) -> Ints:
        return (product * sellers + seller) * (warehouses + 1) + warehouse + 1

    told = codes(known[offered], table.seller[rows].astype(np.int64), table.warehouse[rows].astype(np.int64))
    place = np.array([_row(arrays, key) for key in keys], np.int64).reshape(-1, 3)
    return np.asarray((place != _STRANGE).all(axis=1) & np.isin(codes(*place.T), told))


def _row(arrays: NetworkArrays, key: StockKey) -> tuple[int, int, int]:
    """Return the codes of (product, seller, warehouse); the warehouse is UNKNOWN where the seller ships."""
    product_id, seller_id, location_id = key
    own = location_id == seller_id
    warehouse = UNKNOWN if own else arrays.warehouse_rows.get(location_id, _STRANGE)
    return arrays.product_rows[product_id], arrays.seller_rows.get(seller_id, _STRANGE), warehouse


def _source(arrays: NetworkArrays, warehouse: int, seller: int) -> str:
    own = warehouse == UNKNOWN
    return source_id(("" if own else arrays.warehouse_ids[warehouse], arrays.seller_ids[seller]))


def _is_light(arrays: NetworkArrays, kind: OrderType) -> bool:
    """Say whether no weight limit could be reached by several lines together."""
    if len(kind.lines) == 1:
        return True
    weights = [
        np.ceil(np.nan_to_num(arrays.product_parcel(arrays.product_rows[name]).weight_g)) * units
        for name, units in kind.lines
    ]
    return bool(sum(weights) <= np.minimum(arrays.carrier_max_weight_g, UNLIMITED).min(initial=UNLIMITED))


def _asked(arrays: NetworkArrays, kinds: Kinds, more: Mapping[str, Sequence[str]]) -> Asked:
    extra = []
    for product_id, names in more.items():
        for line in np.flatnonzero(kinds.product == arrays.product_rows[product_id]).tolist():
            for name in names:
                _, seller, warehouse = _row(arrays, StockKey.of_source(product_id, name))
                extra.append((line, warehouse, seller))
    return Asked(kinds.type_of_line, kinds.product, kinds.units, kinds.dest, tuple(sorted(extra)))


def _columns(
    arrays: NetworkArrays, policy: Policy, asked: Asked, table: OptionTable
) -> tuple[OrderTypes, Ints]:
    """Return the types over stock yet unknown, and (product, warehouse, seller) of each of its rows."""
    orders, lines, costs = len(asked.dest), len(asked.order), policy.costs
    sizes = np.bincount(table.order, minlength=orders)
    start = np.concatenate([[0], np.cumsum(sizes)])
    width = int(sizes.max(initial=0)) + 1
    column = np.arange(len(table.order)) - start[table.order]
    fixed = np.full((orders, width), NO_ROUTE_CENTS)
    once = sum(costs.package_terms(len(column)).values(), table.package_freight)
    fixed[table.order, column] = once
    fixed[:, -1] = costs.unfilled_fixed_cents
    each_line = sum(costs.part_terms(table.mean_days, np.ones(len(column)), 1).values())
    line, route, quantity = table.line, table.route, asked.quantity[table.line]
    carrier = table.carrier[route]
    weight, side = (np.nan_to_num(values)[line] for values in (table.weight_g, table.side_cm))
    goes = (
        ~table.lapsed
        & (np.ceil(weight) * quantity <= np.minimum(arrays.carrier_max_weight_g, UNLIMITED)[carrier])
        & (side <= arrays.carrier_max_side_cm[carrier])
    )
    line, route, quantity = line[goes], route[goes], quantity[goes]
    cost = np.full((lines, width), np.inf)
    cost[line, column[route]] = np.asarray(each_line)[0][route] + table.unit_freight[goes] * quantity
    cost[:, -1] = costs.unfilled_cents_per_unit * asked.quantity
    cell = np.stack([asked.product[line], table.warehouse[route], table.seller[route]], axis=1)
    cells, of_pair = np.unique(cell, axis=0, return_inverse=True)
    row = np.full(cost.shape, len(cells), np.int64)
    row[line, column[route]] = of_pair.ravel()
    columns = OrderTypes(
        first=np.concatenate([[0], np.cumsum(np.bincount(asked.order, minlength=orders))]).astype(np.int64),
        cost=cost,
        fixed=fixed,
        row=row,
        quantity=asked.quantity,
        gate=np.zeros(fixed.shape, np.int64),
        max_packages=np.full(orders, policy.limits(promised=False).max_packages, np.int64),
        stock=np.zeros(len(cells), np.int64),
        capacity=np.zeros(0, np.int64),
        stock_cells=cells,
        must_serve=np.zeros(lines, bool),
    )
    return columns, cells


def _names(arrays: NetworkArrays, cells: Ints) -> tuple[tuple[str, str], ...]:
    ids = arrays.product_ids
    return tuple(
        (ids[item], _source(arrays, warehouse, seller)) for item, warehouse, seller in cells.tolist()
    )


def _problem(
    desk: Desk, kind: OrderType, zip_prefix: str, at: datetime, ledger: Ledger, now: datetime
) -> OrderProblem:
    lines = tuple(
        OrderLine(str(row), product_id, units) for row, (product_id, units) in enumerate(kind.lines, 1)
    )
    problem = desk.case(Order("order type", zip_prefix, lines), at, ledger, now=now).problem
    return replace(problem, capacity=np.full(len(problem.capacity), UNLIMITED))
