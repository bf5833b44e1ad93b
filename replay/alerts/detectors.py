"""The detectors: what is known at an instant in, what worries out. They remember nothing and ask no clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import numpy as np

from graph.days import DAY_S, local_day
from graph.lead_time.journeys import FloatArray, IntArray, Journeys
from graph.lead_time.levels import ends_of, pair_of
from graph.lead_time.remaining import Remaining
from graph.model import NEVER
from inventory.stock import StockRow
from replay.alerts.alert import Finding, Kind, Severity, Thresholds
from replay.alerts.parcels import Named, Parcels, some
from replay.drift import Drift, Flags

LIKELY: Final = 0.8
"""The probability of the new date that an alert tells a customer."""

_HOURS: Final = 24.0


def handover_overdue(parcels: Parcels, rule: Thresholds) -> list[Finding]:
    """Return the packages that wait for their hand-over longer than nearly all of their seller's do.

    The value is P(handling <= waited) by the seller's own law of handling. Critical: the shipping limit that
    the seller was given has passed.
    """
    handling = parcels.times.stage("handling")
    waited = parcels.days_since(parcels.approved_s)
    value = np.where((parcels.approved_s != NEVER) & ~parcels.handed, handling.cdf(waited), -1.0)
    row = np.flatnonzero(value >= rule.close_at)
    usual = some(handling, row).quantile(rule.open_at)
    limit = parcels.shipping_limit_s[row]
    critical = (limit != NEVER) & (limit < parcels.at_s)
    names = _names(parcels, row)
    numbers = zip(names, value[row], waited[row], usual, critical, strict=True)
    return [
        Finding(
            Kind.HANDOVER_OVERDUE,
            f"{order}/{seller}",
            float(share),
            _severity(bad),
            {
                "order_id": order,
                "seller_id": seller,
                "waited_days": _rounded(days),
                "quantile": rule.open_at,
                "usual_days": _rounded(most),
            },
        )
        for (order, seller), share, days, most, bad in numbers
    ]


def delivery_at_risk(parcels: Parcels, rule: Thresholds) -> list[Finding]:
    """Return the orders under way that are likely to miss their promise, or have missed it (critical).

    One finding a package. The value is P(late | it has taken so long and is not there), by the law of the
    whole lead time: of those tried it is the one that is calibrated (docs/alerts.md).
    """
    age = np.maximum(parcels.days_since(parcels.purchased_s), 0.0)
    left = (parcels.promised_s - parcels.at_s) / DAY_S
    value = np.where(left <= 0.0, 1.0, Remaining(parcels.times, age).p_late(left))
    value[parcels.promised_s == NEVER] = -1.0
    row = np.flatnonzero(value >= rule.close_at)
    likely = Remaining(some(parcels.times, row), age[row]).quantile(LIKELY)
    names, handed = _names(parcels, row), parcels.handed[row]
    found = []
    told = zip(names, value[row], left[row], likely, handed, strict=True)
    for (order, seller), p_late, days, rest, gone in told:
        facts = {"order_id": order, "seller_id": seller, "handed_over": bool(gone)}
        facts |= {"left_days": _rounded(max(days, 0.0)), "p_late": _rounded(p_late)}
        facts |= {"likely_days": _rounded(rest)}
        found.append(Finding(Kind.DELIVERY_AT_RISK, order, float(p_late), _severity(days <= 0.0), facts))
    return found


def seller_slow(
    named: Named, at_s: int, rule: Thresholds, days: int, least: int, low: Mapping[str, int]
) -> list[Finding]:
    """Return the sellers whose mean hours from approval to hand-over were high over the last days.

    What was handed over in [at - days, at) counts, of sellers with ``least`` such packages. ``low``: how many
    places of each seller are at their reorder point; with any the finding is critical.
    """
    hours, n = handling_hours(named.journeys, at_s - days * DAY_S, at_s)
    mean = hours / np.maximum(n, 1)
    codes = np.flatnonzero((n >= least) & (mean >= rule.close_at))
    found = []
    for seller, code in zip(named.seller_id.gather(codes).to_list(), codes.tolist(), strict=True):
        facts = {"seller_id": seller, "handling_hours": _rounded(mean[code]), "orders": int(n[code])}
        facts |= {"days": days, "low_places": low.get(seller, 0)}
        bad = low.get(seller, 0) > 0
        found.append(Finding(Kind.SELLER_SLOW, seller, float(mean[code]), _severity(bad), facts))
    return found


def stock_low(rows: Iterable[tuple[StockRow, int]], rule: Thresholds) -> list[Finding]:
    """Return the places at their reorder point or below, of rows with the units that are on order.

    The value is how far below the point they are, as a share of it; critical: nothing is left or on order.
    """
    found = []
    for row, on_order in rows:
        if row.reorder_point is None:
            continue
        value = (row.reorder_point - row.available) / max(row.reorder_point, 1)
        if value < rule.close_at:
            continue
        facts = {**row.key._asdict(), "available": row.available}
        facts |= {"reorder_point": row.reorder_point, "on_order": on_order}
        bad = row.available <= 0 and not on_order
        found.append(Finding(Kind.STOCK_LOW, "/".join(row.key), value, _severity(bad), facts))
    return found


def lane_drift(
    drift: Drift, states: Sequence[str], regions: Sequence[str], rule: Thresholds
) -> list[Finding]:
    """Return the pairs of states, and of regions, whose deliveries take longer than forecast, day after day.

    The value is the CUSUM's sum in thresholds. ``states``, ``regions``: names by code.
    """
    lanes = drift.lanes
    return [
        *_drifting(drift.state_pairs, drift.state_pairs.keys, states, rule),
        *_drifting(lanes, pair_of(lanes.keys), regions, rule),
    ]


def _drifting(flags: Flags, pairs: IntArray, names: Sequence[str], rule: Thresholds) -> Iterator[Finding]:
    """Yield what leans, of the lanes of one pair of regions each carrier's."""
    row = np.flatnonzero(flags.height >= rule.close_at)
    starts, ends = ends_of(pairs[row])
    told = zip(starts, ends, flags.height[row], flags.since_s[row], strict=True)
    for start, end, height, since_s in told:
        facts = {"from": names[start], "to": names[end], "since": _day(int(since_s))}
        yield Finding(Kind.LANE_DRIFT, f"{names[start]}>{names[end]}", float(height), facts=facts)


def handling_hours(journeys: Journeys, from_s: int, to_s: int) -> tuple[FloatArray, IntArray]:
    """Return the hours of handling and the number of packages handed over in [from, to), by seller's code."""
    handed, seller = journeys.handed_s, journeys.seller
    counted = (handed >= from_s) & (handed < to_s) & ~np.isnan(journeys.handling_days) & (seller >= 0)
    sellers, size = seller[counted], 1 + int(seller.max(initial=-1))
    hours = np.zeros(size)
    np.add.at(hours, sellers, journeys.handling_days[counted] * _HOURS)
    return hours, np.bincount(sellers, minlength=size).astype(np.int64)


def _names(parcels: Parcels, row: IntArray) -> list[tuple[str, str]]:
    orders, sellers = parcels.order_id.gather(row), parcels.seller_id.gather(row)
    return list(zip(orders.to_list(), sellers.to_list(), strict=True))


def _severity(critical: bool) -> Severity:
    return Severity.CRITICAL if critical else Severity.WARNING


def _rounded(number: float) -> float:
    return round(float(number), 4)


def _day(at_s: int) -> str:
    if at_s == NEVER:
        return ""  # it leans, and not so much that anything was opened
    return local_day(datetime.fromtimestamp(at_s, UTC)).isoformat()
