"""What a scenario does not state is read from the snapshot: the same figures as the network's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from graph import Network
from graph.distance import haversine_km
from graph.errors import BadInput
from graph.freight import FreightQuery
from graph.stores.files import snapshot_folder
from inventory.forecast import demand_of_categories, demand_of_products, purchases
from optimizer.placement.scenario import Scenario, scenario_of
from optimizer.placement.scenario_tables import TABLES
from replay.placing import complete
from replay.placing_calibration import calibrate
from replay.placing_new import (
    capital_sites,
    demand_tables,
    median_problem,
    region_sites,
    site_table,
    with_stockable,
)

SETTINGS: dict[str, Any] = {
    "horizon_days": 60.0,
    "direct": True,
    "weights": {"time_cents_per_day": 60.0, "late_cents": 1500.0},
}


@pytest.fixture(scope="module")
def folder(small_snapshot: Path) -> Path:
    return snapshot_folder(small_snapshot)


@pytest.fixture(scope="module")
def network(folder: Path) -> Network:
    return Network.open(folder)


@pytest.fixture(scope="module")
def tables(folder: Path, network: Network) -> dict[str, pl.DataFrame]:
    known = purchases(pl.read_parquet(folder / "events.parquet"), network.tables["products"])
    expected = demand_of_categories(known, network.meta.as_of)
    made = demand_tables(network, expected, pl.read_parquet(folder / "demand.parquet"), 60.0)
    return {**made, "sites": site_table(capital_sites(network), 60.0)}


@pytest.fixture(scope="module")
def scenario(tables: dict[str, pl.DataFrame], network: Network) -> Scenario:
    return complete(scenario_of(tables, SETTINGS), network)


def test_only_known_products_can_be_stocked(
    tables: dict[str, pl.DataFrame], folder: Path, network: Network
) -> None:
    known = purchases(pl.read_parquet(folder / "events.parquet"), network.tables["products"])
    at = network.meta.as_of
    made = with_stockable(tables["demand"], known, at)
    assert made.drop("stockable_share").equals(tables["demand"])
    assert made["stockable_share"].is_between(0.0, 1.0).all()
    stockable = (made["units"] * made["stockable_share"]).sum()
    products = demand_of_products(known, at)["mean"].sum()
    assert stockable == pytest.approx(60 * products, rel=1e-2)
    assert 0.3 < stockable / made["units"].sum() < 0.99  # newcomers take their part
    scenario = scenario_of({**tables, "demand": made}, {**SETTINGS, "direct": True})
    assert float(scenario.stockable @ scenario.demands["units"].to_numpy()) == pytest.approx(stockable)


def test_a_new_scenario_holds_all_that_is_expected(
    tables: dict[str, pl.DataFrame], folder: Path, network: Network
) -> None:
    known = purchases(pl.read_parquet(folder / "events.parquet"), network.tables["products"])
    expected = demand_of_categories(known, network.meta.as_of)
    assert tables["demand"]["units"].sum() == pytest.approx(60 * expected["mean"].sum(), rel=1e-3)
    least = tables["demand"].select((pl.col("units_sd") ** 2 >= pl.col("units") - 1e-4).all()).item()
    assert least  # a count varies at least as a Poisson count does
    assert set(tables["demand"]["group"]) == set(tables["supply"]["group"])
    assert 1 <= tables["sites"].height <= 27


def test_freight_and_times_of_a_site_are_those_of_its_place(scenario: Scenario, network: Network) -> None:
    service = scenario.known_service
    assert np.isfinite(service.unit_cents).all()
    assert ((service.p_on_time >= 0) & (service.p_on_time <= 1)).all()
    # The farther, the dearer and the later, on the whole.
    home = scenario.sites["warehouse_id"].to_list()
    states = dict(network.tables["regions"].select("region", "state").iter_rows())
    same = np.array(
        [[states[region] == state for region in scenario.demands["region"]] for state in home], np.bool_
    )
    days = service.mean(np.arange(len(home))[:, None], np.arange(len(service.place)))
    assert days[same].mean() < 0.8 * days[~same].mean()
    assert service.unit_cents[same].mean() < service.unit_cents[~same].mean()


def test_handling_hours_move_a_sites_lead_time(tables: dict[str, pl.DataFrame], network: Network) -> None:
    fastest = {**SETTINGS, "weights": {"time_cents_per_day": 1e6}}  # so the carrier stays the same

    def mean_days(hours: float) -> np.ndarray[Any, Any]:
        sites = tables["sites"].with_columns(handling_hours=pl.lit(hours))
        made = complete(scenario_of({**tables, "sites": sites}, fastest), network)
        return made.known_service.mean_days

    slower = mean_days(48.0) - mean_days(24.0)
    assert slower == pytest.approx(1.0, abs=0.01)


def test_direct_shipping_mixes_the_sellers_of_an_item(scenario: Scenario, network: Network) -> None:
    direct = scenario.known_service.direct
    assert direct is not None
    demand = int(scenario.demands["units"].to_numpy().argmax())
    row = scenario.demands.row(demand, named=True)
    supply = scenario.supply.filter(pl.col("group") == row["item"]).sort("seller_id")
    arrays, regions = network.arrays, network.tables["regions"]
    sellers = [arrays.seller_rows[name] for name in supply["seller_id"]]
    start = arrays.seller_zip[sellers]
    region = regions["region"].to_list().index(row["region"])
    state = arrays.states.index(regions["state"][region])
    parcel = scenario.products.filter(pl.col("group") == row["item"]).row(0, named=True)
    cents = network.freight.estimate(
        FreightQuery(
            sellers,
            region,
            -1,
            arrays.zip_state[start] == state,
            haversine_km(
                arrays.zip_lat[start], arrays.zip_lng[start], regions["lat"][region], regions["lng"][region]
            ),
            parcel["weight_g"],
            parcel["volume_cm3"],
            parcel["price_cents"],
        )
    )
    share = supply["units"].to_numpy() / supply["units"].sum()
    assert direct.unit_cents[demand] == pytest.approx(float(share @ cents), rel=1e-9)
    assert (direct.sd_days > 0).all()


def test_inbound_grows_with_distance_and_weighs_sellers(scenario: Scenario) -> None:
    inbound, rule = scenario.inbound, scenario.settings.inbound
    assert inbound is not None
    assert (inbound.seller_cents >= rule.base_cents).all()
    assert (inbound.seller_days >= rule.days).all()
    shares = np.bincount(inbound.item, inbound.share, minlength=len(scenario.items))
    assert shares == pytest.approx(1.0)
    low, high = inbound.seller_cents.min(axis=0), inbound.seller_cents.max(axis=0)
    assert (high > low).all()


def test_what_the_snapshot_does_not_know_is_told_by_table_and_row(
    tables: dict[str, pl.DataFrame], network: Network
) -> None:
    wrong = {
        **tables,
        "sites": pl.concat([tables["sites"], tables["sites"].head(1)]).with_columns(
            warehouse_id=pl.int_range(pl.len()).cast(pl.String),
            zip_prefix=pl.when(pl.int_range(pl.len()) == pl.len() - 1)
            .then(pl.lit("00000"))
            .otherwise("zip_prefix"),
        ),
        "supply": tables["supply"].with_columns(
            seller_id=pl.when(pl.int_range(pl.len()) == 0).then(pl.lit("nobody")).otherwise("seller_id")
        ),
    }
    with pytest.raises(BadInput) as caught:
        complete(scenario_of(wrong, SETTINGS), network)
    told = [(fault.table, fault.row, fault.value) for fault in caught.value.faults]
    assert told == [("sites", wrong["sites"].height + 1, "00000"), ("supply", 2, "nobody")]


def test_sellers_that_ship_have_names(tables: dict[str, pl.DataFrame], network: Network) -> None:
    unnamed = {name: frame for name, frame in tables.items() if name != "supply"}
    with pytest.raises(BadInput, match="names none"):
        complete(scenario_of(unnamed, SETTINGS), network)
    alone = complete(scenario_of(unnamed, {**SETTINGS, "direct": False}), network)
    assert alone.inbound is None
    assert np.isfinite(alone.problem().cost).all()


def test_what_the_scenario_states_is_left_as_it_is(
    scenario: Scenario, tables: dict[str, pl.DataFrame], network: Network
) -> None:
    pairs = tables["sites"].select("warehouse_id").join(tables["demand"].select("demand_id"), how="cross")
    said = pairs.with_columns(unit_cost_cents=7.0, lead_time_mean_days=2.0, lead_time_sd_days=1.0)
    own = complete(scenario_of({**tables, "service": said}, {**SETTINGS, "direct": False}), network)
    assert (own.known_service.unit_cents == 7.0).all()
    assert own.inbound is not None
    assert scenario.inbound is not None
    assert np.array_equal(own.inbound.unit_cents, scenario.inbound.unit_cents)


def test_medians_lie_among_the_demand(tables: dict[str, pl.DataFrame], network: Network) -> None:
    problem, near = median_problem(network, tables["demand"], 4)
    assert (problem.max_sites, problem.sites) == (4, len(near))
    zips = dict(network.tables["zip_prefixes"].select("zip_prefix", "region").iter_rows())
    assert [zips[name] for name in near] == list(problem.site_ids)
    sites = region_sites(network, pl.Series(problem.site_ids[:2]), near[:2])
    assert sites["warehouse_id"].str.contains(r"^\d{3}-[A-Z]{2}$").all()
    with pytest.raises(BadInput, match="--sites"):
        median_problem(network, tables["demand"], 5_000)


def test_sites_of_ones_own_are_taken_and_the_rest_assumed() -> None:
    own = pl.DataFrame(
        {
            "warehouse_id": ["A", "B", "C"],
            "zip_prefix": ["01310", "20010", "30110"],
            "fixed_cost_cents_per_day": ["12.5", "", None],
            "fixed_cost_cents": [None, "700", None],
            "handling_hours": ["6", "", "12"],
            "capacity_units": ["40", "", ""],
        }
    )
    made = site_table(own, 30.0)
    assert made.columns == list(TABLES["sites"].columns)
    assert made["fixed_cost_cents"].to_list() == [375, 700, 300_000]
    assert made["handling_hours"].to_list() == [6, 24, 12]
    assert made["capacity_units"].to_list() == [40, None, None]
    assert made["handling_cost_cents"].to_list() == [250] * 3


def test_everything_wrong_with_ones_own_sites_is_told_by_row(network: Network) -> None:
    known = network.tables["zip_prefixes"]["zip_prefix"]
    own = pl.DataFrame(
        {
            "warehouse_id": ["A", "A", "direct", "D", None],
            "zip_prefix": [known[0], known[0], "00000", "1310", known[1]],
            "fixed_cost_cents_per_day": ["12,50", "10", "10", "10", "10"],
            "fixed_cost_cents": [None, "500", None, None, None],
            "cutoff_hour_local": ["14"] * 5,
            "row": [2, 3, 4, 6, 7],
        }
    )
    with pytest.raises(BadInput) as caught:
        site_table(own, 30.0, known, "own.csv")
    assert {(fault.table, fault.row, fault.column) for fault in caught.value.faults} == {
        ("own.csv", None, "cutoff_hour_local"),
        ("own.csv", 2, "fixed_cost_cents_per_day"),
        ("own.csv", 3, "fixed_cost_cents_per_day"),
        ("own.csv", 4, "warehouse_id"),
        ("own.csv", 4, "zip_prefix"),
        ("own.csv", 6, "zip_prefix"),
        ("own.csv", 7, "warehouse_id"),
    }
    with pytest.raises(BadInput, match="no row"):
        site_table(own.clear().drop("cutoff_hour_local"), 30.0, known)


def test_the_calibration_counts_the_history_itself(
    folder: Path, network: Network, tables: dict[str, pl.DataFrame]
) -> None:
    events = pl.read_parquet(folder / "events.parquet")
    units = (
        network.tables["products"].select("product_id", group="category").join(tables["products"], "group")
    )
    told = calibrate(network, events, units, 10.0)
    first, last = network.meta.as_of_s - 150 * 86_400, network.meta.as_of_s - 45 * 86_400
    bought = events.filter(
        (pl.col("kind") == "OrderPurchased")
        & pl.col("time_s").is_between(first, last)
        & pl.col("product_id").is_in(units["product_id"].implode())
    )
    assert told["lines"] == bought.height
    assert told["freight_cents_paid"] == pytest.approx(bought["freight_cents"].mean(), abs=1e-3)
    assert told["freight_cents_modelled"] == pytest.approx(told["freight_cents_paid"], rel=0.25)
    assert told["days_modelled"] == pytest.approx(told["days_observed"], rel=0.25)
    assert calibrate(network, events.clear(), units, 10.0) == {}


def test_a_later_history_leaves_a_scenario_as_it_was(
    folder: Path, network: Network, tables: dict[str, pl.DataFrame]
) -> None:
    events = pl.read_parquet(folder / "events.parquet")
    late = events.filter(pl.col("kind") == "OrderPurchased").with_columns(
        time_s=pl.lit(network.meta.as_of_s + 1, pl.Int64)
    )
    known = purchases(pl.concat([events, late]), network.tables["products"])
    rates = demand_of_categories(known, network.meta.as_of)
    again = demand_tables(network, rates, pl.read_parquet(folder / "demand.parquet"), 60.0)
    assert again["demand"].equals(tables["demand"])
