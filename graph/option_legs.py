"""The routes of an order as legs to its destination: what freight and lead time need to know of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from graph.arrays import Codes, Floats, NetworkArrays, Parcel
from graph.distance import haversine_km
from graph.freight import FreightQuery
from graph.lead_time import RouteQuery
from graph.option_sources import Bools, LineSources
from graph.orders import Order


@dataclass(frozen=True, slots=True)
class Legs:
    """The routes as legs to the destination, one row a route."""

    shipper: Codes
    carrier: Codes
    origin: Codes
    dest: int
    dest_region: int
    same_state: Bools
    distance_km: Floats
    handling_days: Floats | None

    @classmethod
    def of(
        cls, arrays: NetworkArrays, sources: LineSources, source: NDArray[np.int64], carrier: Codes, dest: int
    ) -> Self:
        """Lay the legs of routes (source index and carrier code, one each) to a zip prefix's row."""
        origin, handling = sources.origin_zip[source], sources.handling_days[source]
        lat, lng, state = arrays.zip_lat, arrays.zip_lng, arrays.zip_state
        return cls(
            sources.shipper[source],
            carrier,
            origin,
            dest,
            int(arrays.zip_region[dest]),
            (state[origin] == state[dest]) & (state[dest] >= 0),
            haversine_km(lat[origin], lng[origin], lat[dest], lng[dest]),
            None if np.isnan(handling).all() else handling,
        )

    def freight_query(self, parcel: Parcel, price_cents: Floats) -> FreightQuery:
        """Ask for the freight of one unit of a line on every route."""
        return FreightQuery(
            seller=self.shipper,
            dest_region=self.dest_region,
            carrier=self.carrier,
            same_state=self.same_state,
            distance_km=self.distance_km,
            weight_g=parcel.weight_g,
            volume_cm3=parcel.volume_cm3,
            price_cents=price_cents,
        )

    def route_query(
        self,
        arrays: NetworkArrays,
        order: Order,
        parcels: Sequence[Parcel],
        freight_cents: NDArray[np.int64],
        at_s: int,
    ) -> RouteQuery:
        """Ask for the lead time of one parcel with all lines; its category is that of the heaviest line."""
        quantity = np.array([line.quantity for line in order.lines], np.float64)

        def total(name: str) -> float:
            return float(np.array([getattr(parcel, name) for parcel in parcels]) @ quantity)

        weights = np.nan_to_num(np.array([parcel.weight_g for parcel in parcels]) * quantity)
        return RouteQuery.build(
            len(self.carrier),
            at_s,
            seller=self.shipper,
            origin_zip=self.origin,
            dest_zip=self.dest,
            origin_region=arrays.zip_region[self.origin],
            dest_region=self.dest_region,
            origin_state=arrays.zip_state[self.origin],
            dest_state=arrays.zip_state[self.dest],
            carrier=self.carrier,
            category=parcels[int(weights.argmax())].category,
            distance_km=self.distance_km,
            weight_g=total("weight_g"),
            volume_cm3=total("volume_cm3"),
            price_cents=total("price_cents"),
            freight_cents=freight_cents,
            quantity=quantity.sum(),
            n_lines=len(order.lines),
            site_handling_days=self.handling_days,
        )
