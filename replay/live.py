"""The facts of today as events of the stream: what the ledger's verbs leave behind in the live log.

A fact has one id wherever it comes from (`fact_id`), so a verb and an event that tells the same leave one
entry. They are appended in the unit of work that books them, after everything else: others who append wait.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Final

import numpy as np

from graph import Network
from graph.days import DAY_S
from inventory.ledger import UnitOfWork
from inventory.reservations import Part, Reservation
from inventory.sql import SqlUnit
from inventory.states import OrderState
from optimizer.words import UNFILLED
from replay.decision import Decision
from replay.stream.events import Event, event_id
from replay.stream.sql_log import StoredLog

LIVE: Final = "live"
"""The stream of what happens now."""

_APPROVED: Final = frozenset(
    {OrderState.FIRM, OrderState.PARTLY_HANDED_OVER, OrderState.HANDED_OVER, OrderState.DELIVERED}
)


def note(unit: UnitOfWork, events: Sequence[Event]) -> int:
    """Append facts to the live log, each once; return how many were new. Only a database keeps a log."""
    if not events or not isinstance(unit, SqlUnit):
        return 0
    return StoredLog(unit.connection, LIVE).append(events)


def fact_id(kind: str, subject: str, part: str, data: Mapping[str, Any]) -> str:
    """Return the id of a fact of today: as in any log, and of a purchase also the seller.

    A line may be split among sellers, and decided anew at its approval: each seller is told of once.
    """
    told = event_id(kind, subject, part, data)
    return f"{told}/{data['seller_id']}" if kind == "OrderPurchased" and data.get("seller_id") else told


def purchased(
    network: Network, decision: Decision, at: datetime, bought_at: datetime | None = None
) -> list[Event]:
    """Return the purchase of an order as decided at ``at``: one event a line and seller who serves it.

    Prices and freight are those of all its ``quantity`` units. ``bought_at``: when the promise began, if that
    was earlier.
    """
    options, order = decision.options, decision.options.order
    shared: dict[str, Any] = {"zip_prefix": order.zip_prefix}
    if order.promise_days is not None:
        shared["promised_s"] = round(_s(bought_at or at) + order.promise_days * DAY_S)
    units, freight = Counter[tuple[int, str]](), defaultdict[tuple[int, str], float](float)
    charged = set[int]()
    for part in decision.choice.assignment.parts:
        if part.route == UNFILLED:
            continue
        key = part.line, decision.problem.route_id(part.route)[0].rpartition(":")[2]
        package = 0.0 if part.route in charged else float(options.package_freight[part.route])
        charged.add(part.route)
        units[key] += part.quantity
        freight[key] += package + part.quantity * float(options.unit_freight[part.line, part.route])
    events = []
    for (row, seller_id), quantity in units.items():
        line, cents = order.lines[row], freight[row, seller_id]
        data = {
            **{"product_id": line.product_id, "seller_id": seller_id, "quantity": quantity},
            "price_cents": _price_cents(network, line.product_id, seller_id) * quantity,
            "freight_cents": round(cents) if np.isfinite(cents) else 0,
            **shared,
        }
        events.append(_event("OrderPurchased", order.order_id, line.line_id, data, at))
    return events


def is_approved(held: Reservation) -> bool:
    """Whether an order has been approved; a hand-over implies it."""
    return held.state in _APPROVED


def moved(held: Reservation, at: datetime) -> list[Event]:
    """Return what a reservation tells of its order: approved, packages handed over, packages delivered."""
    events = []
    if is_approved(held):
        lines = dict.fromkeys(part.line_id for part in held.parts if part.open + part.handed)
        events += [_event("OrderApproved", held.order_id, line_id, {}, at) for line_id in lines]
    for seller_id, route, parts in _packages(held):
        sent = [part for part in parts if part.handed]
        if sent and not any(part.open + part.lapsed for part in parts):
            events.append(_event("HandedToCarrier", held.order_id, seller_id, route, at))
            if all(part.delivered == part.handed for part in sent):
                events.append(_event("Delivered", held.order_id, seller_id, route, at))
    return events


def _packages(held: Reservation) -> Iterator[tuple[str, dict[str, Any], list[Part]]]:
    """Yield seller, carrier with warehouse, and parts of every package."""
    for _, some in groupby(sorted(held.parts, key=_package), key=_package):
        parts = list(some)
        key, route = parts[0].key, {"carrier_id": parts[0].carrier_id}
        if key.location_id != key.seller_id:
            route["warehouse_id"] = key.location_id
        yield key.seller_id, route, parts


def _package(part: Part) -> str:
    return part.package_id


def _event(kind: str, subject: str, part: str, data: dict[str, Any], at: datetime) -> Event:
    return Event(fact_id(kind, subject, part, data), kind, _s(at), subject, part, data)


def _price_cents(network: Network, product_id: str, seller_id: str) -> int:
    """Return the price of an offer of the snapshot, 0 where it has none."""
    arrays = network.arrays
    product, seller = arrays.product_rows.get(product_id), arrays.seller_rows.get(seller_id)
    if product is None or seller is None:
        return 0
    rows = arrays.product_sources.index.of(product)
    own = rows[arrays.product_sources.seller[rows] == seller]
    prices = arrays.product_sources.price_cents[own]
    known = prices[np.isfinite(prices)]
    return int(known[0]) if len(known) else 0


def _s(at: datetime) -> int:
    return int(at.timestamp())
