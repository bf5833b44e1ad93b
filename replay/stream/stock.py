"""The ledger as stock events fold it, in memory; taken down and put up again for checkpoints.

Rows are the fold of all events. The events themselves are kept for ``KEPT_DAYS`` to twice as long, so that
one that is told again is known; older ones are let go of, or checkpoints would grow for ever.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from graph.days import DAY_S
from inventory.events import EFFECTS, EventType, StockEvent, StockKey
from inventory.ledger import Refusal
from inventory.memory import MemoryHome
from inventory.stock import RESERVING, StockRow
from replay.stream.events import Event

KEPT_DAYS: Final = 30

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def book(home: MemoryHome, event: Event) -> tuple[Refusal, ...]:
    """Book a ``StockMoved``; return why it was refused, if it was. Raises BadInput for one that is none."""
    with home.unit() as unit:
        return unit.ledger.append([_stock_event(event)]).refused


def save(home: MemoryHome) -> dict[str, Any]:
    """Return everything booked and set as JSON values."""
    with home.reading() as unit:
        rows = [_row_told(row) for row in unit.store.all_rows()]
        return {"events": [_told(event) for event in unit.store.all_events()], "rows": rows}


def restore(saved: Mapping[str, Any]) -> MemoryHome:
    """Return a ledger that booked and set the same."""
    return _of([_event(told) for told in saved["events"]], [_row(told) for told in saved["rows"]])


def compacted(home: MemoryHome, at_s: int) -> MemoryHome:
    """Return a ledger with the same rows and holds that keeps no event older than ``KEPT_DAYS``.

    What orders hold by older events stands there as one reservation an order and place. An event that was
    forgotten so is booked again if it is told again, under another id of the log.
    """
    before = datetime.fromtimestamp(at_s - KEPT_DAYS * DAY_S, UTC)
    with home.reading() as unit:
        rows, events = [*unit.store.all_rows()], [*unit.store.all_events()]
    held = Counter[tuple[str | None, StockKey]]()
    for event in events:
        if event.at < before and event.event_type in RESERVING:
            held[event.order_id, event.key] += EFFECTS[event.event_type].reserved * event.quantity
    holds = [
        StockEvent("/".join(("held", order or "", *key)), key, EventType.RESERVED, units, _EPOCH, order)
        for (order, key), units in held.items()
        if units
    ]
    return _of([*holds, *(event for event in events if event.at >= before)], rows)


def _of(events: Sequence[StockEvent], rows: Sequence[StockRow]) -> MemoryHome:
    """Return a ledger that has these events, and these rows whatever the events add up to."""
    home = MemoryHome()
    with home.unit() as unit:
        unit.store.book(events, {row.key: (row, row) for row in rows})
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


def _row_told(row: StockRow) -> list[Any]:
    updated = None if row.updated_at is None else row.updated_at.isoformat()
    return [
        *row.key,
        row.current,
        row.reserved,
        row.safety_stock,
        row.reorder_point,
        row.lead_time_days,
        updated,
        row.order_up_to,
    ]


def _row(told: list[Any]) -> StockRow:
    product, seller, location, current, reserved, safety_stock, reorder_point, days, updated, *full = told
    at = None if updated is None else datetime.fromisoformat(updated)
    key = StockKey(product, seller, location)
    # A checkpoint of before there was an order-up-to level tells none.
    return StockRow(key, current, reserved, safety_stock, reorder_point, days, at, *full)
