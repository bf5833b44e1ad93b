"""The best routes for one destination."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from api.http.answers import answer
from api.http.calls import BODY
from api.http.guard import guarded_router
from api.http.limits import check_candidates
from api.http.models import RouteQuestion, RoutesOut
from api.http.problems import Code, responses
from api.http.service import service_of
from api.keys import Scope

router = guarded_router("routes", Scope.OMS, Scope.ANALYST, Scope.PLANNER)


@router.post(
    "/routes/recommend",
    response_model=RoutesOut,
    responses=responses(
        *BODY,
        Code.TOO_MANY_ROUTES,
        Code.TOO_MANY_CANDIDATES,
        Code.ZIP_PREFIX_UNKNOWN,
        Code.CATEGORY_UNKNOWN,
        Code.PRODUCT_UNKNOWN,
    ),
    summary="Rank the routes that could serve a destination",
)
async def recommend(question: RouteQuestion, request: Request) -> Response:
    """Answer the best routes with lead time, P(on time), freight and reason, as `malha recommend` does.

    A preview: nothing is reserved. An empty list of routes is an answer too; `note` says why.
    """
    # Called on the event loop: an answer takes less time than the way to a thread and back.
    service = service_of(request)
    loaded = service.loaded
    wanted = question.to_request()
    check_candidates(loaded.network, wanted, service.settings.max_candidates)
    found = loaded.network.recommend(wanted)
    service.metrics.candidates.observe(found.candidates)
    return answer(request, loaded, found.to_dict())
