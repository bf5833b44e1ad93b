"""What goes out about stock: the models describe the answers, and tests hold them to it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from api.http.models import Answer, Closed


class ShortageOut(Closed):
    """What lacks where, in units."""

    product_id: str
    seller_id: str
    location_id: str
    kind: str
    needed: int
    available: int


class StockOut(Closed):
    """The stock of one place, in units; the settings are not folded from events."""

    product_id: str
    seller_id: str
    location_id: str
    current_stock: int
    reserved_stock: int
    available: int
    safety_stock: int | None
    reorder_point: int | None
    lead_time_days: float | None
    order_up_to: int | None
    last_updated_at: datetime | None


class StockPageOut(Answer):
    """A page of stock; ``next`` goes into ``after`` for the page that follows."""

    stock: list[StockOut]
    next: str | None


class EventStatus(StrEnum):
    """What became of an event."""

    BOOKED = "booked"
    DUPLICATE = "duplicate"
    REFUSED = "refused"


class EventOut(Closed):
    """What became of one event, and why it was refused."""

    event_id: str
    status: EventStatus
    why: str | None
    shortage: ShortageOut | None


class EventsOut(Answer):
    """What became of events; ``adjusted`` are shipped units that the ledger did not have, booked first."""

    booked: int
    duplicate: int
    refused: int
    events: list[EventOut]
    adjusted: list[ShortageOut]
