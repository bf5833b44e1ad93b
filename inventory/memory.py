"""The ledger in memory: for replay and tests, one unit of work at a time."""

from __future__ import annotations

import heapq
import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from graph.errors import BadInput
from inventory.books import Books
from inventory.events import TRANSIT, StockEvent, StockKey
from inventory.ledger import Answer, KeyReused
from inventory.reservations import OrderExists, Reservation
from inventory.states import OrderState
from inventory.stock import RESERVING, StockRow, StockSettings, Units, held_after
from inventory.store import Holder


@dataclass(slots=True)
class _Shelf:
    """Dictionaries, and how to undo what the present unit of work did to them."""

    rows: dict[StockKey, StockRow] = field(default_factory=dict)
    of_product: dict[str, dict[StockKey, None]] = field(default_factory=dict)
    """The keys ever opened by product; some may have been taken back since."""
    events: dict[str, StockEvent] = field(default_factory=dict)
    held: dict[Holder, int] = field(default_factory=dict)
    orders: dict[str, Reservation] = field(default_factory=dict)
    limits: dict[str, int] = field(default_factory=dict)
    packages: dict[tuple[str, date], int] = field(default_factory=dict)
    answers: dict[tuple[str, str], tuple[Answer, datetime]] = field(default_factory=dict)
    decisions: dict[str, tuple[str, str]] = field(default_factory=dict)
    waiting: list[tuple[datetime, str]] = field(default_factory=list)
    """A heap of when which order expires; an entry that its order no longer confirms is stale."""
    undo: list[tuple[MutableMapping[Any, Any], Any, Any]] = field(default_factory=list)

    def set(self, table: MutableMapping[Any, Any], key: Any, value: Any) -> None:
        """Set an entry, or drop it when the value is None."""
        self.undo.append((table, key, table.get(key)))
        _put(table, key, value)

    def open(self, row: StockRow) -> None:
        """Set a row, which may be new."""
        self.of_product.setdefault(row.key.product_id, {})[row.key] = None
        self.set(self.rows, row.key, row)

    def roll_back(self) -> None:
        while self.undo:
            _put(*self.undo.pop())
        held = (order for order in self.orders.values() if order.state is OrderState.RESERVED)
        self.waiting = [(order.expires_at, order.order_id) for order in held if order.expires_at]
        heapq.heapify(self.waiting)


def _put(table: MutableMapping[Any, Any], key: Any, value: Any) -> None:
    if value is None:
        table.pop(key, None)
    else:
        table[key] = value


class MemoryStore:
    """A `Store` of dictionaries; there is nobody to lock out."""

    def __init__(self, shelf: _Shelf) -> None:
        self._shelf = shelf

    def rows(self, keys: Sequence[StockKey], *, lock: bool) -> dict[StockKey, StockRow]:  # noqa: ARG002
        """Return the rows that exist."""
        rows = self._shelf.rows
        return {key: rows[key] for key in keys if key in rows}

    def units(self, product_ids: Sequence[str], *, lock: bool) -> dict[StockKey, Units]:  # noqa: ARG002
        """Return what the rows of products say."""
        rows, of_product = self._shelf.rows, self._shelf.of_product
        keys = sorted(key for product_id in product_ids for key in of_product.get(product_id, ()))
        there = (rows[key] for key in keys if key.location_id != TRANSIT and key in rows)
        return {row.key: Units(row.current, row.reserved) for row in there}

    def open_rows(self, keys: Sequence[StockKey]) -> None:
        """Make the rows that do not exist yet."""
        for key in keys:
            if key not in self._shelf.rows:
                self._shelf.open(StockRow(key))

    def known(self, event_ids: Sequence[str]) -> dict[str, StockEvent]:
        """Return the booked events of these ids."""
        events = self._shelf.events
        return {name: events[name] for name in event_ids if name in events}

    def held(self, holders: Collection[Holder]) -> Counter[Holder]:
        """Return the reserved units of these orders at these places."""
        return Counter({holder: self._shelf.held.get(holder, 0) for holder in holders})

    def book(self, events: Sequence[StockEvent], after: Mapping[StockKey, tuple[StockRow, StockRow]]) -> None:
        """Add events and set the rows that they changed."""
        shelf = self._shelf
        for event in events:
            shelf.set(shelf.events, event.event_id, event)
            if event.event_type in RESERVING:
                holder = (event.order_id, event.key)
                shelf.set(shelf.held, holder, held_after(shelf.held.get(holder, 0), event))
        for _, row in after.values():
            shelf.open(row)

    def configure(self, settings: Mapping[StockKey, StockSettings]) -> None:
        """Set the settings of rows that exist."""
        for key, given in settings.items():
            self._shelf.set(self._shelf.rows, key, self._shelf.rows[key].configured(given))

    def reservations(self, order_ids: Sequence[str], *, lock: bool) -> dict[str, Reservation]:  # noqa: ARG002
        """Return the orders that exist."""
        orders = self._shelf.orders
        return {name: orders[name] for name in order_ids if name in orders}

    def put(self, reservation: Reservation, before: Reservation | None) -> None:
        """Store an order in place of its last version."""
        known = self._shelf.orders.get(reservation.order_id)
        if before is None and known is not None:
            raise OrderExists(known.order_id, known.state)
        self._shelf.set(self._shelf.orders, reservation.order_id, reservation)
        if reservation.expires_at is not None:
            heapq.heappush(self._shelf.waiting, (reservation.expires_at, reservation.order_id))

    def all_rows(self) -> Iterator[StockRow]:
        """Yield every row in the order of the keys."""
        return (self._shelf.rows[key] for key in sorted(self._shelf.rows))

    def all_events(self) -> Iterator[StockEvent]:
        """Yield every event in the order of booking."""
        return iter(self._shelf.events.values())

    def all_reservations(self) -> Iterator[Reservation]:
        """Yield every order, by its id."""
        return (self._shelf.orders[name] for name in sorted(self._shelf.orders))

    def due(self, at: datetime, most: int) -> list[Reservation]:
        """Return orders held until ``at`` or earlier, the oldest first."""
        waiting, orders, due = self._shelf.waiting, self._shelf.orders, dict[str, tuple[datetime, str]]()
        while waiting and waiting[0][0] <= at and len(due) < most:
            moment, name = heapq.heappop(waiting)
            if orders[name].state is OrderState.RESERVED and orders[name].expires_at == moment:
                due[name] = (moment, name)
        for entry in due.values():
            heapq.heappush(waiting, entry)  # until the order itself says that it has expired
        return [orders[name] for name in due]

    def limits(self, locations: Iterable[str]) -> dict[str, int]:
        """Return the packages a day of the locations that have a limit."""
        limits = self._shelf.limits
        return {place: limits[place] for place in sorted(locations) if place in limits}

    def all_limits(self) -> dict[str, int]:
        """Return the packages a day of every location that has a limit."""
        return dict(sorted(self._shelf.limits.items()))

    def set_limits(self, limits: Mapping[str, int | None]) -> None:
        """Set or drop limits."""
        for place, most in limits.items():
            self._shelf.set(self._shelf.limits, place, most)

    def packages(self, days: Collection[tuple[str, date]], *, lock: bool) -> Counter[tuple[str, date]]:  # noqa: ARG002
        """Return the packages counted so far."""
        return Counter({day: self._shelf.packages.get(day, 0) for day in days})

    def count_packages(self, more: Mapping[tuple[str, date], int]) -> None:
        """Add to the counts."""
        for day, count in more.items():
            self._shelf.set(self._shelf.packages, day, self._shelf.packages.get(day, 0) + count)


class MemoryAnswers:
    """Stored answers by idempotency key."""

    def __init__(self, shelf: _Shelf) -> None:
        self._shelf = shelf

    def claim(self, client: str, key: str, body_sha256: str) -> Answer | None:
        """Return the stored answer; one unit of work at a time means that none is in flight."""
        stored = self._shelf.answers.get((client, key))
        if stored is None:
            return None
        if stored[0].body_sha256 != body_sha256:
            raise KeyReused(key)
        return stored[0]

    def keep(self, client: str, key: str, answer: Answer, at: datetime) -> None:
        """Store an answer."""
        self._shelf.set(self._shelf.answers, (client, key), (answer, at))

    def forget(self, before: datetime) -> int:
        """Drop answers kept before an instant."""
        old = [name for name, (_, at) in self._shelf.answers.items() if at < before]
        for name in old:
            self._shelf.set(self._shelf.answers, name, None)
        return len(old)


class MemoryDecisions:
    """Decision records, kept as text so that nobody can change one afterwards."""

    def __init__(self, shelf: _Shelf) -> None:
        self._shelf = shelf

    def add(self, decision_id: str, order_id: str, at: datetime, record: Mapping[str, object]) -> None:  # noqa: ARG002
        """Store a record."""
        if decision_id in self._shelf.decisions:
            raise BadInput(f"Decision {decision_id} is stored already.")
        self._shelf.set(self._shelf.decisions, decision_id, (order_id, json.dumps(dict(record))))

    def get(self, decision_id: str) -> dict[str, object] | None:
        """Return a record."""
        stored = self._shelf.decisions.get(decision_id)
        return None if stored is None else dict(json.loads(stored[1]))

    def of_order(self, order_id: str) -> tuple[dict[str, object], ...]:
        """Return the records of an order, the first decision first."""
        return tuple(json.loads(text) for owner, text in self._shelf.decisions.values() if owner == order_id)


@dataclass(frozen=True, slots=True)
class MemoryUnit:
    """A unit of work on a ledger in memory."""

    store: MemoryStore
    ledger: Books
    answers: MemoryAnswers
    decisions: MemoryDecisions


class MemoryHome:
    """A ledger in memory. Units of work do not nest, and belong to one thread."""

    def __init__(self) -> None:
        self._shelf = _Shelf()
        store = MemoryStore(self._shelf)
        self._unit = MemoryUnit(store, Books(store), MemoryAnswers(self._shelf), MemoryDecisions(self._shelf))

    @contextmanager
    def unit(self) -> Iterator[MemoryUnit]:
        """Open a unit of work: kept when its block ends, undone when the block raises."""
        self._shelf.undo.clear()
        try:
            yield self._unit
        except BaseException:
            self._shelf.roll_back()
            raise
        self._shelf.undo.clear()

    @contextmanager
    def reading(self) -> Iterator[MemoryUnit]:
        """Open a unit of work that only reads."""
        yield self._unit
