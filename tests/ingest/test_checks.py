"""The checks: what sets a row aside, what is cleaned, and that every row is accounted for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from graph.errors import BadInput
from graph.tables import INSTANT
from ingest.checked import Checked, TableReport
from ingest.checks import check
from ingest.raw import RawTable
from ingest.source import open_source
from ingest.tables import TABLES, Table
from tests.ingest import tiny
from tests.ingest.history import InMemory
from tests.ingest.tiny import Sheets

AS_OF = datetime(2018, 12, 1, tzinfo=UTC)


def checked(sheets: Sheets) -> Checked:
    return check(InMemory({file: tiny.frame(sheet) for file, sheet in sheets.items()}), AS_OF)


def put(sheets: Sheets, file: str, row: int, column: str, value: str) -> None:
    """Write a cell; ``row`` is the number that a spreadsheet shows."""
    sheet = sheets[file]
    sheet.rows[row - 2][sheet.position(column)] = value


def faults(answer: Checked, table: str) -> list[tuple[int, str, str, str]]:
    columns = ("row", "column", "reason", "value")
    return list(answer.reports[table].quarantine.select(columns).iter_rows())


def test_a_clean_source_is_used_whole() -> None:
    answer = checked(tiny.marketplace())
    for name, report in answer.reports.items():
        table, frame = TABLES[name], answer.named(name)
        assert report.read == report.used == frame.height > 0
        assert (report.cleaned, report.reasons) == ({}, {})
        assert list(frame.schema.items()) == [(c.name, c.type) for c in table.columns]
        assert not table.key or frame.equals(frame.sort(table.key, nulls_last=True))


@pytest.mark.parametrize(
    ("table", "column", "value", "reason"),
    [
        ("orders", "order_id", "", "missing value"),
        ("orders", "order_purchase_timestamp", "", "missing value"),
        ("orders", "order_purchase_timestamp", "soon", "wrong type"),
        ("orders", "order_approved_at", "31/12/2018", "wrong type"),
        ("orders", "order_estimated_delivery_date", "2999-01-01 00:00:00", "out of range"),
        ("orders", "order_purchase_timestamp", "1066-10-14 09:00:00", "out of range"),
        ("orders", "customer_id", "nobody", "broken reference"),
        ("customers", "customer_zip_code_prefix", "here", "wrong type"),
        ("sellers", "seller_zip_code_prefix", "", "missing value"),
        ("items", "order_id", "order-99", "broken reference"),
        ("items", "product_id", "product-99", "broken reference"),
        ("items", "seller_id", "seller-99", "broken reference"),
        ("items", "order_item_id", "0", "out of range"),
        ("items", "order_item_id", "first", "wrong type"),
        ("items", "price", "-1.00", "out of range"),
        ("items", "price", "58,90", "wrong type"),
        ("items", "freight_value", "", "missing value"),
        ("payments", "payment_value", "-0.01", "out of range"),
        ("payments", "payment_type", "", "missing value"),
        ("reviews", "review_score", "6", "out of range"),
        ("reviews", "review_creation_date", "", "missing value"),
        ("products", "product_weight_g", "-5", "out of range"),
        ("products", "product_length_cm", "long", "wrong type"),
        ("geolocation", "geolocation_lat", "90.5", "out of range"),
        ("geolocation", "geolocation_lng", "-180.5", "out of range"),
        ("geolocation", "geolocation_lng", "west", "wrong type"),
        ("categories", "product_category_name_english", "", "missing value"),
        ("shipments", "carrier_id", "bicycle", "broken reference"),
        ("shipments", "warehouse_id", "depot-9", "broken reference"),
        ("shipments", "handed_over_at", "noon", "wrong type"),
        ("warehouses", "cutoff_hour_local", "25", "out of range"),
        ("carriers", "pickup_weekdays", "0", "wrong type"),
        ("inventory_events", "event_type", "LOST", "unknown value"),
        ("inventory_events", "location_id", "depot-9", "broken reference"),
        ("inventory_events", "location_id", "seller-99", "broken reference"),
        ("inventory_events", "quantity", "1.5", "wrong type"),
        ("inventory_events", "quantity", "-2", "out of range"),
    ],
)
def test_one_bad_cell_sets_its_row_aside(table: str, column: str, value: str, reason: str) -> None:
    sheets = tiny.marketplace()
    put(sheets, TABLES[table].file, 3, column, value)
    answer = checked(sheets)
    assert faults(answer, table) == [(3, column, reason, value)]
    report = answer.reports[table]
    assert (report.set_aside, dict(report.reasons)) == (1, {reason: 1})
    assert answer.reports[table].quarantine["table"].to_list() == [TABLES[table].file]


def test_what_belongs_to_a_row_set_aside_is_a_broken_reference() -> None:
    sheets = tiny.marketplace()
    put(sheets, "olist_customers_dataset", 5, "customer_zip_code_prefix", "nowhere")
    answer = checked(sheets)
    assert faults(answer, "customers") == [(5, "customer_zip_code_prefix", "wrong type", "nowhere")]
    assert faults(answer, "orders") == [(5, "customer_id", "broken reference", "customer-03")]
    lost = {"items": 2, "payments": 1, "reviews": 1, "shipments": 2}
    assert {name: answer.reports[name].set_aside for name in lost} == lost


def test_a_row_is_counted_once_under_its_first_fault_and_all_its_faults_are_listed() -> None:
    sheets = tiny.marketplace()
    for column, value in (("freight_value", "-1"), ("order_item_id", "x"), ("product_id", "none")):
        put(sheets, "olist_order_items_dataset", 4, column, value)
    put(sheets, "olist_order_items_dataset", 2, "price", "x")
    answer = checked(sheets)
    assert faults(answer, "items") == [
        (2, "price", "wrong type", "x"),
        (4, "order_item_id", "wrong type", "x"),
        (4, "product_id", "broken reference", "none"),
        (4, "freight_value", "out of range", "-1"),
    ]
    assert answer.reports["items"].set_aside == 2
    assert dict(answer.reports["items"].reasons) == {"wrong type": 2}


def _said_twice(sheets: Sheets, file: str, row: int, column: str, value: str) -> None:
    rows = sheets[file].rows
    rows.append(list(rows[row - 2]))
    put(sheets, file, len(rows) + 1, column, value)


@pytest.mark.parametrize("first", [False, True])
def test_of_rows_that_share_a_key_one_stays_whatever_their_order(first: bool) -> None:
    sheets = tiny.marketplace()
    _said_twice(sheets, "olist_products_dataset", 3, "product_weight_g", "7")
    if first:
        sheets["olist_products_dataset"].rows.reverse()
    answer = checked(sheets)
    kept = answer.named("products").filter(product_id="product-1")
    assert kept["weight_g"].to_list() == [7.0]
    assert dict(answer.reports["products"].reasons) == {"duplicate key": 1}


def test_the_status_never_decides_between_rows() -> None:
    for status in ("aaa", "zzz"):
        sheets = tiny.marketplace()
        _said_twice(sheets, "olist_orders_dataset", 3, "order_status", status)
        put(sheets, "olist_orders_dataset", 62, "order_estimated_delivery_date", "2018-01-09 00:00:00")
        kept = checked(sheets).named("orders").filter(order_id="order-01")
        assert kept["promised_at"].to_list() == [datetime(2018, 1, 9, 2, tzinfo=UTC)]


def test_the_order_of_rows_means_nothing() -> None:
    sheets = tiny.marketplace()
    _said_twice(sheets, "olist_orders_dataset", 9, "order_approved_at", "2018-02-01 10:00:00")
    _said_twice(sheets, "olist_order_payments_dataset", 9, "payment_value", "1.00")
    put(sheets, "olist_sellers_dataset", 3, "seller_zip_code_prefix", "1310")
    put(sheets, "olist_order_items_dataset", 8, "price", "free")
    straight = checked(sheets)
    for sheet in sheets.values():
        Random(5).shuffle(sheet.rows)
    shuffled = checked(sheets)
    for name in straight.tables:
        assert_frame_equal(straight.named(name), shuffled.named(name), check_row_order=bool(TABLES[name].key))
        assert straight.reports[name].cleaned == shuffled.reports[name].cleaned
        assert straight.reports[name].reasons == shuffled.reports[name].reasons


def test_quirks_are_cleaned_and_counted() -> None:
    sheets = tiny.marketplace()
    orders, points = sheets["olist_orders_dataset"], sheets["olist_geolocation_dataset"]
    put(
        sheets, "olist_orders_dataset", 4, "order_delivered_carrier_date", orders.rows[2][3]
    )  # as it was bought
    put(sheets, "olist_orders_dataset", 5, "order_delivered_customer_date", orders.rows[3][3])
    points.rows += [list(points.rows[0]), list(points.rows[0]), ["01310", "45.0", "7.6", "torino", "SP"]]
    put(sheets, "olist_customers_dataset", 6, "customer_zip_code_prefix", "1310")
    put(sheets, "olist_customers_dataset", 7, "customer_zip_code_prefix", "99999")
    put(sheets, "olist_sellers_dataset", 3, "seller_state", "Rio")
    put(sheets, "olist_products_dataset", 3, "product_category_name", "")
    put(sheets, "olist_products_dataset", 4, "product_category_name", "novidades")
    put(sheets, "olist_products_dataset", 5, "product_weight_g", "0")
    put(sheets, "olist_products_dataset", 6, "product_height_cm", "0.0")
    put(sheets, "olist_order_items_dataset", 3, "price", "10.005")
    answer = checked(sheets)
    assert {n: dict(r.cleaned) for n, r in answer.reports.items() if r.cleaned} == {
        "geolocation": {"exact_duplicate": 2, "outside_brazil": 1},
        "customers": {"zip_prefix_not_in_geolocation": 1, "zip_prefix_padded": 1},
        "sellers": {"state_unknown": 1},
        "products": {
            **{"category_missing": 1, "category_untranslated": 1},
            **{"height_cm_zero": 1, "weight_g_zero": 1},
        },
        "orders": {"delivered_before_hand_over": 1, "handed_over_before_approval": 1},
        "items": {"cents_rounded": 1},
    }
    assert not any(report.set_aside for report in answer.reports.values())
    blanked = answer.named("geolocation").filter(city="torino")
    assert blanked.select("zip_prefix", "lat", "lng").rows() == [("01310", None, None)]
    early = answer.named("orders").filter(pl.col("handed_over_at") < pl.col("approved_at"))
    assert early["order_id"].to_list() == ["order-02"]  # the stamps stay


def test_a_source_without_usable_orders_says_what_to_do() -> None:
    sheets = tiny.marketplace()
    for row in range(2, 62):
        put(sheets, "olist_orders_dataset", row, "order_purchase_timestamp", "soon")
    with pytest.raises(BadInput, match=r"no usable order: 60 were read, 60 set aside") as refused:
        checked(sheets)
    assert "Write it as date and time" in str(refused.value)
    with pytest.raises(BadInput, match="no event"):
        check(InMemory({"x": pl.DataFrame()} | _without_stamps(sheets)))
    early = {file: tiny.frame(sheet) for file, sheet in tiny.marketplace().items()}
    with pytest.raises(BadInput, match="choose a later --as-of"):
        check(InMemory(early), datetime(2017, 1, 1, tzinfo=UTC))


def _without_stamps(sheets: Sheets) -> dict[str, pl.DataFrame]:
    frames = {file: tiny.frame(sheet) for file, sheet in sheets.items()}
    for file, frame in frames.items():
        known = next(t for t in TABLES.values() if t.file == file)
        stamps = [c.source for c in known.columns if c.event]
        frames[file] = frame.with_columns(pl.lit(None, pl.String).alias(name) for name in stamps)
    return frames


class Keyed:
    """A source without row numbers: its rows go by their keys, as in a database."""

    name = "keyed"

    def __init__(self, inner: InMemory) -> None:
        self._inner = inner

    def read(self, table: Table) -> RawTable | None:
        raw = self._inner.read(table)
        if raw is None or not table.key:
            return raw
        names = raw.frame.select(pl.concat_str(*table.key, separator="/", ignore_nulls=True)).to_series()
        return replace(raw, rows=names, row_name="key")


def test_a_source_may_name_its_rows_by_key() -> None:
    sheets = tiny.marketplace()
    put(sheets, "olist_order_items_dataset", 4, "price", "x")
    sheets["olist_sellers_dataset"].rows.append(list(sheets["olist_sellers_dataset"].rows[0]))
    frames = {file: tiny.frame(sheet) for file, sheet in sheets.items()}
    answer = check(Keyed(InMemory(frames)), AS_OF)
    assert answer.reports["items"].quarantine["row"].to_list() == ["order-01/2"]
    assert answer.reports["sellers"].quarantine["row"].to_list() == ["seller-0"]
    assert answer.reports["sellers"].set_aside == 1


def test_progress_is_told() -> None:
    told: list[str] = []
    frames = {file: tiny.frame(sheet) for file, sheet in tiny.marketplace().items()}
    check(InMemory(frames), AS_OF, told.append)
    assert told[0] == "reading geolocation"
    assert told[-1] == "checking inventory_events"


def test_an_account_that_does_not_add_up_is_our_bug() -> None:
    with pytest.raises(AssertionError, match="rows got lost"):
        TableReport(3, 1, 1, 0, {}, {"wrong type": 1}, pl.DataFrame())
    with pytest.raises(AssertionError, match="rows got lost"):
        TableReport(2, 1, 1, 0, {}, {}, pl.DataFrame())


@pytest.fixture(scope="module")
def real(olist_dir: Path) -> Checked:
    return check(open_source(olist_dir), datetime(2018, 6, 1, 3, tzinfo=UTC))


def test_every_row_of_the_real_history_is_used_or_not_yet_known(real: Checked, olist_dir: Path) -> None:
    counts = {n: (r.read, r.used, r.set_aside, r.later_than_as_of) for n, r in real.reports.items()}
    assert counts == {
        "geolocation": (1_000_163, 1_000_163, 0, 0),
        "categories": (71, 71, 0, 0),
        "customers": (80_450, 80_450, 0, 0),
        "sellers": (3_095, 2_559, 0, 536),
        "products": (32_951, 26_895, 0, 6_056),
        "orders": (80_450, 80_450, 0, 0),
        "items": (91_231, 91_231, 0, 0),
        "payments": (84_242, 84_242, 0, 0),
        "reviews": (77_875, 77_500, 0, 375),
    }
    for name, frame in real.tables.items():
        path = olist_dir / f"{TABLES[name].file}.csv"
        independent = duckdb.execute(
            f"SELECT count(*) FROM read_csv('{path}', all_varchar=true, quote='\"')"
        ).fetchone()
        assert independent == (real.reports[name].read,)
        assert {c for c, dtype in frame.schema.items() if c.endswith("_at")} == {
            c for c, dtype in frame.schema.items() if dtype == INSTANT
        }


def test_the_quirks_of_the_real_history(real: Checked, olist_dir: Path) -> None:
    cleaned = {name: dict(report.cleaned) for name, report in real.reports.items() if report.cleaned}
    assert cleaned["geolocation"] == {"exact_duplicate": 261_831, "outside_brazil": 31}
    assert cleaned["orders"] == {
        "delivered_before_hand_over": 23,
        "handed_over_before_approval": 584,
        "handed_over_before_purchase": 38,
    }
    orders = real.named("orders")
    delivered = orders.filter(pl.col("delivered_at").is_not_null() & (pl.col("status") == "delivered"))
    early = delivered.filter(pl.col("handed_over_at") < pl.col("approved_at"))
    assert (delivered.height, early.height) == (75_429, 552)  # the count of the design page
    folder = str(olist_dir)
    unlocated = duckdb.execute(
        f"""
        SELECT count(*) FROM read_csv('{folder}/olist_customers_dataset.csv', all_varchar=true, quote='\"')
        WHERE customer_zip_code_prefix NOT IN (
            SELECT geolocation_zip_code_prefix
            FROM read_csv('{folder}/olist_geolocation_dataset.csv', all_varchar=true, quote='\"'))
        """
    ).fetchone()
    assert unlocated == (cleaned["customers"]["zip_prefix_not_in_geolocation"],)


def test_real_amounts_are_exact(real: Checked, olist_dir: Path) -> None:
    path = olist_dir / "olist_order_items_dataset.csv"
    wanted = duckdb.execute(
        f"""
        SELECT sum(price::DECIMAL(12, 2)) * 100, sum(freight_value::DECIMAL(12, 2)) * 100
        FROM read_csv('{path}', all_varchar=true, quote='\"')
        """
    ).fetchone()
    items = real.named("items")
    assert wanted is not None
    assert (items["price_cents"].sum(), items["freight_cents"].sum()) == tuple(
        int(amount) for amount in wanted
    )
