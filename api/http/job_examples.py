"""Worked examples of a batch: queued, done and called off."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from api.batches import ASSIGN_BATCH
from api.http.desk import Counter
from api.http.guard import PREFIX
from api.http.job_models import BatchOrder, BatchQuestion, Mode
from api.http.job_work import job_values, request_of
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
    running = step.claimed(queued, "worker", at + timedelta(seconds=1), timedelta(seconds=30))
    desk = replace(counter.desk(network, asked.policy), alternatives=0)
    found = assign(desk, [order.to_order()], at)
    result = result_of(found, [outcome(decision, "decided") for decision in found.decisions])
    done = step.finished(running, at + timedelta(seconds=2), result)
    canceled = step.cancel_asked(queued, at + timedelta(seconds=1))
    body = batch.model_dump(mode="json", exclude_defaults=True)
    path = {"path": {"job_id": JOB_ID}}
    return {
        ("post", f"{PREFIX}/orders/batch"): {
            "questions": {"preview": {"summary": "One order, nothing held", "value": body}},
            "path": {"Idempotency-Key": "batch-1"},
            "answer": {**about, **job_values(queued)},
        },
        ("get", f"{PREFIX}/jobs/{{job_id}}"): {**path, "answer": {**about, **job_values(done)}},
        ("post", f"{PREFIX}/jobs/{{job_id}}/cancel"): {**path, "answer": {**about, **job_values(canceled)}},
    }
