"""The tables of event logs and of their readers, in the database of the ledger and on its metadata."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from inventory.sql.tables import METADATA, NAME, SERIAL

STREAMS: Final = sa.Table(
    "event_streams",
    METADATA,
    sa.Column("number", SERIAL, primary_key=True, autoincrement=True),
    sa.Column("stream", NAME, nullable=False, unique=True),
    sa.Column("end_position", sa.BigInteger, nullable=False),
)

LOG: Final = sa.Table(
    "event_log",
    METADATA,
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

CHECKPOINTS: Final = sa.Table(
    "event_checkpoints",
    METADATA,
    sa.Column("reader", NAME, nullable=False),
    sa.Column("span", sa.BigInteger, nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("at_s", sa.BigInteger, nullable=False),
    sa.Column("state", sa.LargeBinary, nullable=False),
    sa.PrimaryKeyConstraint("reader", "span"),
)

OUTPUTS: Final = sa.Table(
    "event_outputs",
    METADATA,
    sa.Column("reader", NAME, nullable=False),
    sa.Column("position", sa.BigInteger, nullable=False),
    sa.Column("place", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.String, nullable=False),
    sa.Column("time_s", sa.BigInteger, nullable=False),
    sa.Column("data", sa.Text, nullable=False),
    sa.PrimaryKeyConstraint("reader", "position", "place"),
)
