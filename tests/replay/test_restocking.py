"""Reorders in a replay: once at the reorder point, received after the lead time, and seen by the replay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api import policies
from ingest.source import open_source
from inventory.audit import audit
from inventory.events import Cause, EventType, StockEvent, StockKey
from inventory.memory import MemoryHome
from inventory.stock import StockSettings
from replay.opened import Stock, opening_stock
from replay.recorded import Past, read_past
from replay.replayed import Replayed, replay
from replay.restocking import Restocking
from tests.replay.test_replayed import FEW_TREES

NOW = datetime(2018, 2, 1, 3, tzinfo=UTC)
DAY = timedelta(days=1)
KEY = StockKey("p1", "s1", "s1")
SPAN_S = (int(NOW.timestamp()), int((NOW + 40 * DAY).timestamp()))


def shelf(units: int, settings: StockSettings) -> MemoryHome:
    home = MemoryHome()
    filled = StockEvent("open", KEY, EventType.RECEIVED, units, NOW)
    Stock("test", (filled,), {KEY: settings}).book(home)
    return home


def take(home: MemoryHome, restocking: Restocking, units: int, at: datetime) -> None:
    """Receive what has come, lose some units, look at the place: one order of a replay."""
    with home.unit() as unit:
        restocking.receive(unit.ledger, at)
        there = unit.ledger.available([KEY])[KEY]
        if taken := min(units, there):
            unit.ledger.append([StockEvent(f"take-{at}", KEY, EventType.DAMAGED, taken, at)])
        restocking.order(unit.ledger, [KEY], at)


def events(home: MemoryHome) -> list[tuple[str, int, float]]:
    """Return what was ordered and received, in days after the start."""
    with home.reading() as unit:
        told = [event for event in unit.store.all_events() if event.source == Cause.REORDER]
    return [(event.event_type.value, event.quantity, (event.at - NOW) / DAY) for event in told]


def test_a_place_is_ordered_for_once_and_filled_after_its_lead_time() -> None:
    home, restocking = shelf(10, StockSettings(1, 4, 6.0, 19)), Restocking()
    take(home, restocking, 5, NOW + DAY)
    assert events(home) == []
    take(home, restocking, 1, NOW + 2 * DAY)
    take(home, restocking, 1, NOW + 3 * DAY)
    assert events(home) == [("REORDERED", 15, 2.0)]
    take(home, restocking, 0, NOW + 20 * DAY)
    assert events(home) == [("REORDERED", 15, 2.0), ("RECEIVED", 15, 8.0)]
    assert (restocking.ordered, restocking.received) == (15, 15)


def test_what_is_on_its_way_may_be_too_little() -> None:
    home, restocking = shelf(12, StockSettings(1, 10, 30.0, 12)), Restocking()
    for days, units in enumerate((2, 1, 1)):
        take(home, restocking, units, NOW + days * DAY)
    assert events(home) == [("REORDERED", 2, 0.0), ("REORDERED", 2, 2.0)]
    take(home, restocking, 0, NOW + 40 * DAY)
    assert events(home)[2:] == [("RECEIVED", 2, 30.0), ("RECEIVED", 2, 32.0)]


def test_what_is_still_low_when_filled_is_ordered_again() -> None:
    home, restocking = shelf(1, StockSettings(0, 0, 2.0)), Restocking()
    take(home, restocking, 1, NOW)
    take(home, restocking, 1, NOW + 2 * DAY)
    assert events(home) == [("REORDERED", 1, 0.0), ("RECEIVED", 1, 2.0), ("REORDERED", 1, 2.0)]


def test_a_place_without_a_reorder_point_is_left_alone() -> None:
    home, restocking = shelf(2, StockSettings(None, None, 2.0)), Restocking()
    take(home, restocking, 2, NOW)
    assert events(home) == []


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 96)), min_size=1, max_size=30),
    st.integers(0, 8),
    st.floats(0.0, 9.0),
)
def test_nothing_is_lost_and_enough_is_always_there_or_coming(
    sales: list[tuple[int, int]], point: int, lead_days: float
) -> None:
    home, restocking, at = shelf(8, StockSettings(0, point, lead_days, point + 3)), Restocking(), NOW
    for units, hours in sales:
        at += timedelta(hours=hours)
        take(home, restocking, units, at)
        coming = sum(units if kind == EventType.REORDERED else -units for kind, units, _ in events(home))
        with home.reading() as unit:
            there = unit.ledger.available([KEY])[KEY]
        assert coming >= 0
        assert point < there + coming <= max(8, point + 3)
    with home.reading() as unit:
        assert audit(unit.store).clean


@pytest.fixture(scope="module")
def past(market_dir: Path) -> Past:
    return read_past(open_source(str(market_dir)))


def replayed(past: Past, *, reorders: bool) -> Replayed:
    chosen = [policies.load(name) for name in ("as_is", "priced")]
    stock = opening_stock(past, SPAN_S[0], reorders=reorders)
    return replay(past, SPAN_S, chosen, chosen[1].costs, stock, parameters=FEW_TREES)


def test_a_replay_that_orders_again_finds_its_sellers_short_less_often(past: Past) -> None:
    once, again = replayed(past, reorders=False), replayed(past, reorders=True)
    for before, after in zip(once.runs, again.runs, strict=True):
        assert before.restocked_units == 0
        assert after.restocked_units > 0
        assert after.recorded_units < before.recorded_units
        assert after.home is not None
        with after.home.reading() as unit:
            booked = [event for event in unit.store.all_events() if event.source == Cause.REORDER]
            received = [event for event in booked if event.event_type is EventType.RECEIVED]
            assert sum(event.quantity for event in received) == after.restocked_units
            assert audit(unit.store).clean
    assert again.to_dict()["stock"]["restocked_units"]["as_is"] == again.runs[0].restocked_units
    assert any("--reorders" in line for line in once.assumptions())
    assert any("source reorder" in line for line in again.assumptions())
