"""What the calls about jobs do inside a unit of work and answer, and what a batch is queued with."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from pydantic import BaseModel

from api.batches import batch_of
from api.http.faults import placed
from api.http.job_models import BatchQuestion
from api.http.limits import check_order
from api.http.order_work import Values, Visit
from api.http.problems import Code, Problem
from graph.errors import BadInput
from inventory.sql import SqlUnit
from replay.jobs import Job, Jobs, UnknownJob

_TOLD: Final = ("job_id", "kind", "state", "progress", "progress_text", "attempts", "reason")
_INSTANTS: Final = ("created_at", "started_at", "ended_at", "cancel_requested_at")


def check_batch(visit: Visit, asked: BatchQuestion) -> None:
    """Refuse a batch whose orders cannot be read, before anything is queued; each fault has its place."""
    if asked.policy is not None:
        visit.counter.desk(visit.network, asked.policy)
    faults: list[dict[str, str]] = []
    for row, order in enumerate(asked.orders):
        try:
            check_order(visit.network, order.to_order(), visit.most_pairs)
        except BadInput as error:
            faults += placed(error, order, f"/orders/{row}")
    if faults:
        raise Problem(Code.REQUEST_UNUSABLE, "Some orders cannot be used; nothing is queued.", errors=faults)


def as_asked(_: Visit, asked: BaseModel) -> Values:
    """Return the request of a job: the question as it came, without what it leaves to the defaults."""
    return asked.model_dump(mode="json", exclude_defaults=True)


def request_of(visit: Visit, asked: BatchQuestion) -> Values:
    """Return the request of a batch: the question, and how long this server holds stock."""
    made = {
        **as_asked(visit, asked),
        "mode": asked.mode.value,
        "hold_s": dict(visit.counter.hold_s),
        "reserve_at": visit.reserve_at.value,
    }
    batch_of(made)
    return made


def show(job_id: str, unit: SqlUnit, kind: str | None = None) -> Values:
    """Return where a job stands; UnknownJob, also for a job of another kind than the one named."""
    job = Jobs(unit.connection).get(job_id)
    if job is None or kind not in (None, job.kind):
        raise UnknownJob(job_id)
    return job_values(job)


def cancel(job_id: str, now: datetime, unit: SqlUnit, kind: str | None = None) -> Values:
    """Cancel a job; UnknownJob, also for a job of another kind than the one named."""
    show(job_id, unit, kind)
    return job_values(Jobs(unit.connection).cancel(job_id, now))


def job_values(job: Job) -> Values:
    """Return a job as answers tell it: without its request, which holds what customers ordered."""
    told: dict[str, Any] = {name: getattr(job, name) for name in _TOLD}
    stamps = {name: getattr(job, name) for name in _INSTANTS}
    return {
        **told,
        "state": job.state.value,
        **{name: stamp and stamp.isoformat() for name, stamp in stamps.items()},
        "result": job.result,
    }
