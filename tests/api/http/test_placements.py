"""Placements over HTTP: queued, done by a worker, shown, called off."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from api.http.job_models import JobOut
from api.http.problems import Code
from api.keys import Scope
from graph import Network
from tests.api.http.selling import Shop, fresh, selling
from tests.api.http.test_problems import assert_problem
from tests.api.program import malha
from tests.api.test_placement_jobs import rows
from tests.optimizer.placement.scenarios import SETTINGS

PLACEMENTS = "/api/v1/placements"
BODY = {"tables": rows(), "settings": SETTINGS}


@pytest.fixture(scope="module")
def shop(small_snapshot: Path, network: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with selling(tmp_path_factory.mktemp("shop"), small_snapshot, network) as made:
        yield made


@pytest.fixture
def planner(shop: Shop) -> Iterator[httpx.Client]:
    with shop.server.client(Scope.PLANNER) as client:
        yield client


def post(planner: httpx.Client, body: object, key: str) -> httpx.Response:
    return planner.post(PLACEMENTS, json=body, headers={"Idempotency-Key": key})


def test_a_placement_is_queued_done_and_shown(
    shop: Shop, planner: httpx.Client, small_snapshot: Path
) -> None:
    key = fresh("key")
    answer = post(planner, BODY, key)
    assert answer.status_code == 202, answer.text
    job = JobOut.model_validate(answer.json())
    where = f"{PLACEMENTS}/{job.job_id}"
    assert (answer.headers["location"], job.kind, job.state) == (where, "place", "queued")
    again = post(planner, BODY, key)
    assert (again.json()["job_id"], again.headers["idempotency-replayed"]) == (job.job_id, "true")
    kept = ("--db", shop.database, "--snapshot", small_snapshot)
    done = malha("worker", *kept, "--once", "--policy", "cheapest")
    assert done.returncode == 0, done.stdout + done.stderr
    shown = JobOut.model_validate(planner.get(where).json())
    assert (shown.state, shown.progress, shown.reason) == ("done", 1.0, None)
    assert isinstance(shown.result, dict)
    assert shown.result["sites"] == ["north", "south"]
    assert planner.post(f"{where}/cancel", json={}).json()["state"] == "done"


def test_a_placement_that_waits_is_called_off_at_once(planner: httpx.Client) -> None:
    job_id = post(planner, BODY, fresh("key")).json()["job_id"]
    gone = planner.post(f"{PLACEMENTS}/{job_id}/cancel", json={}).json()
    assert (gone["state"], gone["reason"]) == ("canceled", "canceled on request")


def test_a_scenario_that_cannot_be_used_is_refused_before_it_waits(planner: httpx.Client) -> None:
    wrong = {**BODY, "settings": {"max_site": 2}}
    body = assert_problem(post(planner, wrong, fresh("key")), 422, Code.REQUEST_UNUSABLE)
    assert [fault.pointer for fault in body.errors or []] == ["/settings/max_site"]
    unsaid = {name: cells for name, cells in rows().items() if name != "supply"}
    unsaid["inbound"] = unsaid["inbound"][:3]  # from t to south nothing is said
    for asked, pointer in (
        ({"tables": unsaid}, "/tables/inbound/2/warehouse_id"),
        ({"from_snapshot": {}, "settings": {"weights": {"late": 3}}}, "/settings/weights/late"),
        ({"from_snapshot": {}, "edits": ["max_sites=3", "nonsense"]}, "/edits/1"),
    ):
        body = assert_problem(post(planner, asked, fresh("key")), 422, Code.REQUEST_UNUSABLE)
        assert [fault.pointer for fault in body.errors or []] == [pointer]
    assert_problem(post(planner, {}, fresh("key")), 422, Code.REQUEST_UNUSABLE)
    assert_problem(post(planner, {"sites": 3}, fresh("key")), 422, Code.REQUEST_INVALID)
    assert_problem(planner.post(PLACEMENTS, json=BODY), 422, Code.REQUEST_INVALID)


def test_only_planners_see_placements_and_nothing_else(shop: Shop, planner: httpx.Client) -> None:
    refused = shop.oms.post(PLACEMENTS, json=BODY, headers={"Idempotency-Key": fresh("key")})
    assert_problem(refused, 403, Code.SCOPE_MISSING)
    batch = shop.post("/api/v1/orders/batch", {"orders": [shop.order()]}, fresh("key")).json()["job_id"]
    assert_problem(planner.get(f"{PLACEMENTS}/{batch}"), 404, Code.JOB_UNKNOWN)
    assert_problem(planner.post(f"{PLACEMENTS}/{batch}/cancel", json={}), 404, Code.JOB_UNKNOWN)
