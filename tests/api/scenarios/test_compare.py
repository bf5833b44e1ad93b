"""Scenarios side by side: what has no plan says why, and the others are told all the same."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from rich.console import Console

from api.render.place import show_comparison
from api.scenarios import write_folder
from api.scenarios.compare import columns, comparison
from graph.errors import BadInput
from optimizer.placement.record import PlaceLimits
from tests.optimizer.placement.scenarios import SETTINGS, tables

LIMITS = PlaceLimits(seconds=20)


def written(folder: Path, **sites: list[Any]) -> Path:
    """Write the small scenario with these columns of its sites."""
    given = tables()
    given["sites"] = given["sites"].with_columns(**{name: pl.Series(cells) for name, cells in sites.items()})
    write_folder(folder, given, SETTINGS)
    return folder


def test_a_variant_without_a_plan_says_which_limits_and_the_rest_is_told(tmp_path: Path) -> None:
    base = written(tmp_path / "base", capacity_units=[9, 12])
    found = columns([base], ["capacity=±30%"], LIMITS, None)
    assert [column.name for column in found] == ["base", "base, capacity -30 %", "base, capacity +30 %"]
    whole, less, more = found
    assert (whole.reason, more.reason) == (None, None)
    assert less.reason is not None
    assert "sites, column capacity_units: too little in all (14.7 units)" in less.reason
    told = comparison(found)
    rows = {title: dict(lines) for title, lines in told.sections.items()}
    assert rows["result"]["value_cents"][1] is None
    assert rows["result"]["value_cents"][0] > rows["result"]["value_cents"][2]
    assert rows["result"]["no plan"] == [None, less.reason, None]
    assert rows["inputs"]["units"] == [20, 20, 20]
    json.dumps(told.to_dict(), allow_nan=False)
    screen = Console(file=StringIO(), width=2_000)
    show_comparison(screen, told)
    assert less.reason in screen.file.getvalue()  # type: ignore[attr-defined]


def test_a_variant_that_makes_no_scenario_says_why(tmp_path: Path) -> None:
    base = written(tmp_path / "base", min_units=[0, 10])
    _, less, more = columns([base], ["capacity=±30%"], LIMITS, None)
    assert less.reason is not None
    assert "sites.csv, row 3, column min_units: above the capacity (10.0)" in less.reason
    assert (less.plan, more.reason) == ({}, None)


def test_what_cannot_be_asked_is_told_before_anything_is_solved(tmp_path: Path) -> None:
    base = written(tmp_path / "base")
    wrong = written(tmp_path / "wrong", min_units=[0, 20])
    heard: list[tuple[str, int, int]] = []

    def hear(*told: Any) -> None:
        heard.append(told)

    with pytest.raises(BadInput, match="wrong: The scenario cannot be used"):
        columns([base, wrong], [], LIMITS, None, hear)
    with pytest.raises(BadInput, match="Not every edit"):
        columns([base], ["fixed_cost=±5%", "budget=±10%"], LIMITS, None, hear)
    assert heard == []


def test_the_solves_are_counted_before_the_first_and_told_as_they_end(tmp_path: Path) -> None:
    base = written(tmp_path / "base", capacity_units=[9, 12])
    heard: list[tuple[str, int, int]] = []
    columns([base], ["capacity=±30%"], LIMITS, None, lambda *told: heard.append(told))
    assert heard[0] == ("3 solves of up to 20 s each", 0, 3)
    assert [told[1:] for told in heard] == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert heard[1][0].startswith("base: ")
    assert heard[2][0] == "base, capacity -30 %: no plan"


def test_a_variant_that_spoils_cells_says_why(tmp_path: Path) -> None:
    base = written(tmp_path / "base", handling_hours=[24, 8_000])
    _, less, more = columns([base], ["handling_hours=±50%"], LIMITS, None)
    assert less.reason is None
    assert more.reason is not None
    assert "handling_hours would be 12000.0" in more.reason
