"""What is known of the lanes between two regions."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from starlette.requests import Request
from starlette.responses import Response

from api.http.answers import answer
from api.http.guard import guarded_router
from api.http.lanes import find_lanes
from api.http.models import LanesOut
from api.http.problems import Code, Problem, responses
from api.http.service import service_of
from api.keys import Scope

router = guarded_router("lanes", Scope.ANALYST, Scope.PLANNER)

Region = Annotated[str, Path(pattern=r"^[0-9]{3}$", description="First three digits of a zip prefix.")]


@router.get(
    "/lanes/{from_region}/{to_region}",
    response_model=LanesOut,
    responses=responses(Code.LANE_UNKNOWN, Code.REQUEST_INVALID),
    summary="Show the lanes between two regions",
)
async def lanes(from_region: Region, to_region: Region, request: Request) -> Response:
    """Answer the lanes from one region to another, one a carrier: days, evidence, distance and freight."""
    loaded = service_of(request).loaded
    found = find_lanes(loaded.network, from_region, to_region)
    if not found:
        raise Problem(Code.LANE_UNKNOWN, f"No order was seen from region {from_region} to {to_region}.")
    values = {"from_region": from_region, "to_region": to_region, "lanes": found}
    return answer(request, loaded, values)
