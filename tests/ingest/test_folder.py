"""Folders: what is missing or unusable is said at once, with file, column and remedy."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from graph.errors import BadInput
from ingest.checks import check
from ingest.source import open_source
from ingest.tables import TABLES
from tests.ingest import tiny


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tiny.write(tiny.marketplace(), tmp_path / "source")


def test_csv_and_parquet_are_the_same_source(folder: Path, tmp_path: Path) -> None:
    other = tiny.write(tiny.marketplace(), tmp_path / "parquet", "parquet")
    csv, parquet = check(open_source(folder)), check(open_source(other))
    assert csv.as_of == parquet.as_of
    for name in csv.tables:
        assert_frame_equal(csv.named(name), parquet.named(name))


def test_parquet_with_real_types_is_the_same_source(folder: Path, tmp_path: Path) -> None:
    csv = check(open_source(folder))
    other = tiny.write(tiny.marketplace(), tmp_path / "typed", "parquet")
    for path in other.iterdir():
        text = pl.read_parquet(path)
        typed = text.with_columns(_guessed(text[name]) for name in text.columns)
        typed.write_parquet(path)
    parquet = check(open_source(other))
    assert parquet.reports["customers"].cleaned == {"zip_prefix_padded": 10}  # numbers have no leading zero
    for name in csv.tables:
        assert_frame_equal(csv.named(name), parquet.named(name))


def _guessed(text: pl.Series) -> pl.Series:
    for dtype in (pl.Int64, pl.Float64):
        typed = text.cast(dtype, strict=False)
        if typed.null_count() == text.null_count():
            return typed
    stamps = text.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False)
    return stamps if stamps.null_count() == text.null_count() else text


def test_optional_tables_may_be_absent(folder: Path) -> None:
    for table in TABLES.values():
        if table.optional:
            (folder / f"{table.file}.csv").unlink()
    assert set(check(open_source(folder)).tables) == {n for n, t in TABLES.items() if not t.optional}


def test_all_faults_of_all_files_come_at_once(folder: Path) -> None:
    (folder / "olist_orders_dataset.csv").unlink()
    (folder / "olist_sellers_dataset.csv").write_bytes(b"")
    (folder / "olist_products_dataset.csv").write_bytes(b"product_id,product_weight_g\n")
    (folder / "olist_customers_dataset.parquet").write_bytes(b"PAR1")
    (folder / "olist_customers_dataset.csv").unlink()
    (folder / "olist_order_items_dataset.parquet").write_bytes(b"")
    (folder / "olist_carriers_dataset.csv").unlink()
    (folder / "olist_carriers_dataset.csv").mkdir()
    with pytest.raises(BadInput) as refused:
        check(open_source(folder))
    found = {(fault.table.split(".")[0], fault.kind, fault.column) for fault in refused.value.faults}
    missing = ("product_category_name", "product_length_cm", "product_height_cm", "product_width_cm")
    assert found == {
        ("olist_orders_dataset", "missing file", None),
        ("olist_sellers_dataset", "empty file", None),
        ("olist_customers_dataset", "unreadable file", None),
        ("olist_order_items_dataset", "two files for one table", None),
        ("olist_carriers_dataset", "unreadable file", None),
        *(("olist_products_dataset", "missing column", name) for name in missing),
    }
    assert all(fault.remedy for fault in refused.value.faults)
    assert "olist_orders_dataset: missing file" in str(refused.value)


@pytest.mark.parametrize("damage", [0, 7, 200, -40])
def test_a_parquet_file_cut_short_is_one_fault(damage: int, tmp_path: Path) -> None:
    folder = tiny.write(tiny.marketplace(), tmp_path, "parquet")
    path = folder / "olist_orders_dataset.parquet"
    path.write_bytes(path.read_bytes()[:damage])
    with pytest.raises(BadInput) as refused:
        check(open_source(folder))
    assert [(f.table, f.kind) for f in refused.value.faults] == [(path.name, "unreadable file")]


def test_parquet_columns_of_lists_are_refused(tmp_path: Path) -> None:
    folder = tiny.write(tiny.marketplace(), tmp_path, "parquet")
    path = folder / "olist_order_payments_dataset.parquet"
    pl.read_parquet(path).with_columns(pl.concat_list("payment_value")).write_parquet(path)
    with pytest.raises(BadInput, match="payment_value"):
        check(open_source(folder))


@pytest.mark.parametrize("where", ["", "   ", "no/such/folder", __file__])
def test_what_is_no_folder_is_refused(where: str) -> None:
    with pytest.raises(BadInput, match="folder"):
        open_source(where)


def test_an_empty_folder_names_the_nine_tables(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as refused:
        check(open_source(tmp_path))
    assert len(refused.value.faults) == 9


@pytest.mark.parametrize("where", ["synth://?orders=many", "synth://?seed=-1", "synth://?colour=red"])
def test_a_synthetic_source_says_what_it_takes(where: str) -> None:
    with pytest.raises(BadInput, match="synth"):
        open_source(where)
