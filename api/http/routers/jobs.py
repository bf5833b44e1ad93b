"""Batches of orders, and the jobs that long work is: queued here, done by ``malha worker``."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Path
from starlette.requests import Request
from starlette.responses import Response

from api.http import job_work as work
from api.http.answers import answer
from api.http.calls import ACCEPTED, BODY, DATABASE, about, accepted, read, visit_of
from api.http.guard import guarded_router
from api.http.job_models import JOB_ID, BatchQuestion, JobOut
from api.http.once import Key, Once
from api.http.problems import Code, responses
from api.keys import Scope

router = guarded_router("jobs", Scope.OMS)
reading_router = guarded_router("jobs", Scope.OMS, Scope.PLANNER, Scope.ANALYST)

JobId = Annotated[str, Path(pattern=JOB_ID, description="The job's id.")]

_JOB: Final = (Code.JOB_UNKNOWN, Code.REQUEST_INVALID, *DATABASE)


@router.post(
    "/orders/batch",
    status_code=ACCEPTED,
    response_model=JobOut,
    responses=responses(
        *BODY,
        *DATABASE,
        Code.POLICY_UNKNOWN,
        Code.TOO_MANY_ORDERS,
        Code.TOO_MANY_LINES,
        Code.TOO_MANY_CANDIDATES,
        Code.KEY_REUSED,
        Code.KEY_IN_FLIGHT,
    ),
    summary="Let many orders be decided together",
)
def batch(question: BatchQuestion, key: Key, request: Request) -> Response:
    """Queue the batch and answer the job, which `Location` names too: ask there how far it is.

    A worker (`malha worker`) solves all orders together, then holds each in a transaction of its own, as
    `POST /orders` does. The job's `result` tells what became of each. The same key with the same body gives
    the stored answer again, and no second job.
    """
    _, loaded, visit = visit_of(request)
    work.check_batch(visit, question)
    once = Once.of(request, question, key)
    values, replayed = once.do(
        visit.counter.ledger,
        visit.now,
        lambda unit: about(loaded, work.queue(visit, question, unit, once.client, key)),
    )
    return accepted(request, loaded, values, replayed, "/jobs")


@reading_router.get(
    "/jobs/{job_id}",
    response_model=JobOut,
    responses=responses(*_JOB),
    summary="Show where a job stands, and its result",
)
def show(job_id: JobId, request: Request) -> Response:
    """Answer state, progress from 0 to 1 with a text, and once it is done the result."""
    return read(request, lambda unit: work.show(job_id, unit))


@router.post(
    "/jobs/{job_id}/cancel",
    response_model=JobOut,
    responses=responses(*_JOB),
    summary="Cancel a job",
)
def cancel(job_id: JobId, request: Request) -> Response:
    """Cancel at once a job that waits, within two seconds one that runs; one that has ended stays so.

    What a batch has held until then stays held.
    """
    _, loaded, visit = visit_of(request)
    values = visit.counter.ledger.run(lambda unit: work.cancel(job_id, visit.now, unit))
    return answer(request, loaded, values)
