from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from graph.errors import BadInput
from ingest.synthetic.marketplace import make, write
from ingest.synthetic.world_files import load_world
from ingest.tables import TABLES
from tests.ingest.synthetic.conftest import Marketplace

PROGRAM = """
import sys
from pathlib import Path
from ingest.synthetic.marketplace import write
from ingest.synthetic.world_files import load_world
write(load_world(), int(sys.argv[1]), 3, Path(sys.argv[2]), sys.argv[3])
"""

ORIGINALS = {
    "olist_orders_dataset": "order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,"
    "order_delivered_carrier_date,order_delivered_customer_date,order_estimated_delivery_date",
    "olist_order_items_dataset": "order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,"
    "freight_value",
    "olist_customers_dataset": "customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,"
    "customer_state",
    "olist_sellers_dataset": "seller_id,seller_zip_code_prefix,seller_city,seller_state",
    "olist_products_dataset": "product_id,product_category_name,product_name_lenght,"
    "product_description_lenght,product_photos_qty,product_weight_g,product_length_cm,product_height_cm,"
    "product_width_cm",
    "olist_order_payments_dataset": "order_id,payment_sequential,payment_type,payment_installments,"
    "payment_value",
    "olist_order_reviews_dataset": "review_id,order_id,review_score,review_comment_title,"
    "review_comment_message,review_creation_date,review_answer_timestamp",
    "olist_geolocation_dataset": "geolocation_zip_code_prefix,geolocation_lat,geolocation_lng,"
    "geolocation_city,geolocation_state",
    "product_category_name_translation": "product_category_name,product_category_name_english",
    "olist_shipments_dataset": "order_id,seller_id,carrier_id,warehouse_id,handed_over_at,delivered_at",
    "olist_warehouses_dataset": "warehouse_id,zip_code_prefix,capacity_units,fixed_cost_cents_per_day,"
    "handling_hours,daily_capacity_orders,cutoff_hour_local",
    "olist_carriers_dataset": "carrier_id,service,base_cents,cents_per_kg,cents_per_km,max_weight_g,"
    "max_side_cm,cut_off_hour,pickup_weekdays",
    "olist_inventory_events": "inventory_event_id,product_id,seller_id,location_id,order_id,event_type,"
    "quantity,event_timestamp,source",
}


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def header(path: Path) -> str:
    with path.open(encoding="utf-8") as file:
        return file.readline().strip()


@pytest.mark.parametrize(("fmt", "orders"), [("csv", 52_000), ("parquet", 1_500)])
def test_same_seed_gives_the_same_bytes_whatever_the_hash_seed(tmp_path: Path, fmt: str, orders: int) -> None:
    found = []
    for hash_seed in ("0", "4711"):
        out = tmp_path / hash_seed
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        subprocess.run(
            [sys.executable, "-c", PROGRAM, str(orders), str(out), fmt], env=environment, check=True
        )
        found.append(digests(out))
    assert found[0] == found[1]
    assert len(found[0]) == len(ORIGINALS) + 13  # and the files of truth/


def test_another_seed_gives_other_orders(tmp_path: Path) -> None:
    for seed in (1, 2):
        write(load_world(), 200, seed, tmp_path / str(seed))
    one, two = (digests(tmp_path / str(seed)) for seed in (1, 2))
    grows = ("olist_orders_dataset.csv", "olist_sellers_dataset.csv", "truth/lanes.parquet")
    assert all(one[name] != two[name] for name in grows)


def test_files_have_the_originals_names_and_columns(default: Marketplace) -> None:
    headers = {path.stem: header(path) for path in default.folder.glob("*.csv")}
    assert headers == ORIGINALS


def test_every_declared_table_and_column_is_written(default: Marketplace) -> None:
    for table in TABLES.values():
        columns = header(default.folder / f"{table.file}.csv").split(",")
        assert {column.source for column in table.columns} <= set(columns)


def test_parquet_holds_the_same_rows_as_csv(tmp_path: Path) -> None:
    for fmt in ("csv", "parquet"):
        write(load_world(), 51_000, 3, tmp_path / fmt, "csv" if fmt == "csv" else "parquet")
    assert not (tmp_path / "parquet" / ".parts").exists()
    for stem in ORIGINALS:
        rows = pl.read_parquet(tmp_path / "parquet" / f"{stem}.parquet")
        text = pl.read_csv(tmp_path / "csv" / f"{stem}.csv", infer_schema=False)
        assert rows.columns == text.columns
        assert rows.height == text.height
        first = rows.columns[0]
        assert rows[first].cast(pl.String).equals(text[first])


def test_chunks_join_without_a_seam(default: Marketplace) -> None:
    orders = default.table("olist_orders_dataset")
    assert orders.height == 60_000  # more than one chunk
    purchased = default.truth.parcels["purchased_at"]  # wall times step back when summer time ends
    assert purchased.is_sorted()
    assert all(frame.n_unique() == frame.len() for frame in (orders["order_id"], orders["customer_id"]))
    gaps = purchased.diff().dt.total_seconds().slice(50_500, 1_500)
    assert gaps.max() < 4 * 3600


def test_progress_counts_up_to_the_number_of_orders(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    write(
        load_world("null"),
        50_001,
        3,
        tmp_path / "out",
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen == [(50_000, 50_001), (50_001, 50_001)]


def test_one_order_is_a_marketplace(tmp_path: Path) -> None:
    write(load_world(), 1, 0, tmp_path / "out")
    assert pl.read_csv(tmp_path / "out" / "olist_orders_dataset.csv").height == 1


@pytest.mark.parametrize(("orders", "seed"), [(0, 1), (-5, 1), (10**9, 1), (10, -1)])
def test_numbers_out_of_bounds_are_refused(orders: int, seed: int) -> None:
    with pytest.raises(BadInput, match="give a"):
        next(make(load_world(), orders, seed))


def test_a_folder_with_files_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep me")
    with pytest.raises(BadInput, match="not an empty folder"):
        write(load_world(), 10, 1, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_accounts_agree(default: Marketplace) -> None:
    orders = default.table("olist_orders_dataset")
    items = default.table("olist_order_items_dataset")
    payments = default.table("olist_order_payments_dataset")
    reviews = default.table("olist_order_reviews_dataset")
    assert default.table("olist_customers_dataset")["customer_id"].equals(orders["customer_id"])
    for rows in (items, payments, reviews, default.table("olist_shipments_dataset")):
        assert rows.join(orders, "order_id", "anti").is_empty()
    assert items.join(default.table("olist_products_dataset"), "product_id", "anti").is_empty()
    assert items.join(default.table("olist_sellers_dataset"), "seller_id", "anti").is_empty()
    paid = payments.group_by("order_id").agg(paid=pl.sum("payment_value"))
    due = items.group_by("order_id").agg(due=pl.sum("price") + pl.sum("freight_value"))
    both = due.join(paid, "order_id")
    assert both.height > 0.99 * orders.height
    assert both.filter(pl.col("paid") != pl.col("due")).is_empty()
    without = orders.join(items, "order_id", "anti")
    assert set(without["order_status"]) <= {"unavailable", "created"}
    assert (
        items.group_by("order_id")
        .agg(pl.col("order_item_id").sort())
        .filter(pl.col("order_item_id").list.last() != pl.col("order_item_id").list.len())
        .is_empty()
    )


def test_identifiers_look_like_the_originals(default: Marketplace) -> None:
    for stem, column in (
        ("olist_orders_dataset", "order_id"),
        ("olist_customers_dataset", "customer_unique_id"),
        ("olist_inventory_events", "inventory_event_id"),
        ("olist_products_dataset", "product_id"),
    ):
        ids = default.table(stem)[column]
        assert ids.str.contains("^[0-9a-f]{32}$").all()
    assert default.table("olist_inventory_events")["inventory_event_id"].is_unique().all()


def test_places_lie_in_their_states_ranges(default: Marketplace) -> None:
    ranges = pairwise(sorted(default.table("olist_customers_dataset")["customer_zip_code_prefix"].unique()))
    assert all(left < right and len(left) == 5 for left, right in ranges)
    sellers = default.table("olist_sellers_dataset")
    sao_paulo = sellers.filter(pl.col("seller_state") == "SP")["seller_zip_code_prefix"].cast(pl.Int32)
    assert sao_paulo.is_between(1000, 19999).all()
    assert 0.5 < sao_paulo.len() / sellers.height < 0.7
