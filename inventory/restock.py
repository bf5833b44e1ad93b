"""How long a purchase order takes, learned from REORDERED to RECEIVED, and what of it is still to come.

At each place receipts fill the open orders, the oldest first; an order's lead time ends with its last unit.
Receipts that Malha made up (`synthetic`, `recorded`) and counts fill none. An order that nothing came of for
`GIVEN_UP` is taken to be lost: it neither teaches nor keeps a new one from being made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import numpy as np

from graph.errors import BadInput
from inventory.events import Cause, EventType, StockEvent, StockKey

GIVEN_UP: Final = timedelta(days=90)
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
    """The purchase orders of one place: how many were made, units still to come, and days of those done."""

    orders: int = 0
    open_units: int = 0
    days: tuple[float, ...] = ()


def placed(events: Iterable[StockEvent], at: datetime) -> dict[StockKey, Placed]:
    """Return the purchase orders by place, from events in the order of booking, as of an aware instant."""
    orders: dict[StockKey, list[tuple[datetime, int]]] = defaultdict(list)
    counts: dict[StockKey, int] = defaultdict(int)
    days: dict[StockKey, list[float]] = defaultdict(list)
    for event in events:
        waiting = orders[event.key]
        if event.event_type is EventType.REORDERED:
            counts[event.key] += 1
            waiting.append((event.at, event.quantity))
        elif event.event_type is EventType.RECEIVED and fills(event):
            days[event.key] += _fill(waiting, event)
    return {
        key: Placed(
            counts[key],
            sum(units for made, units in waiting if at - made <= GIVEN_UP),
            tuple(days[key]),
        )
        for key, waiting in orders.items()
    }


def fills(receipt: StockEvent) -> bool:
    """Whether a receipt may be of a purchase order: nobody ordered what Malha made up, or counted."""
    return receipt.source not in _MADE_UP


def _fill(waiting: list[tuple[datetime, int]], receipt: StockEvent) -> list[float]:
    """Fill the open orders of a place with a receipt; return how many days each took that is done now."""
    waiting[:] = [order for order in waiting if receipt.at - order[0] <= GIVEN_UP]
    left, done = receipt.quantity, list[float]()
    while waiting and left > 0:
        made, units = waiting[0]
        if units > left:
            waiting[0] = (made, units - left)
            break
        left -= units
        waiting.pop(0)
        done.append(max((receipt.at - made) / _DAY, 0.0))
    return done


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
