"""Worked examples of a replay (queued, under way, called off) and of the newest report."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from api.http.guard import PREFIX
from api.http.job_work import job_values
from api.replay_jobs import REPLAY
from graph import Network
from replay.jobs import Job
from replay.jobs import job as step

Example = dict[str, Any]

JOB_ID: Final = "job-5b7e2d90c4a1f6830d9e7b14"


def replay_examples(network: Network, about: Example) -> dict[tuple[str, str], Example]:
    """Return an example of each call, by method and path."""
    at = network.meta.as_of
    body = {"from": "2018-04-01", "to": "2018-05-01", "policies": ["as_is", "cheapest", "priced"]}
    queued = Job(JOB_ID, REPLAY, "planner", "april-1", body, at)
    running = step.claimed(queued, "worker", at + timedelta(seconds=1), timedelta(seconds=30))
    under_way = step.beaten(running, at + timedelta(seconds=20), 0.62, "Replaying")
    canceled = step.cancel_asked(queued, at + timedelta(seconds=1))
    path = {"path": {"job_id": JOB_ID}}
    return {
        ("post", f"{PREFIX}/replays"): {
            "questions": {"april": {"summary": "April, by three policies", "value": body}},
            "path": {"Idempotency-Key": "april-1"},
            "answer": {**about, **job_values(queued)},
        },
        ("get", f"{PREFIX}/replays/{{job_id}}"): {**path, "answer": {**about, **job_values(under_way)}},
        ("post", f"{PREFIX}/replays/{{job_id}}/cancel"): {
            **path,
            "answer": {**about, **job_values(canceled)},
        },
        ("get", f"{PREFIX}/reports/smart-routing"): {
            "answer": {
                **about,
                "name": JOB_ID,
                "page": f"/reports/{JOB_ID}/",
                "report": {"format": "malha.smart_routing/1", "first_day": "2018-04-01"},
            }
        },
    }
