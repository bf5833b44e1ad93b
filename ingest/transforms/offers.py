"""From items to offers: which seller sells which product, at what price, and until when."""

from __future__ import annotations

import narwhals as nw

from ingest.transforms.frames import Frame


def sales(items: Frame, orders: Frame) -> Frame:
    """Return items with their order's ``purchased_s``, ``day`` (local days since 1970) and customer."""
    known = orders.select("order_id", "purchased_s", "day", "customer_id")
    return items.join(known, on="order_id", how="inner")


def offers(sales: Frame) -> Frame:
    """Return ``product_id, seller_id, price_cents, n, last_sold_s``, one row an offer.

    The price is that of the last sale; if one instant saw several prices, the lowest.
    """
    key = ("product_id", "seller_id")
    last = nw.col("purchased_s") == nw.col("purchased_s").max().over(*key)
    priced = sales.with_columns(nw.when(last).then(nw.col("price_cents")).alias("price_cents"))
    return priced.group_by(*key).agg(
        nw.col("price_cents").min(), nw.len().alias("n"), nw.col("purchased_s").max().alias("last_sold_s")
    )


def demand(sales: Frame, customers: Frame) -> Frame:
    """Return units sold by ``product_id, seller_id, region, day`` (``day``: local days since 1970).

    ``customers`` has ``customer_id, region``.
    """
    key = ("product_id", "seller_id", "region", "day")
    return sales.join(customers, on="customer_id", how="inner").group_by(*key).agg(nw.len().alias("units"))
