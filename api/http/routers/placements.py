"""Placements: long work, queued here and done by ``malha worker``."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Path
from starlette.requests import Request
from starlette.responses import Response

from api.http.answers import answer
from api.http.calls import ACCEPTED, BODY, DATABASE, about, accepted, read, visit_of
from api.http.guard import guarded_router
from api.http.job_models import JOB_ID, JobOut
from api.http.once import Key, Once
from api.http.placement_models import PlacementQuestion
from api.http.placement_work import cancel_placement, placement_faults, queue, show_placement
from api.http.problems import Code, responses
from api.keys import Scope
from api.placement_jobs import check_placement

router = guarded_router("placements", Scope.PLANNER)

JobId = Annotated[str, Path(pattern=JOB_ID, description="The job's id.")]

_JOB: Final = (Code.JOB_UNKNOWN, Code.REQUEST_INVALID, *DATABASE)


@router.post(
    "/placements",
    status_code=ACCEPTED,
    response_model=JobOut,
    responses=responses(*BODY, *DATABASE, Code.KEY_REUSED, Code.KEY_IN_FLIGHT),
    summary="Let sites and what they serve be chosen",
)
def place(question: PlacementQuestion, key: Key, request: Request) -> Response:
    """Queue a placement and answer the job, which `Location` names too: ask there how far it is.

    A worker (`malha worker`) computes what the scenario leaves out from its snapshot and solves it; the job's
    progress tells bound, best plan and gap, its `result` the plan and its tables. The same key with the same
    body gives the stored answer again, and no second job.
    """
    _, loaded, visit = visit_of(request)
    with placement_faults():
        check_placement(question)
    once = Once.of(request, question, key)
    values, replayed = once.do(
        visit.counter.ledger,
        visit.now,
        lambda unit: about(loaded, queue(visit, question, unit, once.client, key)),
    )
    return accepted(request, loaded, values, replayed, "/placements")


@router.get(
    "/placements/{job_id}",
    response_model=JobOut,
    responses=responses(*_JOB),
    summary="Show where a placement stands, and its plan",
)
def show(job_id: JobId, request: Request) -> Response:
    """Answer state, progress from 0 to 1 with bound, best plan and gap; once it is done the plan."""
    return read(request, lambda unit: show_placement(job_id, unit))


@router.post(
    "/placements/{job_id}/cancel",
    response_model=JobOut,
    responses=responses(*_JOB),
    summary="Cancel a placement",
)
def cancel(job_id: JobId, request: Request) -> Response:
    """Cancel at once a job that waits, within two seconds one that runs; one that has ended stays so."""
    _, loaded, visit = visit_of(request)
    values = visit.counter.ledger.run(lambda unit: cancel_placement(job_id, visit.now, unit))
    return answer(request, loaded, values)
