"""Kinds of orders as arrays: who has a choice, and which products a price can matter for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from api import policies
from graph import Network
from graph.demand import OrderType
from graph.model import UNKNOWN
from graph.stores.files import snapshot_folder
from inventory.events import EventType, StockEvent, StockKey
from inventory.forecast import estimate, expected_orders, purchases
from inventory.memory import MemoryHome
from inventory.opening import OpeningRule, opening
from replay.desk import Desk
from replay.kinds import Kinds, contested
from replay.market import Market


@pytest.fixture(scope="module")
def network(small_snapshot: Path) -> Network:
    return Network.open(small_snapshot)


@pytest.fixture(scope="module")
def known(small_snapshot: Path) -> pl.DataFrame:
    folder = snapshot_folder(small_snapshot)
    products = pl.read_parquet(folder / "network" / "products.parquet")
    return purchases(pl.read_parquet(folder / "events.parquet"), products)


@pytest.fixture(scope="module")
def home(network: Network, small_snapshot: Path) -> MemoryHome:
    """Return shelves as they are made up, and a second place for a product of one seller."""
    demand = pl.read_parquet(snapshot_folder(small_snapshot) / "demand.parquet")
    sources, at = network.arrays.product_sources, network.meta.as_of
    row = int(np.flatnonzero(sources.index.counts == 1)[0])
    seller = int(sources.seller[sources.index.of(row)[0]])
    other = network.arrays.seller_ids[(seller + 1) % len(network.arrays.seller_ids)]
    key = StockKey(network.arrays.product_ids[row], other, other)
    made = MemoryHome()
    with made.unit() as unit:
        events = opening(demand, at, OpeningRule()).events
        unit.ledger.append([*events, StockEvent("second", key, EventType.RECEIVED, 3, at)])
    return made


def test_codes_are_those_of_the_names(network: Network, known: pl.DataFrame) -> None:
    types = (
        *estimate(known, network.meta.as_of).order_types[:50],
        OrderType((("none", 2),), "zzz", 1.0, 0.0),
    )
    kinds = Kinds.of(network.arrays, types)
    assert len(kinds) == 51
    for row, kind in enumerate(types[:-1]):
        lines = slice(kinds.first[row], kinds.first[row + 1])
        names = [network.arrays.product_ids[code] for code in kinds.product[lines]]
        assert list(zip(names, kinds.units[lines].tolist(), strict=True)) == list(kind.lines)
        assert network.arrays.zip_prefixes[kinds.dest[row]].startswith(kind.region)
    assert (kinds.product[-1], kinds.dest[-1]) == (UNKNOWN, UNKNOWN)
    few = kinds.take(np.array([3, 50]))
    assert few.types == (types[3], types[50])
    assert few.product.tolist() == [*kinds.product[kinds.first[3] : kinds.first[4]], UNKNOWN]
    assert few.type_of_line.tolist() == [*[0] * len(types[3].lines), 1]


def test_a_choice_is_a_second_source_of_one_line_and_a_first_of_all(network: Network) -> None:
    sources, names = network.arrays.product_sources.index, network.arrays.product_ids
    one = names[int(np.flatnonzero(sources.counts == 1)[0])]
    two = names[int(np.flatnonzero(sources.counts > 1)[0])]
    region = network.arrays.zip_prefixes[0][:3]

    def chosen(*lines: str, where: str = region, more: tuple[str, ...] = ()) -> bool:
        kind = OrderType(tuple((name, 1) for name in lines), where, 1.0, 0.0)
        places = {name: ["seller:x"] for name in more}
        return len(Kinds.of(network.arrays, [kind]).with_choice(network.arrays, places)) == 1

    assert chosen(two)
    assert chosen(one, two)
    assert not chosen(one)
    assert chosen(one, more=(one,))
    assert not chosen(two, "nobody's")
    assert not chosen(two, where="zzz")
    assert len(Kinds.of(network.arrays, []).with_choice(network.arrays, {})) == 0


def test_kinds_of_contested_products_are_the_whole_market(
    network: Network, known: pl.DataFrame, home: MemoryHome
) -> None:
    desk, at = Desk(network, policies.load("priced")), network.meta.as_of
    every = estimate(known, at).order_types
    with home.reading() as unit:
        wanted = contested(network.arrays, unit.ledger)
        some = expected_orders(known, at, wanted)
        whole, part = (Market.of(desk, types, at, unit.ledger, at) for types in (every, some))
    assert 0 < len(some) < len(every)
    assert whole.types == part.types
    assert whole.names == part.names
    assert whole.columns.cost.tobytes() == part.columns.cost.tobytes()
    assert any(name in wanted for name in network.arrays.product_ids if name not in several(network))


def several(network: Network) -> set[str]:
    """Return the products that several sellers offer."""
    counts = network.arrays.product_sources.index.counts
    return {network.arrays.product_ids[row] for row in np.flatnonzero(counts > 1).tolist()}
