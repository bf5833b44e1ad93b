"""A batch in the making while others take its stock, or its job."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api import policies
from graph import Network
from graph.orders import Order, OrderLine
from inventory.audit import audit
from inventory.events import EventType, StockEvent, StockKey
from inventory.sql import SqlHome
from optimizer.batch import BatchWork
from replay.desk import Desk
from replay.jobs import Jobs, LeaseLost, Task
from replay.jobs.batch import BatchJob, Taken

NOW = datetime(2018, 6, 1, tzinfo=UTC)
LEASE = timedelta(seconds=30)
COUNT = 4


@pytest.fixture(scope="module")
def network(small_snapshot: Path) -> Network:
    return Network.open(small_snapshot)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[SqlHome]:
    opened = SqlHome.open(str(tmp_path / "ledger.db"))
    yield opened
    opened.close()


def orders(network: Network) -> list[Order]:
    """Return orders that all want one product, which several sellers offer."""
    sources, names = network.arrays.product_sources, network.arrays.product_ids
    product = min(names, key=lambda name: (-len(sources.index.of(names.index(name))), name))
    line = OrderLine("1", product, 1)
    return [Order(f"o{number}", network.arrays.zip_prefixes[0], (line,)) for number in range(COUNT)]


def keys(network: Network, order: Order) -> list[StockKey]:
    names = network.options(order, network.meta.as_of).source_ids
    return [StockKey.of_source(order.lines[0].product_id, name) for name in names]


def move(home: SqlHome, kind: EventType, key: StockKey, units: int) -> None:
    with home.unit() as unit:
        event = StockEvent(f"{kind}-{key.location_id}", key, kind, units, NOW)
        assert unit.ledger.append([event]).booked == 1


def begin(home: SqlHome, network: Network, then: Callable[[], None]) -> BatchJob:
    """Return a run of a batch; ``then`` happens when its first order is held."""
    with home.unit() as unit:
        Jobs(unit.connection).submit("assign_batch", {}, NOW, "shop", "k")
    with home.unit() as unit:
        run = Jobs(unit.connection).claim("w1", NOW, LEASE, 3, ["assign_batch"])
    assert run is not None

    def tell(share: float, text: str) -> None:
        if text.startswith("1 of"):
            then()

    task = Task(run, str(home.engine.url.database), tell, lambda: NOW)
    return BatchJob(task, home, Desk(network, policies.load("cheapest")), network.meta.as_of)


def taken(network: Network) -> list[Taken]:
    return [Taken(order, timedelta(days=1), {"order": order.order_id}) for order in orders(network)]


def test_orders_whose_stock_went_meanwhile_are_decided_anew(home: SqlHome, network: Network) -> None:
    places = keys(network, orders(network)[0])
    for key in places:
        move(home, EventType.RECEIVED, key, COUNT)

    def others_take_the_rest() -> None:
        with home.unit() as unit:
            first = unit.ledger.order("o0")
        assert first is not None
        move(home, EventType.DAMAGED, first.parts[0].key, COUNT - 1)

    done = begin(home, network, others_take_the_rest).commit(taken(network), BatchWork())
    assert [row["how"] for row in done["outcomes"]] == ["as_planned"] + ["decided_anew"] * (COUNT - 1)
    assert {row["status"] for row in done["outcomes"]} == {"served"}
    sources = [row["lines"][0]["parts"][0]["source_id"] for row in done["outcomes"]]
    assert sources[0] not in sources[1:]
    with home.reading() as unit:
        assert audit(unit.store).differences == ()


def test_a_run_that_was_taken_for_dead_holds_nothing_more(home: SqlHome, network: Network) -> None:
    move(home, EventType.RECEIVED, keys(network, orders(network)[0])[0], COUNT)

    def another_takes_over() -> None:
        with home.unit() as unit:
            assert Jobs(unit.connection).claim("w2", NOW + LEASE, LEASE, 3, ["assign_batch"]) is not None

    with pytest.raises(LeaseLost):
        begin(home, network, another_takes_over).commit(taken(network), BatchWork())
    with home.reading() as unit:
        assert [order.order_id for order in unit.store.all_reservations()] == ["o0"]
