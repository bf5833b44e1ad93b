"""The routes that could carry an order: who offers its lines, by which carriers, how fast, for how much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from graph.arrays import Floats, NetworkArrays, Parcel
from graph.errors import BadInput, Fault, UnknownName
from graph.freight import Freight
from graph.law import Lines, freight_of
from graph.lead_time import LeadTimeBatch, LeadTimes
from graph.model import UNKNOWN
from graph.names import product_row, zip_row
from graph.option_legs import Legs
from graph.option_offers import Offered
from graph.option_sources import Bools, LineSources, source_id
from graph.orders import Order, OrderLine, location_of

Cents = NDArray[np.int64]

PROMISE_PROBABILITY: Final = 0.9
"""Without a promise routes are compared by the shortest one that any of them keeps with this probability."""


@dataclass(frozen=True, eq=False)
class Options:
    """The grid of routes for one order: every source that is a candidate of some line, times every carrier.

    Sizes: L lines, S sources, R = S x carriers routes, in order of (source kind, warehouse, seller,
    carrier). ``candidate`` and ``lapsed`` are (L, R): the source has the line's offer, and has not sold it
    for too long. Freight is in cents: ``package_freight`` (R,) once a package, ``unit_freight`` (L, R) for
    every unit. ``times`` has one row a route: the lead time of one parcel with all lines of the order.
    Weights and sides are of one unit, NaN where unknown.
    """

    order: Order
    source_ids: tuple[str, ...]
    carrier_ids: tuple[str, ...]
    source: NDArray[np.int64]
    carrier: NDArray[np.int64]
    candidate: Bools
    lapsed: Bools
    package_freight: Cents
    unit_freight: Cents
    distance_km: Floats
    times: LeadTimeBatch
    weight_g: Floats
    volume_cm3: Floats
    side_cm: Floats

    @cached_property
    def product_ids(self) -> tuple[str, ...]:
        """The products of the order, each once, in order of their first line."""
        return tuple(dict.fromkeys(line.product_id for line in self.order.lines))

    @cached_property
    def places(self) -> tuple[str, ...]:
        """Where each source's stock lies (S,), see ``graph.orders.location_of``."""
        return tuple(map(location_of, self.source_ids))

    @cached_property
    def promise_days(self) -> float:
        """The order's promise, or the one by which its routes are compared when it has none."""
        if self.order.promise_days is not None:
            return self.order.promise_days
        return float(self.times.quantile(PROMISE_PROBABILITY).min(initial=np.inf))

    @cached_property
    def p_on_time(self) -> Floats:
        """The probability that each route keeps that promise, (R,)."""
        return self.times.cdf(self.promise_days)


@dataclass(frozen=True, slots=True)
class OptionFinder:
    """What finding options needs: the network as arrays, its estimators, and how long an offer lasts."""

    arrays: NetworkArrays
    lead_times: LeadTimes
    freight: Freight
    offer_lapse_s: int

    def find(self, order: Order, at_s: int, more: Mapping[str, Sequence[str]] | None = None) -> Options:
        """Return the routes for an order decided at ``at_s`` (epoch seconds).

        ``more``: sources that the snapshot does not know to have a line's product, by line id (a warehouse
        that was stocked since, the recorded offer). Raises BadInput with every unknown name of the order.
        """
        dest, products = self._rows(order)
        offered = Offered.of(self.arrays, order, products)
        sources = LineSources.of(self.arrays, order, products, at_s - self.offer_lapse_s, more or {}, offered)
        parcels = [
            parcel or self.arrays.product_parcel(row)
            for row, parcel in zip(products, offered.parcels, strict=True)
        ]
        return self._options(order, dest, parcels, sources, at_s)

    def _rows(self, order: Order) -> tuple[int, list[int]]:
        arrays, faults = self.arrays, []
        rows: list[int] = []
        try:
            dest = zip_row(arrays.zip_rows, order.zip_prefix)
        except UnknownName as error:
            dest = UNKNOWN
            faults.append(_fault(order, None, "zip_prefix", error))
        for line in order.lines:
            if line.candidates and line.product_id not in arrays.product_rows:
                rows.append(UNKNOWN)
                continue
            try:
                rows.append(product_row(arrays.product_rows, arrays.product_ids, line.product_id))
            except UnknownName as error:
                faults.append(_fault(order, line, "product_id", error))
        if faults:
            raise BadInput(f"Order {order.order_id!r} names what the snapshot does not know.", faults)
        return dest, rows

    def _options(
        self, order: Order, dest: int, parcels: Sequence[Parcel], sources: LineSources, at_s: int
    ) -> Options:
        arrays = self.arrays
        carriers = len(arrays.carrier_ids)
        source = np.repeat(np.arange(len(sources.names)), carriers)
        carrier = np.tile(np.arange(carriers, dtype=np.int32), len(sources.names))
        legs = Legs.of(arrays, sources, source, carrier, dest)
        once, each = self._freight(legs, parcels, sources.price_cents[:, source])
        freight_cents = once + each.T @ np.array([line.quantity for line in order.lines])
        return Options(
            order=order,
            source_ids=tuple(source_id(name) for name in sources.names),
            carrier_ids=tuple(arrays.carrier_ids),
            source=source,
            carrier=carrier.astype(np.int64),
            candidate=sources.candidate[:, source],
            lapsed=sources.lapsed[:, source],
            package_freight=once,
            unit_freight=each,
            distance_km=legs.distance_km,
            times=self.lead_times.read(legs.route_query(arrays, order, parcels, freight_cents, at_s)),
            weight_g=np.array([parcel.weight_g for parcel in parcels]),
            volume_cm3=np.array([parcel.volume_cm3 for parcel in parcels]),
            side_cm=np.array([parcel.longest_side_cm for parcel in parcels]),
        )

    def _freight(self, legs: Legs, parcels: Sequence[Parcel], price_cents: Floats) -> tuple[Cents, Cents]:
        """Return what a route's package pays once (R,), and what it pays for each unit of a line (L, R)."""
        names = ("weight_g", "volume_cm3", "price_cents")
        lines = Lines(*(np.array([getattr(parcel, name) for parcel in parcels]) for name in names))
        return freight_of(self.freight.law, self.arrays.places, lines, legs.routes, price_cents)


def _fault(order: Order, line: OrderLine | None, column: str, error: UnknownName) -> Fault:
    row = f"{order.order_id}, line {line.line_id}" if line else order.order_id
    hint = f"Nearest known: {', '.join(error.nearest)}." if error.nearest else "Offer it with the order."
    return Fault("orders", row, column, f"unknown {error.kind}", error.name, hint)
