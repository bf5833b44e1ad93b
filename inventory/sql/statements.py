"""The statements of the ledger, built once for each kind of database: building costs more than running."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Final

import sqlalchemy as sa

from inventory.events import EFFECTS, TRANSIT
from inventory.sql.driver import Sentence, among
from inventory.sql.inserts import insert_into
from inventory.sql.tables import ANSWERS, DAYS, DECISIONS, EVENTS, LIMITS, ORDERS, PARTS, STOCK
from inventory.states import OrderState
from inventory.stock import RESERVING

_KEY: Final = (STOCK.c.product_id, STOCK.c.seller_id, STOCK.c.location_id)
_EVENT_KEY: Final = (EVENTS.c.product_id, EVENTS.c.seller_id, EVENTS.c.location_id)
_DAY: Final = (DAYS.c.location_id, DAYS.c.day)
_SETTINGS: Final = ("safety_stock", "reorder_point", "lead_time_days", "order_up_to")
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

    open_rows: Sentence
    book: Sentence
    configure: Sentence
    events: Sentence
    new_order: Sentence
    next_version: Sentence
    parts: Sentence
    open_days: Sentence
    packages: Sentence
    decision: Sentence
    answer: Sentence


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
def writes(database: str) -> Writes:
    """Return the sentences for ``postgresql`` or ``sqlite``."""
    insert = partial(insert_into, database=database)
    parts, days = insert(PARTS), insert(DAYS)
    moved = {name: parts.excluded[name] for name in _MOVED}

    def said(statement: sa.ClauseElement, *columns: str) -> Sentence:
        return Sentence.of(statement, database, columns)

    def new(table: sa.Table, made: sa.Insert) -> Sentence:
        """Return an insert of whole rows; the database numbers their positions."""
        return said(made.inline(), *(name for name in _names(table) if name != "position"))

    return Writes(
        open_rows=said(insert(STOCK).on_conflict_do_nothing().inline(), *(column.name for column in _KEY)),
        book=said(_BOOK),
        configure=said(_CONFIGURE),
        events=new(EVENTS, insert(EVENTS).on_conflict_do_nothing()),
        new_order=new(ORDERS, insert(ORDERS).on_conflict_do_nothing()),
        next_version=said(_NEXT_VERSION),
        parts=new(PARTS, parts.on_conflict_do_update(PARTS.primary_key, set_=moved)),
        open_days=said(insert(DAYS).on_conflict_do_nothing().inline(), "location_id", "day"),
        packages=new(
            DAYS,
            days.on_conflict_do_update(
                DAYS.primary_key, set_={"packages": DAYS.c.packages + days.excluded.packages}
            ),
        ),
        decision=new(DECISIONS, insert(DECISIONS).on_conflict_do_nothing()),
        answer=new(ANSWERS, insert(ANSWERS)),
    )


@cache
def units(database: str, products: int, *, whole: bool) -> Sentence:
    """Return what asks for the units of so many products; ``whole``: for their rows, to change them."""
    columns = STOCK.columns if whole else (*_KEY, STOCK.c.current_stock, STOCK.c.reserved_stock)
    lying = sa.select(*columns).where(among(STOCK.c.product_id, products), STOCK.c.location_id != TRANSIT)
    query = lying.order_by(*_KEY)
    return Sentence.of(query.with_for_update() if whole else query, database)


@cache
def limited(database: str) -> Sentence:
    """Return what asks whether any place has a limit of packages."""
    return Sentence.of(sa.select(sa.exists(sa.select(LIMITS.c.location_id))), database)


@cache
def claim(database: str) -> tuple[Sentence, ...]:
    """Return what asks for the answer to a key; in PostgreSQL first for a lock that tells it is in flight.

    Two sentences, because one would look for the answer as of before it had the lock.
    """
    locked = sa.select(sa.func.pg_try_advisory_xact_lock(sa.bindparam("number", type_=sa.BigInteger)))
    answer = sa.select(ANSWERS.c.body_sha256, ANSWERS.c.status, ANSWERS.c.content).where(
        ANSWERS.c.client == sa.bindparam("client"), ANSWERS.c.idempotency_key == sa.bindparam("key")
    )
    asked = (locked, answer) if database == "postgresql" else (answer,)
    return tuple(Sentence.of(statement, database) for statement in asked)


def _names(table: sa.Table) -> list[str]:
    return [column.name for column in table.columns]


def _among(column: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    return column.in_(sa.bindparam("names", expanding=True))


def _of_row() -> list[sa.ColumnElement[bool]]:
    return [column == sa.bindparam(f"of_{column.name}") for column in _KEY]


_BOOK: Final = (
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
_CONFIGURE: Final = (
    sa.update(STOCK).where(*_of_row()).values({name: sa.bindparam(f"new_{name}") for name in _SETTINGS})
)
_NEXT_VERSION: Final = (
    sa.update(ORDERS)
    .where(ORDERS.c.order_id == sa.bindparam("of_order"), ORDERS.c.version == sa.bindparam("seen"))
    .values({name: sa.bindparam(f"new_{name}") for name in ("state", "expires_at", "version", "updated_at")})
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
ALL_LIMITS: Final = sa.select(LIMITS).order_by(LIMITS.c.location_id)
ALL_EVENTS: Final = sa.select(EVENTS).order_by(EVENTS.c.position)
ALL_ORDERS: Final = sa.select(ORDERS).order_by(ORDERS.c.order_id)
ALL_PARTS: Final = sa.select(PARTS).order_by(PARTS.c.order_id, PARTS.c.part)
