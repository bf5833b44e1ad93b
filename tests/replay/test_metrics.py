"""Scores against hand calculation and against their definitions on large samples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from replay import metrics


def test_pinball_by_hand() -> None:
    assert metrics.pinball(np.array([3.0, 1.0]), np.array([2.0, 2.0]), 0.9) == pytest.approx((0.9 + 0.1) / 2)


def test_crps_of_a_sure_forecast_is_its_absolute_error() -> None:
    quantiles = np.full((2, 199), 5.0)
    assert metrics.crps(np.array([7.0, 5.0]), quantiles) == pytest.approx(1.0)


def test_crps_is_the_energy_form_on_a_sample() -> None:
    """CRPS = E|X - y| - E|X - X'| / 2."""
    rng = np.random.default_rng(1)
    sample = np.sort(rng.gamma(3.0, 3.0, 100_000))
    quantiles = np.quantile(sample, metrics.LEVELS)[None, :]
    for actual in (2.0, 8.0, 30.0):
        apart = 0.5 * np.abs(sample - rng.permutation(sample)).mean()
        expected = np.abs(sample - actual).mean() - apart
        assert metrics.crps(np.array([actual]), quantiles) == pytest.approx(expected, rel=0.01)


@given(p=st.floats(0.01, 0.99))
def test_probability_undoes_quantile(p: float) -> None:
    quantiles = np.quantile(np.random.default_rng(2).gamma(3.0, 3.0, (4, 5_000)), metrics.LEVELS, axis=1).T
    back = metrics.probability_at(quantiles, metrics.quantile_at(quantiles, p))
    assert back == pytest.approx(np.full(4, p), abs=1e-6)


def test_probability_stays_between_zero_and_one() -> None:
    quantiles = np.linspace(1.0, 20.0, 199)[None, :].repeat(2, axis=0)
    found = metrics.probability_at(quantiles, np.array([-50.0, 500.0]))
    assert found == pytest.approx([0.0, 1.0], abs=0.01)
    assert ((found >= 0.0) & (found <= 1.0)).all()


def test_points_by_hand() -> None:
    found = metrics.point_scores(np.array([1.0, 3.0]), np.array([2.0, 2.0]), np.array([2.0, 4.0]))
    assert found == pytest.approx({"mae": 1.0, "mae_of_mean": 1.0, "rmse": 1.0, "r2": 0.0, "bias": 1.0})


def test_a_calibrated_forecast_has_a_flat_pit() -> None:
    rng = np.random.default_rng(3)
    quantiles = np.quantile(rng.gamma(3.0, 3.0, 200_000), metrics.LEVELS)[None, :].repeat(20_000, axis=0)
    shares = metrics.pit_histogram(rng.gamma(3.0, 3.0, 20_000), quantiles, bins=10)
    assert shares == pytest.approx(np.full(10, 0.1), abs=0.01)
    assert shares.sum() == pytest.approx(1.0)


@given(seed=st.integers(0, 500))
def test_auc_is_the_share_of_pairs_in_order(seed: int) -> None:
    rng = np.random.default_rng(seed)
    label, score = rng.random(40) < 0.4, np.round(rng.random(40), 1)
    label[:2] = [True, False]
    ahead, behind = score[label][:, None], score[~label][None, :]
    expected = (ahead > behind).mean() + 0.5 * (ahead == behind).mean()
    assert metrics.roc_auc(label, score) == pytest.approx(expected)


def test_ranking_scores_by_hand() -> None:
    label = np.array([True, False, True, False])
    assert metrics.average_precision(label, np.array([0.9, 0.8, 0.7, 0.1])) == pytest.approx(
        (1.0 + 2.0 / 3.0) / 2
    )
    assert metrics.average_precision(label, np.zeros(4)) == pytest.approx(0.5)
    assert np.isnan(metrics.average_precision(np.zeros(3, bool), np.zeros(3)))
    assert np.isnan(metrics.roc_auc(np.ones(3, bool), np.zeros(3)))
    assert metrics.brier(np.array([True, False]), np.array([0.5, 0.5])) == 0.25


def test_the_promise_is_as_long_as_the_rate_needs() -> None:
    rng = np.random.default_rng(4)
    quantiles = np.quantile(rng.gamma(3.0, 3.0, 100_000), metrics.LEVELS)[None, :].repeat(5_000, axis=0)
    actual = rng.gamma(3.0, 3.0, 5_000)
    days, level = metrics.promise_at_rate(actual, quantiles, 0.9)
    assert level == pytest.approx(0.9, abs=0.02)
    assert (actual <= days).mean() == pytest.approx(0.9, abs=0.005)
