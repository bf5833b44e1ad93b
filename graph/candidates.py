"""Every route that could serve a request: sources with an active offer, times carriers that admit it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from graph.arrays import Codes, Floats, NetworkArrays, Parcel, Sources
from graph.freight import Freight
from graph.law import Ask, Shared, sweep
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


def admitting_carriers(arrays: NetworkArrays, parcel: Parcel, quantity: int) -> Codes:
    """Return the carriers whose limits admit the parcel; what is unknown keeps no carrier away."""
    weight_g, side_cm = parcel.weight_g * quantity, parcel.longest_side_cm
    limits = zip(arrays.carrier_max_weight_g.tolist(), arrays.carrier_max_side_cm.tolist(), strict=True)
    admitting = [
        code for code, (most_g, most_cm) in enumerate(limits) if not (weight_g > most_g or side_cm > most_cm)
    ]
    return np.array(admitting, np.int32)


def find_candidates(arrays: NetworkArrays, freight: Freight, wanted: Wanted) -> Candidates:
    """Return all routes that could serve what is wanted, with distance, freight and lead-time query."""
    sources, parcel, quantity, dest = wanted.sources, wanted.parcel, wanted.quantity, wanted.dest_zip
    found = sweep(
        sources.index.of(wanted.group),
        admitting_carriers(arrays, parcel, quantity),
        sources.goods,
        arrays.places,
        freight.law,
        Ask(dest, quantity, wanted.sold_since_s, parcel.weight_g, parcel.volume_cm3, parcel.price_cents),
        Shared(
            np.array(
                [dest, arrays.zip_region[dest], arrays.zip_state[dest], parcel.category, UNKNOWN, 1],
                np.int32,
            ),
            np.array([parcel.weight_g * quantity, parcel.volume_cm3 * quantity, quantity]),
        ),
    )
    seller, warehouse, carrier, shipper, origin, region, state, *shared = found.codes
    dest_zip, dest_region, dest_state, category, no_payment_yet, one = shared
    distance_km, price_cents, handling_days, weight_g, volume_cm3, quantities = found.numbers
    query = RouteQuery(
        seller=shipper,
        origin_zip=origin,
        dest_zip=dest_zip,
        origin_region=region,
        dest_region=dest_region,
        origin_state=state,
        dest_state=dest_state,
        carrier=carrier,
        category=category,
        payment_type=no_payment_yet,
        distance_km=distance_km,
        weight_g=weight_g,
        volume_cm3=volume_cm3,
        price_cents=price_cents * quantity,
        freight_cents=found.cents.astype(np.float64),
        quantity=quantities,
        n_lines=one,
        n_sellers=one,
        at_s=wanted.at_s,
        site_handling_days=handling_days,
        assumed=arrays.assumed(warehouse) if arrays.any_assumed else None,
    )
    return Candidates(seller, warehouse, carrier, origin, distance_km, found.cents, query)
