"""The ledger as stock events fold it, in memory; taken down and put up again for checkpoints."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from inventory.events import EventType, StockEvent, StockKey
from inventory.ledger import Refusal
from inventory.memory import MemoryHome
from inventory.stock import StockSettings
from replay.stream.events import Event


def book(home: MemoryHome, event: Event) -> tuple[Refusal, ...]:
    """Book a ``StockMoved``; return why it was refused, if it was. Raises BadInput for one that is none."""
    with home.unit() as unit:
        return unit.ledger.append([_stock_event(event)]).refused


def save(home: MemoryHome) -> dict[str, Any]:
    """Return everything booked and set as JSON values."""
    with home.reading() as unit:
        rows = [
            (*row.key, row.safety_stock, row.reorder_point, row.lead_time_days)
            for row in unit.store.all_rows()
        ]
        return {"events": [_told(event) for event in unit.store.all_events()], "rows": rows}


def restore(saved: Mapping[str, Any]) -> MemoryHome:
    """Return a ledger that booked and set the same."""
    home = MemoryHome()
    settings = {
        StockKey(*key): StockSettings(*given) for *key, a, b, c in saved["rows"] for given in [(a, b, c)]
    }
    with home.unit() as unit:
        unit.ledger.append([_event(told) for told in saved["events"]])
        unit.store.open_rows(list(settings))
        unit.store.configure(settings)
    return home


def _stock_event(event: Event) -> StockEvent:
    told = event.data
    return StockEvent(
        event_id=event.subject,
        key=StockKey(told["product_id"], told["seller_id"], told["location_id"]),
        event_type=EventType(told["event_type"]),
        quantity=told["quantity"],
        at=datetime.fromtimestamp(event.time_s, UTC),
        order_id=event.part or None,
        source=told.get("source"),
    )


def _told(event: StockEvent) -> list[Any]:
    plain = (event.event_id, *event.key, event.event_type.value, event.quantity, event.at.isoformat())
    return [*plain, event.order_id, event.source]


def _event(told: list[Any]) -> StockEvent:
    name, product, seller, location, kind, quantity, at, order, source = told
    key = StockKey(product, seller, location)
    return StockEvent(
        name, key, EventType(kind), quantity, datetime.fromisoformat(at), order_id=order, source=source
    )
