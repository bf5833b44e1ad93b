"""What the calls about placements do inside a unit of work, and what they answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from api.http.job_work import job_values
from api.http.order_work import Values, Visit
from api.http.placement_models import PlacementQuestion
from api.http.problems import Code, Problem
from api.placement_jobs import PLACE, REQUEST
from graph.errors import BadInput, Fault
from inventory.sql import SqlUnit
from optimizer.placement.scenario_settings import WHERE
from replay.jobs import Job, Jobs, UnknownJob


@contextmanager
def placement_faults() -> Iterator[None]:
    """Let every fault of a scenario leave as ``request_unusable``, at its place in the body."""
    try:
        yield
    except BadInput as error:
        listed = [
            {"pointer": _pointer(fault), "detail": f"{fault.kind}. {fault.remedy}"} for fault in error.faults
        ]
        raise Problem(Code.REQUEST_UNUSABLE, error.message, errors=listed) from None


def _pointer(fault: Fault) -> str:
    column = (fault.column or "").replace(".", "/")
    if fault.table == REQUEST:
        return f"/{column}"
    if fault.table == WHERE:
        return f"/settings/{column}"
    row = f"/{fault.row - 1}" if isinstance(fault.row, int) else ""
    return f"/tables/{fault.table}{row}{'/' if column else ''}{column}"


def queue(visit: Visit, asked: PlacementQuestion, unit: SqlUnit, client: str, key: str) -> Values:
    """Queue a placement for a worker."""
    request = asked.model_dump(mode="json", exclude_defaults=True)
    return job_values(Jobs(unit.connection).submit(PLACE, request, visit.now, client, key))


def show_placement(job_id: str, unit: SqlUnit) -> Values:
    """Return where a placement stands; UnknownJob for a job of another kind."""
    return job_values(_placement(job_id, unit))


def cancel_placement(job_id: str, now: datetime, unit: SqlUnit) -> Values:
    """Cancel a placement; UnknownJob for a job of another kind."""
    _placement(job_id, unit)
    return job_values(Jobs(unit.connection).cancel(job_id, now))


def _placement(job_id: str, unit: SqlUnit) -> Job:
    job = Jobs(unit.connection).get(job_id)
    if job is None or job.kind != PLACE:
        raise UnknownJob(job_id)
    return job
