"""Replays over HTTP: queued, done by a worker, shown, called off; reports as numbers and as pages."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from api.http.job_models import JobOut
from api.http.problems import Code
from api.http.replay_models import ReportOut
from api.keys import Scope
from graph import Network
from tests.api.http.selling import Shop, fresh, selling
from tests.api.http.test_problems import assert_problem
from tests.api.program import malha

REPLAYS = "/api/v1/replays"
REPORT = "/api/v1/reports/smart-routing"
BODY = {"from": "2017-03-01", "to": "2017-03-15", "policies": ["as_is", "cheapest"], "seed": 3}


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("served") / "reports"


@pytest.fixture(scope="module")
def shop(
    small_snapshot: Path, network: Network, reports: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("shop")
    with selling(folder, small_snapshot, network, "--reports", str(reports)) as made:
        yield made


@pytest.fixture
def planner(shop: Shop) -> Iterator[httpx.Client]:
    with shop.server.client(Scope.PLANNER) as client:
        yield client


def post(planner: httpx.Client, body: object, key: str) -> httpx.Response:
    return planner.post(REPLAYS, json=body, headers={"Idempotency-Key": key})


def work(shop: Shop, *options: object) -> None:
    done = malha("worker", "--db", shop.database, "--once", *options)
    assert done.returncode == 0, done.stdout + done.stderr


def login(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def test_a_replay_is_queued_done_shown_and_served(
    shop: Shop, planner: httpx.Client, small_snapshot: Path, market_dir: Path, reports: Path
) -> None:
    body = assert_problem(planner.get(REPORT), 404, Code.REPORT_UNKNOWN)
    assert "malha report" in body.detail
    key = fresh("key")
    answer = post(planner, BODY, key)
    assert answer.status_code == 202, answer.text
    job = JobOut.model_validate(answer.json())
    where = f"{REPLAYS}/{job.job_id}"
    assert (answer.headers["location"], job.kind, job.state) == (where, "replay", "queued")
    again = post(planner, BODY, key)
    assert (again.json()["job_id"], again.headers["idempotency-replayed"]) == (job.job_id, "true")
    work(shop, "--snapshot", small_snapshot, "--source", market_dir, "--reports", reports)
    shown = JobOut.model_validate(planner.get(where).json())
    assert (shown.state, shown.progress, shown.reason) == ("done", 1.0, None)
    assert isinstance(shown.result, dict)
    assert shown.result["page"] == f"/reports/{job.job_id}/"
    numbers = shown.result["report"]
    assert (numbers["first_day"], numbers["last_day"]) == ("2017-03-01", "2017-03-14")
    assert (numbers["seed"], numbers["source"]) == (3, "tables")
    assert list(numbers["replayed"]["policies"]) == ["as_is", "cheapest"]
    newest = ReportOut.model_validate(planner.get(REPORT).json())
    assert (newest.name, newest.report) == (job.job_id, numbers)
    page = planner.get(newest.page)
    assert page.status_code == 200
    assert numbers["report_id"] in page.text
    assert planner.post(f"{where}/cancel", json={}).json()["state"] == "done"


def test_a_replay_that_waits_is_called_off_at_once(planner: httpx.Client) -> None:
    job_id = post(planner, BODY, fresh("key")).json()["job_id"]
    gone = planner.post(f"{REPLAYS}/{job_id}/cancel", json={}).json()
    assert (gone["state"], gone["reason"]) == ("canceled", "canceled on request")


def test_a_replay_that_makes_no_sense_is_refused_before_it_waits(planner: httpx.Client) -> None:
    wrong = {"from": "2018-03-15", "to": "2018-03-01", "policies": ["as_is", "as_is"]}
    body = assert_problem(post(planner, wrong, fresh("key")), 422, Code.REQUEST_UNUSABLE)
    assert [fault.pointer for fault in body.errors or []] == ["/from", "/policies"]
    unknown = {"policies": ["as_is", "cheepest"]}
    assert_problem(post(planner, unknown, fresh("key")), 422, Code.POLICY_UNKNOWN)
    for odd in ({"source": "/etc"}, {"from": "soon"}, {"policies": []}, {"seed": -1}):
        assert_problem(post(planner, odd, fresh("key")), 422, Code.REQUEST_INVALID)


def test_a_job_of_another_kind_is_no_replay(shop: Shop, planner: httpx.Client) -> None:
    batch = shop.post("/api/v1/orders/batch", {"orders": [shop.order()]}, fresh("key")).json()["job_id"]
    assert_problem(planner.get(f"{REPLAYS}/{batch}"), 404, Code.JOB_UNKNOWN)
    assert_problem(planner.post(f"{REPLAYS}/{batch}/cancel", json={}), 404, Code.JOB_UNKNOWN)


def test_pages_want_a_key_and_take_it_from_a_browser(shop: Shop) -> None:
    key, other = shop.server.keys[Scope.ANALYST], shop.server.keys[Scope.OMS]
    with shop.server.client() as nobody:
        for path in ("/reports", "/reports/", "/reports/x/index.html"):
            refused = nobody.get(path)
            assert_problem(refused, 401, Code.KEY_MISSING)
            assert refused.headers["www-authenticate"].startswith("Basic ")
        listed = nobody.get("/reports/", headers=login("anyone", key))
        assert listed.status_code == 200
        assert "default-src 'none'" in listed.headers["content-security-policy"]
        assert_problem(nobody.get("/reports/", headers=login("anyone", other)), 403, Code.SCOPE_MISSING)
        assert_problem(nobody.get("/reports/", headers=login(key, "wrong")), 401, Code.KEY_UNKNOWN)
        for broken in ("Basic !", "Basic", "Basic //8="):
            assert nobody.get("/reports/", headers={"Authorization": broken}).status_code == 401


@pytest.mark.parametrize(
    "path",
    ["/reports/../keys.json", "/reports/%2e%2e/keys.json", "/reports/..%2fkeys.json", "/reports//etc/passwd"],
)
def test_no_path_leads_out_of_the_reports(shop: Shop, path: str) -> None:
    with shop.server.client(Scope.PLANNER) as planner:
        target = httpx.URL(planner.base_url.join("/"), raw_path=path.encode())
        assert_problem(planner.get(target), 404, Code.PATH_UNKNOWN)
