"""The pages for people and machines: OpenAPI with examples that work, Swagger UI, figures, sources, lanes."""

from __future__ import annotations

import json
import logging
import re
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import BaseModel

from api.http import order_answers as orders
from api.http.alert_models import AcknowledgedOut, AlertsOut
from api.http.capacity_models import CapacitiesOut
from api.http.event_models import CloudEventsOut
from api.http.insight_models import BottlenecksOut, KpisOut, RouteRankingOut, SellerRankingOut
from api.http.job_models import JobOut
from api.http.logs import JsonLines
from api.http.models import (
    LanesOut,
    ReloadOut,
    RouteQuestion,
    RoutesOut,
    SnapshotOut,
    SourceOut,
)
from api.http.offer_models import OffersOut
from api.http.problems import Code
from api.http.purchase_models import PurchaseCanceledOut, PurchaseOrdersOut
from api.http.reorder_work import ReorderPageOut
from api.http.replay_models import ReportOut
from api.http.stock_answers import EventsOut, StockPageOut
from api.keys import Scope
from graph import Network
from tests.api.http.running import RECOMMEND, Server, serving

ANSWERS: dict[str, type[BaseModel]] = {
    RECOMMEND: RoutesOut,
    "/api/v1/lanes/{from_region}/{to_region}": LanesOut,
    "/api/v1/sources/{source_id}": SourceOut,
    "/api/v1/snapshot": SnapshotOut,
    "/api/v1/snapshot/reload": ReloadOut,
    "/api/v1/orders/preview": orders.PreviewOut,
    "/api/v1/orders": orders.TakenOut,
    **dict.fromkeys(
        ("/api/v1/placements", "/api/v1/placements/{job_id}", "/api/v1/placements/{job_id}/cancel"), JobOut
    ),
    **dict.fromkeys(
        ("/api/v1/replays", "/api/v1/replays/{job_id}", "/api/v1/replays/{job_id}/cancel"), JobOut
    ),
    "/api/v1/reports/smart-routing": ReportOut,
    "/api/v1/sellers/ranking": SellerRankingOut,
    "/api/v1/routes/ranking": RouteRankingOut,
    "/api/v1/logistics/bottleneck": BottlenecksOut,
    "/api/v1/kpis": KpisOut,
    "/api/v1/stock/reorder": ReorderPageOut,
    "/api/v1/orders/{order_id}": orders.ShownOut,
    "/api/v1/orders/{order_id}/decision": orders.WhyOut,
    **dict.fromkeys(
        (
            f"/api/v1/orders/{{order_id}}/{verb}"
            for verb in ("extend", "deliver", "release", "cancel", "return")
        ),
        orders.OrderOut,
    ),
    "/api/v1/orders/{order_id}/approve": orders.DecidedOut,
    "/api/v1/orders/{order_id}/reroute": orders.DecidedOut,
    "/api/v1/orders/{order_id}/handover": orders.HandedOverOut,
    "/api/v1/orders/batch": JobOut,
    "/api/v1/jobs/{job_id}": JobOut,
    "/api/v1/jobs/{job_id}/cancel": JobOut,
    "/api/v1/offers": OffersOut,
    "/api/v1/stock": StockPageOut,
    "/api/v1/stock/capacity": CapacitiesOut,
    "/api/v1/stock/events": EventsOut,
    "/api/v1/alerts": AlertsOut,
    "/api/v1/alerts/{alert_id}/ack": AcknowledgedOut,
    "/api/v1/events": CloudEventsOut,
    "/api/v1/stock/orders": PurchaseOrdersOut,
    "/api/v1/stock/orders/{purchase_order_id}/cancel": PurchaseCanceledOut,
}
ELSEWHERE = (
    *("/reload", "/orders", "/preview", "/batch", "/offers", "/stock", "/stock/events"),
    *("/{job_id}", "/cancel", "/capacity", "/stock/reorder", "/placements", "/replays", "/smart-routing"),
    *("/ranking", "/bottleneck"),
    *("/alerts", "/ack", "/api/v1/events"),
)
"""The ends of paths that write, need a database or look at the clock: tests of their own ask them."""


@pytest.fixture(scope="module")
def page(server: Server) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{server.url}/openapi.json", timeout=60.0).json()
    return found


def operations(page: dict[str, Any]) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return the operations below /api/v1 by path."""
    return {
        path: next(iter(methods.items()))
        for path, methods in page["paths"].items()
        if path.startswith("/api")
    }


def answer_of(operation: dict[str, Any]) -> dict[str, Any]:
    """Return what an operation says of its good answer."""
    [good] = [status for status in operation["responses"] if status.startswith("2")]
    told: dict[str, Any] = operation["responses"][good]["content"]["application/json"]
    return told


def test_every_example_keeps_to_its_schema(page: dict[str, Any]) -> None:
    assert operations(page).keys() == ANSWERS.keys()
    for path, (_, operation) in operations(page).items():
        example = answer_of(operation)["example"]
        ANSWERS[path].model_validate(example, strict=False)
        assert example["request_id"] != example["snapshot_id"]
    questions = operations(page)[RECOMMEND][1]["requestBody"]["content"]["application/json"]["examples"]
    for question in questions.values():
        RouteQuestion.model_validate(question["value"])


def test_every_example_is_answered_as_it_says(server: Server, page: dict[str, Any]) -> None:
    with server.client(Scope.ANALYST) as client:
        for path, (method, operation) in operations(page).items():
            if path.endswith(ELSEWHERE) or "{order_id}" in path:
                continue
            filled = path.format(**{p["name"]: p["example"] for p in operation.get("parameters", [])})
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            questions = [question["value"] for question in body.get("examples", {}).values()] or [None]
            answers = [client.request(method, filled, json=question) for question in questions]
            assert {answer.status_code for answer in answers} == {200}
            example = answer_of(operation)["example"]
            given = answers[0].json()
            assert {**given, "request_id": ""} == {**example, "request_id": ""}


def test_errors_are_described_and_every_code_is_in_the_schema(page: dict[str, Any]) -> None:
    assert set(page["components"]["schemas"]["Code"]["enum"]) == set(Code)
    for _, operation in operations(page).values():
        assert operation["security"] == [{"apiKey": []}]
        assert {"401", "403", "500", "503"} <= operation["responses"].keys()
    assert "HTTPValidationError" not in json.dumps(page)


def test_every_call_and_every_code_is_in_the_documentation(page: dict[str, Any]) -> None:
    text = (Path(__file__).parents[3] / "docs" / "api.md").read_text("utf-8")
    assert not [path for path in page["paths"] if f"{path}`" not in text]
    assert not [code for code in Code if f"`{code}`" not in text]


def test_the_documentation_needs_no_other_host(server: Server) -> None:
    html = httpx.get(f"{server.url}/docs", timeout=60.0).text
    links = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert len(links) == 3
    for link in links:
        assert not link.startswith(("http", "//"))
        assert httpx.get(f"{server.url}/{link}", timeout=60.0).status_code == 200


def test_sources_are_those_of_the_network(server: Server, network: Network) -> None:
    stocks = network.tables["stocks"]
    stock = stocks.row(0, named=True)
    seller = stock["seller_id"]
    held = stocks.filter(seller_id=seller, warehouse_id=stock["warehouse_id"])
    with server.client(Scope.OMS) as oms:
        shop = SourceOut.model_validate(oms.get(f"/api/v1/sources/seller:{seller}").json())
        store = oms.get(f"/api/v1/sources/warehouse:{stock['warehouse_id']}:{seller}").json()
    row = network.tables["sellers"].filter(seller_id=seller).row(0, named=True)
    assert (shop.zip_prefix, shop.seller.n) == (row["zip_prefix"], row["n"])
    assert shop.products == network.tables["offers"].filter(seller_id=seller).height
    assert shop.units is None
    assert (store["products"], store["units"]) == (held.height, held["units"].sum())
    warehouse = network.tables["warehouses"].filter(warehouse_id=stock["warehouse_id"])
    assert store["zip_prefix"] == warehouse["zip_prefix"][0]
    assert SourceOut.model_validate(store)


def test_lanes_are_those_of_the_network(server: Server, network: Network) -> None:
    lane = network.lanes().row(0, named=True)
    between = network.lanes().filter(from_region=lane["from_region"], to_region=lane["to_region"])
    with server.client(Scope.PLANNER) as planner:
        answer = planner.get(f"/api/v1/lanes/{lane['from_region']}/{lane['to_region']}").json()
    found = LanesOut.model_validate(answer).lanes
    assert [lane.carrier_id for lane in found] == between["carrier_id"].to_list()
    assert [lane.mean_days for lane in found] == between["mean_days"].to_list()


def test_the_snapshot_says_what_it_holds(server: Server, network: Network) -> None:
    with server.client(Scope.OMS) as oms:
        answer = oms.get("/api/v1/snapshot").json()
    assert SnapshotOut.model_validate(answer).counts == network.counts()
    assert answer["snapshot_id"] == network.meta.snapshot_id
    assert answer["as_of"] == network.meta.as_of.isoformat()


def test_figures_count_every_worker_and_name_nobody(
    small_snapshot: Path, network: Network, tmp_path: Path
) -> None:
    question = {"zip_prefix": network.arrays.zip_prefixes[0], "category": network.arrays.category_names[0]}
    with serving(tmp_path, small_snapshot, workers=2) as running:
        for _ in range(20):
            with running.client(Scope.OMS) as oms:
                assert oms.post(RECOMMEND, json=question).status_code == 200
        pages = [httpx.get(f"{running.url}/metrics", timeout=60.0).text for _ in range(6)]
    line = f'malha_http_requests_total{{method="POST",route="{RECOMMEND}",status="200"}} 20.0'
    assert all(line in page for page in pages)
    assert 'malha_http_request_seconds_bucket{le="0.01",' in pages[0]
    assert "malha_recommend_candidates_count 20.0" in pages[0]
    for secret in (network.meta.snapshot_id, question["zip_prefix"], *running.keys.values()):
        assert not any(secret in page for page in pages)


def test_an_error_is_logged_by_place_not_by_message() -> None:
    said = "-".join(["rua", "das", "flores"])
    try:
        float(said)
    except ValueError:
        record = logging.LogRecord("malha.http", logging.ERROR, __file__, 1, "failed", None, sys.exc_info())
    line = json.loads(JsonLines().format(record))
    assert (line["level"], line["event"], line["error_type"]) == ("error", "failed", "ValueError")
    assert __name__.rpartition(".")[2] in line["traceback"]
    assert said not in json.dumps(line)
