"""The chore that orders stock again, in SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from inventory.audit import audit
from inventory.events import EventType, StockEvent, StockKey
from inventory.sql import SqlHome
from inventory.sql.reorders import order_events, ordered_places
from inventory.stock import StockSettings
from replay.jobs import Chore, Worker, wall_clock
from replay.jobs.reordering import PAGE, low_places, order_again
from tests.inventory.make import DEPOT, SHELF, event

NOW = datetime(2018, 4, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
SETTINGS = StockSettings(4, 18, 7.0, 78)


@pytest.fixture
def home(database: str) -> Iterator[SqlHome]:
    opened = SqlHome.open(database)
    with opened.unit() as unit:
        unit.ledger.append(
            [event("open", "RECEIVED", 20, at=NOW), event("depot", "RECEIVED", 50, DEPOT, at=NOW)]
        )
        unit.ledger.configure({SHELF: SETTINGS, DEPOT: SETTINGS})
    yield opened
    with opened.reading() as unit:
        assert audit(unit.store).clean
    opened.close()


def book(home: SqlHome, name: str, kind: str, units: int, at: datetime) -> None:
    with home.unit() as unit:
        assert unit.ledger.append([event(name, kind, units, at=at)]).booked == 1


def orders(home: SqlHome) -> list[StockEvent]:
    with home.reading() as unit:
        told = order_events(unit.connection, ordered_places(unit.connection))
        return [one for one in told if one.event_type is EventType.REORDERED]


def chore(home: SqlHome, at: datetime) -> dict[str, object]:
    return home.run(lambda unit: order_again(unit, at))


def test_an_order_is_booked_when_stock_passes_the_point_and_once_until_received(home: SqlHome) -> None:
    assert chore(home, NOW) == {}
    book(home, "broken", "DAMAGED", 2, NOW + DAY)
    assert chore(home, NOW + DAY) == {"orders": 1}
    [first] = orders(home)
    assert (first.key, first.source, first.at) == (SHELF, "reorder", NOW + DAY)
    assert first.quantity == 60  # up to 78, 18 there
    book(home, "more", "DAMAGED", 10, NOW + 2 * DAY)
    assert chore(home, NOW + 2 * DAY) == {}  # 8 there and 60 on order
    book(home, "part", "RECEIVED", 1, NOW + 3 * DAY)
    assert chore(home, NOW + 3 * DAY) == {}
    book(home, "rest", "RECEIVED", 59, NOW + 4 * DAY)
    assert chore(home, NOW + 4 * DAY) == {}
    book(home, "again", "DAMAGED", 60, NOW + 5 * DAY)
    assert chore(home, NOW + 5 * DAY) == {"orders": 1}
    assert len({one.event_id for one in orders(home)}) == 2


def test_what_is_on_order_may_be_too_little(home: SqlHome) -> None:
    book(home, "told", "REORDERED", 1, NOW)
    book(home, "broken", "DAMAGED", 20, NOW)
    assert chore(home, NOW) == {"orders": 1}
    assert [one.quantity for one in orders(home)] == [1, 77]
    assert chore(home, NOW) == {}
    book(home, "part", "RECEIVED", 70, NOW + DAY)
    book(home, "sold", "DAMAGED", 60, NOW + DAY)
    assert chore(home, NOW + DAY) == {"orders": 1}  # 10 there, 8 on order
    assert [one.quantity for one in orders(home)] == [1, 77, 60]
    assert len({one.event_id for one in orders(home)}) == 3


def test_reserved_units_are_not_available(home: SqlHome) -> None:
    book(home, "held", "RESERVED", 2, NOW + DAY)
    assert chore(home, NOW + DAY) == {"orders": 1}


@pytest.mark.parametrize(("lead_days", "patience"), [(7.0, 90), (120.0, 360)])
def test_an_order_that_never_came_is_made_again(home: SqlHome, lead_days: float, patience: int) -> None:
    with home.unit() as unit:
        unit.ledger.configure({SHELF: replace(SETTINGS, lead_time_days=lead_days)})
    book(home, "broken", "DAMAGED", 5, NOW)
    chore(home, NOW)
    assert chore(home, NOW + patience * DAY) == {}
    assert chore(home, NOW + (patience + 1) * DAY) == {"orders": 1}


def test_workers_that_see_the_same_shelf_book_one_order(home: SqlHome) -> None:
    book(home, "broken", "DAMAGED", 5, NOW)
    with home.reading() as unit:
        [seen] = low_places(unit, NOW, 10)
    chore(home, NOW)
    [first] = orders(home)
    with home.unit() as unit:  # a second worker that saw it before the first had booked
        assert seen.due
        done = unit.ledger.append([first])
    assert (done.booked, done.duplicates) == (0, 1)


def test_settings_without_an_order_up_to_level_order_by_the_demand_that_they_imply(home: SqlHome) -> None:
    with home.unit() as unit:
        unit.ledger.configure({SHELF: replace(SETTINGS, order_up_to=None)})
    book(home, "broken", "DAMAGED", 5, NOW)
    chore(home, NOW)
    assert [one.quantity for one in orders(home)] == [63]  # up to 18 and 30 days at (18 - 4) / 7, 15 there


def test_without_settings_nothing_is_ordered(home: SqlHome) -> None:
    with home.unit() as unit:
        unit.ledger.configure({SHELF: StockSettings(None, None, 7.0)})
    book(home, "broken", "DAMAGED", 20, NOW)
    assert chore(home, NOW) == {}


def test_all_pages_are_ordered_and_can_be_narrowed(home: SqlHome) -> None:
    keys = [StockKey(f"p{row:04}", "bia", "bia") for row in range(PAGE + 10)]
    with home.unit() as unit:
        unit.ledger.configure(dict.fromkeys(keys, StockSettings(1, 1, 7.0, 3)))
    with home.reading() as unit:
        assert len(low_places(unit, NOW, 1_000, seller_id="bia")) == PAGE + 10
        assert low_places(unit, NOW, 1_000, location_id="depot") == []
        after = low_places(unit, NOW, 5, after=keys[3])
        assert [low.row.key for low in after] == keys[4:9]
        assert [low.quantity for low in after] == [3] * 5
    assert chore(home, NOW) == {"orders": PAGE + 10}
    assert chore(home, NOW) == {}


def test_a_worker_does_it_between_its_jobs(home: SqlHome, database: str) -> None:
    book(home, "broken", "DAMAGED", 5, NOW)
    mine = SqlHome.open(database)
    chores = [Chore("reordered", timedelta(hours=1), order_again)]
    Worker(mine, database, {}, "w", wall_clock, chores).run(once=True)
    mine.close()
    assert len(orders(home)) == 1
