"""``malha reorder`` and ``malha demand`` on the made-up marketplace."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest
import typer
from scipy import stats
from typer.testing import CliRunner, Result

from api.cli import demand, reorder
from api.stock import open_stock
from api.stock_files import write_stock
from graph.errors import BadInput
from graph.stores.files import snapshot_folder
from graph.stores.parquet import ParquetStore
from inventory.events import EventType, StockEvent, StockKey
from inventory.opening import OpeningRule
from inventory.sql import SqlHome
from inventory.sql.reorders import order_events, ordered_places
from replay.jobs.reordering import low_places, order_again
from replay.purchasing.store import PurchaseOrders, follow_orders

LATER: Final = datetime(2018, 9, 1, 12, tzinfo=UTC)

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


def place(row: dict[str, Any]) -> StockKey:
    return StockKey(row["product_id"], row["seller_id"], row["location_id"])


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
                tuple(row.key): (row.safety_stock, row.reorder_point, row.lead_time_days, row.order_up_to)
                for row in unit.store.all_rows()
            }

    before = settings()
    wanted = {
        (row["product_id"], row["seller_id"], row["location_id"]): (
            (row["safety_stock"], row["reorder_point"], 21.0, row["order_up_to"])
            if row["mean_per_day"]
            else (None, None, 21.0, None)
        )
        for row in rows
    }
    assert before != wanted
    assert told(*ask, "--restock-days", "21", "--apply")["applied"] == len(rows)
    assert settings() == wanted
    home.close()


@pytest.mark.parametrize(
    "words", [(), ("--cover-days", "7"), ("--least-units", "12"), ("--order-cents", "500")], ids=str
)
def test_the_worker_orders_what_the_command_says(
    ask: tuple[object, ...], ledger: Path, words: tuple[str, ...]
) -> None:
    """At slow and fast sellers, with any cover, economic quantities and minimums, and again with the last."""
    ask = (*ask, "--restock-days", "25", *words)
    wanted = {place(row): row["quantity"] for row in told(*ask, "--apply")["reorder"]}
    assert len(wanted) > 5
    with closing(SqlHome.open(str(ledger))) as home:
        with home.reading() as unit:
            shown = {low.row.key: low.quantity for low in low_places(unit, LATER, 10_000) if low.due}
        assert shown == wanted
        assert home.run(lambda unit: order_again(unit, LATER)) == {"orders": len(wanted)}
        with home.reading() as unit:
            booked = order_events(unit.connection, ordered_places(unit.connection))
            orders = {one.key: one.quantity for one in booked if one.event_type is EventType.REORDERED}
    assert orders == wanted
    assert told(*ask)["reorder"] == []


def test_what_was_called_off_is_due_again(ask: tuple[object, ...], ledger: Path) -> None:
    ask = (*ask, "--restock-days", "25")
    first = told(*ask, "--apply")["reorder"]
    with closing(SqlHome.open(str(ledger))) as home:
        home.run(lambda unit: order_again(unit, LATER))
        home.run(lambda unit: follow_orders(unit, LATER))
        with home.unit() as unit:
            orders = PurchaseOrders(unit.connection)
            [(_, one)] = orders.page(1)
            orders.cancel(one.purchase_order_id, LATER)
    [again] = told(*ask)["reorder"]
    assert place(again) == one.key
    assert (again["on_order"], again["quantity"]) == (0, one.quantity)
    assert {place(row): row["quantity"] for row in first}[one.key] == one.quantity


def test_what_takes_long_is_ordered_once_and_learned(
    ask: tuple[object, ...], ledger: Path, small_snapshot: Path
) -> None:
    at = ParquetStore(snapshot_folder(small_snapshot)).meta().as_of
    with closing(SqlHome.open(str(ledger))) as home, home.unit() as unit:
        one, two = (row.key for row in islice(unit.store.all_rows(), 2))
        made = [StockEvent("po", one, EventType.REORDERED, 5, at - timedelta(days=130))]
        made += [StockEvent("po2", two, EventType.REORDERED, 9, at - timedelta(days=130))]
        made += [StockEvent("in", one, EventType.RECEIVED, 5, at - timedelta(days=10), source="erp")]
        unit.ledger.append(made)
    rows = {place(row): row for row in told(*ask, "--all", "--restock-days", "120")["reorder"]}
    assert (rows[one]["lead_time_n"], rows[one]["lead_time_days"]) == (1, 120)
    assert rows[two]["on_order"] == 9
    short = told(*ask, "--all", "--restock-days", "20")
    assert {row["lead_time_basis"] for row in short["reorder"]} == {"synthetic"}
    assert short["given_up"] == 2
    assert "2 purchase orders were not received in 90 days" in malha(*ask).stdout


def test_the_stock_is_that_of_now_and_says_so(
    ask: tuple[object, ...], ledger: Path, small_snapshot: Path
) -> None:
    at = ParquetStore(snapshot_folder(small_snapshot)).meta().as_of
    before = told(*ask)
    assert before["as_of"] == before["stock_at"] == at.isoformat()
    with closing(SqlHome.open(str(ledger))) as home, home.unit() as unit:
        key = next(unit.store.all_rows()).key
        unit.ledger.append([StockEvent("late", key, EventType.ADJUSTED, 3, LATER)])
    after = told(*ask, "--all")
    assert (after["as_of"], after["stock_at"]) == (at.isoformat(), LATER.isoformat())
    assert min(row["empty_at"] for row in after["reorder"] if row["empty_at"]) >= LATER.isoformat()
    assert LATER.isoformat() in malha(*ask).stdout
    with closing(SqlHome.open(str(ledger))) as home, home.unit() as unit:
        unit.ledger.append([StockEvent("never", key, EventType.ADJUSTED, 3, LATER.replace(year=9999))])
    assert told(*ask)["stock_at"] < datetime.now(UTC).isoformat()


def test_stretches_are_as_long_as_each_sellers_own_restocking(
    ask: tuple[object, ...], ledger: Path, small_snapshot: Path
) -> None:
    """A learned lead time of weeks asks for longer stretches than the assumed days, so for more stock."""
    at = ParquetStore(snapshot_folder(small_snapshot)).meta().as_of
    words = ("--all", "--law", "empirical", "--level", "0.7")
    before = {place(row): row for row in told(*ask, *words)["reorder"]}
    sells = max(before.values(), key=lambda row: row["mean_per_day"])
    key = place(sells)
    assert sells["law"] == "empirical"
    with closing(SqlHome.open(str(ledger))) as home, home.unit() as unit:
        for n in range(40):
            begun = at - timedelta(days=85)
            made = StockEvent(f"po{n}", key, EventType.REORDERED, 1, begun)
            came = StockEvent(f"in{n}", key, EventType.RECEIVED, 1, begun + timedelta(days=28), source="erp")
            unit.ledger.append([made, came])
    after = {place(row): row for row in told(*ask, *words)["reorder"]}[key]
    assert 25 < after["lead_time_days"] < 28
    assert after["law"] == "empirical"
    assert after["reorder_point"] > 2 * sells["reorder_point"]


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
    rows = {place(row): row for row in told(*ask, "--all")["reorder"]}
    mine = rows[key]
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
    points = {}
    for law in ("normal", "poisson", "negative_binomial", "empirical"):
        rows = told(*ask, "--all", "--law", law, "--level", "0.9")["reorder"]
        assert law in {row["law"] for row in rows}
        points[law] = {place(row): row["reorder_point"] for row in rows if row["law"] == law}
    for row in rows:
        if mean := row["mean_per_day"]:
            assert points["poisson"][place(row)] == stats.poisson(8 * mean).ppf(0.9)
    assert points["negative_binomial"] != points["poisson"]
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
