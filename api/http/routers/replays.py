"""Replays: long work, queued here, done and reported by ``malha worker``."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from api.http import replay_work as work
from api.http.calls import BODY, DATABASE
from api.http.guard import guarded_router
from api.http.job_calls import ACCEPTED, JOB, JobId, canceled, queued, shown
from api.http.job_models import JobOut
from api.http.once import Key
from api.http.problems import Code, responses
from api.http.replay_models import ReplayQuestion
from api.keys import Scope
from api.replay_jobs import REPLAY

router = guarded_router("replays", Scope.PLANNER, Scope.ANALYST)


@router.post(
    "/replays",
    status_code=ACCEPTED,
    response_model=JobOut,
    responses=responses(*BODY, *DATABASE, Code.POLICY_UNKNOWN, Code.KEY_REUSED, Code.KEY_IN_FLIGHT),
    summary="Let a stretch of the past be decided anew",
)
def replay(question: ReplayQuestion, key: Key, request: Request) -> Response:
    """Queue a replay and answer the job, which `Location` names too: ask there how far it is.

    A worker (`malha worker --source …`) decides every order of the stretch as of its own purchase, by each
    policy, and writes the smart-routing report. The job's `result` has the report's numbers and where its
    page is. The same key with the same body gives the stored answer again, and no second job.
    """
    return queued(request, question, key, kind=REPLAY, path="/replays", check=work.check)


@router.get(
    "/replays/{job_id}",
    response_model=JobOut,
    responses=responses(*JOB),
    summary="Show where a replay stands, and its report",
)
def show(job_id: JobId, request: Request) -> Response:
    """Answer state, progress from 0 to 1 with a text; once it is done the report's numbers."""
    return shown(request, job_id, REPLAY)


@router.post(
    "/replays/{job_id}/cancel",
    response_model=JobOut,
    responses=responses(*JOB),
    summary="Cancel a replay",
)
def cancel(job_id: JobId, request: Request) -> Response:
    """Cancel at once a job that waits, within two seconds one that runs; one that has ended stays so."""
    return canceled(request, job_id, REPLAY)
