"""A source's history as a log: its events in total order, with the clock's ticks among them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from graph.days import DAY_S, day_of, start_of
from graph.errors import BadInput
from ingest.checks import check, silent
from ingest.facts import gather, gather_nodes
from ingest.log import SCHEMA, event_log
from ingest.source import Source
from replay.identity import canonical, snapshot_id
from replay.stream.events import RANK, TICK, Event, event_id, tick
from replay.stream.log import Entry, Log
from replay.stream.reference import Reference

AT_ONCE: Final = 20_000
"""Events that are copied into another log in one transaction."""

_OWN: Final = ("time_s", "kind", "subject", "part")
_DATA: Final = tuple(name for name in SCHEMA if name not in (*_OWN, "kind_rank"))


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """A history to be played: ``name`` is a digest of its facts, the same facts always have the same."""

    name: str
    reference: Reference
    log: FrameLog


class FrameLog:
    """A log that stands in a frame; it cannot be added to."""

    def __init__(self, frame: pl.DataFrame) -> None:
        """Take events in total order (columns: ``ingest.log.SCHEMA``), ticks among them."""
        self.frame = frame
        told = frame.group_by("kind").agg(pl.col(_DATA).is_not_null().any())
        self._columns: Mapping[str, tuple[tuple[int, str], ...]] = {
            row["kind"]: tuple((place, name) for place, name in enumerate(_DATA, len(_OWN)) if row[name])
            for row in told.iter_rows(named=True)
        }

    def append(self, events: Sequence[Event]) -> int:
        """Refuse: what was recorded is recorded."""
        raise BadInput(f"A recorded history takes no {len(events)} events more.")

    def read(self, after: int, limit: int) -> list[Entry]:
        """Return the next events."""
        rows = self.frame.slice(after, limit).select(*_OWN, *_DATA).rows()
        return [Entry(offset, self._event(row)) for offset, row in enumerate(rows, after + 1)]

    def end(self) -> int:
        """Return the offset of the last event."""
        return self.frame.height

    def _event(self, row: tuple[Any, ...]) -> Event:
        time_s, kind, subject, part, *_ = row
        if kind == TICK:
            return tick(time_s)
        data = {name: row[place] for place, name in self._columns[kind] if row[place] is not None}
        return Event(event_id(kind, subject, part, data), kind, time_s, subject, part, data)


def read_recorded(source: Source, progress: Callable[[str], None] = silent) -> Recorded:
    """Return everything that a source holds as a log. Raises BadInput for tables that cannot be read."""
    checked = check(source, None, progress)
    progress("Gathering facts")
    nodes = gather_nodes(checked)
    name = snapshot_id(canonical(checked, nodes), checked.as_of, {})
    events = pl.concat(event_log(checked, gather(checked, nodes)))
    return Recorded(name, Reference.of(nodes), FrameLog(with_ticks(events)))


def with_ticks(events: pl.DataFrame) -> pl.DataFrame:
    """Return events in total order with a tick at each midnight of Brasilia, up to the one after the last."""
    if events.is_empty():
        return events
    first, last = (day_of(int(events["time_s"][place])) for place in (0, -1))
    at_s = pl.int_range(start_of(first + 1), start_of(last + 1) + 1, DAY_S, eager=True).alias("time_s")
    ticks = at_s.to_frame().with_columns(
        kind=pl.lit(TICK), kind_rank=pl.lit(RANK[TICK] - 1, pl.Int32), subject=pl.lit(""), part=pl.lit("")
    )
    both = pl.concat([ticks, events], how="diagonal").select(SCHEMA.names())
    return both.sort("time_s", "kind_rank", maintain_order=True)


def fill(log: Log, recorded: FrameLog, progress: Callable[[float], None] = lambda _share: None) -> None:
    """Copy a recorded history into a log, from where an earlier copy stopped.

    Raises BadInput when the log holds something else.
    """
    end, whole = log.end(), recorded.end()
    last = log.read(end - 1, 1) if end else []
    if end > whole or last != recorded.read(end - 1, 1)[: len(last)]:
        raise BadInput("The log holds other events than this source: give it a database of its own.")
    for first in range(end, whole, AT_ONCE):
        log.append([entry.event for entry in recorded.read(first, AT_ONCE)])
        progress(min(first + AT_ONCE, whole) / whole)
