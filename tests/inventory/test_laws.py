from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from graph.errors import BadInput
from inventory.laws import belief_moments, normal_loss, quantiles, second_normal_loss, spread_of
from inventory.words import Law

MEANS = st.floats(1e-4, 5e3)
LEVELS = st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99])


@given(MEANS, st.floats(1.0, 50.0), LEVELS)
def test_a_quantile_is_the_least_count_that_covers(mean: float, times: float, level: float) -> None:
    var = mean * times
    units = int(quantiles(np.array([mean]), np.array([var]), level)[0])
    even = times < 1 + 1e-8
    law = stats.poisson(mean) if even else stats.nbinom(mean**2 / (var - mean), mean / var)
    assert law.cdf(units) >= level - 1e-9
    assert units == 0 or law.cdf(units - 1) < level + 1e-9


@given(MEANS, st.floats(0.5, 20.0), st.integers(0, 60))
def test_what_lacks_is_what_the_sum_over_counts_says(mean: float, times: float, units: int) -> None:
    mean = min(mean, 40.0)
    spread = spread_of(mean, mean * times)
    counts = np.arange(4000)
    if spread.law is Law.NORMAL:
        return
    law = stats.poisson(mean) if spread.law is Law.POISSON else stats.nbinom(mean / (times - 1), 1 / times)
    assert spread.short(units) == pytest.approx(
        float(np.maximum(counts - units, 0) @ law.pmf(counts)), abs=1e-6
    )


def test_the_law_that_fits_is_told_with_its_numbers() -> None:
    steady, many, uneven = spread_of(2.0, 2.0), spread_of(400.0, 900.0), spread_of(2.0, 9.0)
    assert [one.law for one in (steady, many, uneven)] == [Law.POISSON, Law.NORMAL, Law.NEGATIVE_BINOMIAL]
    assert "variance 2 is not above the mean 2" in steady.why
    assert "13.3 standard deviations" in many.why
    assert "4.5 times the mean 2" in uneven.why
    assert "25 % below zero" in uneven.why
    assert spread_of(0.0, 0.0).quantile(0.99) == 0
    assert spread_of(2.0, 9.0, Law.NORMAL).quantile(0.9) == pytest.approx(2 + 3 * 1.2815515655446)


def test_a_law_that_is_asked_for_is_that_law() -> None:
    mean, var, counts = 10.0, 60.0, np.arange(2_000)
    laws = {Law.POISSON: stats.poisson(mean), Law.NEGATIVE_BINOMIAL: stats.nbinom(2.0, 1.0 / 6.0)}
    for law, true in laws.items():
        spread = spread_of(mean, var, law)
        assert spread.law is law
        assert spread.quantile(0.95) == true.ppf(0.95)
        lacks = float(np.maximum(counts - 12, 0) @ true.pmf(counts))
        assert spread.short(12) == pytest.approx(lacks, abs=1e-6)
    assert spread_of(mean, var, Law.POISSON).quantile(0.95) == 15
    assert "the variance, 60, is taken to be the mean, 10" in spread_of(mean, var, Law.POISSON).why
    assert "9.8 % of it lies below zero" in spread_of(mean, var, Law.NORMAL).why
    assert spread_of(4.0, 0.0, Law.NORMAL).quantile(0.9) == 4.0


def test_the_poisson_law_that_fits_is_one() -> None:
    nearly = spread_of(100.0, 104.9)
    assert nearly.law is Law.POISSON
    assert nearly.quantile(0.999) == stats.poisson(100.0).ppf(0.999)
    assert nearly.quantile(0.999) < stats.nbinom(100.0**2 / 4.9, 100.0 / 104.9).ppf(0.999)


def test_a_negative_binomial_law_is_uneven() -> None:
    with pytest.raises(BadInput, match="has a variance above its mean, not 2 and 3: ask for poisson"):
        spread_of(3.0, 2.0, Law.NEGATIVE_BINOMIAL)
    # With a variance that is the mean it is a Poisson law: its limit.
    assert spread_of(3.0, 3.0, Law.NEGATIVE_BINOMIAL).quantile(0.95) == stats.poisson(3.0).ppf(0.95)


def test_a_roughly_known_rate_gives_negative_binomial_counts() -> None:
    rng = np.random.default_rng(5)
    shape, rate = rng.uniform(0.05, 30, 20), rng.uniform(0.5, 200, 20)
    drawn = rng.poisson(rng.gamma(shape, 1 / rate, (60_000, 20)) * 14.0)
    mean, var = belief_moments(shape, rate, 14.0)
    assert np.allclose(drawn.mean(axis=0), mean, rtol=0.1, atol=0.02)
    assert np.allclose(drawn.var(axis=0), var, rtol=0.2, atol=0.05)
    for level in (0.5, 0.9, 0.99):
        units = quantiles(mean, var, level)
        assert ((drawn <= units).mean(axis=0) > level - 0.01).all()
        assert ((drawn <= units - 1).mean(axis=0) < level + 0.01).all()


def test_stretches_tell_a_quantile_where_enough_were_seen() -> None:
    spread = spread_of(3.0, 4.0, Law.EMPIRICAL, [9, *range(1, 20)])
    assert (spread.quantile(0.95), spread.quantile(0.5)) == (18, 9)
    assert spread.short(17) == pytest.approx(3 / 20)
    with pytest.raises(BadInput, match=r"20 stretches cannot tell what covers 0.99: it takes 100"):
        spread.quantile(0.99)
    with pytest.raises(BadInput, match="needs the units of stretches"):
        spread_of(3.0, 4.0, Law.EMPIRICAL)


def test_normal_losses_are_their_integrals() -> None:
    x = np.linspace(-60, 160, 400_001)
    mass = stats.norm.pdf(x, 50, 10) * (x[1] - x[0])
    for units in (20.0, 50.0, 73.5):
        above = np.maximum(x - units, 0)
        assert normal_loss(units, 50, 10) == pytest.approx(above @ mass, abs=1e-6)
        assert second_normal_loss(units, 50, 10) == pytest.approx(above**2 @ mass / 2, abs=1e-5)
    assert normal_loss(3.0, 5.0, 0.0) == 2.0


def test_what_is_no_demand_or_level_is_refused() -> None:
    for mean, var in ((-1.0, 1.0), (1.0, -1.0), (float("nan"), 1.0), (1.0, float("inf"))):
        with pytest.raises(BadInput, match="not below zero"):
            spread_of(mean, var)
    for level in (0.0, 1.0, 1.5):
        with pytest.raises(BadInput, match="between 0 and 1"):
            spread_of(1.0, 2.0).quantile(level)
