"""A plan as tables adds up: to the value of the referee, to the demand, to what sellers send."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import BadInput
from optimizer.placement.answer import PlacementAnswer, relative_gap
from optimizer.placement.check import check
from optimizer.placement.plan import FacilityPlan
from optimizer.placement.plan_tables import PlanTables, direct_plan, plan_tables
from optimizer.placement.scenario import Scenario, scenario_of
from optimizer.placement.words import Method
from optimizer.words import Status
from tests.optimizer.placement.scenarios import SETTINGS, tables


def told(scenario: Scenario, plan: FacilityPlan) -> tuple[PlanTables, float]:
    verdict = check(scenario.problem(), plan)
    value = verdict.value
    gap = relative_gap(value, value)
    answer = PlacementAnswer(plan, value, value, gap, Status.OPTIMAL, Method.CAPACITATED, 0.1, True, ())
    return plan_tables(scenario, answer), value


def scenario(**changes: Any) -> Scenario:
    given = tables()
    given["flows"] = pl.DataFrame({"warehouse_id": ["south"], "demand_id": ["a"], "min_units": [2.0]})
    return scenario_of(given, {**SETTINGS, "start": date(2018, 4, 10), **changes})


@given(shares=st.lists(st.floats(0.0, 1.0), min_size=4, max_size=4), unserved=st.booleans())
def test_charges_units_and_transfers_add_up(shares: list[float], unserved: bool) -> None:
    asked = scenario(**({"unserved_cents_per_unit": 77.0} if unserved else {}))
    # Lots: 2 units of a that the south must serve, the other 8, b, c.
    north = np.array([0.0, *shares[:3]])
    south = np.array([1.0, *(1 - np.array(shares[:3]))]) * (1.0 - (shares[3] if unserved else 0.0))
    site, lot = np.repeat([0, 1], 4), np.tile(np.arange(4), 2)
    plan = FacilityPlan.of(np.array([True, True]), site, lot, np.concatenate([north, south]))
    made, value = told(asked, plan)
    assert sum(made.summary["charges_cents"].values()) == pytest.approx(value, abs=0.1)
    served = made.flows["units"].sum()
    assert made.summary["service"]["served_share"] == pytest.approx(served / 20, abs=1e-5)
    assert made.sites["units"].sum() == pytest.approx(served, abs=1e-3)
    assert made.transfers["units"].sum() == pytest.approx(served, abs=1e-4)
    assert made.flows["demand_id"].is_in(["a", "b", "c"]).all()
    assert made.flows.select("demand_id", "warehouse_id").is_unique().all()


def direct(**changes: Any) -> dict[str, pl.DataFrame]:
    """Return the small scenario's tables with sellers that ship a and b, and c unless left out."""
    given = tables()
    own = pl.DataFrame(
        {
            "warehouse_id": ["direct"] * 3,
            "demand_id": ["a", "b", "c"],
            "unit_cost_cents": [40, 41, 42],
            "lead_time_mean_days": [9.0] * 3,
            "lead_time_sd_days": [0.0] * 3,
        }
    )
    given["service"] = pl.concat([given["service"].cast({"unit_cost_cents": pl.Int64}), own])
    given["demand"] = given["demand"].with_columns(**changes)
    return given


def test_what_cannot_be_stocked_ships_from_its_sellers_whichever_site_serves() -> None:
    given = direct(stockable_share=pl.Series([0.5, 1.0, 0.0]))
    asked = scenario_of(given, {**SETTINGS, "direct": True})
    problem = asked.problem()
    plain = scenario_of(direct(), {**SETTINGS, "direct": True}).problem()
    assert problem.cost[:, 0] == pytest.approx(0.5 * plain.cost[:, 0] + 0.5 * plain.cost[2, 0])
    assert problem.cost[:, 1].tolist() == plain.cost[:, 1].tolist()
    assert np.isinf(problem.cost[:2, 2]).all()  # nothing of it can lie at a site
    assert problem.cost[2].tolist() == plain.cost[2].tolist()
    assert problem.on_time is not None
    assert problem.on_time[:, 0].tolist() == [0.5, 0.5, 0.0]
    made, value = told(asked, FacilityPlan.assigned(np.ones(3, np.bool_), np.array([1, 1, 2])))
    assert sum(made.summary["charges_cents"].values()) == pytest.approx(value, abs=0.1)
    assert made.flows.select("demand_id", "warehouse_id", "units").rows() == [
        ("a", "direct", 5.0),
        ("a", "south", 5.0),
        ("b", "south", 4.0),
        ("c", "direct", 6.0),
    ]
    assert made.transfers["units"].sum() == pytest.approx(9.0)
    service = made.summary["service"]
    assert (service["from_sites_share"], service["stockable_share"]) == (9 / 20, 9 / 20)
    assert service["reachable_share"] == pytest.approx(9 / 20)
    assert check(problem, FacilityPlan.assigned(np.ones(3, np.bool_), np.array([1, 1, 2]))).used[1] == 9.0


def test_bounds_on_flows_are_units_that_the_site_handles() -> None:
    given = direct(stockable_share=pl.lit(0.5))
    given["flows"] = pl.DataFrame({"warehouse_id": ["south"], "demand_id": ["a"], "min_units": [5.0]})
    asked = scenario_of(given, {**SETTINGS, "direct": True})
    assert asked.lots.ids == ("a", "b", "c")
    assert np.isinf(asked.problem().cost[:, 0]).tolist() == [True, False, True]
    given["flows"] = given["flows"].with_columns(min_units=pl.lit(6.0))
    with pytest.raises(BadInput) as error:
        scenario_of(given, {**SETTINGS, "direct": True})
    assert [fault.kind for fault in error.value.faults] == ["more than the demand"]


def test_demand_of_nothing_has_no_bounds() -> None:
    given = direct(units=pl.Series([0.0, 4.0, 6.0]))
    given["flows"] = pl.DataFrame({"warehouse_id": ["south"], "demand_id": ["a"], "max_units": [5.0]})
    problem = scenario_of(given, {**SETTINGS, "direct": True}).problem()
    assert problem.units.tolist() == [0.0, 4.0, 6.0]


def test_the_rest_needs_sellers_that_ship() -> None:
    with pytest.raises(BadInput) as error:
        scenario_of({**tables(), "demand": direct(stockable_share=pl.lit(0.9))["demand"]}, SETTINGS)
    assert {fault.kind for fault in error.value.faults} == {"nobody ships the rest"}


def test_nothing_ships_everything_where_a_seller_cannot() -> None:
    given = direct()
    settings = {**SETTINGS, "direct": True}
    assert direct_plan(scenario_of(given, settings)) is not None
    assert direct_plan(scenario_of(tables(), SETTINGS)) is None
    c = (pl.col("warehouse_id") == "direct") & (pl.col("demand_id") == "c")
    given["service"] = given["service"].filter(~c)
    assert direct_plan(scenario_of(given, settings)) is None


def test_transfers_leave_in_time_and_open_the_shelf() -> None:
    plan = FacilityPlan.assigned(np.array([False, True]), np.array([1, 1, 1, 1]))
    made, _ = told(scenario(), plan)
    rows = made.transfers.sort("item", "seller_id").rows(named=True)
    assert [(row["seller_id"], row["item"], row["units"]) for row in rows] == [
        ("s", "books", 6.0),
        ("s", "toys", 3.5),
        ("t", "toys", 10.5),
    ]
    assert rows[0]["units_first"] == 2.0  # ten of thirty days
    assert (rows[0]["send_by"], rows[0]["arrive_by"]) == (date(2018, 4, 7), date(2018, 4, 10))
    assert rows[2]["send_by"] == date(2018, 4, 9)
    assert made.stock.is_empty()  # groups are no products: the assortment says what to stock


def test_demand_by_product_says_what_lies_on_the_shelf() -> None:
    named = {
        name: frame.rename({"group": "product_id"}) if "group" in frame.columns else frame
        for name, frame in tables().items()
    }
    made, _ = told(
        scenario_of(named, SETTINGS), FacilityPlan.assigned(np.array([False, True]), np.ones(3, np.int64))
    )
    assert made.stock.rows() == [
        ("south", "s", "books", 2),
        ("south", "s", "toys", 2),
        ("south", "t", "toys", 4),
    ]


def test_the_id_is_that_of_the_plan_and_nothing_else() -> None:
    plan = FacilityPlan.assigned(np.array([False, True]), np.array([1, 1, 1, 1]))
    first, _ = told(scenario(), plan)
    later, _ = told(scenario(max_sites=2), plan)
    other, _ = told(scenario(), FacilityPlan.assigned(np.array([True, True]), np.array([1, 0, 1, 1])))
    assert first.tables_id == later.tables_id != other.tables_id
