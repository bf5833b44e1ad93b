"""Batches over HTTP: queued, done by a worker, shown, called off."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.http.job_models import BatchOut, JobOut
from api.http.problems import Code
from api.keys import Scope
from graph import Network
from tests.api.http.selling import ORDERS, Shop, fresh, selling
from tests.api.http.test_problems import assert_problem
from tests.api.program import malha

BATCH = f"{ORDERS}/batch"
JOBS = "/api/v1/jobs"


@pytest.fixture(scope="module")
def shop(small_snapshot: Path, network: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with selling(tmp_path_factory.mktemp("shop"), small_snapshot, network) as made:
        yield made


def work(shop: Shop, snapshot: Path) -> None:
    """Let a worker do what is due."""
    where = ("--db", shop.database, "--snapshot", snapshot)
    done = malha("worker", *where, "--once", "--policy", "cheapest")
    assert done.returncode == 0, done.stdout + done.stderr


def queued(answer: httpx.Response) -> JobOut:
    assert answer.status_code == 202, answer.text
    job = JobOut.model_validate(answer.json())
    assert answer.headers["location"] == f"{JOBS}/{job.job_id}"
    return job


def shown(shop: Shop, job: JobOut) -> JobOut:
    with shop.server.client(Scope.ANALYST) as analyst:
        return JobOut.model_validate(analyst.get(f"{JOBS}/{job.job_id}").json())


def test_a_batch_is_queued_done_and_holds_its_stock(shop: Shop, small_snapshot: Path) -> None:
    product = shop.products[0]
    shop.shelve(product, {shop.sellers[product][0]: 3})
    orders = [shop.order(units=2), shop.order(), shop.order()]
    strange = shop.order(lines=1)
    strange["lines"][0]["product_id"] = "never-sold"
    body, key = {"orders": [*orders, strange], "policy": "cheapest"}, fresh("key")
    job = queued(shop.post(BATCH, body, key))
    assert (job.state, job.progress, job.result) == ("queued", 0.0, None)
    again = shop.post(BATCH, body, key)
    assert (queued(again).job_id, again.headers["idempotency-replayed"]) == (job.job_id, "true")
    assert_problem(shop.post(BATCH, {**body, "mode": "preview"}, key), 422, Code.KEY_REUSED)
    work(shop, small_snapshot)
    done = shown(shop, job)
    assert (done.state, done.progress) == ("done", 1.0)
    result = BatchOut.model_validate(done.result)
    told = {one.order_id: one for one in result.outcomes}
    assert (result.orders, result.refused) == (4, 1)
    assert "never-sold" in str(told[strange["order_id"]].reason)
    statuses = sorted(str(told[order["order_id"]].status) for order in orders)
    assert statuses == ["served", "served", "unserved"]
    states = [shop.oms.get(f"{ORDERS}/{order['order_id']}").json()["state"] for order in orders]
    assert sorted(states) == ["received", "reserved", "reserved"]
    ended = shop.post(f"{JOBS}/{job.job_id}/cancel", {}).json()
    assert (ended["state"], ended["cancel_requested_at"]) == ("done", None)


def test_a_preview_of_a_batch_holds_nothing_and_reads_offers_told(shop: Shop, small_snapshot: Path) -> None:
    offer = {"product_id": "told", "seller_id": "told", "price_cents": 100, "zip_prefix": shop.zip_prefix}
    shop.oms.put("/api/v1/offers", json={"offers": [offer]})
    shop.post("/api/v1/stock/events", {"events": [shop.event("told", "told", 1)]})
    order = shop.order()
    order["lines"][0]["product_id"] = "told"
    job = queued(shop.post(BATCH, {"orders": [order], "mode": "preview"}, fresh("key")))
    work(shop, small_snapshot)
    result = BatchOut.model_validate(shown(shop, job).result)
    assert result.outcomes[0].lines[0].parts[0].source_id == "seller:told"
    assert_problem(shop.oms.get(f"{ORDERS}/{order['order_id']}"), 404, Code.ORDER_UNKNOWN)


def test_a_batch_that_waits_is_called_off_at_once(shop: Shop, small_snapshot: Path) -> None:
    job = queued(shop.post(BATCH, {"orders": [shop.order()]}, fresh("key")))
    gone = JobOut.model_validate(shop.post(f"{JOBS}/{job.job_id}/cancel", {}).json())
    assert (gone.state, gone.reason) == ("canceled", "canceled on request")
    work(shop, small_snapshot)
    assert shown(shop, job).state == "canceled"


def test_a_batch_that_cannot_be_read_is_refused_before_it_waits(shop: Shop) -> None:
    good = shop.order()
    twice = {**good, "order_id": fresh("order"), "lines": [good["lines"][0]] * 2}
    body = assert_problem(
        shop.post(BATCH, {"orders": [good, twice, twice]}, fresh("key")), 422, Code.REQUEST_UNUSABLE
    )
    assert [fault.pointer for fault in body.errors or []] == ["/orders/1/lines", "/orders/2/lines"]
    assert good["lines"][0]["line_id"] in (body.errors or [])[0].detail
    same: dict[str, Any] = {"orders": [good, good]}
    assert_problem(shop.post(BATCH, same, fresh("key")), 422, Code.REQUEST_UNUSABLE)
    named = {"orders": [good], "policy": "no-such"}
    assert_problem(shop.post(BATCH, named, fresh("key")), 422, Code.POLICY_UNKNOWN)
    assert_problem(shop.post(BATCH, {"orders": [good]}), 422, Code.REQUEST_INVALID)
    assert_problem(shop.oms.get(f"{JOBS}/job-{'0' * 24}"), 404, Code.JOB_UNKNOWN)
    assert_problem(shop.post(f"{JOBS}/job-{'0' * 24}/cancel", {}), 404, Code.JOB_UNKNOWN)
    assert_problem(shop.oms.get(f"{JOBS}/nothing"), 422, Code.REQUEST_INVALID)


def test_too_many_orders_are_typed(small_snapshot: Path, network: Network, tmp_path: Path) -> None:
    lines = [{"line_id": "1", "product_id": "p"}]
    orders = [
        {"order_id": str(number), "destination": {"zip_prefix": "01310"}, "lines": lines}
        for number in range(10_001)
    ]
    with selling(tmp_path, small_snapshot, network, "--max-body-bytes", "2000000") as large:
        body = assert_problem(large.post(BATCH, {"orders": orders}, fresh("key")), 422, Code.TOO_MANY_ORDERS)
        assert body.model_extra is not None
        assert body.model_extra["limit"] == 10_000
        assert large.post(BATCH, {"orders": orders[:-1]}, fresh("key")).status_code == 202
