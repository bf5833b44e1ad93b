"""Of one trouble one alert stands at most; resolved ones are found by when they were."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the indexes."""
    op.create_index(None, "alerts", ["resolved_at"])
    standing = sa.text("resolved_at IS NULL")
    op.create_index(
        "uq_alerts_standing",
        "alerts",
        ["kind", "subject"],
        unique=True,
        postgresql_where=standing,
        sqlite_where=standing,
    )
