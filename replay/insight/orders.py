"""Orders, made of their packages: an order has arrived with its last package."""

from __future__ import annotations

import polars as pl


def orders_of(packages: pl.DataFrame) -> pl.DataFrame:
    """Return one row an order of ``packages`` (columns of ``replay.insight.packages``), in their order.

    Columns: order_id, purchased_s, promised_s, promise_days, customer_state, review_score, reviewed_s;
    delivered_s and total_days, null until every package has arrived; handed: every package has left with a
    carrier; lost: some package is lost, so the order will not be whole.
    """
    arrived = pl.col("delivered_s").is_not_null().all()
    told = ("purchased_s", "promised_s", "promise_days", "customer_state", "review_score", "reviewed_s")
    return packages.group_by("order_id", maintain_order=True).agg(
        pl.col(told).first(),
        pl.when(arrived).then(pl.col("delivered_s", "total_days").max()),
        pl.col("handed_s").is_not_null().all().alias("handed"),
        (pl.col("at") == "lost").any().alias("lost"),
    )
