"""Cutting a history at an instant by hand, as an export of that day would have looked."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

LATER_STAMPS = ("order_approved_at", "order_delivered_carrier_date", "order_delivered_customer_date")


def read(folder: Path, stem: str) -> pl.DataFrame:
    return pl.read_csv(folder / f"{stem}.csv", infer_schema=False)


def cut_history(source: Path, as_of: datetime, out: Path) -> Path:
    """Write the folder that knew only what was stamped before ``as_of`` (Olist's nine tables)."""
    out.mkdir(parents=True)
    then = as_of.astimezone(ZoneInfo("America/Sao_Paulo")).strftime("%Y-%m-%d %H:%M:%S")
    orders = read(source, "olist_orders_dataset").filter(pl.col("order_purchase_timestamp") < then)
    emptied = [pl.when(pl.col(stamp) < then).then(stamp).alias(stamp) for stamp in LATER_STAMPS]
    orders = orders.with_columns(*emptied, order_status=pl.lit("as known then"))
    orders.write_csv(out / "olist_orders_dataset.csv")
    for stem in ("olist_order_items_dataset", "olist_order_payments_dataset"):
        read(source, stem).join(orders, on="order_id", how="semi").write_csv(out / f"{stem}.csv")
    reviews = read(source, "olist_order_reviews_dataset").filter(pl.col("review_answer_timestamp") < then)
    reviews.write_csv(out / "olist_order_reviews_dataset.csv")
    customers = read(source, "olist_customers_dataset").join(orders, on="customer_id", how="semi")
    customers.write_csv(out / "olist_customers_dataset.csv")
    for stem in (
        "olist_geolocation_dataset",
        "olist_products_dataset",
        "olist_sellers_dataset",
        "product_category_name_translation",
    ):
        (out / f"{stem}.csv").symlink_to(source / f"{stem}.csv")
    return out
