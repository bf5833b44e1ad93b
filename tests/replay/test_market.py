"""The market of order types: laid out at once it is what the desk says of each type, one by one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from api import policies
from graph import Network
from graph.demand import OrderType
from graph.errors import BadInput
from graph.stores.files import snapshot_folder
from inventory.events import EventType, StockEvent, StockKey
from inventory.forecast import estimate, purchases
from inventory.memory import MemoryHome
from inventory.opening import OpeningRule, opening
from optimizer.words import Constraint
from replay.desk import Desk
from replay.market import Market


@pytest.fixture(scope="module")
def network(small_snapshot: Path) -> Network:
    return Network.open(small_snapshot)


@pytest.fixture(scope="module")
def kinds(network: Network, small_snapshot: Path) -> list[OrderType]:
    """Return the expected order types, and baskets of two and three products."""
    folder = snapshot_folder(small_snapshot)
    products = pl.read_parquet(folder / "network" / "products.parquet")
    known = purchases(pl.read_parquet(folder / "events.parquet"), products)
    found = list(estimate(known, network.meta.as_of).order_types)
    sources, names = network.arrays.product_sources, network.arrays.product_ids
    best = sorted(names, key=lambda name: (-len(sources.index.of(names.index(name))), name))[:12]
    baskets = [
        OrderType(tuple((name, 1 + row) for row, name in enumerate(best[at : at + size])), region, 0.1, 0.0)
        for size, region in ((2, found[0].region), (3, found[-1].region))
        for at in range(0, 12, size)
    ]
    return [*found[:300], *baskets]


@pytest.fixture
def home(network: Network, small_snapshot: Path) -> MemoryHome:
    """Return shelves as they are made up, and one with a product that nobody knew it to have."""
    demand = pl.read_parquet(snapshot_folder(small_snapshot) / "demand.parquet")
    made, at = MemoryHome(), network.meta.as_of
    offers = network.tables["offers"]
    product, other = offers["product_id"][0], offers["seller_id"].unique().sort()[-1]
    surprise = StockEvent("new", StockKey(product, other, other), EventType.RECEIVED, 3, at)
    with made.unit() as unit:
        unit.ledger.append([*opening(demand, at, OpeningRule()).events, surprise])
    return made


Way = tuple[float, float, tuple[str, str] | None, int | None]


def ways(market: Market) -> list[list[list[Way]]]:
    """Return, by type and line, (cost, package, row's name, its stock) of each column that has enough."""
    columns, found = market.columns, []
    for n in range(columns.count):
        lines = []
        for line in range(columns.first[n], columns.first[n + 1]):
            told: list[Way] = []
            for c in np.flatnonzero(np.isfinite(columns.cost[line])).tolist():
                row = int(columns.row[line, c])
                known = row < len(market.names)
                stock = int(columns.stock[row]) if known else None
                if stock is None or stock >= columns.quantity[line]:
                    name = market.names[row] if known else None
                    told.append((float(columns.cost[line, c]), float(columns.fixed[n, c]), name, stock))
            lines.append(told)
        found.append(lines)
    return found


def market_of(network: Network, kinds: list[OrderType], home: MemoryHome, desk: Desk) -> Market:
    with home.unit() as unit:
        return Market.of(desk, kinds, network.meta.as_of, unit.ledger, network.meta.as_of)


def test_at_once_is_one_by_one(network: Network, kinds: list[OrderType], home: MemoryHome) -> None:
    policy = policies.load("priced")
    at_once = market_of(network, kinds, home, Desk(network, policy))
    soft = replace(policy, soft={Constraint.PROMISE: 0})  # changes nothing, but asks for each type by itself
    one_by_one = market_of(network, kinds, home, Desk(network, soft))
    assert len(at_once.types) > 100
    assert at_once.types == one_by_one.types
    assert ways(at_once) == ways(one_by_one)
    assert at_once.left_out == one_by_one.left_out
    known = network.tables["offers"].select("product_id", "seller_id").rows()
    unknown = {(item, f"seller:{seller}") for item, seller in known} ^ set(at_once.names)
    assert any(name in at_once.names for name in unknown)  # the shelf that the network does not know


def test_only_types_with_a_choice_count(network: Network, home: MemoryHome, kinds: list[OrderType]) -> None:
    found = market_of(network, kinds, home, Desk(network, policies.load("priced")))
    sources = network.arrays.product_sources.index
    for kind in found.types:
        rows = [sources.of(network.arrays.product_rows[name]) for name, _ in kind.lines]
        assert max(map(len, rows)) > 1 or kind.lines[0][0] == network.tables["offers"]["product_id"][0]
    nobodys = OrderType((("no such product", 1),), kinds[0].region, 1.0, 0.0)
    assert market_of(network, [nobodys], home, Desk(network, policies.load("priced"))).types == ()


def test_lines_in_parts_cannot_be_priced(network: Network, kinds: list[OrderType], home: MemoryHome) -> None:
    parts = replace(policies.load("priced"), max_parts=2)
    with pytest.raises(BadInput, match=r"Take \[prices\] out"):
        market_of(network, kinds, home, Desk(network, parts))
