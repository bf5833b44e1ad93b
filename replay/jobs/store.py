"""Jobs in the database, in the caller's unit of work: every step is one locked read and one write."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import fields, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

import sqlalchemy as sa

from graph.errors import BadInput, MalhaError
from inventory.ledger import KeyReused
from inventory.sql.inserts import add_new
from inventory.sql.tables import ANSWERS
from replay.jobs import job as step
from replay.jobs.job import ENDS, Job, JobState
from replay.tables import JOBS

MOST_LISTED: Final = 100

_NAMES: Final = tuple(one.name for one in fields(Job))
_FIXED: Final = frozenset({"job_id", "kind", "client", "idempotency_key", "request", "created_at"})
_MOVING: Final = tuple(name for name in _NAMES if name not in _FIXED)
_STAND: Final = sa.select(*(JOBS.c[name] for name in _MOVING if name != "result"))
"""Where a job stands, without its request and result: those may be large, and beats are many."""


class UnknownJob(BadInput):
    """No job has this id."""

    def __init__(self, job_id: str) -> None:
        self.job_id = job_id
        super().__init__(f"There is no job {job_id!r}.")


class LeaseLost(MalhaError):
    """A run of a job is not the one that holds it any more; what it does now must not count."""

    def __init__(self, job_id: str) -> None:
        self.job_id = job_id
        super().__init__(f"Job {job_id} is no longer in the hands of this worker.")


class Jobs:
    """The jobs, on the connection of a unit of work."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def submit(self, kind: str, request: Mapping[str, Any], at: datetime, client: str, key: str) -> Job:
        """Queue a job, once for each client and idempotency key; return it, or the one that is there.

        Raises KeyReused when the key came with another kind or request.
        """
        name = sha256(f"{len(client)}:{client}:{key}".encode()).hexdigest()
        made = Job(f"job-{name[:24]}", kind, client, key, json.loads(json.dumps(request)), at)
        add_new(self._connection, JOBS, [_row(made)])
        found = self._one(made.job_id, lock=False)
        if (found.kind, found.request) != (kind, made.request):
            raise KeyReused(key)
        return found

    def get(self, job_id: str) -> Job | None:
        """Return a job."""
        row = self._connection.execute(sa.select(JOBS).where(JOBS.c.job_id == job_id)).one_or_none()
        return None if row is None else _job(row)

    def newest(self, most: int = MOST_LISTED, state: JobState | None = None) -> list[Job]:
        """Return jobs, the newest first."""
        query = sa.select(JOBS).order_by(JOBS.c.position.desc()).limit(most)
        if state is not None:
            query = query.where(JOBS.c.state == state.value)
        return [_job(row) for row in self._connection.execute(query)]

    def open_of(self, kind: str) -> list[Job]:
        """Return the jobs of a kind that have not ended, the oldest first."""
        query = sa.select(JOBS).where(JOBS.c.kind == kind, JOBS.c.state.not_in(_names(ENDS)))
        return [_job(row) for row in self._connection.execute(query.order_by(JOBS.c.position))]

    def claim(
        self,
        owner: str,
        at: datetime,
        lease: timedelta,
        most_attempts: int,
        kinds: Collection[str],
    ) -> Job | None:
        """Take up the oldest job that waits, for the time of a lease; None when none does.

        Jobs whose worker was not heard of for its lease wait again first, or end. Jobs that another unit of
        work holds right now are passed over.
        """
        self._collect(at, most_attempts)
        query = sa.select(JOBS).where(JOBS.c.state == JobState.QUEUED.value, JOBS.c.kind.in_(sorted(kinds)))
        query = query.order_by(JOBS.c.position).limit(1).with_for_update(skip_locked=True)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else self._put(step.claimed(_job(row), owner, at, lease))

    def held(self, run: Job, *, lock: bool = True) -> Job:
        """Return the job of a run as it stands now; raises LeaseLost when the run holds it no more.

        ``lock`` keeps it so until the unit of work ends: what a run writes beside is written by it alone.
        """
        query = _STAND.where(JOBS.c.job_id == run.job_id)
        row = self._connection.execute(query.with_for_update() if lock else query).one_or_none()
        if row is None:
            raise LeaseLost(run.job_id)
        found = replace(run, **dict(row._mapping) | {"state": JobState(row.state)})
        if (found.lease_owner, found.attempts) != (run.lease_owner, run.attempts):
            raise LeaseLost(run.job_id)
        return found

    def beat(self, run: Job, until: datetime, progress: float, text: str) -> Job:
        """Prolong a lease and tell the progress; raises LeaseLost."""
        return self._put(step.beaten(self.held(run), until, progress, text))

    def end(self, run: Job, ending: Callable[[Job], Job]) -> Job:
        """End a run by one of the steps of ``replay.jobs.job``; raises LeaseLost."""
        return self._put(ending(self.held(run)))

    def outcomes(self, job_id: str) -> dict[str, Any]:
        """Return what runs of a job have stored piece by piece (`client_of`), by the name of the piece."""
        query = sa.select(ANSWERS.c.idempotency_key, ANSWERS.c.content)
        found = self._connection.execute(query.where(ANSWERS.c.client == client_of(job_id)))
        return {key: json.loads(content) for key, content in found}

    def cancel(self, job_id: str, at: datetime) -> Job:
        """Cancel a job that waits at once, one that runs as soon as its worker sees it; UnknownJob."""
        return self._put(step.cancel_asked(self._one(job_id, lock=True), at))

    def _collect(self, at: datetime, most_attempts: int) -> None:
        query = sa.select(JOBS).where(JOBS.c.state == JobState.RUNNING.value, JOBS.c.lease_until <= at)
        for row in self._connection.execute(query.with_for_update(skip_locked=True)).all():
            lapsed = _job(row)
            reason = f"worker {lapsed.lease_owner} was not heard of since {lapsed.lease_until}"
            self._put(step.lost(lapsed, at, most_attempts, reason))

    def _one(self, job_id: str, *, lock: bool) -> Job:
        query = sa.select(JOBS).where(JOBS.c.job_id == job_id)
        row = self._connection.execute(query.with_for_update() if lock else query).one_or_none()
        if row is None:
            raise UnknownJob(job_id)
        return _job(row)

    def _put(self, changed: Job) -> Job:
        moved = {name: value for name, value in _row(changed).items() if name in _MOVING}
        self._connection.execute(sa.update(JOBS).where(JOBS.c.job_id == changed.job_id).values(moved))
        return changed


def client_of(job_id: str) -> str:
    """Return the client under whose name the runs of a job keep their answers."""
    return f"job:{job_id}"


def _row(job: Job) -> dict[str, Any]:
    return {one.name: getattr(job, one.name) for one in fields(job)} | {"state": job.state.value}


def _job(row: sa.Row[Any]) -> Job:
    told = {one.name: getattr(row, one.name) for one in fields(Job)}
    return Job(**told | {"state": JobState(row.state)})


def _names(states: Collection[JobState]) -> list[str]:
    return sorted(state.value for state in states)
