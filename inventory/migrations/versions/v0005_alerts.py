"""Alerts, and the outbox from which others hear of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from inventory.sql.tables import NAME, Instant

revision = "0005"
down_revision = "0004"

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    _alerts()
    _outbox()


def _alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("position", _SERIAL, primary_key=True, autoincrement=True),
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
    )
    op.create_index(None, "alerts", ["kind", "subject"])
    op.create_index(None, "alerts", ["state", "position"])


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("position", _SERIAL, primary_key=True, autoincrement=True),
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
    )
    op.create_index(None, "outbox", ["state", "receiver", "position"])
