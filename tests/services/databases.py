"""Databases for tests: a file of SQLite each, and one PostgreSQL that is emptied (making one takes long)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Final

import pytest
import sqlalchemy as sa

from deploy.local import Postgres
from inventory.sql import SqlHome, database_url

NewDatabase = Callable[[], str]

_NUMBERS: Final = count(1)


@pytest.fixture(scope="session")
def new_postgres(postgres_server: Postgres) -> Iterator[NewDatabase]:
    """Return a maker of empty databases in the test server, by URL; at the end they are dropped."""
    server = database_url(postgres_server.url)
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    made: list[str] = []

    def run(statement: str) -> None:
        with admin.connect() as connection:
            connection.exec_driver_sql(statement)

    def make() -> str:
        name = f"malha_test_{next(_NUMBERS)}"
        run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        run(f"CREATE DATABASE {name}")
        made.append(name)
        return server.set(database=name).render_as_string(hide_password=False)

    yield make
    for name in made:
        run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    admin.dispose()


@pytest.fixture(scope="session")
def postgres_ledger(new_postgres: NewDatabase) -> Iterator[SqlHome]:
    """Return a ledger in PostgreSQL, with whatever the last test left in it."""
    with closing(SqlHome.open(new_postgres())) as home:
        yield home


@pytest.fixture
def postgres(postgres_ledger: SqlHome) -> SqlHome:
    """Return the ledger in PostgreSQL, empty."""
    with postgres_ledger.unit() as unit:
        names = set(sa.inspect(unit.connection).get_table_names()) - {"alembic_version"}
        unit.connection.exec_driver_sql(f"TRUNCATE {', '.join(sorted(names))}")
    return postgres_ledger


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[SqlHome]:
    """Return an empty ledger in a file."""
    with closing(SqlHome.open(str(tmp_path / "ledger.db"))) as home:
        yield home


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return an empty database of each kind, as a file (which is not there yet) or URL."""
    if request.param == "sqlite":
        return str(tmp_path / "ledger.db")
    opened: SqlHome = request.getfixturevalue("postgres")
    return opened.engine.url.render_as_string(hide_password=False)


@pytest.fixture
def home(database: str) -> Iterator[SqlHome]:
    """Return an empty ledger of each kind."""
    with closing(SqlHome.open(database)) as opened:
        yield opened
