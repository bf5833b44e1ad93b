"""A placement as a job: checked before it waits, done on the worker's snapshot, told with its progress."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.http.placement_work import placement_faults
from api.http.problems import Problem
from api.jobs import Shop
from api.placement_jobs import MADE, PLACE, Place, placement_of
from api.scenarios.new import new_scenario
from graph.errors import BadInput
from optimizer.placement.scenario_settings import Settings
from optimizer.placement.scenario_tables import TABLES
from replay.jobs import Job, Task
from tests.optimizer.placement.scenarios import SETTINGS, tables

NOW = datetime(2018, 6, 1, tzinfo=UTC)


def rows(**changes: pl.DataFrame) -> dict[str, Any]:
    """Return the small scenario as JSON has it."""
    given = {**tables(), **changes}
    return json.loads(json.dumps({name: frame.to_dicts() for name, frame in given.items()}))


def run(snapshot: Path, request: dict[str, Any], heard: list[tuple[float, str]]) -> dict[str, Any]:
    job = Job("job-1", PLACE, "planner", "key", request, NOW)
    task = Task(job, "unused", lambda share, text: heard.append((share, text)))
    result = Place(Shop(snapshot, "cheapest", None))(task)
    return json.loads(json.dumps(result))  # what the database keeps


def test_a_scenario_in_the_body_is_solved(small_snapshot: Path) -> None:
    heard: list[tuple[float, str]] = []
    request = {"tables": rows(), "settings": SETTINGS, "edits": ["sites[north].status=open"]}
    result = run(small_snapshot, request, heard)
    assert result["sites"] == ["north", "south"]
    assert result["status"] == "optimal"
    units = sum(row["units"] for row in result["tables"]["flows"])
    assert units == pytest.approx(20)
    assert {row["warehouse_id"] for row in result["tables"]["transfers"]} == {"north", "south"}
    shares = [share for share, _ in heard]
    assert shares == sorted(shares)
    assert max(shares) <= 0.99
    assert any("gap" in text for _, text in heard)


def test_a_scenario_from_the_snapshot_is_made_and_solved(small_snapshot: Path) -> None:
    request = {
        "from_snapshot": {"horizon_days": 30, "kmedians": 3},
        "settings": {"exact_sites": 2},
        "seconds": 20,
    }
    result = run(small_snapshot, request, [])
    assert len(result["sites"]) == 2
    assert result["as_is"]["service"]["from_sites_share"] == 0
    assert result["tables"]["transfers"][0]["send_by"] > result["as_of"][:10]


def test_a_setting_takes_the_place_of_one_that_was_made_and_leaves_its_neighbours(
    small_snapshot: Path,
) -> None:
    request = {
        "from_snapshot": {"horizon_days": 30, "kmedians": 2},
        "settings": {"weights": {"late_cents": 2_000.0}, "service": {"share": 0.1}, "cover_days": 20.0},
        "edits": ["weights.freight=0.5"],
        "seconds": 20,
    }
    settings = run(small_snapshot, request, [])["inputs"]["settings"]
    weights, service = settings["weights"], settings["service"]
    assert (weights["late_cents"], weights["time_cents_per_day"], weights["freight"]) == (2_000, 60, 0.5)
    assert (service["share"], service["promise_days"]) == (0.1, 10)
    assert (settings["cover_days"], settings["horizon_days"], settings["direct"]) == (20, 30, True)
    assert str(small_snapshot) not in json.dumps(settings)  # no path of the worker's
    assert settings["snapshot"]["snapshot_id"]


def test_tables_that_are_made_are_those_that_edits_may_name(small_snapshot: Path) -> None:
    made, _ = new_scenario(small_snapshot, "state-capitals", 30.0, 1)
    assert set(made) == {*MADE}


def test_a_study_without_an_answer_leaves_the_plan_and_says_why(small_snapshot: Path) -> None:
    """The snapshot sells nothing of these groups, so it cannot say which products to stock."""
    direct = pl.DataFrame({"warehouse_id": "direct", "demand_id": ["a", "b", "c"], "unit_cost_cents": 900})
    days = direct.with_columns(lead_time_mean_days=pl.lit(9.0), lead_time_sd_days=pl.lit(0.0))
    service = pl.concat([tables()["service"], days.cast({"unit_cost_cents": pl.Int64})])
    request = {
        "tables": rows(service=service),
        "settings": {**SETTINGS, "direct": True},
        "assort": "weighed",
        "studies": {"frontier": 2},
    }
    result = run(small_snapshot, request, [])
    assert result["sites"] == ["north", "south"]
    assert result["frontier"]
    assert list(result["unanswered"]) == ["assortment"]
    assert "knows no offer" in result["unanswered"]["assortment"]


def test_studies_and_the_stock_by_product_are_asked_in_the_body(small_snapshot: Path) -> None:
    heard: list[tuple[float, str]] = []
    request = {
        "from_snapshot": {"horizon_days": 30, "kmedians": 3},
        "edits": ["sites.fixed_cost_cents=6000", "sites.room_units=40", "assortment.offers=200"],
        "assort": "weighed",
        "studies": {"frontier": 2, "bootstrap": 2, "seed": 3},
        "seconds": 6,  # the last point of the frontier takes all it gets
        "gap": 0.01,
    }
    result = run(small_snapshot, request, heard)
    assert 1 <= len(result["frontier"]) <= 2
    assert (result["bootstrap"]["draws"], result["bootstrap"]["seed"]) == (2, 3)
    assert sum(row["units"] for row in result["tables"]["stock"]) == result["assortment"]["units"] > 0
    assert any("Frontier" in text for _, text in heard)
    shares = [share for share, _ in heard]
    assert shares == sorted(shares)


def test_what_is_wrong_is_told_at_its_place_in_the_body() -> None:
    wrong = rows(demand=tables()["demand"].with_columns(region=pl.Series(["013", "20", "200"])))
    with pytest.raises(Problem) as caught, placement_faults():
        placement_of({"tables": wrong, "settings": {"max_site": 2, "service": {"share": 2}}})
    assert pointers(caught.value) == [
        "/tables/demand/1/region",
        "/settings/max_site",
        "/settings/service/share",
    ]
    given = rows()
    twice = {**given, "inbound": [*given["inbound"], given["inbound"][0]]}
    unsaid = {name: cells for name, cells in given.items() if name != "supply"}
    unsaid["inbound"] = given["inbound"][:3]
    for request, pointer in (
        ({"tables": twice}, "/tables/inbound/4/seller_id"),
        ({"tables": unsaid}, "/tables/inbound/2/warehouse_id"),
        ({"tables": {**given, "sites": [{"row": 1, **given["sites"][0]}]}}, "/tables/sites/0/row"),
        ({"tables": given, "edits": ["max_sites=1", "products[cars].weight_g=5"]}, "/edits/1"),
    ):
        with pytest.raises(Problem) as caught, placement_faults():
            placement_of({"settings": SETTINGS, **request})
        assert pointers(caught.value) == [pointer]


def test_settings_and_edits_are_told_together() -> None:
    request = {"from_snapshot": {}, "settings": {"max_site": 3}, "edits": ["nonsense", "max_sites=2"]}
    with pytest.raises(Problem) as caught, placement_faults():
        placement_of(request)
    assert pointers(caught.value) == ["/settings/max_site", "/edits/0"]


def pointers(problem: Problem) -> list[str]:
    return [fault["pointer"] for fault in problem.members["errors"]]


@pytest.mark.parametrize(
    ("request_", "place"),
    [
        ({}, "tables"),
        ({"tables": {}, "from_snapshot": {}}, "tables"),
        ({"from_snapshot": {}, "settings": {"snapshot": {"folder": "/etc"}}}, "settings.snapshot"),
        ({"from_snapshot": {}, "seconds": 0}, "seconds"),
        ({"from_snapshot": {"kmedians": 0}}, "from_snapshot.kmedians"),
        ({"from_snapshot": {}, "folder": "base"}, "folder"),
        ({"from_snapshot": {}, "assort": "all"}, "assort"),
        ({"from_snapshot": {}, "studies": {"frontier": 1}}, "studies.frontier"),
        ({"from_snapshot": {}, "settings": {"max_site": 3}}, "max_site"),
        ({"from_snapshot": {}, "settings": {"weights": 3}}, "weights"),
        ({"from_snapshot": {}, "settings": {"service": {"share": 2}}}, "service.share"),
        ({"from_snapshot": {}, "edits": ["max_sites=2", "nonsense"]}, "edits.1"),
        ({"from_snapshot": {}, "edits": ["sites.fixed_cost_cents=much"]}, "edits.0"),
        ({"from_snapshot": {}, "edits": ["service.unit_cost_cents*=2"]}, "edits.0"),
        ({"from_snapshot": {}, "edits": ["service.share*=2", "service.share=1.5"]}, "service.share"),
    ],
)
def test_a_request_is_one_scenario_and_names_no_files(request_: dict[str, Any], place: str) -> None:
    with pytest.raises(BadInput) as caught:
        placement_of(request_)
    assert [fault.column for fault in caught.value.faults] == [place]


@pytest.mark.parametrize(
    "odd",
    [{"row": 1}, {"": ""}, {}, {"demand_id": True}, {"units": 1e300}, {"units": 10**400}, {"region": "\x00"}],
)
def test_odd_rows_are_faults_and_nothing_else(odd: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        placement_of({"tables": {**rows(), "demand": [odd]}, "settings": SETTINGS})


def test_an_edit_that_cannot_be_made_is_refused_before_it_waits() -> None:
    with pytest.raises(BadInput, match="sites"):
        placement_of({"tables": rows(), "settings": SETTINGS, "edits": ["sites[x].status=open"]})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(
    [
        *TABLES,
        *(field.name for field in fields(Settings)),
        "row",
        "demand_id",
        "promise_days",
        "edits",
        "base",
    ]
)


@given(
    odd=st.dictionaries(NAMES, JSON | st.dictionaries(NAMES, JSON, max_size=3), max_size=4),
    table=st.dictionaries(NAMES, st.lists(st.dictionaries(NAMES, JSON, max_size=3), max_size=2), max_size=2),
    edits=st.lists(st.text(max_size=8) | st.sampled_from(["max_sites*=2", "sites.min_units=1"]), max_size=2),
)
def test_any_json_is_a_scenario_or_faults(odd: Any, table: Any, edits: list[str]) -> None:
    for request in (
        {"tables": {**rows(), **table}, "settings": SETTINGS, "edits": edits},
        {"tables": rows(), "settings": odd, "edits": edits},
        {"from_snapshot": odd, "settings": odd},
        odd,
    ):
        with suppress(BadInput):
            placement_of(request)
