"""Small stocks and orders for the tests of the ledger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from inventory.events import EventType, StockEvent, StockKey
from inventory.reservations import Part

T0 = datetime(2018, 4, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SHELF = StockKey("lamp", "ana", "ana")
DEPOT = StockKey("lamp", "ana", "depot")


def event(name: str, kind: str, quantity: int, key: StockKey = SHELF, **other: object) -> StockEvent:
    fields = {"at": T0, "source": "test"} | other
    return StockEvent(name, key, EventType(kind), quantity, **fields)  # type: ignore[arg-type]


def part(
    line: str = "1", quantity: int = 1, key: StockKey = SHELF, package: str = "k1", **other: object
) -> Part:
    own = key.location_id == key.seller_id
    source = f"seller:{key.seller_id}" if own else f"warehouse:{key.location_id}:{key.seller_id}"
    return Part(line, package, source, "post", key, quantity, **other)  # type: ignore[arg-type]
