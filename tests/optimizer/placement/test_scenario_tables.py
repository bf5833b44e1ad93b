"""Cells are read once, whatever they come as, and every one that cannot be read is told with its row."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from optimizer.placement.scenario_settings import Settings, settings_of, to_mapping
from optimizer.placement.scenario_tables import TABLES, read_tables
from tests.optimizer.placement.scenarios import SETTINGS, tables


def test_text_and_typed_cells_are_the_same_table() -> None:
    typed, none = read_tables(tables())
    text, nothing = read_tables({name: frame.cast(pl.String) for name, frame in tables().items()})
    assert none == nothing == []
    for name in TABLES:
        assert typed[name].equals(text[name]), name


def test_each_cell_that_cannot_be_read_is_told_and_its_row_left_out() -> None:
    given = tables()
    given["sites"] = pl.DataFrame(
        {
            "warehouse_id": ["a", "", "c", "a", "e"],
            "zip_prefix": ["01310", "1310", " 20010 ", "01310", "01310"],
            "fixed_cost_cents": ["1", "2", "1,5", "3", "nan"],
            "handling_hours": ["24"] * 5,
            "status": ["OPEN", "", "sometimes", "", ""],
            "colour": ["red"] * 5,
        }
    )
    frames, faults = read_tables({**given, "sties": given["sites"]})
    assert frames["sites"]["warehouse_id"].to_list() == ["a", "a"]
    assert frames["sites"]["status"].to_list() == ["open", "candidate"]
    assert [(fault.table, fault.row, fault.column) for fault in faults] == [
        ("sties", None, None),
        ("sites", None, "colour"),
        ("sites", 3, "warehouse_id"),
        ("sites", 3, "zip_prefix"),
        ("sites", 4, "fixed_cost_cents"),
        ("sites", 6, "fixed_cost_cents"),
        ("sites", 4, "status"),
        ("sites", 5, "warehouse_id"),
    ]
    assert "leading zeros" in str(faults[3])


def test_a_million_wrong_cells_are_not_a_million_lines() -> None:
    given = tables()
    given["demand"] = pl.DataFrame({"demand_id": [str(row) for row in range(500)]}).with_columns(
        region=pl.lit("013"), units=pl.lit("many")
    )
    _, faults = read_tables(given)
    assert len(faults) == 6
    assert faults[-1].value == "495 rows more"


def test_missing_tables_and_columns_are_told() -> None:
    _, faults = read_tables({"demand": pl.DataFrame({"demand_id": ["a"], "region": ["013"]})})
    assert [(fault.table, fault.column, fault.kind) for fault in faults] == [
        ("sites", None, "missing table"),
        ("demand", "units", "missing column"),
    ]


def test_no_settings_are_the_defaults_and_settings_come_back() -> None:
    assert settings_of({}) == (Settings(), [])
    given = {
        **SETTINGS,
        "start": date(2018, 4, 1),
        "max_sites": 3,
        "direct": True,
        "snapshot": {"folder": "snapshots"},
        "derived": {"base": "base", "edits": ["max_sites=3"]},
    }
    settings, faults = settings_of(given)
    assert faults == []
    assert settings_of(to_mapping(settings)) == (settings, [])


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"horizon_days": 0}, "horizon_days"),
        ({"max_sites": 2.5}, "max_sites"),
        ({"max_sites": True}, "max_sites"),
        ({"service": {"share": 1.2}}, "service.share"),
        ({"service": 3}, "service"),
        ({"snapshot": "folder"}, "snapshot"),
        ({"snapshot": {"folder": 3}}, "snapshot.folder"),
        ({"derived": {"edits": "max_sites=3"}}, "derived.edits"),
        ({"calibration": {"lines": "many"}}, "calibration.lines"),
        ({"direct": "yes"}, "direct"),
        ({"start": "soon"}, "start"),
        ({"weights": {"frieght": 1}}, "weights.frieght"),
        ({"exact_sites": 2, "max_sites": 3}, "exact_sites"),
        ({"min_sites": 4, "max_sites": 3}, "min_sites"),
    ],
)
def test_each_wrong_setting_is_told_by_its_name(given: dict[str, object], place: str) -> None:
    _, faults = settings_of(given)
    assert [fault.column for fault in faults] == [place]
    assert faults[0].remedy
