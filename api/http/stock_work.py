"""What the calls about stock do inside a unit of work, and what they answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from api.http.errors import shortage_values
from api.http.order_questions import StockEventIn
from api.http.paging import cursor, page
from graph.errors import BadInput
from inventory.events import StockEvent, StockKey
from inventory.ledger import Refusal
from inventory.memory import MemoryUnit
from inventory.sql import SqlUnit
from inventory.stock import StockRow

Values = dict[str, Any]


def book(asked: Sequence[StockEventIn], unit: SqlUnit | MemoryUnit) -> Values:
    """Book events in their order, each once, and say what became of each."""
    made = [_event(one) for one in asked]
    events = [event for event in made if isinstance(event, StockEvent)]
    keys = sorted({key for event in events for key in event.touches})
    unit.store.open_rows(keys)
    unit.store.rows(keys, lock=True)
    # Only now: whoever books the same events at the same time has finished when the rows are ours.
    known = set(unit.store.known([event.event_id for event in events]))
    done = unit.ledger.append(events)
    refused = {id(refusal.event): refusal for refusal in done.refused}
    statuses = []
    for one, event in zip(asked, made, strict=True):
        statuses.append(_status(one.event_id, event, refused, known))
        known.add(one.event_id)
    counts = Counter(status["status"] for status in statuses)
    return {
        **{name: counts[name] for name in ("booked", "duplicate", "refused")},
        "events": statuses,
        "adjusted": [shortage_values(lack) for lack in done.beyond],
    }


def _event(asked: StockEventIn) -> StockEvent | str:
    """Return the event, or why it is none."""
    key = StockKey(asked.product_id, asked.seller_id, asked.location_id)
    try:
        return StockEvent(
            asked.event_id, key, asked.event_type, asked.quantity, asked.at, asked.order_id, asked.source
        )
    except BadInput as error:
        return error.message


def _status(event_id: str, event: StockEvent | str, refused: dict[int, Refusal], known: set[str]) -> Values:
    if isinstance(event, str):
        return {"event_id": event_id, "status": "refused", "why": event, "shortage": None}
    refusal = refused.get(id(event))
    if refusal is not None:
        lack = shortage_values(refusal.shortage) if refusal.shortage else None
        return {"event_id": event_id, "status": "refused", "why": refusal.why, "shortage": lack}
    status = "duplicate" if event_id in known else "booked"
    return {"event_id": event_id, "status": status, "why": None, "shortage": None}


def page_values(rows: Sequence[StockRow], limit: int) -> Values:
    """Return a page of stock."""
    return page("stock", rows, limit, _row, lambda row: cursor(row.key))


def _row(row: StockRow) -> Values:
    told = asdict(row)
    del told["key"], told["current"], told["reserved"], told["updated_at"]
    return {
        **row.key._asdict(),
        "current_stock": row.current,
        "reserved_stock": row.reserved,
        "available": row.available,
        **told,
        "last_updated_at": row.updated_at.isoformat() if row.updated_at else None,
    }
