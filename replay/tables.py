"""The tables of jobs and of scarcity prices, beside the ledger's own and in the same database.

They stand on the ledger's metadata, so that one test holds all tables equal to the migrations
(docs/decisions/migrations.md).
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from inventory.sql.tables import METADATA, NAME, SERIAL, Instant

JOBS: Final = sa.Table(
    "jobs",
    METADATA,
    sa.Column("position", SERIAL, primary_key=True, autoincrement=True),
    sa.Column("job_id", NAME, nullable=False, unique=True),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("client", NAME, nullable=False),
    sa.Column("idempotency_key", NAME, nullable=False),
    sa.Column("request", sa.JSON, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("progress", sa.Double, nullable=False),
    sa.Column("progress_text", sa.String, nullable=False),
    sa.Column("result", sa.JSON(none_as_null=True)),
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
    sa.Index(None, "state", "position"),
)

PRICES: Final = sa.Table(
    "prices",
    METADATA,
    sa.Column("position", SERIAL, primary_key=True, autoincrement=True),
    sa.Column("version", NAME, nullable=False),
    sa.Column("policy_digest", NAME, nullable=False),
    sa.Column("snapshot_id", NAME, nullable=False),
    sa.Column("as_of", Instant, nullable=False),
    sa.Column("trigger", sa.String, nullable=False),
    sa.Column("shadow", sa.JSON(none_as_null=True)),
    sa.Column("cents", sa.JSON, nullable=False),
    sa.Column("decisions_seen", sa.BigInteger, nullable=False),
    sa.Column("window_from", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("policy_digest", "version"),
    sa.Index(None, "policy_digest", "as_of"),
)
