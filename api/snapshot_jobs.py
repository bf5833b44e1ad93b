"""Snapshots on schedule: the worker builds one from its source every so often, and ``CURRENT`` moves on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from graph.errors import BadInput
from graph.stores.files import CURRENT
from inventory.sql import SqlUnit
from replay.jobs import Jobs

if TYPE_CHECKING:
    from api.jobs import Shop
    from replay.jobs import Task

BUILD: Final = "build_snapshot"

_CLIENT: Final = "worker"


def order_snapshot(unit: SqlUnit, at: datetime, every: timedelta) -> dict[str, Any]:
    """Queue a build once in each stretch of time, unless one is under way; return what to log.

    However many workers do this at once, one job is made.
    """
    jobs, turn = Jobs(unit.connection), int(at.timestamp() // every.total_seconds())
    if jobs.open_of(BUILD):
        return {}
    job = jobs.submit(BUILD, {}, at, _CLIENT, f"{BUILD}:{every.total_seconds():g}:{turn}")
    return {} if job.ended else {"job_id": job.job_id}


@dataclass(frozen=True, slots=True)
class BuildSnapshot:
    """Builds a snapshot of everything that the worker's source knows, into the folder of its snapshots."""

    shop: Shop

    def __call__(self, task: Task) -> Mapping[str, Any]:
        """Do it; the result names the snapshot. BadInput for a worker without source or such a folder."""
        from ingest.source import open_source  # noqa: PLC0415 (a worker may never need it)
        from replay.build import build  # noqa: PLC0415

        if self.shop.source is None:
            raise BadInput("This worker has no history to build from: give it --source.")
        check_folder(self.shop)
        built = build(
            open_source(self.shop.source), None, self.shop.snapshot, lambda step: task.tell(0.0, step)
        )
        return {"snapshot_id": built.snapshot_id, "as_of": built.as_of.isoformat(), "events": built.events}


def check_folder(shop: Shop) -> None:
    """Refuse a folder in which ``CURRENT`` cannot move on."""
    if not (shop.snapshot / CURRENT).is_file():
        raise BadInput(f"{shop.snapshot} is one snapshot, not a folder of them: {CURRENT} cannot move on.")
