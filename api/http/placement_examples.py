"""Worked examples of a placement: queued, under way, called off."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from api.http.job_examples import examples_of
from api.http.placement_models import PlacementQuestion
from api.placement_jobs import PLACE, FromSnapshot
from graph import Network
from replay.jobs import Job
from replay.jobs import job as step

Example = dict[str, Any]

JOB_ID: Final = "job-8c1f0a7be25d4693f1e0a9b2"


def placement_examples(network: Network, about: Example) -> dict[tuple[str, str], Example]:
    """Return an example of each call, by method and path."""
    at = network.meta.as_of
    asked = PlacementQuestion(from_snapshot=FromSnapshot(), edits=["max_sites=3", "service.share=0.8"])
    body = asked.model_dump(mode="json", exclude_defaults=True)
    queued = Job(JOB_ID, PLACE, "planner", "plan-1", body, at)
    told = "Best plan 426,366.14, bound 421,041.28, gap 1.25%"
    return examples_of(
        queued,
        lambda running: step.beaten(running, at + timedelta(seconds=60), 0.98, told),
        {"snapshot": {"summary": "State capitals, at most three, most on time", "value": body}},
        about,
        "/placements",
    )
