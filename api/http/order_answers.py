"""What goes out about orders and stock: the models describe the answers, and tests hold them to it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from api.http.models import Answer
from api.http.order_questions import OrderQuestion
from graph import Basis
from inventory.states import OrderState
from optimizer.words import Engine, Reason, Status, Term
from replay.decision import Served


class Closed(BaseModel):
    """A part of an answer: these members and no others."""

    model_config = ConfigDict(extra="forbid")


Cents = Annotated[dict[Term, int], Field(description="Cents by cost term.")]
Text = Annotated[str, Field(json_schema_extra={"format": "date-time"})]


class StockBasis(StrEnum):
    """On which stock an order was decided."""

    LEDGER = "ledger"
    UNLIMITED = "unlimited"


class PolicyOut(Closed):
    """The policy that decided, and the digest of its settings."""

    name: str
    version: str
    digest: str


class SolverOut(Closed):
    """What answered, and how close to the best it is proven to be."""

    engine: Engine
    status: Status
    bound_cents: float | None
    gap: float | None
    repeatable: bool


class RouteName(Closed):
    """A source and a carrier; both null for units that nobody serves."""

    source_id: str | None
    carrier_id: str | None


class SpreadOut(Closed):
    """Days; of a whole order, the largest of its packages."""

    mean_days: float
    p50_days: float
    p80_days: float
    p95_days: float


class EvidenceOut(SpreadOut):
    """Days of one package, with what they rest on."""

    sd_days: float
    basis: Basis
    n: int


class PackageOut(RouteName):
    """One package: all lines that one source sends with one carrier."""

    package_id: str
    distance_km: float | None
    p_on_time: float
    wait_days: float = 0.0
    lead_time: EvidenceOut
    cost: Cents


class PartOut(RouteName):
    """So many units of a line, by one route."""

    quantity: int
    package_id: str | None
    cost: Cents


class FreightBelow(Closed):
    """The route wins if its freight falls below this."""

    freight_cents_below: int


class AlternativeOut(RouteName):
    """What another choice for this line would cost more; ``exact``: proven by solving again."""

    rank: int
    cost_delta_cents: int
    exact: bool
    mean_days: float | None = None
    p_on_time: float | None = None
    freight_cents: int | None = None
    would_win_if: FreightBelow | None = None


class ReasonOut(Closed):
    """Why a route cannot serve a line, in numbers where there are any."""

    code: Reason
    needed: float | None
    available: float | None


class RejectedOut(RouteName):
    """A route that cannot serve a line; without reasons where none could be proven."""

    reasons: list[ReasonOut]


class FromQuantity(RouteName):
    """The route wins from so many units on."""

    quantity: int


class LineOut(Closed):
    """What becomes of a line."""

    line_id: str
    product_id: str
    quantity: int
    status: Served
    parts: list[PartOut]
    decided_by: str | None = None
    alternatives: list[AlternativeOut] = []
    rejected: list[RejectedOut] = []
    would_win_from_quantity: list[FromQuantity] = []


class BreakEvenOut(RouteName):
    """A route that would win these lines at a lower freight."""

    lines: list[str]
    freight_cents: int
    would_win_if: FreightBelow


class DecisionOut(Closed):
    """A decision with everything that explains it."""

    decision_id: str
    order_id: str
    at: Text
    ready_at: Text | None = None
    snapshot_id: str
    as_of: Text
    policy: PolicyOut
    price_version: str | None
    status: Served
    promise_days: float
    p_on_time: float
    lead_time: SpreadOut | None
    cost_cents: int
    cost: Cents
    solver: SolverOut
    packages: list[PackageOut]
    lines: list[LineOut]
    break_evens: list[BreakEvenOut]
    left_out: list[str] = []


class PreviewOut(DecisionOut):
    """A decision that holds nothing."""

    request_id: str
    stock: StockBasis


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


class ShortageOut(Closed):
    """What lacks where, in units."""

    product_id: str
    seller_id: str
    location_id: str
    kind: str
    needed: int
    available: int


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
