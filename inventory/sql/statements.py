"""The statements of the ledger, built once for each kind of database: building costs more than running."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from inventory.events import EFFECTS
from inventory.sql.tables import ANSWERS, DAYS, DECISIONS, EVENTS, LIMITS, ORDERS, PARTS, STOCK
from inventory.states import OrderState
from inventory.stock import RESERVING

_KEY: Final = (STOCK.c.product_id, STOCK.c.seller_id, STOCK.c.location_id)
_EVENT_KEY: Final = (EVENTS.c.product_id, EVENTS.c.seller_id, EVENTS.c.location_id)
_DAY: Final = (DAYS.c.location_id, DAYS.c.day)
_SETTINGS: Final = ("safety_stock", "reorder_point", "lead_time_days")
_MOVED: Final = ("handed", "delivered", "returned", "released", "lapsed")

Query = sa.Select[Any]


@dataclass(frozen=True, slots=True)
class Reads:
    """Queries; the ``names`` that each asks for is a list."""

    stock: Query
    orders: Query
    days: Query


@dataclass(frozen=True, slots=True)
class Writes:
    """What changes rows that exist or adds new ones."""

    open_rows: sa.Insert
    new_order: sa.Executable
    parts: sa.Insert
    open_days: sa.Insert
    decision: sa.Executable


@cache
def reads(*, locked: bool) -> Reads:
    """Return the queries for rows, orders and days; ``locked``: in the order of their keys, for update."""
    stock = sa.select(STOCK).where(_among(sa.tuple_(*_KEY))).order_by(*_KEY)
    orders = sa.select(ORDERS).where(_among(ORDERS.c.order_id)).order_by(ORDERS.c.order_id)
    days = sa.select(DAYS).where(_among(sa.tuple_(*_DAY))).order_by(*_DAY)
    if locked:
        return Reads(stock.with_for_update(), orders.with_for_update(), days.with_for_update())
    return Reads(stock, orders, days)


@cache
def writes(dialect: str) -> Writes:
    """Return the statements that the two databases write in their own ways."""
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    parts = insert(PARTS)
    return Writes(
        open_rows=insert(STOCK).on_conflict_do_nothing(),
        new_order=insert(ORDERS).on_conflict_do_nothing().returning(ORDERS.c.order_id),
        parts=parts.on_conflict_do_update(
            PARTS.primary_key, set_={name: parts.excluded[name] for name in _MOVED}
        ),
        open_days=insert(DAYS).on_conflict_do_nothing(),
        decision=insert(DECISIONS).on_conflict_do_nothing().returning(DECISIONS.c.decision_id),
    )


def _among(column: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    return column.in_(sa.bindparam("names", expanding=True))


def _of_row() -> list[sa.ColumnElement[bool]]:
    return [column == sa.bindparam(f"of_{column.name}") for column in _KEY]


BOOK: Final = (
    sa.update(STOCK)
    .where(*_of_row())
    # The row is locked; were it not, this would keep two from taking the same units.
    .where(STOCK.c.current_stock == sa.bindparam("current_before"))
    .where(STOCK.c.reserved_stock == sa.bindparam("reserved_before"))
    .values(
        current_stock=sa.bindparam("current_after"),
        reserved_stock=sa.bindparam("reserved_after"),
        last_updated_at=sa.bindparam("booked_at"),
    )
)
CONFIGURE: Final = (
    sa.update(STOCK).where(*_of_row()).values({name: sa.bindparam(f"new_{name}") for name in _SETTINGS})
)
ADD_EVENTS: Final = sa.insert(EVENTS)
NEXT_VERSION: Final = (
    sa.update(ORDERS)
    .where(ORDERS.c.order_id == sa.bindparam("of_order"), ORDERS.c.version == sa.bindparam("seen"))
    .values({name: sa.bindparam(f"new_{name}") for name in ("state", "expires_at", "version", "updated_at")})
)
COUNT_PACKAGES: Final = (
    sa.update(DAYS)
    .where(DAYS.c.location_id == sa.bindparam("place"), DAYS.c.day == sa.bindparam("on"))
    .values(packages=DAYS.c.packages + sa.bindparam("more"))
)

KNOWN: Final = sa.select(EVENTS).where(_among(EVENTS.c.inventory_event_id))
PARTS_OF: Final = sa.select(PARTS).where(_among(PARTS.c.order_id)).order_by(PARTS.c.order_id, PARTS.c.part)
LIMITS_OF: Final = sa.select(LIMITS).where(_among(LIMITS.c.location_id))
DUE: Final = (
    sa.select(ORDERS)
    .where(ORDERS.c.state == OrderState.RESERVED.value, ORDERS.c.expires_at <= sa.bindparam("until"))
    .order_by(ORDERS.c.expires_at, ORDERS.c.order_id)
    .limit(sa.bindparam("most"))
)

_UNITS: Final = sa.func.sum(
    sa.case(
        {kind.value: EVENTS.c.quantity * EFFECTS[kind].reserved for kind in RESERVING},
        value=EVENTS.c.event_type,
        else_=0,
    )
).label("units")
_HELD: Final = sa.select(EVENTS.c.order_id, *_EVENT_KEY, _UNITS).group_by(EVENTS.c.order_id, *_EVENT_KEY)
HELD_BY: Final = _HELD.where(_among(EVENTS.c.order_id))
HELD_BY_NOBODY: Final = _HELD.where(EVENTS.c.order_id.is_(None), _among(sa.tuple_(*_EVENT_KEY)))

ALL_STOCK: Final = sa.select(STOCK).order_by(*_KEY)
ALL_EVENTS: Final = sa.select(EVENTS).order_by(EVENTS.c.position)
ALL_ORDERS: Final = sa.select(ORDERS).order_by(ORDERS.c.order_id)
ALL_PARTS: Final = sa.select(PARTS).order_by(PARTS.c.order_id, PARTS.c.part)

LOCK_KEY: Final = sa.select(sa.func.pg_try_advisory_xact_lock(sa.bindparam("number", type_=sa.BigInteger)))
ANSWER: Final = sa.select(ANSWERS).where(
    ANSWERS.c.client == sa.bindparam("of_client"), ANSWERS.c.idempotency_key == sa.bindparam("of_key")
)
KEEP_ANSWER: Final = sa.insert(ANSWERS)
