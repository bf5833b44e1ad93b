"""A scenario as a spreadsheet: there and back the same, and faults named by sheet and cell."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from api.scenarios import Raw, checked, checked_tables, read_folder, write_folder
from api.scenarios.books import read_book, write_book
from api.scenarios.formulas import without_value
from graph.errors import BadInput
from tests.optimizer.placement.scenarios import SETTINGS, tables


def sheets(file: Path, content: dict[str, list[list[Any]]]) -> Path:
    """Write a book as a planner's program would."""
    with xlsxwriter.Workbook(str(file)) as book:
        for name, rows in content.items():
            sheet = book.add_worksheet(name)
            for row, cells in enumerate(rows):
                sheet.write_row(row, 0, cells)
    return file


def test_there_and_back_it_is_the_same_scenario(tmp_path: Path) -> None:
    settings = {**SETTINGS, "start": date(2018, 4, 1), "derived": {"base": "b", "edits": ["max_sites=3"]}}
    write_book(tmp_path / "base.xlsx", tables(), settings)
    before, after = checked(Raw(tables(), settings, "")), checked(read_book(tmp_path / "base.xlsx"))
    assert after.settings == before.settings
    for name in ("sites", "demand", "products", "supply"):
        assert getattr(after, name).equals(getattr(before, name)), name
    assert (after.problem().cost == before.problem().cost).all()


def test_what_a_folder_holds_is_written_in_its_types(tmp_path: Path) -> None:
    """A spreadsheet can add up the numbers; codes stay texts."""
    write_folder(tmp_path / "base", tables(), SETTINGS)
    raw = read_folder(tmp_path / "base")
    write_book(tmp_path / "base.xlsx", checked_tables(raw), raw.settings)
    book = CalamineWorkbook.from_path(str(tmp_path / "base.xlsx"))
    assert book.get_sheet_by_name("sites").to_python()[2] == ["south", "20010", 300.0, 12.0, 4.0, 12.0]
    assert book.get_sheet_by_name("demand").to_python()[1] == ["a", "013", "toys", 10.0, 1.0]
    after = checked(read_book(tmp_path / "base.xlsx"))
    assert (after.problem().cost == checked(raw).problem().cost).all()


def test_a_table_with_a_column_of_ones_own_is_told_and_not_written(tmp_path: Path) -> None:
    notes = tables()["sites"].with_columns(notes=pl.lit("nice"))
    write_folder(tmp_path / "base", {**tables(), "sites": notes}, SETTINGS)
    with pytest.raises(BadInput) as caught:
        checked_tables(read_folder(tmp_path / "base"))
    assert [(fault.table, fault.column) for fault in caught.value.faults] == [("sites.csv", "notes")]


def test_a_text_that_looks_like_a_formula_stays_a_text(tmp_path: Path) -> None:
    given = tables()
    given["sites"] = given["sites"].with_columns(warehouse_id=pl.Series(["=1+1", "south"]))
    write_book(tmp_path / "base.xlsx", given, {})
    assert read_book(tmp_path / "base.xlsx").tables["sites"]["warehouse_id"][0] == "=1+1"


def test_faults_name_the_sheet_and_the_cell(tmp_path: Path) -> None:
    book = sheets(
        tmp_path / "mine.xlsx",
        {
            "settings": [["setting", "value"], ["horizon_days", 30], ["service.share", 3], ["max_site", 2]],
            "sites": [
                ["", "warehouse_id", "zip_prefix", "fixed_cost_cents", "handling_hours"],
                ["note", "north", 1310, 500, 24],
                [],
                ["", "south", "20010", "much", 12],
            ],
            "demand": [["demand_id", "region", "units"], ["a", "013", 5.5]],
            "remarks": [["anything"]],
        },
    )
    with pytest.raises(BadInput) as caught:
        checked(read_book(book))
    assert [(fault.table, fault.column) for fault in caught.value.faults] == [
        ("mine.xlsx, sheet sites, cell C2", "zip_prefix"),
        ("mine.xlsx, sheet sites, cell D4", "fixed_cost_cents"),
        ("mine.xlsx, sheet settings, cell B4", "max_site"),
        ("mine.xlsx, sheet settings, cell B3", "service.share"),
    ]


def test_a_formula_that_nobody_worked_out_is_told_and_not_read_as_empty(tmp_path: Path) -> None:
    write_book(tmp_path / "base.xlsx", tables(), SETTINGS)
    cells = [[*tables()["sites"].columns], *map(list, tables()["sites"].cast(pl.String).rows())]
    with xlsxwriter.Workbook(str(tmp_path / "mine.xlsx")) as book:
        for name in ("notes", "settings", "sites"):
            sheet = book.add_worksheet(name)
            for row, line in enumerate(cells if name == "sites" else []):
                sheet.write_row(row, 0, line)
            sheet.write_formula("D2", "=6*2", value="")
            sheet.write_formula("D3", "=6*2", value=12)
            sheet.write_formula("E3", '=IF(1,"","")', value="")
    # What a spreadsheet program writes for a formula whose value is an empty text.
    text = '<c r="E3" t="str">'
    rewritten(tmp_path / "mine.xlsx", "xl/worksheets/sheet3.xml", '<c r="E3">', text)
    with pytest.raises(BadInput) as caught:
        read_book(tmp_path / "mine.xlsx")
    assert [(fault.table, fault.kind) for fault in caught.value.faults] == [
        ("mine.xlsx, sheet settings, cell D2", "formula without a value"),
        ("mine.xlsx, sheet settings, cell E3", "formula without a value"),
        ("mine.xlsx, sheet sites, cell D2", "formula without a value"),
    ]
    assert list(without_value(tmp_path / "base.xlsx", {"sites", "demand", "settings"})) == []


def rewritten(file: Path, part: str, before: str, after: str) -> None:
    """Change a text in one part of a book."""
    with zipfile.ZipFile(file) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    assert before.encode() in parts[part]
    parts[part] = parts[part].replace(before.encode(), after.encode())
    with zipfile.ZipFile(file, "w") as book:
        for name, content in parts.items():
            book.writestr(name, content)


def test_what_is_no_book_or_lacks_its_settings_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="does not exist"):
        read_book(tmp_path / "none.xlsx")
    (tmp_path / "bad.xlsx").write_bytes(b"PK no")
    with pytest.raises(BadInput, match="no spreadsheet"):
        read_book(tmp_path / "bad.xlsx")
    doubled = [["warehouse_id", "warehouse_id"]]
    with pytest.raises(BadInput) as caught:
        read_book(sheets(tmp_path / "half.xlsx", {"sites": doubled}))
    assert [fault.kind for fault in caught.value.faults] == ["column appears twice", "missing sheet"]
    with pytest.raises(BadInput) as caught:
        read_book(sheets(tmp_path / "row.xlsx", {"settings": [], "sites": [["row", "warehouse_id"]]}))
    assert [fault.kind for fault in caught.value.faults] == ["reserved name of a column"]
