"""Routes that ask for a key before they read anything: the check stands before the body is parsed."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Final

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from api.http.problems import Code, Problem, responses
from api.http.service import service_of
from api.keys import Scope
from graph.errors import BadInput

SCHEME: Final = "apiKey"
PREFIX: Final = "/api/v1"

JSON_TYPES: Final = (
    "application/json",
    "application/cloudevents+json",
    "application/cloudevents-batch+json",
)

_CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="malha"'}
_COMMON: Final = (
    Code.KEY_MISSING,
    Code.KEY_UNKNOWN,
    Code.SCOPE_MISSING,
    Code.KEYS_UNREADABLE,
    Code.NOT_READY,
)

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Guarded(APIRoute):
    """A route that wants a key with one of ``scopes``, and a JSON body where it has a body."""

    scopes: tuple[Scope, ...] = ()

    def get_route_handler(self) -> Handler:
        """Return FastAPI's handler behind the guard."""
        answer = super().get_route_handler()
        scopes, has_body = self.scopes, self.body_field is not None

        async def guarded(request: Request) -> Response:
            admit(request, scopes)
            if has_body:
                _want_json(request.headers.get("content-type", ""))
                # Read here, a body that is too large leaves as that; FastAPI would call it unreadable.
                await request.body()
            return await answer(request)

        return guarded


def guarded_router(topic: str, *scopes: Scope) -> APIRouter:
    """Return a router below ``/api/v1`` whose routes want a key with one of ``scopes``."""
    route_class = type("Guarded", (Guarded,), {"scopes": scopes})
    return APIRouter(
        prefix=PREFIX, tags=[topic], route_class=route_class, responses=responses(*_COMMON, Code.UNEXPECTED)
    )


def admit(request: Request, scopes: tuple[Scope, ...]) -> None:
    """Let a request through if its key has one of ``scopes``; else a problem (401, 403, 503)."""
    keys = service_of(request).keys
    if keys is None:
        return
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        detail = "Send the header Authorization: Bearer KEY (malha keys create makes one)."
        raise Problem(Code.KEY_MISSING, detail, headers=_CHALLENGE)
    try:
        key = keys.find(token.strip())
    except BadInput:
        raise Problem(Code.KEYS_UNREADABLE, "The server cannot read its file of keys.") from None
    if key is None:
        raise Problem(Code.KEY_UNKNOWN, "No such key is in force.", headers=_CHALLENGE)
    request.scope["state"]["key_id"] = key.key_id
    if not set(scopes) & set(key.scopes):
        wanted = [str(scope) for scope in scopes]
        detail = f"This needs a key with one of the scopes {', '.join(wanted)}."
        raise Problem(Code.SCOPE_MISSING, detail, scopes=wanted)


def _want_json(content_type: str) -> None:
    if content_type.partition(";")[0].strip().lower() not in JSON_TYPES:
        raise Problem(Code.MEDIA_TYPE_UNSUPPORTED, "Send Content-Type: application/json.")
