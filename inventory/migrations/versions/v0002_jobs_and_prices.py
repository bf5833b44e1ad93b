"""Work for the worker, and the scarcity prices that all API workers read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from inventory.sql.tables import NAME, Instant

revision = "0002"
down_revision = "0001"

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    _jobs()
    _prices()


def _jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("position", _SERIAL, primary_key=True, autoincrement=True),
        sa.Column("job_id", NAME, nullable=False, unique=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("client", NAME, nullable=False),
        sa.Column("idempotency_key", NAME, nullable=False),
        sa.Column("request", sa.JSON, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("progress", sa.Double, nullable=False),
        sa.Column("progress_text", sa.String, nullable=False),
        sa.Column("result", sa.JSON),
        sa.Column("reason", sa.String),
        sa.Column("lease_owner", NAME),
        sa.Column("lease_until", Instant),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("started_at", Instant),
        sa.Column("ended_at", Instant),
        sa.Column("cancel_requested_at", Instant),
        sa.UniqueConstraint("client", "idempotency_key"),
        sa.CheckConstraint("state IN ('queued', 'running', 'done', 'failed', 'canceled')", name="state"),
        sa.CheckConstraint("progress >= 0 AND progress <= 1", name="progress"),
        sa.CheckConstraint("(state = 'running') = (lease_owner IS NOT NULL)", name="lease"),
    )
    op.create_index(None, "jobs", ["state", "position"])


def _prices() -> None:
    op.create_table(
        "prices",
        sa.Column("position", _SERIAL, primary_key=True, autoincrement=True),
        sa.Column("version", NAME, nullable=False),
        sa.Column("policy_digest", NAME, nullable=False),
        sa.Column("snapshot_id", NAME, nullable=False),
        sa.Column("as_of", Instant, nullable=False),
        sa.Column("trigger", sa.String, nullable=False),
        sa.Column("shadow", sa.JSON),
        sa.Column("cents", sa.JSON, nullable=False),
        sa.Column("decisions_seen", sa.BigInteger, nullable=False),
        sa.Column("window_from", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("policy_digest", "version"),
    )
    op.create_index(None, "prices", ["policy_digest", "as_of"])
