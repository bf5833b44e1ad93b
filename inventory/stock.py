"""The ledger's one pure transition: a row of stock and an event give the row after it, or say what lacks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from math import ceil
from typing import Final, NamedTuple

from graph.errors import BadInput, MalhaError
from inventory.events import EFFECTS, TRANSIT, EventType, StockEvent, StockKey

_COVER_DAYS: Final = 30.0
"""A purchase order lasts so long beyond the reorder point where the settings tell no ``order_up_to``."""

_LEAST_DAYS: Final = 1.0 / 24.0
"""A lead time below an hour tells nothing of a day's demand."""


@dataclass(frozen=True, slots=True)
class StockRow:
    """The stock of one place, in units: ``current`` lies there, ``reserved`` of it is promised to orders.

    Both are the fold of the place's events. ``safety_stock``, ``reorder_point``, ``order_up_to`` (units) and
    ``lead_time_days`` are settings beside them, which no event touches (None: not set).
    """

    key: StockKey
    current: int = 0
    reserved: int = 0
    safety_stock: int | None = None
    reorder_point: int | None = None
    lead_time_days: float | None = None
    updated_at: datetime | None = None
    order_up_to: int | None = None

    @property
    def available(self) -> int:
        """The units that may still be promised."""
        return self.current - self.reserved

    @property
    def is_low(self) -> bool:
        """Whether the place has a reorder point, and its available units are there or below."""
        return self.is_due(0)

    def is_due(self, on_order: int) -> bool:
        """Whether it is to be ordered for: its available units and those on order are at most its point."""
        return self.reorder_point is not None and self.available + on_order <= self.reorder_point

    def refill(self, on_order: int = 0) -> int:
        """Return what it takes up to ``order_up_to`` beyond the units there and on order; never below 0.

        What is due gets at least one unit above its reorder point, or it would be due again at once. Nothing
        without a reorder point.
        """
        if self.reorder_point is None:
            return 0
        target = self._usual_target if self.order_up_to is None else self.order_up_to
        return max(max(target, self.reorder_point + 1) - self.available - on_order, 0)

    def configured(self, settings: StockSettings) -> StockRow:
        """Return it with other settings."""
        return replace(self, **asdict(settings))

    @property
    def _usual_target(self) -> int:
        """Where ``order_up_to`` is not told: the point, and 30 days of the demand that the others imply.

        That is (reorder point - safety stock) / lead time a day.
        """
        point, safety, days = self.reorder_point or 0, self.safety_stock, self.lead_time_days
        daily = max(point - safety, 0) / max(days, _LEAST_DAYS) if safety is not None and days else 0.0
        return point + ceil(_COVER_DAYS * daily)


class Units(NamedTuple):
    """What lies at one place, and how much of it is promised: a row of stock without its settings."""

    current: int
    reserved: int

    @property
    def available(self) -> int:
        """The units that may still be promised."""
        return self.current - self.reserved


@dataclass(frozen=True, slots=True)
class Shortage:
    """What lacks where: ``kind`` is ``available``, ``reserved`` or ``in_transit``; the counts are units."""

    key: StockKey
    kind: str
    needed: int
    available: int

    def __str__(self) -> str:
        product, seller, location = self.key
        where = f"product {product} of seller {seller} at {location}"
        return f"{where}: needs {self.needed} {self.kind.replace('_', ' ')}, has {self.available}"


class NotEnoughStock(MalhaError):
    """The units are not there; nothing was booked. ``shortages`` names every place that lacks some."""

    def __init__(self, shortages: Sequence[Shortage]) -> None:
        self.shortages = tuple(shortages)
        super().__init__("Not enough stock: " + "; ".join(map(str, self.shortages)) + ".")


def apply(stock: StockRow, event: StockEvent) -> StockRow:
    """Return a row after an event that touches it; raises NotEnoughStock, ValueError for another's event.

    A transfer touches two rows, one of them the units in transit: what leaves the one reaches the other.
    """
    effect, quantity = EFFECTS[event.event_type], event.quantity
    if stock.key == event.key:
        current, reserved = stock.current + effect.current * quantity, effect.reserved * quantity
        reserved += stock.reserved
    elif stock.key == event.key.transit and effect.in_transit:
        current, reserved = stock.current + effect.in_transit * quantity, stock.reserved
    else:
        raise ValueError(f"event {event.event_id} is of {event.key}, not of {stock.key}")
    if reserved < 0:
        raise NotEnoughStock([Shortage(stock.key, "reserved", quantity, stock.reserved)])
    if current < reserved:
        kind = "in_transit" if stock.key.location_id == TRANSIT else "available"
        raise NotEnoughStock([Shortage(stock.key, kind, abs(quantity), stock.available)])
    return replace(stock, current=current, reserved=reserved, updated_at=event.at)


@dataclass(slots=True)
class Fold:
    """Events played onto rows, one by one: ``rows`` as they stand, ``changed`` those that events touched."""

    rows: dict[StockKey, StockRow]
    changed: dict[StockKey, StockRow] = field(default_factory=dict)

    def row(self, key: StockKey) -> StockRow:
        """Return a row as it stands; one without any event is empty."""
        return self.rows.get(key) or StockRow(key)

    def play(self, event: StockEvent) -> None:
        """Play one event onto every row that it touches, or onto none: raises NotEnoughStock."""
        after = [apply(self.row(key), event) for key in event.touches]
        for row in after:
            self.rows[row.key] = self.changed[row.key] = row


def fold(events: Iterable[StockEvent]) -> dict[StockKey, StockRow]:
    """Return the rows that events make from nothing, in the order in which they were booked."""
    played = Fold({})
    for event in events:
        played.play(event)
    return played.rows


def held_after(held: int, event: StockEvent) -> int:
    """Return how many reserved units an order holds at a place after an event of that order there.

    Raises NotEnoughStock when it gives back or ships more than it holds.
    """
    after = held + EFFECTS[event.event_type].reserved * event.quantity
    if after < 0:
        raise NotEnoughStock([Shortage(event.key, "reserved", event.quantity, held)])
    return after


RESERVING = (EventType.RESERVED, EventType.RELEASED, EventType.SHIPPED)
"""The events that move reserved units, each in the name of an order."""


@dataclass(frozen=True, slots=True)
class StockSettings:
    """The settings of one place: units, and days. BadInput for what is negative.

    A place is ordered for at its ``reorder_point``, up to ``order_up_to``.
    """

    safety_stock: int | None = None
    reorder_point: int | None = None
    lead_time_days: float | None = None
    order_up_to: int | None = None

    def __post_init__(self) -> None:
        given: Mapping[str, float | None] = asdict(self)
        if wrong := [name for name, value in given.items() if value is not None and not value >= 0]:
            raise BadInput(f"Not below zero: {', '.join(wrong)}.")
