"""Stored answers by idempotency key, and decision records."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from graph.errors import BadInput
from inventory.ledger import Answer, KeyInFlight, KeyReused
from inventory.sql import statements
from inventory.sql.driver import Said, Waiting, say
from inventory.sql.tables import ANSWERS, DECISIONS


class SqlAnswers:
    """Answers in the database; in PostgreSQL an advisory lock tells that a key is in flight."""

    def __init__(self, connection: sa.Connection, waiting: Waiting) -> None:
        self._connection, self._waiting = connection, waiting

    def claim(self, client: str, key: str, body_sha256: str) -> Answer | None:
        """Return the stored answer, or None: then the key is the caller's until the transaction ends."""
        self._waiting.send()
        asked = {"client": client, "key": key, "number": _number(client, key)}
        claim = statements.claim(self._connection.dialect.name)
        *locked, found = say(self._connection, [Said(sentence, [asked]) for sentence in claim])
        if any(cursor.fetchone() != (True,) for cursor in locked):
            raise KeyInFlight(key)
        row = found.fetchone()
        if row is None:
            return None
        answer = Answer(*row)
        if answer.body_sha256 != body_sha256:
            raise KeyReused(key)
        return answer

    def keep(self, client: str, key: str, answer: Answer, at: datetime) -> None:
        """Store the answer to a claimed key."""
        row = {
            "client": client,
            "idempotency_key": key,
            "body_sha256": answer.body_sha256,
            "status": answer.status,
            "content": answer.content,
            "created_at": at,
        }
        self._waiting.add(statements.writes(self._connection.dialect.name).answer, [row])

    def forget(self, before: datetime) -> int:
        """Drop answers kept before an instant."""
        return self._connection.execute(sa.delete(ANSWERS).where(ANSWERS.c.created_at < before)).rowcount


class SqlDecisions:
    """Decision records in the database."""

    def __init__(self, connection: sa.Connection, waiting: Waiting) -> None:
        self._connection, self._waiting = connection, waiting

    def add(self, decision_id: str, order_id: str, at: datetime, record: Mapping[str, object]) -> None:
        """Store a record."""
        row = {"decision_id": decision_id, "order_id": order_id, "decided_at": at, "record": dict(record)}
        made = statements.writes(self._connection.dialect.name).decision
        taken = f"Decision {decision_id} is stored already."
        self._waiting.add(made, [row], refused=lambda: BadInput(taken))

    def get(self, decision_id: str) -> dict[str, object] | None:
        """Return a record."""
        query = sa.select(DECISIONS.c.record).where(DECISIONS.c.decision_id == decision_id)
        record = self._connection.execute(query).scalar_one_or_none()
        return None if record is None else dict(record)

    def of_order(self, order_id: str) -> tuple[dict[str, object], ...]:
        """Return the records of an order, the first decision first."""
        query = sa.select(DECISIONS.c.record).where(DECISIONS.c.order_id == order_id)
        return tuple(
            dict(record) for record in self._connection.scalars(query.order_by(DECISIONS.c.position))
        )


def _number(client: str, key: str) -> int:
    """Return a lock number: 63 bits of a digest, so that two keys practically never share one."""
    digest = hashlib.sha256(f"{len(client)}:{client}:{key}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
