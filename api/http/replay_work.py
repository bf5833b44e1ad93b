"""What a replay is checked for before it is queued, and what the call about reports answers."""

from __future__ import annotations

from typing import Any, Final

from api.http.faults import told_at
from api.http.order_work import Visit
from api.http.problems import Code, Problem
from api.http.replay_models import ReplayQuestion
from api.replay_jobs import check_replay
from api.report_folder import ReportFolder

REPORTS: Final = "/reports"


def check(visit: Visit, asked: ReplayQuestion) -> None:
    """Refuse what cannot be replayed; the problems ``policy_unknown`` and ``request_unusable``."""
    with told_at(lambda fault: f"/{fault.column}"):
        check_replay(asked)
    for name in asked.policies:
        visit.counter.desk(visit.network, name)


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
