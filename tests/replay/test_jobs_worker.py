"""The worker: its jobs run once, its death and its end lose nothing, and a cancel is heard in time."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from inventory.sql import SqlHome
from replay.jobs import Chore, Job, Jobs, JobState, Worker, wall_clock
from tests.replay.chores_at_hand import KINDS, make

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60.0


def submit(home: SqlHome, kind: str, request: dict[str, Any], key: str = "k") -> str:
    with home.unit() as unit:
        return Jobs(unit.connection).submit(kind, request, wall_clock(), "test", key).job_id


def stored(home: SqlHome, job_id: str) -> Job:
    with home.reading() as unit:
        found = Jobs(unit.connection).get(job_id)
    assert found is not None
    return found


def until(true: Callable[[], bool]) -> float:
    """Wait until something is true; return how long that took, in seconds."""
    started = time.monotonic()
    while not true():
        assert time.monotonic() < started + PATIENCE_S
        time.sleep(0.02)
    return time.monotonic() - started


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@contextmanager
def working(database: str, owner: str, *more: str, lease_s: float = 30) -> Iterator[subprocess.Popen[str]]:
    """Run a worker as a process of its own."""
    command = [sys.executable, "-m", "tests.replay.chores_at_hand", database, owner, str(lease_s), *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def working_here(worker: Worker) -> Iterator[None]:
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join(PATIENCE_S)
        worker.home.close()
        assert not thread.is_alive()


def test_it_does_what_waits_and_says_how_each_ended(home: SqlHome, database: str, tmp_path: Path) -> None:
    note = {"file": str(tmp_path / "notes"), "number": 7}
    names = {kind: submit(home, kind, note, kind) for kind in ("refuse", "note", "die", "stumble")}
    worker = make(database, "w", 30)
    assert worker.run(once=True) == 4
    worker.home.close()
    ends = {kind: stored(home, name) for kind, name in names.items()}
    assert (ends["note"].state, ends["note"].result) == (JobState.DONE, {"seen": 7})
    assert (ends["refuse"].state, ends["refuse"].reason) == (JobState.FAILED, "no such thing")
    assert (ends["stumble"].state, ends["stumble"].attempts) == (JobState.FAILED, 1)
    assert "KeyError" in str(ends["stumble"].reason)
    assert (ends["die"].state, ends["die"].attempts) == (JobState.FAILED, 3)
    assert "ended with -9" in str(ends["die"].reason)


def shared_out(home: SqlHome, database: str, file: Path, workers: int, jobs: int) -> None:
    """Let workers empty a queue together; each job is run by one of them, once."""
    names = [submit(home, "note", {"file": str(file), "number": n}, f"k{n}") for n in range(jobs)]
    with ExitStack() as stack:
        crew = [stack.enter_context(working(database, f"w{n}", "once")) for n in range(workers)]
        assert [process.wait(20 * PATIENCE_S) for process in crew] == [0] * workers
    noted = [line.split() for line in file.read_text("utf-8").splitlines()]
    assert sorted(name for name, _ in noted) == sorted(names)
    assert {(stored(home, name).state, stored(home, name).attempts) for name in names} == {(JobState.DONE, 1)}


def test_two_workers_run_each_job_once(home: SqlHome, database: str, tmp_path: Path) -> None:
    shared_out(home, database, tmp_path / "notes", workers=2, jobs=30)


@pytest.mark.campaign
def test_four_workers_run_each_of_five_hundred_jobs_once(
    home: SqlHome, database: str, tmp_path: Path
) -> None:
    shared_out(home, database, tmp_path / "notes", workers=4, jobs=500)


def test_a_cancel_ends_work_that_cannot_be_interrupted(home: SqlHome, database: str, tmp_path: Path) -> None:
    file = tmp_path / "pid"
    name = submit(home, "sleep", {"file": str(file), "seconds": 600})
    with working_here(make(database, "w", 30)):
        until(lambda: stored(home, name).progress_text == "asleep")
        with home.unit() as unit:
            Jobs(unit.connection).cancel(name, wall_clock())
        seconds = until(lambda: stored(home, name).ended)
        assert seconds < 2
        assert stored(home, name).state is JobState.CANCELED
        assert not alive(int(file.read_text("utf-8")))
        after = submit(home, "note", {"file": str(tmp_path / "notes"), "number": 1}, "after")
        until(lambda: stored(home, after).state is JobState.DONE)


def test_a_killed_worker_leaves_its_job_to_another(home: SqlHome, database: str, tmp_path: Path) -> None:
    file = tmp_path / "pid"
    name = submit(home, "sleep", {"file": str(file), "seconds": 600})
    with working(database, "w1", lease_s=3) as first:
        until(lambda: stored(home, name).progress_text == "asleep")
        first.kill()
    until(lambda: not alive(int(file.read_text("utf-8"))))  # its hand does not live on
    with working(database, "w2", lease_s=3):
        until(lambda: stored(home, name).attempts == 2)
        assert stored(home, name).lease_owner == "w2"


def test_sigterm_gives_the_lease_back(home: SqlHome, database: str, tmp_path: Path) -> None:
    file = tmp_path / "pid"
    name = submit(home, "sleep", {"file": str(file), "seconds": 600})
    with working(database, "w1") as process:
        until(lambda: stored(home, name).progress_text == "asleep")
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    left = stored(home, name)
    assert (left.state, left.attempts, left.lease_owner) == (JobState.QUEUED, 0, None)
    assert not alive(int(file.read_text("utf-8")))


def test_a_lease_is_prolonged_while_the_work_goes_on(home: SqlHome, database: str, tmp_path: Path) -> None:
    name = submit(home, "sleep", {"file": str(tmp_path / "pid"), "seconds": 3})
    worker = make(database, "w1", 1)
    other = make(database, "w2", 1)
    with working_here(worker), working_here(other):
        until(lambda: stored(home, name).ended)
    assert (stored(home, name).state, stored(home, name).attempts) == (JobState.DONE, 1)


def test_chores_are_done_before_jobs_and_again_when_due(home: SqlHome, database: str) -> None:
    seen: list[int] = []

    def work(unit: object, at: object) -> dict[str, Any]:
        seen.append(1)
        return {"more": True} if len(seen) < 3 else {}

    chore = Chore("chore", timedelta(hours=1), work)
    worker = Worker(home, database, KINDS, "w", wall_clock, [chore])
    worker.run(once=True)
    assert len(seen) == 3  # until nothing was left, then not again for an hour
    worker.run(once=True)
    assert len(seen) == 3
