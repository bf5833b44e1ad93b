"""The ledger in a database: units of work are its transactions."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, TypeVar

import sqlalchemy as sa

from inventory.books import Books
from inventory.sql.answers import SqlAnswers, SqlDecisions
from inventory.sql.driver import Waiting
from inventory.sql.engine import READS, DatabaseBusy, open_engine, told
from inventory.sql.store import SqlStore

Result = TypeVar("Result")

_TRIES: Final = 5
_PAUSE_S: Final = 0.02


@dataclass(frozen=True, slots=True)
class SqlUnit:
    """A transaction. Other stores write on ``connection`` what belongs to the same step.

    What the ledger writes is sent together, at the latest when the block ends: a refusal that only the
    database can tell (somebody else stored this order, decision or key in between) is raised there.
    """

    connection: sa.Connection
    store: SqlStore
    ledger: Books
    answers: SqlAnswers
    decisions: SqlDecisions


class SqlHome:
    """A ledger in SQLite or PostgreSQL; threads may share it, each with units of work of its own."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        # Statements of one reading are all to see one instant.
        level = {} if engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
        self._reading = engine.execution_options(**{READS: True}, **level)

    @classmethod
    def open(cls, where: str, *, connections: int = 20) -> SqlHome:
        """Open the database at a URL or SQLite file, its tables made or brought up to date.

        Raises BadInput for what is no database, DatabaseDown when it cannot be reached.
        """
        from inventory.migrations import upgrade  # noqa: PLC0415 (Alembic is loaded for who opens a database)

        engine = open_engine(where, connections=connections)
        try:
            with _translated():
                upgrade(engine)
        except BaseException:
            engine.dispose()
            raise
        return cls(engine)

    @contextmanager
    def unit(self) -> Iterator[SqlUnit]:
        """Open a unit of work: committed when its block ends, rolled back when the block raises.

        Raises DatabaseBusy when others kept it out for too long: it may be tried again (`run` does).
        """
        with _translated(), self.engine.begin() as connection, Waiting(connection) as waiting:
            yield _unit(connection, waiting)

    @contextmanager
    def reading(self) -> Iterator[SqlUnit]:
        """Open a unit of work that only reads, all at one instant, and waits for nobody."""
        with _translated(), self._reading.connect() as connection:
            connection.begin()
            yield _unit(connection, Waiting(connection))

    def run(self, work: Callable[[SqlUnit], Result]) -> Result:
        """Do a piece of work in one unit; try again, a few times, when the database asks for it."""
        for tried in range(1, _TRIES + 1):
            try:
                with self.unit() as unit:
                    return work(unit)
            except DatabaseBusy:
                if tried == _TRIES:
                    raise
                time.sleep(_PAUSE_S * 2**tried)
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def _unit(connection: sa.Connection, waiting: Waiting) -> SqlUnit:
    store = SqlStore(connection, waiting)
    answers, decisions = SqlAnswers(connection, waiting), SqlDecisions(connection, waiting)
    return SqlUnit(connection, store, Books(store), answers, decisions)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sa.exc.TimeoutError as error:
        raise DatabaseBusy("All connections to the database are in use; nothing was done.") from error
    except sa.exc.DBAPIError as error:
        meaning = told(error)
        if meaning is None:
            raise
        raise meaning from error
