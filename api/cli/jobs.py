"""``malha jobs``: what is queued, running and done, and how to call it off."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import fields
from datetime import datetime
from typing import Annotated, Any, TypeVar

import typer

from api.console import console
from api.render.jobs import show_job, show_jobs
from api.stock import existing
from replay.jobs import Job, Jobs, JobState, UnknownJob, wall_clock

Result = TypeVar("Result")

EPILOG = (
    "**Examples**\n\n`malha jobs list --db ledger.db --state running`\n\n"
    "`malha jobs show job-5f0c… --json` (with its result)\n\n`malha jobs cancel job-5f0c…`"
)

app = typer.Typer(
    help="Jobs: list them, look at one, cancel it. `malha worker` does them.",
    no_args_is_help=True,
    epilog=EPILOG,
)

Db = Annotated[
    str, typer.Option("--db", envvar="MALHA_DATABASE", help="The ledger: a SQLite file, or postgresql://…")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
JobId = Annotated[str, typer.Argument(help="The job's id.")]
HERE = "malha.db"


@app.command("list", epilog="**Examples**\n\n`malha jobs list`\n\n`malha jobs list --state failed --limit 5`")
def list_(
    db: Db = HERE,
    state: Annotated[JobState | None, typer.Option(help="Only jobs in this state.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest first.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List jobs, the newest first."""
    found = _with(db, lambda jobs: jobs.newest(limit, state))
    if as_json:
        print(json.dumps({"jobs": [_values(job, whole=False) for job in found]}))
    else:
        show_jobs(console(), found)


@app.command("show", epilog="**Examples**\n\n`malha jobs show job-5f0c…`")
def show(job_id: JobId, db: Db = HERE, as_json: AsJson = False) -> None:
    """Show one job: where it stands, what it was asked for and what came out."""
    found = _with(db, lambda jobs: jobs.get(job_id))
    if found is None:
        raise UnknownJob(job_id)
    _tell(found, as_json)


@app.command("cancel", epilog="**Examples**\n\n`malha jobs cancel job-5f0c…` (a job that has ended stays so)")
def cancel(job_id: JobId, db: Db = HERE, as_json: AsJson = False) -> None:
    """Cancel a job: at once while it waits, within two seconds where a worker runs it."""
    _tell(_with(db, lambda jobs: jobs.cancel(job_id, wall_clock())), as_json)


def _with(db: str, work: Callable[[Jobs], Result]) -> Result:
    with closing(existing(db)) as home:
        return home.run(lambda unit: work(Jobs(unit.connection)))


def _tell(job: Job, as_json: bool) -> None:
    if as_json:
        print(json.dumps(_values(job, whole=True), ensure_ascii=False))
    else:
        show_job(console(), job)


def _values(job: Job, *, whole: bool) -> dict[str, Any]:
    """Return a job as JSON values; request and result, which may be long, only where it is the only one."""
    left_out = () if whole else ("request", "result")
    told = {one.name: getattr(job, one.name) for one in fields(job) if one.name not in left_out}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in told.items()}
