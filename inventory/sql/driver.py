"""Statements said by the driver itself: many in one round trip, and each for a fraction of its price.

SQLAlchemy builds the text of a statement and knows how values are stored; what it does around each
execution costs more processor time than SQLite takes for the whole order.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

Values = Mapping[str, object]

_POSTGRES: Final = sa.make_url("postgresql+psycopg://").get_dialect()


@dataclass(frozen=True, slots=True)
class Sentence:
    """A statement's text for one kind of database, and what turns each of its values into a stored one.

    ``fixed``: values that the statement itself brings.
    """

    text: str
    stored: Mapping[str, Callable[[Any], Any] | None]
    fixed: Mapping[str, object] = field(default_factory=dict)

    @classmethod
    def of(cls, statement: sa.ClauseElement, database: str, columns: Collection[str] = ()) -> Sentence:
        """Return what a statement says to ``postgresql`` or ``sqlite``; an insert names its columns."""
        dialect = _POSTGRES() if database == "postgresql" else sqlite.dialect(paramstyle="named")
        told = statement.compile(dialect=dialect, column_keys=list(columns) or None)
        assert isinstance(told, sa.sql.compiler.SQLCompiler)
        asked = {name: bound for bound, name in told.bind_names.items() if bound.required}
        kinds = {name: bound.type.dialect_impl(dialect) for name, bound in asked.items()}
        stored = {name: kind.bind_processor(dialect) for name, kind in kinds.items()}
        fixed = {name: bound.value for bound, name in told.bind_names.items() if not bound.required}
        return cls(str(told), stored, fixed)

    def values(self, row: Values) -> dict[str, object]:
        """Return the values of a row as the database keeps them."""
        stored = {name: make(row[name]) if make else row[name] for name, make in self.stored.items()}
        return {**self.fixed, **stored} if self.fixed else stored


def among(column: sa.ColumnElement[Any], width: int) -> sa.ColumnElement[bool]:
    """Return that a column is one of so many names: those that `values_among` gives."""
    return column.in_([sa.bindparam(f"name_{place}", type_=column.type) for place in range(width)])


def width_of(count: int) -> int:
    """Return for how many names a sentence is made that shall take ``count`` of them: the next power of 2.

    So there are few sentences, whatever is asked.
    """
    return 1 << max(count - 1, 0).bit_length()


def values_among(told: Sequence[str]) -> dict[str, object]:
    """Return the values of a sentence that asks `among` the width of some names; the last is repeated."""
    last = len(told) - 1
    return {f"name_{place}": told[min(place, last)] for place in range(width_of(len(told)))}


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence for one row of values or many."""

    sentence: Sentence
    rows: Sequence[Values]


def say(connection: sa.Connection, what: Iterable[Said]) -> list[Any]:
    """Say all of it, in its order, inside the transaction of a connection; return a cursor for each.

    PostgreSQL gets it in one round trip. Raises what SQLAlchemy would raise.
    """
    driver: Any = connection.connection.driver_connection
    with _told(connection, driver), _one_trip(driver):
        return [_begun(driver.cursor(), said) for said in what]


def ask(connection: sa.Connection, what: Iterable[Said]) -> list[list[Any]]:
    """Return the rows that each sentence finds, as the driver gives them; what waits is written first."""
    Waiting.send_first(connection)
    cursors = say(connection, what)
    with _told(connection, connection.connection.driver_connection):
        return [cursor.fetchall() for cursor in cursors]


@contextmanager
def _told(connection: sa.Connection, driver: Any) -> Iterator[None]:
    """Raise what SQLAlchemy would raise for an error of the driver."""
    errors = connection.dialect.loaded_dbapi.Error
    try:
        yield
    except errors as error:
        if connection.dialect.is_disconnect(error, driver, None):
            connection.invalidate(error)
        raise sa.exc.DBAPIError.instance(None, None, error, errors) from error


def _one_trip(driver: Any) -> AbstractContextManager[object]:
    return driver.pipeline() if hasattr(driver, "pipeline") else nullcontext()


def _begun(cursor: Any, said: Said) -> Any:
    rows = [said.sentence.values(row) for row in said.rows]
    if len(rows) == 1:
        cursor.execute(said.sentence.text, rows[0])
    else:
        cursor.executemany(said.sentence.text, rows)
    return cursor


class Waiting:
    """What a unit of work still has to write, in its order.

    Nothing is read past it: the engine sends it before any other statement of the unit. The rest is sent when
    the block ends well, and forgotten when it does not.
    """

    _NAME = "malha_waiting"

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._waiting: list[tuple[Said, Callable[[], Exception] | None]] = []

    def __enter__(self) -> Waiting:
        self._connection.info[self._NAME] = self
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self.send()
        finally:
            if not self._connection.closed and not self._connection.invalidated:
                self._connection.info.pop(self._NAME, None)

    def add(
        self, sentence: Sentence, rows: Sequence[Values], refused: Callable[[], Exception] | None = None
    ) -> None:
        """Note something to write; where a row of it cannot be written, sending raises ``refused``."""
        if rows:
            self._waiting.append((Said(sentence, rows), refused))

    def send(self) -> None:
        """Write what waits."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        cursors = say(self._connection, [said for said, _ in waiting])
        for cursor, (said, refused) in zip(cursors, waiting, strict=True):
            if refused is not None and cursor.rowcount != len(said.rows):
                raise refused()

    @classmethod
    def send_first(cls, connection: sa.Connection, *_: object) -> None:
        """Write what waits on a connection before another statement; the engine calls it."""
        waiting = connection.info.get(cls._NAME)
        if waiting is not None:
            waiting.send()
