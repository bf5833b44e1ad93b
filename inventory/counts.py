"""A count of the shelves, booked as the events that lead to it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from inventory.events import Cause, EventType, StockEvent, StockKey
from inventory.stock import StockRow


@dataclass(frozen=True, slots=True)
class Count:
    """What was counted at one place at an instant: units on the shelf, and those of them promised."""

    key: StockKey
    current: int
    reserved: int
    at: datetime

    @property
    def mark(self) -> str:
        """A name that follows from the count, so that the same count is booked once."""
        told = "\0".join((*self.key, str(self.current), str(self.reserved), str(self.at.timestamp())))
        return f"count-{hashlib.sha256(told.encode()).hexdigest()[:32]}"


def events_of(counts: Sequence[Count], rows: Mapping[StockKey, StockRow]) -> Iterator[StockEvent]:
    """Yield what leads from the rows to the counts.

    A place without any event opens with RECEIVED, and RESERVED for what is promised there. At any other,
    ADJUSTED corrects the units; what is promised stays what the ledger knows, for it knows to whom.
    """
    for count in counts:
        row = rows.get(count.key) or StockRow(count.key)
        if row.updated_at is None:
            yield _event(count, count.mark, EventType.RECEIVED, count.current)
            if count.reserved:
                yield _event(count, f"{count.mark}:reserved", EventType.RESERVED, count.reserved)
        elif count.current != row.current:
            yield _event(count, count.mark, EventType.ADJUSTED, count.current - row.current)


def _event(count: Count, mark: str, kind: EventType, quantity: int) -> StockEvent:
    return StockEvent(mark, count.key, kind, quantity, count.at, source=Cause.COUNT.value)
