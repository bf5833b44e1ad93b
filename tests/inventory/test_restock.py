from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pytest

from graph.errors import BadInput
from inventory.events import StockEvent, StockKey
from inventory.restock import OrderHistory, Placed, RestockBasis, RestockTime, patience, restock_times
from tests.inventory.make import DAY, DEPOT, SHELF, T0, event

ASSUMED = RestockTime(7.0, 2.0)


def moved(kind: str, units: int, day: float, key: StockKey = SHELF, source: str = "erp") -> StockEvent:
    return event(f"{kind}-{key.location_id}-{day}", kind, units, key, at=T0 + day * DAY, source=source)


def placed(
    events: Sequence[StockEvent], at: datetime, lead_days: float | None = None, **canceled: datetime
) -> dict[StockKey, Placed]:
    named = {events[int(name[1:])].event_id: when for name, when in canceled.items()}
    return OrderHistory(events, named).placed(at, {SHELF: lead_days})


def test_receipts_fill_the_oldest_order_first() -> None:
    events = [
        moved("RECEIVED", 50, 0),
        moved("REORDERED", 10, 1),
        moved("REORDERED", 5, 3),
        moved("RECEIVED", 6, 6),
        moved("RECEIVED", 6, 9),
    ]
    assert placed(events, T0 + 10 * DAY) == {SHELF: Placed(2, 3, (8.0,))}
    done = placed([*events, moved("RECEIVED", 9, 11)], T0 + 12 * DAY)
    assert done[SHELF] == Placed(2, 0, (8.0, 8.0))


def test_what_malha_made_up_fills_no_order() -> None:
    events = [moved("REORDERED", 4, 1)]
    events += [
        moved("RECEIVED", 4, 2 + n, source=name) for n, name in enumerate(("synthetic", "recorded", "count"))
    ]
    assert placed(events, T0 + 10 * DAY)[SHELF] == Placed(1, 4, ())


def test_an_order_that_nothing_came_of_is_given_up() -> None:
    events = [moved("REORDERED", 4, 1)]
    assert placed(events, T0 + 91 * DAY)[SHELF].open_units == 4
    assert placed(events, T0 + 92 * DAY)[SHELF].open_units == 0
    late = placed([*events, moved("RECEIVED", 4, 100)], T0 + 101 * DAY)
    assert late[SHELF] == Placed(1, 0, (), given_up=1)


def test_what_takes_long_by_its_lead_time_is_waited_for_longer() -> None:
    assert [patience(days).days for days in (None, 0.0, 30.0, 45.0, 120.0, 1e300)] == [
        90,
        90,
        90,
        135,
        360,
        36_500,
    ]
    events = [moved("REORDERED", 4, 1)]
    assert placed(events, T0 + 120 * DAY, 120.0)[SHELF].open_units == 4
    came = [*events, moved("RECEIVED", 4, 131)]
    assert placed(came, T0 + 140 * DAY, 120.0)[SHELF] == Placed(1, 0, (130.0,))
    assert placed(came, T0 + 140 * DAY, 7.0)[SHELF] == Placed(1, 0, (), given_up=1)


def test_what_is_called_off_counts_as_an_order_and_is_filled_by_nothing_later() -> None:
    events = [moved("REORDERED", 10, 1), moved("RECEIVED", 3, 2), moved("REORDERED", 5, 3)]
    at = T0 + 4 * DAY
    assert placed(events, at, _0=at)[SHELF] == Placed(2, 5, ())
    assert placed(events, at, _0=at + 9 * DAY)[SHELF] == Placed(2, 5, ())  # told after the stock last moved
    came = [*events, moved("RECEIVED", 5, 8)]
    assert placed(came, T0 + 9 * DAY, _0=at)[SHELF] == Placed(2, 0, (5.0,))
    assert placed(came, T0 + 9 * DAY)[SHELF] == Placed(2, 7, ())


def test_an_order_of_nothing_teaches_nothing() -> None:
    events = [moved("REORDERED", 0, 1), moved("REORDERED", 2, 2), moved("RECEIVED", 2, 5)]
    assert placed(events, T0 + 6 * DAY)[SHELF] == Placed(2, 0, (3.0,))


def test_times_are_learned_by_seller_and_drawn_towards_all() -> None:
    bia = StockKey("lamp", "bia", "bia")
    known = {SHELF: Placed(2, 0, (4.0,)), DEPOT: Placed(1, 0, (6.0,)), bia: Placed(4, 0, (20.0,) * 20)}
    own, others = restock_times(known, ASSUMED)
    assert (others.basis, others.n) == (RestockBasis.ALL, 22)
    assert others.mean_days == pytest.approx((10 + 400 + 3 * 7) / 25)
    assert (own["ana"].n, own["bia"].n) == (2, 20)
    assert own["ana"].mean_days == pytest.approx((10 + 3 * others.mean_days) / 5)
    assert 4 < own["ana"].mean_days < others.mean_days < own["bia"].mean_days < 20
    assert own["bia"].sd_days < others.sd_days


def test_without_a_receipt_the_setting_holds_and_says_so() -> None:
    assert restock_times({SHELF: Placed(1, 4)}, ASSUMED) == ({}, ASSUMED)
    assert ASSUMED.basis is RestockBasis.SYNTHETIC
    with pytest.raises(BadInput, match="not below zero"):
        RestockTime(-1.0, 0.0)
