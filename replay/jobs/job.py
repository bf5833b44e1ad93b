"""A job: its states, the one closed table of what may follow what, and every step as a pure function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from graph.errors import MalhaError


class JobState(StrEnum):
    """Where a job stands; ``done``, ``failed`` and ``canceled`` are ends."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELED = "canceled"


class Step(StrEnum):
    """What can happen to a job."""

    CLAIM = "claim"
    BEAT = "beat"
    CANCEL = "cancel"
    STOP = "stop"
    FINISH = "finish"
    FAIL = "fail"
    GIVE_BACK = "give_back"
    LOSE = "lose"


S = JobState
NEXT: Final[Mapping[tuple[JobState, Step], frozenset[JobState]]] = {
    (S.QUEUED, Step.CLAIM): frozenset({S.RUNNING}),
    (S.QUEUED, Step.CANCEL): frozenset({S.CANCELED}),
    (S.RUNNING, Step.BEAT): frozenset({S.RUNNING}),
    (S.RUNNING, Step.CANCEL): frozenset({S.RUNNING}),
    (S.RUNNING, Step.STOP): frozenset({S.CANCELED}),
    (S.RUNNING, Step.FINISH): frozenset({S.DONE}),
    (S.RUNNING, Step.FAIL): frozenset({S.FAILED}),
    (S.RUNNING, Step.GIVE_BACK): frozenset({S.QUEUED, S.CANCELED}),
    (S.RUNNING, Step.LOSE): frozenset({S.QUEUED, S.CANCELED, S.FAILED}),
}
"""The states that a step leads to; a pair that is absent is not possible."""

ENDS: Final = frozenset({S.DONE, S.FAILED, S.CANCELED})
CANCELED: Final = "canceled on request"


class WrongStep(MalhaError):
    """A job cannot do this from where it stands; nothing was changed."""

    def __init__(self, job_id: str, step: Step, state: JobState) -> None:
        self.job_id, self.step, self.state = job_id, step, state
        super().__init__(f"Job {job_id} is {state}: {step} is not possible.")


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of long work. ``request`` and ``result`` are JSON values, ``progress`` goes from 0 to 1.

    ``attempts`` counts the workers that took it up and did not give it back; with ``lease_owner`` it names
    one run of the job. ``reason`` tells why it failed, was canceled or has to be run again.
    """

    job_id: str
    kind: str
    client: str
    idempotency_key: str
    request: Mapping[str, Any]
    created_at: datetime
    state: JobState = JobState.QUEUED
    progress: float = 0.0
    progress_text: str = ""
    result: Mapping[str, Any] | None = None
    reason: str | None = None
    lease_owner: str | None = None
    lease_until: datetime | None = None
    attempts: int = 0
    started_at: datetime | None = None
    ended_at: datetime | None = None
    cancel_requested_at: datetime | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing will happen to it any more."""
        return self.state in ENDS

    def lapsed(self, at: datetime) -> bool:
        """Whether its worker has not been heard of for as long as its lease."""
        return self.state is S.RUNNING and self.lease_until is not None and self.lease_until <= at


def claimed(job: Job, owner: str, at: datetime, lease: timedelta) -> Job:
    """Return the job in the hands of a worker."""
    _permit(job, Step.CLAIM)
    first = job.started_at or at
    held = replace(job, lease_owner=owner, lease_until=at + lease, attempts=job.attempts + 1)
    return replace(held, state=S.RUNNING, started_at=first, reason=None)


def beaten(job: Job, until: datetime, progress: float, text: str) -> Job:
    """Return the job with its lease prolonged and what its work told of its progress."""
    _permit(job, Step.BEAT)
    done = min(max(progress, 0.0), 1.0)
    return replace(job, lease_until=until, progress=done, progress_text=text)


def cancel_asked(job: Job, at: datetime) -> Job:
    """Return the job canceled, or with the wish noted for the worker that runs it; an end stays as it is."""
    if job.ended:
        return job
    _permit(job, Step.CANCEL)
    asked = replace(job, cancel_requested_at=job.cancel_requested_at or at)
    return _ended(asked, S.CANCELED, at, CANCELED) if job.state is S.QUEUED else asked


def stopped(job: Job, at: datetime) -> Job:
    """Return the job canceled by the worker that ran it."""
    _permit(job, Step.STOP)
    return _ended(job, S.CANCELED, at, CANCELED)


def finished(job: Job, at: datetime, result: Mapping[str, Any]) -> Job:
    """Return the job done."""
    _permit(job, Step.FINISH)
    return replace(_ended(job, S.DONE, at, None), progress=1.0, progress_text="", result=result)


def failed(job: Job, at: datetime, reason: str) -> Job:
    """Return the job failed: running it again would not help."""
    _permit(job, Step.FAIL)
    return _ended(job, S.FAILED, at, reason)


def given_back(job: Job, at: datetime) -> Job:
    """Return the job for another worker: this one was asked to end, so the attempt does not count."""
    _permit(job, Step.GIVE_BACK)
    return _again(replace(job, attempts=job.attempts - 1), at)


def lost(job: Job, at: datetime, most_attempts: int, reason: str) -> Job:
    """Return the job after a run that died: queued again, or failed after ``most_attempts`` of them."""
    _permit(job, Step.LOSE)
    if job.attempts >= most_attempts and job.cancel_requested_at is None:
        return _ended(job, S.FAILED, at, f"{reason} (attempt {job.attempts} of {most_attempts})")
    again = _again(job, at)
    return again if again.ended else replace(again, reason=reason)


def _again(job: Job, at: datetime) -> Job:
    if job.cancel_requested_at is not None:
        return _ended(job, S.CANCELED, at, CANCELED)
    return replace(job, state=S.QUEUED, lease_owner=None, lease_until=None, progress=0.0, progress_text="")


def _ended(job: Job, state: JobState, at: datetime, reason: str | None) -> Job:
    return replace(job, state=state, ended_at=at, reason=reason, lease_owner=None, lease_until=None)


def _permit(job: Job, step: Step) -> None:
    if (job.state, step) not in NEXT:
        raise WrongStep(job.job_id, step, job.state)
