"""What a reader keeps: state, offset and outputs, always of the same moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
import sqlalchemy as sa

from graph.days import DAY_S
from inventory.sql import SqlHome
from replay.stream.state import Output
from replay.stream.tables import CHECKPOINTS, OUTPUTS

SPAN_S: Final = 90 * DAY_S
"""Of each such stretch of the clock the newest checkpoint stays, to go back to."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A saved state, with offset and stamp (epoch seconds) of the last event in it."""

    offset: int
    at_s: int
    state: bytes


@dataclass(frozen=True, slots=True)
class Put:
    """An output: the ``place``-th of the event at ``offset``. The two name it, however often it is made."""

    offset: int
    place: int
    output: Output


class Checkpoints:
    """The checkpoints and outputs of one reader, in a database."""

    def __init__(self, home: SqlHome, reader: str) -> None:
        self._home, self._reader = home, reader

    def keep(self, checkpoint: Checkpoint, puts: Sequence[Put]) -> None:
        """Store a state and what was put out since the last one, in one transaction: both or neither."""
        span = checkpoint.at_s // SPAN_S
        row = {"position": checkpoint.offset, "at_s": checkpoint.at_s, "state": checkpoint.state}
        rows = [_row(self._reader, put) for put in puts]

        def work(unit: Any) -> None:
            mine = (CHECKPOINTS.c.reader == self._reader) & (CHECKPOINTS.c.span == span)
            unit.connection.execute(sa.delete(CHECKPOINTS).where(mine))
            unit.connection.execute(sa.insert(CHECKPOINTS).values(reader=self._reader, span=span, **row))
            if rows:
                unit.connection.execute(sa.insert(OUTPUTS), rows)

        self._home.run(work)

    def newest(self, before_s: int | None = None) -> Checkpoint | None:
        """Return the newest checkpoint, of those whose last event is stamped before ``before_s``."""
        query = sa.select(CHECKPOINTS.c.position, CHECKPOINTS.c.at_s, CHECKPOINTS.c.state)
        query = query.where(CHECKPOINTS.c.reader == self._reader)
        if before_s is not None:
            query = query.where(CHECKPOINTS.c.at_s < before_s)
        with self._home.reading() as unit:
            row = unit.connection.execute(query.order_by(CHECKPOINTS.c.position.desc()).limit(1)).first()
        return None if row is None else Checkpoint(row.position, row.at_s, row.state)

    def forget(self, after: int) -> None:
        """Drop what was kept after an offset: it will be made again."""

        def work(unit: Any) -> None:
            for table in (CHECKPOINTS, OUTPUTS):
                later = (table.c.reader == self._reader) & (table.c.position > after)
                unit.connection.execute(sa.delete(table).where(later))

        self._home.run(work)

    def outputs(self, kind: str | None = None) -> Iterator[Put]:
        """Yield what was put out, in order."""
        query = sa.select(OUTPUTS).where(OUTPUTS.c.reader == self._reader)
        if kind is not None:
            query = query.where(OUTPUTS.c.kind == kind)
        with self._home.reading() as unit:
            for row in unit.connection.execute(query.order_by(OUTPUTS.c.position, OUTPUTS.c.place)):
                yield Put(row.position, row.place, Output(row.kind, row.time_s, orjson.loads(row.data)))


def _row(reader: str, put: Put) -> dict[str, Any]:
    told = put.output
    data = orjson.dumps(told.data, option=orjson.OPT_SORT_KEYS).decode()
    keys = {"reader": reader, "position": put.offset, "place": put.place}
    return keys | {"kind": told.kind, "time_s": told.time_s, "data": data}
