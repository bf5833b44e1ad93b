"""The hand of a worker: a process that does the work, and that can be ended while it is in the middle.

A solver cannot be interrupted from within, so a job that is canceled takes its process with it. The process
lives on from job to job, because loading a network takes longer than most jobs. It ends itself as soon as
its worker is gone: a worker that was killed leaves nobody behind who writes.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from typing import Any, Final

from graph.errors import MalhaError
from inventory.sql import DatabaseBusy, DatabaseDown
from replay.jobs.job import Job
from replay.jobs.store import LeaseLost
from replay.parent import end_with_parent

Tell = Callable[[float, str], None]
"""Hears how much of a job is done, from 0 to 1, and what is being done."""

Clock = Callable[[], datetime]


def wall_clock() -> datetime:
    """Return what the clock says."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Task:
    """What a run of a job gets: the job as it was claimed, where the database is, whom to tell, the clock."""

    job: Job
    database: str
    tell: Tell
    clock: Clock = wall_clock


Work = Callable[[Task], Mapping[str, Any]]
"""Does a job of one kind, in a process of its own, and returns its result as JSON values.

A MalhaError (bad input, no answer) ends the job as failed, with its text as the reason. A database that is
busy or down, and a process that dies, are tried again.
"""

Kinds = Mapping[str, Work]
"""The kinds of jobs by name; their work is sent to another process, so it is a function of a module."""


@dataclass(frozen=True, slots=True)
class Progress:
    """The work goes on."""

    share: float
    text: str


@dataclass(frozen=True, slots=True)
class Done:
    """The work is done."""

    result: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Failed:
    """The work failed; ``again`` says whether another run might succeed."""

    reason: str
    again: bool


Message = Progress | Done | Failed

_CONTEXT: Final = multiprocessing.get_context("spawn")  # a fork would copy the locks of running threads


class Hand:
    """One process that works, started when it is first needed, and again after it was ended."""

    def __init__(self, kinds: Kinds, database: str, clock: Clock) -> None:
        self._given = dict(kinds), database, clock
        self._pipe: Connection | None = None
        self._process: Any = None

    def start(self, job: Job) -> None:
        """Begin a job."""
        if self._process is None or not self._process.is_alive():
            self.kill()
            self._pipe, theirs = _CONTEXT.Pipe()
            self._process = _CONTEXT.Process(target=_serve, args=(theirs, *self._given), daemon=True)
            self._process.start()
            theirs.close()
        assert self._pipe is not None
        with suppress(OSError):  # where it has just died, `hear` says so
            self._pipe.send(job)

    def hear(self, seconds: float) -> Message | None:
        """Wait for a message so long, and return the last one that is there, or the first that ends it."""
        assert self._pipe is not None
        heard: Message | None = None
        try:
            while self._pipe.poll(seconds if heard is None else 0):
                heard = self._pipe.recv()
                if not isinstance(heard, Progress):
                    break
        except (EOFError, OSError):
            self._process.join()
            return Failed(f"the process that worked ended with {self._process.exitcode}", again=True)
        return heard

    def kill(self) -> None:
        """End the process, whatever it is doing."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process.close()
        if self._pipe is not None:
            self._pipe.close()
        self._process = self._pipe = None


def _serve(pipe: Connection, kinds: Kinds, database: str, clock: Clock) -> None:
    """Do one job after the other, for as long as the worker lives."""
    for name in (signal.SIGINT, signal.SIGTERM):  # both may reach a whole group: the worker decides
        signal.signal(name, signal.SIG_IGN)
    end_with_parent()
    while True:
        try:
            job: Job = pipe.recv()
        except (EOFError, OSError):
            return
        task = Task(job, database, lambda share, text: pipe.send(Progress(share, text)), clock)
        pipe.send(_outcome(kinds, task))


def _outcome(kinds: Kinds, task: Task) -> Message:
    try:
        return Done(kinds[task.job.kind](task))
    except (DatabaseBusy, DatabaseDown, LeaseLost) as error:
        return Failed(str(error), again=True)
    except MalhaError as error:
        return Failed(str(error), again=False)
    except Exception as error:
        return Failed(f"{type(error).__name__}: {error}", again=False)
