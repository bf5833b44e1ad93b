"""The databases that jobs live in: SQLite in a file, and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

import replay.alerts.tables
import replay.purchasing.tables
import replay.tables  # noqa: F401 (on the metadata, to be emptied with the others)
from deploy.local import Postgres
from inventory.sql import SqlHome, database_url
from inventory.sql.tables import METADATA


@pytest.fixture(scope="session")
def jobs_postgres(postgres_server: Postgres) -> Iterator[SqlHome]:
    """Return a database in the test server; `database` empties it (making one takes long)."""
    server, name = database_url(postgres_server.url), "malha_test_jobs"
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    home = SqlHome.open(server.set(database=name).render_as_string(hide_password=False))
    yield home
    home.close()
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    admin.dispose()


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return an empty database, as a file or URL."""
    if request.param == "sqlite":
        return str(tmp_path / "jobs.db")
    home: SqlHome = request.getfixturevalue("jobs_postgres")
    with home.unit() as unit:
        names = ", ".join(table.name for table in METADATA.sorted_tables)
        unit.connection.exec_driver_sql(f"TRUNCATE {names}")
    return home.engine.url.render_as_string(hide_password=False)
