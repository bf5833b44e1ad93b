"""The ledger's rules, once, over whatever store keeps the books."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from graph.days import utc
from graph.errors import BadInput
from inventory import verbs
from inventory.appending import append
from inventory.events import StockEvent, StockKey
from inventory.ledger import Appended, HandedOver
from inventory.reservations import (
    WHOLE,
    OrderExists,
    Part,
    Reservation,
    Selection,
    UnknownOrder,
    VersionConflict,
)
from inventory.settling import settle
from inventory.stock import StockRow, StockSettings, Units
from inventory.store import Store
from inventory.verbs import Change


def places_of(units: Mapping[StockKey, Units], product_ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the sources that have units of products, promised ones included, in order of their ids."""
    found: dict[str, list[str]] = {product_id: [] for product_id in product_ids}
    for key, lying in units.items():
        if lying.current > 0:
            found[key.product_id].append(key.source_id)
    return {product_id: tuple(sorted(sources)) for product_id, sources in found.items()}


class Books:
    """A `Ledger` over a store. Locks are taken in one order: order, stock rows by key, days by place."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def rows(self, keys: Sequence[StockKey], *, lock: bool = False) -> dict[StockKey, StockRow]:
        """Return the rows of places, empty ones included."""
        found = self._store.rows(sorted(set(keys)), lock=lock)
        return {key: found.get(key) or StockRow(key) for key in keys}

    def available(self, keys: Sequence[StockKey], *, lock: bool = False) -> dict[StockKey, int]:
        """Return the units that may still be promised."""
        return {key: row.available for key, row in self.rows(keys, lock=lock).items()}

    def units(self, product_ids: Sequence[str], *, lock: bool = False) -> dict[StockKey, Units]:
        """Return what lies where of products."""
        return self._store.units(sorted(set(product_ids)), lock=lock)

    def places(self, product_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Return the sources that have units of products."""
        return places_of(self.units(product_ids), product_ids)

    def append(self, events: Sequence[StockEvent]) -> Appended:
        """Book events from outside, each id once."""
        return append(self._store, events)

    def configure(self, settings: Mapping[StockKey, StockSettings]) -> None:
        """Set what is not folded."""
        self._store.open_rows(sorted(settings))
        self._store.configure(settings)

    def order(self, order_id: str, *, lock: bool = False) -> Reservation | None:
        """Return an order."""
        return self._store.reservations([order_id], lock=lock).get(order_id)

    def receive(self, order_id: str, at: datetime) -> Reservation:
        """Take note of an order."""
        if known := self.order(order_id):
            raise OrderExists(order_id, known.state)
        received = verbs.receive(order_id, utc(at))
        self._store.put(received, None)
        return received

    def reserve(
        self,
        order_id: str,
        parts: Sequence[Part],
        *,
        at: datetime,
        expires_at: datetime | None,
        over_limit: bool = False,
    ) -> Reservation:
        """Hold units."""
        known = self.order(order_id, lock=True)
        before = known or replace(verbs.receive(order_id, utc(at)), version=0)
        change = verbs.reserve(before, parts, utc(at), utc(expires_at) if expires_at else None)
        return settle(self._store, known, before, change, over_limit=over_limit).reservation

    def approve(self, order_id: str, *, at: datetime, version: int | None = None) -> Reservation:
        """Make a hold firm."""
        return self._do(order_id, version, lambda before: verbs.approve(before, utc(at)))

    def extend(
        self, order_id: str, expires_at: datetime, *, at: datetime, version: int | None = None
    ) -> Reservation:
        """Hold until another instant."""
        return self._do(order_id, version, lambda before: verbs.extend(before, utc(at), utc(expires_at)))

    def hand_over(
        self, order_id: str, selection: Selection = WHOLE, *, at: datetime, version: int | None = None
    ) -> HandedOver:
        """Ship units, those that the ledger lacks included."""
        before = self._seen(order_id, version)
        return settle(self._store, before, before, verbs.hand_over(before, utc(at), selection), beyond=True)

    def deliver(
        self, order_id: str, selection: Selection = WHOLE, *, at: datetime, version: int | None = None
    ) -> Reservation:
        """Note what has arrived."""
        return self._do(order_id, version, lambda before: verbs.deliver(before, utc(at), selection))

    def take_back(
        self, order_id: str, selection: Selection = WHOLE, *, at: datetime, version: int | None = None
    ) -> Reservation:
        """Put returned units back."""
        return self._do(order_id, version, lambda before: verbs.take_back(before, utc(at), selection))

    def release(
        self, order_id: str, selection: Selection = WHOLE, *, at: datetime, version: int | None = None
    ) -> Reservation:
        """Give held units back."""
        return self._do(order_id, version, lambda before: verbs.release(before, utc(at), selection))

    def cancel(
        self, order_id: str, selection: Selection = WHOLE, *, at: datetime, version: int | None = None
    ) -> Reservation:
        """End an order, or part of it."""
        return self._do(order_id, version, lambda before: verbs.cancel(before, utc(at), selection))

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
        """Hold other parts instead of what has not left."""
        before = self._seen(order_id, version)
        change = verbs.reroute(before, parts, utc(at), selection)
        return settle(self._store, before, before, change, over_limit=over_limit).reservation

    def expire(self, at: datetime, most: int = 100) -> tuple[Reservation, ...]:
        """Give back what is due."""
        due = self._store.due(utc(at), most)
        # All rows at once: order by order, two units of work could come to wait for each other.
        self._store.rows(sorted({key for order in due for key in order.held()}), lock=True)
        return tuple(
            settle(self._store, before, before, verbs.expire(before, utc(at))).reservation for before in due
        )

    def limit_packages(self, limits: Mapping[str, int | None]) -> None:
        """Set how many packages locations pack a day."""
        if wrong := [place for place, most in limits.items() if most is not None and most < 0]:
            raise BadInput(f"Packages a day are not below zero: {', '.join(sorted(wrong))}.")
        self._store.set_limits(limits)

    def package_limits(self) -> dict[str, int]:
        """Return how many packages a day locations pack."""
        return self._store.all_limits()

    def packages_left(self, days: Iterable[tuple[str, date]]) -> dict[tuple[str, date], int]:
        """Return how many packages can still be packed."""
        asked = sorted(set(days))
        limits = self._store.limits({place for place, _ in asked})
        if not limits:
            return {}
        limited = [day for day in asked if day[0] in limits]
        counted = self._store.packages(limited, lock=False)
        return {day: max(limits[day[0]] - counted[day], 0) for day in limited}

    def _seen(self, order_id: str, version: int | None) -> Reservation:
        found = self.order(order_id, lock=True)
        if found is None:
            raise UnknownOrder(order_id)
        if version is not None and found.version != version:
            raise VersionConflict(order_id, version, found.version)
        return found

    def _do(self, order_id: str, version: int | None, verb: Callable[[Reservation], Change]) -> Reservation:
        before = self._seen(order_id, version)
        return settle(self._store, before, before, verb(before)).reservation
