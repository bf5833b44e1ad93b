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
from inventory.sql.tables import LIMITS
from inventory.stock import NotEnoughStock, Shortage, StockRow, StockSettings
from inventory.store import Holder

_AT_ONCE: Final = 400
"""Names in one statement: SQLite takes 32 766 parameters, planners like fewer."""


class SqlStore:
    """A `Store` on one connection, inside its transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        # SQLite has one writer at a time and needs no row locks.
        self._locks = connection.dialect.name == "postgresql"
        self._writes = say.writes(connection.dialect.name)

    def rows(self, keys: Sequence[StockKey], *, lock: bool) -> dict[StockKey, StockRow]:
        """Return the rows that exist, locked in the order of their keys if asked."""
        found = map(made.stock_row, self._ask(self._reads(lock=lock).stock, keys))
        return {row.key: row for row in found}

    def open_rows(self, keys: Sequence[StockKey]) -> None:
        """Make the rows that do not exist yet."""
        if keys:
            self._connection.execute(self._writes.open_rows, [key._asdict() for key in keys])

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
        if events:
            self._connection.execute(say.ADD_EVENTS, [made.of_event(event) for event in events])
        if not after:
            return
        changes = [made.of_change(*after[key]) for key in sorted(after)]
        if self._connection.execute(say.BOOK, changes).rowcount != len(changes):
            raise NotEnoughStock([_moved(key, *pair) for key, pair in after.items()])

    def configure(self, settings: Mapping[StockKey, StockSettings]) -> None:
        """Set the settings of rows that exist."""
        if settings:
            values = [
                {f"of_{name}": part for name, part in key._asdict().items()}
                | {f"new_{name}": value for name, value in asdict(settings[key]).items()}
                for key in sorted(settings)
            ]
            self._connection.execute(say.CONFIGURE, values)

    def reservations(self, order_ids: Sequence[str], *, lock: bool) -> dict[str, Reservation]:
        """Return the orders that exist."""
        heads = list(self._ask(self._reads(lock=lock).orders, order_ids))
        return {order.order_id: order for order in self._with_parts(heads)}

    def put(self, reservation: Reservation, before: Reservation | None) -> None:
        """Store an order in place of its last version."""
        if before is None:
            head = made.of_reservation(reservation)
            if self._connection.execute(self._writes.new_order, head).first() is None:
                raise OrderExists(reservation.order_id, reservation.state)
        else:
            seen = {"of_order": before.order_id, "seen": before.version}
            head = {f"new_{name}": value for name, value in made.of_reservation(reservation).items()}
            if self._connection.execute(say.NEXT_VERSION, head | seen).rowcount != 1:
                raise OrderExists(reservation.order_id, before.state)
        old = before.parts if before else ()
        parts = [
            made.of_part(reservation.order_id, i, part)
            for i, part in enumerate(reservation.parts)
            if i >= len(old) or old[i] != part
        ]
        if parts:
            self._connection.execute(self._writes.parts, parts)

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
        return self._with_parts(self._connection.execute(query, {"until": at, "most": most}).all())

    def limits(self, locations: Iterable[str]) -> dict[str, int]:
        """Return the packages a day of the locations that have a limit."""
        found = self._ask(say.LIMITS_OF, sorted(set(locations)))
        return {row.location_id: row.packages_per_day for row in found}

    def set_limits(self, limits: Mapping[str, int | None]) -> None:
        """Set or drop limits."""
        for place in sorted(limits):
            self._connection.execute(sa.delete(LIMITS).where(LIMITS.c.location_id == place))
            if limits[place] is not None:
                row = {"location_id": place, "packages_per_day": limits[place]}
                self._connection.execute(sa.insert(LIMITS), row)

    def packages(self, days: Collection[tuple[str, date]], *, lock: bool) -> Counter[tuple[str, date]]:
        """Return the packages counted so far."""
        if lock and days:
            new = [{"location_id": place, "day": day} for place, day in sorted(days)]
            self._connection.execute(self._writes.open_days, new)
        found = self._ask(self._reads(lock=lock).days, sorted(days))
        return Counter({(row.location_id, row.day): row.packages for row in found})

    def count_packages(self, more: Mapping[tuple[str, date], int]) -> None:
        """Add to the counts of days that are locked."""
        values = [{"place": place, "on": day, "more": count} for (place, day), count in more.items()]
        self._connection.execute(say.COUNT_PACKAGES, values)

    def _reads(self, *, lock: bool) -> say.Reads:
        return say.reads(locked=lock and self._locks)

    def _ask(self, query: sa.Select[Any], names: Sequence[Any]) -> Iterator[sa.Row[Any]]:
        """Yield what a query finds for names, some at a time; the names' order is that of the locks."""
        for start in range(0, len(names), _AT_ONCE):
            yield from self._connection.execute(query, {"names": names[start : start + _AT_ONCE]})

    def _stream(self, query: sa.Select[Any]) -> Iterator[sa.Row[Any]]:
        result = self._connection.execution_options(stream_results=True).execute(query)
        return iter(result.yield_per(1_000))

    def _with_parts(self, heads: Sequence[sa.Row[Any]]) -> list[Reservation]:
        own: dict[str, list[Any]] = {head.order_id: [] for head in heads}
        for row in self._ask(say.PARTS_OF, sorted(own)):
            own[row.order_id].append(row)
        return [made.reservation(head, own[head.order_id]) for head in heads]


def _moved(key: StockKey, before: StockRow, after: StockRow) -> Shortage:
    return Shortage(key, "available", max(before.available - after.available, 0), before.available)
