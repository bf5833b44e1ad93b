"""An order's forecast is that of its last package, level by level."""

import numpy as np
import pytest

from graph.lead_time.journeys import FloatArray
from graph.lead_time.spread import EDGES, GRID_STEP, Spread
from graph.lead_time.value import LeadTimeBatch
from replay.forecasts import PUBLISHED, latest_moments
from replay.metrics import LEVELS


def normal(*sds: float) -> Spread:
    centre = EDGES[:-1] + 0.5 * GRID_STEP
    mass: FloatArray = np.exp(-0.5 * (centre / np.array(sds)[:, None]) ** 2)
    return Spread.from_mass(mass / mass.sum(axis=1, keepdims=True))


def batch(location: list[float], bucket: list[int], spread: Spread) -> LeadTimeBatch:
    rows = len(location)
    return LeadTimeBatch(
        np.array(location), np.array(bucket), spread, np.zeros(rows, np.int8), np.zeros(rows, np.int64)
    )


def test_what_is_published_is_among_what_is_scored() -> None:
    assert PUBLISHED[:3] == (0.05, 0.1, 0.15)
    assert PUBLISHED[-2:] == (0.95, 0.99)
    assert all(np.isclose(LEVELS, p, atol=1e-12).any() for p in PUBLISHED)


def test_two_spreads_cross_and_the_later_one_counts_at_every_level() -> None:
    spread = normal(0.2, 0.6)
    packages = batch([2.0, 2.0, 1.0], [0, 1, 0], spread)
    mean, var = latest_moments(packages, np.array([0, 2]), np.array([0, 1]))
    # Equal medians: below it the narrow one is later, above it the wide one.
    u = np.random.default_rng(1).random(400_000)
    late = np.maximum(*(np.exp(2.0 + spread.residual_at(u, np.full(u.shape, b))) for b in (0, 1)))
    assert mean[0] == pytest.approx(late.mean(), rel=0.01)
    assert var[0] == pytest.approx(late.var(), rel=0.05)
    assert mean[1] == pytest.approx(packages.mean_days[2], rel=1e-3)
    assert mean[0] > packages.mean_days[:2].max()


def test_no_order_has_no_moments() -> None:
    none = np.zeros(0, np.int64)
    assert latest_moments(batch([1.0], [0], normal(0.3)), np.array([0]), none)[0].shape == (0,)
