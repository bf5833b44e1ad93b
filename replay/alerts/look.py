"""One look at everything: each kind's detector on its part of what is known at an instant."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from inventory.stock import StockRow
from replay.alerts import detectors
from replay.alerts.alert import Finding, Kind, Thresholds
from replay.alerts.parcels import Named, Parcels
from replay.alerts.settings import AlertSettings
from replay.drift import Drift

OF_ORDERS: Final = (Kind.HANDOVER_OVERDUE, Kind.DELIVERY_AT_RISK)
OF_DAYS: Final = (Kind.SELLER_SLOW, Kind.LANE_DRIFT)
"""Kinds that are looked for once a day: what they read moves slowly."""

OF_STOCK: Final = (Kind.STOCK_LOW,)


@dataclass(frozen=True, slots=True)
class View:
    """What is known at ``at_s``.

    ``named``: the packages so far; ``drift``: called only where it is looked at; ``states``, ``regions``:
    names by code; ``stock``: rows at or near their reorder point, each with its units on order.
    """

    at_s: int
    parcels: Parcels
    named: Named
    drift: Callable[[], Drift]
    states: Sequence[str]
    regions: Sequence[str]
    stock: Sequence[tuple[StockRow, int]] = ()


def look(view: View, settings: AlertSettings, kinds: Mapping[Kind, Thresholds]) -> list[Finding]:
    """Return what worries, of some kinds."""
    found: list[Finding] = []
    for kind, rule in kinds.items():
        found += _look(kind, rule, view, settings)
    return found


def _look(kind: Kind, rule: Thresholds, view: View, settings: AlertSettings) -> Iterable[Finding]:
    match kind:
        case Kind.HANDOVER_OVERDUE:
            return detectors.handover_overdue(view.parcels, rule)
        case Kind.DELIVERY_AT_RISK:
            return detectors.delivery_at_risk(view.parcels, rule)
        case Kind.LANE_DRIFT:
            return detectors.lane_drift(view.drift(), view.states, view.regions, rule)
        case Kind.STOCK_LOW:
            return detectors.stock_low(view.stock, rule)
        case Kind.SELLER_SLOW:
            low = Counter(row.key.seller_id for row, _ in view.stock if row.is_low)
            days, least = settings.days, settings.least_orders
            return detectors.seller_slow(view.named, view.at_s, rule, days, least, low)
