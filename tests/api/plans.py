"""Plan folders by hand: the best sellers of a snapshot, stocked in a site beside some customers."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from graph import Network

SITE = "north"


def best_sellers(network: Network, count: int = 3) -> pl.DataFrame:
    """Return seller_id, product_id of the offers sold most, the newest of them first."""
    offers = network.tables["offers"].sort("n", "last_sold", "product_id", descending=[True, True, False])
    return offers.head(count).select("seller_id", "product_id")


def write_plan(
    folder: Path,
    as_of: str,
    stock: pl.DataFrame,
    *,
    zip_prefix: str,
    handling_hours: float = 6.0,
    daily: int | None = None,
) -> Path:
    """Write a plan with one site; ``stock``: seller_id, product_id, units."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plan.json").write_text(json.dumps({"as_of": as_of}), "utf-8")
    pl.DataFrame(
        {
            "warehouse_id": [SITE],
            "zip_prefix": [zip_prefix],
            "handling_hours": [handling_hours],
            "daily_capacity_orders": [daily],
        }
    ).write_csv(folder / "sites.csv")
    rows = stock.select(pl.lit(SITE).alias("warehouse_id"), "seller_id", "product_id", "units")
    rows.write_csv(folder / "stock.csv")
    return folder
