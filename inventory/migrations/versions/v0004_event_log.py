"""The event log, and what its readers keep: checkpoints and outputs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from inventory.sql.tables import NAME

revision = "0004"
down_revision = "0003"

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    _log()
    _readers()


def _log() -> None:
    op.create_table(
        "event_streams",
        sa.Column("number", _SERIAL, primary_key=True, autoincrement=True),
        sa.Column("stream", NAME, nullable=False, unique=True),
        sa.Column("end_position", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "event_log",
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("event_id", NAME, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("time_s", sa.BigInteger, nullable=False),
        sa.Column("subject", NAME, nullable=False),
        sa.Column("part", NAME, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("number", "position"),
        sa.UniqueConstraint("number", "event_id"),
    )


def _readers() -> None:
    op.create_table(
        "event_checkpoints",
        sa.Column("reader", NAME, nullable=False),
        sa.Column("span", sa.BigInteger, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("at_s", sa.BigInteger, nullable=False),
        sa.Column("state", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("reader", "span"),
    )
    op.create_table(
        "event_outputs",
        sa.Column("reader", NAME, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("place", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("time_s", sa.BigInteger, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("reader", "position", "place"),
    )
