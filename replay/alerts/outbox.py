"""What is to be sent, in the database: written with the change that it tells of, taken out by a sender.

A message is claimed for a while before it is sent. Whoever dies over it leaves it to the next one: a receiver
hears everything at least once, and knows by the message's id what it has heard.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa

from inventory.sql.inserts import add_new
from replay.alerts.tables import OUTBOX
from replay.alerts.webhook import Message

MOST_ERROR: Final = 300
"""Characters of a reason that are kept."""


class MessageState(StrEnum):
    """Where a message stands; ``sent`` and ``dead`` are ends."""

    QUEUED = "queued"
    SENT = "sent"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Patience:
    """How often and how long a message is tried.

    The n-th pause is ``first * 2**(n-1)``, at most ``longest``. ``claim``: for how long a message is a
    sender's own; longer than one try lasts.
    """

    attempts: int = 12
    first: timedelta = timedelta(seconds=5)
    longest: timedelta = timedelta(hours=1)
    claim: timedelta = timedelta(seconds=60)

    def pause(self, attempts: int) -> timedelta:
        """Return how long to wait after so many tries."""
        doubled = int(2 ** min(attempts - 1, 30))
        return min(self.first * doubled, self.longest)


@dataclass(frozen=True, slots=True)
class Queued:
    """A message with where it stands; ``attempts`` counts the tries that were begun."""

    message: Message
    state: MessageState
    attempts: int
    created_at: datetime
    due_at: datetime
    ended_at: datetime | None = None
    error: str | None = None


class Outbox:
    """The messages, on the connection of a unit of work."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def put(self, messages: Iterable[Message], at: datetime) -> int:
        """Queue messages; one whose id is there already stays as it is. Return how many were told."""
        queued = {"state": MessageState.QUEUED.value, "attempts": 0, "created_at": at, "due_at": at}
        rows = [
            {"message_id": one.message_id, "receiver": one.receiver, "body": one.body, **queued}
            for one in messages
        ]
        add_new(self._connection, OUTBOX, rows)
        return len(rows)

    def claim(self, receivers: Collection[str], at: datetime, patience: Patience) -> Queued | None:
        """Take up the oldest message of a receiver whose turn has come; None when there is none.

        A receiver hears its messages in their order: while one waits to be tried again, later ones do too.
        """
        queued = OUTBOX.c.state == MessageState.QUEUED.value
        first = sa.select(sa.func.min(OUTBOX.c.position)).where(queued).group_by(OUTBOX.c.receiver)
        query = sa.select(OUTBOX).where(OUTBOX.c.position.in_(first), queued, OUTBOX.c.due_at <= at)
        query = query.where(OUTBOX.c.receiver.in_(sorted(receivers))).order_by(OUTBOX.c.due_at)
        row = self._connection.execute(query.limit(1).with_for_update(skip_locked=True)).one_or_none()
        if row is None:
            return None
        found = _queued(row)
        return self._put(replace(found, attempts=found.attempts + 1, due_at=at + patience.claim))

    def sent(self, run: Queued, at: datetime) -> bool:
        """Note that a message was taken; False when somebody else's try ended it meanwhile."""
        return self._end(run, replace(run, state=MessageState.SENT, ended_at=at, error=None))

    def failed(self, run: Queued, at: datetime, error: str, patience: Patience, *, final: bool) -> bool:
        """Note that a try failed: it is tried again, unless that is hopeless (``final``) or was the last."""
        told = error[:MOST_ERROR]
        if final or run.attempts >= patience.attempts:
            return self._end(run, replace(run, state=MessageState.DEAD, ended_at=at, error=told))
        return self._end(run, replace(run, due_at=at + patience.pause(run.attempts), error=told))

    def get(self, message_id: str) -> Queued | None:
        """Return a message."""
        row = self._connection.execute(
            sa.select(OUTBOX).where(OUTBOX.c.message_id == message_id)
        ).one_or_none()
        return None if row is None else _queued(row)

    def counts(self) -> dict[MessageState, int]:
        """Return how many messages are in each state."""
        query = sa.select(OUTBOX.c.state, sa.func.count()).group_by(OUTBOX.c.state)
        found = {MessageState(state): int(count) for state, count in self._connection.execute(query)}
        return {state: found.get(state, 0) for state in MessageState}

    def forget(self, before: datetime) -> int:
        """Drop messages that were sent, or given up on, before an instant; return how many."""
        return self._connection.execute(sa.delete(OUTBOX).where(OUTBOX.c.ended_at < before)).rowcount

    def _end(self, run: Queued, after: Queued) -> bool:
        """Store the end of a try, if the message is still that try's."""
        same = (OUTBOX.c.message_id == run.message.message_id) & (OUTBOX.c.attempts == run.attempts)
        mine = same & (OUTBOX.c.state == MessageState.QUEUED.value)
        return self._connection.execute(sa.update(OUTBOX).where(mine).values(_moving(after))).rowcount == 1

    def _put(self, after: Queued) -> Queued:
        same = OUTBOX.c.message_id == after.message.message_id
        self._connection.execute(sa.update(OUTBOX).where(same).values(_moving(after)))
        return after


def _moving(queued: Queued) -> dict[str, Any]:
    names = ("attempts", "due_at", "ended_at", "error")
    return {name: getattr(queued, name) for name in names} | {"state": queued.state.value}


def _queued(row: sa.Row[Any]) -> Queued:
    told = Message(row.message_id, row.receiver, row.body)
    times = (row.created_at, row.due_at, row.ended_at)
    return Queued(told, MessageState(row.state), row.attempts, *times, row.error)
