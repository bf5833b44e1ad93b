"""Wherever a reader stops, is killed or goes back to, it ends as one that was left alone."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import pytest
import sqlalchemy as sa

from graph.days import day_of, start_of
from graph.errors import BadInput
from graph.tables import SCHEMAS
from inventory.sql import SqlHome
from replay.stream.checkpoints import SPAN_S, Checkpoint, Checkpoints, Put
from replay.stream.clock import NAP_S, Pace
from replay.stream.events import Event, tick
from replay.stream.log import BEGINNING, Entry, Log, MemoryLog
from replay.stream.reference import Reference
from replay.stream.source import FrameLog, Recorded, fill
from replay.stream.sql_log import SqlLog
from replay.stream.state import Output, State
from replay.stream.stepper import Stepper, Stop
from replay.stream.tables import OUTPUTS
from tests.replay.stream.conftest import QUICK
from tests.replay.stream.watchers import Tally


@dataclass(frozen=True)
class Undisturbed:
    """The first months of the marketplace, played without interruption."""

    log: FrameLog
    reference: Reference
    digest: str
    puts: list[tuple[int, int, Output]]

    def assert_same(self, stepper: Stepper) -> None:
        assert stepper.offset == self.log.end()
        assert stepper.state.digest == self.digest
        assert stepper.kept is not None
        assert [(put.offset, put.place, put.output) for put in stepper.kept.outputs()] == self.puts


def stepper_of(log: Log, reference: Reference, kept: Checkpoints | None = None, every: int = 700) -> Stepper:
    return Stepper.resume(log, reference, kept, parameters=QUICK, observers=[Tally()], every=every)


@dataclass
class Vanishing:
    """Breaks a run off after so many events, as a crash would: without any last words."""

    left: int

    def __call__(self) -> bool:
        self.left -= 1
        if self.left < 0:
            raise InterruptedError
        return False


@pytest.fixture(scope="module")
def undisturbed(recorded: Recorded) -> Undisturbed:
    log = FrameLog(recorded.log.frame[:3_000])
    stepper = stepper_of(log, recorded.reference)
    puts: list[tuple[int, int, Output]] = []

    def note(output: Output) -> None:
        place = puts[-1][1] + 1 if puts and puts[-1][0] == stepper.offset else 0
        puts.append((stepper.offset, place, output))

    assert stepper.run(watch=note) is Stop.END
    assert {output.kind for _, _, output in puts} == {"day", "window", "tally", "hundredth"}
    return Undisturbed(log, recorded.reference, stepper.state.digest, puts)


@dataclass(frozen=True)
class Gaps:
    """A log whose offsets are odd, as one in a database leaves numbers out."""

    log: Log

    def append(self, events: Sequence[Event]) -> int:
        return self.log.append(events)

    def read(self, after: int, limit: int) -> list[Entry]:
        return [Entry(2 * offset - 1, event) for offset, event in self.log.read((after + 1) // 2, limit)]

    def end(self) -> int:
        return 2 * self.log.end() - 1


def test_checkpoints_are_kept_whatever_offsets_a_log_has(undisturbed: Undisturbed, sqlite: SqlHome) -> None:
    kept, vanishing = Checkpoints(sqlite, "r"), Vanishing(1_000)
    stepper = stepper_of(Gaps(undisturbed.log), undisturbed.reference, kept)
    with suppress(InterruptedError):
        stepper.run(stopped=vanishing)
    found = kept.newest()
    assert found is not None
    assert found.offset == 1_401  # two numbers an event: the first that is 700 beyond 701
    assert stepper_of(Gaps(undisturbed.log), undisturbed.reference, kept).run() is Stop.END


def test_a_late_event_takes_no_checkpoint_back(undisturbed: Undisturbed, sqlite: SqlHome) -> None:
    log, kept = MemoryLog(), Checkpoints(sqlite, "r")
    late = Event("late", "Reviewed", 100, "o1", "1", {})
    log.append([tick(start_of(17_500)), late])
    stepper_of(log, undisturbed.reference, kept).run()
    found = kept.newest()
    assert found is not None
    assert found.at_s == start_of(17_500)  # else a reader that goes back to 200 would know what came later


def test_a_run_with_checkpoints_ends_as_one_without(undisturbed: Undisturbed, home: SqlHome) -> None:
    log = SqlLog(home, "market")
    fill(log, undisturbed.log)
    stepper = stepper_of(log, undisturbed.reference, Checkpoints(home, "r"))
    assert stepper.run() is Stop.END
    undisturbed.assert_same(stepper)
    assert stepper.run() is Stop.END  # nothing is left to do, and nothing is done twice
    undisturbed.assert_same(stepper)


def test_lost_between_checkpoints_and_resumed_again_and_again(
    undisturbed: Undisturbed, home: SqlHome
) -> None:
    """A reader that vanishes with what it has played since its checkpoint leaves no trace of it."""
    kept, rng = Checkpoints(home, "r"), random.Random(3)
    for _ in range(5):
        stepper = stepper_of(undisturbed.log, undisturbed.reference, kept)
        vanishing = Vanishing(rng.randrange(1, 2_500))
        with suppress(InterruptedError):
            stepper.run(stopped=vanishing)
    last = stepper_of(undisturbed.log, undisturbed.reference, kept)
    last.run()
    undisturbed.assert_same(last)


def test_pausing_at_instants_and_events_changes_nothing(undisturbed: Undisturbed, sqlite: SqlHome) -> None:
    kept = Checkpoints(sqlite, "r")
    days = sorted({output.time_s for _, _, output in undisturbed.puts if output.kind == "day"})
    half_s = days[len(days) // 2] + 3_600
    for at_s in (days[3], half_s, half_s, days[-5]):
        stepper = stepper_of(undisturbed.log, undisturbed.reference, kept)
        before = stepper.state.clock_s
        assert stepper.run(at_s) is Stop.PAUSED
        assert stepper.state.clock_s == max(before, start_of(day_of(at_s)))
        assert stepper.run(most=17) is Stop.PAUSED
        assert stepper.run(stopped=lambda: True) is Stop.STOPPED
    last = stepper_of(undisturbed.log, undisturbed.reference, kept)
    assert last.run() is Stop.END
    undisturbed.assert_same(last)


def test_going_back_and_on_again(undisturbed: Undisturbed, sqlite: SqlHome) -> None:
    kept = Checkpoints(sqlite, "r")
    stepper_of(undisturbed.log, undisturbed.reference, kept).run()
    half_s = undisturbed.puts[len(undisturbed.puts) // 2][2].time_s
    back = Stepper.resume(
        undisturbed.log,
        undisturbed.reference,
        kept,
        parameters=QUICK,
        observers=[Tally()],
        before_s=half_s,
    )
    assert BEGINNING < back.offset < undisturbed.log.end()
    assert back.state.clock_s < half_s
    assert all(put.offset <= back.offset for put in kept.outputs())
    back.run()
    undisturbed.assert_same(back)
    start = Stepper.resume(undisturbed.log, undisturbed.reference, kept, before_s=0)
    assert start.offset == BEGINNING
    assert not list(kept.outputs())


def test_a_checkpoint_is_all_or_nothing(home: SqlHome) -> None:
    kept = Checkpoints(home, "r")
    told = Output("day", 5, {"b": 1.5, "a": None})
    kept.keep(Checkpoint(3, 5, b"one"), [Put(2, 0, told)])
    with pytest.raises(sa.exc.IntegrityError):
        kept.keep(Checkpoint(4, 6, b"two"), [Put(4, 0, told), Put(2, 0, told)])
    assert kept.newest() == Checkpoint(3, 5, b"one")
    assert list(kept.outputs()) == [Put(2, 0, told)]
    assert list(kept.outputs("window")) == []
    assert list(Checkpoints(home, "other").outputs()) == []


def test_of_every_stretch_the_newest_checkpoint_stays(home: SqlHome) -> None:
    kept = Checkpoints(home, "r")
    for offset, at_s in enumerate((1, 2, SPAN_S, SPAN_S + 1, 5 * SPAN_S), 1):
        kept.keep(Checkpoint(offset, at_s, b"%d" % offset), [])
    assert kept.newest() == Checkpoint(5, 5 * SPAN_S, b"5")
    assert kept.newest(SPAN_S + 2) == Checkpoint(4, SPAN_S + 1, b"4")
    assert kept.newest(SPAN_S) == Checkpoint(2, 2, b"2")
    assert kept.newest(2) is None
    kept.forget(2)
    assert kept.newest() == Checkpoint(2, 2, b"2")


def test_a_saved_state_of_other_names_or_damaged_is_refused(undisturbed: Undisturbed) -> None:
    state = State.start(undisturbed.reference, QUICK)
    content = state.save()
    nobody = Reference.of({name: schema.empty() for name, schema in SCHEMAS.items()})
    with pytest.raises(BadInput, match="other places"):
        State.restore(content, nobody)
    with pytest.raises(BadInput, match="cannot be read"):
        State.restore(content[:-200], undisturbed.reference)
    assert State.restore(content, undisturbed.reference).save() == content


class Wall:
    """A wall clock that only sleeping moves."""

    def __init__(self) -> None:
        self.at, self.naps = 100.0, list[float]()

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.at += seconds


def test_time_goes_by_so_many_times_as_fast() -> None:
    wall = Wall()
    pace = Pace(3_600.0, lambda: wall.at, wall.sleep)
    for at_s in (0, 60, 3_600, 9_000):
        pace.wait(at_s, lambda: False)
    assert wall.at == pytest.approx(102.5)
    assert max(wall.naps) <= NAP_S
    pace.restart()
    pace.wait(10**9, lambda: False)  # as after a seek: no wait for what was skipped
    assert wall.at == pytest.approx(102.5)
    pace.wait(2 * 10**9, lambda: True)
    assert wall.at == pytest.approx(102.5)


def test_as_fast_as_possible_never_sleeps() -> None:
    wall = Wall()
    pace = Pace(0.0, lambda: wall.at, wall.sleep)
    for at_s in (0, 10**9):
        pace.wait(at_s, lambda: False)
    assert not wall.naps


def test_speed_changes_nothing(undisturbed: Undisturbed) -> None:
    wall = Wall()
    stepper = stepper_of(undisturbed.log, undisturbed.reference)
    stepper.pace = Pace(86_400.0, lambda: wall.at, wall.sleep)
    stepper.run()
    assert stepper.state.digest == undisturbed.digest
    assert wall.naps


def test_outputs_are_stored_with_sorted_keys(home: SqlHome) -> None:
    Checkpoints(home, "r").keep(Checkpoint(1, 1, b""), [Put(1, 0, Output("day", 5, {"b": 1, "a": 2}))])
    with home.reading() as unit:
        assert unit.connection.scalars(sa.select(OUTPUTS.c.data)).all() == ['{"a":2,"b":1}']
