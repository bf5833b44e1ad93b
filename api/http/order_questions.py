"""What comes in about orders and stock."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from api.http.settings import MOST_EVENTS
from api.order_models import MOST_LINES, Id, Instant, Moment, OrderIn, SourceId, Strict, Whole, whole
from graph.errors import BadInput
from inventory.events import EventType
from inventory.reservations import Selection

ORDER_ID = r"^[^/\x00-\x1f\x7f]*[^\s/\x00-\x1f\x7f][^/\x00-\x1f\x7f]*$"
"""An id that a path can hold."""

MOST_UNITS = 1_000_000_000

OrderId = Annotated[str, Field(pattern=ORDER_ID, max_length=100)]


class OnTimeout(StrEnum):
    """What to do where the search for the best answer reaches its limit before it has proven one."""

    HEURISTIC = "heuristic"
    ERROR = "error"


class OrderQuestion(OrderIn):
    """An order to be decided, by the server's policy if it names none."""

    order_id: OrderId
    policy: Id | None = Field(default=None, description="Policy by name.")
    on_timeout: Annotated[OnTimeout, Field(strict=False)] = Field(
        default=OnTimeout.HEURISTIC,
        description="heuristic: take the best found, `solver` says how good it is; error: `solver_stopped`.",
    )


class LineUnits(Strict):
    """So many units of a line."""

    line_id: Id
    quantity: Whole = Field(ge=1, le=MOST_UNITS)


class Seen(Strict):
    """What a change of an order may be tied to."""

    version: Annotated[int, Field(ge=0, le=2**53), BeforeValidator(whole)] | None = Field(
        default=None, description="The version you saw: no other is changed."
    )


class Extension(Seen):
    """Until when an order is to be held."""

    expires_at: Instant = Field(default=None, description="Default: as for a new order of its payment type.")


class Some(Seen):
    """What of an order is meant: a package, or lines with units; neither: all of it."""

    model_config = ConfigDict(
        json_schema_extra={
            "not": {
                "properties": {"package_id": {"type": "string"}, "lines": {"type": "array"}},
                "required": ["package_id", "lines"],
            }
        }
    )

    package_id: Id | None = None
    lines: list[LineUnits] | None = Field(default=None, min_length=1, max_length=MOST_LINES)

    @model_validator(mode="after")
    def _one_of_each(self) -> Some:
        if self.package_id is not None and self.lines is not None:
            raise ValueError("name a package or lines, not both")
        return self

    def selection(self) -> Selection:
        """Return what is meant in the ledger's words; BadInput where a line is named twice."""
        if self.lines and len({line.line_id for line in self.lines}) < len(self.lines):
            raise BadInput("Name each line once.")
        lines = {line.line_id: line.quantity for line in self.lines} if self.lines else None
        return Selection(self.package_id, lines)


class Detour(Some):
    """What of an order is to go another way."""

    exclude: list[SourceId] = Field(default_factory=list, max_length=50, description="Not from these.")


class StockEventIn(Strict):
    """One event of stock; its id makes it happen once, however often it is sent."""

    event_id: Id
    product_id: Id
    seller_id: Id
    location_id: Id = Field(description="A warehouse, or the seller's id for the seller's own place.")
    event_type: Annotated[EventType, Field(strict=False)]
    quantity: Whole = Field(ge=-MOST_UNITS, le=MOST_UNITS, description="Units; only ADJUSTED has a sign.")
    at: Moment = Field(description="When it happened.")
    order_id: Id | None = None
    source: Id | None = Field(default=None, description="Where the event comes from.")


class StockEventsIn(Strict):
    """Events in the order in which they are to be booked."""

    events: list[StockEventIn] = Field(min_length=1, max_length=MOST_EVENTS)
