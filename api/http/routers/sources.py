"""What can ship: a seller's own stock, or a warehouse holding it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from starlette.requests import Request
from starlette.responses import Response

from api.http.answers import answer
from api.http.guard import guarded_router
from api.http.models import SourceOut
from api.http.problems import Code, Problem, responses
from api.http.service import service_of
from api.http.sources import find_source
from api.keys import Scope

router = guarded_router("sources", Scope.OMS, Scope.ANALYST, Scope.PLANNER)

SourceId = Annotated[
    str,
    Path(
        pattern=r"^(seller:[^:/\x00-\x1f\x7f]+|warehouse:[^:/\x00-\x1f\x7f]+:[^:/\x00-\x1f\x7f]+)$",
        max_length=200,
        description="seller:<id>, or warehouse:<id>:<seller>, as routes name it.",
    ),
]


@router.get(
    "/sources/{source_id}",
    response_model=SourceOut,
    responses=responses(Code.SOURCE_UNKNOWN, Code.REQUEST_INVALID),
    summary="Show a source",
)
def source(source_id: SourceId, request: Request) -> Response:
    """Answer where a source is, how its seller ships, with whom, and how much it has on offer."""
    loaded = service_of(request).loaded
    found = find_source(loaded.network, source_id)
    if found is None:
        raise Problem(Code.SOURCE_UNKNOWN, f"There is no source {source_id!r} in this snapshot.")
    return answer(request, loaded, found)
