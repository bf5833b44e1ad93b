"""The migrations make what the metadata says, in SQLite and in PostgreSQL, for everyone who asks at once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

import replay.alerts.tables
import replay.purchasing.tables
import replay.stream.tables
import replay.tables  # noqa: F401 (these tables stand on the metadata too)
from graph.errors import BadInput
from inventory.migrations import differences, upgrade
from inventory.sql import SqlHome
from inventory.sql.engine import open_engine
from inventory.sql.tables import METADATA
from tests.services.databases import NewDatabase


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    new: NewDatabase = lambda: str(tmp_path / "new.db")  # noqa: E731
    if request.param == "postgres":
        new = request.getfixturevalue("new_postgres")
    made = open_engine(new())
    yield made
    made.dispose()


def test_the_migrated_schema_is_that_of_the_metadata(engine: sa.Engine) -> None:
    with ThreadPoolExecutor(4) as programs:
        list(programs.map(upgrade, [engine] * 4))
    with engine.connect() as connection:
        assert differences(connection, METADATA) == []
        migrated = described(connection)
        connection.rollback()
    with engine.begin() as connection:
        METADATA.drop_all(connection)
        METADATA.create_all(connection)
    with engine.connect() as connection:
        assert described(connection) == migrated  # collations, checks and names of constraints as well


def described(connection: sa.Connection) -> dict[str, object]:
    seen = sa.inspect(connection)
    return {
        name: (
            [column | {"type": repr(column["type"])} for column in seen.get_columns(name)],
            seen.get_pk_constraint(name),
            sorted(seen.get_indexes(name), key=lambda index: str(index["name"])),
            sorted(seen.get_check_constraints(name), key=lambda check: str(check["name"])),
            seen.get_unique_constraints(name),
        )
        for name in METADATA.tables
    }


def test_a_difference_is_seen(engine: sa.Engine) -> None:
    upgrade(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE decisions ADD COLUMN remark VARCHAR")
        connection.exec_driver_sql("DROP INDEX ix_decisions_order_id")
        connection.exec_driver_sql("CREATE TABLE elsewhere (name VARCHAR)")  # another program's
    with engine.connect() as connection:
        kinds = sorted(found[0] for found in differences(connection, METADATA))
    assert kinds == ["add_index", "remove_column"]


def test_an_upgrade_keeps_what_is_there(engine: sa.Engine) -> None:
    upgrade(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO location_limits VALUES ('depot', 3)")
    upgrade(engine)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT * FROM location_limits").all() == [("depot", 3)]


def test_places_set_before_there_was_an_order_up_to_level_are_ordered_for(engine: sa.Engine) -> None:
    upgrade(engine, "0007")
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO olist_inventory_dataset (product_id, seller_id, location_id, safety_stock, "
            "reorder_point, lead_time_days) VALUES ('lamp', 'ana', 'ana', 4, 18, 7.0)"
        )
    home = SqlHome.open(engine.url.render_as_string(hide_password=False))
    with home.reading() as unit:
        [row] = unit.store.all_rows()
    home.close()
    assert (row.order_up_to, row.is_due(0), row.refill()) == (None, True, 18 + 60)


def test_a_database_of_a_newer_version_is_refused(engine: sa.Engine) -> None:
    upgrade(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(BadInput, match="9999"):
        SqlHome.open(engine.url.render_as_string(hide_password=False))
