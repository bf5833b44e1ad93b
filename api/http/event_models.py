"""CloudEvents as they come in, and what became of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import BaseModel, Field, RootModel

from api.http.models import Answer, Closed
from api.http.order_questions import MOST_UNITS, ORDER_ID
from api.http.settings import MOST_EVENTS
from api.http.stock_answers import EventStatus
from api.order_models import NAME, Id, SellerId, Strict, Whole, ZipPrefix
from replay.stream.events import ID_MOST

Cloud = dict[str, Any]
Name = Annotated[str, Field(pattern=NAME, max_length=ID_MOST)]
Cents = Annotated[Whole, Field(ge=0, le=1_000_000_000)]
Seconds = Annotated[Whole, Field(ge=0, le=2**40)]


class CloudEventsIn(RootModel[Cloud | Annotated[list[Cloud], Field(min_length=1, max_length=MOST_EVENTS)]]):
    """One event of CloudEvents 1.0 (JSON), or a list of them; each is taken or refused by itself."""

    @property
    def events(self) -> list[Cloud]:
        """The events, in their order."""
        return self.root if isinstance(self.root, list) else [self.root]


class Envelope(BaseModel):
    """What an event is known by: texts that a log can hold, and a line of output show."""

    id: Name
    source: Name
    subject: Name = Field(pattern=ORDER_ID)


class CloudEventOut(Closed):
    """What became of one event, and why it was refused."""

    id: str
    status: EventStatus
    why: str | None


class CloudEventsOut(Answer):
    """What became of events, in their order."""

    booked: int
    duplicate: int
    refused: int
    events: list[CloudEventOut]


class Purchased(Strict):
    """A line that was bought, or a seller's share of it; ``part`` is its id, cents are of all units."""

    part: Id
    product_id: Id
    seller_id: SellerId
    zip_prefix: ZipPrefix
    quantity: Annotated[Whole, Field(ge=1, le=MOST_UNITS)] | None = None
    price_cents: Cents = 0
    freight_cents: Cents = 0
    promised_s: Seconds | None = None


class Registered(Strict):
    """A payment; ``part`` is its number."""

    part: Id
    payment_type: Id
    value_cents: Cents


class Approved(Strict):
    """The payment is there; ``part`` is a line, or nothing for the whole order."""

    part: Id | None = None
    product_id: Id | None = None
    seller_id: SellerId | None = None
    shipping_limit_s: Seconds | None = None


class Sent(Strict):
    """What one seller sends has left, or has arrived; ``part`` is the seller."""

    part: SellerId
    carrier_id: Id | None = None
    warehouse_id: Id | None = None


class Reviewed(Strict):
    """A review; ``part`` is its id."""

    part: Id
    score: Annotated[Whole, Field(ge=1, le=5)]


class Moved(Strict):
    """Units of stock; ``part`` is the order that moved them. The subject is the stock event's id."""

    part: Id | None = None
    product_id: Id
    seller_id: Id
    location_id: Id
    event_type: str
    quantity: Whole = Field(ge=-MOST_UNITS, le=MOST_UNITS)
    source: Id | None = None


DATA: Final[Mapping[str, type[Strict]]] = {
    "OrderPurchased": Purchased,
    "PaymentRegistered": Registered,
    "OrderApproved": Approved,
    "HandedToCarrier": Sent,
    "Delivered": Sent,
    "Reviewed": Reviewed,
    "StockMoved": Moved,
}
"""What ``data`` holds, by kind of event."""
