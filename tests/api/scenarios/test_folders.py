"""A scenario's folder: what is written comes back, and what is wrong is told by file and row."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from api.scenarios import Raw, checked, read_folder, write_folder
from api.scenarios.toml import toml_text
from graph.errors import BadInput
from optimizer.placement.scenario_settings import settings_of, to_mapping
from tests.optimizer.placement.scenarios import SETTINGS, tables


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_folder(tmp_path / "base", tables(), SETTINGS)
    return tmp_path / "base"


def test_a_folder_is_the_scenario_that_was_written(folder: Path) -> None:
    before, after = checked(Raw(tables(), SETTINGS, "here")), checked(read_folder(folder))
    assert after.settings == before.settings
    assert (after.problem().cost == before.problem().cost).all()
    write_folder(folder, tables(), SETTINGS)  # in place of the one before
    assert read_folder(folder).tables["sites"]["row"].to_list() == [2, 3]


def test_faults_name_the_file_and_the_row_that_a_spreadsheet_shows(folder: Path) -> None:
    (folder / "sites.csv").write_text(
        "warehouse_id,zip_prefix,fixed_cost_cents,handling_hours\n"
        "north,01310,x,24\n,,,\nsouth,2001,1,1\nsouth,20010,5,1\n",
        "utf-8",
    )
    (folder / "scenario.toml").write_text("max_site = 3\n", "utf-8")
    with pytest.raises(BadInput) as caught:
        checked(read_folder(folder))
    assert [(fault.table, fault.row, fault.column) for fault in caught.value.faults] == [
        ("sites.csv", 2, "fixed_cost_cents"),
        ("sites.csv", 4, "zip_prefix"),
        ("scenario.toml", None, "max_site"),
    ]


def test_a_spreadsheets_csv_is_read_with_its_mark_and_semicolons(folder: Path) -> None:
    text = (folder / "demand.csv").read_text("utf-8").replace(",", ";")
    (folder / "demand.csv").write_text("\ufeff" + text.replace("\n", "\r\n"), "utf-8", newline="")
    assert checked(read_folder(folder)).demands["units"].to_list() == [10, 4, 6]


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("sites.csv", b"", "no header"),
        ("sites.csv", b"warehouse_id,zip_prefix\n\xff\xfe,1\n", "not UTF-8 text"),
        ("sites.csv", b"warehouse_id,warehouse_id\na,b\n", "column appears twice"),
        ("sites.csv", b'warehouse_id," warehouse_id "\na,b\n', "column appears twice"),
        ("sites.csv", b"row,warehouse_id\n1,a\n", "reserved name of a column"),
        ("sites.csv", b"warehouse_id,zip_prefix\na,b,c,d\n", "no table"),
        ("scenario.toml", b"max_sites = \n", "no TOML"),
        ("scenario.toml", b"\xff", "not UTF-8 text"),
    ],
)
def test_a_file_that_cannot_be_read_at_all_is_told(
    folder: Path, name: str, content: bytes, kind: str
) -> None:
    (folder / name).write_bytes(content)
    with pytest.raises(BadInput) as caught:
        read_folder(folder)
    assert [(fault.table, fault.kind) for fault in caught.value.faults] == [(name, kind)]


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("sites", "warehouse_id"),
        ("sites", "zip_prefix"),
        ("demand", "demand_id"),
        ("demand", "units"),
        ("service", "demand_id"),
        ("inbound", "seller_id"),
        ("supply", "seller_id"),
    ],
)
def test_a_missing_column_is_one_fault_and_hides_no_other(folder: Path, table: str, column: str) -> None:
    """Nothing that follows from it is told: no unknown site in every row, no limit without sites."""
    write_folder(folder, {**tables(), table: tables()[table].drop(column)}, {**SETTINGS, "min_sites": 2})
    assert faults_of(folder) == [(f"{table}.csv", None, column, "")]
    with (folder / "scenario.toml").open("r+", encoding="utf-8") as file:
        text = file.read()
        file.seek(0)
        file.write(f"max_site = 3\n{text}")
    (folder / "flows.csv").write_text("warehouse_id,demand_id,min_units\nnorth,a,x\n", "utf-8")
    assert faults_of(folder) == [
        (f"{table}.csv", None, column, ""),
        ("flows.csv", 2, "min_units", "x"),
        ("scenario.toml", None, "max_site", ""),
    ]


def test_inbound_says_every_way_that_is_used(folder: Path) -> None:
    """Whether the sellers are those of the supply, or of inbound itself."""
    given = tables()
    del given["supply"]
    write_folder(folder, {**given, "inbound": given["inbound"].head(3)}, SETTINGS)
    assert faults_of(folder) == [("inbound.csv", 4, "warehouse_id", "t to south")]
    given["supply"] = tables()["supply"]
    write_folder(folder, {**given, "inbound": given["inbound"].head(2)}, SETTINGS)
    assert faults_of(folder) == [
        ("inbound.csv", None, "warehouse_id", "t to north"),
        ("inbound.csv", None, "warehouse_id", "t to south"),
    ]
    # A row that cannot be read is one fault, and no way that is lacking.
    broken = given["inbound"].with_columns(lead_time_days=pl.Series(["1", "2.5", "3", "soon"]))
    write_folder(folder, {**given, "inbound": broken}, SETTINGS)
    assert faults_of(folder) == [("inbound.csv", 5, "lead_time_days", "soon")]


def faults_of(folder: Path) -> list[tuple[str, int | str | None, str | None, str]]:
    with pytest.raises(BadInput) as caught:
        checked(read_folder(folder))
    return [(fault.table, fault.row, fault.column, fault.value) for fault in caught.value.faults]


def test_a_bound_on_a_demand_of_nothing_changes_nothing() -> None:
    given = tables()
    given["demand"] = given["demand"].with_columns(units=pl.Series([0.0, 4.0, 6.0]))
    before = checked(Raw(given, SETTINGS, "")).problem()
    given["flows"] = pl.DataFrame({"warehouse_id": ["north"], "demand_id": ["a"], "max_units": [5.0]})
    assert (checked(Raw(given, SETTINGS, "")).problem().cost == before.cost).all()


def test_a_table_that_is_a_folder_is_told(folder: Path) -> None:
    (folder / "flows.csv").mkdir()
    with pytest.raises(BadInput) as caught:
        read_folder(folder)
    assert [(fault.table, fault.kind) for fault in caught.value.faults] == [
        ("flows.csv", "no file that can be read")
    ]


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is no scenario"):
        read_folder(tmp_path / "nothing")
    (tmp_path / "letters.txt").write_text("dear", "utf-8")
    with pytest.raises(BadInput, match="no scenario"):
        write_folder(tmp_path, tables(), SETTINGS)
    assert (tmp_path / "letters.txt").read_text("utf-8") == "dear"


def test_settings_are_text_that_says_the_same() -> None:
    odd = 'a "quoted" \\ name\nof 2 lines \x7f é'
    given = {
        **SETTINGS,
        "start": date(2018, 4, 1),
        "single_sourcing": True,
        "derived": {"base": odd, "edits": [odd, "max_sites=3"]},
    }
    read = tomllib.loads(toml_text(given))
    assert read == given
    settings, faults = settings_of(read)
    assert faults == []
    assert settings_of(tomllib.loads(toml_text(to_mapping(settings)))) == (settings, [])


def test_leading_zeros_stay(folder: Path) -> None:
    assert pl.read_csv(folder / "sites.csv", infer_schema=False)["zip_prefix"].to_list() == ["01310", "20010"]
