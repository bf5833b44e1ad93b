"""Order-fulfilment instances against their published or proven values, by the production models."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.fulfilment_instances import (
    CITIES,
    jasin_sinha,
    read_market,
    read_nextmv,
    read_orders,
    types_of,
)
from optimizer.batch import BatchWork, solve_batch
from optimizer.check_batch import referee_batch
from optimizer.compact import Compact
from optimizer.mathopt import Solution, Solver, solve
from optimizer.method_lp import MethodLP
from optimizer.order_types import OrderTypes
from optimizer.words import Status
from tests.conftest import shared_path

TEN_MICRODOLLARS = 10**8  # money in 1/10^8 of a dollar, so that rounding moves no sum by 1e-6


@pytest.fixture(scope="module")
def folder() -> Path:
    return shared_path("instances/fulfilment")


@pytest.fixture(scope="module")
def known(folder: Path) -> dict[str, float]:
    with (folder / "optima.csv").open() as rows:
        return {row["instance"]: float(row["optimum"]) for row in csv.DictReader(rows)}


def test_nextmv_order_split(folder: Path, known: dict[str, float]) -> None:
    batch, first_tiers = read_nextmv(folder / "nextmv" / "input.json")
    answer = solve_batch(batch)
    assert answer is not None
    assert answer.status is Status.OPTIMAL
    assert (answer.cost_cents + first_tiers) / 1000 == known["nextmv_orderfulfilment"]


def test_nextmv_refuses_a_volume_that_could_bind(folder: Path, tmp_path: Path) -> None:
    told: dict[str, Any] = json.loads((folder / "nextmv" / "input.json").read_text())
    told["carrier_capacities"]["distribution_center_1"]["carrier1"] = 1.0
    changed = tmp_path / "input.json"
    changed.write_text(json.dumps(told))
    with pytest.raises(ValueError, match="volume"):
        read_nextmv(changed)


@pytest.mark.parametrize("name", ["js_dlp_1", "js_dlp_2"])
def test_fluid_programs(folder: Path, known: dict[str, float], name: str) -> None:
    market = read_market(folder / f"{name}.json")
    batch, rate = types_of(market, TEN_MICRODOLLARS)
    relaxed = solve(Compact(batch, rate * market.periods).model, Solver.GLOP)
    assert isinstance(relaxed, Solution)
    assert relaxed.cost / TEN_MICRODOLLARS == pytest.approx(known[name], abs=1e-3)
    types = OrderTypes.of(batch)
    methods = MethodLP(types).solve(rate * market.periods, types.stock)
    assert methods.bound / TEN_MICRODOLLARS > known[name] * 1.01  # whole ways bound more tightly


@pytest.mark.parametrize("name", ["js_offline_1", "js_offline_2"])
def test_concrete_orders(folder: Path, known: dict[str, float], name: str) -> None:
    batch = read_orders(folder / f"{name}.json")
    answer = solve_batch(batch)
    assert answer is not None
    assert (answer.cost_cents, answer.status) == (known[name], Status.OPTIMAL)
    referee_batch(batch, answer.assignments)


@pytest.mark.campaign
@pytest.mark.parametrize(
    ("name", "least", "most"), [("js_offline_3", 707_262, 791_791), ("js_offline_4", 1_901_123, 2_234_096)]
)
def test_large_batches_in_a_minute(folder: Path, name: str, least: int, most: int) -> None:
    answer = solve_batch(read_orders(folder / f"{name}.json"), BatchWork(seconds=60))
    assert answer is not None
    assert answer.cost_cents <= most
    assert answer.bound_cents >= 0.99 * least


def test_the_generator_draws_the_instances_of_the_paper() -> None:
    market = jasin_sinha(1, 10_000)
    assert [len(basket) for basket in market.baskets] == [
        0,
        *([1] * 5),
        *([2] * 5),
        *([3] * 5),
        *([4] * 5),
        *([5] * 5),
    ]
    assert market.rate.sum() == pytest.approx(1.0)
    people = np.array([city[3] for city in CITIES], dtype=float)
    assert market.rate.sum(axis=0) == pytest.approx(people / people.sum())
    assert market.unit[2, 0] == pytest.approx(0.47241, abs=1e-4)  # AVP3 to New York, as in js_dlp_1
    assert (2 * market.unit.max(axis=0)).tolist() == market.lost_unit.tolist()
    again, other = jasin_sinha(1, 10_000), jasin_sinha(2, 10_000)
    assert again.stock.tolist() == market.stock.tolist() != other.stock.tolist()


def test_stock_is_planned_for_the_demand_it_is_nearest_to() -> None:
    market = jasin_sinha(1, 10_000)
    wanted = np.zeros(market.stock.shape[1])
    for basket, share in zip(market.baskets, market.rate.sum(axis=1), strict=True):
        wanted[list(basket)] += share
    stocked = market.stock.sum(axis=0)
    assert (stocked[market.stock.any(axis=0)] >= 10_000 * wanted[market.stock.any(axis=0)] - 5).all()
