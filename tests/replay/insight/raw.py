"""The tables read by the standard library alone: what an independent query counts from."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

NINE = (
    "olist_customers_dataset",
    "olist_geolocation_dataset",
    "olist_order_items_dataset",
    "olist_order_payments_dataset",
    "olist_order_reviews_dataset",
    "olist_orders_dataset",
    "olist_products_dataset",
    "olist_sellers_dataset",
    "product_category_name_translation",
)
ZONE = ZoneInfo("America/Sao_Paulo")


@dataclass
class Row:
    """One package: an order's lines of one seller."""

    order_id: str
    seller_id: str
    purchased_s: int
    approved_s: int | None
    handed_s: int | None
    delivered_s: int | None
    promised_s: int
    limit_s: int | None
    price_cents: int
    freight_cents: int
    n_lines: int
    customer_state: str
    seller_state: str
    score: int | None

    @property
    def handling_days(self) -> float | None:
        """Approval to hand-over, None where one is unknown or they are in the wrong order."""
        return _between(self.approved_s, self.handed_s)

    @property
    def transit_days(self) -> float | None:
        return _between(self.handed_s, self.delivered_s)

    @property
    def total_days(self) -> float | None:
        return _between(self.purchased_s, self.delivered_s)

    @property
    def late(self) -> bool | None:
        return None if self.delivered_s is None else self.delivered_s > self.promised_s


def _between(start_s: int | None, end_s: int | None) -> float | None:
    if start_s is None or end_s is None or end_s < start_s:
        return None
    return (end_s - start_s) / 86_400


def seconds(text: str) -> int | None:
    """Read a stamp by São Paulo's clock: of an hour told twice the first, of one left out an hour later."""
    if not text:
        return None
    local = datetime.fromisoformat(text).replace(tzinfo=ZONE)
    instant = int(local.timestamp())
    there = datetime.fromtimestamp(instant, ZONE).replace(tzinfo=None)
    skipped = there != local.replace(tzinfo=None)
    return int((local + timedelta(hours=1)).timestamp()) if skipped else instant


def table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_rows(folder: Path, as_of_s: int) -> list[Row]:
    """Return the packages of a folder of nine tables without shipments, stamps as known at an instant."""

    def known(text: str) -> int | None:
        stamp = seconds(text)
        return stamp if stamp is not None and stamp < as_of_s else None

    states = {row["customer_id"]: row["customer_state"] for row in table(folder, "olist_customers_dataset")}
    homes = {row["seller_id"]: row["seller_state"] for row in table(folder, "olist_sellers_dataset")}
    scores: dict[str, tuple[int, str, int]] = {}
    for row in table(folder, "olist_order_reviews_dataset"):
        at = known(row["review_answer_timestamp"])
        if at is not None:
            scores[row["order_id"]] = max(
                scores.get(row["order_id"], (0, "", 0)), (at, row["review_id"], int(row["review_score"]))
            )
    lines = defaultdict(list)
    for row in table(folder, "olist_order_items_dataset"):
        lines[row["order_id"], row["seller_id"]].append(row)
    orders = {row["order_id"]: row for row in table(folder, "olist_orders_dataset")}
    found = []
    for (order_id, seller_id), sold in sorted(lines.items()):
        order = orders[order_id]
        purchased = known(order["order_purchase_timestamp"])
        if purchased is None:
            continue
        approved = known(order["order_approved_at"])
        found.append(
            Row(
                order_id,
                seller_id,
                purchased,
                approved,
                known(order["order_delivered_carrier_date"]),
                known(order["order_delivered_customer_date"]),
                seconds(order["order_estimated_delivery_date"]) or 0,
                max(seconds(row["shipping_limit_date"]) or 0 for row in sold) if approved else None,
                sum(round(100 * float(row["price"])) for row in sold),
                sum(round(100 * float(row["freight_value"])) for row in sold),
                len(sold),
                states[order["customer_id"]],
                homes[seller_id],
                scores.get(order_id, (0, "", None))[2],
            )
        )
    return found
