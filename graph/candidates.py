"""Every route that could serve a request: sources with an active offer, times carriers that admit it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from graph.arrays import Codes, Floats, NetworkArrays, Parcel, Sources
from graph.distance import haversine_km
from graph.freight import Freight, FreightQuery
from graph.lead_time import RouteQuery
from graph.model import UNKNOWN


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request in codes: so many units of one parcel to a destination, bought at an instant.

    ``sources`` and ``group`` say which rows to look up: those of one product or of one category.
    Offers last sold before ``sold_since_s`` have lapsed.
    """

    sources: Sources
    group: int
    parcel: Parcel
    quantity: int
    dest_zip: int
    at_s: int
    sold_since_s: int


@dataclass(frozen=True, slots=True)
class Candidates:
    """Routes in columns, in order of (source kind, warehouse, seller, carrier): the last word in ties.

    ``warehouse`` is -1 where the seller ships; ``query`` asks the lead-time model about all of them.
    """

    seller: Codes
    warehouse: Codes
    carrier: Codes
    origin_zip: Codes
    distance_km: Floats
    freight_cents: NDArray[np.int64]
    query: RouteQuery

    def __len__(self) -> int:
        return len(self.seller)


def active_rows(wanted: Wanted) -> NDArray[np.int64]:
    """Return the rows of ``wanted.sources`` that can ship: not lapsed, and units enough; no source twice."""
    sources = wanted.sources
    rows = sources.index.of(wanted.group)
    able = (sources.last_sold_s[rows] >= wanted.sold_since_s) & (sources.units[rows] >= wanted.quantity)
    rows = rows[able]
    seller, warehouse = sources.seller[rows], sources.warehouse[rows]
    new = np.ones(len(rows), dtype=bool)
    new[1:] = (seller[1:] != seller[:-1]) | (warehouse[1:] != warehouse[:-1])
    return rows[new]


def admitting_carriers(arrays: NetworkArrays, parcel: Parcel, quantity: int) -> Codes:
    """Return the carriers whose limits admit the parcel; what is unknown keeps no carrier away."""
    too_heavy = parcel.weight_g * quantity > arrays.carrier_max_weight_g
    too_long = parcel.longest_side_cm > arrays.carrier_max_side_cm
    return np.flatnonzero(~(too_heavy | too_long)).astype(np.int32)


def find_candidates(arrays: NetworkArrays, freight: Freight, wanted: Wanted) -> Candidates:
    """Return all routes that could serve what is wanted, with distance, freight and lead-time query."""
    rows = active_rows(wanted)
    carriers = admitting_carriers(arrays, wanted.parcel, wanted.quantity)
    carrier = np.tile(carriers, len(rows))
    rows = np.repeat(rows, len(carriers))
    legs = _Legs.of(arrays, wanted, rows, carrier)
    freight_cents = freight.estimate(legs.freight_query(arrays, wanted))
    return Candidates(
        wanted.sources.seller[rows],
        wanted.sources.warehouse[rows],
        carrier,
        legs.origin,
        legs.distance_km,
        freight_cents,
        legs.route_query(arrays, wanted, freight_cents),
    )


@dataclass(frozen=True, slots=True)
class _Legs:
    """What freight and lead time need to know of each candidate; prices are of one unit.

    ``shipper`` is -1 for a warehouse: it packs and posts in its own way, so the habits of the seller whose
    stock it is do not count; ``handling_days`` is then the warehouse's own.
    """

    shipper: Codes
    carrier: Codes
    origin: Codes
    distance_km: Floats
    price_cents: Floats
    handling_days: Floats | None

    @classmethod
    def of(cls, arrays: NetworkArrays, wanted: Wanted, rows: NDArray[np.int64], carrier: Codes) -> Self:
        sources, dest = wanted.sources, wanted.dest_zip
        shipper, warehouse = sources.seller[rows], sources.warehouse[rows]
        origin, handling = arrays.seller_zip[shipper], None
        stored = warehouse >= 0
        if stored.any():
            origin = np.where(stored, arrays.warehouse_zip[warehouse], origin)
            handling = np.where(stored, arrays.warehouse_handling_days[warehouse], np.nan)
            shipper = np.where(stored, np.int32(UNKNOWN), shipper)
        lat, lng = arrays.zip_lat, arrays.zip_lng
        price = sources.price_cents[rows]
        return cls(
            shipper,
            carrier,
            origin,
            haversine_km(lat[origin], lng[origin], lat[dest], lng[dest]),
            np.where(np.isnan(price), wanted.parcel.price_cents, price),
            handling,
        )

    def freight_query(self, arrays: NetworkArrays, wanted: Wanted) -> FreightQuery:
        state = arrays.zip_state[wanted.dest_zip]
        return FreightQuery(
            seller=self.shipper,
            dest_region=arrays.zip_region[wanted.dest_zip],
            carrier=self.carrier,
            same_state=(arrays.zip_state[self.origin] == state) & (state >= 0),
            distance_km=self.distance_km,
            weight_g=wanted.parcel.weight_g,
            volume_cm3=wanted.parcel.volume_cm3,
            price_cents=self.price_cents,
            quantity=wanted.quantity,
        )

    def route_query(
        self, arrays: NetworkArrays, wanted: Wanted, freight_cents: NDArray[np.int64]
    ) -> RouteQuery:
        rows, parcel, quantity = len(self.shipper), wanted.parcel, float(wanted.quantity)
        return RouteQuery(
            seller=self.shipper,
            origin_zip=self.origin,
            dest_zip=np.full(rows, wanted.dest_zip, np.int32),
            origin_region=arrays.zip_region[self.origin],
            dest_region=np.full(rows, arrays.zip_region[wanted.dest_zip], np.int32),
            origin_state=arrays.zip_state[self.origin],
            dest_state=np.full(rows, arrays.zip_state[wanted.dest_zip], np.int32),
            carrier=self.carrier,
            category=np.full(rows, parcel.category, np.int32),
            payment_type=np.full(rows, UNKNOWN, np.int32),
            distance_km=self.distance_km,
            weight_g=np.full(rows, parcel.weight_g * quantity),
            volume_cm3=np.full(rows, parcel.volume_cm3 * quantity),
            price_cents=self.price_cents * quantity,
            freight_cents=freight_cents.astype(np.float64),
            quantity=np.full(rows, quantity),
            n_lines=np.ones(rows, np.int32),
            n_sellers=np.ones(rows, np.int32),
            at_s=wanted.at_s,
            site_handling_days=self.handling_days,
        )
