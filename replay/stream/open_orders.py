"""The orders that are open: what events make of each, and when nobody waits for it any more."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from itertools import takewhile
from typing import Any, Final

from graph.model import NEVER, UNDELIVERED_DAYS, UNHANDED_DAYS, UNKNOWN, is_lost
from replay.stream.events import Event
from replay.stream.orders import OpenOrder, Package, Today
from replay.stream.reference import Reference

LOST_DAYS: Final = 365
"""An order that is lost is forgotten so long after its purchase."""

DONE_DAYS: Final = UNDELIVERED_DAYS
"""So long it is known that an order is done, and so long events wait for a purchase."""


@dataclass(slots=True, eq=False)
class Orders:
    """``open``: in order of purchase. ``lost``: given up on, but a late sign of life is still theirs.

    ``done``: the instants at which orders were let go of; what is told of one again changes nothing.
    ``early``: events of orders that nobody has bought yet; they count once somebody has. Nothing is kept
    for ever: ``LOST_DAYS``, ``DONE_DAYS``.
    """

    reference: Reference
    open: dict[str, OpenOrder] = field(default_factory=dict)
    lost: dict[str, OpenOrder] = field(default_factory=dict)
    done: dict[str, int] = field(default_factory=dict)
    early: dict[str, list[Event]] = field(default_factory=dict)
    today: Today = field(default_factory=Today)

    def see(self, event: Event) -> bool:
        """Take note of an event of an order; False when it changes nothing (told before, or too early)."""
        if event.subject in self.done:
            return False
        if event.kind == "OrderPurchased":
            return self._purchased(event)
        order = self.open.get(event.subject) or self.lost.get(event.subject)
        if order is None:
            self.early.setdefault(event.subject, []).append(event)
            return False
        if event.kind == "PaymentRegistered":
            return self._paid(order, event)
        if event.kind == "OrderApproved":
            return self._approved(order, event)
        return self._sent(order, event)

    def close(self, at_s: int) -> Today:
        """Return what happened up to a tick at ``at_s``, and let go of what is done or lost by then."""
        for order in self.today.bought:
            for event in self.early.pop(order.order_id, ()):
                self.see(event)
        today, self.today = self.today, Today()
        for order, _ in (*today.handed, *today.delivered):
            if order.done:
                self.open.pop(order.order_id, None)
                self.lost.pop(order.order_id, None)
                self.done[order.order_id] = at_s
        for order in [*self._given_up(at_s)]:
            del self.open[order.order_id]
            if order.packages:
                self.lost[order.order_id] = order
        self._forget(at_s)
        return today

    def _forget(self, at_s: int) -> None:
        self.lost = {
            name: order
            for name, order in self.lost.items()
            if not is_lost(at_s - order.purchased_s, LOST_DAYS)
        }
        self.early = {
            name: some for name, some in self.early.items() if not is_lost(at_s - some[-1].time_s, DONE_DAYS)
        }
        old = takewhile(lambda one: is_lost(at_s - one[1], DONE_DAYS), self.done.items())
        for name, _ in [*old]:
            del self.done[name]

    def _given_up(self, at_s: int) -> Iterator[OpenOrder]:
        for order in self.open.values():
            if not is_lost(at_s - order.purchased_s, UNHANDED_DAYS):
                return  # the rest was bought later
            sent = order.packages.values()
            if all(one.delivered_s != NEVER or one.lost(order.purchased_s, at_s) for one in sent):
                yield order

    def _purchased(self, event: Event) -> bool:
        order, told = self.open.get(event.subject), event.data
        if order is None:
            zip_code = self.reference.zips.get(told.get("zip_prefix", ""), UNKNOWN)
            order = OpenOrder(event.subject, event.time_s, told.get("promised_s", NEVER), zip_code)
            self.open[event.subject] = order
            self.today.bought.append(order)
        seller_id = told.get("seller_id")
        if seller_id is None:
            return True  # an order without any line
        package = order.packages.get(seller_id)
        if package is None:
            seller = self.reference.seller.get(seller_id, UNKNOWN)
            package = Package(seller_id, seller, int(self.reference.zip_of_seller[seller]))
            order.packages[seller_id] = package
        if package.row >= 0:
            return False  # a line told after its day was closed: the package has been forecast as it was
        goods = self.reference.product.get(told.get("product_id", ""), (UNKNOWN, math.nan, math.nan))
        package.add(told.get("price_cents", 0), told.get("freight_cents", 0), goods, told.get("quantity", 1))
        return True

    def _paid(self, order: OpenOrder, event: Event) -> bool:
        """Keep the type of the largest payment (ties: first in the alphabet, as the codes are)."""
        cents = event.data.get("value_cents", 0)
        code = self.reference.payment.get(event.data.get("payment_type", ""), UNKNOWN)
        if (cents, -code) > (order.paid_cents, -order.payment):
            order.paid_cents, order.payment = cents, code
        return True

    def _approved(self, order: OpenOrder, event: Event) -> bool:
        limit_s = event.data.get("shipping_limit_s", NEVER)
        order.shipping_limit_s = max(order.shipping_limit_s, limit_s)
        if order.approved_s != NEVER:
            return order.approved_s == event.time_s
        order.approved_s = event.time_s
        self.today.approved.append(order)
        return True

    def _sent(self, order: OpenOrder, event: Event) -> bool:
        """Note a hand-over or a delivery; of a seller's second shipment for one order nothing is learned."""
        package = order.packages.get(event.part)
        handed = event.kind == "HandedToCarrier"
        if package is None or (package.handed_s if handed else package.delivered_s) != NEVER:
            return False
        package.carrier = self.reference.carrier.get(event.data.get("carrier_id", ""), package.carrier)
        package.from_zip = self.reference.zip_of_warehouse.get(
            event.data.get("warehouse_id", ""), package.from_zip
        )
        if handed:
            package.handed_s = event.time_s
            self.today.handed.append((order, package))
        else:
            package.delivered_s = event.time_s
            self.today.delivered.append((order, package))
        return True

    def save(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        today = self.today
        return {
            "open": [_told(order) for order in self.open.values()],
            "lost": [_told(order) for order in self.lost.values()],
            "done": [*self.done.items()],
            "early": {name: [asdict(event) for event in some] for name, some in self.early.items()},
            "bought": [order.order_id for order in today.bought],
            "approved": [order.order_id for order in today.approved],
            "handed": [(order.order_id, package.seller_id) for order, package in today.handed],
            "delivered": [(order.order_id, package.seller_id) for order, package in today.delivered],
        }

    @classmethod
    def restore(cls, reference: Reference, saved: Mapping[str, Any]) -> Orders:
        """Return what ``save`` told."""
        found = cls(reference)
        for name, orders in (("open", found.open), ("lost", found.lost)):
            orders |= {order.order_id: order for order in map(_order, saved[name])}
        found.done = dict(saved["done"])  # a list: it is in order of time
        found.early = {name: [Event(**event) for event in some] for name, some in saved["early"].items()}
        both = found.open | found.lost
        found.today = Today(
            bought=[both[name] for name in saved["bought"]],
            approved=[both[name] for name in saved["approved"]],
            handed=[(both[name], both[name].packages[seller]) for name, seller in saved["handed"]],
            delivered=[(both[name], both[name].packages[seller]) for name, seller in saved["delivered"]],
        )
        return found


_ORDER: Final = tuple(one.name for one in fields(OpenOrder) if one.name != "packages")
_PACKAGE: Final = tuple(one.name for one in fields(Package))


def _told(order: OpenOrder) -> list[Any]:
    """Return an order as a list: names of fields would be most of a checkpoint."""
    packages = [[_or_none(getattr(one, name)) for name in _PACKAGE] for one in order.packages.values()]
    return [*(getattr(order, name) for name in _ORDER), packages]


def _order(told: list[Any]) -> OpenOrder:
    *own, packages = told
    made = [_package(dict(zip(_PACKAGE, one, strict=True))) for one in packages]
    order: dict[str, Any] = dict(zip(_ORDER, own, strict=True))
    return OpenOrder(**order, packages={package.seller_id: package for package in made})


def _package(told: dict[str, Any]) -> Package:
    unknown = {name: math.nan for name in ("weight_g", "volume_cm3") if told[name] is None}
    return Package(**(told | unknown))


def _or_none(value: Any) -> Any:
    """Return a value as JSON has it: NaN is null there."""
    return None if isinstance(value, float) and math.isnan(value) else value
