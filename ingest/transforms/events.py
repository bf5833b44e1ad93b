"""From facts to events: everything that happened, each row with the instant at which it was known.

The log is flat: an event with several lines (``OrderPurchased``) or payments stands on several rows.
Rows are in total order ``(time_s, kind_rank, subject, part, carrier_id, warehouse_id)``, nulls first:
``subject`` is the order or stock event, ``part`` tells its rows apart (line, payment number, seller, review;
of ``StockMoved`` it is the ``order_id`` that caused it, empty if none did). Carrier and warehouse tell the
shipments of one seller for one order apart; the contents of each are the seller's whole for that order.

Names may be given as texts or as codes that sort as the texts do (the ``line`` of a row then as the code of
its digits, 0 for "0"); the log then holds codes as well, and null for an empty ``part``.
"""

from __future__ import annotations

from collections.abc import Mapping

import narwhals as nw
from narwhals.typing import FrameT

from ingest.transforms.frames import Frame

KINDS = (
    "OrderPurchased",
    "PaymentRegistered",
    "OrderApproved",
    "HandedToCarrier",
    "Delivered",
    "Reviewed",
    "StockMoved",
)
COLUMNS: Mapping[str, type[nw.String | nw.Int64 | nw.Int32]] = {
    "time_s": nw.Int64,
    "kind": nw.String,
    "kind_rank": nw.Int32,
    "subject": nw.String,
    "part": nw.String,
    "product_id": nw.String,
    "seller_id": nw.String,
    "zip_prefix": nw.String,
    "price_cents": nw.Int64,
    "freight_cents": nw.Int64,
    "promised_s": nw.Int64,
    "shipping_limit_s": nw.Int64,
    "payment_type": nw.String,
    "value_cents": nw.Int64,
    "score": nw.Int32,
    "carrier_id": nw.String,
    "warehouse_id": nw.String,
    "location_id": nw.String,
    "event_type": nw.String,
    "quantity": nw.Int64,
    "source": nw.String,
}
ORDER = ("time_s", "kind_rank", "subject", "part", "carrier_id", "warehouse_id")


def purchased(orders: Frame, items: Frame) -> Frame:
    """Return one row a line of each order, at its purchase; an order without lines has one row."""
    lines = items.select("order_id", "line", "product_id", "seller_id", "price_cents", "freight_cents")
    joined = orders.join(lines, on="order_id", how="left").with_columns(nw.col("line").fill_null(0))
    return _event(joined, "OrderPurchased", "purchased_s", "order_id", "line", zip_prefix="to_zip_prefix")


def registered(orders: Frame, payments: Frame) -> Frame:
    """Return one row a payment, known at the purchase of its order."""
    joined = payments.join(orders.select("order_id", "purchased_s"), on="order_id", how="inner")
    return _event(joined, "PaymentRegistered", "purchased_s", "order_id", "sequence")


def approved(orders: Frame, items: Frame) -> Frame:
    """Return one row a line at the approval, which makes the shipping limit known."""
    lines = items.select("order_id", "line", "product_id", "seller_id", "shipping_limit_s")
    stamps = orders.select("order_id", "approved_s").drop_nulls(["approved_s"])
    joined = stamps.join(lines, on="order_id", how="left").with_columns(nw.col("line").fill_null(0))
    return _event(joined, "OrderApproved", "approved_s", "order_id", "line")


def handed_over(packages: Frame) -> Frame:
    """Return one row a package at its hand-over, which makes carrier and warehouse known."""
    known = packages.select("order_id", "seller_id", "handed_over_s", "carrier_id", "warehouse_id")
    return _event(
        known.drop_nulls(["handed_over_s"]), "HandedToCarrier", "handed_over_s", "order_id", "seller_id"
    )


def delivered(packages: Frame) -> Frame:
    """Return one row a package at its delivery."""
    known = packages.select("order_id", "seller_id", "delivered_s", "carrier_id", "warehouse_id")
    return _event(known.drop_nulls(["delivered_s"]), "Delivered", "delivered_s", "order_id", "seller_id")


def reviewed(reviews: Frame) -> Frame:
    """Return one row a review at its answer."""
    return _event(reviews, "Reviewed", "answered_s", "order_id", "review_id")


def stock_moved(inventory_events: Frame) -> Frame:
    """Return one row a stock event."""
    return _event(inventory_events, "StockMoved", "event_s", "inventory_event_id", "order_id")


def within(events: Frame, start_s: int, end_s: int) -> Frame:
    """Return the events of ``start_s <= time < end_s``."""
    return events.filter((nw.col("time_s") >= start_s) & (nw.col("time_s") < end_s))


def in_total_order(events: FrameT) -> FrameT:
    """Return events of all kinds in the one order in which they are played."""
    return events.sort(*ORDER)


def _event(frame: Frame, kind: str, time: str, subject: str, part: str, **renamed: str) -> Frame:
    """Return ``frame`` in the log's columns; what the frame does not have is null."""
    origin = {"time_s": time, "subject": subject, "part": part, **renamed}
    schema = frame.collect_schema()
    ids = nw.String if schema[subject] == nw.String else nw.Int32
    fixed = {"kind": nw.lit(kind), "kind_rank": nw.lit(KINDS.index(kind))}
    columns = []
    for name, dtype in COLUMNS.items():
        column = origin.get(name, name)
        known = nw.col(column) if column in schema else nw.lit(None)
        wanted = ids if dtype is nw.String and name not in fixed else dtype
        columns.append(fixed.get(name, known).cast(wanted).alias(name))
    events = frame.select(*columns)
    return events.with_columns(nw.col("part").fill_null("")) if ids is nw.String else events
