"""The ledger's books in a database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from itertools import groupby
from typing import Any, Final

import sqlalchemy as sa

from inventory.events import StockEvent, StockKey
from inventory.reservations import OrderExists, Reservation
from inventory.sql import rows as made
from inventory.sql import statements as say
from inventory.sql.driver import Said, Waiting, ask, values_among, width_of
from inventory.sql.engine import DatabaseBusy
from inventory.sql.tables import LIMITS
from inventory.stock import NotEnoughStock, Shortage, StockRow, StockSettings, Units
from inventory.store import Holder

_AT_ONCE: Final = 400
"""Names in one statement: SQLite takes 32 766 parameters, planners like fewer."""

_AT_ONCE_TOLD: Final = (
    "Somebody booked an event of the same id at the same moment; nothing was done. Try again."
)


class SqlStore:
    """A `Store` on one connection, inside its transaction.

    What was read under lock is not read again: nobody else can change it until the transaction ends.
    """

    def __init__(self, connection: sa.Connection, waiting: Waiting) -> None:
        self._connection, self._waiting = connection, waiting
        # SQLite has one writer at a time and needs no row locks.
        self._locks = connection.dialect.name == "postgresql"
        self._writes = say.writes(connection.dialect.name)
        self._rows: dict[StockKey, StockRow | None] = {}
        self._orders: dict[str, Reservation | None] = {}
        self._days: dict[tuple[str, date], int] = {}
        self._limits: dict[str, int | None] = {}
        self._limited = True  # whether any place is, as this unit of work first saw it

    def rows(self, keys: Sequence[StockKey], *, lock: bool) -> dict[StockKey, StockRow]:
        """Return the rows that exist, locked in the order of their keys if asked."""
        asked = [key for key in keys if key not in self._rows]
        read = map(made.stock_row, self._ask(self._reads(lock=lock).stock, asked))
        found = {row.key: row for row in read}
        if lock:
            self._rows |= dict.fromkeys(asked) | found
        return {key: row for key in keys if (row := self._rows.get(key) or found.get(key))}

    def units(self, product_ids: Sequence[str], *, lock: bool) -> dict[StockKey, Units]:
        """Return what the rows of products say; in the same round trip, whether any place has a limit."""
        database, found = self._connection.dialect.name, dict[StockKey, Units]()
        for start in range(0, len(product_ids), _AT_ONCE):
            some = product_ids[start : start + _AT_ONCE]
            # The locks of SQLite are the unit's own; what is read for one is remembered all the same.
            query = say.units(database, width_of(len(some)), whole=lock)
            asked = [Said(query, [values_among(some)]), Said(say.limited(database), [{}])]
            lying, [(self._limited,)] = ask(self._connection, asked)
            if lock:
                self._rows |= {row.key: row for row in map(made.stock_of, lying)}
            found |= {StockKey._make(row[:3]): Units(row[3], row[4]) for row in lying}
        return found

    def open_rows(self, keys: Sequence[StockKey]) -> None:
        """Make the rows that do not exist yet."""
        new = [key for key in keys if self._rows.get(key) is None]
        self._waiting.add(self._writes.open_rows, [key._asdict() for key in new])
        for key in new:
            self._rows.pop(key, None)

    def known(self, event_ids: Sequence[str]) -> dict[str, StockEvent]:
        """Return the booked events of these ids."""
        found = map(made.stock_event, self._ask(say.KNOWN, event_ids))
        return {event.event_id: event for event in found}

    def held(self, holders: Collection[Holder]) -> Counter[Holder]:
        """Return the reserved units of these orders at these places."""
        named = sorted({order_id for order_id, _ in holders if order_id is not None})
        nobodys = sorted(key for order_id, key in holders if order_id is None)
        found: Counter[Holder] = Counter()
        for query, names in ((say.HELD_BY, named), (say.HELD_BY_NOBODY, nobodys)):
            for row in self._ask(query, names):
                key = StockKey(row.product_id, row.seller_id, row.location_id)
                found[row.order_id, key] = int(row.units)
        return found

    def book(self, events: Sequence[StockEvent], after: Mapping[StockKey, tuple[StockRow, StockRow]]) -> None:
        """Add events and set the rows that they changed."""
        told = [made.of_event(event) for event in events]
        self._waiting.add(self._writes.events, told, refused=lambda: DatabaseBusy(_AT_ONCE_TOLD))
        changes = [made.of_change(*after[key]) for key in sorted(after)]
        self._waiting.add(self._writes.book, changes, refused=lambda: NotEnoughStock(_moved(after)))
        self._rows |= {key: row for key, (_, row) in after.items()}

    def configure(self, settings: Mapping[StockKey, StockSettings]) -> None:
        """Set the settings of rows that exist."""
        values = [
            {f"of_{name}": part for name, part in key._asdict().items()}
            | {f"new_{name}": value for name, value in asdict(settings[key]).items()}
            for key in sorted(settings)
        ]
        self._waiting.add(self._writes.configure, values)
        for key in settings:
            self._rows.pop(key, None)

    def reservations(self, order_ids: Sequence[str], *, lock: bool) -> dict[str, Reservation]:
        """Return the orders that exist."""
        asked = [name for name in order_ids if name not in self._orders]
        read = self._with_parts(list(self._ask(self._reads(lock=lock).orders, asked)))
        found = {order.order_id: order for order in read}
        if lock:
            self._orders |= dict.fromkeys(asked) | found
        return {name: order for name in order_ids if (order := self._orders.get(name) or found.get(name))}

    def put(self, reservation: Reservation, before: Reservation | None) -> None:
        """Store an order in place of its last version."""
        stands = (before or reservation).state
        write, head = self._writes.new_order, made.of_reservation(reservation)
        if before is not None:
            seen = {"of_order": before.order_id, "seen": before.version}
            write, head = self._writes.next_version, {f"new_{name}": head[name] for name in head} | seen
        self._waiting.add(write, [head], refused=lambda: OrderExists(reservation.order_id, stands))
        old = before.parts if before else ()
        parts = [
            made.of_part(reservation.order_id, i, part)
            for i, part in enumerate(reservation.parts)
            if i >= len(old) or old[i] != part
        ]
        self._waiting.add(self._writes.parts, parts)
        self._orders[reservation.order_id] = reservation

    def all_rows(self) -> Iterator[StockRow]:
        """Yield every row in the order of the keys."""
        return map(made.stock_row, self._stream(say.ALL_STOCK))

    def all_events(self) -> Iterator[StockEvent]:
        """Yield every event in the order of booking (a row's own events: its lock saw to that)."""
        return map(made.stock_event, self._stream(say.ALL_EVENTS))

    def all_reservations(self) -> Iterator[Reservation]:
        """Yield every order, by its id."""
        heads, parts = self._stream(say.ALL_ORDERS), self._stream(say.ALL_PARTS)
        grouped = groupby(parts, key=lambda row: str(row.order_id))
        waiting = next(grouped, None)
        for head in heads:
            own: list[Any] = []
            if waiting is not None and waiting[0] == head.order_id:
                own = list(waiting[1])
                waiting = next(grouped, None)
            yield made.reservation(head, own)

    def due(self, at: datetime, most: int) -> list[Reservation]:
        """Return orders held until ``at`` or earlier, locked, the oldest first; others' locks are skipped."""
        query = say.DUE.with_for_update(skip_locked=True) if self._locks else say.DUE
        heads = self._connection.execute(query, {"until": at, "most": most}).all()
        due = self._with_parts(heads)
        self._orders |= {order.order_id: order for order in due}
        return due

    def limits(self, locations: Iterable[str]) -> dict[str, int]:
        """Return the packages a day of the locations that have a limit, as this unit of work first saw it."""
        if not self._limited:
            return {}
        places = sorted(set(locations))
        asked = [place for place in places if place not in self._limits]
        found = {row.location_id: row.packages_per_day for row in self._ask(say.LIMITS_OF, asked)}
        self._limits |= dict.fromkeys(asked) | found
        return {place: most for place in places if (most := self._limits[place]) is not None}

    def all_limits(self) -> dict[str, int]:
        """Return the packages a day of every location that has a limit."""
        found = self._connection.execute(say.ALL_LIMITS)
        return {row.location_id: row.packages_per_day for row in found}

    def set_limits(self, limits: Mapping[str, int | None]) -> None:
        """Set or drop limits."""
        for place in sorted(limits):
            self._connection.execute(sa.delete(LIMITS).where(LIMITS.c.location_id == place))
            if limits[place] is not None:
                row = {"location_id": place, "packages_per_day": limits[place]}
                self._connection.execute(sa.insert(LIMITS), row)
        self._limits |= limits
        self._limited = True

    def packages(self, days: Collection[tuple[str, date]], *, lock: bool) -> Counter[tuple[str, date]]:
        """Return the packages counted so far."""
        asked = sorted(day for day in days if day not in self._days)
        if lock:
            new = [{"location_id": place, "day": day} for place, day in asked]
            self._waiting.add(self._writes.open_days, new)
        read = self._ask(self._reads(lock=lock).days, asked)
        found = {(row.location_id, row.day): row.packages for row in read}
        if lock:
            self._days |= found
        counted = self._days | found
        return Counter({day: counted.get(day, 0) for day in days})

    def count_packages(self, more: Mapping[tuple[str, date], int]) -> None:
        """Add to the counts of days."""
        values = [
            {"location_id": place, "day": day, "packages": more[place, day]} for place, day in sorted(more)
        ]
        self._waiting.add(self._writes.packages, values)
        self._days |= {day: self._days[day] + count for day, count in more.items() if day in self._days}

    def _reads(self, *, lock: bool) -> say.Reads:
        return say.reads(locked=lock and self._locks)

    def _ask(self, query: sa.Select[Any], names: Sequence[Any]) -> Iterator[sa.Row[Any]]:
        """Yield what a query finds for names, some at a time; the names' order is that of the locks."""
        for start in range(0, len(names), _AT_ONCE):
            yield from self._connection.execute(query, {"names": names[start : start + _AT_ONCE]})

    def _stream(self, query: sa.Select[Any]) -> Iterator[sa.Row[Any]]:
        result = self._connection.execute(query, execution_options={"stream_results": True})
        return iter(result.yield_per(1_000))

    def _with_parts(self, heads: Sequence[sa.Row[Any]]) -> list[Reservation]:
        own: dict[str, list[Any]] = {head.order_id: [] for head in heads}
        for row in self._ask(say.PARTS_OF, sorted(own)):
            own[row.order_id].append(row)
        return [made.reservation(head, own[head.order_id]) for head in heads]


def _moved(after: Mapping[StockKey, tuple[StockRow, StockRow]]) -> list[Shortage]:
    """Return what to tell of rows that somebody else changed."""
    return [
        Shortage(key, "available", max(before.available - row.available, 0), before.available)
        for key, (before, row) in after.items()
    ]
