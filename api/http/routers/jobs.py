"""Batches of orders, and the jobs that long work is: queued here, done by ``malha worker``."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from api.batches import ASSIGN_BATCH
from api.http import job_work as work
from api.http.calls import BODY, DATABASE
from api.http.guard import guarded_router
from api.http.job_calls import ACCEPTED, JOB, JobId, canceled, queued, shown
from api.http.job_models import BatchQuestion, JobOut
from api.http.once import Key
from api.http.problems import Code, responses
from api.keys import Scope

router = guarded_router("jobs", Scope.OMS)
reading_router = guarded_router("jobs", Scope.OMS, Scope.PLANNER, Scope.ANALYST)


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
    return queued(
        request, question, key, kind=ASSIGN_BATCH, path="/jobs", check=work.check_batch, made=work.request_of
    )


@reading_router.get(
    "/jobs/{job_id}",
    response_model=JobOut,
    responses=responses(*JOB),
    summary="Show where a job stands, and its result",
)
def show(job_id: JobId, request: Request) -> Response:
    """Answer state, progress from 0 to 1 with a text, and once it is done the result."""
    return shown(request, job_id)


@router.post(
    "/jobs/{job_id}/cancel",
    response_model=JobOut,
    responses=responses(*JOB),
    summary="Cancel a job",
)
def cancel(job_id: JobId, request: Request) -> Response:
    """Cancel at once a job that waits, within two seconds one that runs; one that has ended stays so.

    What a batch has held until then stays held.
    """
    return canceled(request, job_id)
