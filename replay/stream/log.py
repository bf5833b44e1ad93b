"""The event log as a port: append-only, each id once, read on from an offset.

Made so that Kafka can stand behind it: an event has a partition key (`Event.key`), a reader keeps the offset
of the last event that it has played and nothing else, offsets grow but need not be without gaps, and ticks
stand in the log. Exactly-once is the reader's: it stores state, outputs and offset in one transaction
(`replay.stream.checkpoints`), so an event that is read again after a crash has left no trace before.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple, Protocol

from replay.stream.events import Event

BEGINNING = 0
"""The offset after which the first event stands."""


class Entry(NamedTuple):
    """An event and where it stands."""

    offset: int
    event: Event


class Log(Protocol):
    """Events in the order in which they are played."""

    def append(self, events: Sequence[Event]) -> int:
        """Append events whose ids are new, all or none of them; return how many.

        The log takes the order it is given: whoever fills it from a source does so in `Event.order`.
        """
        ...

    def read(self, after: int, limit: int) -> list[Entry]:
        """Return at most ``limit`` events that stand after an offset, in order; none at the end."""
        ...

    def end(self) -> int:
        """Return the offset of the last event, ``BEGINNING`` for an empty log."""
        ...


class MemoryLog:
    """A log of lists."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._ids: set[str] = set()

    def append(self, events: Sequence[Event]) -> int:
        """Append events whose ids are new."""
        before = len(self._events)
        for event in events:
            if event.id not in self._ids:
                self._ids.add(event.id)
                self._events.append(event)
        return len(self._events) - before

    def read(self, after: int, limit: int) -> list[Entry]:
        """Return the next events."""
        some = islice(self._events, after, after + limit)
        return [Entry(offset, event) for offset, event in enumerate(some, after + 1)]

    def end(self) -> int:
        """Return the offset of the last event."""
        return len(self._events)
