"""The snapshot in force, and how another takes its place."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from api.http.answers import answer
from api.http.examples import snapshot_values
from api.http.guard import guarded_router
from api.http.models import ReloadOut, SnapshotOut
from api.http.problems import Code, responses
from api.http.service import service_of
from api.keys import Scope

router = guarded_router("snapshot", *Scope)
admin_router = guarded_router("snapshot", Scope.ADMIN)


@router.get("/snapshot", response_model=SnapshotOut, summary="Show the snapshot in force")
async def snapshot(request: Request) -> Response:
    """Answer its id and instant, the settings that shaped it, and how much it holds."""
    loaded = service_of(request).loaded
    return answer(request, loaded, snapshot_values(loaded.network))


@admin_router.post(
    "/snapshot/reload",
    response_model=ReloadOut,
    responses=responses(Code.SNAPSHOT_UNUSABLE, Code.RELOAD_INCOMPLETE),
    summary="Put the snapshot that CURRENT names into force",
)
async def reload(request: Request) -> Response:
    """Load the snapshot that `CURRENT` names in every worker, and answer when all answer from it.

    Requests under way end with the snapshot they began with. If it cannot be loaded nothing changes.
    """
    done = await service_of(request).reload()
    values = {
        "previous_snapshot_id": done.previous_snapshot_id,
        "workers": done.workers,
        "seconds": round(done.seconds, 3),
    }
    return answer(request, done.loaded, values)
