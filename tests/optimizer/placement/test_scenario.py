"""A scenario states the problem that a planner means: charges by hand, bounds, periods, and every fault."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import BadInput
from optimizer.placement.check import check
from optimizer.placement.plan import FacilityPlan
from optimizer.placement.scenario import Charge, scenario_of
from tests.optimizer.placement.scenarios import SETTINGS, tables


def settings(**changes: Any) -> dict[str, Any]:
    return {**SETTINGS, **changes}


def faults(given: dict[str, pl.DataFrame], asked: dict[str, Any]) -> list[str]:
    with pytest.raises(BadInput) as caught:
        scenario_of(given, asked)
    return [f"{fault.table} {fault.row} {fault.column} {fault.kind}" for fault in caught.value.faults]


def test_the_charges_are_those_done_by_hand() -> None:
    scenario = scenario_of(tables(), settings())
    north = {name: cents.tolist() for name, cents in scenario.charges(0, np.arange(3)).items()}
    assert north[Charge.FREIGHT] == [10, 20, 30]
    assert north[Charge.HANDLING] == 3
    assert north[Charge.INBOUND] == [2.5, 2.5, 1.0]  # toys: a quarter from s at 1, the rest from t at 3
    assert north[Charge.HOLDING] == pytest.approx([1.0, 1.0, 2.0])  # ten days on the shelf
    assert north[Charge.TIME] == [4, 12, 12]
    assert north[Charge.LATE] == [0, 100, 100]  # certain times: late or not
    problem = scenario.problem()
    assert problem.cost[0] == pytest.approx([10 * 20.5, 4 * 138.5, 6 * 148.0])
    assert problem.fixed.tolist() == [500, 300]
    assert problem.capacity.tolist() == [np.inf, 12]
    assert problem.on_time is not None
    assert problem.on_time.tolist() == [[1, 0, 0], [1, 1, 1]]


def test_weights_count_and_a_weight_of_nothing_counts_nothing() -> None:
    weights = dict.fromkeys(("fixed", "handling", "inbound", "holding"), 0.0) | {"freight": 2.0}
    problem = scenario_of(tables(), settings(weights=weights, budget_cents=700.0)).problem()
    assert problem.cost[0].tolist() == [200, 160, 360]
    assert problem.fixed.tolist() == [0, 0]
    # The budget is money, whatever a plan counts it at.
    assert (problem.spent.tolist(), problem.budget) == ([500, 300], 700)
    both = FacilityPlan.assigned(np.array([True, True]), np.array([0, 1, 1]))
    assert [str(one.limit) for one in check(problem, both).violations] == ["budget"]


def test_without_a_weight_on_freight_a_pair_that_is_not_allowed_stays_so() -> None:
    given = tables()
    north, c = pl.col("warehouse_id") == "north", pl.col("demand_id") == "c"
    given["service"] = given["service"].filter(~(north & c))
    free = scenario_of(given, settings(weights={"freight": 0.0})).problem()
    assert np.isinf(free.cost).tolist() == [[False, False, True], [False, False, False]]
    given["demand"] = given["demand"].with_columns(units=pl.Series([10.0, 4.0, 0.0]))
    assert np.isinf(scenario_of(given, settings()).problem().cost[0, 2])  # nor where nothing is demanded


def test_a_probability_asked_for_makes_demand_count_wholly_or_not() -> None:
    given = tables()
    given["service"] = given["service"].with_columns(p_on_time=pl.Series([0.9, 0.8, 0.7, 0.6, 0.5, 0.4]))
    asked = settings(service={"promise_days": 5.0, "probability": 0.7, "share": 0.5})
    problem = scenario_of(given, asked).problem()
    assert problem.on_time is not None
    assert problem.on_time.tolist() == [[1, 1, 1], [0, 0, 0]]
    assert problem.min_on_time == 0.5


def test_sellers_that_ship_are_an_open_site_that_counts_for_nothing() -> None:
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
    scenario = scenario_of(given, settings(direct=True, max_sites=1))
    problem = scenario.problem()
    assert problem.site_ids == ("north", "south", "direct")
    assert problem.cost[2] == pytest.approx([10 * 158.0, 4 * 159.0, 6 * 160.0])  # freight, 9 days, late
    assert (problem.max_sites, problem.forced.tolist()) == (2, [0, 0, 1])
    assert (problem.fixed[2], problem.capacity[2]) == (0, np.inf)


def test_each_period_keeps_the_capacity_and_costs_add_up() -> None:
    given = tables()
    quiet = given["demand"].with_columns(pl.lit("october").alias("period"))
    peak = quiet.with_columns(pl.col("units") * 3, pl.lit("november").alias("period"))
    given["demand"] = pl.concat([quiet, peak])
    problem = scenario_of(given, settings()).problem()
    assert problem.units.tolist() == [40, 16, 24]
    assert problem.uses_of(1, np.arange(3)).tolist() == [[30, 12, 18], [10, 4, 6]]  # November, October
    plan = FacilityPlan.assigned(np.array([True, True]), np.array([0, 1, 1]))
    assert [str(one.limit) for one in check(problem, plan).violations] == ["capacity"]
    small = FacilityPlan.assigned(np.array([True, True]), np.array([0, 1, 0]))
    assert check(problem, small).feasible


@given(
    least=st.floats(0.0, 10.0),
    most=st.floats(0.0, 12.0),
    other=st.floats(0.0, 4.0),
    banned=st.booleans(),
    share=st.floats(0.0, 1.0),
)
def test_every_plan_of_the_problem_keeps_the_bounds_of_flows(
    least: float, most: float, other: float, banned: bool, share: float
) -> None:
    given = tables()
    given["flows"] = pl.DataFrame(
        {
            "warehouse_id": ["north", "south"],
            "demand_id": ["a", "a"],
            "min_units": [least, 0.0 if banned else other],
            "max_units": [most, None],
            "forbidden": ["no", "yes" if banned else "no"],
        }
    )
    possible = least <= most and least + (0 if banned else other) <= 10 and (not banned or most >= 10)
    try:
        scenario = scenario_of(given, settings())
        problem = scenario.problem()
    except BadInput:
        assert not possible
        return
    lots = scenario.lots
    own = lots.demand == 0
    assert lots.fraction[own].sum() == pytest.approx(1.0)
    assert len(set(lots.ids)) == len(lots.ids)
    allowed = np.isfinite(problem.cost[:, own])
    units = problem.units[own]
    # The plan that gives each lot to the north where it may, as far as `share` says.
    to_north = np.where(allowed[0] & allowed[1], share, allowed[0].astype(float))
    north = float((units * to_north).sum())
    assert least - 1e-6 <= north <= most + 1e-6 or (most >= 10 and north <= 10 + 1e-6)
    assert north <= 10 - (0 if banned else other) + 1e-6


def test_everything_wrong_between_tables_is_told_at_once() -> None:
    given = tables()
    given["flows"] = pl.DataFrame(
        {
            "warehouse_id": ["nowhere", "north", "south"],
            "demand_id": ["a", "zz", "b"],
            "min_units": [0.0, 0.0, 5.0],
        }
    )
    given["supply"] = given["supply"].filter(pl.col("group") == "toys")
    given["sites"] = given["sites"].with_columns(min_units=pl.Series([0, 20]))
    found = faults(given, settings(exact_sites=3, max_site=2, weights={"fixed": -1}))
    assert found == [
        "sites 3 min_units above the capacity",
        "demand 4 group nobody supplies it",
        "flows 2 warehouse_id unknown site",
        "flows 3 demand_id unknown demand",
        "flows 4 min_units more than the demand",
        "scenario.toml None max_site unknown key",
        "scenario.toml None weights.fixed not such a number",
        "scenario.toml None exact_sites more than there are",
    ]


def test_a_demand_has_one_place_and_one_item_in_all_periods() -> None:
    given = tables()
    moved = given["demand"].head(1).with_columns(region=pl.lit("200"))
    given["demand"] = pl.concat([given["demand"], moved]).with_columns(
        period=pl.Series(["1", "1", "1", "2"]), zip_prefix=pl.Series([None, "01310", None, None])
    )
    assert faults(given, settings()) == [
        "demand 3 zip_prefix not one place",
        "demand 5 demand_id changes by period",
    ]


def test_a_scenario_without_service_says_how_to_get_one() -> None:
    given = tables()
    del given["service"]
    scenario = scenario_of(given, settings())
    with pytest.raises(BadInput, match="service"):
        scenario.problem()


@pytest.mark.parametrize("name", ["direct", "in_transit", "warehouse:north"])
def test_a_site_is_not_named_like_something_else(name: str) -> None:
    made = {table: frame for table, frame in tables().items() if table in ("sites", "demand")}
    made["sites"] = made["sites"].with_columns(warehouse_id=pl.Series([name, "south"]))
    assert faults(made, settings()) == ["sites 2 warehouse_id reserved name"]


def test_single_sourcing_takes_no_part_of_a_demand() -> None:
    given = tables()
    given["flows"] = pl.DataFrame({"warehouse_id": ["north"], "demand_id": ["a"], "min_units": [5.0]})
    assert faults(given, settings(single_sourcing=True)) == ["flows 2 min_units a part of a demand"]


def test_two_bounds_on_one_demand_are_refused_rather_than_misread() -> None:
    given = tables()
    given["flows"] = pl.DataFrame(
        {"warehouse_id": ["north", "south"], "demand_id": ["a", "a"], "max_units": [5.0, 6.0]}
    )
    assert faults(given, settings()) == [f"flows {row} max_units two bounds on one demand" for row in (2, 3)]
