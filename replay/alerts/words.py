"""What an alert says to its reader, and what it proposes to do: made of its facts alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from replay.alerts.alert import Alert, Kind, Severity

Facts = Mapping[str, Any]


class Said(NamedTuple):
    """The words of an alert."""

    message: str
    suggested_action: str


def said(alert: Alert) -> Said:
    """Return what an alert tells its audience."""
    return _WORDS[alert.kind](alert.facts, alert.severity is Severity.CRITICAL)


def _handover_overdue(facts: Facts, critical: bool) -> Said:
    message = (
        f"Order {facts['order_id']} was approved {_days(facts['waited_days'])} ago and is not handed over; "
        f"this seller hands over {facts['quantile']:.0%} of such orders within {_days(facts['usual_days'])}."
    )
    if critical:
        return Said(
            f"{message} Its shipping limit has passed.",
            "Hand it over to the carrier today, or say that it cannot be sent: others may still serve it.",
        )
    return Said(message, "Hand it over to the carrier before its shipping limit passes.")


def _delivery_at_risk(facts: Facts, critical: bool) -> Said:
    order = f"Order {facts['order_id']}"
    if critical:
        return Said(
            f"{order} is past its promise and not delivered; it is likely to arrive within "
            f"{_days(facts['likely_days'])}.",
            "Tell the customer a new date and ask the carrier where the parcel is.",
        )
    message = (
        f"{order} is promised in {_days(facts['left_days'])} and will be late with a probability of "
        f"{facts['p_late']:.0%}; it is likely to arrive within {_days(facts['likely_days'])}."
    )
    if facts["handed_over"]:
        return Said(message, "Tell the customer a new date before the promise breaks.")
    return Said(message, "It has not left yet: send it today, or by another way, and tell the customer.")


def _lane_drift(facts: Facts, _critical: bool) -> Said:
    message = (
        f"Deliveries from {facts['from']} to {facts['to']} take longer than forecast since {facts['since']}."
    )
    return Said(message, "Ask the carrier for the cause; promise later dates there until it is over.")


def _stock_low(facts: Facts, critical: bool) -> Said:
    message = (
        f"Product {facts['product_id']} of seller {facts['seller_id']} at {facts['location_id']}: "
        f"{facts['available']} units available, reorder point {facts['reorder_point']}."
    )
    if on_order := facts["on_order"]:
        return Said(f"{message} {on_order} are on order.", "Hasten what is on order if you can.")
    if critical:
        return Said(message, "Order now: nothing is left to promise and nothing is on order.")
    return Said(message, "Order now what lasts until the next order.")


def _seller_slow(facts: Facts, critical: bool) -> Said:
    message = (
        f"Seller {facts['seller_id']} took {facts['handling_hours']:.0f} h on average to hand over "
        f"{facts['orders']} packages in the last {facts['days']} days."
    )
    if critical:
        return Said(
            f"{message} Places at their reorder point: {facts['low_places']}.",
            "Restock now: what sells runs out while orders wait. Let other sellers serve new orders.",
        )
    return Said(message, "Restock ahead of demand, or keep what sells in a warehouse that hands over daily.")


_WORDS: Final[Mapping[Kind, Callable[[Facts, bool], Said]]] = {
    Kind.HANDOVER_OVERDUE: _handover_overdue,
    Kind.DELIVERY_AT_RISK: _delivery_at_risk,
    Kind.LANE_DRIFT: _lane_drift,
    Kind.STOCK_LOW: _stock_low,
    Kind.SELLER_SLOW: _seller_slow,
}


def _days(days: float) -> str:
    return f"{days:.1f} days"
