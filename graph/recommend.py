"""The best routes for a request: all candidates read at once, put in a total order, the first k told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import isnan

from graph.arrays import NetworkArrays
from graph.candidates import Candidates, Wanted, find_candidates
from graph.choice import Chosen, choose
from graph.days import DAY_S, LOCAL
from graph.errors import BadInput
from graph.explain import Facts, why
from graph.freight import Freight
from graph.lead_time import LeadTime, LeadTimeBatch, LeadTimes
from graph.model import SnapshotMeta, SourceKind
from graph.names import category_row, product_row, zip_row
from graph.route import Recommendation, Route, RouteRequest


@dataclass(frozen=True, slots=True)
class Recommender:
    """What answering needs: the network as arrays, its two estimators, and how long an offer lasts unsold."""

    arrays: NetworkArrays
    lead_times: LeadTimes
    freight: Freight
    meta: SnapshotMeta
    offer_lapse_s: int

    def recommend(self, request: RouteRequest) -> Recommendation:
        """Return the k best routes; no route is left out of the comparison.

        Ties are broken by freight, distance, and then source kind (seller first), warehouse, seller and
        carrier in order of their ids. Raises UnknownName and BadInput.
        """
        wanted = self.wanted(request)
        found = find_candidates(self.arrays, self.freight, wanted)
        meta = self.meta
        if not len(found):
            return Recommendation(meta.snapshot_id, meta.as_of, (), 0, self._why_none(wanted))
        times = self.lead_times.read(found.query)
        # The first is compared with the second, all others with the first.
        chosen = choose(request, times, found.freight_cents, found.distance_km, max(request.k, 2))
        routes = self._routes(request, found, times, chosen)
        return Recommendation(meta.snapshot_id, meta.as_of, routes, len(found))

    def wanted(self, request: RouteRequest) -> Wanted:
        """Put a request into codes; UnknownName proposes the nearest known names."""
        arrays, at_s = self.arrays, self.instant(request.at)
        dest = zip_row(arrays.zip_rows, request.zip_prefix)
        if request.product_id is not None:
            group = product_row(arrays.product_rows, arrays.product_ids, request.product_id)
            sources, parcel = arrays.product_sources, arrays.product_parcel(group)
        else:
            group = category_row(arrays.category_rows, request.category or "")
            sources, parcel = arrays.category_sources, arrays.category_parcel(group)
        return Wanted(sources, group, parcel, request.quantity, dest, at_s, at_s - self.offer_lapse_s)

    def instant(self, at: datetime | None) -> int:
        """Return the instant in seconds; a naive stamp is local to Sao Paulo, the earlier where ambiguous."""
        if at is None:
            return self.meta.as_of_s
        at_s = int((at if at.tzinfo else at.replace(tzinfo=LOCAL)).timestamp())
        if at_s < self.meta.as_of_s:
            raise BadInput(
                f"The snapshot knows events up to {self.meta.as_of.isoformat()}, which is later than "
                f"{at.isoformat()}: ask for a later instant, or build a snapshot as of an earlier one."
            )
        return at_s

    def _routes(
        self, request: RouteRequest, found: Candidates, times: LeadTimeBatch, chosen: Chosen
    ) -> tuple[Route, ...]:
        told, routes = times.told(chosen.rows), []
        facts = _facts(found, chosen, told)
        for place, row in enumerate(chosen.rows[: request.k].tolist(), 1):
            own, time = facts[place - 1], told[place - 1]
            other = facts[0] if place > 1 else facts[1] if len(facts) > 1 else None
            routes.append(self._route(place, row, found, time, own, why(request, place, own, other)))
        return tuple(routes)

    def _route(
        self, place: int, row: int, found: Candidates, time: LeadTime, facts: Facts, sentence: str
    ) -> Route:
        arrays = self.arrays
        seller, warehouse = arrays.seller_ids[found.seller[row]], int(found.warehouse[row])
        stored = warehouse >= 0
        return Route(
            rank=place,
            source_id=f"warehouse:{arrays.warehouse_ids[warehouse]}:{seller}"
            if stored
            else f"seller:{seller}",
            source_kind=SourceKind.WAREHOUSE if stored else SourceKind.SELLER,
            carrier_id=arrays.carrier_ids[found.carrier[row]],
            origin_zip_prefix=arrays.zip_prefixes[found.origin_zip[row]],
            distance_km=None if isnan(facts.distance_km) else facts.distance_km,
            freight_cents=facts.freight_cents,
            p_on_time=facts.p_on_time,
            promise_days=facts.promise_days,
            lead_time=time,
            why=sentence,
        )

    def _why_none(self, wanted: Wanted) -> str:
        rows = wanted.sources.index.of(wanted.group)
        if not len(rows):
            return "No seller has ever sold this before the snapshot's as-of."
        if not (wanted.sources.last_sold_s[rows] >= wanted.sold_since_s).any():
            days = self.offer_lapse_s // DAY_S
            return f"All offers have lapsed: none was sold in the {days} days before the instant asked for."
        return "No carrier's limits admit the parcel."


def _facts(found: Candidates, chosen: Chosen, times: list[LeadTime]) -> list[Facts]:
    """Return the numbers of the chosen candidates; ``times`` are theirs."""
    rows = chosen.rows
    columns = (*chosen[1:], found.freight_cents[rows], found.distance_km[rows])
    values = zip(*(column.tolist() for column in columns), times, strict=True)
    return [
        Facts(score, time.mean_days, time.sd_days, promise, p_on_time, cents, km, time.basis, time.n)
        for score, promise, p_on_time, cents, km, time in values
    ]
