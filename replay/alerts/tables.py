"""The tables of alerts and of what is to be sent, in the database of the ledger and on its metadata."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from inventory.sql.tables import METADATA, NAME, SERIAL, Instant

ALERTS: Final = sa.Table(
    "alerts",
    METADATA,
    sa.Column("position", SERIAL, primary_key=True, autoincrement=True),
    sa.Column("alert_id", NAME, nullable=False, unique=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("subject", NAME, nullable=False),
    sa.Column("audience", sa.String, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("severity", sa.String, nullable=False),
    sa.Column("value", sa.Double, nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),
    sa.Column("opened_at", Instant, nullable=False),
    sa.Column("resolved_at", Instant),
    sa.Column("acknowledged_at", Instant),
    sa.Column("acknowledged_by", NAME),
    sa.CheckConstraint("state IN ('open', 'acknowledged', 'resolved')", name="state"),
    sa.CheckConstraint("(state = 'resolved') = (resolved_at IS NOT NULL)", name="resolved"),
    sa.Index(None, "kind", "subject"),
    sa.Index(None, "state", "position"),
    sa.Index(None, "resolved_at"),
)

OUTBOX: Final = sa.Table(
    "outbox",
    METADATA,
    sa.Column("position", SERIAL, primary_key=True, autoincrement=True),
    sa.Column("message_id", NAME, nullable=False, unique=True),
    sa.Column("receiver", NAME, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
    sa.Column("error", sa.String),
    sa.CheckConstraint("state IN ('queued', 'sent', 'dead')", name="state"),
    sa.Index(None, "state", "receiver", "position"),
)
