"""Planted trouble is found, with the numbers that a hand would compute; what is in order is left alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from graph.days import DAY_S
from graph.lead_time import Journeys, LeadTimes, RouteQuery
from graph.lead_time.remaining import Remaining
from graph.model import NEVER
from inventory.events import StockKey
from inventory.stock import StockRow
from replay.alerts.alert import Finding, Severity, Thresholds
from replay.alerts.detectors import delivery_at_risk, handover_overdue, lane_drift, seller_slow, stock_low
from replay.alerts.parcels import Named, under_way
from replay.drift import Drift, Flags

START = 17_500 * DAY_S
NOW = START + 60 * DAY_S
ROWS = 400


def rule(open_at: float, close_at: float) -> Thresholds:
    return Thresholds(open_at, close_at, timedelta(0))


def history(**last: int) -> Named:
    """Return orders delivered in about ten days, and one more with the stamps given (in days before now)."""
    rng = np.random.default_rng(3)
    bought = START + np.arange(ROWS) * (45 * DAY_S // ROWS)
    seller = np.arange(ROWS) % 4
    handling = rng.gamma(4.0, 0.5, ROWS)
    transit = rng.gamma(8.0, 1.0, ROWS)
    columns = {
        "purchased_s": bought,
        "approved_s": bought,
        "handed_s": bought + (handling * DAY_S).astype(np.int64),
        "delivered_s": bought + ((handling + transit) * DAY_S).astype(np.int64),
        "promised_s": bought + 20 * DAY_S,
        "shipping_limit_s": bought + 5 * DAY_S,
    }
    own = {"purchased": 30, "approved": 30, "handed": NEVER, "promised": -5, "shipping_limit": 20} | last
    for name, stamps in columns.items():
        days = own.get(name.removesuffix("_s"), NEVER)
        columns[name] = np.append(stamps, NEVER if days == NEVER else NOW - days * DAY_S)
    order = np.argsort(columns["purchased_s"], kind="stable")
    made = {name: stamps[order] for name, stamps in columns.items()}
    handed, delivered, approved = made["handed_s"], made["delivered_s"], made["approved_s"]
    made_days = {
        "approval_days": np.zeros(ROWS + 1),
        "handling_days": _days(approved, handed),
        "transit_days": _days(handed, delivered),
        "total_days": _days(made["purchased_s"], delivered),
    }
    codes = dict.fromkeys(("origin_state", "dest_state", "origin_region", "dest_region", "carrier"), 0)
    journeys = Journeys.build(ROWS + 1, **made, **made_days, **codes, seller=np.append(seller, 0)[order])
    names = pl.Series([f"o{row}" for row in range(ROWS)] + ["own"]).gather(order)
    return Named(journeys, names, pl.Series(["a", "b", "c", "d"]))


def _days(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    return np.where((start == NEVER) | (end == NEVER), np.nan, (end - start) / DAY_S)


def model(named: Named) -> LeadTimes:
    done = named.journeys.delivered_s != NEVER
    cut = {name: getattr(named.journeys, name)[done] for name in Journeys.__slots__}
    return LeadTimes.fit(Journeys(**cut), NOW + DAY_S)


def only(found: list[Finding]) -> Finding:
    [own] = [finding for finding in found if finding.facts.get("order_id") == "own"]
    return own


def test_who_waits_longer_than_this_seller_makes_people_wait() -> None:
    named = history(purchased=8, approved=7, shipping_limit=1)
    parcels = under_way(named, model(named), NOW)
    own = only(handover_overdue(parcels, rule(0.95, 0.9)))
    handling = parcels.times.stage("handling")
    row = parcels.order_id.to_list().index("own")
    assert own.subject == "own/a"
    assert own.value == pytest.approx(handling.cdf(7.0)[row])
    assert own.facts["usual_days"] == pytest.approx(handling.quantile(0.95)[row], abs=1e-4)
    assert own.facts["waited_days"] == 7.0
    assert own.severity is Severity.CRITICAL  # its limit was yesterday
    patient = history(purchased=8, approved=7, shipping_limit=-1)
    [same] = [
        one
        for one in handover_overdue(under_way(patient, model(patient), NOW), rule(0.95, 0.9))
        if one.facts["order_id"] == "own"
    ]
    assert same.severity is Severity.WARNING


@pytest.mark.parametrize("last", [{"handed": 1}, {"approved": NEVER}, {"approved": 1}])
def test_what_has_left_or_is_not_approved_or_young_is_not_overdue(last: dict[str, int]) -> None:
    named = history(**{"purchased": 8, "approved": 7} | last)
    found = handover_overdue(under_way(named, model(named), NOW), rule(0.95, 0.9))
    assert "own" not in {finding.facts["order_id"] for finding in found}


def test_the_chance_to_be_late_is_that_of_the_rest_of_the_way() -> None:
    named = history(purchased=12, approved=12, handed=9, promised=-2)
    parcels = under_way(named, model(named), NOW)
    own = only(delivery_at_risk(parcels, rule(0.1, 0.05)))
    row = parcels.order_id.to_list().index("own")
    whole = parcels.times[row]
    by_hand = (1 - whole.cdf(14.0)) / (1 - whole.cdf(12.0))
    assert own.value == pytest.approx(by_hand)
    assert own.facts["left_days"] == 2.0
    assert own.facts["handed_over"]
    assert own.severity is Severity.WARNING
    rest = Remaining(parcels.times, parcels.days_since(parcels.purchased_s)).quantile(0.8)[row]
    assert own.facts["likely_days"] == pytest.approx(rest, abs=1e-4)


def test_past_its_promise_an_order_is_late_for_certain() -> None:
    named = history(purchased=12, promised=1)
    own = only(delivery_at_risk(under_way(named, model(named), NOW), rule(0.5, 0.3)))
    assert (own.value, own.severity) == (1.0, Severity.CRITICAL)
    unpromised = history(purchased=12, promised=NEVER)
    found = delivery_at_risk(under_way(unpromised, model(unpromised), NOW), rule(0.5, 0.3))
    assert "own" not in {finding.subject for finding in found}


@pytest.mark.parametrize("last", [{"purchased": 91}, {"purchased": 125, "handed": 121}, {"delivered": 1}])
def test_nobody_waits_for_what_is_there_or_lost(last: dict[str, int]) -> None:
    named = history(**{"promised": 1} | last)
    assert "own" not in under_way(named, model(named), NOW).order_id


@pytest.mark.parametrize("last", [{"purchased": 90}, {"purchased": 125, "handed": 120}])
def test_on_the_last_day_it_is_still_waited_for(last: dict[str, int]) -> None:
    named = history(**{"promised": 1} | last)
    assert "own" in under_way(named, model(named), NOW).order_id


def test_what_will_be_is_not_looked_at() -> None:
    named = history(purchased=12, handed=9, promised=-2)
    columns = {name: getattr(named.journeys, name).copy() for name in Journeys.__slots__}
    for name in ("approved_s", "handed_s", "delivered_s"):
        later = columns[name] >= NOW
        columns[name] = np.where(later, columns[name] + 9 * DAY_S, columns[name])
    moved = Named(Journeys(**columns), named.order_id, named.seller_id)
    times, both = model(named), (rule(0.1, 0.05), rule(0.9, 0.8))
    one, other = (under_way(told, times, NOW) for told in (named, moved))
    assert delivery_at_risk(one, both[0]) == delivery_at_risk(other, both[0])
    assert handover_overdue(one, both[1]) == handover_overdue(other, both[1])
    assert seller_slow(named, NOW, both[0], 30, 1, {}) == seller_slow(moved, NOW, both[0], 30, 1, {})


def test_a_seller_is_slow_by_the_mean_of_the_last_days() -> None:
    named = history()
    journeys = named.journeys
    since = (journeys.handed_s >= NOW - 30 * DAY_S) & (journeys.handed_s < NOW)
    mine = since & (journeys.seller == 1)
    hours = float(journeys.handling_days[mine].mean() * 24)
    found = {one.subject: one for one in seller_slow(named, NOW, rule(1, 1), 30, 5, {"c": 2})}
    assert found["b"].value == pytest.approx(hours)
    assert found["b"].facts["orders"] == int(mine.sum())
    assert found["b"].severity is Severity.WARNING
    assert found["c"].severity is Severity.CRITICAL
    assert seller_slow(named, NOW, rule(1, 1), 30, 10_000, {}) == []


def test_stock_is_low_from_its_reorder_point_down() -> None:
    def row(current: int, reserved: int, point: int | None) -> StockRow:
        return StockRow(StockKey("p", "s", "l"), current, reserved, reorder_point=point)

    low = rule(0.0, -0.1)
    assert stock_low([(row(12, 0, 10), 0), (row(9, 0, None), 0)], low) == []
    [near] = stock_low([(row(11, 0, 10), 0)], low)
    assert near.value == pytest.approx(-0.1)  # keeps an alert, and opens none
    [at] = stock_low([(row(12, 2, 10), 0)], low)
    assert (at.value, at.severity, at.subject) == (0.0, Severity.WARNING, "p/s/l")
    [gone] = stock_low([(row(2, 2, 10), 0)], low)
    assert (gone.value, gone.severity) == (1.0, Severity.CRITICAL)
    [coming] = stock_low([(row(2, 2, 10), 40)], low)
    assert (coming.severity, coming.facts["on_order"]) == (Severity.WARNING, 40)


def test_drift_tells_who_takes_longer_since_when() -> None:
    since = int(datetime(2018, 3, 4, 12, tzinfo=UTC).timestamp())

    def flags(keys: list[int]) -> Flags:
        size = len(keys)
        height = np.array([1.5, 0.7, 0.2][:size])
        return Flags(np.array(keys), height > 1, height > 1, np.where(height > 1, since, NEVER), height)

    shift = 2**20
    told = Drift(
        lanes=flags([((2 * shift) + 1) * shift + 1]), state_pairs=flags([shift + 2, 2 * shift + 1, 5])
    )
    found = lane_drift(told, ["PA", "SP"], ["010", "660"], rule(1.0, 0.5))
    assert [(one.subject, one.value, one.facts["since"]) for one in found] == [
        ("PA>SP", 1.5, "2018-03-04"),
        ("SP>PA", 0.7, ""),
        ("660>010", 1.5, "2018-03-04"),
    ]


def test_reading_is_of_the_routes_as_known() -> None:
    named = history(purchased=12, handed=NEVER)
    times = model(named)
    parcels = under_way(named, times, NOW)
    row = parcels.order_id.to_list().index("own")
    asked = RouteQuery.build(1, NOW, seller=0, origin_state=0, dest_state=0, origin_region=0, dest_region=0)
    assert parcels.times.mean_days[row] == pytest.approx(times.read(asked).mean_days[0])
