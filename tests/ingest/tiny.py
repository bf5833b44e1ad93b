"""A marketplace of sixty orders without a single fault: all thirteen tables, small enough to damage."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import polars as pl

ORDERS, SELLERS, PRODUCTS = 60, 6, 10
START = datetime(2018, 1, 3, 9, 30)  # noqa: DTZ001 (local time of the source)
TOWNS = [
    ("01310", -23.56, -46.65, "sao paulo", "SP"),
    ("13023", -22.9, -47.06, "campinas", "SP"),
    ("20031", -22.91, -43.17, "rio de janeiro, rio de janeiro, brasil", "RJ"),
    ("30110", -19.93, -43.94, "belo horizonte", "MG"),
    ("40015", -12.97, -38.51, "salvador", "BA"),
    ("88010", -27.6, -48.55, "florianópolis", "SC"),
]
CATEGORIES = [("beleza_saude", "health_beauty"), ("bebes", "baby"), ("pet_shop", "pet_shop")]
COMMENTS = ["", "chegou bem", "muito bom,\nrecomendo", 'disse "ok"\r\n\r\ne gostou', "péssimo; atrasou"]


@dataclass(slots=True)
class Sheet:
    """One table as text: its header and its rows."""

    header: list[str]
    rows: list[list[str]]

    def position(self, column: str) -> int:
        return self.header.index(column)

    def column(self, name: str) -> list[str]:
        at = self.position(name)
        return [row[at] for row in self.rows]


Sheets = dict[str, Sheet]


def marketplace(seed: int = 1) -> Sheets:
    """Return the tables by file name; every seller, product and customer has an order."""
    rng = Random(seed)
    sheets = _things() | _sales(rng)
    orders = sheets["olist_orders_dataset"]
    sheets["olist_order_payments_dataset"] = _payments(orders)
    sheets["olist_order_reviews_dataset"] = _reviews(orders)
    sheets["olist_shipments_dataset"] = _shipments(orders, sheets["olist_order_items_dataset"])
    sheets["olist_inventory_events"] = _stock(sheets["olist_order_items_dataset"])
    return sheets


def _things() -> Sheets:
    points = [
        [zip_prefix, f"{lat + step / 100:.6f}", f"{lng - step / 100:.6f}", city, state]
        for zip_prefix, lat, lng, city, state in TOWNS
        for step in range(5)
    ]
    places = ["zip_code_prefix", "lat", "lng", "city", "state"]
    sellers = [[f"seller-{i}", *_town(i)] for i in range(SELLERS)]
    measures = ["weight_g", "length_cm", "height_cm", "width_cm"]
    products = [
        [f"product-{i}", CATEGORIES[i % 3][0], "40", str(100 + 50 * i), str(10 + i), "8", "12"]
        for i in range(PRODUCTS)
    ]
    return {
        "olist_geolocation_dataset": Sheet([f"geolocation_{c}" for c in places], points),
        "product_category_name_translation": Sheet(
            ["product_category_name", "product_category_name_english"], [list(pair) for pair in CATEGORIES]
        ),
        "olist_sellers_dataset": Sheet(
            ["seller_id", "seller_zip_code_prefix", "seller_city", "seller_state"], sellers
        ),
        "olist_products_dataset": Sheet(
            [
                "product_id",
                "product_category_name",
                "product_name_lenght",
                *(f"product_{m}" for m in measures),
            ],
            products,
        ),
        "olist_warehouses_dataset": Sheet(
            [
                *("warehouse_id", "zip_code_prefix", "capacity_units", "fixed_cost_cents_per_day"),
                *("handling_hours", "daily_capacity_orders", "cutoff_hour_local"),
            ],
            [
                ["depot-0", "13023", "900", "12000", "6.5", "80", "17"],
                ["depot-1", "40015", "400", "9000", "8", "40", "15"],
            ],
        ),
        "olist_carriers_dataset": Sheet(
            [
                *("carrier_id", "service", "base_cents", "cents_per_kg", "cents_per_km"),
                *("max_weight_g", "max_side_cm", "cut_off_hour", "pickup_weekdays"),
            ],
            [
                ["road", "standard", "900", "150", "1.2", "30000", "100", "18", "12345"],
                ["air", "express", "1900", "400", "2", "", "", "", "123456"],
            ],
        ),
    }


def _town(i: int) -> list[str]:
    zip_prefix, _, _, city, state = TOWNS[i % len(TOWNS)]
    return [zip_prefix, city, state]


def _sales(rng: Random) -> Sheets:
    customers, orders, items = [], [], []
    for i in range(ORDERS):
        bought = START + timedelta(days=i, minutes=rng.randrange(600))
        stamps = [bought + timedelta(days=days, minutes=rng.randrange(900)) for days in (0, 2, 9)]
        stamps[0] = bought + timedelta(minutes=20)
        customers.append([f"customer-{i:02}", f"person-{i % 50}", *_town(i + 2)])
        promise = (bought + timedelta(days=25)).replace(hour=0, minute=0)
        orders.append(
            [f"order-{i:02}", f"customer-{i:02}", "delivered", *map(str, (bought, *stamps, promise))]
        )
        for line in range(1, 2 + i % 2):
            product = (i + 3 * line) % PRODUCTS
            price = f"{20 + product}.{90 - line}"
            limit = str(bought + timedelta(days=4))
            items.append(
                [
                    f"order-{i:02}",
                    str(line),
                    f"product-{product}",
                    f"seller-{(i + line) % SELLERS}",
                    limit,
                    price,
                    "9.05",
                ]
            )
    stamps_header = ["purchase_timestamp", "approved_at", "delivered_carrier_date", "delivered_customer_date"]
    return {
        "olist_customers_dataset": Sheet(
            [
                "customer_id",
                "customer_unique_id",
                "customer_zip_code_prefix",
                "customer_city",
                "customer_state",
            ],
            customers,
        ),
        "olist_orders_dataset": Sheet(
            [
                *("order_id", "customer_id", "order_status"),
                *(f"order_{stamp}" for stamp in (*stamps_header, "estimated_delivery_date")),
            ],
            orders,
        ),
        "olist_order_items_dataset": Sheet(
            [
                *("order_id", "order_item_id", "product_id", "seller_id"),
                *("shipping_limit_date", "price", "freight_value"),
            ],
            items,
        ),
    }


def _payments(orders: Sheet) -> Sheet:
    kinds = ("credit_card", "boleto", "voucher")
    rows = [
        [key, "1", kinds[i % 3], str(1 + i % 4), f"{30 + i}.10"]
        for i, key in enumerate(orders.column("order_id"))
    ]
    header = ["order_id", *(f"payment_{c}" for c in ("sequential", "type", "installments", "value"))]
    return Sheet(header, rows)


def _reviews(orders: Sheet) -> Sheet:
    delivered = orders.position("order_delivered_customer_date")
    rows = []
    for i, order in enumerate(orders.rows):
        answered = datetime.fromisoformat(order[delivered]) + timedelta(hours=30)
        created = answered.replace(hour=0, minute=0)
        comment = COMMENTS[i % len(COMMENTS)]
        rows.append([f"review-{i:02}", order[0], str(1 + i % 5), "", comment, str(created), str(answered)])
    names = ("comment_title", "comment_message", "creation_date", "answer_timestamp")
    return Sheet(["review_id", "order_id", "review_score", *(f"review_{name}" for name in names)], rows)


def _shipments(orders: Sheet, items: Sheet) -> Sheet:
    stamps = {row[0]: row[5:7] for row in orders.rows}
    pairs = sorted({(row[0], row[3]) for row in items.rows})
    rows = [
        [order, seller, ("road", "air")[i % 2], ("", "depot-0", "depot-1")[i % 3], *stamps[order]]
        for i, (order, seller) in enumerate(pairs)
    ]
    names = ("carrier_id", "warehouse_id", "handed_over_at", "delivered_at")
    return Sheet(["order_id", "seller_id", *names], rows)


def _stock(items: Sheet) -> Sheet:
    rows = []
    for i, (order, _, product, seller, limit, *_) in enumerate(items.rows):
        place = (seller, "depot-0")[i % 2]
        kinds = (("RECEIVED", "5", ""), ("SHIPPED", "1", order), ("ADJUSTED", "-1", ""))
        for kind, quantity, cause in kinds[: 1 + i % 3]:
            name = f"event-{len(rows):03}"
            rows.append([name, product, seller, place, cause, kind, quantity, limit, "tiny"])
    names = (
        "product_id",
        "seller_id",
        "location_id",
        "order_id",
        "event_type",
        "quantity",
        "event_timestamp",
    )
    return Sheet(["inventory_event_id", *names, "source"], rows)


def write_csv(sheet: Sheet, path: Path, *, quote_all: bool = False) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        style = csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL
        writer = csv.writer(file, lineterminator="\n", quoting=style)
        writer.writerow(sheet.header)
        writer.writerows(sheet.rows)


def frame(sheet: Sheet) -> pl.DataFrame:
    """Return a sheet as text columns; empty cells are null."""
    columns = {name: [row[i] or None for row in sheet.rows] for i, name in enumerate(sheet.header)}
    return pl.DataFrame(columns, schema=dict.fromkeys(sheet.header, pl.String))


def write(sheets: Sheets, folder: Path, fmt: str = "csv") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for file, sheet in sheets.items():
        if fmt == "csv":
            write_csv(sheet, folder / f"{file}.csv")
        else:
            frame(sheet).write_parquet(folder / f"{file}.parquet")
    return folder
