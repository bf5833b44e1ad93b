"""Jobs as tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.table import Table

from replay.jobs import Job


def show_jobs(console: Console, jobs: Sequence[Job]) -> None:
    """Print jobs, one a row."""
    if not jobs:
        console.print("No jobs.")
        return
    grid = Table("job", "kind", "state", "progress", "tries", "created", "ended", "what")
    for job in jobs:
        what = job.reason or job.progress_text
        share = f"{job.progress:.0%}"
        times = (_instant(job.created_at), _instant(job.ended_at))
        grid.add_row(job.job_id, job.kind, str(job.state), share, str(job.attempts), *times, what)
    console.print(grid)


def show_job(console: Console, job: Job) -> None:
    """Print one job."""
    grid = Table(show_header=False, title=f"{job.job_id}: {job.state}", title_justify="left")
    rows = {
        "kind": job.kind,
        "asked by": f"{job.client} under {job.idempotency_key}",
        "progress": f"{job.progress:.0%} {job.progress_text}",
        "created": _instant(job.created_at),
        "first started": _instant(job.started_at),
        "ended": _instant(job.ended_at),
        "tries": str(job.attempts),
        "worker": f"{job.lease_owner}, lease until {_instant(job.lease_until)}" if job.lease_owner else "",
        "cancel asked": _instant(job.cancel_requested_at),
        "reason": job.reason or "",
        **{
            name: str(value)
            for name, value in (job.result or {}).items()
            if not isinstance(value, list | dict)
        },
    }
    for name, value in rows.items():
        if value:
            grid.add_row(name, value)
    console.print(grid)


def _instant(at: datetime | None) -> str:
    return "" if at is None else f"{at:%Y-%m-%d %H:%M:%S} UTC"
