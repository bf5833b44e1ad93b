"""What a home has to keep for the ledger's one set of rules (`inventory.books`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from inventory.events import StockEvent, StockKey
from inventory.reservations import Reservation
from inventory.stock import StockRow, StockSettings, Units

Holder = tuple[str | None, StockKey]
"""Who holds reserved units where: an order's id (None: nobody in particular) and the place."""


class Store(Protocol):
    """Rows, events, orders and package counts, inside one unit of work."""

    def rows(self, keys: Sequence[StockKey], *, lock: bool) -> dict[StockKey, StockRow]:
        """Return the rows that exist, locked in the order of their keys if asked."""
        ...

    def units(self, product_ids: Sequence[str], *, lock: bool) -> dict[StockKey, Units]:
        """Return what the rows of products say, in order of their keys; those in transit lie nowhere."""
        ...

    def open_rows(self, keys: Sequence[StockKey]) -> None:
        """Make the rows that do not exist yet, empty."""
        ...

    def known(self, event_ids: Sequence[str]) -> dict[str, StockEvent]:
        """Return the booked events of these ids."""
        ...

    def held(self, holders: Collection[Holder]) -> Counter[Holder]:
        """Return the reserved units of these orders at these places, as the events tell."""
        ...

    def book(self, events: Sequence[StockEvent], after: Mapping[StockKey, tuple[StockRow, StockRow]]) -> None:
        """Add events and set the rows that they changed, each given as it was and as it is now."""
        ...

    def configure(self, settings: Mapping[StockKey, StockSettings]) -> None:
        """Set the settings of rows that exist."""
        ...

    def reservations(self, order_ids: Sequence[str], *, lock: bool) -> dict[str, Reservation]:
        """Return the orders that exist."""
        ...

    def put(self, reservation: Reservation, before: Reservation | None) -> None:
        """Store an order in place of its last version; raises OrderExists when it should be new."""
        ...

    def all_rows(self) -> Iterator[StockRow]:
        """Yield every row in the order of the keys."""
        ...

    def all_events(self) -> Iterator[StockEvent]:
        """Yield every event in the order of booking."""
        ...

    def all_reservations(self) -> Iterator[Reservation]:
        """Yield every order, by its id."""
        ...

    def due(self, at: datetime, most: int) -> list[Reservation]:
        """Return orders held until ``at`` or earlier, locked, the oldest first; others' locks are skipped."""
        ...

    def limits(self, locations: Iterable[str]) -> dict[str, int]:
        """Return the packages a day of the locations that have a limit."""
        ...

    def all_limits(self) -> dict[str, int]:
        """Return the packages a day of every location that has a limit, in order of their ids."""
        ...

    def set_limits(self, limits: Mapping[str, int | None]) -> None:
        """Set or drop limits."""
        ...

    def packages(self, days: Collection[tuple[str, date]], *, lock: bool) -> Counter[tuple[str, date]]:
        """Return the packages counted so far."""
        ...

    def count_packages(self, more: Mapping[tuple[str, date], int]) -> None:
        """Add to the counts of days."""
        ...
