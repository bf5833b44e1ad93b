"""Assortment on a real history: 27 sites x 849 regions x 2 000 offers; value, bound, gap, best-sellers-first.

The offers that sold most in the half year before a snapshot, and its regions; an offer's demand comes from
where it was bought, smoothed by where everything was bought. A site stands in each state, in the region that
buys most, and has room for a part of its state's units. Freight is the snapshot's law, in classes of weight.
Assumed: the fee for a shelf, days by distance and what a day costs, inbound by distance and weight. Both
plans pass the referee, or the run fails.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from graph import Network
from graph.arrays import codes_of
from graph.distance import haversine_km
from graph.freight import FreightQuery
from graph.stores.files import snapshot_folder
from optimizer.placement.assortment import AssortmentLimits, assort
from optimizer.placement.assortment_check import check
from optimizer.placement.assortment_problem import AssortmentProblem
from optimizer.placement.assortment_sellers import best_sellers
from optimizer.words import Bools, Floats, Ints

OFFERS, REGIONS, SOLD_DAYS = 2_000, 849, 180
HORIZON_DAYS: Final = 60.0
CLASSES: Final = 20
FEE_CENTS, DAY_CENTS = 300.0, 60.0
SMOOTHING: Final = 5.0
"""Units that each offer would have sold where everything is bought."""

MIDDLE: Final = (-23.5, -46.6)
"""Where a place without coordinates is put: São Paulo."""


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Where things lie: (N,) each."""

    lat: Floats
    lng: Floats
    state: Any

    @classmethod
    def of(cls, table: pl.DataFrame) -> Places:
        """Read them from a table with lat, lng and state."""
        lat, lng = (
            table[name].fill_null(at).to_numpy() for name, at in zip(("lat", "lng"), MIDDLE, strict=True)
        )
        return cls(lat, lng, table["state"].fill_null("").to_numpy())

    def take(self, rows: Ints) -> Places:
        """Return some of them."""
        return Places(self.lat[rows], self.lng[rows], self.state[rows])

    def far(self, other: Places) -> tuple[Floats, Bools]:
        """Return kilometres, and whether the state is the same, from each to each."""
        km = haversine_km(self.lat[:, None], self.lng[:, None], other.lat, other.lng)
        return km, self.state[:, None] == other.state


def instance(network: Network, sold: pl.DataFrame, room: float) -> AssortmentProblem:
    """Return the problem; ``room``: for so large a part of all units."""
    last = int(sold["day"].max())  # type: ignore[arg-type]
    sold = sold.filter(pl.col("day") > last - SOLD_DAYS)
    bought = sold.group_by("region").agg(pl.sum("units"))
    regions = network.tables["regions"].join(bought, "region", "left", maintain_order="left")
    regions = (
        regions.sort("units", "region", descending=[True, False], nulls_last=True)
        .head(REGIONS)
        .sort("region")
    )
    offers = _offers(network, sold)
    share = regions["units"].fill_null(0).to_numpy() + 0.5
    share = share / share.sum()
    orders = _orders(sold, offers, regions, share)
    at = Places.of(regions)
    largest = [
        rows[share[rows].argmax()] for rows in (np.flatnonzero(at.state == s) for s in np.unique(at.state))
    ]
    site = np.array(largest)
    here = np.array([share[at.state == at.state[row]].sum() for row in site])
    lane, own, inbound, parcel = _costs(network, offers, regions["region"], at, site)
    kind, region = (axis.ravel() for axis in np.indices(orders.shape))
    every = np.arange(offers.height)
    return AssortmentProblem(
        site_ids=tuple(at.state[site]),
        offer_ids=tuple(offers.select(pl.format("{}:{}", "product_id", "seller_id")).to_series()),
        capacity=room * orders.sum() * here / here.sum(),
        stocking=np.full(inbound.shape, FEE_CENTS),
        inbound=inbound,
        space=np.ones(offers.height),
        bundle=every,
        line_type=every,
        line_offer=every,
        line_units=np.ones(offers.height),
        parcel=parcel,
        lane=lane,
        demand_type=kind,
        demand_region=region,
        orders=orders.ravel(),
        own=own.ravel(),
    )


def _offers(network: Network, sold: pl.DataFrame) -> pl.DataFrame:
    """Return the offers that sold most: units, and weight, volume, price and the seller's place of each."""
    tables = network.tables
    places = tables["zip_prefixes"].select("zip_prefix", "lat", "lng")
    sellers = tables["sellers"].select("seller_id", "zip_prefix", "state").join(places, "zip_prefix", "left")
    names = ("product_id", "seller_id")
    return (
        sold.group_by(names)
        .agg(pl.sum("units"))
        .sort("units", *names, descending=[True, False, False])
        .head(OFFERS)
        .join(tables["products"], "product_id", "left", maintain_order="left")
        .join(tables["offers"].select(*names, "price_cents"), names, "left", maintain_order="left")
        .join(sellers, "seller_id", "left", maintain_order="left")
        .with_columns(
            pl.col("weight_g").fill_null(700.0),
            pl.col("volume_cm3").fill_null(6_000.0),
            pl.col("price_cents").fill_null(8_000).cast(pl.Float64),
        )
    )


def _orders(sold: pl.DataFrame, offers: pl.DataFrame, regions: pl.DataFrame, share: Floats) -> Floats:
    """Return the units expected of each offer in each region, (O, R)."""
    names = ("product_id", "seller_id")
    own = (
        sold.group_by(*names, "region")
        .agg(pl.sum("units"))
        .join(offers.select(names).with_row_index("offer"), names)
        .join(regions.select("region").with_row_index("place"), "region")
    )
    orders = np.tile(share * SMOOTHING, (offers.height, 1))
    np.add.at(orders, (own["offer"].to_numpy(), own["place"].to_numpy()), own["units"].to_numpy())
    expected = offers["units"].to_numpy() * HORIZON_DAYS / SOLD_DAYS
    return np.asarray(orders / orders.sum(axis=1, keepdims=True) * expected[:, None])


def _costs(
    network: Network, offers: pl.DataFrame, names: pl.Series, at: Places, site: Ints
) -> tuple[Floats, Floats, Floats, Ints]:
    """Return lane (C, S, R), own (O, R), inbound (S, O) and the class of each offer's parcel (O,)."""
    region = codes_of(names, network.tables["regions"]["region"])[None, :]
    figures = offers.select("weight_g", "volume_cm3", "price_cents").to_numpy()
    rank = np.argsort(np.argsort(figures[:, 0], kind="stable"))
    parcel = rank * CLASSES // offers.height
    usual = np.array([np.median(figures[parcel == one], axis=0) for one in range(CLASSES)])

    def sent(start: Places, parcels: Floats, later: float) -> Floats:
        km, same = start.far(at)
        freight = network.freight.estimate(
            FreightQuery(-1, region, -1, same, km, *(parcels[..., k] for k in range(3)))
        )
        return np.asarray(freight + DAY_CENTS * (4.0 + later + np.where(same, 0.0, 3.0) + km / 400.0))

    homes = Places.of(offers)
    lane = np.stack([sent(at.take(site), np.asarray(one)[None, None, :], 0.0) for one in usual])
    own = sent(homes, usual[parcel][:, None, :], 2.0)
    kg = np.maximum(figures[:, 0], figures[:, 1] / 6.0) / 1_000.0
    km, _ = at.take(site).far(homes)
    return lane, own, 250.0 + 0.15 * kg * km, parcel


def measure(problem: AssortmentProblem, gap: float) -> dict[str, Any]:
    """Solve it; return what was found, and best-sellers-first beside it."""
    spent = time.process_time()
    answer = assort(problem, limits=AssortmentLimits(gap=gap))
    seconds = time.process_time() - spent
    plain = best_sellers(problem)
    verdict = check(problem, plain)
    if not verdict.feasible:
        raise SystemExit(f"Best-sellers-first breaks limits: {verdict.violations}")
    return {
        **{"sites": problem.sites, "regions": problem.lane.shape[2], "offers": problem.offers},
        **{"units": float(problem.orders.sum()), "rounds": len(answer.history)},
        **{"value": answer.value, "bound": answer.bound, "gap": answer.gap, "missed": answer.missed},
        "saved": 1.0 - answer.value / answer.without,
        "shelves": int(answer.plan.stocked.sum()),
        "best_sellers_saved": 1.0 - verdict.value / answer.without,
        "best_sellers_shelves": int(plain.stocked.sum()),
        "cpu_seconds": seconds,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--snapshot", type=Path, required=True, help="as of 2018-04-01 for the note's figures"
    )
    parser.add_argument("--room", default="0.3,0.1", help="parts of all units that there is room for")
    parser.add_argument("--gap", type=float, default=1e-3)
    parser.add_argument("--out", type=Path, required=True, help="JSON to write")
    options = parser.parse_args(arguments)
    folder = snapshot_folder(options.snapshot)
    network, sold = Network.open(folder), pl.read_parquet(folder / "demand.parquet")
    outcomes = []
    for room in map(float, options.room.split(",")):
        outcomes.append({"room": room, **measure(instance(network, sold, room), options.gap)})
        print(json.dumps(outcomes[-1]), flush=True)
        options.out.write_text(json.dumps(outcomes, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
