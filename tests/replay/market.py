"""One small market for the desk: two sellers beside the customer, one far away, two carriers with a tariff.

Without any limit line ``l0`` goes from seller ``s00`` and line ``l1`` from ``s01``, both by the cheap carrier
``c0``. ``s02`` has all products, but is far; carrier ``c1`` costs a little more and takes everything any day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from graph import Network
from graph.orders import Order, OrderLine
from inventory.events import EventType, StockEvent, StockKey
from inventory.memory import MemoryHome
from optimizer.policy import Policy, policy_of
from replay.decision import Decision
from replay.desk import Case, Desk
from tests.graph.make import AS_OF, World, network, tables

LOCAL = ZoneInfo("America/Sao_Paulo")
FRIDAY = datetime(2018, 5, 4, 12, tzinfo=LOCAL)
WORLD = World(products=2, sellers=3, warehouses=1, carriers=2)
CUSTOMER, FAR = 1, 3
CHEAP, SURE = "c0", "c1"
OFFERS = (("p00", "s00"), ("p00", "s02"), ("p01", "s01"), ("p01", "s02"))
LATE, SATURDAY = FRIDAY + timedelta(hours=4), FRIDAY + timedelta(days=1)
NEAR, REMOTE = ("seller:s00", CHEAP), ("seller:s02", CHEAP)
HARD = {"cut_off": "hard", "pickup_day": "hard"}
FREE = {"l0": {("seller:s00", CHEAP)}, "l1": {("seller:s01", CHEAP)}}


@dataclass(frozen=True)
class Setting:
    """What differs from the market where nothing is limited.

    ``carrier``: columns of the cheap carrier, or of ``both``; ``limits``, ``costs`` and ``soft``: tables of
    the policy; ``lines``: fields of order lines; ``stock``: units by (product, source), plenty where not
    named; ``packages``: packages a day by location.
    """

    carrier: Mapping[str, Any] = field(default_factory=dict)
    both: bool = False
    limits: Mapping[str, Any] = field(default_factory=dict)
    costs: Mapping[str, int] = field(default_factory=dict)
    soft: Mapping[str, int] = field(default_factory=dict)
    order: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    stock: Mapping[tuple[str, str], int] = field(default_factory=dict)
    packages: Mapping[str, int] = field(default_factory=dict)
    at: datetime = FRIDAY

    def at_price(self, constraint: str, cents: int) -> Setting:
        """Return the same with a constraint at a price."""
        return replace(self, soft={**self.soft, constraint: cents})

    @property
    def policy(self) -> Policy:
        """The policy: by the least cost."""
        named = {"name": "mine", "version": "1", "kind": "cost"}
        return policy_of({**named, "limits": self.limits, "costs": self.costs, "soft": self.soft})

    @property
    def desk(self) -> Desk:
        """The desk of the market."""
        return Desk(market(tuple(sorted(self.carrier.items())), self.both), self.policy)

    def question(self, order_id: str = "o1") -> Order:
        """Return the order, one unit a line unless told otherwise."""
        lines = [
            OrderLine(**{"line_id": name, "product_id": product, "quantity": 1, **self.lines.get(name, {})})
            for name, product in (("l0", "p00"), ("l1", "p01"))
        ]
        zips = market().arrays.zip_prefixes
        return Order(order_id, zips[CUSTOMER], tuple(lines), **self.order)

    def shelves(self) -> MemoryHome:
        """Return a ledger with the stock and the limits of the places."""
        home = MemoryHome()
        plenty = {(product, f"seller:{seller}"): 50 for product, seller in OFFERS}
        with home.unit() as unit:
            unit.ledger.append(
                [
                    received(product, source, units)
                    for (product, source), units in {**plenty, **self.stock}.items()
                    if units
                ]
            )
            unit.ledger.limit_packages(self.packages)
        return home

    def case(self, home: MemoryHome | None = None) -> Case:
        """Return the order ready to be decided."""
        with (home or self.shelves()).reading() as unit:
            return self.desk.case(self.question(), self.at, unit.ledger)

    def decide(self) -> Decision:
        """Decide the order; nothing is held."""
        return self.desk.decide(self.case())


def received(product: str, source: str, units: int) -> StockEvent:
    """Return the receipt of units at a source."""
    key = StockKey.of_source(product, source)
    return StockEvent(f"{product} {source}", key, EventType.RECEIVED, units, AS_OF)


@cache
def market(carrier: tuple[tuple[str, Any], ...] = (), both: bool = False) -> Network:
    """Return the market's network, some columns of its cheap carrier, or of both, changed."""
    made = tables(0, WORLD)
    zips = made["zip_prefixes"]["zip_prefix"].to_list()
    sellers = made["sellers"].with_columns(zip_prefix=pl.Series([zips[CUSTOMER], zips[CUSTOMER], zips[FAR]]))
    products = made["products"].with_columns(weight_g=pl.lit(1_000.0), longest_side_cm=pl.lit(30.0))
    warehouses = made["warehouses"].with_columns(zip_prefix=pl.lit(zips[CUSTOMER]))
    offers = made["offers"].clear()
    offers = pl.DataFrame(
        [(product, seller, 9_000, 3, AS_OF) for product, seller in OFFERS], offers.schema, orient="row"
    )
    carriers = made["carriers"].with_columns(
        base_cents=pl.Series([100.0, 150.0]),
        cents_per_kg=pl.lit(1.0),
        cents_per_km=pl.lit(10.0),
        max_weight_g=pl.lit(None, pl.Float64),
        max_side_cm=pl.lit(None, pl.Float64),
        cut_off_hour=pl.lit(None, pl.Int64),
        pickup_weekdays=pl.lit(None, pl.String),
    )
    changed = (pl.col("carrier_id") == CHEAP) | pl.lit(both)
    carriers = carriers.with_columns(
        pl.when(changed).then(pl.lit(value)).otherwise(pl.col(name)).cast(carriers.schema[name]).alias(name)
        for name, value in carrier
    )
    frames = {"sellers": sellers, "products": products, "warehouses": warehouses, "offers": offers}
    return network(0, WORLD, **frames, carriers=carriers, stocks=made["stocks"].clear())


def routes(decision: Decision) -> dict[str, set[tuple[str, str] | None]]:
    """Return how each line goes; None stands for units that nobody serves."""
    found: dict[str, set[tuple[str, str] | None]] = {}
    for line, route, _ in decision.choice.assignment.parts:
        named = decision.problem.route_id(route) if route >= 0 else None
        found.setdefault(decision.problem.line_ids[line], set()).add(named)
    return found


def reasons(decision: Decision, line_id: str, route: tuple[str, str]) -> dict[str, tuple[float, float]]:
    """Return why a route cannot serve a line: needed and available by reason."""
    told = next(line for line in decision.to_dict()["lines"] if line["line_id"] == line_id)
    return {
        reason["code"]: (reason["needed"], reason["available"])
        for found in told["rejected"]
        if (found["source_id"], found["carrier_id"]) == route
        for reason in found["reasons"]
    }
