"""The event log in a database: SQLite in a file, or PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import orjson
import sqlalchemy as sa

from inventory.sql import SqlHome
from inventory.sql.inserts import add_new
from replay.stream.events import Event
from replay.stream.log import BEGINNING, Entry
from replay.stream.tables import LOG, STREAMS

_AT_ONCE: Final = 500
"""Ids asked for in one statement."""


class StoredLog:
    """A log on the connection of a unit of work: what it appends is kept with all else of that unit."""

    def __init__(self, connection: sa.Connection, stream: str) -> None:
        self._connection, self._stream = connection, stream

    def append(self, events: Sequence[Event]) -> int:
        """Append events whose ids are new; others who append to the same stream wait for their turn.

        A reader sees offsets only once all before them are there, since they are given out under that lock.
        """
        number, end = self._locked()
        known = self._known(number, [event.id for event in events])
        rows: list[dict[str, Any]] = []
        for event in events:
            if event.id not in known:
                known.add(event.id)
                rows.append(_row(number, end + len(rows) + 1, event))
        if rows:
            self._connection.execute(sa.insert(LOG), rows)
            moved = sa.update(STREAMS).where(STREAMS.c.number == number)
            self._connection.execute(moved.values(end_position=end + len(rows)))
        return len(rows)

    def read(self, after: int, limit: int) -> list[Entry]:
        """Return the next events."""
        named = STREAMS.c.stream == self._stream
        number = sa.select(STREAMS.c.number).where(named).scalar_subquery()
        query = sa.select(*(LOG.c[name] for name in ("position", *_COLUMNS)))
        query = query.where(LOG.c.number == number, LOG.c.position > after).order_by(LOG.c.position)
        return [
            Entry(position, Event(name, kind, time_s, subject, part, orjson.loads(data)))
            for position, name, kind, time_s, subject, part, data in self._connection.execute(
                query.limit(limit)
            )
        ]

    def end(self) -> int:
        """Return the offset of the last event."""
        query = sa.select(STREAMS.c.end_position).where(STREAMS.c.stream == self._stream)
        found = self._connection.execute(query).scalar_one_or_none()
        return BEGINNING if found is None else int(found)

    def _locked(self) -> tuple[int, int]:
        """Return the number and the end of the stream, which is this unit's own until it ends."""
        add_new(self._connection, STREAMS, [{"stream": self._stream, "end_position": BEGINNING}])
        query = sa.select(STREAMS.c.number, STREAMS.c.end_position).where(STREAMS.c.stream == self._stream)
        number, end = self._connection.execute(query.with_for_update()).one()
        return number, end

    def _known(self, number: int, names: Sequence[str]) -> set[str]:
        found: set[str] = set()
        for first in range(0, len(names), _AT_ONCE):
            some = LOG.c.event_id.in_(names[first : first + _AT_ONCE])
            found.update(
                self._connection.scalars(sa.select(LOG.c.event_id).where(LOG.c.number == number, some))
            )
        return found


class SqlLog:
    """A log in a database, each call a unit of work of its own."""

    def __init__(self, home: SqlHome, stream: str) -> None:
        self._home, self._stream = home, stream

    def append(self, events: Sequence[Event]) -> int:
        """Append events whose ids are new."""
        return self._home.run(lambda unit: StoredLog(unit.connection, self._stream).append(events))

    def read(self, after: int, limit: int) -> list[Entry]:
        """Return the next events."""
        with self._home.reading() as unit:
            return StoredLog(unit.connection, self._stream).read(after, limit)

    def end(self) -> int:
        """Return the offset of the last event."""
        with self._home.reading() as unit:
            return StoredLog(unit.connection, self._stream).end()


_COLUMNS: Final = ("event_id", "kind", "time_s", "subject", "part", "data")


def _row(number: int, position: int, event: Event) -> dict[str, Any]:
    told = (event.id, event.kind, event.time_s, event.subject, event.part, orjson.dumps(event.data).decode())
    return {"number": number, "position": position, **dict(zip(_COLUMNS, told, strict=True))}
