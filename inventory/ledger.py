"""The ledger of stock and of the orders that hold it: what every home of it can do.

All of it happens inside a unit of work (`UnitOfWork`): together or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from graph.errors import MalhaError
from inventory.events import StockEvent, StockKey
from inventory.reservations import WHOLE, Part, Reservation, Selection
from inventory.stock import Shortage, StockRow, StockSettings, Units


@dataclass(frozen=True, slots=True)
class Refusal:
    """An event that was not booked, and why; ``shortage`` when units lack."""

    event: StockEvent
    why: str
    shortage: Shortage | None = None


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of events: newly booked, known already (same id, same content), refused.

    ``beyond`` names shipments of units that the ledger did not have: it booked ADJUSTED for them first.
    """

    booked: int = 0
    duplicates: int = 0
    refused: tuple[Refusal, ...] = ()
    beyond: tuple[Shortage, ...] = ()


@dataclass(frozen=True, slots=True)
class HandedOver:
    """An order after its hand-over; ``beyond`` names units that were not there, booked as ADJUSTED first."""

    reservation: Reservation
    beyond: tuple[Shortage, ...] = ()


class CapacityFull(MalhaError):
    """A place packs no more parcels that day; nothing was booked."""

    def __init__(self, location_id: str, day: date, needed: int, available: int) -> None:
        self.location_id, self.day, self.needed, self.available = location_id, day, needed, available
        super().__init__(f"{location_id} packs {available} more packages on {day}, not {needed}.")


class Ledger(Protocol):
    """Stock by place, and orders that hold some of it. Every instant is aware; every count is in units.

    The verbs of an order take the ``version`` that the caller has seen (None: any) and raise UnknownOrder,
    VersionConflict, WrongState, BadInput, NotEnoughStock or CapacityFull with nothing booked. A verb that
    finds nothing left to do returns the order as it is.
    """

    def rows(self, keys: Sequence[StockKey], *, lock: bool = False) -> dict[StockKey, StockRow]:
        """Return the rows of places; without any event a row is empty. ``lock`` keeps others off them."""
        ...

    def available(self, keys: Sequence[StockKey], *, lock: bool = False) -> dict[StockKey, int]:
        """Return the units that may still be promised."""
        ...

    def units(self, product_ids: Sequence[str], *, lock: bool = False) -> dict[StockKey, Units]:
        """Return what lies where of products, in order of the keys; nothing lies in transit.

        Places that never had any may be absent. ``lock`` as for ``rows``.
        """
        ...

    def places(self, product_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Return the sources that have units of products, promised ones included, in order of their ids."""
        ...

    def append(self, events: Sequence[StockEvent]) -> Appended:
        """Book events in their order, each id once. An event that cannot be is refused, the rest are booked.

        RESERVED, RELEASED and SHIPPED of an order that the ledger itself holds are refused: such an order
        moves by its verbs. A shipment of more than its order holds books RESERVED first, and of more than
        there is, ADJUSTED before that.
        """
        ...

    def configure(self, settings: Mapping[StockKey, StockSettings]) -> None:
        """Set what is not folded: safety stock, reorder point, lead time, order-up-to level."""
        ...

    def order(self, order_id: str, *, lock: bool = False) -> Reservation | None:
        """Return an order, None when it is not known."""
        ...

    def receive(self, order_id: str, at: datetime) -> Reservation:
        """Take note of an order that holds nothing yet; raises OrderExists."""
        ...

    def reserve(
        self,
        order_id: str,
        parts: Sequence[Part],
        *,
        at: datetime,
        expires_at: datetime | None,
        over_limit: bool = False,
    ) -> Reservation:
        """Hold units until ``expires_at`` (None: firm at once), for a new order or one that holds nothing.

        ``over_limit``: its packages count, but no place is too full for them.
        """
        ...

    def approve(self, order_id: str, *, at: datetime, version: int | None = None) -> Reservation:
        """Make a hold firm; what has lapsed is taken again from the same places (else NotEnoughStock)."""
        ...

    def extend(
        self, order_id: str, expires_at: datetime, *, at: datetime, version: int | None = None
    ) -> Reservation:
        """Hold until another instant."""
        ...

    def hand_over(
        self, order_id: str, selection: Selection = WHOLE, *, at: datetime, version: int | None = None
    ) -> HandedOver:
        """Ship units: current and reserved both fall. Never refused for lack of stock."""
        ...

    def deliver(
        self, order_id: str, selection: Selection = WHOLE, *, at: datetime, version: int | None = None
    ) -> Reservation:
        """Note what has arrived."""
        ...

    def take_back(
        self, order_id: str, selection: Selection = WHOLE, *, at: datetime, version: int | None = None
    ) -> Reservation:
        """Put returned units back where they came from."""
        ...

    def release(
        self, order_id: str, selection: Selection = WHOLE, *, at: datetime, version: int | None = None
    ) -> Reservation:
        """Give held units back; the order goes on."""
        ...

    def cancel(
        self, order_id: str, selection: Selection = WHOLE, *, at: datetime, version: int | None = None
    ) -> Reservation:
        """Give held units back; the order, or that part of it, ends."""
        ...

    def reroute(
        self,
        order_id: str,
        parts: Sequence[Part],
        selection: Selection = WHOLE,
        *,
        at: datetime,
        version: int | None = None,
        over_limit: bool = False,
    ) -> Reservation:
        """Give back what has not left, and hold other parts instead; ``over_limit`` as in ``reserve``."""
        ...

    def expire(self, at: datetime, most: int = 100) -> tuple[Reservation, ...]:
        """Give back what was held until ``at`` or earlier, the oldest first; some may be left for later."""
        ...

    def limit_packages(self, limits: Mapping[str, int | None]) -> None:
        """Set how many packages a location packs a day (None: no limit)."""
        ...

    def package_limits(self) -> dict[str, int]:
        """Return how many packages a day every location packs that has a limit."""
        ...

    def packages_left(self, days: Iterable[tuple[str, date]]) -> dict[tuple[str, date], int]:
        """Return how many packages locations can still pack on days; those without limit are absent."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """The stored answer to a request with an idempotency key."""

    body_sha256: str
    status: int
    content: str


class KeyReused(MalhaError):
    """An idempotency key came again with another body."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"Idempotency key {key!r} was used for another request: take a new key.")


class KeyInFlight(MalhaError):
    """A request with the same idempotency key is being answered right now."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"A request with idempotency key {key!r} is under way: ask again in a moment.")


class Answers(Protocol):
    """Answers by idempotency key; each client has keys of its own."""

    def claim(self, client: str, key: str, body_sha256: str) -> Answer | None:
        """Return the stored answer, or None: then the key is the caller's until the unit of work ends.

        Raises KeyReused when the body differs, KeyInFlight while another unit of work holds the key (in a
        home where writers queue, it waits instead and finds the answer).
        """
        ...

    def keep(self, client: str, key: str, answer: Answer, at: datetime) -> None:
        """Store the answer to a claimed key."""
        ...

    def forget(self, before: datetime) -> int:
        """Drop answers kept before an instant; return how many."""
        ...


class Decisions(Protocol):
    """Decision records: JSON values, written once."""

    def add(self, decision_id: str, order_id: str, at: datetime, record: Mapping[str, object]) -> None:
        """Store a record; BadInput when the id is taken."""
        ...

    def get(self, decision_id: str) -> dict[str, object] | None:
        """Return a record."""
        ...

    def of_order(self, order_id: str) -> tuple[dict[str, object], ...]:
        """Return the records of an order, the first decision first."""
        ...


class UnitOfWork(Protocol):
    """What is done together or not at all."""

    @property
    def ledger(self) -> Ledger:
        """Stock and orders."""
        ...

    @property
    def answers(self) -> Answers:
        """Stored answers by idempotency key."""
        ...

    @property
    def decisions(self) -> Decisions:
        """Decision records."""
        ...


class Home(Protocol):
    """Where a ledger lives."""

    def unit(self) -> AbstractContextManager[UnitOfWork]:
        """Open a unit of work: kept when its block ends, undone when the block raises."""
        ...

    def reading(self) -> AbstractContextManager[UnitOfWork]:
        """Open a unit of work that only reads, and waits for nobody."""
        ...
