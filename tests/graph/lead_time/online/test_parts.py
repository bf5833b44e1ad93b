"""The parts of the online model, each alone: forgetting, trees, period level, pool and guard, level."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingRegressor

from graph.lead_time.online.base import common_level
from graph.lead_time.online.forgetful import ForgetfulMeans
from graph.lead_time.online.parameters import OnlineParameters
from graph.lead_time.online.period import PeriodLevel
from graph.lead_time.online.pool import GUARDED, ErrorPool
from graph.lead_time.online.trees import Forest

P = OnlineParameters()


@given(gaps=st.lists(st.integers(0, 40), min_size=1, max_size=6), k=st.floats(0.1, 20.0))
def test_forgotten_means_are_weighted_means(gaps: list[int], k: float) -> None:
    means = ForgetfulMeans.empty(1, 3, half_life_days=7.0, k=k)
    rng = np.random.default_rng(len(gaps))
    values, ages = rng.normal(size=len(gaps)), np.cumsum(gaps[::-1])[::-1]
    for value, gap in zip(values, gaps, strict=True):
        means.add(0, np.array([1]), np.array([value]))
        means.forget(float(gap))
    weight = 2.0 ** (-ages / 7.0)
    expected = (weight * values).sum() / (weight.sum() + k)
    assert means.values()[0].tolist() == pytest.approx([0.0, expected, 0.0])
    assert means.at(0, np.array([1, 2])) == pytest.approx([expected, 0.0])


@pytest.mark.parametrize("loss", ["absolute_error", "squared_error"])
def test_exported_trees_predict_what_the_library_predicts(loss: str) -> None:
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(3_000, 5))
    rows[rng.random(rows.shape) < 0.1] = np.nan
    target = np.nan_to_num(rows[:, 0]) + np.nan_to_num(rows[:, 1]) ** 2 + rng.normal(0.0, 0.1, 3_000)
    booster = HistGradientBoostingRegressor(loss=loss, max_iter=40, early_stopping=False).fit(rows, target)
    fresh = rng.normal(size=(500, 5))
    fresh[rng.random(fresh.shape) < 0.1] = np.nan
    assert Forest.of(booster).predict(fresh) == pytest.approx(booster.predict(fresh), abs=1e-10)


def moving(level: float, days: int, period: PeriodLevel, seed: int = 1, a_day: int = 60) -> None:
    """Play parcels whose times follow the model's own law at ``level``."""
    rng = np.random.default_rng(seed)
    start = np.sort(rng.uniform(0.0, days, a_day * days))
    uniform = rng.random(start.shape)
    end = start + np.exp(level + P.period_scale * np.log(uniform / (1.0 - uniform)))
    for day in range(days):
        under_way = (start < day + 1) & (end >= day)
        arrived = end[under_way] < day + 1
        period.step(
            day % 7,
            np.zeros(int(under_way.sum())),
            np.maximum(day - start[under_way], 0.0),
            np.where(arrived, end[under_way], day + 1.0) - start[under_way],
            arrived.astype(float),
            P,
        )


@pytest.mark.parametrize("level", [1.2, 2.3, 3.0])
def test_the_period_level_is_found_from_parcels_under_way(level: float) -> None:
    period = PeriodLevel.start(2.0)
    moving(level, 90, period)
    assert period.level == pytest.approx(level, abs=0.1)


def test_a_jam_is_seen_before_its_parcels_arrive() -> None:
    """Ten days after everything became 1.8 times slower, the level has moved by more than a half of it."""
    period = PeriodLevel.start(2.0)
    moving(2.0, 60, period)
    calm = period.level
    moving(2.6, 10, period, seed=2, a_day=200)
    fresh_only = period.level  # in these ten days next to nothing arrives
    assert calm == pytest.approx(2.0, abs=0.1)
    assert fresh_only > calm + 0.3


def test_a_shock_fades_towards_the_usual_level_when_nothing_more_is_learned() -> None:
    period = PeriodLevel.start(2.0)
    period.level = 2.8
    assert period.ahead(0.0, P) == pytest.approx(2.8)
    assert period.ahead(P.fading_half_life, P) == pytest.approx(2.4)
    assert period.ahead(1e6, P) == pytest.approx(2.0)


def test_nobody_under_way_teaches_nothing() -> None:
    period = PeriodLevel.start(2.0)
    none = np.zeros(0)
    period.step(0, none, none, none, none, P)
    assert period.level == 2.0


@given(seed=st.integers(0, 1_000))
def test_the_guard_keeps_a_distribution_and_its_order(seed: int) -> None:
    rng = np.random.default_rng(seed)
    eager = OnlineParameters(guard_gain=0.3, spread_half_life=30.0)
    pool = ErrorPool.empty(2, eager)
    for _ in range(20):
        error = rng.normal(rng.normal(), 0.5, 30)
        pool.learn(error, error, rng.integers(0, 2, 30), eager)
        pool.forget(1.0, eager)
    guarded = pool.guarded().cdf
    assert (np.diff(guarded, axis=1) >= -1e-12).all()
    assert guarded[:, 0].tolist() == [0.0, 0.0]
    assert guarded[:, -1] == pytest.approx([1.0, 1.0])


def test_the_guard_brings_coverage_back_when_the_pool_is_stale() -> None:
    """The pool believes in sd 0.5 and never forgets; the errors are twice as wide."""
    rng = np.random.default_rng(4)
    eager = OnlineParameters(guard_gain=0.05)
    pool = ErrorPool.empty(1, eager)
    for _ in range(400):
        error = rng.normal(0.0, 0.7, 100)
        pool.learn(error, error, np.zeros(100, np.int64), eager)
        pool.counts[:] = 0.0
        pool.forget(1.0, eager)
    error, bucket = rng.normal(0.0, 0.7, 20_000), np.zeros(20_000, np.int64)
    plain, kept = (
        [(error <= law.residual_at(p, bucket)).mean() for p in (0.2, 0.8, 0.9)]
        for law in (pool.plain, pool.guarded())
    )
    assert plain[2] < 0.83
    assert kept == pytest.approx([0.2, 0.8, 0.9], abs=0.015)


def test_three_weeks_of_misses_hardly_move_the_guard() -> None:
    """After a jump, what arrives was forecast before it: that says little about the forecasts of today."""
    rng = np.random.default_rng(5)
    pool, bucket = ErrorPool.empty(1, P), np.zeros(150, np.int64)
    for day in range(221):
        error = rng.normal(0.3 if day >= 200 else 0.0, 0.4, 150)
        pool.learn(error, np.zeros(150) if day >= 200 else error, bucket, P)
        pool.forget(1.0, P)
        if day == 199:
            calm = pool.read_at
    moved = pool.read_at - calm
    assert 0.0 < moved.max() < 0.04


def test_an_idle_guard_changes_nothing() -> None:
    pool = ErrorPool.empty(1, P)
    assert pool.guarded().cdf == pytest.approx(pool.plain.cdf, abs=1e-9)
    assert pool.read_at.tolist() == GUARDED.tolist()


def test_the_common_level_is_a_smooth_mean_by_day() -> None:
    day = np.repeat(np.arange(60.0), 20)
    left = np.where(day < 30, 0.0, 1.0)
    level = common_level(left, day)
    assert level[day == 10] == pytest.approx(np.zeros(20), abs=1e-6)
    assert level[day == 50] == pytest.approx(np.ones(20), abs=1e-6)
    assert 0.3 < level[day == 30][0] < 0.7


def test_parameters_must_be_positive() -> None:
    with pytest.raises(ValueError, match="leaves"):
        OnlineParameters(leaves=0)
