"""The distribution type: quantile and cdf are inverses, the moments are those of the same law."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.lead_time import LeadTimeBatch
from graph.lead_time.spread import EDGES, GRID_BINS, GRID_STEP, Spread, pooled_mass
from graph.model import BASES, BASIS_CODE, Basis


def batch_of(mass: np.ndarray, location: float = 2.0) -> LeadTimeBatch:
    rows = mass.shape[0]
    return LeadTimeBatch(
        np.full(rows, location),
        np.arange(rows),
        Spread.from_mass(mass),
        np.full(rows, BASIS_CODE[Basis.STATE], np.int8),
        np.full(rows, 7),
    )


def random_mass(seed: int, rows: int = 3) -> np.ndarray:
    rng = np.random.default_rng(seed)
    mass = rng.random((rows, GRID_BINS)) * (rng.random((rows, GRID_BINS)) < 0.2)
    mass[:, 150] += 0.1
    return mass / mass.sum(axis=1, keepdims=True)


@given(seed=st.integers(0, 10_000), p=st.floats(0.0001, 0.9999))
def test_cdf_undoes_quantile(seed: int, p: float) -> None:
    batch = batch_of(random_mass(seed))
    assert batch.cdf(batch.quantile(p)) == pytest.approx(np.full(3, p), abs=1e-9)


@given(seed=st.integers(0, 10_000))
def test_moments_are_those_of_the_quantile_function(seed: int) -> None:
    mass = random_mass(seed, rows=1)
    batch = batch_of(mass, location=1.0)
    # Integrate e^(k x) over each bin's uniform density on a fine mesh.
    mesh = (np.arange(400) + 0.5) / 400 * GRID_STEP
    days = np.exp(1.0 + EDGES[:-1, None] + mesh)
    first, second = (float((mass[0] * (days**k).mean(axis=1)).sum()) for k in (1, 2))
    assert batch.mean_days[0] == pytest.approx(first, rel=1e-6)
    assert batch.var_days[0] == pytest.approx(second - first**2, rel=1e-5)


@given(seed=st.integers(0, 10_000), rows=st.integers(1, 40))
def test_a_row_has_the_same_bits_alone_and_among_others(seed: int, rows: int) -> None:
    mass = random_mass(seed, rows)
    every = Spread.from_mass(mass)
    for row in range(rows):
        alone = Spread.from_mass(mass[row : row + 1])
        assert (alone.m1[0], alone.m2[0]) == (every.m1[row], every.m2[row])
        assert alone.cdf[0].tobytes() == every.cdf[row].tobytes()


@given(seed=st.integers(0, 10_000), ps=st.lists(st.floats(0.0, 1.0), min_size=2, max_size=8))
def test_quantiles_never_cross(seed: int, ps: list[float]) -> None:
    batch = batch_of(random_mass(seed))
    rising = np.array([batch.quantile(p) for p in sorted(ps)])
    assert (np.diff(rising, axis=0) >= -1e-12).all()


def test_a_probability_a_row_equals_one_at_a_time() -> None:
    batch = batch_of(random_mass(1))
    ps = np.array([0.1, 0.5, 0.95])
    expected = [batch.quantile(float(p))[row] for row, p in enumerate(ps)]
    assert batch.quantile(ps).tolist() == expected


def test_one_row_reads_like_the_batch() -> None:
    batch = batch_of(random_mass(2))
    one = batch[1]
    assert one.basis is Basis.STATE
    assert one.n == 7
    assert one.mean_days == pytest.approx(batch.mean_days[1], rel=1e-14)
    assert one.sd_days == pytest.approx(batch.sd_days[1])
    told, quantiles = (
        (one.p50_days, one.p80_days, one.p95_days),
        [batch.quantile(p)[1] for p in (0.5, 0.8, 0.95)],
    )
    assert told == pytest.approx(quantiles, rel=1e-14)
    assert one.cdf(9.0) == batch.cdf(9.0)[1]
    assert one.p_late(9.0) == pytest.approx(1.0 - one.cdf(9.0))
    assert one.promise(0.9) == one.quantile(0.9)


@given(seed=st.integers(0, 10_000), p=st.floats(0.0, 1.0), days=st.floats(0.001, 5_000.0))
def test_one_row_has_the_same_bits_as_the_batch(seed: int, p: float, days: float) -> None:
    batch = batch_of(random_mass(seed))
    for row in range(3):
        assert batch[row].quantile(p) == batch.quantile(p)[row]
        assert batch[row].cdf(days) == batch.cdf(days)[row]


def test_no_time_at_all_has_no_probability() -> None:
    batch = batch_of(random_mass(3))
    assert batch.cdf(0.0).tolist() == [0.0, 0.0, 0.0]
    assert batch[0].cdf(-1.0) == 0.0
    assert batch.p_late(1e6).tolist() == pytest.approx([0.0, 0.0, 0.0], abs=1e-9)


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_a_probability_outside_zero_and_one_is_refused(p: float) -> None:
    batch = batch_of(random_mass(4))
    with pytest.raises(ValueError, match="between 0 and 1"):
        batch.quantile(p)
    with pytest.raises(ValueError, match="between 0 and 1"):
        batch[0].quantile(p)


def test_an_empty_bucket_leans_on_the_pool_and_an_empty_pool_on_the_prior() -> None:
    none = np.zeros(0)
    prior = Spread.from_mass(pooled_mass(none, none, none.astype(np.int64), 2, 50.0, 0.5))
    assert np.log(prior.m1) == pytest.approx([0.125, 0.125], abs=1e-3)  # the log-normal mean, sd 0.5
    rng = np.random.default_rng(5)
    residual = rng.normal(0.3, 0.1, 5_000)
    mass = pooled_mass(residual, np.ones(5_000), np.zeros(5_000, np.int64), 2, 50.0, 0.5)
    batch = batch_of(mass, location=0.0)
    assert np.log(batch.quantile(0.5)) == pytest.approx([0.3, 0.3], abs=0.02)


def test_basis_codes_follow_the_models_list() -> None:
    batch = LeadTimeBatch(
        np.zeros(5),
        np.zeros(5, np.int64),
        Spread.from_mass(random_mass(6)),
        np.arange(5, dtype=np.int8),
        np.ones(5),
    )
    assert [batch[row].basis for row in range(5)] == list(BASES)
