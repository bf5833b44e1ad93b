"""What the shelves hold when a replay begins, and the points at which they are ordered for again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from graph.days import day_number, local_day
from inventory.events import EventType, StockEvent, StockKey
from inventory.memory import MemoryHome
from inventory.opening import OpeningRule, opening
from inventory.stock import StockSettings
from replay.recorded import Past

_RULE: Final = OpeningRule()


@dataclass(frozen=True, slots=True)
class Stock:
    """What the shelves hold at the start: events to book, and what made them (``init`` or a file's name).

    ``settings``: reorder point, safety stock and lead time by place; a place without them is not ordered for.
    """

    origin: str
    events: tuple[StockEvent, ...]
    settings: Mapping[StockKey, StockSettings] = field(default_factory=dict)

    @property
    def units(self) -> int:
        """All units received."""
        return sum(event.quantity for event in self.events if event.event_type is EventType.RECEIVED)

    @property
    def told_at(self) -> datetime | None:
        """The last instant of which it tells."""
        return max((event.at for event in self.events), default=None)

    @property
    def orders_again(self) -> bool:
        """Whether any place is ordered for."""
        return any(one.reorder_point is not None for one in self.settings.values())

    def book(self, home: MemoryHome) -> None:
        """Fill a policy's shelves."""
        with home.unit() as unit:
            unit.ledger.append(self.events)
            unit.ledger.configure(self.settings)


def opening_stock(past: Past, at_s: int, rule: OpeningRule = _RULE, *, reorders: bool = False) -> Stock:
    """Return a stock made up from the demand of the local days before an instant; none before the first.

    ``reorders``: with the rule's reorder points, so that its places are ordered for again.
    """
    at = datetime.fromtimestamp(at_s, UTC)
    age = day_number(local_day(at)) - past.demand["day"]
    before = past.demand.filter((age > 0) & (age <= rule.lapse_days))
    if before.is_empty():
        return Stock("init", ())
    made = opening(past.demand.filter(age > 0), at, rule)
    return Stock("init", made.events, made.settings if reorders else {})
