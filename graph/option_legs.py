"""The routes of an order as legs to its destination: what freight and lead time need to know of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from graph.arrays import Codes, Floats, NetworkArrays, Parcel
from graph.distance import haversine_km
from graph.law import Routes
from graph.lead_time import RouteQuery
from graph.model import UNKNOWN
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
    distance_km: Floats
    handling_days: Floats | None
    assumed: Bools

    @classmethod
    def of(
        cls, arrays: NetworkArrays, sources: LineSources, source: NDArray[np.int64], carrier: Codes, dest: int
    ) -> Self:
        """Lay the legs of routes (source index and carrier code, one each) to a zip prefix's row."""
        origin, handling = sources.origin_zip[source], sources.handling_days[source]
        lat, lng = arrays.zip_lat, arrays.zip_lng
        return cls(
            sources.shipper[source],
            carrier,
            origin,
            dest,
            int(arrays.zip_region[dest]),
            haversine_km(lat[origin], lng[origin], lat[dest], lng[dest]),
            None if np.isnan(handling).all() else handling,
            sources.assumed[source],
        )

    @property
    def routes(self) -> Routes:
        """What freight needs to know of the routes."""
        return Routes(self.dest, self.shipper, self.origin, self.carrier, self.distance_km)

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
        routes = len(self.carrier)

        def codes(code: int) -> Codes:
            return np.full(routes, code, np.int32)

        return RouteQuery(
            seller=self.shipper,
            origin_zip=self.origin,
            dest_zip=codes(self.dest),
            origin_region=arrays.zip_region[self.origin],
            dest_region=codes(self.dest_region),
            origin_state=arrays.zip_state[self.origin],
            dest_state=codes(int(arrays.zip_state[self.dest])),
            carrier=self.carrier,
            category=codes(parcels[int(weights.argmax())].category),
            payment_type=codes(UNKNOWN),
            distance_km=self.distance_km,
            weight_g=np.full(routes, total("weight_g")),
            volume_cm3=np.full(routes, total("volume_cm3")),
            price_cents=np.full(routes, total("price_cents")),
            freight_cents=freight_cents.astype(np.float64),
            quantity=np.full(routes, quantity.sum()),
            n_lines=codes(len(order.lines)),
            n_sellers=codes(1),
            at_s=at_s,
            site_handling_days=self.handling_days,
            assumed=self.assumed if self.assumed.any() else None,
        )
