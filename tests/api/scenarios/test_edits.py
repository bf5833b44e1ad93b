"""Edits on a scenario do what they say, are told when they cannot, and are remembered."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from api.scenarios import Raw, checked
from api.scenarios.edits import derived, edited, edited_settings
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


def test_a_row_is_named_by_its_product_or_by_its_group() -> None:
    made = after("products[toys].weight_g=500", "supply[toys].units*=2")
    assert dict(made.products.select("group", "weight_g").iter_rows()) == {"toys": 500, "books": None}
    assert made.supply.sort("group", "seller_id")["units"].to_list() == [5, 2, 6]
    named = tables()["products"].rename({"group": "product_id"})
    by_product = edited(
        Raw({**tables(), "products": named}, SETTINGS, ""), ["products[books].price_cents=900"]
    )
    assert by_product.tables["products"]["price_cents"].to_list() == [None, "900"]


def test_a_row_of_many_is_named_by_all_its_names() -> None:
    made = after(
        "supply[toys,t].units=9", "inbound[s, south].unit_cost_cents=7", "inbound[t].lead_time_days=1"
    )
    assert made.supply.sort("group", "seller_id")["units"].to_list() == [5, 1, 9]
    assert made.inbound is not None
    months = [tables()["demand"].with_columns(period=pl.lit(name)) for name in ("october", "november")]
    seasons = Raw({**tables(), "demand": pl.concat(months)}, SETTINGS, "")
    peak = checked(edited(seasons, ["demand[a,november].units*=2"]))
    assert peak.demands["units"].to_list() == [30, 8, 12]
    comma = tables()["sites"].with_columns(warehouse_id=pl.Series(["Rio, centre", "south"]))
    named = edited(Raw({**tables(), "sites": comma}, SETTINGS, ""), ["sites[Rio, centre].min_units=3"])
    assert named.tables["sites"]["min_units"].to_list() == ["3", None]
    for wrong in ("sites[north,south].min_units=1", "inbound[s,east].unit_cost_cents=1"):
        with pytest.raises(BadInput, match="Not every edit"):
            edited(BASE, [wrong])


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
        "products[cars].weight_g=5",
        "sites.fixed_cost_cents=much",
        "sites.zip_prefix=1310",
        "demand.units=",
    ]
    with pytest.raises(BadInput) as caught:
        edited(BASE, wrong)
    assert [fault.value for fault in caught.value.faults] == wrong


def test_a_cell_that_may_be_empty_is_emptied() -> None:
    assert after("sites.capacity_units=none").sites["capacity_units"].to_list() == [None, None]
    assert after("sites[south].capacity_units=").sites["capacity_units"].to_list() == [None, None]
    with pytest.raises(BadInput, match="empty cell"):
        edited(BASE, ["sites.fixed_cost_cents=none"])


def test_an_edit_that_spoils_many_cells_is_one_fault() -> None:
    wrong = ["sites.fixed_cost_cents-=400", "demand.stockable_share=0.5", "demand.stockable_share*=3"]
    with pytest.raises(BadInput) as caught:
        edited(BASE, wrong)
    assert [fault.value for fault in caught.value.faults] == [wrong[0], wrong[2]]
    assert "fixed_cost_cents would be -100.0 (cells like it: 1)" in str(caught.value)
    assert "(cells like it: 3)" in str(caught.value)


def test_edits_are_checked_before_there_are_tables() -> None:
    given = {"service": {"share": 0.5}}
    right = ["sites[SP].status=open", "sites.fixed_cost_cents*=2", "service.share=0.8", "max_sites=3"]
    assert edited_settings(given, right, {"sites"}) == {"service": {"share": 0.8}, "max_sites": 3}
    assert given == {"service": {"share": 0.5}}
    wrong = ["nonsense", "flows.min_units=3", "sites.colour=red", "sites.fixed_cost_cents*=much"]
    with pytest.raises(BadInput) as caught:
        edited_settings(given, [*right, *wrong], {"sites"})
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
