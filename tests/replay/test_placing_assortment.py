"""What may be stocked, asked of a snapshot: the scenario's own figures, offer by offer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from graph import Network
from graph.errors import BadInput
from graph.stores.files import snapshot_folder
from inventory.forecast import demand_of_categories, purchases
from optimizer.placement.assortment_tables import Range
from optimizer.placement.scenario import DIRECT, Charge, Scenario, scenario_of
from optimizer.placement.scenario_settings import Shelving
from replay.placing import complete
from replay.placing_assortment import assortment_of
from replay.placing_new import capital_sites, demand_tables, site_table
from replay.placing_offers import bought_together, expected_offers

SETTINGS: dict[str, Any] = {
    "horizon_days": 60.0,
    "direct": True,
    "weights": {"time_cents_per_day": 60.0, "late_cents": 1500.0},
    "assortment": {"offers": 300, "stocking_cents": 10.0},
}
OPENED = ["RJ", "SP"]


@pytest.fixture(scope="module")
def folder(small_snapshot: Path) -> Path:
    return snapshot_folder(small_snapshot)


@pytest.fixture(scope="module")
def network(folder: Path) -> Network:
    return Network.open(folder)


@pytest.fixture(scope="module")
def frames(folder: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    return pl.read_parquet(folder / "events.parquet"), pl.read_parquet(folder / "demand.parquet")


@pytest.fixture(scope="module")
def scenario(network: Network, frames: tuple[pl.DataFrame, pl.DataFrame]) -> Scenario:
    known = purchases(frames[0], network.tables["products"])
    expected = demand_of_categories(known, network.meta.as_of)
    tables = demand_tables(network, expected, frames[1], 60.0)
    sites = site_table(capital_sites(network), 60.0)
    room = pl.when(pl.col("warehouse_id") == "SP").then(50.0).otherwise(None)
    tables["sites"] = sites.with_columns(room_units=room, capacity_units=pl.lit(80.0))
    return complete(scenario_of(tables, SETTINGS), network)


@pytest.fixture(scope="module")
def asked(scenario: Scenario, network: Network, frames: tuple[pl.DataFrame, pl.DataFrame]) -> Range:
    return assortment_of(scenario, OPENED, network, *frames)


def test_offers_share_what_the_scenario_demands_of_their_group(scenario: Scenario, asked: Range) -> None:
    offers = asked.offers
    assert offers.height == 300
    assert offers["units"].is_sorted(descending=True)
    whole = scenario.demands.group_by("item").agg(pl.sum("units"))
    names = pl.Series(scenario.items)
    taken = offers.group_by(item=names.gather(offers["item"])).agg(pl.sum("units")).join(whole, "item")
    assert (taken["units"] < taken["units_right"]).all()  # newcomers keep their part
    problem = asked.problem
    by_offer = np.bincount(problem.demand_type, problem.orders, problem.offers)
    assert by_offer == pytest.approx(offers["units"].to_numpy())


def test_more_demand_in_the_scenario_is_more_of_its_offers(
    scenario: Scenario, network: Network, frames: tuple[pl.DataFrame, pl.DataFrame]
) -> None:
    first = expected_offers(scenario, network, *frames)
    group = scenario.items[first["item"][0]]
    more = pl.when(pl.col("group") == group).then(pl.col("units") * 3).otherwise(pl.col("units"))
    other = replace(scenario, demand=scenario.demand.with_columns(units=more))
    second = expected_offers(other, network, *frames)
    assert second["units"][0] == pytest.approx(3 * first["units"][0])


def test_serving_costs_what_the_scenario_charges(scenario: Scenario, asked: Range) -> None:
    problem = asked.problem
    assert problem.site_ids == ("RJ", "SP")
    assert problem.capacity.tolist() == [80.0, 50.0]
    assert (problem.stocking == 10.0).all()
    charges = scenario.charges(int(asked.site[1]), 5)
    on_the_way = (Charge.HANDLING, Charge.FREIGHT, Charge.TIME, Charge.LATE)
    assert problem.lane[0, 1, 5] == pytest.approx(sum(float(charges[name]) for name in on_the_way))
    inbound = scenario.inbound
    assert inbound is not None
    pair, offer = asked.pair[7], asked.offers.row(7, named=True)
    assert inbound.seller_ids[inbound.seller[pair]] == offer["seller_id"]
    held = scenario.holding_cents_per_day[offer["item"]] * 30.0
    assert problem.inbound[0, 7] == pytest.approx(inbound.seller_cents[asked.site[0], pair] + held)


def test_the_only_seller_of_a_group_ships_as_the_scenario_charges(
    scenario: Scenario, asked: Range, network: Network, frames: tuple[pl.DataFrame, pl.DataFrame]
) -> None:
    best = asked.offers.row(0, named=True)
    group, seller = scenario.items[best["item"]], best["seller_id"]
    kept = scenario.supply.filter((pl.col("group") != group) | (pl.col("seller_id") == seller))
    alone = complete(replace(scenario, supply=kept, service=None, inbound=None), network)
    problem = assortment_of(alone, OPENED, network, *frames).problem
    mixed = sum(np.broadcast_to(part, alone.item.shape) for part in _direct(alone))
    rows = alone.item[problem.demand_region] == best["item"]
    assert rows.any()
    assert problem.own[rows] == pytest.approx(mixed[problem.demand_region[rows]], rel=1e-6)
    assert problem.own[~rows] != pytest.approx(mixed[problem.demand_region[~rows]], rel=1e-2)


def _direct(scenario: Scenario) -> list[Any]:
    own = np.full(len(scenario.item), scenario.site_ids.index(DIRECT))
    charges = scenario.charges(own, np.arange(len(scenario.item)))
    return [charges[name] for name in (Charge.FREIGHT, Charge.TIME, Charge.LATE)]


def test_offers_that_are_bought_together_are_one_bundle() -> None:
    offers = pl.DataFrame({"product_id": ["a", "b", "c"], "seller_id": ["s", "s", "s"]})
    lines = [(f"o{n}", name) for n in range(20) for name in (("a", "b") if n < 6 else ("c",))]
    events = pl.DataFrame(
        {
            "subject": [order for order, _ in lines],
            "product_id": [name for _, name in lines],
            "seller_id": ["s"] * len(lines),
            "kind": ["OrderPurchased"] * len(lines),
            "time_s": [1_000] * len(lines),
        }
    )
    assert bought_together(offers, events, 2_000).tolist() == [0, 0, 2]
    assert bought_together(offers, events, 1_000).tolist() == [0, 1, 2]  # nothing known yet


def test_what_cannot_be_asked_is_told_at_once(
    scenario: Scenario, network: Network, frames: tuple[pl.DataFrame, pl.DataFrame]
) -> None:
    bare = replace(
        scenario, settings=replace(scenario.settings, direct=False), supply=scenario.supply.clear()
    )
    with pytest.raises(BadInput) as caught:
        assortment_of(bare, OPENED, network, *frames)
    assert [fault.column for fault in caught.value.faults] == ["direct", None]
    settings = replace(scenario.settings, assortment=Shelving(offers=1))
    strange = replace(scenario, settings=settings, supply=scenario.supply.with_columns(seller_id=pl.lit("x")))
    with pytest.raises(BadInput, match="no offer"):
        expected_offers(strange, network, *frames)
