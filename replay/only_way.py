"""Orders that can go one way only: what the desk would say of them, worked out for a whole day in one pass.

Nine of ten orders of the real history are one line that one seller offers. There is nothing to search then,
so nothing is: days, freight and costs come from the same models and the same `Costs` as the desk's, and a
test holds them equal to the bit. Whatever could make it a matter of choice after all (a second place with
units, limits, a price above that of leaving it) is asked at the order, and sends it to the desk.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import polars as pl

from graph.arrays import NetworkArrays
from graph.days import DAY_S, day_of
from graph.distance import haversine_km
from graph.law import Lines, Routes, unit_freight
from graph.lead_time import RouteQuery
from graph.model import UNKNOWN
from graph.options import PROMISE_PROBABILITY
from replay.moving import MovingNetwork
from replay.recorded import Past
from replay.ways import Way

_CARRIERS: Final = 1


class Singles:
    """The orders of a span with one line, one seller who offers it at that second, and no other route."""

    def __init__(self, past: Past, span_s: tuple[int, int], network: MovingNetwork) -> None:
        self._network = network
        found = _found(past, span_s) if _is_plain(network.arrays) else _found(past, (0, 0))
        self._found = found.with_columns(
            day=day_of(pl.col("purchased_s")),
            **{
                name: pl.col(column).replace_strict(dict(rows), default=UNKNOWN, return_dtype=pl.Int32)
                for name, column, rows in (
                    ("product", "product_id", network.arrays.product_rows),
                    ("seller", "seller_id", network.arrays.seller_rows),
                    ("dest", "zip_prefix", network.arrays.zip_rows),
                )
            },
        ).filter((pl.col("dest") != UNKNOWN) & (pl.col("seller") != UNKNOWN))

    def of_day(self, at_s: int) -> Mapping[str, Way]:
        """Return the ways of the orders of a day by order id, once the network has begun it."""
        rows = self._found.filter(pl.col("day") == day_of(at_s))
        if rows.is_empty() or self._network.freight.tariffs is not None:
            return {}
        columns = self._ways(rows)
        return dict(zip(rows["order_id"], map(Way._make, zip(*columns, strict=True)), strict=True))

    def _ways(self, rows: pl.DataFrame) -> tuple[list[float], list[float], list[float | None], list[int]]:
        network, arrays = self._network, self._network.arrays
        product, seller, dest = (rows[name].to_numpy(writable=True) for name in ("product", "seller", "dest"))
        price, units = (rows[name].cast(pl.Float64).to_numpy(writable=True) for name in ("price", "quantity"))
        origin = arrays.seller_zip[seller]
        lat, lng = arrays.zip_lat, arrays.zip_lng
        km = haversine_km(lat[origin], lng[origin], lat[dest], lng[dest])
        weight_g, volume_cm3 = arrays.sizes_of(product)[:, :2].T
        carrier = np.zeros(len(rows), np.int32)
        cents = unit_freight(
            network.freight.law,
            arrays.places,
            dest,
            Routes(UNKNOWN, seller, origin, carrier, km),
            Lines(weight_g.copy(), volume_cm3.copy(), price),
        )
        query = RouteQuery.build(
            len(rows),
            rows["purchased_s"].to_numpy(),
            seller=seller,
            origin_zip=origin,
            dest_zip=dest,
            origin_region=arrays.zip_region[origin],
            dest_region=arrays.zip_region[dest],
            origin_state=arrays.zip_state[origin],
            dest_state=arrays.zip_state[dest],
            carrier=carrier,
            distance_km=km,
            weight_g=weight_g * units,
            volume_cm3=volume_cm3 * units,
            price_cents=price * units,
            quantity=units,
        )
        times = network.lead_times.read(query)
        promise = rows["promise_s"].to_numpy() / DAY_S
        told = promise > 0
        p_on_time = times.cdf(np.where(told, promise, times.quantile(PROMISE_PROBABILITY)))
        return (
            times.mean_days.tolist(),
            times.var_days.tolist(),
            [p if known else None for p, known in zip(p_on_time.tolist(), told.tolist(), strict=True)],
            cents.tolist(),
        )


def _is_plain(arrays: NetworkArrays) -> bool:
    """Say whether a source is a route without conditions: one carrier, that takes everything at any hour."""
    return (
        len(arrays.carrier_ids) == _CARRIERS
        and arrays.pickups.always
        and bool(np.isinf(arrays.carrier_max_weight_g).all() and np.isinf(arrays.carrier_max_side_cm).all())
    )


def _found(past: Past, span_s: tuple[int, int]) -> pl.DataFrame:
    """Return order_id, purchased_s, promise_s, product_id, seller_id, zip_prefix, quantity, price in cents.

    ``promise_s``: the promise in seconds from the purchase; 0 without one.
    """
    bought = pl.col("purchased_s").is_between(*span_s, closed="left")
    lines = past.lines.filter(bought & (pl.len().over("order_id") == 1))
    offers = past.tables["offers"].select("product_id", pl.int_range(pl.len()).alias("other"))
    first = past.sales.group_by(pl.col("offer").alias("other")).agg(first_s=pl.min("at_s"))
    known = (pl.col("first_s") < pl.col("purchased_s")) | (pl.col("other") == pl.col("offer"))
    alone = (
        lines.select("order_id", "purchased_s", "product_id", "offer")
        .join(offers.join(first, "other"), "product_id")
        .filter(known)
        .group_by("order_id")
        .agg(sellers=pl.len())
        .filter(pl.col("sellers") == 1)
    )
    here = pl.col("warehouse_id").fill_null("") == ""
    before = past.sales.with_columns(at_s=pl.col("at_s") + 1).sort("at_s")  # strictly before the purchase
    return (
        lines.filter(here)
        .join(alone, "order_id", "semi")
        .sort("purchased_s", "order_id")
        .join_asof(
            before.rename({"price_cents": "told"}),
            left_on="purchased_s",
            right_on="at_s",
            by="offer",
            check_sortedness=False,
        )
        .select(
            *("order_id", "purchased_s", "product_id", "seller_id", "zip_prefix", "quantity"),
            promise_s=(pl.col("promised_s") - pl.col("purchased_s")).clip(0).fill_null(0),
            price=pl.coalesce("told", "price_cents"),
        )
    )
