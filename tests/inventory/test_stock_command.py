"""``malha stock`` from the first to the last command, on the made-up marketplace."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from api.cli.app import app
from graph.errors import BadInput
from inventory.sql import SqlHome
from tests.inventory.make import DAY, SHELF, T0, event, part

HEAD = (
    "inventory_event_id,product_id,seller_id,location_id,order_id,event_type,quantity,event_timestamp,source"
)
COUNT = (
    "product_id,seller_id,location_id,current_stock,reserved_stock,safety_stock,reorder_point,"
    "lead_time_days,last_updated_at"
)


def stock(*words: object) -> Result:
    return CliRunner().invoke(app, ["stock", *map(str, words)], catch_exceptions=True)


def told(*words: object) -> dict[str, object]:
    done = stock(*words, "--json")
    assert done.exit_code == 0, done.exception
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


@pytest.fixture
def db(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)  # what has a default place is not written into the repository
    return tmp_path / "ledger.db"


def test_opening_from_a_snapshot(small_snapshot: Path, db: Path) -> None:
    first = told("init", "--snapshot", small_snapshot, "--db", db)
    assert first["booked"] == first["places"] > 100
    assert first["source"] == "synthetic"
    assert told("init", "--snapshot", small_snapshot, "--db", db)["booked"] == 0
    shown = stock("show", "--db", db, "--limit", 2)
    assert f"{first['units']:,} units (0 in transit)" in shown.stdout
    assert told("audit", "--db", db)["clean"] is True
    other = stock("init", "--snapshot", small_snapshot, "--db", db, "--cover-days", 5)
    assert isinstance(other.exception, BadInput)
    assert "holds stock already" in str(other.exception)
    assert "synthetic" in stock("init", "--snapshot", small_snapshot, "--db", db).stdout


def test_importing_a_whole_history_of_stock(market_dir: Path, db: Path, tmp_path: Path) -> None:
    history = pl.read_csv(market_dir / "olist_inventory_events.csv")
    aside = tmp_path / "aside"
    first = told("import", market_dir, "--db", db, "--quarantine", aside)["files"][0]  # type: ignore[index]
    assert (first["read"], first["booked"], first["set_aside"]) == (history.height, history.height, 0)
    assert first["beyond"] == 0
    again = told("import", market_dir, "--db", db, "--quarantine", aside)["files"][0]  # type: ignore[index]
    assert (again["booked"], again["known"]) == (0, history.height)
    assert told("audit", "--db", db)["clean"] is True
    assert not aside.exists()


def test_what_is_exported_comes_back_as_it_was(db: Path, tmp_path: Path) -> None:
    home = SqlHome.open(str(db))
    with home.unit() as unit:
        unit.ledger.append([event("in", "RECEIVED", 5), event("t", "TRANSFER_OUT", 1)])
        unit.ledger.reserve("o", [part("1", 2)], at=T0, expires_at=T0 + DAY)
        unit.ledger.hand_over("o", at=T0)
    told("export", "--db", db, "--out", tmp_path / "out")
    before = told("show", "--db", db)
    counted = told("import", tmp_path / "out" / "olist_inventory_dataset.csv", "--db", db)
    assert counted["files"][0]["booked"] == 0  # type: ignore[index]
    events = told("import", tmp_path / "out" / "olist_inventory_events.csv", "--db", db)
    assert events["files"][0]["known"] == 4  # type: ignore[index]
    assert told("show", "--db", db) == before
    told("import", tmp_path / "out" / "olist_inventory_events.csv", "--db", tmp_path / "new.db")
    assert told("show", "--db", tmp_path / "new.db") == before


def test_bad_rows_are_named_all_at_once_and_set_aside(db: Path, tmp_path: Path) -> None:
    rows = [
        "1,lamp,ana,ana,,RECEIVED,5,2018-04-01 09:00:00,dock",
        "2,lamp,ana,ana,,RECEIVED,five,2018-04-01 09:00:00,dock",
        "3,lamp,ana,ana,,LOST,1,2018-04-01 09:00:00,dock",
        "4,lamp,ana,ana,,DAMAGED,-1,2018-04-01 09:00:00,dock",
        "5,lamp,ana,ana,,DAMAGED,9,2018-04-01 10:00:00,dock",
        "6,lamp,ana,ana,x,RESERVED,2,2018-04-01 08:00:00,shop",
        "7,lamp,ana,ana,y,SHIPPED,7,2018-04-01 11:00:00,shop",
        "8,lamp,ana,in_transit,,RECEIVED,7,2018-04-01 11:00:00,shop",
        "1,lamp,ana,ana,,RECEIVED,5,2018-04-01 09:00:00,dock",
    ]
    file = tmp_path / "moves.csv"
    file.write_text("\n".join([HEAD, *rows]) + "\n")
    aside = tmp_path / "aside"
    done = stock("import", file, "--db", db, "--quarantine", aside)
    assert done.exit_code == 0
    assert "moves, row 3, column quantity: wrong type (five). Write it as integer." in done.stdout
    assert "row 6, column event_type: not enough stock (needs 9, has 5). Release or reroute" in done.stdout
    assert "shipped beyond stock, booked as ADJUSTED first" in done.stdout
    written = pl.read_csv(aside / "moves.csv")
    assert written.columns == ["table", "row", "column", "reason", "value", "remedy"]
    assert sorted(written["row"].unique()) == [3, 4, 5, 6, 7, 9, 10]
    one = told("import", file, "--db", db, "--quarantine", aside)["files"][0]  # type: ignore[index]
    assert (one["read"], one["set_aside"], one["booked"], one["known"]) == (9, 7, 0, 2)
    assert told("audit", "--db", db)["clean"] is True


def test_a_count_opens_new_places_and_corrects_others(db: Path, tmp_path: Path) -> None:
    def count(*rows: str) -> dict[str, object]:
        file = tmp_path / "olist_inventory_dataset.csv"
        file.write_text("\n".join([COUNT, *rows]) + "\n")
        return told("import", file, "--db", db, "--quarantine", tmp_path / "aside")["files"][0]  # type: ignore[index, no-any-return]

    told_first = count("lamp,ana,ana,7,2,1,3,4.5,2018-04-01 09:00:00Z", "rug,ana,depot,1,0,,,,2018-04-01")
    assert told_first["booked"] == 3
    assert count("lamp,ana,ana,7,2,1,3,4.5,2018-04-01 09:00:00Z")["known"] == 1
    assert count("lamp,ana,ana,4,0,,9,,2018-04-02")["booked"] == 1
    (row,) = told("show", "--db", db, "--low")  # type: ignore[misc]
    assert (row["current"], row["reserved"], row["reorder_point"]) == (4, 2, 9)  # type: ignore[index]
    late = count(
        "lamp,ana,ana,9,0,,9,,2018-04-01",
        "rug,ana,depot,-1,0,,,,2018-04-03",
        "lamp,ana,ana,1,0,,,,2018-04-03",
    )
    assert late["reasons"] == {"duplicate key": 1, "out of range": 1, "older than the ledger": 1}
    taken = count("lamp,ana,ana,1,0,,,,2018-04-05")
    assert taken["reasons"] == {"not enough stock": 1}


def test_an_order_is_shown_with_what_it_holds(db: Path) -> None:
    home = SqlHome.open(str(db))
    with home.unit() as unit:
        unit.ledger.append([event("in", "RECEIVED", 5)])
        unit.ledger.reserve("o", [part("1", 2)], at=T0, expires_at=T0 + DAY)
    home.close()
    shown = stock("show", "--db", db, "--order", "o")
    assert "Order o: reserved until 2018-04-02 12:00 UTC, version 1" in shown.stdout
    assert told("show", "--db", db, "--order", "o")["state"] == "reserved"
    assert "knows no order 'p'" in str(stock("show", "--db", db, "--order", "p").exception)
    assert "lamp" not in stock("show", "--db", db, "--product", "rug").stdout
    assert "1 places" in stock("show", "--db", db, "--seller", SHELF.seller_id).stdout


def test_an_audit_that_finds_something_says_so_and_fails(db: Path) -> None:
    home = SqlHome.open(str(db))
    with home.unit() as unit:
        unit.ledger.append([event("in", "RECEIVED", 5)])
        unit.connection.exec_driver_sql("UPDATE olist_inventory_dataset SET current_stock = 6")
    home.close()
    found = stock("audit", "--db", db)
    assert found.exit_code == 1
    assert "current_stock" in found.stdout
    assert json.loads(stock("audit", "--db", db, "--json").stdout)["differences"][0]["folded"] == 5


@pytest.mark.parametrize("command", ["show", "audit", "export"])
def test_a_ledger_that_is_not_there_is_not_made_by_looking(command: str, db: Path, tmp_path: Path) -> None:
    more = ["--out", tmp_path / "out"] if command == "export" else []
    done = stock(command, "--db", db, *more)
    assert isinstance(done.exception, BadInput)
    assert "malha stock init" in str(done.exception)
    assert not db.exists()


def test_files_that_hold_no_stock_are_refused(tmp_path: Path, db: Path) -> None:
    (tmp_path / "notes.csv").write_text("a,b\n1,2\n")
    for where, why in (
        (tmp_path / "notes.csv", "holds no stock"),
        (tmp_path, "holds no stock"),
        (tmp_path / "nothing", "does not exist"),
    ):
        done = stock("import", where, "--db", db)
        assert isinstance(done.exception, BadInput)
        assert why in str(done.exception)
    assert not db.exists()


def test_the_database_of_the_environment_is_the_default(db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MALHA_DATABASE", str(db))
    SqlHome.open(str(db)).close()
    assert stock("audit").exit_code == 0
