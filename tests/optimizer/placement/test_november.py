"""The November peak of the real history: what opens without looking at months is too small for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from graph.distance import haversine_km
from ingest.states import state_facts
from optimizer.placement.check import check, referee
from optimizer.placement.problem import FacilityProblem
from optimizer.placement.record import PlaceLimits
from optimizer.placement.solve import place
from optimizer.placement.words import Limit
from optimizer.words import Floats

ROOM = 2_600.0
"""Units a month that a site can send."""

MONTHS = ("2017-09", "2017-10", "2017-11", "2017-12")
LIMITS = PlaceLimits(seconds=None, gap=1e-4)


def sold(folder: Path) -> Floats:
    """Return the units sold by month and state, in order of `MONTHS` and of the states' codes."""
    names = ("orders", "order_items", "customers")
    orders, items, customers = (
        pl.read_csv(folder / f"olist_{name}_dataset.csv", infer_schema=False) for name in names
    )
    known = items.join(orders, "order_id").join(customers, "customer_id")
    month = pl.col("order_purchase_timestamp").str.head(7)
    counted = known.group_by(month.alias("month"), "customer_state").len()
    units = {(one, state): count for one, state, count in counted.iter_rows()}
    states = state_facts()["state"].to_list()
    return np.array([[units.get((one, state), 0) for state in states] for one in MONTHS], np.float64)


def problem(units: Floats) -> FacilityProblem:
    """Return where to open in the capitals, serving states by distance; (P, J) units by period."""
    facts = state_facts()
    ids = tuple(facts["state"])
    latitude, longitude = facts["capital_lat"].to_numpy(), facts["capital_lng"].to_numpy()
    far = haversine_km(latitude[:, None], longitude[:, None], latitude, longitude)
    total = units.sum(axis=0)
    sites = len(ids)
    return FacilityProblem(
        site_ids=ids,
        demand_ids=ids,
        fixed=np.full(sites, 200_000.0),
        cost=np.rint(total * (1_000 + far)),
        units=total,
        capacity=np.full(sites, ROOM),
        parts=units / total,
    )


def test_months_matter_where_november_is_twice_september(olist_dir: Path) -> None:
    units = sold(olist_dir)
    assert units[2].sum() > 1.5 * units[0].sum()
    months = problem(units)
    even = replace(months, parts=np.full(units.shape, 1 / len(MONTHS)))  # as if all months were alike
    blind, seeing = place(even, limits=LIMITS), place(months, limits=LIMITS)
    referee(even, blind)
    referee(months, seeing)
    (broken,) = check(months, blind.plan).violations
    assert (broken.limit, broken.where) == (Limit.CAPACITY, "SP")
    assert broken.needed > ROOM
    assert blind.value < seeing.value  # what the peak costs
