"""The worker: takes up jobs under a lease, lets its hand do them, and sees to the chores in between."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, Protocol, TypeVar

from graph.errors import MalhaError
from inventory.sql import DatabaseBusy, DatabaseDown, SqlHome, SqlUnit
from replay.jobs.hand import Clock, Done, Failed, Hand, Kinds, Progress
from replay.jobs.job import Job, failed, finished, given_back, lost, stopped
from replay.jobs.store import Jobs, LeaseLost

Result = TypeVar("Result")

LOG: Final = logging.getLogger("malha.worker")

TICK_S: Final = 0.25
"""How often a running job is looked at; a wish to cancel it is seen within this and one read."""


@dataclass(frozen=True, slots=True)
class Habits:
    """How a worker works. A lease is prolonged every third of it; ``poll_s`` is the pause when idle."""

    lease: timedelta = timedelta(seconds=30)
    most_attempts: int = 3
    poll_s: float = 1.0


class ChoreWork(Protocol):
    """What a chore does in a unit of work; it returns what to log, nothing when there was nothing."""

    def __call__(self, unit: SqlUnit, at: datetime) -> dict[str, Any]:
        """Do it at an instant."""
        ...


@dataclass(slots=True)
class Chore:
    """Something that is due every so often; ``before`` is done first, while no unit of work is open."""

    name: str
    every: timedelta
    work: ChoreWork
    before: Callable[[], None] | None = None
    due: datetime | None = field(default=None, init=False)


class Worker:
    """One worker on one database. ``stop`` ends it: the job at hand is given back for another."""

    def __init__(
        self,
        home: SqlHome,
        database: str,
        kinds: Kinds,
        owner: str,
        clock: Clock,
        chores: Sequence[Chore] = (),
        habits: Habits = Habits(),
    ) -> None:
        self.home, self.owner, self.clock = home, owner, clock
        self.kinds, self.chores, self.habits = sorted(kinds), chores, habits
        self._hand = Hand(kinds, database, clock)
        self._stop = threading.Event()

    def stop(self) -> None:
        """Ask it to end; may be called from a signal's handler or another thread."""
        self._stop.set()

    def run(self, *, once: bool = False) -> int:
        """Work until `stop` is called, or with ``once`` until nothing is due; return how many jobs ended.

        A database that is busy or away for a while is waited for.
        """
        _log("worker_started", owner=self.owner, kinds=self.kinds)
        ended = 0
        try:
            while not self._stop.is_set():
                try:
                    self._see_to_chores()
                    job = self._claim()
                except (DatabaseBusy, DatabaseDown) as error:
                    if once:
                        raise
                    _log("database_away", error=str(error))
                    job = None
                if job is not None:
                    ended += self._do(job)
                elif once and not self._is_chore_due():
                    break
                elif not once:
                    self._stop.wait(self.habits.poll_s)
        finally:
            self._hand.kill()
            _log("worker_ended", owner=self.owner, jobs=ended)
        return ended

    def _see_to_chores(self) -> None:
        """Do what is due, in small units; a chore that found something is due again at once."""
        for chore in self.chores:
            now = self.clock()
            if chore.due is None or chore.due <= now:
                told = self._chore(chore, now)
                chore.due = now if told else now + chore.every
                if told:
                    _log(chore.name, **told)

    def _chore(self, chore: Chore, now: datetime) -> dict[str, Any]:
        """Do a chore; what goes wrong in one is no reason to leave the others and the jobs undone."""
        try:
            if chore.before is not None:
                chore.before()
            return self.home.run(partial(chore.work, at=now))
        except (DatabaseBusy, DatabaseDown):
            raise
        except MalhaError as error:
            _log("chore_failed", chore=chore.name, error=str(error))
            return {}

    def _is_chore_due(self) -> bool:
        return any(chore.due is None or chore.due <= self.clock() for chore in self.chores)

    def _claim(self) -> Job | None:
        habits = self.habits
        return self._jobs(
            lambda jobs: jobs.claim(self.owner, self.clock(), habits.lease, habits.most_attempts, self.kinds)
        )

    def _do(self, run: Job) -> bool:
        """Do one job; return whether it came to an end."""
        _log("job_started", **_names(run), attempt=run.attempts)
        try:
            self._hand.start(run)
            after = self._watch(run)
        except LeaseLost:
            self._hand.kill()
            _log("job_lost", **_names(run))
            return False
        except (DatabaseBusy, DatabaseDown) as error:
            self._hand.kill()  # nobody can be told any more; after the lease another run begins
            _log("job_left", **_names(run), error=str(error))
            return False
        seconds = ((after.ended_at or self.clock()) - run.created_at).total_seconds()
        _log(f"job_{after.state}", **_names(run), reason=after.reason, seconds_since_created=seconds)
        return after.ended

    def _watch(self, run: Job) -> Job:
        """Keep the lease of a job, pass its progress on, and end it when it is done, canceled or stopped."""
        told, said = Progress(0.0, ""), Progress(0.0, "")
        third = self.habits.lease / 3
        next_beat = self.clock() + third
        while True:
            heard = self._hand.hear(TICK_S)
            if isinstance(heard, Done | Failed):
                return self._end(run, heard)
            told = heard or told
            if self._stop.is_set():
                self._hand.kill()
                return self._jobs(lambda jobs: jobs.end(run, lambda job: given_back(job, self.clock())))
            if self._is_canceled(run):
                self._hand.kill()
                return self._jobs(lambda jobs: jobs.end(run, lambda job: stopped(job, self.clock())))
            if self.clock() >= next_beat or told != said:
                self._beat(run, told)
                said, next_beat = told, self.clock() + third
            self._see_to_chores()

    def _is_canceled(self, run: Job) -> bool:
        with self.home.reading() as unit:
            return Jobs(unit.connection).held(run, lock=False).cancel_requested_at is not None

    def _beat(self, run: Job, told: Progress) -> None:
        until = self.clock() + self.habits.lease
        self._jobs(lambda jobs: jobs.beat(run, until, told.share, told.text))

    def _end(self, run: Job, heard: Done | Failed) -> Job:
        def ending(job: Job) -> Job:
            if isinstance(heard, Done):
                return finished(job, self.clock(), heard.result)
            if heard.again:
                return lost(job, self.clock(), self.habits.most_attempts, heard.reason)
            return failed(job, self.clock(), heard.reason)

        return self._jobs(lambda jobs: jobs.end(run, ending))

    def _jobs(self, work: Callable[[Jobs], Result]) -> Result:
        return self.home.run(lambda unit: work(Jobs(unit.connection)))


def _names(job: Job) -> dict[str, Any]:
    return {"job_id": job.job_id, "kind": job.kind}


def _log(event: str, **told: Any) -> None:
    LOG.info(event, extra={"fields": told})
