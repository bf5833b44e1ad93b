"""Reports: the newest one's numbers, and the pages as files for a browser."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response

from api.http.answers import answer
from api.http.guard import Guarded, Handler, guarded_router
from api.http.problems import Code, Problem, responses
from api.http.replay_models import ReportOut
from api.http.replay_work import REPORTS, newest_report
from api.http.service import service_of
from api.keys import Scope
from api.report_folder import PAGE, TYPES, ReportFolder
from api.reports.page import html

_SCOPES: Final = (Scope.ANALYST, Scope.PLANNER)
_BASIC: Final = {"WWW-Authenticate": 'Basic realm="malha reports", charset="UTF-8"'}
_SAFE: Final = {
    # A page needs its own style and drawings, and nothing from anywhere.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}

router = guarded_router("reports", *_SCOPES)


class ForBrowsers(Guarded):
    """A guarded route that a browser can open too: it asks for the key as the password of a login."""

    scopes = _SCOPES

    def get_route_handler(self) -> Handler:
        """Return the guarded handler behind a translation of the login."""
        guarded: Callable[[Request], Any] = super().get_route_handler()

        async def opened(request: Request) -> Response:
            try:
                found: Response = await guarded(_with_key(request))
            except Problem as problem:
                if problem.status == 401:
                    problem.headers = dict(_BASIC)
                raise
            return found

        return opened


pages_router = APIRouter(route_class=ForBrowsers)


@router.get(
    "/reports/smart-routing",
    response_model=ReportOut,
    responses=responses(Code.REPORT_UNKNOWN),
    summary="Show the newest smart-routing report",
)
def smart_routing(request: Request) -> Response:
    """Answer the numbers of the newest report, and where its page is."""
    return answer(request, service_of(request).loaded, newest_report(_folder(request)))


@pages_router.get(REPORTS, include_in_schema=False)
def without_slash() -> Response:
    """Lead to the list: its links are relative."""
    return RedirectResponse(f"{REPORTS}/")


@pages_router.get(f"{REPORTS}/", include_in_schema=False)
def reports(request: Request) -> Response:
    """List the reports, the newest first."""
    folder = _folder(request)
    return HTMLResponse(html("reports.html", names=[] if folder is None else folder.names()), headers=_SAFE)


@pages_router.get(REPORTS + "/{path:path}", include_in_schema=False)
def file(path: str, request: Request) -> Response:
    """Give a file of a report."""
    folder = _folder(request)
    found = None if folder is None else folder.file(path)
    if found is None:
        raise Problem(Code.PATH_UNKNOWN, f"No report has this file; {REPORTS}/ lists the reports.")
    if found.name == PAGE and not path.endswith((PAGE, "/")):
        return RedirectResponse(f"{REPORTS}/{found.parent.name}/")
    return FileResponse(found, media_type=TYPES[found.suffix], headers=_SAFE)


def _folder(request: Request) -> ReportFolder | None:
    root = service_of(request).settings.reports
    return None if root is None else ReportFolder(root)


def _with_key(request: Request) -> Request:
    """Return the request with the password of a browser's login as its key.

    Whatever is wrong with a login, it holds no key.
    """
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return request
    try:
        login = base64.b64decode(given.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        login = ""
    others = [header for header in request.scope["headers"] if header[0] != b"authorization"]
    bearer = (b"authorization", f"Bearer {login.partition(':')[2]}".encode())
    return Request({**request.scope, "headers": [*others, bearer]}, request.receive)
