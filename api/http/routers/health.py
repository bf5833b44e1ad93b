"""Whether the server lives, is ready, and how it fares: for machines that watch it, without a key."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.http.metrics import CONTENT_TYPE
from api.http.models import HealthOut
from api.http.problems import Code, Problem, responses
from api.http.service import service_of
from graph.errors import BadInput

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="Is the process alive?")
async def healthz() -> HealthOut:
    """Answer as long as the process can answer at all."""
    return HealthOut(status="alive")


@router.get("/readyz", responses=responses(Code.NOT_READY), summary="Can it answer requests?")
async def readyz(request: Request) -> HealthOut:
    """Answer once a snapshot is in force and the keys can be read."""
    service = service_of(request)
    if service.lagging:
        raise Problem(Code.NOT_READY, "This worker does not have the snapshot in force.")
    try:
        if service.keys is not None:
            service.keys.find("")
    except BadInput:
        raise Problem(Code.NOT_READY, "The file of API keys cannot be read.") from None
    return HealthOut(status="ready")


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
    summary="Figures for Prometheus",
)
def metrics(request: Request) -> Response:
    """Answer counts and durations of all workers in Prometheus' text format."""
    return Response(service_of(request).metrics.page(), media_type=CONTENT_TYPE)
