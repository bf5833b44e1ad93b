"""Shrinking finds planted differences between groups, and its intervals hold what they promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from replay.insight.shrunk import LEVEL, shrunk_means, shrunk_shares


def test_a_planted_normal_world_is_found_again() -> None:
    rng = np.random.default_rng(3)
    truth = rng.normal(0.2, 0.5, 3_000)
    n = rng.integers(1, 40, 3_000).astype(float)
    mean = rng.normal(truth, np.sqrt(1.5 / n))
    found = shrunk_means(mean, n, 1.5)
    assert found.center == pytest.approx(0.2, abs=0.03)
    assert found.spread == pytest.approx(0.5, abs=0.03)
    assert np.mean((found.mean - truth) ** 2) < 0.7 * np.mean((mean - truth) ** 2)
    inside = (found.low <= truth) & (truth <= found.high)
    assert inside.mean() == pytest.approx(LEVEL, abs=0.02)


def test_a_planted_world_of_shares_is_found_again() -> None:
    rng = np.random.default_rng(4)
    truth = rng.beta(2.0, 18.0, 3_000)
    n = rng.integers(1, 60, 3_000).astype(float)
    hits = rng.binomial(n.astype(int), truth).astype(float)
    found = shrunk_shares(hits, n)
    assert found.center == pytest.approx(0.1, abs=0.01)
    assert found.spread == pytest.approx(np.sqrt(0.1 * 0.9 / 21), abs=0.005)
    assert np.mean((found.mean - truth) ** 2) < 0.6 * np.mean((hits / n - truth) ** 2)
    inside = (found.low <= truth) & (truth <= found.high)
    assert inside.mean() == pytest.approx(LEVEL, abs=0.02)


def test_groups_that_do_not_differ_are_drawn_together() -> None:
    rng = np.random.default_rng(5)
    n = np.full(500, 8.0)
    means = shrunk_means(rng.normal(1.0, np.sqrt(2.0 / 8), 500), n, 2.0)
    assert np.ptp(means.mean) < 0.35
    shares = shrunk_shares(rng.binomial(8, 0.2, 500).astype(float), n)
    assert np.ptp(shares.mean) < 0.1


@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=20).map(
        lambda pairs: [(min(pair), max(pair)) for pair in pairs]
    )
)
def test_a_share_lies_between_its_own_figure_and_everybodys(pairs: list[tuple[int, int]]) -> None:
    hits, n = (np.array(column, float) for column in zip(*pairs, strict=True))
    found = shrunk_shares(hits, n)
    own = np.where(n > 0, hits / np.maximum(n, 1), found.center)
    assert (found.mean >= np.minimum(own, found.center) - 1e-9).all()
    assert (found.mean <= np.maximum(own, found.center) + 1e-9).all()
    assert ((found.low <= found.mean) & (found.mean <= found.high)).all()


def test_who_was_never_seen_has_the_prior_and_the_widest_interval() -> None:
    found = shrunk_means(np.array([1.0, -1.0, np.nan]), np.array([50.0, 50.0, 0.0]), 1.0)
    assert found.mean[2] == pytest.approx(found.center)
    assert found.sd[2] == pytest.approx(found.spread)
    assert found.sd[2] > found.sd[0]
    nobody = shrunk_means(np.array([np.nan]), np.array([0.0]), 1.0)
    assert (nobody.mean[0], nobody.spread) == (0.0, 0.0)
    assert shrunk_shares(np.zeros(1), np.zeros(1)).mean[0] == pytest.approx(0.5)
