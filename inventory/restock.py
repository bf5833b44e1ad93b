"""How long a purchase order takes, learned from REORDERED to RECEIVED, and what of it is still to come.

At each place receipts fill the open orders, the oldest first; an order's lead time ends with its last unit.
Receipts that Malha made up (`synthetic`, `recorded`) and counts fill none. An order that is not received in
90 days, or in three lead times of its place where they are longer, is given up: it neither teaches nor keeps
a new one from being made. Nor does one that was called off.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import numpy as np

from graph.errors import BadInput
from inventory.events import Cause, EventType, StockEvent, StockKey

_LEAST_DAYS: Final = 90.0
_LEAD_TIMES: Final = 3.0
_MOST_DAYS: Final = 36_500.0
_DAY: Final = timedelta(days=1)
_MADE_UP: Final = frozenset({Cause.SYNTHETIC.value, Cause.RECORDED.value, Cause.COUNT.value})
_DRAWN: Final = 3.0
"""How many orders the mean of a wider group is worth beside a seller's own."""


class RestockBasis(StrEnum):
    """What a restock lead time rests on; ``synthetic`` is a setting, not an observation."""

    SELLER = "seller"
    ALL = "all"
    SYNTHETIC = "synthetic"


@dataclass(frozen=True, slots=True)
class RestockTime:
    """Days from a purchase order to its receipt: mean, standard deviation, and the orders they rest on."""

    mean_days: float
    sd_days: float
    basis: RestockBasis = RestockBasis.SYNTHETIC
    n: int = 0

    def __post_init__(self) -> None:
        if not (0 <= self.mean_days < float("inf") and 0 <= self.sd_days < float("inf")):
            raise BadInput(f"A restock time is not below zero: {self.mean_days:g} and {self.sd_days:g} days.")


@dataclass(frozen=True, slots=True)
class Placed:
    """The purchase orders of one place: how many were made, units still to come, and days of those done.

    ``given_up``: how many were waited for in vain.
    """

    orders: int = 0
    open_units: int = 0
    days: tuple[float, ...] = ()
    given_up: int = 0


@dataclass(frozen=True, slots=True)
class OrderHistory:
    """REORDERED and RECEIVED events of places, in the order of booking at each.

    ``canceled``: when orders were called off, by the id of their REORDERED.
    """

    events: Sequence[StockEvent] = ()
    canceled: Mapping[str, datetime] = field(default_factory=dict)

    def placed(self, at: datetime, lead_days: Mapping[StockKey, float | None]) -> dict[StockKey, Placed]:
        """Return the purchase orders by place as of an aware instant.

        ``lead_days``: the restock lead time of each place (absent or None: not known). What was called off
        counts as an order, for ids follow from the count, and nothing is to come of it.
        """
        found: dict[StockKey, _Place] = {}
        for event in self.events:
            place = found.get(event.key)
            if place is None:
                place = found[event.key] = _Place(patience(lead_days.get(event.key)))
            if event.event_type is EventType.REORDERED:
                place.order(event, self.canceled.get(event.event_id))
            elif event.event_type is EventType.RECEIVED and fills(event):
                place.receive(event)
        return {key: place.placed(at) for key, place in found.items()}


def patience(lead_days: float | None) -> timedelta:
    """Return how long an order is waited for: 90 days, or three lead times of its place if that is longer."""
    return timedelta(days=min(max(_LEAST_DAYS, _LEAD_TIMES * (lead_days or 0.0)), _MOST_DAYS))


def fills(receipt: StockEvent) -> bool:
    """Whether a receipt may be of a purchase order: nobody ordered what Malha made up, or counted."""
    return receipt.source not in _MADE_UP


@dataclass(slots=True)
class _Order:
    """A purchase order: when it was made and called off, and its units still to come."""

    made: datetime
    units: int
    canceled: datetime | None


@dataclass(slots=True)
class _Place:
    """The purchase orders of one place while its events are gone through."""

    patience: timedelta
    orders: int = 0
    waiting: list[_Order] = field(default_factory=list)
    days: list[float] = field(default_factory=list)

    def order(self, event: StockEvent, canceled: datetime | None) -> None:
        self.orders += 1
        self.waiting.append(_Order(event.at, event.quantity, canceled))

    def receive(self, receipt: StockEvent) -> None:
        """Fill the orders that wait at a receipt, the oldest first; note how many days each took."""
        left = receipt.quantity
        for order in self.waiting:
            if receipt.at - order.made > self.patience or (order.canceled and order.canceled <= receipt.at):
                continue
            taken = min(left, order.units)
            left, order.units = left - taken, order.units - taken
            if taken and not order.units:
                self.days.append(max((receipt.at - order.made) / _DAY, 0.0))
        self.waiting = [order for order in self.waiting if order.units > 0]

    def placed(self, at: datetime) -> Placed:
        """Return how they stand at an instant; what was called off since then is over all the same."""
        left = [order for order in self.waiting if order.units and not order.canceled]
        waits = [order for order in left if at - order.made <= self.patience]
        units = sum(order.units for order in waits)
        return Placed(self.orders, units, tuple(self.days), len(left) - len(waits))


def restock_times(
    known: Mapping[StockKey, Placed], assumed: RestockTime
) -> tuple[dict[str, RestockTime], RestockTime]:
    """Return the restock time of each seller with orders done, and that of all others.

    A seller's mean and variance are drawn towards those of all by the weight of 3 orders; without any order
    done, all is ``assumed``.
    """
    by_seller: dict[str, list[float]] = defaultdict(list)
    for key in sorted(known):
        by_seller[key.seller_id] += known[key].days
    every = [day for seller in sorted(by_seller) for day in by_seller[seller]]
    if not every:
        return {}, assumed
    mean, var = _drawn(every, assumed.mean_days, assumed.sd_days**2)
    own = {}
    for seller, days in by_seller.items():
        if days:
            seller_mean, seller_var = _drawn(days, mean, var)
            own[seller] = RestockTime(seller_mean, seller_var**0.5, RestockBasis.SELLER, len(days))
    return own, RestockTime(mean, var**0.5, RestockBasis.ALL, len(every))


def _drawn(days: list[float], mean: float, var: float) -> tuple[float, float]:
    """Return mean and variance of days, drawn towards a wider group's."""
    seen = np.array(days)
    whole = seen.size + _DRAWN
    drawn = (seen.sum() + _DRAWN * mean) / whole
    apart = ((seen - drawn) ** 2).sum() + _DRAWN * (var + (mean - drawn) ** 2)
    return float(drawn), float(apart / whole)
