"""What goes out about a decision: the models describe the answers, and tests hold them to it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from api.http.models import Closed, Stamp
from graph import Basis
from optimizer.words import Engine, Reason, Status, Term
from replay.decision import Served

Cents = Annotated[dict[Term, int], Field(description="Cents by cost term.")]


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
    alternatives: list[AlternativeOut] = Field(default_factory=list)
    rejected: list[RejectedOut] = Field(default_factory=list)
    would_win_from_quantity: list[FromQuantity] = Field(default_factory=list)


class BreakEvenOut(RouteName):
    """A route that would win these lines at a lower freight."""

    lines: list[str]
    freight_cents: int
    would_win_if: FreightBelow


class DecisionOut(Closed):
    """A decision with everything that explains it."""

    decision_id: str
    order_id: str
    at: Stamp
    ready_at: Stamp | None = None
    snapshot_id: str
    as_of: Stamp
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
    left_out: list[str] = Field(default_factory=list)


class PreviewOut(DecisionOut):
    """A decision that holds nothing."""

    request_id: str
    stock: StockBasis
