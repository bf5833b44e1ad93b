"""Recommending over HTTP: the numbers of the command line, and errors that a program can act on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from api.cli import app
from api.http.models import RouteQuestion, RoutesOut
from graph import Network
from tests.api.http.running import RECOMMEND

CATEGORY = "health_beauty"


@pytest.fixture(scope="module")
def zip_prefix(network: Network) -> str:
    return network.arrays.zip_prefixes[100]


@pytest.mark.parametrize(
    "question",
    [
        {},
        {"promise_days": 7.5},
        {"probability": 0.95, "k": 12},
        {"rank": "fastest", "quantity": 3},
        {"rank": "cheapest", "k": 1},
        {"rank": "balanced", "weights": {"days": 10, "late": 0.5}},
        {"z": 2, "at": "2019-01-05T10:00:00-03:00"},
        {"at": "2019-01-05"},
    ],
    ids=str,
)
def test_answers_what_the_network_answers(
    oms: httpx.Client, network: Network, zip_prefix: str, question: dict[str, Any]
) -> None:
    asked = {"zip_prefix": zip_prefix, "category": CATEGORY, **question}
    answer = oms.post(RECOMMEND, json=asked)
    assert answer.status_code == 200
    body = answer.json()
    assert body.pop("request_id") == answer.headers["x-request-id"]
    expected = network.recommend(RouteQuestion.model_validate(asked).to_request())
    assert body == json.loads(json.dumps(expected.to_dict()))
    assert RoutesOut.model_validate(answer.json(), strict=False)


def test_answers_what_the_command_line_prints(
    oms: httpx.Client, small_snapshot: Path, zip_prefix: str
) -> None:
    asked = ["--zip", zip_prefix, "--category", CATEGORY, "--promise-days", "9", "--json"]
    printed = json.loads(
        CliRunner().invoke(app, ["recommend", "--snapshot", str(small_snapshot), *asked]).stdout
    )
    body = oms.post(
        RECOMMEND, json={"zip_prefix": zip_prefix, "category": CATEGORY, "promise_days": 9.0}
    ).json()
    assert {name: body[name] for name in printed} == printed
    assert body.keys() - printed.keys() == {"request_id"}


def test_a_request_id_that_is_sane_is_kept(oms: httpx.Client, zip_prefix: str) -> None:
    question = {"zip_prefix": zip_prefix, "category": CATEGORY}
    kept = oms.post(RECOMMEND, json=question, headers={"X-Request-Id": "order-7.a_B"})
    assert kept.json()["request_id"] == kept.headers["x-request-id"] == "order-7.a_B"
    for strange in ("", "a b", "x" * 65, 'quote"'):
        made = oms.post(RECOMMEND, json=question, headers={"X-Request-Id": strange})
        assert made.json()["request_id"] == made.headers["x-request-id"] != strange
        assert len(made.json()["request_id"]) == 32


def test_a_product_nobody_can_ship_now_is_an_answer(oms: httpx.Client, network: Network) -> None:
    offer = network.tables["offers"].row(0, named=True)
    question = {
        "zip_prefix": network.arrays.zip_prefixes[0],
        "product_id": offer["product_id"],
        "at": "2030-01-01T00:00:00Z",
    }
    body = oms.post(RECOMMEND, json=question).json()
    assert body["routes"] == []
    assert "lapsed" in body["note"]


def test_names_that_are_not_known_come_with_the_nearest(oms: httpx.Client, zip_prefix: str) -> None:
    wrong = oms.post(RECOMMEND, json={"zip_prefix": zip_prefix, "category": "helth_beauty"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "category_unknown")
    assert "health_beauty" in wrong.json()["nearest"]
    wrong = oms.post(RECOMMEND, json={"zip_prefix": "99999", "category": CATEGORY})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "zip_prefix_unknown")
    wrong = oms.post(RECOMMEND, json={"zip_prefix": zip_prefix, "product_id": "nope"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "product_unknown")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"quantity": 0}, "/quantity"),
        ({"quantity": "2"}, "/quantity"),  # a number in quotes is no number
        ({"quantity": True}, "/quantity"),
        ({"k": 0}, "/k"),
        ({"rank": "best"}, "/rank"),
        ({"promise_days": -1}, "/promise_days"),
        ({"weights": {"hours": 1}}, "/weights/hours"),
        ({"zip_prefix": "1310"}, "/zip_prefix"),
        ({"at": "yesterday"}, "/at"),
        ({"at": 1_546_300_800}, "/at"),
        ({"colour": "red"}, "/colour"),
        ({"product_id": "p"}, ""),  # a category and a product
        ({"promise_days": 5, "probability": 0.9}, ""),
    ],
    ids=str,
)
def test_what_breaks_the_schema_is_pointed_at(
    oms: httpx.Client, zip_prefix: str, change: dict[str, Any], pointer: str
) -> None:
    body = oms.post(RECOMMEND, json={"zip_prefix": zip_prefix, "category": CATEGORY, **change}).json()
    assert body["code"] == "request_invalid"
    assert [error["pointer"] for error in body["errors"]] == [pointer]


def test_an_instant_before_the_snapshot_makes_no_sense(oms: httpx.Client, zip_prefix: str) -> None:
    question = {"zip_prefix": zip_prefix, "category": CATEGORY, "at": "2000-01-01T00:00:00Z"}
    body = oms.post(RECOMMEND, json=question).json()
    assert body["code"] == "request_unusable"
