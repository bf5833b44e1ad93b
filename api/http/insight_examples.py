"""Worked examples of rankings, bottlenecks and key figures, from the snapshot in force."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from api.http import insight_work as work
from api.http.desk import Counter
from api.http.guard import PREFIX
from api.http.insight_models import From
from api.http.service import Loaded
from replay.insight.packages import EVENTS
from replay.insight.routes import RouteLevel

Example = dict[str, Any]


def insight_examples(loaded: Loaded, counter: Counter, about: Example) -> dict[tuple[str, str], Example]:
    """Return an example of each call, by method and path; none for a snapshot without its event log."""
    if not (Path(loaded.folder) / EVENTS).is_file():
        return {}
    order, level = {"order": From.BEST.value}, {"level": RouteLevel.STATE.value}
    return {
        ("get", f"{PREFIX}/sellers/ranking"): {
            "path": {**order, "limit": 2},
            "answer": {**about, **work.seller_values(loaded, From.BEST, 2)},
        },
        ("get", f"{PREFIX}/routes/ranking"): {
            "path": {**level, **order, "limit": 2},
            "answer": {**about, **work.route_values(loaded, RouteLevel.STATE, From.BEST, 2)},
        },
        ("get", f"{PREFIX}/logistics/bottleneck"): {
            "path": {"limit": 2},
            "answer": {**about, **work.bottleneck_values(loaded, counter, 2)},
        },
        ("get", f"{PREFIX}/kpis"): {"answer": {**about, **work.kpi_values(loaded, counter)}},
    }
