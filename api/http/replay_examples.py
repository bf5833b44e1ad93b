"""Worked examples of a replay (queued, under way, called off) and of the newest report."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from api.http.guard import PREFIX
from api.http.job_examples import examples_of
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
    calls = examples_of(
        queued,
        lambda running: step.beaten(running, at + timedelta(seconds=20), 0.62, "Replaying"),
        {"april": {"summary": "April, by three policies", "value": body}},
        about,
        "/replays",
    )
    return calls | {
        ("get", f"{PREFIX}/reports/smart-routing"): {
            "answer": {
                **about,
                "name": JOB_ID,
                "page": f"/reports/{JOB_ID}/",
                "report": {"format": "malha.smart_routing/1", "first_day": "2018-04-01"},
            }
        },
    }
