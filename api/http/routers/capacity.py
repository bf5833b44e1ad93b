"""How many packages places pack a day: settings that every decision reads."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from api.capacity import capacity_values
from api.http.answers import answer
from api.http.calls import DATABASE, read
from api.http.capacity_models import CapacitiesOut, PlaceLimitsIn
from api.http.guard import guarded_router
from api.http.problems import Code, responses
from api.http.service import service_of
from api.keys import Scope
from inventory.days import local_day
from inventory.ledger import UnitOfWork

reading_router = guarded_router("stock", Scope.OMS, Scope.PLANNER, Scope.ANALYST)
router = guarded_router("stock", Scope.OMS, Scope.PLANNER)


@reading_router.get(
    "/stock/capacity",
    response_model=CapacitiesOut,
    responses=responses(*DATABASE),
    summary="Show how many packages places pack a day",
)
def capacity(request: Request) -> Response:
    """Answer every place with a limit, and how many packages it can still pack today."""
    return read(request, lambda unit: capacity_values(unit.ledger, local_day(datetime.now(UTC))))


@router.put(
    "/stock/capacity",
    response_model=CapacitiesOut,
    responses=responses(
        Code.BODY_UNREADABLE,
        Code.BODY_TOO_LARGE,
        Code.MEDIA_TYPE_UNSUPPORTED,
        Code.REQUEST_INVALID,
        *DATABASE,
    ),
    summary="Set how many packages places pack a day",
)
def put(question: PlaceLimitsIn, request: Request) -> Response:
    """Set or lift limits, all in one transaction, and answer all that are in force.

    They hold from the next decision on; packages that are held already stay, and count.
    """
    service = service_of(request)

    def work(unit: UnitOfWork) -> dict[str, Any]:
        unit.ledger.limit_packages(question.by_location())
        return capacity_values(unit.ledger, local_day(datetime.now(UTC)))

    return answer(request, service.loaded, service.counter.ledger.run(work))
