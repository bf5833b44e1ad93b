"""Edits on a scenario do what they say, are told when they cannot, and are remembered."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from api.scenarios import Raw, checked
from api.scenarios.edits import SHORT, derived, edited, variants
from graph.errors import BadInput
from optimizer.placement.scenario import Scenario
from tests.optimizer.placement.scenarios import SETTINGS, tables

BASE = Raw(tables(), SETTINGS, "base")


def after(*edits: str) -> Scenario:
    return checked(edited(BASE, edits))


def test_a_column_is_changed_in_all_rows_or_in_one() -> None:
    sites = after("sites.fixed_cost_cents*=1.5", "sites[south].capacity_units=20").sites
    assert sites["fixed_cost_cents"].to_list() == [750, 450]
    assert sites["capacity_units"].to_list() == [None, 20]
    assert after("sites[north].status=closed").sites["status"].to_list() == ["closed", "candidate"]
    assert after("demand.units+=1").demands["units"].to_list() == [11, 5, 7]
    assert BASE.tables["sites"].equals(tables()["sites"])


@pytest.mark.parametrize(
    ("edit", "name", "value"),
    [
        ("max_sites=5", "max_sites", 5),
        ("direct=false", "direct", False),
        ("start=2018-05-01", "start", date(2018, 5, 1)),
        ("horizon_days-=10", "horizon_days", 20.0),
        ("cover_days*=2", "cover_days", 20.0),
        ("budget_cents=none", "budget_cents", None),
    ],
)
def test_a_setting_is_changed(edit: str, name: str, value: Any) -> None:
    assert getattr(after(edit).settings, name) == value


def test_a_setting_of_a_table_starts_from_its_default() -> None:
    assert after("weights.freight*=1.3").settings.weights.freight == 1.3
    assert after("service.share=0.9").settings.service.share == 0.9


def test_every_edit_that_cannot_be_made_is_told() -> None:
    wrong = [
        "nonsense",
        "sites[nowhere].status=open",
        "sites.colour=red",
        "sites.status*=2",
        "flows.min_units=3",
        "max_sites+=1",
        "cover_days*=much",
        "places[a].units=3",
    ]
    with pytest.raises(BadInput) as caught:
        edited(BASE, wrong)
    assert [fault.value for fault in caught.value.faults] == wrong


def test_a_derived_scenario_remembers_where_it_comes_from() -> None:
    once = derived(BASE, ["max_sites=1"], "base")
    twice = derived(once, ["sites.fixed_cost_cents*=2"], "once")
    assert twice.settings["derived"] == {
        "base": "base",
        "edits": ["max_sites=1", "sites.fixed_cost_cents*=2"],
    }
    again = edited(BASE, twice.settings["derived"]["edits"])
    assert (checked(again).problem().fixed == checked(twice).problem().fixed).all()
    assert "derived" not in BASE.settings


@pytest.mark.parametrize("text", ["fixed_cost=±30%", "fixed_cost = +/-30 %", "fixed_cost=+-30"])
def test_a_sensitivity_is_one_edit_down_and_one_up(text: str) -> None:
    told = variants(text)
    assert list(told) == ["fixed_cost -30 %", "fixed_cost +30 %"]
    low, high = (after(edit).sites["fixed_cost_cents"].to_list() for edit in told.values())
    assert (low, high) == (pytest.approx([350, 210]), pytest.approx([650, 390]))


def test_every_short_name_is_something_that_can_be_varied() -> None:
    base = Raw(tables(), {**SETTINGS, "budget_cents": 800.0}, "base")
    for name in SHORT:
        for edit in variants(f"{name}=±10%").values():
            checked(edited(base, [edit]))


@pytest.mark.parametrize("text", ["fixed_cost=30%", "colour=±30%", "fixed_cost=±0%", "fixed_cost=±200%"])
def test_a_sensitivity_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="--sensitivity"):
        variants(text)
