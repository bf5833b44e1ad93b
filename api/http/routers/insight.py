"""What the past says: rankings, bottlenecks, key figures."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from api.http import insight_work as work
from api.http.answers import answer
from api.http.guard import guarded_router
from api.http.insight_models import BottlenecksOut, From, KpisOut, RouteRankingOut, SellerRankingOut
from api.http.problems import Code, responses
from api.http.service import service_of
from api.keys import Scope
from replay.insight.routes import RouteLevel

router = guarded_router("insight", Scope.ANALYST, Scope.PLANNER)

Limit = Annotated[int, Query(ge=1, le=work.MOST_ROWS, description="The most rows of each list.")]
Order = Annotated[From, Query(description="Which end comes first.")]
Level = Annotated[RouteLevel, Query(description="Routes between states, or between regions (lanes).")]

_OF_DATABASE = (Code.DATABASE_BUSY, Code.DATABASE_DOWN)


@router.get(
    "/sellers/ranking",
    response_model=SellerRankingOut,
    responses=responses(Code.REQUEST_INVALID),
    summary="Rank the sellers",
)
def sellers(request: Request, order: Order = From.BEST, limit: Limit = 20) -> Response:
    """Answer sellers by speed, reliability and satisfaction, with intervals, exposure and proven breaches."""
    loaded = service_of(request).loaded
    return answer(request, loaded, work.seller_values(loaded, order, limit))


@router.get(
    "/routes/ranking",
    response_model=RouteRankingOut,
    responses=responses(Code.REQUEST_INVALID),
    summary="Rank the routes",
)
def routes(
    request: Request, level: Level = RouteLevel.STATE, order: Order = From.BEST, limit: Limit = 20
) -> Response:
    """Answer routes by transit time for their distance and by promises kept."""
    loaded = service_of(request).loaded
    return answer(request, loaded, work.route_values(loaded, level, order, limit))


@router.get(
    "/logistics/bottleneck",
    response_model=BottlenecksOut,
    responses=responses(Code.REQUEST_INVALID, *_OF_DATABASE),
    summary="Show where preparation is stuck",
)
def bottlenecks(request: Request, limit: Limit = 27) -> Response:
    """Answer the states whose sellers lose most hours now, who they are, and what 24 hours would change."""
    service = service_of(request)
    loaded = service.loaded
    return answer(request, loaded, work.bottleneck_values(loaded, service.counter, limit))


@router.get(
    "/kpis",
    response_model=KpisOut,
    responses=responses(*_OF_DATABASE),
    summary="Show the key figures",
)
def kpis(request: Request) -> Response:
    """Answer the figures of the last 30 days, of the 30 before them, and of those a year before."""
    service = service_of(request)
    loaded = service.loaded
    return answer(request, loaded, work.kpi_values(loaded, service.counter))
