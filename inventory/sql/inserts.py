"""Inserts that may meet what is there already: SQLAlchemy has one for PostgreSQL and one for SQLite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def insert_into(table: sa.Table, database: str) -> postgresql.Insert | sqlite.Insert:
    """Return an insert for ``postgresql`` or ``sqlite``, to be told what to do ``on_conflict``."""
    return postgresql.insert(table) if database == "postgresql" else sqlite.insert(table)


def add_new(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store rows; one whose key is there already stays as it is."""
    if rows:
        insert = insert_into(table, connection.dialect.name)
        connection.execute(insert.on_conflict_do_nothing(), rows)
