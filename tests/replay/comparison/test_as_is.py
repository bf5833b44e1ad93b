"""How well the record was foretold."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from graph.days import DAY_S
from replay.comparison.as_is import prediction
from replay.comparison.joined import Joined
from tests.replay.comparison.planted import COSTS, MONDAY_S, Planted, facts, outcomes

N = 6_000


def scored(bias: float = 0.0, spread: float = 1.0) -> dict:
    rng = np.random.default_rng(8)
    at = MONDAY_S + np.sort(rng.integers(0, 120 * DAY_S, N))
    mean = rng.uniform(6.0, 16.0, N)
    sigma = np.sqrt(np.log1p(9.0 / mean**2))
    days = np.exp(np.log(mean) - sigma**2 / 2 + spread * sigma * rng.normal(size=N)) + bias
    told = outcomes(at, mean, np.zeros(N, int), np.ones(N, bool), np.zeros(N, bool))
    told = told.with_columns(var_days=pl.lit(9.0))
    return prediction(Joined.of({"as_is": told}, facts(at, days), COSTS, None))


def test_a_true_model_has_no_bias_and_covers_what_it_says() -> None:
    told = scored()
    assert told["bias_days"] == pytest.approx(0.0, abs=0.15)
    for level, share in told["coverage"].items():
        assert share == pytest.approx(float(level) / 100, abs=0.02)


def test_bias_and_narrow_forecasts_are_seen() -> None:
    assert scored(bias=2.0)["bias_days"] == pytest.approx(2.0, abs=0.15)
    assert scored(spread=2.0)["coverage"]["80"] < 0.6


def test_months_are_local_and_add_up() -> None:
    told = scored()
    months = told["months"]
    assert [row["month"] for row in months] == sorted(row["month"] for row in months)
    assert sum(row["orders"] for row in months) == told["orders"] < N
    weighted = sum(row["orders"] * row["bias_days"] for row in months) / told["orders"]
    assert weighted == pytest.approx(told["bias_days"])


def test_without_ripe_orders_there_is_nothing_to_tell() -> None:
    told, ended = Planted(orders=20, weeks=2).frames()
    found = prediction(Joined.of(told, ended, COSTS, None))
    assert found["orders"] == 0
    assert found["bias_days"] is None
    assert found["months"] == []
