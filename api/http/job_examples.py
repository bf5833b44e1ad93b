"""Worked examples of long work (queued, under way or done, called off), and of a batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from api.batches import ASSIGN_BATCH
from api.http.desk import Counter
from api.http.guard import PREFIX
from api.http.job_models import BatchOrder, BatchQuestion, Mode
from api.http.job_work import as_asked, job_values, request_of
from api.http.order_examples import example_order
from api.http.order_work import Visit
from graph import Network
from replay.assign import assign
from replay.jobs import Job
from replay.jobs import job as step
from replay.jobs.batch import outcome, result_of

Example = dict[str, Any]

JOB_ID: Final = "job-5f0c41d2b7a98e36c4d5e6f7"


def job_examples(network: Network, counter: Counter, about: Example) -> dict[tuple[str, str], Example]:
    """Return an example of each call, by method and path. The network has offers."""
    at = network.meta.as_of
    visit, asked = Visit(counter, network, at), example_order(network)
    order = BatchOrder.model_validate(
        asked.model_dump(exclude={"policy", "on_timeout"}, exclude_defaults=True)
    )
    batch = BatchQuestion(orders=[order], mode=Mode.PREVIEW, policy=asked.policy)
    queued = Job(JOB_ID, ASSIGN_BATCH, "shop-oms", "batch-1", request_of(visit, batch), at)
    desk = replace(counter.desk(network, asked.policy), alternatives=0)
    found = assign(desk, [order.to_order()], at)
    result = result_of(found, [outcome(decision, "decided") for decision in found.decisions])
    questions = {"preview": {"summary": "One order, nothing held", "value": as_asked(visit, batch)}}
    return examples_of(
        queued,
        lambda running: step.finished(running, at + timedelta(seconds=2), result),
        questions,
        about,
        "/jobs",
        posted_to="/orders/batch",
    )


def examples_of(
    queued: Job,
    later: Callable[[Job], Job],
    questions: Example,
    about: Example,
    path: str,
    *,
    posted_to: str | None = None,
) -> dict[tuple[str, str], Example]:
    """Return an example of each call about a job: queued, as ``later`` leaves it once it runs, canceled."""
    soon = queued.created_at + timedelta(seconds=1)
    running = step.claimed(queued, "worker", soon, timedelta(seconds=30))
    named = {"path": {"job_id": queued.job_id}}

    def told(job: Job) -> Example:
        return {"answer": {**about, **job_values(job)}}

    return {
        ("post", f"{PREFIX}{posted_to or path}"): {
            "questions": questions,
            "path": {"Idempotency-Key": queued.idempotency_key},
            **told(queued),
        },
        ("get", f"{PREFIX}{path}/{{job_id}}"): {**named, **told(later(running))},
        ("post", f"{PREFIX}{path}/{{job_id}}/cancel"): {**named, **told(step.cancel_asked(queued, soon))},
    }
