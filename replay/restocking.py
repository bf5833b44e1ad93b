"""Reorders in a replay: places are ordered for as the live worker does, and filled after their lead time.

The worker looks every minute, a replay where something has moved: at the places that an order took units
from, and at those that were just filled. Nobody has seen how long suppliers take, so lead times are
settings (``synthetic``); nothing comes early, late or short.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush

from inventory.events import Cause, EventType, StockEvent, StockKey
from inventory.ledger import Ledger
from inventory.reorder import ASSUMED


@dataclass(slots=True)
class Restocking:
    """The purchase orders of one policy's shelves; ``ordered`` and ``received`` are units."""

    ordered: int = 0
    received: int = 0
    _coming: list[tuple[datetime, int, StockKey, int]] = field(default_factory=list)
    _on_order: Counter[StockKey] = field(default_factory=Counter)
    _count: int = 0

    def receive(self, ledger: Ledger, at: datetime) -> None:
        """Book what has come by ``at``, each as of its own instant; order again where it was too little."""
        events = []
        while self._coming and self._coming[0][0] <= at:
            due, number, key, units = heappop(self._coming)
            self._on_order[key] -= units
            self.received += units
            events.append(_event(f"received-{number}", key, EventType.RECEIVED, units, due))
        if events:
            ledger.append(events)
            self.order(ledger, (event.key for event in events), at)

    def order(self, ledger: Ledger, keys: Iterable[StockKey], at: datetime) -> None:
        """Order for those of some places that are due, with what is on its way to them."""
        if events := list(self._due(ledger, sorted(set(keys)), at)):
            ledger.append(events)

    def _due(self, ledger: Ledger, keys: list[StockKey], at: datetime) -> Iterator[StockEvent]:
        for key, row in ledger.rows(keys).items():
            if not row.is_due(self._on_order[key]):
                continue
            self._count += 1
            units = row.refill(self._on_order[key])
            self.ordered += units
            self._on_order[key] += units
            due = at + timedelta(days=ASSUMED.mean_days if row.lead_time_days is None else row.lead_time_days)
            heappush(self._coming, (due, self._count, key, units))
            yield _event(f"reorder-{self._count}", key, EventType.REORDERED, units, at)


def _event(event_id: str, key: StockKey, kind: EventType, units: int, at: datetime) -> StockEvent:
    return StockEvent(event_id, key, kind, units, at, source=Cause.REORDER.value)
