"""What the state of the stream shows the detectors."""

from __future__ import annotations

from collections.abc import Sequence, Set

import numpy as np
import polars as pl

from graph.days import start_of
from graph.distance import haversine_km
from graph.lead_time import Journeys, LeadTimes, RouteQuery
from graph.lead_time.online.rows import Issued
from graph.model import NEVER
from inventory.stock import StockRow
from replay.alerts.look import View
from replay.alerts.parcels import Named, Parcels
from replay.drift import Drift, drift
from replay.stream.orders import OpenOrder, Package
from replay.stream.state import State


def view_of(
    state: State,
    lead_times: LeadTimes,
    at_s: int,
    stock: Sequence[tuple[StockRow, int]] = (),
    canceled: Set[tuple[str, str]] = frozenset(),
) -> View:
    """Return what is known at an instant that no event of the state lies behind.

    ``canceled``: packages (order, seller) that nobody waits for.
    """
    told = state.reference
    return View(
        at_s=at_s,
        parcels=parcels_of(state, lead_times, at_s, canceled),
        named=_named(state),
        drift=lambda: _drift(state),
        states=told.states,
        regions=told.regions,
        stock=stock,
    )


def packages_of(state: State) -> list[tuple[str, str]]:
    """Return (order, seller) of every package of the open orders."""
    return [(order.order_id, seller) for order in state.orders.open.values() for seller in order.packages]


def parcels_of(
    state: State, lead_times: LeadTimes, at_s: int, canceled: Set[tuple[str, str]] = frozenset()
) -> Parcels:
    """Return the packages under way; ``lead_times`` has the codes of the state's reference."""
    sent = [
        (order, one)
        for order in state.orders.open.values()
        for one in order.packages.values()
        if (order.order_id, one.seller_id) not in canceled
        if one.delivered_s == NEVER and not one.lost(order.purchased_s, at_s)
    ]
    orders, packages = [order for order, _ in sent], [one for _, one in sent]

    def stamps(values: Sequence[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        return np.array(values, np.int64)

    return Parcels(
        at_s=at_s,
        order_id=pl.Series([order.order_id for order in orders], dtype=pl.String),
        seller_id=pl.Series([one.seller_id for one in packages], dtype=pl.String),
        purchased_s=stamps([order.purchased_s for order in orders]),
        approved_s=stamps([order.approved_s for order in orders]),
        handed_s=stamps([one.handed_s for one in packages]),
        promised_s=stamps([order.promised_s for order in orders]),
        shipping_limit_s=stamps([order.shipping_limit_s for order in orders]),
        times=lead_times.read(_query(state, orders, packages, at_s)),
    )


def _query(state: State, orders: Sequence[OpenOrder], packages: Sequence[Package], at_s: int) -> RouteQuery:
    told = state.reference
    origin = np.array([one.from_zip for one in packages], np.int32)
    dest = np.array([order.to_zip for order in orders], np.int32)
    own = (
        "seller",
        "carrier",
        "category",
        "weight_g",
        "volume_cm3",
        "price_cents",
        "freight_cents",
        "n_lines",
    )
    return RouteQuery.build(
        len(packages),
        at_s,
        **{name: np.array([getattr(one, name) for one in packages], np.float64) for name in own},
        payment_type=np.array([order.payment for order in orders], np.int32),
        n_sellers=np.array([len(order.packages) for order in orders], np.int32),
        origin_zip=origin,
        dest_zip=dest,
        origin_region=told.region_of_zip[origin],
        dest_region=told.region_of_zip[dest],
        origin_state=told.state_of_zip[origin],
        dest_state=told.state_of_zip[dest],
        distance_km=haversine_km(told.lat[origin], told.lng[origin], told.lat[dest], told.lng[dest]),
    )


def _named(state: State) -> Named:
    """Return the packages as of the last midnight, without their orders: nobody asks for these."""
    journeys = Journeys(**state.learner.journeys.arrays())
    return Named(journeys, pl.Series([], dtype=pl.String), pl.Series(state.reference.sellers))


def _drift(state: State) -> Drift:
    learner = state.learner
    if learner.day is None:
        empty = Journeys.build(0)
        return drift(empty, np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int64), 0)
    issued = Issued(**learner.issued.arrays())
    row = np.arange(len(learner.journeys))
    journeys = Journeys(**learner.journeys.arrays())
    return drift(journeys, row, issued.location, issued.bucket, start_of(learner.day))
