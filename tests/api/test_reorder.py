"""``malha reorder`` and ``malha demand`` on the made-up marketplace."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import typer
from typer.testing import CliRunner, Result

from api.cli import demand, reorder
from api.stock import open_stock
from api.stock_files import write_stock
from graph.errors import BadInput
from graph.stores.files import snapshot_folder
from graph.stores.parquet import ParquetStore
from inventory.events import EventType, StockEvent
from inventory.opening import OpeningRule
from inventory.sql import SqlHome

APP = typer.Typer()
APP.command("reorder")(reorder.command)
APP.add_typer(demand.app, name="demand")


def malha(*words: object) -> Result:
    return CliRunner().invoke(APP, list(map(str, words)), catch_exceptions=True)


def told(*words: object) -> dict[str, Any]:
    done = malha(*words, "--json")
    assert done.exit_code == 0, done.exception
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.fixture
def ledger(small_snapshot: Path, tmp_path: Path) -> Path:
    db = tmp_path / "ledger.db"
    open_stock(small_snapshot, str(db), OpeningRule())
    return db


@pytest.fixture
def ask(small_snapshot: Path, ledger: Path) -> tuple[object, ...]:
    return "reorder", "--snapshot", small_snapshot, "--stock", ledger


def test_every_place_is_judged_and_what_is_due_comes_first(ask: tuple[object, ...], tmp_path: Path) -> None:
    every = told(*ask, "--all", "--out", tmp_path / "all.csv")
    rows = every["reorder"]
    assert len(rows) == every["places"] > 50
    for row in rows:
        low = row["available"] <= row["reorder_point"] and row["mean_per_day"] > 0
        assert row["due"] is low
        assert row["reorder_point"] >= row["safety_stock"] >= 0
        assert str(row["reorder_point"]) in row["why"] or not row["mean_per_day"]
        assert row["lead_time_basis"] == "synthetic"
    due = told(*ask)["reorder"]
    assert len(due) == every["due"] == sum(row["due"] for row in rows)
    assert [row["empty_at"] for row in due] == sorted(row["empty_at"] for row in due)
    assert pl.read_csv(tmp_path / "all.csv").height == len(rows)


def test_the_settings_go_into_the_ledger_when_asked(ask: tuple[object, ...], ledger: Path) -> None:
    rows = told(*ask, "--all", "--restock-days", "21")["reorder"]
    home = SqlHome.open(str(ledger))

    def settings() -> dict[tuple[str, str, str], tuple[object, ...]]:
        with home.reading() as unit:
            return {
                tuple(row.key): (row.safety_stock, row.reorder_point, row.lead_time_days)
                for row in unit.store.all_rows()
            }

    before = settings()
    wanted = {
        (row["product_id"], row["seller_id"], row["location_id"]): (
            (row["safety_stock"], row["reorder_point"], 21.0) if row["mean_per_day"] else (None, None, 21.0)
        )
        for row in rows
    }
    assert before != wanted
    assert told(*ask, "--restock-days", "21", "--apply")["applied"] == len(rows)
    assert settings() == wanted
    home.close()


def test_restock_times_are_learned_from_purchase_orders(
    ask: tuple[object, ...], ledger: Path, small_snapshot: Path
) -> None:
    at = ParquetStore(snapshot_folder(small_snapshot)).meta().as_of
    home = SqlHome.open(str(ledger))
    with home.unit() as unit:
        key = next(unit.store.all_rows()).key
        made = StockEvent("po", key, EventType.REORDERED, 5, at - timedelta(days=20))
        came = StockEvent("in", key, EventType.RECEIVED, 5, at - timedelta(days=1), source="erp")
        waits = StockEvent("po2", key, EventType.REORDERED, 9, at - timedelta(days=1))
        unit.ledger.append([made, came, waits])
    home.close()
    rows = {tuple(row[name] for name in key._fields): row for row in told(*ask, "--all")["reorder"]}
    mine = rows[tuple(key)]
    assert (mine["lead_time_basis"], mine["lead_time_n"], mine["on_order"]) == ("seller", 1, 9)
    assert 7 < mine["lead_time_days"] < 19
    assert not mine["due"]
    assert {row["lead_time_basis"] for row in rows.values()} == {"seller", "all"}


def test_stock_may_come_from_tables(
    ask: tuple[object, ...], ledger: Path, small_snapshot: Path, tmp_path: Path
) -> None:
    home = SqlHome.open(str(ledger))
    with home.reading() as unit:
        write_stock(tmp_path / "tables", unit.store.all_rows(), iter(()))
    home.close()
    table = tmp_path / "tables" / "olist_inventory_dataset.csv"
    same = told("reorder", "--snapshot", small_snapshot, "--stock", table, "--all")
    assert same["reorder"] == told(*ask, "--all")["reorder"]
    refused = malha("reorder", "--snapshot", small_snapshot, "--stock", table, "--apply").exception
    assert isinstance(refused, BadInput)
    assert "writes into a ledger" in str(refused)


def test_a_law_can_be_asked_for(ask: tuple[object, ...]) -> None:
    for law in ("normal", "poisson", "empirical"):
        rows = told(*ask, "--all", "--law", law, "--level", "0.9")["reorder"]
        assert law in {row["law"] for row in rows}
    assert isinstance(malha(*ask, "--level", "1.5").exception, BadInput)


def test_people_are_told_why(ask: tuple[object, ...]) -> None:
    done = malha(*ask, "--restock-days", "30", "--limit", "2")
    assert done.exit_code == 0
    assert "places are due" in done.stdout
    assert "synthetic" in done.stdout


@pytest.mark.parametrize("by", ["category", "region", "product"])
def test_demand_is_told_with_its_quantiles(by: str, small_snapshot: Path, tmp_path: Path) -> None:
    found = told("demand", "forecast", "--snapshot", small_snapshot, "--by", by, "--out", tmp_path / "d.csv")
    rows = found["demand"]
    assert rows == sorted(rows, key=lambda row: -row["mean_units"])
    for row in rows:
        assert row["p50_units"] <= row["p80_units"] <= row["p90_units"] <= row["p95_units"]
    assert pl.read_csv(tmp_path / "d.csv").height == len(rows)


def test_the_backtest_of_demand_prints_scores(market_dir: Path) -> None:
    words = ("demand", "backtest", "--source", market_dir, "--from", "2018-03-01", "--to", "2018-04-01")
    scores = told(*words, "--days", "7")
    assert scores["origins"] == 4
    assert scores["horizons"]["7"]["category"]["forecast"]["pinball"] > 0
    assert "seasonal naive" in malha(*words, "--days", "7").stdout
    wrong = malha("demand", "backtest", "--source", market_dir, "--from", "2018-04-01", "--to", "2018-03-01")
    assert isinstance(wrong.exception, BadInput)
