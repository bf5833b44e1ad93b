"""What goes out about orders: the models describe the answers, and tests hold them to it."""

from __future__ import annotations

from datetime import datetime

from api.http.decision_answers import DecisionOut, PolicyOut, PreviewOut
from api.http.models import Answer, Closed
from api.http.order_questions import OrderQuestion
from api.http.stock_answers import ShortageOut
from inventory.states import OrderState


class ReservationOut(Closed):
    """What holds the stock of an order."""

    reservation_id: str
    state: OrderState
    version: int
    expires_at: datetime | None


class TakenOut(PreviewOut):
    """A decision and what holds its stock."""

    reservation: ReservationOut


class HeldPartOut(Closed):
    """Units of a line from one place: ``quantity`` = open + handed over + released + lapsed."""

    line_id: str
    package_id: str
    source_id: str
    carrier_id: str
    product_id: str
    seller_id: str
    location_id: str
    quantity: int
    open: int
    handed_over: int
    delivered: int
    returned: int
    released: int
    lapsed: int


class OrderOut(Answer, ReservationOut):
    """Where an order stands."""

    order_id: str
    created_at: datetime
    updated_at: datetime
    parts: list[HeldPartOut]


class ShownOut(OrderOut):
    """Where an order stands, and the last decision about it."""

    decision_id: str | None
    policy: PolicyOut | None


class HandedOverOut(OrderOut):
    """An order after its hand-over; ``adjusted`` are units that the ledger did not have, booked first."""

    adjusted: list[ShortageOut]


class DecidedOut(OrderOut):
    """An order after it was looked at again; ``decision`` is null where it keeps what it had."""

    decision: DecisionOut | None


class RecordOut(DecisionOut):
    """A decision as it was stored, with the order as it was asked for."""

    order: OrderQuestion


class WhyOut(Answer):
    """The last decision about an order, and the ids of all."""

    record: RecordOut
    decision_ids: list[str]
