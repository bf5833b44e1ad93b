"""A batch of orders as it is asked for: checked here, for who queues it and for the worker that does it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field, ValidationError

from api.order_models import Id, OrderIn, Strict
from graph.days import DAY_S
from graph.errors import BadInput, Fault

ASSIGN_BATCH: Final = "assign_batch"
MOST_ORDERS: Final = 10_000
MOST_HOLD_S: Final = 366 * DAY_S
MOST_SECONDS: Final = 3_600


class BatchIn(Strict):
    """The request of a job ``assign_batch``.

    ``mode``: ``commit`` holds the stock, ``preview`` holds nothing. ``hold_s``: how long stock is held, by
    payment type; with ``reserve_at`` approval nothing is held before. ``seconds``: the most that solving may
    take; an answer that it stops is not repeatable.
    """

    orders: list[OrderIn] = Field(min_length=1, max_length=MOST_ORDERS)
    mode: Literal["commit", "preview"]
    policy: Id | None = None
    hold_s: dict[str, Annotated[int, Field(ge=1, le=MOST_HOLD_S)]] = Field(
        default_factory=lambda: {"default": DAY_S}
    )
    reserve_at: Literal["purchase", "approval"] = "purchase"
    seconds: float | None = Field(None, gt=0, le=MOST_SECONDS)


def batch_of(request: Mapping[str, Any]) -> BatchIn:
    """Return the request of a batch; BadInput with every fault, those of its orders included."""
    try:
        asked = BatchIn.model_validate(request)
    except ValidationError as error:
        told = [(".".join(map(str, found["loc"])), found["msg"]) for found in error.errors(include_url=False)]
        faults = [Fault("request", None, where, what, "", "Correct the request.") for where, what in told]
        raise BadInput("The batch cannot be used.", faults) from None
    names = [order.order_id for order in asked.orders]
    if len(set(names)) < len(names):
        doubled = sorted({name for name in names if names.count(name) > 1})
        raise BadInput(f"Two orders of one name: {', '.join(doubled[:10])}.")
    return asked
