"""Random interleavings: memory and a database are told the same, answer the same and hold the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from graph.errors import MalhaError
from inventory.audit import audit
from inventory.events import EventType, StockKey
from inventory.ledger import UnitOfWork
from inventory.memory import MemoryHome
from inventory.reservations import WHOLE, Selection
from inventory.sql import SqlHome
from inventory.sql.tables import METADATA
from inventory.stock import RESERVING, StockSettings
from tests.inventory.make import DEPOT, SHELF, T0, event, part
from tests.services.databases import NewDatabase

KEYS = (SHELF, DEPOT, StockKey("rug", "bo", "depot"))
ORDERS = st.sampled_from(["a", "b", "c"])
UNITS = st.integers(1, 3)
WHEN = st.integers(0, 20).map(lambda hours: T0 + timedelta(hours=hours))
DAYS = st.one_of(st.none(), st.just(date(2018, 4, 2)))
PARTS = st.lists(
    st.builds(
        lambda line, units, key, package, day: part(line, units, key, package, day=day),
        st.sampled_from("12"),
        UNITS,
        st.sampled_from(KEYS),
        st.sampled_from(["k1", "k2"]),
        DAYS,
    ),
    min_size=1,
    max_size=3,
)
SELECTIONS = st.one_of(
    st.just(WHOLE),
    st.builds(Selection, package_id=st.sampled_from(["k1", "k2", "k3"])),
    st.builds(Selection, lines=st.dictionaries(st.sampled_from("12"), UNITS, min_size=1)),
)
EVENTS = st.lists(
    st.builds(
        lambda number, kind, units, key, order: event(
            f"e{number}", kind, units, key, order_id=order if kind in RESERVING else None
        ),
        st.integers(0, 60),
        st.sampled_from([EventType.RECEIVED, *EventType]),
        UNITS,
        st.sampled_from(KEYS),
        st.sampled_from(["a", "x", None]),
    ),
    min_size=1,
    max_size=4,
)
VERSIONS = st.one_of(st.none(), st.integers(1, 3))


class Interleaving(RuleBasedStateMachine):
    """Units of work in any order, one step each or two; some fail on purpose after their work is done."""

    database: str

    def __init__(self) -> None:
        super().__init__()
        self.memory, self.sql = MemoryHome(), SqlHome.open(self.database)
        with self.sql.unit() as unit:
            for table in METADATA.sorted_tables:
                unit.connection.execute(table.delete())
        self.both(lambda unit: unit.ledger.limit_packages({"depot": 2}))

    def teardown(self) -> None:
        self.sql.close()

    def both(self, work: Callable[[UnitOfWork], object]) -> None:
        told = [self.one(home, work) for home in (self.memory, self.sql)]
        assert told[0] == told[1]

    @staticmethod
    def one(home: MemoryHome | SqlHome, work: Callable[[UnitOfWork], object]) -> object:
        try:
            with home.unit() as unit:
                return work(unit)
        except MalhaError as error:
            return type(error), str(error)

    @rule(events=EVENTS)
    def append(self, events: list) -> None:
        self.both(lambda unit: unit.ledger.append(events))

    @rule(order=ORDERS, parts=PARTS, at=WHEN, hours=st.one_of(st.none(), st.integers(1, 9)))
    def reserve(self, order: str, parts: list, at, hours: int | None) -> None:
        until = None if hours is None else at + timedelta(hours=hours)
        self.both(lambda unit: unit.ledger.reserve(order, parts, at=at, expires_at=until))

    @rule(order=ORDERS, at=WHEN)
    def receive(self, order: str, at) -> None:
        self.both(lambda unit: unit.ledger.receive(order, at))

    @rule(order=ORDERS, at=WHEN, version=VERSIONS)
    def approve(self, order: str, at, version: int | None) -> None:
        self.both(lambda unit: unit.ledger.approve(order, at=at, version=version))

    @rule(order=ORDERS, at=WHEN, hours=st.integers(-2, 9))
    def extend(self, order: str, at, hours: int) -> None:
        self.both(lambda unit: unit.ledger.extend(order, at + timedelta(hours=hours), at=at))

    @rule(
        order=ORDERS,
        verb=st.sampled_from(["hand_over", "hand_over", "deliver", "take_back", "release", "cancel"]),
        selection=SELECTIONS,
        at=WHEN,
        version=VERSIONS,
    )
    def move(self, order: str, verb: str, selection: Selection, at, version: int | None) -> None:
        self.both(lambda unit: getattr(unit.ledger, verb)(order, selection, at=at, version=version))

    @rule(order=ORDERS, parts=PARTS, selection=SELECTIONS, at=WHEN)
    def reroute(self, order: str, parts: list, selection: Selection, at) -> None:
        self.both(lambda unit: unit.ledger.reroute(order, parts, selection, at=at))

    @rule(at=WHEN, most=st.integers(1, 3))
    def expire(self, at, most: int) -> None:
        self.both(lambda unit: unit.ledger.expire(at, most))

    @rule(events=EVENTS, order=ORDERS, at=WHEN, parts=PARTS)
    def two_steps_of_which_the_second_may_fail(self, events: list, order: str, at, parts: list) -> None:
        def work(unit: UnitOfWork) -> object:
            told = unit.ledger.append(events)
            return told, unit.ledger.reserve(order, parts, at=at, expires_at=None)

        self.both(work)

    @rule(key=st.sampled_from(KEYS), units=st.one_of(st.none(), UNITS))
    def configure(self, key: StockKey, units: int | None) -> None:
        self.both(lambda unit: unit.ledger.configure({key: StockSettings(units, units, 1.5)}))

    @invariant()
    def both_hold_the_same_and_no_count_is_negative(self) -> None:
        with self.memory.reading() as mine, self.sql.reading() as theirs:
            rows = list(mine.store.all_rows())
            assert list(theirs.store.all_rows()) == rows
            assert list(theirs.store.all_events()) == list(mine.store.all_events())
            assert list(theirs.store.all_reservations()) == list(mine.store.all_reservations())
            days = [("depot", date(2018, 4, 2))]
            assert theirs.ledger.packages_left(days) == mine.ledger.packages_left(days)
            assert audit(mine.store).differences == audit(theirs.store).differences == ()
        assert all(row.available >= 0 and row.reserved >= 0 for row in rows)


def run(database: str, examples: int, steps: int) -> None:
    machine = type("Machine", (Interleaving,), {"database": database})
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    run_state_machine_as_test(
        machine,
        settings=settings(max_examples=examples, stateful_step_count=steps, suppress_health_check=checks),
    )


def test_memory_and_sqlite_agree(tmp_path: Path) -> None:
    run(str(tmp_path / "ledger.db"), 10, 20)


@pytest.mark.campaign
def test_memory_and_sqlite_agree_at_length(tmp_path: Path) -> None:
    run(str(tmp_path / "ledger.db"), 400, 50)


@pytest.mark.campaign
def test_memory_and_postgres_agree_at_length(new_postgres: NewDatabase) -> None:
    run(new_postgres(), 100, 50)
