"""Who may ask what: no key, wrong key, wrong scope, a key revoked meanwhile, no keys at all."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import httpx
import pytest

from api.http import Settings, serve
from api.http.settings import auth_on, reserve_at
from api.keys import KeyFile, Scope
from graph.errors import BadInput
from tests.api.http.running import PROGRAM, RECOMMEND, Server, serving

VERBS = ("approve", "extend", "handover", "deliver", "release", "cancel", "return", "reroute")
READERS = {Scope.OMS, Scope.ANALYST, Scope.PLANNER}
OPEN = {"/healthz", "/readyz", "/metrics"}
MAY = {
    ("post", RECOMMEND): READERS,
    ("get", "/api/v1/lanes/{from_region}/{to_region}"): {Scope.ANALYST, Scope.PLANNER},
    ("get", "/api/v1/sources/{source_id}"): READERS,
    ("get", "/api/v1/snapshot"): set(Scope),
    ("post", "/api/v1/snapshot/reload"): {Scope.ADMIN},
    ("post", "/api/v1/orders/preview"): READERS,
    ("post", "/api/v1/orders"): {Scope.OMS},
    ("get", "/api/v1/orders/{order_id}"): READERS,
    ("get", "/api/v1/orders/{order_id}/decision"): READERS,
    **{("post", f"/api/v1/orders/{{order_id}}/{verb}"): {Scope.OMS} for verb in VERBS},
    ("post", "/api/v1/orders/batch"): {Scope.OMS},
    ("get", "/api/v1/jobs/{job_id}"): READERS,
    ("post", "/api/v1/jobs/{job_id}/cancel"): {Scope.OMS},
    ("post", "/api/v1/placements"): {Scope.PLANNER},
    ("get", "/api/v1/placements/{job_id}"): {Scope.PLANNER},
    ("post", "/api/v1/placements/{job_id}/cancel"): {Scope.PLANNER},
    ("post", "/api/v1/replays"): {Scope.ANALYST, Scope.PLANNER},
    ("get", "/api/v1/replays/{job_id}"): {Scope.ANALYST, Scope.PLANNER},
    ("post", "/api/v1/replays/{job_id}/cancel"): {Scope.ANALYST, Scope.PLANNER},
    ("get", "/api/v1/reports/smart-routing"): {Scope.ANALYST, Scope.PLANNER},
    **{
        ("get", f"/api/v1/{path}"): {Scope.ANALYST, Scope.PLANNER}
        for path in ("sellers/ranking", "routes/ranking", "logistics/bottleneck", "kpis")
    },
    ("put", "/api/v1/offers"): {Scope.OMS, Scope.PLANNER},
    ("get", "/api/v1/stock"): READERS,
    ("get", "/api/v1/stock/reorder"): READERS,
    ("get", "/api/v1/stock/capacity"): READERS,
    ("put", "/api/v1/stock/capacity"): {Scope.OMS, Scope.PLANNER},
    ("post", "/api/v1/stock/events"): {Scope.OMS, Scope.PLANNER},
    ("get", "/api/v1/alerts"): READERS,
    ("post", "/api/v1/alerts/{alert_id}/ack"): READERS,
    ("post", "/api/v1/events"): {Scope.OMS},
    ("get", "/api/v1/stock/orders"): READERS,
    ("post", "/api/v1/stock/orders/{purchase_order_id}/cancel"): {Scope.OMS, Scope.PLANNER},
}


def operations(server: Server) -> list[tuple[str, str]]:
    """Return every method and path that the server says it has."""
    paths = httpx.get(f"{server.url}/openapi.json", timeout=60.0).json()["paths"]
    return [(method, path) for path, methods in paths.items() for method in methods]


def test_every_operation_but_health_and_metrics_wants_a_key(server: Server) -> None:
    asked = [(method, path) for method, path in operations(server) if path not in OPEN]
    assert set(asked) == MAY.keys()
    wrong = ("", "Bearer", "Basic abc", "bearer malha_00000000_wrong", "Bearer malha_", "Bearer é")
    with server.client() as client:
        for (method, path), header in product(asked, wrong):
            headers = {"Authorization": header.encode()} if header else {}
            answer = client.request(method, path, headers=headers, content=b"{")
            assert answer.status_code == 401
            assert answer.json()["code"] in ("key_missing", "key_unknown")
            assert answer.headers["www-authenticate"] == 'Bearer realm="malha"'


def test_pages_without_a_key(server: Server) -> None:
    for path in (*OPEN, "/docs", "/openapi.json", "/docs/swagger-ui-bundle.js"):
        assert httpx.get(server.url + path, timeout=60.0).status_code == 200


@pytest.mark.parametrize("scope", Scope)
def test_a_key_is_good_for_its_scope_only(server: Server, scope: Scope) -> None:
    with server.client(scope) as client:
        for (method, path), may in MAY.items():
            answer = client.request(method, path, content=b"{}")
            assert (answer.status_code == 403) == (scope not in may), (method, path)
            if scope not in may:
                assert answer.json()["code"] == "scope_missing"
                assert set(answer.json()["scopes"]) == may


def test_a_revoked_key_is_refused_from_the_next_request_on(server: Server) -> None:
    key, token = KeyFile(server.key_file).create("short-lived", [Scope.OMS], datetime.now(UTC))
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=server.url, headers=headers, timeout=60.0) as client:
        assert client.get("/api/v1/snapshot").status_code == 200
        assert (
            client.get("/api/v1/snapshot", headers={"Authorization": f"Bearer {token}x"}).status_code == 401
        )
        KeyFile(server.key_file).revoke(key.key_id, datetime.now(UTC))
        assert client.get("/api/v1/snapshot").json()["code"] == "key_unknown"


def test_a_damaged_file_of_keys_lets_nobody_in(small_snapshot: Path, tmp_path: Path) -> None:
    with serving(tmp_path, small_snapshot) as running, running.client(Scope.OMS) as oms:
        good = running.key_file.read_bytes()
        running.key_file.write_bytes(good[:50])
        assert oms.get("/api/v1/snapshot").json()["code"] == "keys_unreadable"
        assert oms.get("/readyz").json()["code"] == "not_ready"
        running.key_file.write_bytes(good)
        assert oms.get("/api/v1/snapshot").status_code == 200


def test_without_keys_only_this_machine_is_answered(small_snapshot: Path, tmp_path: Path) -> None:
    with serving(tmp_path, small_snapshot, environment={"MALHA_AUTH": "off"}) as running:
        assert httpx.get(f"{running.url}/api/v1/snapshot", timeout=60.0).status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_without_keys_no_other_address_is_listened_on(tmp_path: Path, host: str) -> None:
    with pytest.raises(BadInput, match="loopback"):
        Settings(tmp_path, auth=False, host=host)
    assert Settings(tmp_path, auth=True, host=host)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_damaged_snapshot_ends_the_program(
    two_snapshots: tuple[Path, list[str]], tmp_path: Path, workers: int
) -> None:
    root, ids = two_snapshots
    (root / ids[1] / "network" / "lanes.parquet").write_bytes(b"damaged")
    command = [*PROGRAM, "serve", "--snapshot", str(root), "--port", "0", "--workers", str(workers)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=180)
    assert done.returncode == 2
    assert "could not start" in done.stderr
    assert "lanes.parquet is damaged" in done.stdout


def test_a_server_that_cannot_start_says_why(small_snapshot: Path, tmp_path: Path) -> None:
    for text, settings in {
        "holds no snapshot": Settings(tmp_path),
        "Cannot listen": Settings(small_snapshot, host="192.0.2.1", port=0),
    }.items():
        with pytest.raises(BadInput, match=text):
            serve(settings, print)
    for text, wrong in {
        "port": {"port": 70_000},
        "workers": {"workers": 0},
        "body": {"max_body_bytes": 0},
        "candidates": {"max_candidates": 0},
        "seconds": {"reload_seconds": 0.0},
    }.items():
        with pytest.raises(BadInput, match=text):
            Settings(tmp_path, **wrong)  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="on or off"):
        auth_on("maybe")
    with pytest.raises(BadInput, match="purchase or approval"):
        reserve_at("never")
