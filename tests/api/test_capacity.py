"""``malha stock capacity``: limits set one by one and by file, shown with what is left, taken out again."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api.cli.app import app
from graph.days import local_day
from graph.errors import BadInput
from inventory.sql import SqlHome
from tests.inventory.make import DEPOT, event, part


def capacity(*words: object) -> Result:
    return CliRunner().invoke(app, ["stock", "capacity", *map(str, words)], catch_exceptions=True)


def told(*words: object) -> Any:
    done = capacity(*words, "--json")
    assert done.exit_code == 0, done.exception
    return json.loads(done.stdout)


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """Return a ledger with one package packed today at ``depot``."""
    where, now = tmp_path / "ledger.db", datetime.now(UTC)
    home = SqlHome.open(str(where))
    with home.unit() as unit:
        unit.ledger.append([event("1", "RECEIVED", 5, DEPOT)])
        parts = [part("1", 1, DEPOT, day=local_day(now))]
        unit.ledger.reserve("o", parts, at=now, expires_at=None)
    home.close()
    return where


def test_a_limit_is_set_shown_and_lifted(db: Path) -> None:
    assert "No place has a limit" in capacity("show", "--db", db).stdout
    assert "depot: 3 packages a day" in capacity("set", "depot", 3, "--db", db).stdout
    assert told("show", "--db", db)["capacity"] == [
        {"location_id": "depot", "packages_per_day": 3, "left": 2}
    ]
    assert "depot" in capacity("show", "--db", db).stdout
    assert "no limit" in capacity("set", "depot", "--db", db).stdout
    assert told("show", "--db", db)["capacity"] == []


def test_a_file_comes_in_and_goes_out(db: Path, tmp_path: Path) -> None:
    file, copy = tmp_path / "mine.csv", tmp_path / "out" / "copy.csv"
    capacity("set", "attic", 9, "--db", db)
    file.write_text("location_id,packages_per_day\ndepot,40\nana,0\nattic,\n")
    assert told("import", file, "--db", db) == {"set": 2, "lifted": 1}
    assert told("export", "--out", copy, "--db", db)["rows"] == 2
    assert copy.read_text() == "location_id,packages_per_day\nana,0\ndepot,40\n"
    capacity("set", "ana", "--db", db)
    assert told("import", copy, "--db", db) == {"set": 2, "lifted": 0}
    assert [one["location_id"] for one in told("show", "--db", db)["capacity"]] == ["ana", "depot"]


def test_the_warehouses_table_is_such_a_file(market_dir: Path, db: Path) -> None:
    done = told("import", market_dir / "olist_warehouses_dataset.csv", "--db", db)
    assert done["set"] == len(told("show", "--db", db)["capacity"]) > 0


def test_all_faults_are_told_and_nothing_is_set(db: Path, tmp_path: Path) -> None:
    file = tmp_path / "wrong.csv"
    file.write_text("location_id,packages_per_day\ndepot,many\nana,-1\nattic,5\nattic,6\n,1\n")
    done = capacity("import", file, "--db", db)
    assert isinstance(done.exception, BadInput)
    assert len(done.exception.faults) == 4
    assert told("show", "--db", db)["capacity"] == []


def test_a_file_that_is_none(db: Path, tmp_path: Path) -> None:
    done = capacity("import", tmp_path / "nothing.csv", "--db", db)
    assert isinstance(done.exception, BadInput)
    assert "location_id, packages_per_day" in done.exception.message
