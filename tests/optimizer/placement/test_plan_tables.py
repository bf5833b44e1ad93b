"""A plan as tables adds up: to the value of the referee, to the demand, to what sellers send."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.placement.answer import PlacementAnswer, relative_gap
from optimizer.placement.check import check
from optimizer.placement.plan import FacilityPlan
from optimizer.placement.plan_tables import PlanTables, plan_tables
from optimizer.placement.scenario import Scenario, scenario_of
from optimizer.placement.words import Method
from optimizer.words import Status
from tests.optimizer.placement.scenarios import SETTINGS, tables


def told(scenario: Scenario, plan: FacilityPlan) -> tuple[PlanTables, float]:
    verdict = check(scenario.problem(), plan)
    value = verdict.value
    gap = relative_gap(value, value)
    answer = PlacementAnswer(plan, value, value, gap, Status.OPTIMAL, Method.TEXTBOOK, 0.1, True, ())
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
