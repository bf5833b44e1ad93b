"""What the calls about long work have in common: it is queued here and done by ``malha worker``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Final, TypeVar

from fastapi import Path
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from api.http import job_work as work
from api.http.calls import DATABASE, about, change, once_response, read, visit_of
from api.http.guard import PREFIX
from api.http.job_models import JOB_ID
from api.http.once import Once
from api.http.order_work import Values, Visit
from api.http.problems import Code
from inventory.sql import SqlUnit
from replay.jobs import Jobs

Asked = TypeVar("Asked", bound=BaseModel)

JobId = Annotated[str, Path(pattern=JOB_ID, description="The job's id.")]

ACCEPTED: Final = 202
JOB: Final = (Code.JOB_UNKNOWN, Code.REQUEST_INVALID, *DATABASE)


def queued(
    request: Request,
    asked: Asked,
    key: str,
    *,
    kind: str,
    path: str,
    check: Callable[[Visit, Asked], None],
    made: Callable[[Visit, Asked], Values] = work.as_asked,
) -> Response:
    """Queue a job once and answer it; ``Location`` names it below ``path``.

    ``check`` refuses what cannot be done before anything waits, ``made`` writes what the worker reads.
    """
    loaded, visit = visit_of(request)
    check(visit, asked)
    once = Once.of(request, asked, key)

    def queue(unit: SqlUnit) -> Values:
        jobs = Jobs(unit.connection)
        job = jobs.submit(kind, made(visit, asked), visit.now, once.client, key)
        return about(loaded, work.job_values(job))

    values, replayed = once.do(visit.counter.ledger, visit.now, queue)
    done = once_response(request, loaded, values, replayed)
    done.status_code = ACCEPTED
    done.headers["Location"] = f"{PREFIX}{path}/{values['job_id']}"
    return done


def shown(request: Request, job_id: str, kind: str | None = None) -> Response:
    """Answer where a job stands, of one kind if one is named."""
    return read(request, lambda unit: work.show(job_id, unit, kind))


def canceled(request: Request, job_id: str, kind: str | None = None) -> Response:
    """Cancel a job, of one kind if one is named, and answer it."""
    now = datetime.now(UTC)
    return change(request, lambda unit: work.cancel(job_id, now, unit, kind))
