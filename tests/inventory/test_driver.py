"""What a unit of work writes at its end: nothing is read past it, and refusals come in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
import sqlalchemy as sa

from graph.errors import BadInput
from inventory.ledger import Appended
from inventory.reservations import OrderExists
from inventory.sql import DatabaseDown, SqlHome, SqlUnit, engine
from inventory.sql.tables import EVENTS, ORDERS, STOCK
from tests.inventory.make import DAY, DEPOT, SHELF, T0, event, part
from tests.services.databases import NewDatabase


def counted(home: SqlHome, table: sa.Table) -> int:
    with home.reading() as unit:
        return int(unit.connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0)


def test_a_statement_of_the_same_unit_sees_what_was_written_before_it(database: str) -> None:
    home = SqlHome.open(database)
    with home.unit() as unit:
        unit.ledger.append([event("in", "RECEIVED", 5)])
        held = sa.select(STOCK.c.current_stock, STOCK.c.reserved_stock)
        assert unit.connection.execute(held).all() == [(5, 0)]
        unit.ledger.reserve("o", [part("1", 2)], at=T0, expires_at=T0 + DAY)
        unit.connection.execute(sa.update(STOCK).values(current_stock=STOCK.c.current_stock + 1))
        assert unit.connection.execute(held).all() == [(6, 2)]
        assert unit.connection.scalar(sa.select(sa.func.count()).select_from(EVENTS)) == 2
    home.close()


def test_what_waits_is_forgotten_with_its_unit(database: str) -> None:
    home = SqlHome.open(database, connections=1)

    def stumble() -> None:
        with home.unit() as unit:
            unit.ledger.append([event("in", "RECEIVED", 5)])
            raise RuntimeError("the desk stumbles")

    with pytest.raises(RuntimeError, match="the desk stumbles"):
        stumble()
    with home.unit() as unit:  # on the same connection
        assert unit.ledger.available([SHELF]) == {SHELF: 0}
        unit.ledger.append([event("in", "RECEIVED", 3)])
    assert (counted(home, STOCK), counted(home, EVENTS)) == (1, 1)
    home.close()


def test_a_row_is_written_as_often_as_it_changes(database: str) -> None:
    home = SqlHome.open(database)
    with home.unit() as unit:
        unit.ledger.append([event("in", "RECEIVED", 5), event("in2", "RECEIVED", 5, DEPOT)])
        for number in range(3):
            unit.ledger.reserve(f"o{number}", [part("1", 1), part("2", 1, DEPOT)], at=T0, expires_at=None)
        unit.ledger.cancel("o1", at=T0)
        assert unit.ledger.available([SHELF, DEPOT]) == {SHELF: 3, DEPOT: 3}
    with home.unit() as unit:
        assert unit.ledger.available([SHELF, DEPOT], lock=True) == {SHELF: 3, DEPOT: 3}
        with pytest.raises(BadInput):
            unit.ledger.reserve("o3", [], at=T0, expires_at=None)
        assert unit.ledger.reserve("o1x", [part("1", 3)], at=T0, expires_at=None).version == 1
        assert unit.ledger.available([SHELF]) == {SHELF: 0}
    home.close()


@pytest.fixture
def two_homes(new_postgres: NewDatabase) -> Iterator[tuple[SqlHome, SqlHome]]:
    """Return two homes in one database whose writers do not queue, with five units at each of two places."""
    url = new_postgres()
    with closing(SqlHome.open(url)) as one, closing(SqlHome.open(url)) as other:
        with one.unit() as unit:
            unit.ledger.append([event("in", "RECEIVED", 5), event("in2", "RECEIVED", 5, DEPOT)])
        yield one, other


def test_an_order_that_somebody_else_stored_meanwhile_is_refused_and_books_nothing(
    two_homes: tuple[SqlHome, SqlHome],
) -> None:
    one, other = two_homes

    def too_late() -> None:
        with one.unit() as slow:
            slow.ledger.reserve("o", [part("1", 2)], at=T0, expires_at=T0 + DAY)
            with other.unit() as quick:
                quick.ledger.reserve("o", [part("1", 1, DEPOT)], at=T0, expires_at=T0 + DAY)

    with pytest.raises(OrderExists, match="exists already"):
        too_late()
    with one.reading() as unit:
        assert unit.ledger.available([SHELF, DEPOT]) == {SHELF: 5, DEPOT: 4}
    assert (counted(one, ORDERS), counted(one, EVENTS)) == (1, 3)


def test_an_event_id_that_somebody_else_used_meanwhile_is_looked_at_again(
    two_homes: tuple[SqlHome, SqlHome],
) -> None:
    one, other = two_homes
    tries: list[SqlUnit] = []

    def count(unit: SqlUnit) -> Appended:
        tries.append(unit)
        told = unit.ledger.append([event("count", "DAMAGED", 1)])
        if len(tries) == 1:
            with other.unit() as quick:
                assert quick.ledger.append([event("count", "DAMAGED", 2, DEPOT)]).booked == 1
        return told

    (no,) = one.run(count).refused
    assert (no.why, len(tries)) == ("another event has this id", 2)
    with one.reading() as unit:
        assert unit.ledger.available([SHELF, DEPOT]) == {SHELF: 5, DEPOT: 3}


def kill_connections(server: SqlHome, of: SqlHome) -> None:
    """Let the server end all connections of another home, as it does when it is restarted."""
    with of.engine.connect() as connection:
        pid = connection.scalar(sa.select(sa.func.pg_backend_pid()))
    with server.engine.connect() as connection:
        assert connection.scalar(sa.select(sa.func.pg_terminate_backend(pid, 5_000)))


def test_a_connection_that_was_left_and_died_is_replaced(
    postgres_ledger: SqlHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "TRUSTED_S", 0)
    url = postgres_ledger.engine.url.render_as_string(hide_password=False)
    home = SqlHome.open(url, connections=1)
    kill_connections(postgres_ledger, home)
    with home.unit() as unit:
        assert unit.ledger.order("nobody") is None
    home.close()


def test_a_connection_that_dies_in_the_middle_is_one_plain_error(postgres_ledger: SqlHome) -> None:
    url = postgres_ledger.engine.url.render_as_string(hide_password=False)
    home = SqlHome.open(url, connections=1)
    kill_connections(postgres_ledger, home)
    with pytest.raises(DatabaseDown), home.unit() as unit:
        unit.answers.claim("oms", "key", "sha")
    with home.unit() as unit:
        assert unit.answers.claim("oms", "key", "sha") is None
    home.close()
