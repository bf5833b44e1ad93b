"""Stock events: what can happen to the units of one place, and what each does to its counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from graph.errors import BadInput

TRANSIT: Final = "in_transit"
"""The place of units that left one location and have not reached the other: no order is served from it."""

_MOST_UNITS: Final = 2**53


class EventType(StrEnum):
    """Everything that moves stock. Expiry is RELEASED with source ``expiry``."""

    RECEIVED = "RECEIVED"
    RESERVED = "RESERVED"
    RELEASED = "RELEASED"
    SHIPPED = "SHIPPED"
    RETURNED = "RETURNED"
    DAMAGED = "DAMAGED"
    ADJUSTED = "ADJUSTED"
    REORDERED = "REORDERED"
    TRANSFER_OUT = "TRANSFER_OUT"
    TRANSFER_IN = "TRANSFER_IN"


class Effect(NamedTuple):
    """What one unit of an event adds to ``current`` and ``reserved`` of its place, and in transit."""

    current: int = 0
    reserved: int = 0
    in_transit: int = 0


EFFECTS: Final[Mapping[EventType, Effect]] = {
    EventType.RECEIVED: Effect(current=1),
    EventType.RESERVED: Effect(reserved=1),
    EventType.RELEASED: Effect(reserved=-1),
    EventType.SHIPPED: Effect(current=-1, reserved=-1),
    EventType.RETURNED: Effect(current=1),
    EventType.DAMAGED: Effect(current=-1),
    EventType.ADJUSTED: Effect(current=1),
    EventType.REORDERED: Effect(),
    EventType.TRANSFER_OUT: Effect(current=-1, in_transit=1),
    EventType.TRANSFER_IN: Effect(current=1, in_transit=-1),
}
"""The whole of the ledger's arithmetic. A purchase order (REORDERED) moves nothing until it is RECEIVED."""


class Cause(StrEnum):
    """The ``source`` of the events that Malha books by itself."""

    ORDER = "order"
    EXPIRY = "expiry"
    CANCEL = "cancel"
    REROUTE = "reroute"
    HAND_OVER = "hand_over"
    RETURN = "return"
    COUNT = "count"
    SYNTHETIC = "synthetic"
    RECORDED = "recorded"
    REORDER = "reorder"


class StockKey(NamedTuple):
    """Where units lie: of which product, whose, at which place. Keys sort as the rows are locked.

    ``location_id`` is a warehouse, or the seller's id for the seller's own place.
    """

    product_id: str
    seller_id: str
    location_id: str

    @property
    def transit(self) -> StockKey:
        """The place of this seller's units of the product that are on the way between locations."""
        return StockKey(self.product_id, self.seller_id, TRANSIT)

    @property
    def source_id(self) -> str:
        """The source that keeps the units; ``of_source`` leads back."""
        if self.location_id == self.seller_id:
            return f"seller:{self.seller_id}"
        return f"warehouse:{self.location_id}:{self.seller_id}"

    @classmethod
    def of_source(cls, product_id: str, source_id: str) -> StockKey:
        """Return where a source keeps a product: ``seller:<id>`` or ``warehouse:<id>:<seller>``.

        Raises BadInput for any other name.
        """
        kind, _, place = source_id.partition(":")
        if kind == "seller" and place:
            return cls(product_id, place, place)
        location, _, seller = place.partition(":")
        if kind == "warehouse" and location and seller:
            return cls(product_id, seller, location)
        raise BadInput(f"{source_id!r} is no source: it is seller:<id> or warehouse:<id>:<seller>.")


@dataclass(frozen=True, slots=True)
class StockEvent:
    """One event. ``quantity`` counts units: of ADJUSTED with a sign, else not negative; ``at`` is aware.

    ``order_id`` is whose units a RESERVED, RELEASED or SHIPPED moves (None: nobody's in particular).
    Raises BadInput when the fields contradict each other.
    """

    event_id: str
    key: StockKey
    event_type: EventType
    quantity: int
    at: datetime
    order_id: str | None = None
    source: str | None = None
    reservation_id: str | None = None
    expires_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.quantity < 0 and self.event_type is not EventType.ADJUSTED:
            raise BadInput(f"Stock event {self.event_id}: {self.event_type} of {self.quantity} units.")
        if abs(self.quantity) >= _MOST_UNITS:
            raise BadInput(f"Stock event {self.event_id}: {self.quantity} units are beyond any count.")
        if self.at.tzinfo is None:
            raise BadInput(f"Stock event {self.event_id}: its instant needs a time zone.")
        if self.key.location_id == TRANSIT:
            raise BadInput(f"Stock event {self.event_id}: {TRANSIT} is no place where events happen.")

    @property
    def touches(self) -> tuple[StockKey, ...]:
        """The rows that change with this event."""
        return (self.key, self.key.transit) if EFFECTS[self.event_type].in_transit else (self.key,)
