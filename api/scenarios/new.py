"""A first scenario from a snapshot: the expected demand, who supplies it, and sites to choose from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from api.scenarios.folders import read_csv
from graph import Network
from graph.days import local_day
from graph.errors import BadInput
from graph.stores.files import snapshot_folder
from inventory.forecast import demand_of_categories, purchases
from optimizer.placement.record import PlaceLimits
from optimizer.placement.scenario_settings import Promise, Settings, Weights, to_mapping
from optimizer.placement.solve import place
from replay.placing_calibration import calibrate
from replay.placing_new import (
    OTHER,
    capital_sites,
    demand_tables,
    median_problem,
    region_sites,
    site_table,
    with_stockable,
)

CAPITALS: Final = "state-capitals"
MEDIANS: Final = "kmedians"
MEDIAN_LIMITS: Final = PlaceLimits(seconds=None, gap=1e-3, work=100)
"""Sites to choose from need no closer proof; no clock, so the same snapshot has the same sites."""

START_AFTER: Final = timedelta(days=14)
"""The horizon starts so long after the snapshot: time to bring the first stock in."""

PROMISE_DAYS: Final = 10.0
TIME_CENTS_PER_DAY: Final = 60.0
LATE_CENTS: Final = 1500.0
"""What a day and a late unit cost: those of the policy ``priced``."""


def new_scenario(
    snapshot: Path,
    warehouses: str,
    horizon_days: float,
    count: int,
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[dict[str, pl.DataFrame], dict[str, Any]]:
    """Return the tables and settings of a scenario on the demand that a snapshot expects from its as-of on.

    ``warehouses``: ``state-capitals``; ``kmedians``, the ``count`` regions that are nearest to the demand
    together; or a CSV with warehouse_id and zip_prefix, and what else is known of each site. BadInput with
    every fault of that file.
    """
    folder = snapshot_folder(snapshot)
    progress("Reading the snapshot")
    network = Network.open(folder)
    events = pl.read_parquet(folder / "events.parquet")
    progress("Estimating demand")
    bought, at = purchases(events, network.tables["products"]), network.meta.as_of
    sold = pl.read_parquet(folder / "demand.parquet")
    tables = demand_tables(network, demand_of_categories(bought, at), sold, horizon_days)
    tables["demand"] = with_stockable(tables["demand"], bought, at)
    progress("Choosing sites")
    known, name = network.tables["zip_prefixes"]["zip_prefix"], Path(warehouses).name
    given = _sites(network, warehouses, tables["demand"], count)
    tables["sites"] = site_table(given, horizon_days, known, name)
    progress("Comparing with the history")
    units = network.tables["products"].select("product_id", group=pl.col("category").fill_null(OTHER))
    units = units.join(tables["products"], "group")
    settings = Settings(
        horizon_days=horizon_days,
        start=local_day(network.meta.as_of) + START_AFTER,
        direct=True,
        service=Promise(promise_days=PROMISE_DAYS),
        weights=Weights(time_cents_per_day=TIME_CENTS_PER_DAY, late_cents=LATE_CENTS),
        origin={
            "folder": str(snapshot),
            "snapshot_id": network.meta.snapshot_id,
            "as_of": network.meta.as_of.isoformat(),
        },
        calibration=calibrate(network, events, units, PROMISE_DAYS),
    )
    return tables, to_mapping(settings)


def _sites(network: Network, warehouses: str, demand: pl.DataFrame, count: int) -> pl.DataFrame:
    if warehouses == CAPITALS:
        return capital_sites(network)
    if warehouses == MEDIANS:
        problem, near = median_problem(network, demand, count)
        answer = place(problem, limits=MEDIAN_LIMITS)
        opened = np.flatnonzero(answer.plan.open)
        return region_sites(
            network, pl.Series([problem.site_ids[site] for site in opened]), [near[site] for site in opened]
        )
    file = Path(warehouses)
    if not file.is_file():
        raise BadInput(f"--warehouses {warehouses}: give {CAPITALS}, {MEDIANS}, or a CSV file.")
    return read_csv(file)


def summary(tables: Mapping[str, pl.DataFrame]) -> str:
    """Return what a new scenario holds, in one line."""
    demand = tables["demand"]
    return (
        f"{len(tables['sites']):,} sites, {len(demand):,} demands of {demand['units'].sum():,.0f} units, "
        f"{tables['supply']['seller_id'].n_unique():,} sellers"
    )
