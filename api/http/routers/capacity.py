"""How many packages places pack a day: settings that every decision reads."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from api.capacity import capacity_values
from api.http.calls import DATABASE, FORM, change, read
from api.http.capacity_models import CapacitiesOut, PlaceLimitsIn
from api.http.guard import guarded_router
from api.http.problems import responses
from api.keys import Scope
from graph.days import local_day
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
    responses=responses(*FORM, *DATABASE),
    summary="Set how many packages places pack a day",
)
def put(question: PlaceLimitsIn, request: Request) -> Response:
    """Set or lift limits, all in one transaction, and answer all that are in force.

    They hold from the next decision on; packages that are held already stay, and count.
    """

    def work(unit: UnitOfWork) -> dict[str, Any]:
        unit.ledger.limit_packages(question.by_location())
        return capacity_values(unit.ledger, local_day(datetime.now(UTC)))

    return change(request, work)
