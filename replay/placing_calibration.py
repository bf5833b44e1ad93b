"""How well a scenario's figures describe what was: modelled freight and days beside those of the history."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from graph import Network
from graph.arrays import codes_of, state_names
from graph.days import DAY_S
from graph.distance import haversine_km
from graph.freight import FreightQuery
from graph.lead_time import LeadTimeBatch, RouteQuery
from graph.model import UNKNOWN

DAYS: Final = 150
SETTLED_DAYS: Final = 45
"""Orders younger than this are left out: their slow parcels are still under way."""

FIGURES: Final = (
    *("lines", "delivered_share", "freight_cents_paid", "freight_cents_modelled"),
    *("freight_mean_absolute_error_cents", "days_observed", "days_modelled"),
    *("on_time_observed", "on_time_modelled"),
)
"""What `calibrate` tells."""


def calibrate(
    network: Network, events: pl.DataFrame, products: pl.DataFrame, promise_days: float
) -> Mapping[str, float]:
    """Return figures of the orders bought 150 to 45 days before the snapshot, as shipped and as modelled.

    Modelled as a scenario does: from the seller to the centroid of the buyer's region, for the average unit
    of the product's group (``products``: product_id, weight_g, volume_cm3, price_cents). Freight is the mean
    of a unit, days those of delivered orders, ``on_time`` the share of all of them within ``promise_days``.
    The models had learned from these orders, and read as of the snapshot: no proof of forecasts. Without
    such orders the result is empty.
    """
    lines = _lines(network, events, products)
    if lines.is_empty():
        return {}
    freight, times = _modelled(network, lines)
    days = lines["days"].to_numpy()
    arrived = ~np.isnan(days)
    paid = lines["freight_cents"].to_numpy().astype(np.float64)
    seen = arrived.any()
    figures = (
        *(float(len(lines)), arrived.mean(), paid.mean(), freight.mean(), np.abs(freight - paid).mean()),
        *((days[arrived].mean(), times.mean_days[arrived].mean()) if seen else (0.0, 0.0)),
        *((days <= promise_days).mean(), times.cdf(promise_days).mean()),
    )
    return {name: round(float(value), 4) for name, value in zip(FIGURES, figures, strict=True)}


def _lines(network: Network, events: pl.DataFrame, products: pl.DataFrame) -> pl.DataFrame:
    """Return the lines bought in the window, with the days to the last delivery of their orders."""
    as_of_s = network.meta.as_of_s
    bought = events.filter(
        (pl.col("kind") == "OrderPurchased")
        & pl.col("time_s").is_between(as_of_s - DAYS * DAY_S, as_of_s - SETTLED_DAYS * DAY_S)
    ).drop_nulls(["product_id", "seller_id", "freight_cents"])
    delivered = (
        events.filter(pl.col("kind") == "Delivered").group_by("subject").agg(delivered_s=pl.max("time_s"))
    )
    return (
        bought.select("subject", "time_s", "product_id", "seller_id", "zip_prefix", "freight_cents")
        .join(delivered, "subject", "left")
        .join(products, "product_id")
        .with_columns(
            region=pl.col("zip_prefix").str.slice(0, 3),
            days=((pl.col("delivered_s") - pl.col("time_s")) / DAY_S).fill_null(np.nan),
        )
        .join(network.tables["sellers"].select("seller_id"), "seller_id", "semi")
        .join(network.tables["regions"].select("region"), "region", "semi")
        .sort("time_s", "subject", "product_id")
    )


def _modelled(network: Network, lines: pl.DataFrame) -> tuple[NDArray[np.int64], LeadTimeBatch]:
    arrays, regions = network.arrays, network.tables["regions"]
    seller = codes_of(lines["seller_id"], network.tables["sellers"]["seller_id"])
    start = arrays.seller_zip[seller]
    region = codes_of(lines["region"], regions["region"])
    state = codes_of(regions["state"], state_names(network.tables["zip_prefixes"]))[region]
    lat, lng = (regions[name].fill_null(np.nan).to_numpy()[region] for name in ("lat", "lng"))
    km = haversine_km(arrays.zip_lat[start], arrays.zip_lng[start], lat, lng)
    unit = {name: lines[name].fill_null(np.nan).to_numpy() for name in ("weight_g", "volume_cm3")}
    price = lines["price_cents"].fill_null(0.0).to_numpy()
    same = (arrays.zip_state[start] == state) & (state >= 0)
    freight = network.freight.estimate(
        FreightQuery(seller, region, UNKNOWN, same, km, **unit, price_cents=price)
    )
    times = network.lead_times.read(
        RouteQuery.build(
            len(lines),
            network.meta.as_of_s,
            seller=seller,
            origin_region=arrays.zip_region[start],
            dest_region=region,
            origin_state=arrays.zip_state[start],
            dest_state=state,
            distance_km=km,
            price_cents=price,
            **unit,
        )
    )
    return freight, times
