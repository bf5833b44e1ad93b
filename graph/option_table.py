"""The routes of thousands of orders at once, as flat arrays: for those who ask about kinds of orders.

What `OptionFinder.find` says of one order, this says of many; order by order would take a thousand times as
long. Nothing is looked up by name, and nobody is told what is wrong: codes come in, numbers go out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from graph.arrays import Codes, Floats, NetworkArrays
from graph.distance import haversine_km
from graph.freight import Freight, FreightQuery
from graph.lead_time import LeadTimes, RouteQuery
from graph.model import UNKNOWN

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_PARCEL = ("weight_g", "volume_cm3", "longest_side_cm", "price_cents")


class Estimators(Protocol):
    """A network as arrays, with what estimates lead times and freight on it."""

    @property
    def arrays(self) -> NetworkArrays:
        """The network as arrays."""
        ...

    @property
    def lead_times(self) -> LeadTimes:
        """How long a route takes."""
        ...

    @property
    def freight(self) -> Freight:
        """What a parcel pays."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """N orders of L lines: ``order`` (L,) rising, ``product`` (L,), ``quantity`` (L,), ``dest`` (N,).

    Products and destinations are rows of the node tables. ``more``: (line, warehouse, seller) codes of
    sources that the network does not know to have the product.
    """

    order: Ints
    product: Ints
    quantity: Ints
    dest: Ints
    more: tuple[tuple[int, int, int], ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class OptionTable:
    """Routes (R,) in order of (order, warehouse, seller, carrier), and pairs (P,) of a line and a route.

    ``warehouse`` is -1 where the seller ships. Freight is in cents: once a package, and of each unit of the
    line. A pair is ``lapsed`` where nobody has bought the offer for too long. Weight (g) and side (cm) are of
    one unit of a line, (L,), NaN where unknown.
    """

    order: Ints
    warehouse: Codes
    seller: Codes
    carrier: Codes
    package_freight: Ints
    mean_days: Floats
    line: Ints
    route: Ints
    unit_freight: Ints
    lapsed: Bools
    weight_g: Floats
    side_cm: Floats

    @classmethod
    def of(cls, network: Estimators, asked: Asked, at_s: int, sold_since_s: int) -> Self:
        """Lay out all routes for orders decided at ``at_s``.

        Offers last sold before ``sold_since_s`` have lapsed.
        """
        arrays, carriers = network.arrays, len(network.arrays.carrier_ids)
        line, warehouse, seller, price, lapsed = _sources(arrays, asked, sold_since_s)
        # The sources of each order, every one once, and which of them each pair is.
        width = (len(arrays.warehouse_ids) + 1) * len(arrays.seller_ids)
        own = (warehouse + 1) * len(arrays.seller_ids) + seller
        _, first, pair = np.unique(asked.order[line] * width + own, return_index=True, return_inverse=True)
        sources = _Legs.of(arrays, asked.order[line[first]], warehouse[first], seller[first], asked.dest)
        routes = sources.times(carriers)
        pairs = np.repeat(pair * carriers, carriers) + np.tile(np.arange(carriers), len(pair))
        weight_g, volume_cm3, side_cm, usual = _parcels(arrays, asked.product)
        of_line = np.repeat(line, carriers)
        price = np.repeat(np.where(np.isnan(price), usual[line], price), carriers)
        once, each = network.freight.parts(
            routes.freight_query(pairs, weight_g[of_line], volume_cm3[of_line], price)
        )
        package = np.zeros(len(routes.order), np.int64)
        package[pairs] = once
        totals = [
            np.bincount(asked.order, column * asked.quantity, len(asked.dest)).astype(np.float64)
            for column in (weight_g, volume_cm3, usual, np.ones(len(usual)))
        ]
        lines = np.bincount(asked.order, minlength=len(asked.dest))
        query = routes.route_query(arrays, totals, lines, at_s)
        return cls(
            routes.order,
            routes.warehouse,
            routes.seller,
            routes.carrier,
            package,
            network.lead_times.read(query).mean_days,
            of_line,
            pairs,
            each,
            np.repeat(lapsed, carriers),
            weight_g,
            side_cm,
        )


@dataclass(frozen=True, slots=True, eq=False)
class _Legs:
    """Sources, or routes, with the legs from their places to their orders' destinations."""

    order: Ints
    warehouse: Codes
    seller: Codes
    carrier: Codes
    shipper: Codes
    origin: Codes
    dest: Codes
    dest_region: Codes
    same_state: Bools
    distance_km: Floats
    handling_days: Floats

    @classmethod
    def of(cls, arrays: NetworkArrays, order: Ints, warehouse: Codes, seller: Codes, dest: Ints) -> Self:
        own, to = warehouse == UNKNOWN, dest[order]
        origin = np.where(own, arrays.seller_zip[seller], np.append(arrays.warehouse_zip, UNKNOWN)[warehouse])
        lat, lng, state = arrays.zip_lat, arrays.zip_lng, arrays.zip_state
        return cls(
            order,
            warehouse,
            seller,
            np.full(len(order), UNKNOWN, np.int32),
            np.where(own, seller, np.int32(UNKNOWN)).astype(np.int32),
            origin.astype(np.int32),
            to.astype(np.int32),
            arrays.zip_region[to],
            (state[origin] == state[to]) & (state[to] >= 0),
            haversine_km(lat[origin], lng[origin], lat[to], lng[to]),
            np.append(arrays.warehouse_days, np.nan)[warehouse],
        )

    def times(self, carriers: int) -> _Legs:
        """Return every source by every carrier."""
        columns = {name: np.repeat(getattr(self, name), carriers) for name in _Legs.__slots__}
        columns["carrier"] = np.tile(np.arange(carriers, dtype=np.int32), len(self.order))
        return _Legs(**columns)

    def freight_query(self, rows: Ints, weight_g: Floats, volume_cm3: Floats, price: Floats) -> FreightQuery:
        return FreightQuery(
            seller=self.shipper[rows],
            dest_region=self.dest_region[rows],
            carrier=self.carrier[rows],
            same_state=self.same_state[rows],
            distance_km=self.distance_km[rows],
            weight_g=weight_g,
            volume_cm3=volume_cm3,
            price_cents=price,
        )

    def route_query(self, arrays: NetworkArrays, totals: list[Floats], lines: Ints, at_s: int) -> RouteQuery:
        weight_g, volume_cm3, price_cents, units = (total[self.order] for total in totals)
        return RouteQuery.build(
            len(self.order),
            at_s,
            seller=self.shipper,
            origin_zip=self.origin,
            dest_zip=self.dest,
            origin_region=arrays.zip_region[self.origin],
            dest_region=self.dest_region,
            origin_state=arrays.zip_state[self.origin],
            dest_state=arrays.zip_state[self.dest],
            carrier=self.carrier,
            distance_km=self.distance_km,
            weight_g=weight_g,
            volume_cm3=volume_cm3,
            price_cents=price_cents,
            quantity=units,
            n_lines=lines[self.order],
            site_handling_days=None if np.isnan(self.handling_days).all() else self.handling_days,
        )


def _sources(
    arrays: NetworkArrays, asked: Asked, sold_since_s: int
) -> tuple[Ints, Codes, Codes, Floats, Bools]:
    """Return (line, warehouse, seller, price in cents or NaN, lapsed) of who has which line."""
    table = arrays.product_sources
    known = {product: table.index.of(product) for product in np.unique(asked.product).tolist()}
    each = [known[product] for product in asked.product.tolist()]
    rows = np.concatenate([*each, np.zeros(0, np.int64)])
    line = np.repeat(np.arange(len(each)), [len(found) for found in each])
    columns = table.warehouse[rows], table.seller[rows], table.price_cents[rows]
    lapsed = table.last_sold_s[rows] < sold_since_s
    if not asked.more:
        return line, *columns, lapsed
    more = np.array(asked.more, np.int64)
    # One that the network does not know asks what its seller asks already, if he does.
    prices = dict(zip(zip(line.tolist(), columns[1].tolist(), strict=True), columns[2].tolist(), strict=True))
    price = np.array([prices.get((at, seller), np.nan) for at, _, seller in asked.more])
    return (
        np.concatenate([line, more[:, 0]]),
        np.concatenate([columns[0], more[:, 1].astype(np.int32)]),
        np.concatenate([columns[1], more[:, 2].astype(np.int32)]),
        np.concatenate([columns[2], price]),
        np.concatenate([lapsed, np.zeros(len(more), np.bool_)]),
    )


def _parcels(arrays: NetworkArrays, product: Ints) -> list[Floats]:
    """Return weight, volume, longest side and usual price of one unit of each line."""
    every, row = np.unique(product, return_inverse=True)
    parcels = [arrays.product_parcel(int(code)) for code in every]
    return [np.array([getattr(parcel, name) for parcel in parcels])[row] for name in _PARCEL]
