"""Resolved alerts are found by when they were: to be quiet for a while, and to be forgotten."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the index."""
    op.create_index(None, "alerts", ["resolved_at"])
