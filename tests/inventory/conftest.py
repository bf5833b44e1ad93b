"""The homes of the ledger: memory, SQLite, PostgreSQL. A test that asks for ``home`` runs in each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa

from deploy.local import Postgres
from inventory.ledger import Home
from inventory.memory import MemoryHome
from inventory.sql import SqlHome, database_url
from inventory.sql.tables import METADATA

NewDatabase = Callable[[], str]


@pytest.fixture(scope="session")
def new_postgres(postgres_server: Postgres) -> Iterator[NewDatabase]:
    """Return a maker of empty databases in the test server, by URL; at the end they are dropped."""
    server = database_url(postgres_server.url)
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    numbers, made = count(1), []

    def make() -> str:
        name = f"malha_test_ledger_{next(numbers)}"
        with admin.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        made.append(name)
        return server.set(database=name).render_as_string(hide_password=False)

    yield make
    with admin.connect() as connection:
        for name in made:
            connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    admin.dispose()


@pytest.fixture(scope="session")
def postgres_ledger(new_postgres: NewDatabase) -> Iterator[SqlHome]:
    """Return a ledger in PostgreSQL; `new_database` empties it (making a database takes long)."""
    opened = SqlHome.open(new_postgres())
    yield opened
    opened.close()


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Home]:
    if request.param == "memory":
        yield MemoryHome()
        return
    opened = SqlHome.open(new_database(request, request.param, tmp_path))
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return a database without any stock, as a file or URL."""
    return new_database(request, request.param, tmp_path)


def new_database(request: pytest.FixtureRequest, kind: str, folder: Path) -> str:
    if kind == "sqlite":
        return str(folder / "ledger.db")
    ledger: SqlHome = request.getfixturevalue("postgres_ledger")
    with ledger.unit() as unit:
        names = ", ".join(table.name for table in METADATA.sorted_tables)
        unit.connection.exec_driver_sql(f"TRUNCATE {names}")
    return ledger.engine.url.render_as_string(hide_password=False)
