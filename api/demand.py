"""What ``malha demand forecast`` tells: expected units with quantiles, from a snapshot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl

from graph.errors import SnapshotError
from graph.stores.files import snapshot_folder
from graph.stores.parquet import ParquetStore
from inventory.forecast import demand_by_category, demand_of_categories, demand_of_products, purchases
from inventory.laws import quantiles

QUANTILES: Final = (0.5, 0.8, 0.9, 0.95)
_TOLD: Final = {"category": demand_by_category, "region": demand_of_categories, "product": demand_of_products}


@dataclass(frozen=True, slots=True)
class Expected:
    """Rows: the names, then mean_units, sd_units, p50_units … p95_units; the largest mean first."""

    snapshot_id: str
    as_of: datetime
    rows: pl.DataFrame


def expected(snapshot: Path, by: str, days: int) -> Expected:
    """Return the units of so many days by ``category``, ``region`` (and category), or ``product``.

    Raises SnapshotError where the snapshot cannot be read.
    """
    folder = snapshot_folder(snapshot)
    meta = ParquetStore(folder).meta()
    try:
        products = pl.read_parquet(folder / "network" / "products.parquet")
        bought = purchases(pl.read_parquet(folder / "events.parquet"), products)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise SnapshotError(f"{folder} cannot be read: build the snapshot again.") from error
    rates = _TOLD[by](bought, meta.as_of)
    mean, var = rates["mean"].to_numpy() * days, rates["var"].to_numpy() * days**2
    told = rates.drop("mean", "var").with_columns(
        mean_units=pl.Series(mean),
        sd_units=pl.Series((mean + var) ** 0.5),
        **{f"p{round(100 * q)}_units": pl.Series(quantiles(mean, mean + var, q)) for q in QUANTILES},
    )
    return Expected(
        meta.snapshot_id, meta.as_of, told.sort("mean_units", descending=True, maintain_order=True)
    )
