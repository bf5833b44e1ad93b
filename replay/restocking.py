"""Reorders in a replay: places are ordered for as the live worker does, and filled after their lead time.

The worker looks every minute, a replay where something has moved: at the places that an order took units
from, and at those that were just filled. Nobody has seen how long suppliers take, so lead times are
settings (``synthetic``); nothing comes early, late or short.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Final

from inventory.events import EventType, StockEvent, StockKey
from inventory.ledger import Ledger
from inventory.reorder import ASSUMED
from inventory.stock import COVER_DAYS

SOURCE: Final = "reorder"
"""The ``source`` of both events of a purchase order."""


@dataclass(slots=True)
class Restocking:
    """The purchase orders of one policy's shelves; ``ordered`` and ``received`` are units."""

    ordered: int = 0
    received: int = 0
    _coming: list[tuple[datetime, int, StockKey, int]] = field(default_factory=list)
    _on_order: set[StockKey] = field(default_factory=set)
    _count: int = 0

    def receive(self, ledger: Ledger, at: datetime) -> None:
        """Book what has come by ``at``, each as of its own instant; order again where it was too little."""
        events = []
        while self._coming and self._coming[0][0] <= at:
            due, number, key, units = heappop(self._coming)
            self._on_order.discard(key)
            self.received += units
            events.append(_event(f"received-{number}", key, EventType.RECEIVED, units, due))
        if events:
            ledger.append(events)
            self.order(ledger, (event.key for event in events), at)

    def order(self, ledger: Ledger, keys: Iterable[StockKey], at: datetime) -> None:
        """Order for those of some places that are low and have nothing on order."""
        idle = sorted({key for key in keys if key not in self._on_order})
        if events := list(self._low(ledger, idle, at)):
            ledger.append(events)

    def _low(self, ledger: Ledger, keys: list[StockKey], at: datetime) -> Iterator[StockEvent]:
        for key, row in ledger.rows(keys).items():
            if not row.is_low:
                continue
            self._count += 1
            units = row.refill(COVER_DAYS)
            self.ordered += units
            self._on_order.add(key)
            due = at + timedelta(days=ASSUMED.mean_days if row.lead_time_days is None else row.lead_time_days)
            heappush(self._coming, (due, self._count, key, units))
            yield _event(f"reorder-{self._count}", key, EventType.REORDERED, units, at)


def _event(event_id: str, key: StockKey, kind: EventType, units: int, at: datetime) -> StockEvent:
    return StockEvent(event_id, key, kind, units, at, source=SOURCE)
