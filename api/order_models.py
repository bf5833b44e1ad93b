"""An order as it comes in, over HTTP or from a file: pydantic checks it and says everything that is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from api.clock import instant
from graph.errors import BadInput, Fault
from graph.orders import Order, OrderLine
from inventory.offers import Offer

MOST_LINES = 100
MOST_CANDIDATES = 100
"""The most candidates that one line may name."""

NAME = r"^[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*$"
"""Text with something to read in it: no control characters."""

SELLER = r"^[^:\x00-\x1f\x7f]*[^:\s\x00-\x1f\x7f][^:\x00-\x1f\x7f]*$"
"""The id of a seller: a name that can stand in the id of a source."""

ZIP_PREFIX = r"^\d{5}(-?\d{3})?$"

_SOURCE = r"^(seller:[^:]+|warehouse:[^:]+:.+)$"

Id = Annotated[str, Field(pattern=NAME, max_length=100)]
SellerId = Annotated[str, Field(pattern=SELLER, max_length=100)]
SourceId = Annotated[str, Field(pattern=_SOURCE, max_length=300)]
ZipPrefix = Annotated[str, Field(pattern=ZIP_PREFIX, description="Zip prefix, or whole CEP.")]


def read_instant(value: object) -> object:
    """Read an instant as the command line does: without offset it is local to Sao Paulo."""
    if isinstance(value, str):
        try:
            return instant(value, "")
        except (BadInput, OverflowError):
            raise ValueError("write 2018-06-01T12:00:00-03:00 (ISO 8601)") from None
    return value


def whole(value: object) -> object:
    """Read 5.0 as 5: JSON knows one kind of number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Moment = Annotated[datetime, BeforeValidator(read_instant)]
Instant = Annotated[datetime | None, BeforeValidator(read_instant)]
Whole = Annotated[int, BeforeValidator(whole)]


class Strict(BaseModel):
    """A model that takes nothing it does not know."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


Side = Annotated[float | None, Field(gt=0, le=10_000, description="Of one unit, in cm.")]


class CandidateIn(Strict):
    """A seller who offers a product, known to the snapshot or not.

    A seller that it does not know needs ``zip_prefix``. Category, weight and sides are read where it does not
    know the product.
    """

    seller_id: SellerId
    price_cents: Whole = Field(ge=0, le=1_000_000_000, description="Of one unit.")
    zip_prefix: ZipPrefix | None = Field(default=None, description="Where the seller ships from.")
    category: Id | None = None
    weight_g: float | None = Field(default=None, gt=0, le=10_000_000, description="Of one unit.")
    length_cm: Side = None
    height_cm: Side = None
    width_cm: Side = None

    def offer(self, product_id: str) -> Offer:
        """Return it as an offer of a product."""
        return Offer(product_id=product_id, **self.model_dump())


class LineIn(Strict):
    """One line: so many units of one product; pins and exclusions name sources."""

    line_id: Id
    product_id: Id
    quantity: Whole = Field(1, ge=1, le=1_000_000)
    pin: list[SourceId] = Field(default_factory=list, max_length=50, description="Only these may serve it.")
    exclude: list[SourceId] = Field(default_factory=list, max_length=50, description="These may not.")
    candidates: list[CandidateIn] = Field(
        default_factory=list, max_length=MOST_CANDIDATES, description="Offers beside those that are known."
    )

    def to_line(self) -> OrderLine:
        """Return the line in the words of the network."""
        return OrderLine(
            self.line_id,
            self.product_id,
            self.quantity,
            tuple(self.pin),
            tuple(self.exclude),
            tuple(one.offer(self.product_id).candidate() for one in self.candidates),
        )


class DestinationIn(Strict):
    """Where the order goes."""

    zip_prefix: ZipPrefix


class LimitsIn(Strict):
    """What the customer allows."""

    max_packages: Annotated[int, Field(ge=1, le=MOST_LINES), BeforeValidator(whole)] | None = None


class ChoiceIn(Strict):
    """A source and a carrier."""

    source_id: SourceId
    carrier_id: Id


class OrderIn(Strict):
    """An order to be decided."""

    order_id: Id
    destination: DestinationIn
    lines: list[LineIn] = Field(min_length=1, max_length=MOST_LINES)
    purchased_at: Instant = Field(None, description="Instant of purchase; default: the snapshot's.")
    payment_type: Id | None = Field(None, description="How it is paid; says how long its stock is held.")
    promise_days: float | None = Field(None, gt=0, le=3_650, description="The promise, from purchase.")
    together: list[list[Id]] = Field(default_factory=list, description="Lines that travel in one package.")
    limits: LimitsIn = Field(default_factory=lambda: LimitsIn(max_packages=None))
    earlier: dict[str, ChoiceIn] = Field(default_factory=dict, description="The choice in force, by line.")

    def to_order(self) -> Order:
        """Return the order in the words of the network; BadInput with what its fields contradict."""
        return Order(
            order_id=self.order_id,
            zip_prefix=self.destination.zip_prefix,
            lines=tuple(line.to_line() for line in self.lines),
            purchased_at=self.purchased_at,
            promise_days=self.promise_days,
            together=tuple(tuple(group) for group in self.together),
            max_packages=self.limits.max_packages,
            earlier={line: (made.source_id, made.carrier_id) for line, made in self.earlier.items()},
        )


def order_of(document: Any, table: str, row: int | str) -> Order:
    """Return the order that a JSON value describes; BadInput has every fault, placed at table and row."""
    try:
        return OrderIn.model_validate(document).to_order()
    except ValidationError as error:
        raise BadInput(f"{table}, row {row} is no order.", tuple(_faults(error, table, row))) from None
    except BadInput as error:
        raise BadInput(error.message, [_placed(fault, table, row) for fault in error.faults]) from None


def _faults(error: ValidationError, table: str, row: int | str) -> Iterator[Fault]:
    for found in error.errors(include_url=False, include_context=False):
        value = found["input"]
        shown = "" if isinstance(value, dict | list) else str(value)[:80]
        yield Fault(table, row, ".".join(map(str, found["loc"])), found["msg"], shown, "Correct the order.")


def _placed(fault: Fault, table: str, row: int | str) -> Fault:
    column = fault.column if fault.row is None else f"{fault.row}: {fault.column}"
    return Fault(table, row, column, fault.kind, fault.value, fault.remedy)
