"""The database: SQLite in a file (WAL) or PostgreSQL by URL, with transactions as the ledger needs."""

from __future__ import annotations

import sqlite3
import time
from functools import partial
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import event

from graph.errors import BadInput, MalhaError
from inventory.sql.driver import Said, Sentence, Waiting, say

BUSY_S: Final = 30
"""How long a writer waits for its turn, in SQLite; longer is `DatabaseBusy`."""

TRUSTED_S: Final = 1
"""A connection to a server that was idle for longer is tried before it is used."""

READS: Final = "malha_reads"
"""The execution option of a connection that only reads."""

_READ: Final = Said(Sentence("BEGIN", {}), [{}])
_WRITE: Final = Said(Sentence("BEGIN IMMEDIATE", {}), [{}])
_LEFT_AT: Final = "malha_left_at"


class DatabaseBusy(MalhaError):
    """The database did not let this unit of work in, in time; nothing was done, it may be tried again."""


class DatabaseDown(MalhaError):
    """The database cannot be reached."""


def database_url(where: str) -> sa.URL:
    """Return the URL of a database: ``postgresql://…``, ``sqlite:///FILE``, or the path of a SQLite file.

    Raises BadInput for any other kind.
    """
    if not where.strip():
        raise BadInput("No database given: give a SQLite file, or postgresql://user@host/name.")
    if "://" not in where:
        return sa.URL.create("sqlite", database=where)
    try:
        url = sa.make_url(where)
    except sa.exc.ArgumentError as error:
        raise BadInput("The database URL cannot be read: write postgresql://user@host/name.") from error
    kind = url.drivername.partition("+")[0]
    if kind in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    if kind == "sqlite" and url.database and url.database != ":memory:":
        return url
    raise BadInput(f"{kind}: Malha keeps its ledger in a SQLite file or in PostgreSQL.")


def open_engine(where: str, *, connections: int = 20) -> sa.Engine:
    """Return an engine; at most ``connections`` units of work at a time, others wait for theirs.

    SQLite runs in WAL mode, so that readers and the one writer do not wait for each other, and forces every
    commit to the disk (``synchronous = FULL``).
    """
    url = database_url(where)
    server = url.get_backend_name() != "sqlite"
    engine = sa.create_engine(url, pool_size=connections, max_overflow=0, pool_timeout=BUSY_S)
    event.listen(engine, "before_cursor_execute", Waiting.send_first)
    if server:
        event.listen(engine, "checkin", _left)
        event.listen(engine, "checkout", partial(_taken, engine.dialect))
    else:
        event.listen(engine, "connect", _set_up)
        event.listen(engine, "begin", _begin)
    return engine


def _left(_: object, record: sa.pool.ConnectionPoolEntry) -> None:
    record.info[_LEFT_AT] = time.monotonic()


def _taken(dialect: sa.Dialect, driver: Any, record: sa.pool.ConnectionPoolEntry, _: object) -> None:
    """Let the pool open another connection when this one was left long ago and answers no more."""
    left_at = record.info.get(_LEFT_AT)
    if left_at is None or time.monotonic() - left_at < TRUSTED_S:
        return
    try:
        dialect.do_ping(driver)
    except dialect.loaded_dbapi.Error as error:
        raise sa.exc.DisconnectionError from error


def _set_up(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # the driver's own BEGIN would come too late, and be the wrong one
    for pragma in (
        f"busy_timeout={BUSY_S * 1000}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: sa.Connection) -> None:
    """Begin as a writer from the first statement on: a reader that turns writer cannot wait for its turn."""
    reads = connection.get_execution_options().get(READS, False)
    say(connection, [_READ if reads else _WRITE])


def told(error: sa.exc.DBAPIError) -> MalhaError | None:
    """Return what an error of the database means to a caller, None for one that is a fault of ours."""
    if transient(error):
        return DatabaseBusy("The database is busy; nothing was done. Try again.")
    # A file that is no database raises the base class itself.
    if isinstance(error, sa.exc.OperationalError) or type(error) is sa.exc.DatabaseError:
        return DatabaseDown(f"The database cannot be used: {error.orig}".rstrip())
    return None


def transient(error: sa.exc.DBAPIError) -> bool:
    """Whether the same unit of work may succeed when tried again: it waited too long, or in a circle."""
    code: Any = getattr(error.orig, "sqlstate", None)
    if code is not None:
        return code in ("40001", "40P01", "55P03")
    return isinstance(error.orig, sqlite3.OperationalError) and "locked" in str(error.orig)
