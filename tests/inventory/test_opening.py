from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from graph.errors import BadInput
from inventory.events import StockKey
from inventory.memory import MemoryHome
from inventory.opening import OpeningRule, opening

AT = datetime(2018, 4, 1, 12, tzinfo=UTC)


def sold(*sales: tuple[str, str, date, int]) -> pl.DataFrame:
    days = [
        (product, seller, "010", (day - date(1970, 1, 1)).days, units)
        for product, seller, day, units in sales
    ]
    return pl.DataFrame(days, schema=["product_id", "seller_id", "region", "day", "units"], orient="row")


def daily(product: str, units: int, days: int = 120) -> list[tuple[str, str, date, int]]:
    return [(product, "ana", date(2018, 4, 1) - timedelta(days=age), units) for age in range(1, days + 1)]


def test_what_sells_more_opens_deeper_and_everything_is_marked_synthetic() -> None:
    made = opening(sold(*daily("fast", 3), ("slow", "ana", date(2018, 2, 1), 1), *daily("mid", 1)), AT)
    depth = {event.key.product_id: event.quantity for event in made.events}
    assert 1 <= depth["slow"] < depth["mid"] < depth["fast"]
    assert 85 <= depth["fast"] <= 125  # 3 a day for 30 days, and some more to be safe
    assert {(event.source, event.event_type, event.at) for event in made.events} == {
        ("synthetic", "RECEIVED", AT)
    }
    assert all(event.key.location_id == event.key.seller_id for event in made.events)
    for event in made.events:
        settings = made.settings[event.key]
        assert settings.lead_time_days == 7.0
        assert 0 <= settings.safety_stock <= settings.reorder_point < settings.order_up_to
    fast, slow = (made.settings[StockKey(name, "ana", "ana")] for name in ("fast", "slow"))
    assert fast.order_up_to - fast.reorder_point == pytest.approx(90, abs=3)  # 3 a day for 30 days
    assert slow.order_up_to == slow.reorder_point + 1  # not one in 30 days


def test_nothing_of_the_day_itself_or_later_is_read() -> None:
    past = daily("lamp", 1)
    later = [("lamp", "ana", date(2018, 4, 1), 500), ("rug", "bo", date(2018, 4, 9), 9)]
    assert opening(sold(*past, *later), AT) == opening(sold(*past), AT)
    # At half past one in UTC it is still the day before in São Paulo.
    early = AT.replace(hour=1)
    assert opening(sold(*past), early) == opening(sold(*past[1:]), early)


def test_what_has_not_sold_for_long_has_no_stock() -> None:
    old = [("old", "ana", date(2017, 10, 2), 50), ("older", "ana", date(2017, 10, 1), 50)]
    made = opening(sold(*daily("lamp", 1), *old), AT, OpeningRule(lapse_days=181))
    assert [event.key.product_id for event in made.events] == ["lamp", "old"]
    with pytest.raises(BadInput, match="Nothing was sold in the 180 days before 2018-04-02"):
        opening(sold(*old), AT + timedelta(days=1))


def test_the_order_of_the_rows_does_not_matter_and_a_second_opening_is_a_duplicate() -> None:
    rows = [*daily("lamp", 2), *daily("rug", 1, 40)]
    made, again = opening(sold(*rows), AT), opening(sold(*rows[::-1]), AT)
    assert made == again
    home = MemoryHome()
    with home.unit() as unit:
        assert unit.ledger.append(made.events).booked == 2
        assert unit.ledger.append(again.events).duplicates == 2
    deeper = opening(sold(*rows), AT, OpeningRule(cover_days=60))
    assert {event.event_id for event in deeper.events}.isdisjoint(event.event_id for event in made.events)


@pytest.mark.parametrize(
    ("fields", "named"),
    [({"level": 1.0}, "level"), ({"cover_days": 0.0, "half_life_days": -1.0}, "cover_days.*half_life_days")],
)
def test_parameters_that_make_no_sense_are_named(fields: dict[str, float], named: str) -> None:
    with pytest.raises(BadInput, match=named):
        OpeningRule(**fields)  # type: ignore[arg-type]


def test_a_demand_table_without_its_columns_is_refused() -> None:
    with pytest.raises(BadInput, match="lacks region, day"):
        opening(sold(*daily("lamp", 1)).drop("region", "day"), AT)
