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
from api.placement_jobs import PLACE, Place, placement_of
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


def test_studies_and_the_stock_by_product_are_asked_in_the_body(small_snapshot: Path) -> None:
    heard: list[tuple[float, str]] = []
    request = {
        "from_snapshot": {"horizon_days": 30, "kmedians": 3},
        "edits": ["sites.fixed_cost_cents=6000", "sites.room_units=40", "assortment.offers=200"],
        "assort": "weighed",
        "studies": {"frontier": 2, "bootstrap": 2, "seed": 3},
        "seconds": 20,
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
    told = [fault["pointer"] for fault in caught.value.members["errors"]]
    assert told == ["/tables/demand/1/region", "/settings/max_site", "/settings/service/share"]


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
