"""Placements: long work, queued here and done by ``malha worker``."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from api.http import placement_work as work
from api.http.calls import BODY, DATABASE
from api.http.guard import guarded_router
from api.http.job_calls import ACCEPTED, JOB, JobId, canceled, queued, shown
from api.http.job_models import JobOut
from api.http.once import Key
from api.http.placement_models import PlacementQuestion
from api.http.problems import Code, responses
from api.keys import Scope
from api.placement_jobs import PLACE

router = guarded_router("placements", Scope.PLANNER)


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
    return queued(request, question, key, kind=PLACE, path="/placements", check=work.check)


@router.get(
    "/placements/{job_id}",
    response_model=JobOut,
    responses=responses(*JOB),
    summary="Show where a placement stands, and its plan",
)
def show(job_id: JobId, request: Request) -> Response:
    """Answer state, progress from 0 to 1 with bound, best plan and gap; once it is done the plan."""
    return shown(request, job_id, PLACE)


@router.post(
    "/placements/{job_id}/cancel",
    response_model=JobOut,
    responses=responses(*JOB),
    summary="Cancel a placement",
)
def cancel(job_id: JobId, request: Request) -> Response:
    """Cancel at once a job that waits, within two seconds one that runs; one that has ended stays so."""
    return canceled(request, job_id, PLACE)
