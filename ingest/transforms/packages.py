"""From orders, items and shipments to packages: what one source sent for one order, and how long it took."""

from __future__ import annotations

import narwhals as nw

from graph.model import UNKNOWN_CARRIER
from ingest.transforms.frames import Frame

STAMPS_OF = {
    "approval": ("purchased_s", "approved_s"),
    "handling": ("approved_s", "handed_over_s"),
    "transit": ("handed_over_s", "delivered_s"),
    "total": ("purchased_s", "delivered_s"),
}

LEFT_THE_SELLER = ("handed_over_s", "delivered_s")


def weights_and_volumes(products: Frame) -> Frame:
    """Return ``product_id, category, weight_g, volume_cm3, longest_side_cm`` (null where unknown)."""
    sides = [nw.col("length_cm"), nw.col("height_cm"), nw.col("width_cm")]
    return products.select(
        "product_id",
        "category",
        "weight_g",
        (sides[0] * sides[1] * sides[2]).alias("volume_cm3"),
        nw.max_horizontal(*sides).alias("longest_side_cm"),
    )


def contents(items: Frame, products: Frame) -> Frame:
    """Return what each seller sends for each order, one row ``(order_id, seller_id)``.

    Weight and volume are summed over the lines (unknown ones count as nothing, all unknown is null);
    the category is that of the dearest line (ties: first in the alphabet).
    """
    key = ("order_id", "seller_id")
    dearest = nw.col("price_cents") == nw.col("price_cents").max().over(*key)
    lines = items.join(products, on="product_id", how="left").with_columns(
        nw.when(dearest).then(nw.col("category")).alias("category")
    )
    sums = lines.group_by(*key).agg(
        nw.col("price_cents", "freight_cents", "weight_g", "volume_cm3").sum(),
        nw.col("weight_g").count().alias("weighed"),
        nw.col("volume_cm3").count().alias("measured"),
        nw.col("shipping_limit_s").max(),
        nw.col("category").min(),
        nw.len().alias("n_lines"),
    )
    return sums.with_columns(
        nw.when(nw.col("weighed") > 0).then(nw.col("weight_g")).alias("weight_g"),
        nw.when(nw.col("measured") > 0).then(nw.col("volume_cm3")).alias("volume_cm3"),
    ).drop("weighed", "measured")


def order_facts(orders: Frame, customers: Frame, payments: Frame, items: Frame) -> Frame:
    """Return one row an order: its stamps, destination, main payment type and number of sellers.

    The payment type is that of the largest payment (ties: first in the alphabet).
    """
    largest = payments.filter(nw.col("value_cents") == nw.col("value_cents").max().over("order_id"))
    paid = largest.group_by("order_id").agg(nw.col("payment_type").min())
    sellers = items.group_by("order_id").agg(nw.col("seller_id").n_unique().alias("n_sellers"))
    destinations = customers.select("customer_id", nw.col("zip_prefix").alias("to_zip_prefix"))
    return (
        orders.join(destinations, on="customer_id", how="left")
        .join(paid, on="order_id", how="left")
        .join(sellers, on="order_id", how="left")
    )


def packages(
    orders: Frame, contents: Frame, shipments: Frame | None, unknown: str | int | None = UNKNOWN_CARRIER
) -> Frame:
    """Return one row a package: contents, stamps of hand-over and delivery, carrier and warehouse.

    The sellers of an order without any shipment share the order's own stamps, and the carrier of what was
    handed over (or delivered) is ``unknown``. Of an order with shipments, a package that has none yet is
    still with its seller. A seller who sent one order in two shipments has two packages; the contents of
    each are the seller's whole for that order, since no source says which line went where.
    An order without items is one package of nobody with the order's own stamps, so that they are not lost.
    ``unknown`` is the carrier ``unknown`` as the shipments would name it.
    """
    joined = orders.join(contents, on="order_id", how="left")
    own_carrier = nw.when(was_handed_over()).then(nw.lit(unknown))
    if shipments is None:
        ids = joined.collect_schema()["order_id"]
        return joined.with_columns(
            own_carrier.cast(ids).alias("carrier_id"), nw.lit(None, dtype=ids).alias("warehouse_id")
        )
    shipped = shipments.group_by("order_id").agg(nw.len().alias("shipments"))
    own = {stamp: f"order_{stamp}" for stamp in LEFT_THE_SELLER}
    joined = joined.join(shipped, on="order_id", how="left").with_columns(own_carrier.alias("own_carrier"))
    joined = joined.rename(own).join(shipments, on=["order_id", "seller_id"], how="left")
    alone = nw.col("shipments").is_null() | nw.col("seller_id").is_null()
    kept = {**own, "carrier_id": "own_carrier"}
    return joined.with_columns(
        nw.when(alone).then(nw.col(of_order)).otherwise(nw.col(name)).alias(name)
        for name, of_order in kept.items()
    ).drop("shipments", *kept.values())


def was_handed_over() -> nw.Expr:
    """Tell which orders left their sellers: stamped at the hand-over or, failing that, at the delivery."""
    handed_over, delivered = (~nw.col(stamp).is_null() for stamp in LEFT_THE_SELLER)
    return handed_over | delivered


def located(packages: Frame, sellers: Frame, warehouses: Frame) -> Frame:
    """Return packages with ``from_zip_prefix``: the warehouse's where one shipped, else the seller's."""
    homes = sellers.select("seller_id", nw.col("zip_prefix").alias("seller_zip_prefix"))
    sites = warehouses.select("warehouse_id", nw.col("zip_prefix").alias("site_zip_prefix"))
    joined = packages.join(homes, on="seller_id", how="left").join(sites, on="warehouse_id", how="left")
    origin = nw.coalesce(nw.col("site_zip_prefix"), nw.col("seller_zip_prefix"))
    return joined.with_columns(origin.alias("from_zip_prefix")).drop("site_zip_prefix", "seller_zip_prefix")


def stage_times(packages: Frame) -> Frame:
    """Return packages with ``approval, handling, transit, total`` in ``…_seconds``.

    A stage whose end is stamped before its start is blanked (null), the row stays. ``late`` is 1 where the
    delivery is stamped after the promise (an instant: midnight of the promised day), null if undelivered.
    """
    seconds = [_between(start, end).alias(f"{stage}_seconds") for stage, (start, end) in STAMPS_OF.items()]
    late = (nw.col("delivered_s") > nw.col("promised_s")).cast(nw.Int32).alias("late")
    return packages.with_columns(*seconds, late)


def _between(start: str, end: str) -> nw.Expr:
    seconds = nw.col(end) - nw.col(start)
    return nw.when(seconds >= 0).then(seconds)
