"""What every home of the log does: memory, SQLite, PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest
import sqlalchemy as sa

from graph.errors import BadInput
from inventory.migrations import differences
from inventory.sql import SqlHome
from inventory.sql.tables import METADATA
from replay.stream.events import Event, tick
from replay.stream.log import BEGINNING, Log, MemoryLog
from replay.stream.source import Recorded, fill
from replay.stream.sql_log import SqlLog, StoredLog
from replay.stream.tables import CHECKPOINTS, LOG, OUTPUTS, STREAMS

TABLES = (STREAMS, LOG, CHECKPOINTS, OUTPUTS)

EVENTS = [
    Event(f"e{number:02d}", "Reviewed", number, "o1", "é", {"score": number, "weight": 0.1})
    for number in range(30)
]


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Log]:
    if request.param == "memory":
        yield MemoryLog()
        return
    server: SqlHome | None = request.getfixturevalue("postgres") if request.param == "postgres" else None
    opened = server or SqlHome.open(str(tmp_path / "log.db"))
    yield SqlLog(opened, "a")
    if server is None:
        opened.close()


def test_an_empty_log(log: Log) -> None:
    assert log.end() == BEGINNING
    assert log.read(BEGINNING, 5) == []


def test_events_come_back_as_they_went_in(log: Log) -> None:
    assert log.append(EVENTS[:20]) == 20
    assert log.append([*EVENTS[20:], tick(30)]) == 11
    entries = log.read(BEGINNING, 100)
    assert [entry.event for entry in entries] == [*EVENTS, tick(30)]
    assert log.end() == entries[-1].offset
    assert [entry.offset for entry in entries] == sorted({entry.offset for entry in entries})


def test_reading_goes_on_from_an_offset(log: Log) -> None:
    log.append(EVENTS)
    read: list[Event] = []
    after = BEGINNING
    while entries := log.read(after, 7):
        assert len(entries) <= 7
        read += [entry.event for entry in entries]
        after = entries[-1].offset
    assert read == EVENTS
    assert after == log.end()


def test_an_id_is_kept_once(log: Log) -> None:
    log.append(EVENTS[:3])
    assert log.append([EVENTS[1], EVENTS[3], EVENTS[3], EVENTS[4]]) == 2
    assert [entry.event for entry in log.read(BEGINNING, 9)] == EVENTS[:5]
    assert log.append(EVENTS[:5]) == 0
    assert log.append([]) == 0


def test_streams_do_not_see_each_other(home: SqlHome) -> None:
    one, other = SqlLog(home, "a"), SqlLog(home, "b")
    one.append(EVENTS[:3])
    other.append(EVENTS[1:2])
    assert (one.end(), other.end()) == (3, 1)
    assert [entry.event for entry in other.read(BEGINNING, 9)] == EVENTS[1:2]


def test_what_a_unit_appends_goes_with_it(home: SqlHome) -> None:
    def fail() -> None:
        with home.unit() as unit:
            StoredLog(unit.connection, "a").append(EVENTS[:3])
            raise ValueError("and now this")

    with pytest.raises(ValueError, match="and now this"):
        fail()
    assert SqlLog(home, "a").end() == BEGINNING
    with home.unit() as unit:
        assert StoredLog(unit.connection, "a").append(EVENTS[:3]) == 3
        assert StoredLog(unit.connection, "a").end() == 3
    assert len(SqlLog(home, "a").read(BEGINNING, 9)) == 3


def test_many_append_at_once_and_no_reader_misses_one(home: SqlHome) -> None:
    """A reader that goes on from offsets sees every event, whoever commits first."""
    log = SqlLog(home, "a")

    def write(first: int) -> int:
        return sum(log.append([EVENTS[number], EVENTS[number // 2]]) for number in range(first, 30, 3))

    def follow() -> list[str]:
        seen: list[str] = []
        after = BEGINNING
        while len(seen) < 30:
            entries = log.read(after, 4)
            seen += [entry.event.id for entry in entries]
            after = entries[-1].offset if entries else after
        return seen

    with ThreadPoolExecutor(4) as threads:
        reader = threads.submit(follow)
        assert sum(threads.map(write, range(3))) == 30
        assert sorted(reader.result(60)) == [event.id for event in EVENTS]


def test_the_migrations_make_the_tables(home: SqlHome) -> None:
    mine = sa.MetaData(naming_convention=METADATA.naming_convention)
    for table in TABLES:
        table.to_metadata(mine)
    with home.engine.connect() as connection:
        assert differences(connection, mine) == []
        assert {table.name for table in TABLES} <= set(sa.inspect(connection).get_table_names())


def test_a_recorded_history_is_copied_once_whatever_stops_it(recorded: Recorded) -> None:
    log = MemoryLog()
    log.append([entry.event for entry in recorded.log.read(BEGINNING, 777)])
    shares: list[float] = []
    fill(log, recorded.log, shares.append)
    fill(log, recorded.log)
    assert shares[-1] == 1.0
    whole = recorded.log.end()
    assert log.end() == whole
    assert log.read(whole - 50, 99) == recorded.log.read(whole - 50, 99)
    with pytest.raises(BadInput, match="recorded history"):
        recorded.log.append(EVENTS)


def test_another_history_is_not_mixed_in(recorded: Recorded) -> None:
    log = MemoryLog()
    log.append(EVENTS)
    with pytest.raises(BadInput, match="other events"):
        fill(log, recorded.log)


def test_a_recorded_history_is_in_total_order_and_ticks_daily(recorded: Recorded) -> None:
    events = [entry.event for entry in recorded.log.read(BEGINNING, recorded.log.end())]
    orders = [event.order for event in events]
    assert orders == sorted(orders)
    assert len({event.id for event in events}) == len(events)
    ticks = [event.time_s for event in events if event.kind == "Tick"]
    assert {later - earlier for earlier, later in pairwise(ticks)} == {86_400}
    assert events[-1].kind == "Tick"
