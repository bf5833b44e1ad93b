"""The outermost layer: request id, body limit, one log line and one count a request, no error unanswered."""

from __future__ import annotations

import logging
import re
import secrets
import time
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.problems import Code, Problem
from api.http.service import LOG, Service
from api.http.settings import is_loopback

_SANE_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_HEADERS: Final = ((b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff"))
_QUIET: Final = frozenset({"/healthz", "/readyz", "/metrics"})
_UNMATCHED: Final = "unmatched"
_LONGEST_LENGTH: Final = 18


class Border:
    """ASGI middleware round the whole application."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, whatever happens inside."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        visit = _Visit(self._service, scope, receive, send)
        try:
            visit.admit()
            await self._app(scope, visit.receive, visit.send)
        except Exception as error:
            await visit.fail(error)
        finally:
            visit.close()


class _Visit:
    """One request on its way through."""

    def __init__(self, service: Service, scope: Scope, receive: Receive, send: Send) -> None:
        self._service = service
        self._scope = scope
        self._receive = receive
        self._send = send
        self._started = time.perf_counter()
        self._status = 0
        self._body_bytes = 0
        self._headers = Headers(scope=scope)
        given = self._headers.get("x-request-id", "")
        self.request_id = given if _SANE_ID.fullmatch(given) else secrets.token_hex(16)
        scope.setdefault("state", {})["request_id"] = self.request_id

    def admit(self) -> None:
        """Refuse whoever asks a server without keys under an address that others can reach."""
        server = self._scope.get("server")
        if not self._service.settings.auth and not (server and is_loopback(server[0])):
            raise Problem(Code.KEY_MISSING, "Without keys the server answers loopback addresses only.")

    async def receive(self) -> Message:
        """Pass on what comes in, up to the largest body."""
        limit = self._service.settings.max_body_bytes
        declared = self._headers.get("content-length", "0")
        if declared.isascii() and declared.isdigit() and int(declared[:_LONGEST_LENGTH]) > limit:
            raise _too_large(limit)
        message = await self._receive()
        self._body_bytes += len(message.get("body", b""))
        if self._body_bytes > limit:
            raise _too_large(limit)
        return message

    async def send(self, message: Message) -> None:
        """Pass on what goes out, with the headers that every answer has."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            own = [(b"x-request-id", self.request_id.encode())]
            message["headers"] = [*message["headers"], *own, *_HEADERS]
        await self._send(message)

    async def fail(self, error: Exception) -> None:
        """Answer an error that nothing inside has answered."""
        if not isinstance(error, Problem):
            LOG.exception("unexpected error", extra={"fields": {"request_id": self.request_id}})
            error = Problem(Code.UNEXPECTED, "The server's log has more under this request id.")
        if self._status:
            return
        response = error.response(self._service.common(self.request_id))
        await response(self._scope, self._receive, self.send)

    def close(self) -> None:
        """Count and log the request."""
        seconds = time.perf_counter() - self._started
        route = getattr(self._scope.get("route"), "path", _UNMATCHED)
        method = self._scope["method"]
        metrics = self._service.metrics
        metrics.requests.labels(_known(method), route, str(self._status)).inc()
        metrics.seconds.labels(route).observe(seconds)
        if (route in _QUIET and self._status < 400) or not LOG.isEnabledFor(logging.INFO):
            return
        fields = {
            "request_id": self.request_id,
            "method": method,
            "route": route,
            "status": self._status,
            "ms": round(seconds * 1e3, 3),
            "key_id": self._scope["state"].get("key_id"),
        }
        LOG.info("request", extra={"fields": fields})


def _known(method: str) -> str:
    """Return a method as a label: whatever else comes in must not make new series."""
    return method if method in ("GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH") else "other"


def _too_large(limit: int) -> Problem:
    return Problem(Code.BODY_TOO_LARGE, f"A body has at most {limit} bytes.", limit_bytes=limit)
