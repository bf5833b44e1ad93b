"""What is there already stays as it is, in SQLite and in PostgreSQL."""

from __future__ import annotations

from contextlib import closing

import sqlalchemy as sa

from inventory.sql import SqlHome
from inventory.sql.inserts import add_new
from inventory.sql.tables import LIMITS


def test_rows_are_added_once(database: str) -> None:
    with closing(SqlHome.open(database)) as home:
        for rows in (
            [{"location_id": "a", "packages_per_day": 1}],
            [{"location_id": "a", "packages_per_day": 2}, {"location_id": "b", "packages_per_day": 3}],
            [],
        ):
            home.run(lambda unit, rows=rows: add_new(unit.connection, LIMITS, rows))
        with home.reading() as unit:
            found = unit.connection.execute(sa.select(LIMITS).order_by(LIMITS.c.location_id)).all()
    assert found == [("a", 1), ("b", 3)]
