"""A made-up marketplace as a log, read once; databases to keep logs and checkpoints in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from deploy.local import Postgres
from graph.lead_time import OnlineParameters
from ingest.source import open_source
from inventory.sql import SqlHome, database_url
from replay.stream.source import Recorded, read_recorded
from replay.stream.tables import CHECKPOINTS, LOG, OUTPUTS, STREAMS

TABLES = (STREAMS, LOG, CHECKPOINTS, OUTPUTS)
QUICK = OnlineParameters(lane_trees=4, seller_trees=2, base_minimum=150, leaf_minimum=20)


@pytest.fixture(scope="session")
def recorded(market_dir: Path) -> Recorded:
    return read_recorded(open_source(market_dir))


@pytest.fixture(scope="session")
def postgres_home(postgres_server: Postgres) -> Iterator[SqlHome]:
    """Return a database in the test server; `stream_postgres` empties it (making one takes long)."""
    server, name = database_url(postgres_server.url), "malha_test_stream"
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


@pytest.fixture
def stream_postgres(postgres_home: SqlHome) -> SqlHome:
    """Return the database in the test server, empty."""
    with postgres_home.unit() as unit:
        names = ", ".join(table.name for table in TABLES)
        unit.connection.exec_driver_sql(f"TRUNCATE {names}")
    return postgres_home


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[SqlHome]:
    """Return an empty file."""
    opened = SqlHome.open(str(tmp_path / "stream.db"))
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "stream_postgres"])
def home(request: pytest.FixtureRequest) -> SqlHome:
    """Return an empty database of each kind."""
    opened: SqlHome = request.getfixturevalue(request.param)
    return opened
