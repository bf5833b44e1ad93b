"""Every error leaves as problem+json with its code; each code but the impossible ones is provoked here."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from api.http import Settings, create_app
from api.http.fleet import Fleet, Wanted
from api.http.logs import JsonLines
from api.http.problems import MEDIA_TYPE, Code, ProblemBody
from api.keys import Scope
from graph.stores import snapshot_folder
from tests.api.http.running import RECOMMEND, Server, serving

JSON = {"Content-Type": "application/json"}


def assert_problem(answer: httpx.Response, status: int, code: Code) -> ProblemBody:
    assert answer.headers["content-type"] == MEDIA_TYPE
    body = ProblemBody.model_validate(answer.json())
    assert (answer.status_code, body.status, body.code) == (status, status, code)
    assert body.type == f"urn:malha:problem:{code}"
    assert body.request_id == answer.headers["x-request-id"]
    assert body.snapshot_id
    assert body.as_of
    return body


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status", "code"),
    [
        ("GET", "/nothing", {}, b"", 404, Code.PATH_UNKNOWN),
        ("GET", "/api/v1", {}, b"", 404, Code.PATH_UNKNOWN),
        ("GET", "/api/v1/snapshot/", {}, b"", 404, Code.PATH_UNKNOWN),
        ("GET", RECOMMEND, {}, b"", 405, Code.METHOD_NOT_ALLOWED),
        ("DELETE", "/api/v1/snapshot", {}, b"", 405, Code.METHOD_NOT_ALLOWED),
        ("PUT", "/healthz", {}, b"", 405, Code.METHOD_NOT_ALLOWED),
        ("POST", RECOMMEND, JSON, b"{", 400, Code.BODY_UNREADABLE),
        ("POST", RECOMMEND, JSON, b"\xff\xfe", 400, Code.BODY_UNREADABLE),
        ("POST", RECOMMEND, JSON, b"[" * 30_000, 400, Code.BODY_UNREADABLE),
        ("POST", RECOMMEND, JSON, b'{"k": ' + b"9" * 5_000 + b"}", 400, Code.BODY_UNREADABLE),
        ("POST", RECOMMEND, JSON, b"", 422, Code.REQUEST_INVALID),
        ("POST", RECOMMEND, JSON, b"[]", 422, Code.REQUEST_INVALID),
        ("POST", RECOMMEND, JSON, b'{"z": NaN}', 422, Code.REQUEST_INVALID),
        ("POST", RECOMMEND, {"Content-Type": "text/plain"}, b"{}", 415, Code.MEDIA_TYPE_UNSUPPORTED),
        ("POST", RECOMMEND, {}, b"{}", 415, Code.MEDIA_TYPE_UNSUPPORTED),
        ("POST", RECOMMEND, JSON, b" " * 65_537, 413, Code.BODY_TOO_LARGE),
        ("GET", "/api/v1/sources/seller:nobody", {}, b"", 404, Code.SOURCE_UNKNOWN),
        ("GET", "/api/v1/sources/warehouse:none:nobody", {}, b"", 404, Code.SOURCE_UNKNOWN),
        ("GET", "/api/v1/sources/nobody", {}, b"", 422, Code.REQUEST_INVALID),
    ],
)
def test_errors_are_problems(
    oms: httpx.Client, method: str, path: str, headers: dict[str, str], body: bytes, status: int, code: Code
) -> None:
    assert_problem(oms.request(method, path, headers=headers, content=body), status, code)


def test_a_method_not_allowed_says_which_are(oms: httpx.Client) -> None:
    assert oms.get(RECOMMEND).headers["allow"] == "POST"


def test_a_body_in_pieces_has_the_same_limit(oms: httpx.Client) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(70):
            yield b" " * 1_000

    answer = oms.post(RECOMMEND, content=pieces(), headers=JSON)
    assert assert_problem(answer, 413, Code.BODY_TOO_LARGE).model_extra == {"limit_bytes": 65_536}


def test_too_many_routes_and_candidates_are_typed(
    small_snapshot: Path, server: Server, tmp_path: Path
) -> None:
    question = {"zip_prefix": "01310", "category": "health_beauty"}
    with server.client(Scope.OMS) as oms:
        body = assert_problem(oms.post(RECOMMEND, json={**question, "k": 101}), 422, Code.TOO_MANY_ROUTES)
    assert body.model_extra == {"limit": 100}
    with serving(tmp_path, small_snapshot, "--max-candidates", "3") as small, small.client(Scope.OMS) as oms:
        body = assert_problem(oms.post(RECOMMEND, json=question), 422, Code.TOO_MANY_CANDIDATES)
    assert body.model_extra is not None
    assert body.model_extra["limit"] == 3 < body.model_extra["possible"]


def test_lanes_that_nobody_used_and_regions_that_are_none(server: Server) -> None:
    with server.client(Scope.ANALYST) as analyst:
        assert_problem(analyst.get("/api/v1/lanes/000/999"), 404, Code.LANE_UNKNOWN)
        body = assert_problem(analyst.get("/api/v1/lanes/0/999"), 422, Code.REQUEST_INVALID)
    assert body.errors is not None
    assert body.errors[0].pointer == "path/from_region"


def test_an_error_nobody_thought_of_is_a_problem(
    small_snapshot: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Fleet(tmp_path).want(Wanted(0, str(snapshot_folder(small_snapshot))))
    app = create_app(Settings(small_snapshot, auth=False), tmp_path)

    @app.get("/broken")
    def broken() -> None:
        float("rua-das-flores")

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport) as client:
            return await client.get("http://127.0.0.1/broken")

    assert_problem(asyncio.run(ask()), 500, Code.UNEXPECTED)
    [record] = [record for record in caplog.records if record.levelname == "ERROR"]
    line = JsonLines().format(record)
    assert "in broken" in line
    assert "could not convert" not in line


def test_without_keys_an_address_that_others_can_reach_is_not_answered(
    small_snapshot: Path, tmp_path: Path
) -> None:
    """Whoever runs the application under another server cannot open it to the world by accident."""
    Fleet(tmp_path).want(Wanted(0, str(snapshot_folder(small_snapshot))))
    app = create_app(Settings(small_snapshot, auth=False), tmp_path)

    async def ask(host: str) -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport) as client:
            return await client.get(f"http://{host}/api/v1/snapshot")

    assert asyncio.run(ask("127.0.0.1")).status_code == 200
    assert_problem(asyncio.run(ask("192.0.2.1")), 401, Code.KEY_MISSING)


def test_a_broken_request_line_does_no_harm(server: Server) -> None:
    parts = urlsplit(server.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as raw:
        raw.sendall(b"NONSENSE\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 400")
    assert httpx.get(f"{server.url}/healthz", timeout=60.0).json() == {"status": "alive"}


def _log_with(server: Server, word: str) -> str:
    """Return the log once a word stands in it: a line is written after its answer was sent."""
    for _ in range(100):
        if word in (text := server.log.read_text("utf-8")):
            return text
        time.sleep(0.1)
    raise AssertionError(f"{word} never came")


def test_nothing_that_was_sent_stands_in_the_log(server: Server) -> None:
    secret = "7f3e-personal"
    with server.client(Scope.OMS) as oms:
        oms.post(RECOMMEND, json={"zip_prefix": secret, "category": secret, secret: secret})
        oms.get(f"/api/v1/sources/seller:{secret}", params={"who": secret})
        oms.get(f"/{secret}", headers={"X-Request-Id": "find-me"})
    text = _log_with(server, "find-me")
    assert secret not in text
    assert not any(key in text for key in server.keys.values())
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    [line] = [line for line in lines if line.get("request_id") == "find-me"]
    assert (line["event"], line["route"], line["status"]) == ("request", "unmatched", 404)
