"""Purchase orders: made of REORDERED, filled by receipts, late by the clock, called off, told once."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from graph.errors import BadInput
from inventory.events import EventType, StockEvent, StockKey
from inventory.sql import SqlHome
from inventory.stock import StockSettings
from replay.alerts.outbox import Outbox, Patience
from replay.alerts.receivers import Receiver, Topic
from replay.jobs.reordering import low_places, order_again
from replay.purchasing.order import PurchaseEnded, PurchaseStatus
from replay.purchasing.store import PurchaseOrders, follow_orders

START = datetime(2018, 3, 1, 12, tzinfo=UTC)
KEY = StockKey("p", "s", "s")
DAY = timedelta(days=1)
SUPPLIER = Receiver(
    "supplier", "http://127.0.0.1:9/", b"0123456789abcdef", frozenset({Topic.PURCHASE_ORDERS})
)
OTHER = Receiver("other", "http://127.0.0.1:9/", b"0123456789abcdef", frozenset({Topic.SELLER}))


@pytest.fixture
def home(database: str) -> Iterator[SqlHome]:
    made = SqlHome.open(database)
    with made.unit() as unit:
        unit.ledger.append([StockEvent("count", KEY, EventType.ADJUSTED, 3, START)])
        unit.ledger.configure(
            {KEY: StockSettings(safety_stock=2, reorder_point=9, lead_time_days=7.0, order_up_to=39)}
        )
    yield made
    made.close()


def receive(home: SqlHome, name: str, units: int, at: datetime, source: str | None = None) -> None:
    with home.unit() as unit:
        unit.ledger.append([StockEvent(name, KEY, EventType.RECEIVED, units, at, source=source)])


def follow(home: SqlHome, at: datetime) -> dict[str, int]:
    told: dict[str, int] = home.run(lambda unit: follow_orders(unit, at, [SUPPLIER, OTHER]))
    return told


def heard(home: SqlHome) -> list[tuple[str, int]]:
    """Return what waits to be told, each message once: status and units received."""
    found = []
    with home.unit() as unit:
        outbox = Outbox(unit.connection)
        while run := outbox.claim([SUPPLIER.name, OTHER.name], START + 900 * DAY, Patience()):
            order = json.loads(run.message.body)["purchase_order"]
            found.append((order["status"], order["received"]))
            outbox.sent(run, START)
    return found


def status(home: SqlHome) -> list[tuple[PurchaseStatus, int]]:
    with home.reading() as unit:
        return [(one.status, one.received) for _, one in PurchaseOrders(unit.connection).page(10)]


def test_a_reorder_is_an_order_that_its_receipts_fill(home: SqlHome) -> None:
    home.run(lambda unit: order_again(unit, START))
    assert follow(home, START) == {"open": 1}
    with home.reading() as unit:
        [(_, order)] = PurchaseOrders(unit.connection).page(10)
    assert order.quantity == 36  # up to 39, 3 there
    assert order.expected_at == START + 7 * DAY
    assert follow(home, START) == {}
    receive(home, "made up", 50, START + DAY, "recorded")
    receive(home, "first", 20, START + 2 * DAY)
    assert follow(home, START + 2 * DAY) == {}
    assert status(home) == [(PurchaseStatus.OPEN, 20)]
    assert follow(home, START + 8 * DAY) == {"overdue": 1}
    receive(home, "rest", 30, START + 9 * DAY)
    assert follow(home, START + 9 * DAY) == {"received": 1}
    assert status(home) == [(PurchaseStatus.RECEIVED, 36)]
    assert heard(home) == [("open", 0), ("overdue", 20), ("received", 36)]


def test_what_is_called_off_waits_for_nothing_and_may_be_ordered_again(home: SqlHome) -> None:
    home.run(lambda unit: order_again(unit, START))
    follow(home, START)
    with home.reading() as unit:
        [(_, order)] = PurchaseOrders(unit.connection).page(10)
    name = order.purchase_order_id
    for _ in range(2):
        home.run(lambda unit: PurchaseOrders(unit.connection).cancel(name, START + DAY))
    with home.reading() as unit:
        [low] = low_places(unit, START + DAY, 10)
    assert low.due
    assert home.run(lambda unit: order_again(unit, START + DAY)) == {"orders": 1}
    assert follow(home, START + DAY) == {"canceled": 1, "open": 1}
    receive(home, "all", 36, START + 2 * DAY)
    follow(home, START + 2 * DAY)
    assert status(home) == [(PurchaseStatus.RECEIVED, 36), (PurchaseStatus.CANCELED, 0)]
    assert [told for told, _ in heard(home)] == ["open", "canceled", "open", "received"]


def test_receipts_fill_the_oldest_first(home: SqlHome) -> None:
    with home.unit() as unit:
        orders = [StockEvent(f"po{n}", KEY, EventType.REORDERED, 10, START + n * DAY) for n in range(3)]
        unit.ledger.append(orders)
    receive(home, "some", 15, START + 3 * DAY)
    follow(home, START + 3 * DAY)
    assert status(home) == [
        (PurchaseStatus.OPEN, 0),
        (PurchaseStatus.OPEN, 5),
        (PurchaseStatus.RECEIVED, 10),
    ]


def test_what_is_received_cannot_be_called_off(home: SqlHome) -> None:
    with home.unit() as unit:
        unit.ledger.append([StockEvent("po", KEY, EventType.REORDERED, 1, START)])
    receive(home, "it", 1, START + DAY)
    follow(home, START + DAY)
    with pytest.raises(PurchaseEnded):
        home.run(lambda unit: PurchaseOrders(unit.connection).cancel("po", START))
    with pytest.raises(BadInput, match="no purchase order"):
        home.run(lambda unit: PurchaseOrders(unit.connection).cancel("nobody", START))


def test_a_cancellation_meanwhile_is_not_lost(home: SqlHome) -> None:
    with home.unit() as unit:
        unit.ledger.append([StockEvent("po", KEY, EventType.REORDERED, 5, START)])
    follow(home, START)
    receive(home, "some", 2, START + DAY)
    begun = threading.Event()

    def matching() -> dict[str, int]:
        begun.set()
        return follow(home, START + DAY)

    with ThreadPoolExecutor(1) as pool:
        with home.unit() as unit:
            PurchaseOrders(unit.connection).cancel("po", START + DAY)
            looking = pool.submit(matching)
            assert begun.wait(10)
            threading.Event().wait(0.2)
            assert not looking.done()
        assert looking.result() == {"canceled": 1}
    assert [one for one, _ in status(home)] == [PurchaseStatus.CANCELED]
    assert [told for told, _ in heard(home)] == ["open", "canceled"]


def test_pages_and_filters(home: SqlHome) -> None:
    with home.unit() as unit:
        unit.ledger.append(
            [StockEvent(f"po{n}", KEY, EventType.REORDERED, 10, START + n * DAY) for n in range(3)]
        )
    follow(home, START)
    with home.reading() as unit:
        orders = PurchaseOrders(unit.connection)
        first = orders.page(2)
        rest = orders.page(2, before=first[-1][0])
        assert [one.purchase_order_id for _, one in (*first, *rest)] == ["po2", "po1", "po0"]
        assert orders.page(5, status=PurchaseStatus.RECEIVED) == []
        assert len(orders.page(5, status=PurchaseStatus.OPEN, seller_id="s")) == 3
        assert orders.page(5, seller_id="t") == []
        assert orders.get("po1").quantity == 10
