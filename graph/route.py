"""What is asked of a network, and the routes it answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from graph.errors import BadInput
from graph.lead_time import LeadTime
from graph.lead_time.journeys import STAGES
from graph.model import Basis, Rank, SourceKind

DEFAULT_PROBABILITY: Final = 0.9
"""The probability of a promise when the request names neither a promise nor a probability."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What the ``balanced`` rank pays for, so that its score is in cents.

    ``days``: cents per expected day; ``freight``: cents per cent of freight; ``late``: cents per percentage
    point of the probability to miss the promise (the same for all routes unless a promise is given).
    """

    days: float = 100.0
    freight: float = 1.0
    late: float = 50.0

    def __post_init__(self) -> None:
        given = (self.days, self.freight, self.late)
        if not all(0 <= weight < float("inf") for weight in given) or not any(given):
            raise BadInput(f"Weights must be 0 or more, and not all 0: {self}.")


@dataclass(frozen=True, slots=True)
class RouteRequest:
    """Which routes are wanted.

    Exactly one of ``category`` (Portuguese or English name) and ``product_id``; at most one of
    ``promise_days`` (the promise to judge routes by) and ``probability`` (the certainty that the promise
    must have). ``zip_prefix`` may be a whole CEP. ``z`` counts in ``reliable`` without a promise;
    ``weights`` in ``balanced``. ``at`` is the instant of purchase (default: the snapshot's ``as_of``).
    BadInput says what is wrong.
    """

    zip_prefix: str
    category: str | None = None
    product_id: str | None = None
    quantity: int = 1
    promise_days: float | None = None
    probability: float | None = None
    rank: Rank = Rank.RELIABLE
    z: float = 1.0
    weights: Weights = field(default_factory=Weights)
    k: int = 5
    at: datetime | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "rank", _rank(self.rank))
        if (self.category is None) == (self.product_id is None):
            raise BadInput("Give either a category or a product.")
        if self.promise_days is not None and self.probability is not None:
            raise BadInput("Give a promise in days or a probability, not both.")
        wrong = [
            (self.quantity < 1, "The quantity must be at least 1."),
            (self.k < 1, "k must be at least 1."),
            (not 0 <= self.z < float("inf"), "z must be 0 or more."),
            (
                self.promise_days is not None and not 0 < self.promise_days < float("inf"),
                "A promise must be more than 0 days.",
            ),
            (
                self.probability is not None and not 0 < self.probability < 1,
                "A probability lies between 0 and 1.",
            ),
        ]
        if faults := [text for bad, text in wrong if bad]:
            raise BadInput(" ".join(faults))


def _rank(name: str) -> Rank:
    try:
        return Rank(name)
    except ValueError:
        raise BadInput(f"Unknown rank {name!r}: one of {', '.join(Rank)}.") from None


class Route(NamedTuple):
    """One way from a source to the destination, and why it stands at its rank.

    ``promise_days`` is the promise that was given, or the shortest that holds with the wanted probability;
    ``p_on_time`` is the probability to keep it. ``distance_km`` is None where coordinates are unknown.
    """

    rank: int
    source_id: str
    source_kind: SourceKind
    carrier_id: str
    origin_zip_prefix: str
    distance_km: float | None
    freight_cents: int
    p_on_time: float
    promise_days: float
    lead_time: LeadTime
    why: str

    def to_dict(self) -> dict[str, Any]:
        """Return the route as JSON values."""
        lead_time = self.lead_time
        return {
            "rank": self.rank,
            "source_id": self.source_id,
            "source_kind": str(self.source_kind),
            "carrier_id": self.carrier_id,
            "origin_zip_prefix": self.origin_zip_prefix,
            "distance_km": self.distance_km,
            "freight_cents": self.freight_cents,
            "p_on_time": self.p_on_time,
            "promise_days": self.promise_days,
            "lead_time": {
                **_days(lead_time),
                "basis": str(lead_time.basis),
                "n": lead_time.n,
                "stages": dict(zip(STAGES, map(_days, lead_time.stages), strict=True)),
            },
            "why": self.why,
        }


def _days(time: LeadTime) -> dict[str, float]:
    return {
        "mean_days": time.mean_days,
        "sd_days": time.sd_days,
        "p50_days": time.p50_days,
        "p80_days": time.p80_days,
        "p95_days": time.p95_days,
    }


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The best routes in order; ``note`` says in a sentence why there are none, when there are none.

    It can be read like a sequence of routes. ``candidates`` counts all routes that were compared.
    """

    snapshot_id: str
    as_of: datetime
    routes: tuple[Route, ...]
    candidates: int
    note: str | None = None

    def __iter__(self) -> Iterator[Route]:
        return iter(self.routes)

    def __len__(self) -> int:
        return len(self.routes)

    def __getitem__(self, position: int) -> Route:
        return self.routes[position]

    def to_dict(self) -> dict[str, Any]:
        """Return ``{snapshot_id, as_of, routes[]}`` as JSON values; ``note`` only where there is no route."""
        note: Mapping[str, str] = {"note": self.note} if self.note else {}
        return {
            "snapshot_id": self.snapshot_id,
            "as_of": self.as_of.isoformat(),
            "routes": [route.to_dict() for route in self.routes],
            **note,
        }


@dataclass(frozen=True, slots=True)
class Lane:
    """One region pair and carrier: its reference parcel takes so many days from purchase to customer.

    ``stale``: its forecasts, or those of its state pair, have erred in one direction since ``stale_since``.
    """

    from_region: str
    to_region: str
    carrier_id: str
    mean_days: float
    var_days: float
    p50_days: float
    p80_days: float
    p95_days: float
    transit_mean_days: float
    transit_var_days: float
    n: int
    basis: Basis
    distance_km: float | None
    freight_cents_per_kg: float | None
    last_seen: datetime
    stale: bool
    stale_since: datetime | None
