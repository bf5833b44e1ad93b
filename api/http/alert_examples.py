"""Worked examples of alerts, of events told and of purchase orders."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from api.alerts import alert_values
from api.http.guard import PREFIX
from api.http.stock_answers import EventStatus
from graph import Network
from inventory.events import StockKey
from replay.alerts.alert import Finding, Kind, acknowledged, opened
from replay.purchasing.order import PurchaseOrder, canceled
from replay.purchasing.store import order_values
from replay.stream.events import Event, event_id

Example = dict[str, Any]

_SOURCE = "https://shop.example/oms"


def alert_examples(network: Network, about: Example) -> dict[tuple[str, str], Example]:
    """Return an example of each call, by method and path."""
    at = network.meta.as_of
    facts = {"order_id": "o-1001", "seller_id": "a1", "handed_over": True}
    facts |= {"left_days": 4.0, "p_late": 0.62, "likely_days": 7.5}
    alert = opened(Finding(Kind.DELIVERY_AT_RISK, "o-1001", 0.62, facts=facts), at)
    seen = acknowledged(alert, "ana", at + timedelta(minutes=5))
    data = {"carrier_id": "unknown"}
    name = event_id("HandedToCarrier", "o-1001", "a1", data)
    event = Event(name, "HandedToCarrier", int(at.timestamp()), "o-1001", "a1", data).to_cloud(_SOURCE)
    counts = {"booked": 1, "duplicate": 0, "refused": 0}
    became = {"id": name, "status": EventStatus.BOOKED, "why": None}
    return _purchase_orders(network, about) | {
        ("get", f"{PREFIX}/alerts"): {"answer": {**about, "alerts": [alert_values(alert)], "next": None}},
        ("post", f"{PREFIX}/alerts/{{alert_id}}/ack"): {
            "path": {"alert_id": alert.alert_id},
            "questions": {"seen": {"summary": "Ana has seen it", "value": {"by": "ana"}}},
            "answer": {**about, "alert": alert_values(seen)},
        },
        ("post", f"{PREFIX}/events"): {
            "questions": {
                "one": {"summary": "One package has left", "value": event},
                "many": {"summary": "A batch", "value": [event]},
            },
            "answer": {**about, **counts, "events": [became]},
        },
    }


def _purchase_orders(network: Network, about: Example) -> dict[tuple[str, str], Example]:
    at = network.meta.as_of
    order = PurchaseOrder("reorder-1f2e", StockKey("lamp-7", "a1", "a1"), 36, at, at + timedelta(days=7))
    gone = canceled(order, at + timedelta(days=1))
    return {
        ("get", f"{PREFIX}/stock/orders"): {
            "answer": {**about, "purchase_orders": [order_values(order)], "next": None}
        },
        ("post", f"{PREFIX}/stock/orders/{{purchase_order_id}}/cancel"): {
            "path": {"purchase_order_id": order.purchase_order_id},
            "answer": {**about, "purchase_order": order_values(gone)},
        },
    }
