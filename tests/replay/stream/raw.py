"""The packages of a folder of Olist tables, read without any of the project's code for reading."""

from __future__ import annotations

from pathlib import Path

import polars as pl

ZONE = "America/Sao_Paulo"


def table(folder: Path, name: str) -> pl.DataFrame:
    for ending in (".csv", "_dataset.csv"):
        if (path := folder / f"olist_{name}{ending}").exists():
            return pl.read_csv(path, infer_schema=False)
    raise FileNotFoundError(f"{folder}: {name}")


def seconds(column: str) -> pl.Expr:
    """Return local stamps as epoch seconds: of two the earlier, and an hour on where summer time has none."""
    local = pl.col(column).str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False)
    known, moved = (
        stamp.dt.replace_time_zone(ZONE, ambiguous="earliest", non_existent="null").dt.epoch("s")
        for stamp in (local, local.dt.offset_by("1h"))
    )
    return known.fill_null(moved)


def packages_of(folder: Path) -> pl.DataFrame:
    """Return one row an order and seller: places, category, stamps and stages in seconds."""
    orders = table(folder, "orders").select(
        "order_id",
        "customer_id",
        purchased_s=seconds("order_purchase_timestamp"),
        approved_s=seconds("order_approved_at"),
        handed_s=seconds("order_delivered_carrier_date"),
        delivered_s=seconds("order_delivered_customer_date"),
        promised_s=seconds("order_estimated_delivery_date"),
    )
    customers = table(folder, "customers").select(
        "customer_id",
        state="customer_state",
        region=pl.col("customer_zip_code_prefix").str.zfill(5).str.head(3),
    )
    categories = table(folder, "products").select("product_id", category="product_category_name")
    items = table(folder, "order_items").with_columns(price=pl.col("price").cast(pl.Float64))
    own = ["order_id", "seller_id"]
    contents = (
        items.join(categories, on="product_id", how="left")
        .filter(pl.col("price") == pl.col("price").max().over(own))
        .group_by(own)
        .agg(pl.col("category").min())
        .rename({"seller_id": "seller"})
    )
    packages = orders.join(customers, on="customer_id", how="left").join(contents, on="order_id", how="left")
    if (folder / "olist_shipments_dataset.csv").exists():
        packages = with_shipments(packages, folder)
    stages = {"handling_s": ("approved_s", "handed_s"), "transit_s": ("handed_s", "delivered_s")}
    return packages.with_columns(
        pl.when(pl.col(end) >= pl.col(start)).then(pl.col(end) - pl.col(start)).alias(name)
        for name, (start, end) in stages.items()
    )


def with_shipments(packages: pl.DataFrame, folder: Path) -> pl.DataFrame:
    """Return packages with the stamps of their own shipments, for orders that have any."""
    sent = table(folder, "shipments").select(
        "order_id",
        pl.col("seller_id").alias("seller"),
        own_handed_s=seconds("handed_over_at"),
        own_delivered_s=seconds("delivered_at"),
    )
    joined = packages.join(sent, on=["order_id", "seller"], how="left")
    some = pl.col("order_id").is_in(sent["order_id"].unique().implode())
    return joined.with_columns(
        pl.when(some & pl.col("seller").is_not_null()).then(f"own_{name}").otherwise(name).alias(name)
        for name in ("handed_s", "delivered_s")
    )
