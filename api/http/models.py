"""What comes in and goes out over HTTP: pydantic models that make the OpenAPI page and check what comes in.

Answers are written straight from the network's own dictionaries; the models of answers describe them, and
tests hold them to it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from api.http.settings import MOST_ROUTES
from api.order_models import NAME, ZIP_PREFIX, Whole, read_instant
from graph import Basis, Lane, Rank, RouteRequest, SourceKind, Weights

Instant = Annotated[
    datetime | None,
    BeforeValidator(read_instant),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]}),
]

Stamp = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
"""An instant that goes out as its text, which nobody reads again on the way."""


class WeightsIn(BaseModel):
    """What the rank `balanced` pays for: cents a day, per cent of freight, per point of lateness."""

    # Frozen, the default is shared; pydantic would copy it for every request.
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    days: float = Field(default=100.0, ge=0, le=1e6)
    freight: float = Field(default=1.0, ge=0, le=1e6)
    late: float = Field(default=50.0, ge=0, le=1e6)


class RouteQuestion(BaseModel):
    """Which routes are wanted: one of category and product, at most one of promise and probability."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "oneOf": [
                {"properties": {given: {"type": "string"}, other: {"type": "null"}}, "required": [given]}
                for given, other in (("category", "product_id"), ("product_id", "category"))
            ],
            "not": {
                "properties": {"promise_days": {"type": "number"}, "probability": {"type": "number"}},
                "required": ["promise_days", "probability"],
            },
        },
    )

    zip_prefix: str = Field(pattern=ZIP_PREFIX, description="Destination: zip prefix, or whole CEP.")
    category: str | None = Field(None, pattern=NAME, max_length=100, description="In Portuguese or English.")
    product_id: str | None = Field(None, pattern=NAME, max_length=100)
    quantity: Whole = Field(1, ge=1, le=1_000_000)
    promise_days: float | None = Field(None, gt=0, le=3_650, description="Judge routes by P(on time) for it.")
    probability: float | None = Field(
        None, gt=0, lt=1, description="Answer the shortest promise that holds with it."
    )
    rank: Annotated[Rank, Field(strict=False)] = Rank.RELIABLE
    z: float = Field(1.0, ge=0, le=100, description="Weight of the spread in mean + z sd.")
    weights: WeightsIn = WeightsIn()
    k: Whole = Field(5, ge=1, le=MOST_ROUTES, description="How many routes.")
    at: Instant = Field(None, description="Instant of purchase; default: the snapshot's as-of.")

    @model_validator(mode="after")
    def _one_of_each(self) -> RouteQuestion:
        if (self.category is None) == (self.product_id is None):
            raise ValueError("give either a category or a product_id")
        if self.promise_days is not None and self.probability is not None:
            raise ValueError("give promise_days or probability, not both")
        return self

    def to_request(self) -> RouteRequest:
        """Return the request in the network's words; BadInput when it makes no sense."""
        return RouteRequest(**vars(self) | {"weights": Weights(**vars(self.weights))})


class Closed(BaseModel):
    """A part of an answer: these members and no others."""

    model_config = ConfigDict(extra="forbid")


class Answer(Closed):
    """What every answer says: which request it is for, and what the server knew."""

    request_id: str
    snapshot_id: str
    as_of: str = Field(json_schema_extra={"format": "date-time"}, description="Nothing later is known.")


class DaysOut(Closed):
    """A distribution of days."""

    mean_days: float
    sd_days: float
    p50_days: float
    p80_days: float
    p95_days: float


class StagesOut(Closed):
    """The lead time's three stages; their means add up to the whole."""

    approval: DaysOut
    handling: DaysOut
    transit: DaysOut


class LeadTimeOut(DaysOut):
    """Purchase to customer, with the evidence it rests on."""

    basis: Basis
    n: int
    stages: StagesOut


class RouteOut(Closed):
    """One route: source, carrier, what it costs, how long it takes, why it stands where it stands."""

    rank: int = Field(ge=1)
    source_id: str
    source_kind: SourceKind
    carrier_id: str
    origin_zip_prefix: str
    distance_km: float | None
    freight_cents: int
    p_on_time: float = Field(ge=0, le=1)
    promise_days: float
    lead_time: LeadTimeOut
    why: str


class RoutesOut(Answer):
    """The best routes in order; `note` says why there are none, when there are none."""

    routes: list[RouteOut]
    note: str | None = None


class LanesOut(Answer):
    """The lanes between two regions, one a carrier."""

    from_region: str
    to_region: str
    lanes: list[Lane]


class SellerOut(Closed):
    """The seller behind a source: its effect on lead time, its handling time, and from how many packages."""

    seller_id: str
    effect_log: float | None
    handling_mean_days: float | None
    handling_var_days: float | None
    n: int | None


class SellerCarrierOut(Closed):
    """How a seller's packages fared with one carrier."""

    carrier_id: str
    n: int
    mean_days: float | None
    var_days: float | None


class SourceOut(Answer):
    """What can ship: a seller's own stock, or a warehouse holding that seller's stock."""

    source_id: str
    source_kind: SourceKind
    zip_prefix: str | None
    city: str | None
    state: str | None
    seller: SellerOut
    carriers: list[SellerCarrierOut]
    products: int = Field(description="Offers of the seller, or products that the warehouse holds for it.")
    units: int | None = Field(None, description="Units in the warehouse; null for a seller's own stock.")


class SnapshotOut(Answer):
    """The snapshot in force."""

    parameters: dict[str, Any]
    counts: dict[str, int]


class ReloadOut(Answer):
    """All workers answer from this snapshot now."""

    previous_snapshot_id: str
    workers: int = Field(ge=1)
    seconds: float


class HealthOut(Closed):
    """The process is alive, or ready."""

    status: str
