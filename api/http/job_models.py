"""Batches of orders and jobs: what comes in and what goes out."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from api.batches import MOST_ORDERS, MOST_SECONDS
from api.http.decision_answers import RouteName
from api.http.models import Answer, Closed
from api.http.order_questions import OrderId
from api.order_models import Id, OrderIn, Strict
from optimizer.words import Engine
from replay.jobs import JobState

JOB_ID = r"^job-[0-9a-f]{24}$"


class Mode(StrEnum):
    """What a batch does with stock."""

    COMMIT = "commit"
    PREVIEW = "preview"


class BatchOrder(OrderIn):
    """One order of a batch."""

    order_id: OrderId


class BatchQuestion(Strict):
    """Orders to be decided together, by the worker's policy if none is named."""

    orders: list[BatchOrder] = Field(min_length=1, max_length=MOST_ORDERS)
    mode: Annotated[Mode, Field(strict=False)] = Field(
        default=Mode.COMMIT, description="commit: as `POST /orders`; preview: holds and stores nothing."
    )
    policy: Id | None = Field(default=None, description="Policy by name.")
    seconds: float | None = Field(
        default=None, gt=0, le=MOST_SECONDS, description="The most that solving may take; default: no limit."
    )


class Settled(StrEnum):
    """What became of an order of a batch."""

    SERVED = "served"
    PARTLY = "partly_served"
    UNSERVED = "unserved"
    REFUSED = "refused"


class How(StrEnum):
    """How an order of a batch was decided."""

    DECIDED = "decided"
    AS_PLANNED = "as_planned"
    DECIDED_ANEW = "decided_anew"


class BatchPartOut(RouteName):
    """So many units of a line, by one route."""

    quantity: int


class BatchLineOut(Closed):
    """How a line is served."""

    line_id: str
    parts: list[BatchPartOut]


class OutcomeOut(Closed):
    """What became of one order; ``reason`` where it was refused, all else where it was not."""

    order_id: str
    status: Settled
    how: How | None = None
    decision_id: str | None = None
    cost_cents: int | None = None
    lines: list[BatchLineOut] = Field(default=[])
    reason: str | None = None


class BatchOut(Closed):
    """The result of a batch; cost, bound and gap are those of the orders that its last run solved."""

    orders: int
    refused: int
    decided_anew: int
    cost_cents: int
    bound_cents: int | None
    gap: float | None
    engine: Engine
    repeatable: bool
    outcomes: list[OutcomeOut]


class JobOut(Answer):
    """Where a job stands; ``result`` once it is done: of a batch, of any other kind its own."""

    job_id: Annotated[str, StringConstraints(pattern=JOB_ID)]
    kind: str
    state: JobState
    progress: float = Field(ge=0, le=1, description="The share that is done.")
    progress_text: str
    attempts: int
    reason: str | None = Field(description="Why it failed, was canceled or has to be run again.")
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    cancel_requested_at: datetime | None
    result: BatchOut | dict[str, Any] | None
