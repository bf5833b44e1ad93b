"""What the calls about replays and reports do, and what they answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from api.http.job_work import job_values
from api.http.order_work import Values, Visit
from api.http.problems import Code, Problem
from api.http.replay_models import ReplayQuestion
from api.replay_jobs import REPLAY, check_replay
from api.report_folder import ReportFolder
from graph.errors import BadInput
from inventory.sql import SqlUnit
from replay.jobs import Job, Jobs, UnknownJob

REPORTS: Final = "/reports"


@contextmanager
def replay_faults() -> Iterator[None]:
    """Let every fault of a request leave as ``request_unusable``, at its place in the body."""
    try:
        yield
    except BadInput as error:
        listed = [
            {"pointer": f"/{fault.column}", "detail": f"{fault.kind}. {fault.remedy}"}
            for fault in error.faults
        ]
        raise Problem(Code.REQUEST_UNUSABLE, error.message, errors=listed) from None


def check(visit: Visit, asked: ReplayQuestion) -> None:
    """Refuse what cannot be replayed; the problems ``policy_unknown`` and ``request_unusable``."""
    with replay_faults():
        check_replay(asked)
    for name in asked.policies:
        visit.counter.desk(visit.network, name)


def queue(visit: Visit, asked: ReplayQuestion, unit: SqlUnit, client: str, key: str) -> Values:
    """Queue a replay for a worker."""
    request = asked.model_dump(mode="json", exclude_defaults=True)
    return job_values(Jobs(unit.connection).submit(REPLAY, request, visit.now, client, key))


def show_replay(job_id: str, unit: SqlUnit) -> Values:
    """Return where a replay stands; UnknownJob for a job of another kind."""
    return job_values(_replay(job_id, unit))


def cancel_replay(job_id: str, now: datetime, unit: SqlUnit) -> Values:
    """Cancel a replay; UnknownJob for a job of another kind."""
    _replay(job_id, unit)
    return job_values(Jobs(unit.connection).cancel(job_id, now))


def _replay(job_id: str, unit: SqlUnit) -> Job:
    job = Jobs(unit.connection).get(job_id)
    if job is None or job.kind != REPLAY:
        raise UnknownJob(job_id)
    return job


def newest_report(folder: ReportFolder | None) -> dict[str, Any]:
    """Return the newest report; the problem ``report_unknown`` says how to make one."""
    if folder is None:
        raise Problem(
            Code.REPORT_UNKNOWN, "This server has no folder of reports: start it with malha serve --reports."
        )
    found = folder.newest()
    if found is None:
        raise Problem(
            Code.REPORT_UNKNOWN,
            "No report is there yet: POST /api/v1/replays lets a worker make one, or malha report --out "
            "writes one into the server's folder of reports.",
        )
    name, numbers = found
    return {"name": name, "page": f"{REPORTS}/{name}/", "report": numbers}
