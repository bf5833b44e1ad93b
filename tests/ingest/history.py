"""A history as somebody at T would have exported it: later rows removed, later stamps emptied.

Written on text and independent of `ingest.cut`, which it serves to test.
"""

from __future__ import annotations

import polars as pl

from ingest.raw import RawTable
from ingest.tables import Table

Frames = dict[str, pl.DataFrame]


class InMemory:
    """A source that holds its tables in memory, by file name."""

    name = "frames"

    def __init__(self, frames: Frames) -> None:
        self._frames = frames

    def read(self, table: Table) -> RawTable | None:
        frame = self._frames.get(table.file)
        return None if frame is None else RawTable.from_frame(table, frame)


def as_exported_at(frames: Frames, local: str) -> Frames:
    """Return the tables as of a local time such as ``2018-01-01 00:00:00`` (stamps compare as text)."""
    orders = frames["olist_orders_dataset"]
    bought = orders.filter(~_later("order_purchase_timestamp", local))
    later = orders.filter(_later("order_purchase_timestamp", local)).select("order_id")
    later = later.join(bought, on="order_id", how="anti")
    cut = dict(frames) | {"olist_orders_dataset": _stepped_back(bought, local)}
    for file, stamp in (
        ("olist_order_items_dataset", None),
        ("olist_order_payments_dataset", None),
        ("olist_order_reviews_dataset", "review_creation_date"),
        ("olist_shipments_dataset", "handed_over_at"),
        ("olist_inventory_events", "event_timestamp"),
    ):
        if file not in frames:
            continue
        kept = frames[file].join(later, on="order_id", how="anti")
        if stamp:
            kept = kept.filter(~_later(stamp, local))
        cut[file] = kept
    reviews = cut["olist_order_reviews_dataset"]
    cut["olist_order_reviews_dataset"] = reviews.with_columns(_unless_later("review_answer_timestamp", local))
    if "olist_shipments_dataset" in cut:
        shipments = cut["olist_shipments_dataset"]
        cut["olist_shipments_dataset"] = shipments.with_columns(_unless_later("delivered_at", local))
    return cut


def _stepped_back(orders: pl.DataFrame, local: str) -> pl.DataFrame:
    names = ("approved_at", "delivered_carrier_date", "delivered_customer_date")
    emptied = orders.with_columns(_unless_later(f"order_{name}", local) for name in names)
    return emptied.with_columns(pl.lit("as it was then").alias("order_status"))


def _unless_later(stamp: str, local: str) -> pl.Expr:
    return pl.when(~_later(stamp, local)).then(stamp)


def _later(stamp: str, local: str) -> pl.Expr:
    """Tell which stamps are late; a text that is no date is not, it is wrong at any time."""
    return ((pl.col(stamp) >= local) & pl.col(stamp).str.starts_with("2")).fill_null(value=False)
