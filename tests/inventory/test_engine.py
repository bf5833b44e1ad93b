from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from deploy.local.process import free_port
from graph.errors import BadInput
from inventory.ledger import KeyInFlight
from inventory.sql import DatabaseBusy, DatabaseDown, SqlHome, database_url, engine
from tests.inventory.make import SHELF, event


@pytest.mark.parametrize(
    ("given", "opened"),
    [
        ("ledger.db", "sqlite:///ledger.db"),
        ("sqlite:///ledger.db", "sqlite:///ledger.db"),
        ("postgres://me:secret@host/db", "postgresql+psycopg://me:secret@host/db"),
        ("postgresql://me@host/db", "postgresql+psycopg://me@host/db"),
    ],
)
def test_a_database_is_a_file_or_a_url(given: str, opened: str) -> None:
    assert database_url(given).render_as_string(hide_password=False) == opened


@pytest.mark.parametrize("given", ["", " ", "mysql://host/db", "sqlite://", "sqlite:///:memory:", "://:x@y"])
def test_what_is_no_database_is_refused_without_telling_secrets(given: str) -> None:
    with pytest.raises(BadInput) as refused:
        database_url(given)
    assert ":x" not in str(refused.value)


def test_a_database_that_is_not_there_is_one_plain_error(tmp_path: Path) -> None:
    with pytest.raises(DatabaseDown, match="cannot be used"):
        SqlHome.open(str(tmp_path / "no" / "folder" / "ledger.db"))
    with pytest.raises(DatabaseDown) as down:
        SqlHome.open(f"postgresql://me:secret@127.0.0.1:{free_port()}/db")
    assert "secret" not in str(down.value)
    (tmp_path / "text.db").write_text("no database at all, but long enough to be looked at" * 20)
    with pytest.raises(DatabaseDown, match="not a database"):
        SqlHome.open(str(tmp_path / "text.db"))


def test_sqlite_forces_commits_to_the_disk_and_lets_readers_read(tmp_path: Path) -> None:
    home = SqlHome.open(str(tmp_path / "ledger.db"))
    with home.unit() as unit:
        pragma = [
            unit.connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous")
        ]
        assert pragma == ["wal", 2]
        unit.ledger.append([event("in", "RECEIVED", 5)])
        with home.reading() as other:
            assert other.ledger.available([SHELF]) == {SHELF: 0}
    home.close()


def test_a_writer_that_waits_too_long_is_told_to_try_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_S", 0)
    home = SqlHome.open(str(tmp_path / "ledger.db"))
    blocker = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None, check_same_thread=False)
    blocker.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseBusy), home.unit():
        pass
    threading.Timer(0.05, blocker.rollback).start()
    assert home.run(lambda unit: unit.ledger.append([event("in", "RECEIVED", 5)])).booked == 1
    home.close()
    blocker.close()


def test_all_connections_in_use_is_busy_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "BUSY_S", 0)
    home = SqlHome.open(str(tmp_path / "ledger.db"), connections=1)
    with home.reading(), pytest.raises(DatabaseBusy), home.reading():
        pass
    home.close()


def test_units_that_wait_for_each_other_in_a_circle_are_done_again(new_postgres: object) -> None:
    home = SqlHome.open(new_postgres())  # type: ignore[operator]
    rug = SHELF._replace(product_id="rug")
    home.run(lambda unit: unit.ledger.append([event("a", "RECEIVED", 5), event("b", "RECEIVED", 5, rug)]))
    both_hold_one, tries = threading.Barrier(2, timeout=10), []

    def work(first: object, second: object, name: str) -> None:
        def step(unit: object) -> None:
            tries.append(name)
            unit.ledger.available([first], lock=True)  # type: ignore[attr-defined]
            if tries.count(name) == 1:
                both_hold_one.wait()
            unit.ledger.append([event(name, "DAMAGED", 1, second)])  # type: ignore[attr-defined, arg-type]

        home.run(step)

    threads = [threading.Thread(target=work, args=args) for args in ((SHELF, rug, "x"), (rug, SHELF, "y"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tries) == 3
    with home.reading() as unit:
        assert set(unit.ledger.available([SHELF, rug]).values()) == {4}
    home.close()


def test_a_key_in_flight_is_a_conflict_where_writers_do_not_queue(postgres_ledger: SqlHome) -> None:
    with postgres_ledger.unit() as first:
        assert first.answers.claim("oms", "key", "sha") is None
        with pytest.raises(KeyInFlight), postgres_ledger.unit() as second:
            second.answers.claim("oms", "key", "sha")
        with postgres_ledger.unit() as third:
            assert third.answers.claim("shop", "key", "sha") is None
