"""Rows set aside: files that a spreadsheet opens, and messages that show every kind at once."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from ingest.checks import check
from ingest.faults import Reason, remedy
from ingest.quarantine import examples, write
from ingest.source import open_source
from ingest.tables import TABLES
from tests.ingest import tiny

AS_OF = datetime(2018, 12, 1, tzinfo=UTC)


def damaged_folder(folder: Path) -> Path:
    sheets = tiny.marketplace()
    payments = sheets["olist_order_payments_dataset"]
    for row in payments.rows[:9]:
        row[4] = "=SUM(A1:A9)"
    payments.rows[20][3] = "-3"
    tiny.write(sheets, folder)
    path = folder / "olist_order_payments_dataset.csv"
    path.write_bytes(path.read_bytes() + b"order-01,9")
    return folder


def test_files_are_written_for_tables_with_rows_set_aside(tmp_path: Path) -> None:
    checked = check(open_source(damaged_folder(tmp_path / "source")), AS_OF)
    files = write(checked.reports, tmp_path / "out" / "quarantine")
    assert [path.name for path in files] == ["payments.csv"]
    written = pl.read_csv(files[0], infer_schema=False)
    assert written.columns == ["table", "row", "column", "reason", "value"]
    assert written.height == checked.reports["payments"].set_aside == 11
    file = "olist_order_payments_dataset"
    assert written.row(0) == (
        file,
        "2",
        "payment_value",
        "wrong type",
        "'=SUM(A1:A9)",
    )  # no formula for Excel
    assert written.row(9) == (file, "22", "payment_installments", "out of range", "-3")
    assert written.row(10) == (file, "62", None, "truncated", "order-01,9")


def test_a_person_sees_every_kind_at_once(tmp_path: Path) -> None:
    checked = check(open_source(damaged_folder(tmp_path)), AS_OF)
    shown = examples(checked.reports)
    assert [(fault.kind, fault.row) for fault in shown] == [
        *(("wrong type", row) for row in (2, 3, 4, 5, 6)),
        ("out of range", 22),
        ("truncated", 62),
    ]
    assert "4 more of this kind" in shown[4].remedy
    assert str(shown[5]) == (
        "olist_order_payments_dataset, row 22, column payment_installments: out of range (-3). "
        "Give a value from 0 to 2,147,483,647."
    )


def test_limits_are_told_in_whole_numbers_as_the_file_writes_them() -> None:
    def told(table: str, name: str) -> str:
        return remedy(Reason.OUT_OF_RANGE, TABLES[table].column(name))

    assert told("geolocation", "lat") == "Give a value from -90 to 90."
    assert told("items", "price_cents") == "Give a value from 0 to 11,258,999,068,426."
    assert told("carriers", "cents_per_km") == "Give a value of at least 0."
    assert told("orders", "purchased_at") == "Give a value that lies between 1990 and 2100."
