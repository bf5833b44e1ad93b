"""The cut: a whole history as of T equals the history that somebody exported at T."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from ingest.checked import Checked
from ingest.checks import check
from ingest.clock import to_utc
from ingest.source import open_source
from ingest.synthetic.marketplace import write
from ingest.synthetic.world_files import load_world
from ingest.tables import TABLES
from tests.ingest import tiny
from tests.ingest.history import Frames, InMemory, as_exported_at

TINY_INSTANTS = ("2018-01-04 12:00:00", "2018-01-20 00:00:00", "2018-02-10 17:45:00", "2018-02-25 08:00:00")
REAL_INSTANTS = ("2017-03-01 00:00:00", "2017-11-25 12:00:00", "2018-05-01 00:00:00")


def same(left: Checked, right: Checked) -> None:
    assert left.as_of == right.as_of
    assert left.tables.keys() == right.tables.keys()
    for name in left.tables:
        final = TABLES[name].final
        assert_frame_equal(left.named(name).drop(final), right.named(name).drop(final))


def tiny_frames() -> Frames:
    return {file: tiny.frame(sheet) for file, sheet in tiny.marketplace().items()}


@pytest.mark.parametrize("local", TINY_INSTANTS)
def test_the_past_of_a_small_history(local: str) -> None:
    frames, instant = tiny_frames(), datetime.fromisoformat(local)
    whole = check(InMemory(frames), instant)
    same(whole, check(InMemory(as_exported_at(frames, local)), instant))
    assert whole.as_of == to_utc(instant)
    assert 0 < whole.tables["orders"].height < tiny.ORDERS


@pytest.mark.parametrize("local", TINY_INSTANTS)
def test_the_past_of_a_damaged_history(local: str) -> None:
    frames, instant = tiny_frames(), datetime.fromisoformat(local)
    orders = frames["olist_orders_dataset"]
    garbled = orders.with_row_index("i").with_columns(
        pl.when(pl.col("i") % 7 == 3)
        .then(pl.lit("soon"))
        .otherwise("order_approved_at")
        .alias("order_approved_at"),
        pl.when(pl.col("i") % 9 == 4)
        .then(pl.lit("2999-01-01 00:00:00"))
        .otherwise("order_delivered_customer_date")
        .alias("order_delivered_customer_date"),
        pl.when(pl.col("i") % 11 == 5)
        .then(pl.lit(""))
        .otherwise("order_purchase_timestamp")
        .alias("order_purchase_timestamp"),
    )
    twice = garbled.filter(pl.col("i") % 5 == 1).with_columns(
        (pl.col("order_estimated_delivery_date").str.replace("-0", "-1")),
        pl.lit("canceled").alias("order_status"),
    )
    frames["olist_orders_dataset"] = pl.concat([garbled, twice]).drop("i")
    items = frames["olist_order_items_dataset"]
    frames["olist_order_items_dataset"] = items.with_columns(
        pl.when(pl.col("price").str.contains("3")).then(pl.lit("free")).otherwise("price").alias("price")
    )
    whole = check(InMemory(frames), instant)
    same(whole, check(InMemory(as_exported_at(frames, local)), instant))
    assert any(report.set_aside for report in whole.reports.values())


def test_faults_later_than_t_are_no_faults() -> None:
    frames = tiny_frames()
    late = pl.col("order_purchase_timestamp") >= "2018-02-01"
    spoilt = pl.when(late).then(pl.lit("garbage"))
    frames["olist_orders_dataset"] = frames["olist_orders_dataset"].with_columns(
        spoilt.otherwise(name).alias(name) for name in ("order_approved_at", "customer_id")
    )
    early = check(InMemory(frames), datetime.fromisoformat("2018-02-01"))
    assert not any(report.set_aside for report in early.reports.values())
    assert early.reports["orders"].later_than_as_of == 31
    assert check(InMemory(frames)).reports["orders"].set_aside == 31


def test_what_is_known_when() -> None:
    """One order, bought on the 3rd, approved on the 5th, handed over on the 7th, delivered on the 9th."""
    frames = tiny_frames()
    keep = {"customer_id": "customer-00", "order_id": "order-00"}
    for file in sorted(frames.keys() - {"olist_inventory_events"}):
        wanted = {column: value for column, value in keep.items() if column in frames[file].columns}
        frames[file] = frames[file].filter(**wanted)
    days = {
        "purchase_timestamp": 3,
        "approved_at": 5,
        "delivered_carrier_date": 7,
        "delivered_customer_date": 9,
    }
    stamps = [pl.lit(f"2018-01-{day:02} 12:00:00").alias(f"order_{name}") for name, day in days.items()]
    frames["olist_orders_dataset"] = frames["olist_orders_dataset"].with_columns(stamps)
    frames["olist_shipments_dataset"] = frames["olist_shipments_dataset"].with_columns(
        stamps[2].alias("handed_over_at"), stamps[3].alias("delivered_at")
    )
    known = {}
    for day in (4, 6, 8, 10):
        tables = check(InMemory(frames), datetime.fromisoformat(f"2018-01-{day:02}")).tables
        order, item = tables["orders"].row(0, named=True), tables["items"].row(0, named=True)
        known[day] = (
            order["approved_at"] is not None,
            item["shipping_limit_at"] is not None,
            tables["shipments"].height,
            order["delivered_at"] is not None,
            tables["reviews"].height,
            tables["payments"].height,
            tables["customers"].height,
        )
        assert order["promised_at"] is not None  # told at the purchase, though it lies ahead
        assert tables["sellers"].height == tables["products"].height == 1  # those that the order names
    assert known == {
        4: (False, False, 0, False, 0, 1, 1),
        6: (True, True, 0, False, 0, 1, 1),
        8: (True, True, 1, False, 0, 1, 1),
        10: (True, True, 1, True, 0, 1, 1),
    }


def test_without_an_instant_nothing_but_the_unanswered_is_later() -> None:
    frames = tiny_frames()
    answers = pl.col("review_answer_timestamp")
    frames["olist_order_reviews_dataset"] = frames["olist_order_reviews_dataset"].with_columns(
        pl.when(pl.col("review_id") != "review-03").then(answers)
    )
    checked = check(InMemory(frames))
    assert {n: r.later_than_as_of for n, r in checked.reports.items() if r.later_than_as_of} == {"reviews": 1}
    last = max(frames["olist_order_reviews_dataset"]["review_answer_timestamp"].drop_nulls())
    assert checked.as_of == to_utc(datetime.fromisoformat(last)) + timedelta(seconds=1)


def _with_stamp(frames: Frames, file: str, column: str, row: int, stamp: str) -> Frames:
    at = pl.int_range(pl.len()) == row
    changed = pl.when(at).then(pl.lit(stamp)).otherwise(column).alias(column)
    return frames | {file: frames[file].with_columns(changed)}


@pytest.mark.parametrize(
    ("file", "column"),
    [
        ("olist_orders_dataset", "order_delivered_customer_date"),
        ("olist_orders_dataset", "order_purchase_timestamp"),
        ("olist_order_reviews_dataset", "review_answer_timestamp"),
    ],
)
def test_one_typo_does_not_set_the_instant(file: str, column: str) -> None:
    frames = tiny_frames()
    right = check(InMemory(frames))
    wrong = check(InMemory(_with_stamp(frames, file, column, 20, "2098-01-01 00:00:00")))
    assert wrong.as_of == right.as_of
    assert wrong.tables["orders"]["delivered_at"].max() < right.as_of
    assert not any(report.set_aside for report in wrong.reports.values())


def test_a_purchase_long_before_the_others_is_the_slip() -> None:
    frames = tiny_frames()
    right = check(InMemory(frames))
    early = _with_stamp(frames, "olist_orders_dataset", "order_purchase_timestamp", 0, "2008-01-01 00:00:00")
    assert check(InMemory(early)).as_of == right.as_of
    assert check(InMemory(early)).reports["orders"].used == tiny.ORDERS


def test_without_approval_no_shipping_limit_is_known() -> None:
    frames = _with_stamp(tiny_frames(), "olist_orders_dataset", "order_approved_at", 7, "")
    items = check(InMemory(frames)).named("items")
    told = items.with_columns(pl.col("shipping_limit_at").is_null().alias("none")).group_by("order_id")
    assert told.agg(pl.col("none").any()).filter("none")["order_id"].to_list() == ["order-07"]


@pytest.mark.parametrize("local", ["2017-03-15 00:00:00", "2018-03-01 13:00:00"])
def test_the_past_of_a_synthetic_history(local: str, tmp_path: Path) -> None:
    write(load_world("default"), 3_000, 11, tmp_path, "csv")
    frames = {path.stem: pl.read_csv(path, infer_schema=False) for path in tmp_path.glob("*.csv")}
    instant = datetime.fromisoformat(local)
    whole = check(open_source(tmp_path), instant)
    same(whole, check(InMemory(as_exported_at(frames, local)), instant))
    assert all(whole.reports[name].later_than_as_of for name in ("orders", "shipments", "inventory_events"))


@pytest.mark.parametrize("local", REAL_INSTANTS)
def test_the_past_of_the_real_history(local: str, olist_dir: Path) -> None:
    instant = datetime.fromisoformat(local)
    frames = {path.stem: pl.read_csv(path, infer_schema=False) for path in olist_dir.glob("*.csv")}
    whole = check(open_source(olist_dir), instant)
    same(whole, check(InMemory(as_exported_at(frames, local)), instant))
    bought = (frames["olist_orders_dataset"]["order_purchase_timestamp"] < local).sum()
    assert whole.reports["orders"].used == bought
