"""The one tree of schema changes, applied by code: `upgrade` makes the tables or brings them up to date."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.util import CommandError

from graph.errors import BadInput

_HERE: Final = Path(__file__).parent
_LOCK: Final = 6_252_486_011
"""The number under which PostgreSQL lets one program at a time change the schema."""


def config(connection: sa.Connection | None = None) -> Config:
    """Return Alembic's settings, without a file; ``connection`` is where it works."""
    settings = Config()
    settings.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    settings.attributes["connection"] = connection
    return settings


def upgrade(engine: sa.Engine, revision: str = "head") -> None:
    """Bring a database up to date, in one transaction; several programs may call this at once.

    Raises BadInput when the database was made by a newer version.
    """
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        try:
            command.upgrade(config(connection), revision)
        except CommandError as error:
            raise BadInput(f"The database has a schema that this version does not know ({error}).") from error


def differences(connection: sa.Connection, metadata: sa.MetaData) -> list[Any]:
    """Return what a database has otherwise than ``metadata`` says; tables outside of it are left alone."""

    def ours(name: str | None, kind: str, _: object) -> bool:
        return kind != "table" or name in metadata.tables

    context = MigrationContext.configure(
        connection, opts={"include_name": ours, "compare_type": True, "compare_server_default": True}
    )
    return list(compare_metadata(context, metadata))
